//! Pod identity associations: which role a service account has.

use serde_json::{Map, Value, json};

use crate::{
    aws::{
        context::Context,
        error::{AwsError, AwsResult},
    },
    value::text,
};

use super::{
    Eks,
    error::{in_use, invalid_parameter, not_found},
    input,
    part::Part,
};

impl Eks {
    pub(super) fn create_association(
        &mut self,
        context: &mut Context<'_>,
        body: &Value,
    ) -> AwsResult {
        let cluster = self.cluster_mut(body, "clusterName")?;
        let namespace = input::required(body, "namespace")?;
        let account = input::required(body, "serviceAccount")?;
        check_role(input::required(body, "roleArn")?)?;
        let taken = cluster.associations.iter().find(|(_, part)| {
            (text(&part.doc, "/namespace"), text(&part.doc, "/serviceAccount"))
                == (namespace, account)
        });
        if let Some((id, part)) = taken {
            if part.is_asked_again(body) {
                return Ok(json!({ "association": part.doc }));
            }
            return Err(in_use(&[], format!("Association already exists: {id}")));
        }
        let id = format!("a-{}", context.ids.hex(17));
        let name = cluster.name();
        let arn = context.arn("eks", &format!("podidentityassociation/{name}/{id}"));
        let mut doc = json!({
            "clusterName": name, "associationArn": arn, "associationId": id,
            "createdAt": context.stamp(), "modifiedAt": context.stamp(),
            "tags": input::tags(body)?, "disableSessionTags": false,
        });
        input::take(
            &mut doc,
            body,
            &[
                "namespace",
                "serviceAccount",
                "roleArn",
                "disableSessionTags",
                "targetRoleArn",
                "policy",
            ],
        );
        if body.get("targetRoleArn").is_some_and(Value::is_string) {
            let external =
                format!("{}/{}/{name}/{namespace}/{account}", context.region, context.account);
            crate::value::put(&mut doc, "externalId", Some(external.into()));
        }
        let part = Part::new(doc, body, Map::new());
        let answer = json!({ "association": part.doc });
        cluster.associations.insert(id, part);
        Ok(answer)
    }

    pub(super) fn describe_association(&self, body: &Value) -> AwsResult {
        let id = input::required(body, "associationId")?;
        let part = self.cluster(body, "clusterName")?.associations.get(id);
        Ok(json!({ "association": part.ok_or_else(|| absent(id))?.doc }))
    }

    pub(super) fn list_associations(&self, body: &Value) -> AwsResult {
        let namespace = input::text(body, "namespace")?;
        let account = input::text(body, "serviceAccount")?;
        let found = self
            .cluster(body, "clusterName")?
            .associations
            .iter()
            .filter(|(_, part)| namespace.is_none_or(|it| it == text(&part.doc, "/namespace")))
            .filter(|(_, part)| account.is_none_or(|it| it == text(&part.doc, "/serviceAccount")))
            .map(|(id, part)| {
                let mut summary = json!({});
                let members = [
                    "clusterName",
                    "namespace",
                    "serviceAccount",
                    "associationArn",
                    "associationId",
                ];
                input::take(&mut summary, &part.doc, &members);
                (id.as_str(), summary)
            });
        input::page_of(body, "associations", found)
    }

    pub(super) fn update_association(
        &mut self,
        context: &mut Context<'_>,
        body: &Value,
    ) -> AwsResult {
        if let Some(role) = input::text(body, "roleArn")? {
            check_role(role)?;
        }
        let id = input::required(body, "associationId")?;
        let part = self.cluster_mut(body, "clusterName")?.associations.get_mut(id);
        let part = part.ok_or_else(|| absent(id))?;
        let members = ["roleArn", "disableSessionTags", "targetRoleArn", "policy"];
        input::take(&mut part.doc, body, &members);
        part.set("modifiedAt", context.stamp());
        Ok(json!({ "association": part.doc }))
    }

    pub(super) fn delete_association(&mut self, body: &Value) -> AwsResult {
        let id = input::required(body, "associationId")?;
        let part = self.cluster_mut(body, "clusterName")?.associations.remove(id);
        Ok(json!({ "association": part.ok_or_else(|| absent(id))?.doc }))
    }
}

fn absent(id: &str) -> AwsError {
    not_found(&[], format!("The association with ID {id} could not be found."))
}

fn check_role(role: &str) -> Result<(), AwsError> {
    if role.starts_with("arn:aws") && role.contains(":iam::") && role.contains(":role/") {
        return Ok(());
    }
    Err(invalid_parameter(&[], format!("Invalid role arn: {role}")))
}
