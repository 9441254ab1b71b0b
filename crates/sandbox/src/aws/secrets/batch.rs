//! `BatchGetSecretValue`.

use serde_json::{Value, json};

use crate::aws::{
    context::Context,
    error::{AwsError, AwsResult},
};

use super::{
    Secrets,
    filter::Filters,
    input::{self, invalid_parameter},
    list::{after, next},
    model::CURRENT,
    value::shown,
};

impl Secrets {
    pub(super) fn batch(&mut self, context: &mut Context<'_>, body: &Value) -> AwsResult {
        let ids = input::texts(body, "SecretIdList")?;
        let filters = Filters::read(body)?;
        if ids.is_empty() == filters.is_empty() {
            return Err(invalid_parameter(
                "Either 'SecretIdList' or 'Filters' must be provided, but not both.",
            ));
        }
        if ids.is_empty() {
            return self.batch_filtered(context, body, &filters);
        }
        if input::integer(body, "MaxResults")?.is_some() {
            return Err(invalid_parameter(
                "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.",
            ));
        }
        if ids.len() > 20 {
            let rule = "Member must have length less than or equal to 20";
            return Err(input::constraint("secretIdList", None, rule));
        }
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for id in ids {
            match self.get_value(context, &json!({ "SecretId": id })) {
                Ok(value) => values.push(value),
                Err(AwsError { code, message, .. }) => errors.push(json!({
                    "SecretId": id, "ErrorCode": code, "Message": message,
                })),
            }
        }
        Ok(json!({ "SecretValues": values, "Errors": errors }))
    }

    fn batch_filtered(
        &mut self,
        context: &mut Context<'_>,
        body: &Value,
        filters: &Filters,
    ) -> AwsResult {
        let size = input::page_size(body, 20)?;
        let start = after(body)?;
        let found: Vec<(String, Value)> = self
            .all
            .iter()
            .filter(|secret| secret.deleted.is_none() && filters.match_(secret))
            .filter_map(|secret| {
                let value = shown(secret, secret.labelled(CURRENT)?).ok()?;
                Some((secret.arn.clone(), value))
            })
            .collect();
        let count = found.len();
        let page: Vec<_> = found.into_iter().skip(start).take(size).collect();
        for (arn, value) in &page {
            self.accessed(context, arn, value.get("VersionId").and_then(Value::as_str));
        }
        let values: Vec<Value> = page.into_iter().map(|(_, value)| value).collect();
        let mut answer = json!({ "SecretValues": values, "Errors": [] });
        crate::value::put(&mut answer, "NextToken", next(start.saturating_add(size), count));
        Ok(answer)
    }
}
