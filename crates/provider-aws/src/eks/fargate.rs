//! EKS `FargateProfile`: nothing of it changes but its tags.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::Value;

use super::api::{one, pages, texts};
use super::check;
use super::part::{Part, Step, split};
use super::rules::{Rules, each, missing, text};
use crate::call::call;
use crate::context::Context;
use crate::failure::ApiError;
use crate::resource::Live;
use crate::shape::{Problem, Shape};

/// How often, and how many times, it is looked whether another profile is gone before one is deleted.
const LOOK: Duration = Duration::from_secs(5);
const LOOKS: u32 = 240;

static SHAPE: Shape = Shape::text(
    "name fargateProfileName clusterName podExecutionRoleArn subnets[] \
     selectors[{namespace labels<>}] tags:tags",
);

static RULES: Rules = Rules {
    unordered: &["subnets", "selectors"],
    computed: &["subnets"],
    fixed: &["name", "clusterName", "podExecutionRoleArn", "subnets", "selectors"],
    ..Rules::PLAIN
};

/// EKS `FargateProfile`.
pub(super) struct FargateProfile;

impl FargateProfile {
    /// Another profile of the cluster that is being made or deleted: EKS does one at a time.
    async fn other(&self, context: &Context, key: &str) -> Result<Option<String>, ApiError> {
        let (cluster, _) = split(key);
        let keys = self.list(context, cluster).await?;
        let others = keys.iter().filter(|other| *other != key);
        for raw in join_all(others.map(|other| self.describe(context, other))).await {
            let Some(raw) = raw? else { continue };
            let name = text(&raw, "fargateProfileName");
            match text(&raw, "status") {
                "CREATING" => {
                    return Ok(Some(format!("Fargate profile `{name}` is being created")));
                }
                "DELETING" => {
                    return Ok(Some(format!("Fargate profile `{name}` is being deleted")));
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl Part for FargateProfile {
    fn kind(&self) -> &'static str {
        "FargateProfile"
    }

    fn shape(&self) -> &'static Shape {
        &SHAPE
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn minutes(&self) -> u64 {
        20
    }

    fn api_name(&self) -> Option<&'static str> {
        Some("fargateProfileName")
    }

    fn key(&self, spec: &Value) -> String {
        format!("{}/{}", text(spec, "clusterName"), text(spec, "name"))
    }

    fn arn(&self) -> &'static str {
        "fargateProfileArn"
    }

    fn check(&self, spec: &Value, problems: &mut Vec<Problem>) {
        check::required(spec, &["podExecutionRoleArn", "selectors"], problems);
        check::name(spec, "name", 63, problems);
        check::arn(spec, "podExecutionRoleArn", "arn:aws:iam::111122223333:role/pods", problems);
        check::count(spec, "selectors", (0, 5), problems);
        check::count(spec, "selectors[].labels", (0, 5), problems);
        for (at, selector) in each(spec, "selectors[]") {
            if missing(selector, "namespace") {
                problems.push(Problem::new(format!("{at}.namespace"), "it is missing"));
            }
        }
    }

    async fn list(&self, context: &Context, cluster: &str) -> Result<Vec<String>, ApiError> {
        let names = pages!(
            context,
            ListFargateProfiles,
            list_fargate_profiles().cluster_name(cluster),
            "fargateProfileNames"
        )?;
        Ok(texts(names).into_iter().map(|name| format!("{cluster}/{name}")).collect())
    }

    async fn describe(&self, context: &Context, key: &str) -> Result<Option<Value>, ApiError> {
        let (cluster, name) = split(key);
        let answer = call!(
            context.session,
            eks,
            DescribeFargateProfile,
            Read,
            describe_fargate_profile().cluster_name(cluster).fargate_profile_name(name),
            Value::Null
        );
        one(answer, "fargateProfile")
    }

    async fn create(&self, context: &Context, body: &Value) -> Result<Value, ApiError> {
        let answer = call!(
            context.session,
            eks,
            CreateFargateProfile,
            Repeatable,
            create_fargate_profile().cluster_name(text(body, "clusterName")),
            *body
        )?;
        Ok(answer.get("fargateProfile").cloned().unwrap_or_default())
    }

    fn steps(&self, _live: &Value, _wanted: &Value) -> Vec<Step> {
        Vec::new()
    }

    async fn update(&self, _: &Context, _: &Live, _: &Step) -> Result<Value, ApiError> {
        Ok(Value::Null)
    }

    async fn delete(&self, context: &Context, live: &Live) -> Result<(), ApiError> {
        let (cluster, name) = split(&live.key);
        let mut looks = 0;
        loop {
            let answer = call!(
                context.session,
                eks,
                DeleteFargateProfile,
                Repeatable,
                delete_fargate_profile().cluster_name(cluster).fargate_profile_name(name),
                Value::Null
            );
            let Err(error) = answer else { return Ok(()) };
            if error.code() != "ResourceInUseException" {
                return Err(error);
            }
            // A delete that waits its turn cannot be left half done: nobody would make it again.
            while self.other(context, &live.key).await?.is_some() && looks < LOOKS {
                looks += 1;
                tokio::time::sleep(LOOK).await;
            }
            looks += 1;
            if looks >= LOOKS || self.describe(context, &live.key).await?.is_none() {
                return Err(error);
            }
            tokio::time::sleep(LOOK / 5).await;
        }
    }

    async fn busy(&self, context: &Context, key: &str) -> Result<Option<String>, ApiError> {
        self.other(context, key).await
    }
}
