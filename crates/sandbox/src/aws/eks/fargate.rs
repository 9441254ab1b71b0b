//! Fargate profiles. Only one in a cluster is created or deleted at a time, and none can be changed.

use serde_json::{Map, Value, json};

use crate::{
    aws::{
        context::Context,
        error::{AwsError, AwsResult},
    },
    value::{items, text},
};

use super::{
    Cluster, Eks,
    error::{About, in_use, invalid_parameter, not_found},
    input,
    part::Part,
};

impl Eks {
    pub(super) fn create_profile(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let cluster = self.cluster_mut(body, "clusterName")?;
        let profile = input::required(body, "fargateProfileName")?;
        let name = cluster.name().to_owned();
        let about = [("clusterName", name.as_str()), ("fargateProfileName", profile)];
        if let Some(there) = cluster.profiles.get(profile) {
            if there.is_asked_again(body) {
                return Ok(json!({ "fargateProfile": there.doc }));
            }
            return Err(in_use(
                &about,
                "A Fargate Profile already exists with this name in this cluster.",
            ));
        }
        cluster.check_active()?;
        let role = input::required(body, "podExecutionRoleArn")?;
        check(&about, body)?;
        cluster.check_profiles("create", profile)?;
        let id = context.ids.uuid();
        let mut doc = json!({
            "fargateProfileName": profile, "clusterName": name,
            "fargateProfileArn": context.arn("eks", &format!("fargateprofile/{name}/{profile}/{id}")),
            "createdAt": context.stamp(), "podExecutionRoleArn": role, "status": "CREATING",
            "subnets": text_list(&cluster.own.doc, "/resourcesVpcConfig/subnetIds"),
            "health": { "issues": [] }, "tags": input::tags(body)?,
        });
        input::take(&mut doc, body, &["subnets", "selectors"]);
        let part = Part::new(doc, body, Map::new());
        let answer = json!({ "fargateProfile": part.doc });
        cluster.admit_nodes(context, role, "FARGATE_LINUX");
        cluster.profiles.insert(profile.to_owned(), part);
        Ok(answer)
    }

    pub(super) fn describe_profile(&self, body: &Value) -> AwsResult {
        let cluster = self.cluster(body, "clusterName")?;
        let profile = input::required(body, "fargateProfileName")?;
        let part = cluster.profiles.get(profile).ok_or_else(|| absent(cluster.name(), profile))?;
        Ok(json!({ "fargateProfile": part.doc }))
    }

    pub(super) fn list_profiles(&self, body: &Value) -> AwsResult {
        let cluster = self.cluster(body, "clusterName")?;
        input::page(body, "fargateProfileNames", cluster.profiles.keys().map(String::as_str))
    }

    pub(super) fn delete_profile(&mut self, body: &Value) -> AwsResult {
        let cluster = self.cluster_mut(body, "clusterName")?;
        let profile = input::required(body, "fargateProfileName")?;
        if !cluster.profiles.contains_key(profile) {
            return Err(absent(cluster.name(), profile));
        }
        cluster.check_profiles("delete", profile)?;
        let name = cluster.name().to_owned();
        let part = cluster.profiles.get_mut(profile).ok_or_else(|| absent(&name, profile))?;
        part.begin_delete();
        Ok(json!({ "fargateProfile": part.doc }))
    }
}

impl Cluster {
    /// Refuses to start on a profile while another one is under way.
    fn check_profiles(&self, verb: &str, profile: &str) -> Result<(), AwsError> {
        let busy = self.profiles.iter().find(|(name, part)| {
            *name != profile && matches!(part.status(), "CREATING" | "DELETING")
        });
        let Some((other, part)) = busy else { return Ok(()) };
        let cluster = self.name();
        Err(in_use(
            &[("clusterName", cluster), ("fargateProfileName", profile)],
            format!(
                "Cannot {verb} Fargate Profile {profile} because cluster {cluster} currently has Fargate profile {other} in status {}",
                part.status()
            ),
        ))
    }
}

fn absent(cluster: &str, profile: &str) -> AwsError {
    not_found(
        &[("clusterName", cluster), ("fargateProfileName", profile)],
        format!("No Fargate Profile found with name: {profile}."),
    )
}

fn text_list(doc: &Value, pointer: &str) -> Value {
    items(doc, pointer).to_vec().into()
}

fn check(about: About<'_>, body: &Value) -> Result<(), AwsError> {
    let selectors = items(body, "/selectors");
    let labels = |selector: &Value| selector.get("labels").and_then(Value::as_object).map(Map::len);
    let wrong = if selectors.is_empty() {
        "Fargate Profile requires at least one selector."
    } else if selectors.len() > 5 {
        "Fargate Profile can have at most 5 selectors."
    } else if selectors.iter().any(|selector| text(selector, "/namespace").is_empty()) {
        "Fargate Profile must have at least one selector with at least one namespace value."
    } else if selectors.iter().any(|selector| labels(selector) > Some(5)) {
        "Request contains Selector with more than 5 Label pairs"
    } else {
        return Ok(());
    };
    Err(invalid_parameter(about, wrong))
}
