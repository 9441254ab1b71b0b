//! Everything the accounts hold.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    AwsOptions, EksEndpoint,
    autoscaling::Autoscaling,
    context::{Context, Ids},
    ecs::Ecs,
    eks::Eks,
    error::{AwsError, AwsResult},
    secrets::Secrets,
    sts::{Caller, Sts},
};

/// A service of the sandbox, by the name that requests are signed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Sts,
    Ecs,
    Autoscaling,
    Secrets,
    Eks,
}

impl Service {
    /// The name in a credential scope.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Ecs => "ecs",
            Self::Autoscaling => "application-autoscaling",
            Self::Secrets => "secretsmanager",
            Self::Eks => "eks",
        }
    }

    /// The service of `X-Amz-Target: PREFIX.Operation`.
    pub(crate) fn of_target(prefix: &str) -> Option<Self> {
        match prefix {
            "AmazonEC2ContainerServiceV20141113" => Some(Self::Ecs),
            "AnyScaleFrontendService" => Some(Self::Autoscaling),
            "secretsmanager" => Some(Self::Secrets),
            _ => None,
        }
    }
}

/// What one account holds in one region.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) ecs: Ecs,
    pub(crate) autoscaling: Autoscaling,
    pub(crate) secrets: Secrets,
    pub(crate) eks: Eks,
}

impl State {
    pub(crate) fn call(
        &mut self,
        context: &mut Context<'_>,
        service: Service,
        operation: &str,
        body: &Value,
    ) -> AwsResult {
        match service {
            Service::Ecs => self.ecs.call(context, operation, body),
            Service::Autoscaling => self.autoscaling.call(context, &mut self.ecs, operation, body),
            Service::Secrets => self.secrets.call(context, operation, body),
            Service::Eks => self.eks.call(context, operation, body),
            Service::Sts => Err(AwsError::unknown_operation()),
        }
    }

    /// One step of everything that happens by itself; whether anything did.
    pub(crate) fn step(&mut self, context: &mut Context<'_>) -> bool {
        let scaled = self.autoscaling.step(context, &mut self.ecs);
        let deployed = self.ecs.step(context);
        let secrets = self.secrets.step(context);
        let clusters = self.eks.step(context);
        scaled || deployed || secrets || clusters
    }
}

/// All accounts and regions, and who may call.
#[derive(Debug)]
pub(crate) struct World {
    /// By account and region; each comes to be when it is first used.
    places: BTreeMap<(String, String), State>,
    pub(crate) sts: Sts,
    pub(crate) ids: Ids,
    /// How many of the last writes to secrets their lists do not show.
    pub(crate) stale_lists: usize,
    clusters: Vec<EksEndpoint>,
}

impl World {
    pub(crate) fn new(options: &AwsOptions) -> Self {
        Self {
            places: BTreeMap::new(),
            sts: Sts::new(&options.account_id),
            ids: Ids::fresh(),
            stale_lists: 0,
            clusters: options.clusters.clone(),
        }
    }

    /// Answers a call of `caller` in `region`.
    pub(crate) fn call(
        &mut self,
        (caller, region): (&Caller, &str),
        (service, operation): (Service, &str),
        body: &Value,
        now: Timestamp,
    ) -> AwsResult {
        if service == Service::Sts {
            return self.sts.call(&mut self.ids, caller, operation, body, now);
        }
        let place = (caller.account.clone(), region.to_owned());
        let mut context = Context {
            account: &caller.account,
            region,
            caller: &caller.arn,
            now,
            ids: &mut self.ids,
            clusters: &self.clusters,
        };
        let state = self.places.entry(place).or_default();
        state.secrets.stale_lists = self.stale_lists;
        state.call(&mut context, service, operation, body)
    }

    /// One step everywhere; whether anything happened.
    pub(crate) fn step(&mut self, now: Timestamp) -> bool {
        let mut changed = false;
        for ((account, region), state) in &mut self.places {
            let caller = format!("arn:aws:iam::{account}:root");
            let mut context = Context {
                account,
                region,
                caller: &caller,
                now,
                ids: &mut self.ids,
                clusters: &self.clusters,
            };
            changed |= state.step(&mut context);
        }
        changed
    }
}
