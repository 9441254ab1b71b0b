//! What a service must fulfil.

use serde_json::{Map, Value, json};

use super::{
    super::{context::Context, error::AwsError},
    Ecs,
    clusters::complete,
    given, invalid, is_name, list,
    model::{Members, TaskDefinition},
    text, texts,
};

/// The members of a service that a deployment fixes; a change of one makes a deployment.
pub(super) const DEPLOYED: [&str; 11] = [
    "taskDefinition",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "platformFamily",
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
];

/// The members that only its deployments and revisions show.
pub(super) const HIDDEN: [&str; 4] = [
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "monitoring",
];

impl Ecs {
    /// The members of a new service, defaults included.
    pub(super) fn new_spec(
        &self,
        context: &Context<'_>,
        cluster: &str,
        body: &Value,
    ) -> Result<Members, AwsError> {
        let controller = body.pointer("/deploymentController/type").and_then(Value::as_str);
        let controller = controller.unwrap_or("ECS");
        if !matches!(controller, "ECS" | "CODE_DEPLOY" | "EXTERNAL") {
            return Err(invalid(format!("Invalid deployment controller type: {controller}")));
        }
        let strategy = match text(body, "schedulingStrategy") {
            "" => "REPLICA",
            strategy @ ("REPLICA" | "DAEMON") => strategy,
            other => return Err(invalid(format!("Invalid scheduling strategy: {other}"))),
        };
        let mut spec = Map::new();
        self.choose_launch(&mut spec, cluster, body)?;
        for member in
            ["loadBalancers", "serviceRegistries", "placementConstraints", "placementStrategy"]
        {
            spec.insert(member.into(), json!(list(body, member)));
        }
        spec.insert("schedulingStrategy".into(), strategy.into());
        spec.insert("deploymentController".into(), json!({ "type": controller }));
        for member in ["enableECSManagedTags", "enableExecuteCommand"] {
            spec.insert(member.into(), given(body, member).cloned().unwrap_or(Value::Bool(false)));
        }
        spec.insert(
            "propagateTags".into(),
            given(body, "propagateTags").cloned().unwrap_or_else(|| "NONE".into()),
        );
        let balancing = if strategy == "DAEMON" { "DISABLED" } else { "ENABLED" };
        let balancing =
            given(body, "availabilityZoneRebalancing").cloned().unwrap_or_else(|| balancing.into());
        spec.insert("availabilityZoneRebalancing".into(), balancing);
        for member in HIDDEN {
            if let Some(value) = given(body, member) {
                spec.insert(member.into(), value.clone());
            }
        }
        if let Some(seconds) = given(body, "healthCheckGracePeriodSeconds") {
            spec.insert("healthCheckGracePeriodSeconds".into(), seconds.clone());
        } else if !list(body, "loadBalancers").is_empty() {
            spec.insert("healthCheckGracePeriodSeconds".into(), 0.into());
        }
        spec.insert(
            "deploymentConfiguration".into(),
            deployment_configuration(strategy, None, body)?,
        );
        if controller != "EXTERNAL" || given(body, "taskDefinition").is_some() {
            let definition = self.runnable(text(body, "taskDefinition"))?;
            spec.insert("taskDefinition".into(), definition.arn.clone().into());
            set_network(&mut spec, body)?;
            check_definition(&spec, definition)?;
            let service_role = text(&definition.value, "networkMode") == "awsvpc"
                || !list(body, "loadBalancers").is_empty();
            if let Some(role) = role(context, text(body, "role"), service_role) {
                spec.insert("roleArn".into(), role.into());
            }
        }
        Ok(spec)
    }

    /// Launch type or strategy, and the platform of Fargate.
    fn choose_launch(
        &self,
        spec: &mut Members,
        cluster: &str,
        body: &Value,
    ) -> Result<(), AwsError> {
        let asked = list(body, "capacityProviderStrategy");
        let launch = text(body, "launchType");
        if !asked.is_empty() && !launch.is_empty() {
            return Err(invalid(
                "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
            ));
        }
        if !matches!(launch, "" | "EC2" | "FARGATE" | "EXTERNAL") {
            return Err(invalid("launch type should be one of [EC2,FARGATE,EXTERNAL]"));
        }
        self.check_providers(cluster, asked)?;
        let strategy = match (asked.is_empty(), launch) {
            (false, _) => Some(complete(asked)),
            (true, "") => self.default_strategy(cluster),
            _ => None,
        };
        let fargate = match &strategy {
            Some(strategy) => on_fargate(strategy),
            None => launch == "FARGATE",
        };
        match strategy {
            Some(strategy) => spec.insert("capacityProviderStrategy".into(), strategy),
            None => {
                let launch = if launch.is_empty() { "EC2" } else { launch };
                spec.insert("launchType".into(), launch.into())
            }
        };
        set_platform(spec, fargate, text(body, "platformVersion"))
    }

    /// The members that an update changes, checked; `current` is as the service is.
    pub(super) fn updated_spec(
        &self,
        current: &Members,
        cluster: &str,
        body: &Value,
    ) -> Result<Members, AwsError> {
        let mut spec = current.clone();
        let controller = current.get("deploymentController").map_or("", |c| text(c, "type"));
        let deploys =
            ["taskDefinition", "loadBalancers", "networkConfiguration", "platformVersion"];
        if controller == "CODE_DEPLOY"
            && let Some(member) = deploys.into_iter().find(|member| given(body, member).is_some())
        {
            let what = match member {
                "taskDefinition" => "task definition",
                "loadBalancers" => "load balancers",
                "networkConfiguration" => "network parameters",
                _ => "platform version",
            };
            return Err(invalid(format!(
                "Unable to update {what} on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."
            )));
        }
        if given(body, "taskDefinition").is_some() {
            let definition = self.runnable(text(body, "taskDefinition"))?;
            spec.insert("taskDefinition".into(), definition.arn.clone().into());
        }
        if let Some(asked) = given(body, "capacityProviderStrategy").and_then(Value::as_array) {
            self.check_providers(cluster, asked)?;
            match asked.is_empty() {
                true => {
                    let was_fargate =
                        current.get("capacityProviderStrategy").is_some_and(on_fargate);
                    if spec.remove("capacityProviderStrategy").is_some() {
                        let launch = if was_fargate { "FARGATE" } else { "EC2" };
                        spec.insert("launchType".into(), launch.into());
                    }
                }
                false => {
                    spec.remove("launchType");
                    spec.insert("capacityProviderStrategy".into(), complete(asked));
                }
            }
        }
        if given(body, "platformVersion").is_some() {
            set_platform(&mut spec, is_fargate(current), text(body, "platformVersion"))?;
        }
        set_network(&mut spec, body)?;
        for member in [
            "loadBalancers",
            "serviceRegistries",
            "placementConstraints",
            "placementStrategy",
            "healthCheckGracePeriodSeconds",
            "enableECSManagedTags",
            "enableExecuteCommand",
            "propagateTags",
            "availabilityZoneRebalancing",
            "deploymentController",
            "serviceConnectConfiguration",
            "volumeConfigurations",
            "vpcLatticeConfigurations",
            "monitoring",
        ] {
            if let Some(value) = given(body, member) {
                spec.insert(member.into(), value.clone());
            }
        }
        let strategy =
            current.get("schedulingStrategy").and_then(Value::as_str).unwrap_or("REPLICA");
        let old = current.get("deploymentConfiguration");
        spec.insert(
            "deploymentConfiguration".into(),
            deployment_configuration(strategy, old, body)?,
        );
        if let Some(definition) = spec.get("taskDefinition").and_then(Value::as_str)
            && let Some(definition) = self.definition(definition)
        {
            check_definition(&spec, definition)?;
        }
        Ok(spec)
    }
}

fn on_fargate(strategy: &Value) -> bool {
    let mut items = strategy.as_array().into_iter().flatten();
    items.any(|item| text(item, "capacityProvider").starts_with("FARGATE"))
}

/// Whether its tasks run on Fargate.
pub(super) fn is_fargate(spec: &Members) -> bool {
    match spec.get("capacityProviderStrategy") {
        Some(strategy) => on_fargate(strategy),
        None => spec.get("launchType").and_then(Value::as_str) == Some("FARGATE"),
    }
}

fn set_platform(spec: &mut Members, fargate: bool, asked: &str) -> Result<(), AwsError> {
    match (fargate, asked) {
        (true, "" | "LATEST" | "1.4.0" | "1.3.0") => {
            let version = if asked.is_empty() { "LATEST" } else { asked };
            spec.insert("platformVersion".into(), version.into());
            spec.insert("platformFamily".into(), "Linux".into());
            Ok(())
        }
        (true, _) => Err(AwsError::client(
            "PlatformUnknownException",
            "The specified platform does not exist.",
        )),
        (false, "") => Ok(()),
        (false, _) => {
            Err(invalid("The platform version must be null when specifying an EC2 launch type."))
        }
    }
}

fn set_network(spec: &mut Members, body: &Value) -> Result<(), AwsError> {
    let Some(asked) = body.pointer("/networkConfiguration/awsvpcConfiguration") else {
        return Ok(());
    };
    let subnets = texts(asked, "subnets");
    let groups = texts(asked, "securityGroups");
    if subnets.is_empty() {
        return Err(invalid("subnets can not be empty."));
    }
    if subnets.len() > 16 {
        return Err(invalid("subnets can have at most 16 items."));
    }
    if groups.len() > 5 {
        return Err(invalid("securityGroups can have at most 5 items."));
    }
    let public = match text(asked, "assignPublicIp") {
        "" => "DISABLED",
        public => public,
    };
    spec.insert(
        "networkConfiguration".into(),
        json!({ "awsvpcConfiguration": {
            "subnets": subnets, "securityGroups": groups, "assignPublicIp": public,
        } }),
    );
    Ok(())
}

fn check_definition(spec: &Members, definition: &TaskDefinition) -> Result<(), AwsError> {
    let awsvpc = text(&definition.value, "networkMode") == "awsvpc";
    match (awsvpc, spec.contains_key("networkConfiguration")) {
        (true, false) => {
            return Err(invalid(
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
            ));
        }
        (false, true) => {
            return Err(invalid(
                "Network Configuration is not valid for the given networkMode of this task definition.",
            ));
        }
        _ => {}
    }
    let launch = if is_fargate(spec) {
        "FARGATE"
    } else {
        spec.get("launchType").and_then(Value::as_str).unwrap_or("EC2")
    };
    let fits = list(&definition.value, "compatibilities").iter().any(|found| found == launch);
    if launch != "EC2" && !fits {
        return Err(invalid(format!("Task definition does not support launch_type {launch}.")));
    }
    let balancers =
        spec.get("loadBalancers").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for balancer in balancers {
        let (name, port) = (text(balancer, "containerName"), balancer.get("containerPort"));
        let container = list(&definition.value, "containerDefinitions")
            .iter()
            .find(|c| text(c, "name") == name);
        let Some(container) = container else {
            return Err(invalid(format!(
                "The container {name} does not exist in the task definition."
            )));
        };
        if !list(container, "portMappings")
            .iter()
            .any(|mapping| mapping.get("containerPort") == port)
        {
            let port = port.map_or_else(|| "null".to_owned(), Value::to_string);
            return Err(invalid(format!(
                "The container {name} did not have a container port {port} defined."
            )));
        }
    }
    Ok(())
}

/// With the defaults of the API; what is not given stays as it was.
fn deployment_configuration(
    scheduling: &str,
    old: Option<&Value>,
    body: &Value,
) -> Result<Value, AwsError> {
    let daemon = scheduling == "DAEMON";
    let mut value = old.cloned().unwrap_or_else(|| {
        json!({
            "deploymentCircuitBreaker": { "enable": false, "rollback": false },
            "maximumPercent": if daemon { 100 } else { 200 },
            "minimumHealthyPercent": if daemon { 0 } else { 100 },
            "strategy": "ROLLING",
            "bakeTimeInMinutes": 0,
        })
    });
    if let (Some(value), Some(given)) =
        (value.as_object_mut(), body.get("deploymentConfiguration").and_then(Value::as_object))
    {
        let given = given.iter().filter(|(_, given)| !given.is_null());
        value.extend(given.map(|(member, given)| (member.clone(), given.clone())));
    }
    let strategy = text(&value, "strategy");
    if !matches!(strategy, "ROLLING" | "BLUE_GREEN" | "LINEAR" | "CANARY") {
        return Err(invalid(format!("Invalid deployment strategy: {strategy}")));
    }
    let percent = |member: &str| value.get(member).and_then(Value::as_i64).unwrap_or_default();
    if percent("maximumPercent") < 1 || percent("minimumHealthyPercent") < 0 {
        return Err(invalid("Both maximumPercent and minimumHealthyPercent must not be negative."));
    }
    if percent("maximumPercent") <= percent("minimumHealthyPercent")
        && percent("maximumPercent") < 100
    {
        return Err(invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 0 and maximumPercent must be greater than minimumHealthyPercent.",
        ));
    }
    Ok(value)
}

fn role(context: &Context<'_>, asked: &str, service_role: bool) -> Option<String> {
    let account = context.account;
    match asked {
        "" if service_role => Some(format!(
            "arn:aws:iam::{account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
        )),
        "" => None,
        arn if arn.starts_with("arn:") => Some(arn.to_owned()),
        name => Some(format!("arn:aws:iam::{account}:role/{name}")),
    }
}

/// The name of a new service.
pub(super) fn check_name(name: &str) -> Result<(), AwsError> {
    if name.is_empty() {
        return Err(invalid("Service name cannot be empty."));
    }
    if !is_name(name) {
        return Err(invalid(
            "Invalid identifier: Unexpected characters in the service name. Up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed.",
        ));
    }
    Ok(())
}
