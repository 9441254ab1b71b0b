//! Declarations for what is live: `suimon import`.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use suimon_model::{Body, Manifest, Origin, ResourceId};
use suimon_provider::{Error, Exported, Result};

use crate::Aws;
use crate::kinds::{families, find};
use crate::prepare::{declared, prepare};
use crate::resource::{Declared, Found, Live};

const ECS: &str = "ecs.services.k8s.aws";
const AUTOSCALING: &str = "applicationautoscaling.services.k8s.aws";

/// What a name on the command line stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    id: ResourceId,
    /// Fields that tell it from others: `name`, `cluster`.
    fields: Map<String, Value>,
}

impl Wanted {
    fn new(group: &str, kind: &str, name: &str, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value)));
        let id = ResourceId::new(format!("{group}.services.k8s.aws"), kind, None, label(name));
        Self { id, fields: fields.collect() }
    }
}

impl Aws {
    pub(crate) async fn export_one(&self, name: &str) -> Result<Option<Exported>> {
        let Some(wanted) = wanted(name)? else { return Ok(None) };
        self.0.session.identity().await?;
        let live = self.look(&wanted).await?.ok_or_else(|| {
            Error::NotFound(format!("there is no {name} in {}", self.0.session.region))
        })?;
        if let Some(owner) = crate::marks::foreign_owner(&self.0.options, &live.tags) {
            let what = format!("{name} belongs to {owner}: stop managing it there first");
            return Err(Error::Rejected(what));
        }
        let kind = crate::aws::served(&wanted.id)?;
        let mut exported = Exported::default();
        let mut spec = kind.export(&live);
        let is_service = wanted.id.group == ECS && wanted.id.kind == "Service";
        if is_service && let Some(definition) = self.task_definition(&live).await? {
            refer(&mut spec, "taskDefinition", "taskDefinitionRef", &definition);
            exported.manifests.push(definition);
        }
        exported.manifests.push(manifest(&wanted.id, &spec));
        if is_service {
            exported.manifests.extend(self.scaling(&wanted.id, &live).await?);
        }
        Ok(Some(exported))
    }

    /// The one resource that is asked for.
    async fn look(&self, wanted: &Wanted) -> Result<Option<Live>> {
        let kind = crate::aws::served(&wanted.id)?;
        let asked = self.asked(wanted)?;
        let key = kind.key(&asked);
        let found = self.read(&wanted.id.group, vec![Arc::new(asked)]).await?;
        for one in found {
            match one {
                Found::Live { kind: name, live } if name == kind.kind() && live.key == key => {
                    return Ok(Some(*live));
                }
                Found::Unknown { reason, .. } | Found::UnknownKind { reason, .. } => {
                    return Err(Error::Transient(reason));
                }
                Found::Live { .. } => {}
            }
        }
        Ok(None)
    }

    async fn read(&self, group: &str, asked: Vec<Arc<Declared>>) -> Result<Vec<Found>> {
        let family = families().iter().find(|family| family.group() == group);
        match family {
            Some(family) => family.read(&self.0, &asked, true).await,
            None => Ok(Vec::new()),
        }
    }

    /// A declaration that says only which resource is meant.
    fn asked(&self, wanted: &Wanted) -> Result<Declared> {
        let kind = crate::aws::served(&wanted.id)?;
        let spec = Value::Object(wanted.fields.clone());
        let (prepared, _) = prepare(kind, &as_manifest(&wanted.id, &spec));
        Ok(declared(&wanted.id, &prepared.body.value()))
    }

    /// The very revision that a service runs.
    async fn task_definition(&self, service: &Live) -> Result<Option<Value>> {
        let arn = service.spec.get("taskDefinition").and_then(Value::as_str).unwrap_or_default();
        let family = arn.rsplit('/').next().unwrap_or(arn).split(':').next().unwrap_or(arn);
        let wanted = Wanted::new("ecs", "TaskDefinition", family, &[("family", family)]);
        let Some(live) = self.look(&wanted).await? else { return Ok(None) };
        let kind = crate::aws::served(&wanted.id)?;
        Ok(Some(manifest(&wanted.id, &kind.export(&live))))
    }

    /// What scales a service.
    async fn scaling(&self, service: &ResourceId, live: &Live) -> Result<Vec<Value>> {
        let resource = format!("service/{}", live.key);
        let wanted = |kind: &str, fields: &[(&str, &str)]| {
            let fields = [&scaled(&resource)[..], fields].concat();
            Wanted::new("applicationautoscaling", kind, &service.name, &fields)
        };
        // The target, its policies, and its scheduled actions, which are another list.
        let asked = [
            wanted("ScalableTarget", &[]),
            wanted("ScalingPolicy", &[]),
            wanted("ScalingPolicy", &[("policyType", "ScheduledAction")]),
        ];
        let asked: Vec<_> =
            asked.iter().map(|one| Ok(Arc::new(self.asked(one)?))).collect::<Result<_>>()?;
        let mut manifests = Vec::new();
        for found in self.read(AUTOSCALING, asked).await? {
            let Found::Live { kind, live } = found else { continue };
            if live.spec.get("resourceId").and_then(Value::as_str) != Some(&*resource) {
                continue;
            }
            let name = live.spec.get("policyName").and_then(Value::as_str);
            let id = ResourceId::new(AUTOSCALING, kind, None, label(name.unwrap_or(&service.name)));
            let mut spec = crate::aws::served(&id)?.export(&live);
            if let Value::Object(spec) = &mut spec
                && spec.remove("resourceId").is_some()
            {
                let reference = json!({"from": {"name": service.name}});
                spec.insert("resourceRef".to_owned(), reference);
            }
            manifests.push(manifest(&id, &spec));
        }
        Ok(manifests)
    }
}

fn manifest(id: &ResourceId, spec: &Value) -> Value {
    json!({
        "apiVersion": format!("{}/v1alpha1", id.group),
        "kind": id.kind,
        "metadata": {"name": id.name},
        "spec": spec,
    })
}

fn as_manifest(id: &ResourceId, spec: &Value) -> Manifest {
    Manifest {
        id: id.clone(),
        api_version: format!("{}/v1alpha1", id.group).into(),
        body: Body::new(&manifest(id, spec)),
        origin: Origin { file: Arc::from(""), line: 0, instance: None },
        refs: Vec::new(),
    }
}

/// Puts a reference in the place of a name.
fn refer(spec: &mut Value, field: &str, reference: &str, target: &Value) {
    let Value::Object(spec) = spec else { return };
    let name = target.pointer("/metadata/name").cloned().unwrap_or_default();
    if spec.remove(field).is_some() {
        spec.insert(reference.to_owned(), json!({"from": {"name": name}}));
    }
}

/// A name for a manifest: what the resource is called, in the letters of Kubernetes names.
fn label(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = name.chars().map(plain).collect();
    let text = text.trim_matches('-');
    if text.is_empty() { "imported".to_owned() } else { text.to_owned() }
}

/// Reads an ARN, `Kind.group/name` or `Kind.group/parent/name`; `None` when it is something of another provider.
fn wanted(name: &str) -> Result<Option<Wanted>> {
    if name.starts_with("arn:") {
        return from_arn(name).map(Some);
    }
    let Some((group_kind, rest)) = name.split_once('/') else { return Ok(None) };
    let Some((kind, group)) = group_kind.split_once('.') else { return Ok(None) };
    let Some(service) = group.strip_suffix(".services.k8s.aws") else { return Ok(None) };
    let id = ResourceId::new(group, kind, None, rest);
    if find(&id).is_none() {
        return Err(Error::Rejected(crate::aws::no_such_kind(&id)));
    }
    let (parent, last) = rest.rsplit_once('/').map_or((None, rest), |(p, n)| (Some(p), n));
    Ok(Some(match (service, kind, parent) {
        ("ecs", "TaskDefinition", _) => Wanted::new("ecs", kind, rest, &[("family", rest)]),
        ("ecs", "Service", Some(cluster)) => {
            Wanted::new("ecs", kind, last, &[("name", last), ("cluster", cluster)])
        }
        ("eks", "Nodegroup" | "FargateProfile" | "Addon", Some(cluster)) => {
            Wanted::new("eks", kind, last, &[("name", last), ("clusterName", cluster)])
        }
        ("eks", "AccessEntry", Some(_)) => {
            let (cluster, principal) = rest.split_once('/').unwrap_or((rest, ""));
            let name = principal.rsplit('/').next().unwrap_or(principal);
            Wanted::new("eks", kind, name, &[("clusterName", cluster), ("principalArn", principal)])
        }
        ("eks", "PodIdentityAssociation", Some(_)) => {
            let parts: Vec<&str> = rest.split('/').collect();
            let [cluster, namespace, account] = parts.as_slice() else {
                return Err(unusable(name, "CLUSTER/NAMESPACE/SERVICEACCOUNT"));
            };
            let fields = [
                ("clusterName", *cluster),
                ("namespace", *namespace),
                ("serviceAccount", *account),
            ];
            Wanted::new("eks", kind, &format!("{namespace}-{account}"), &fields)
        }
        (
            "eks",
            "AccessEntry" | "PodIdentityAssociation" | "Nodegroup" | "FargateProfile" | "Addon",
            None,
        ) => {
            return Err(unusable(name, "CLUSTER/NAME"));
        }
        ("applicationautoscaling", "ScalableTarget", _) => {
            Wanted::new(service, kind, last, &scaled(rest))
        }
        ("applicationautoscaling", "ScalingPolicy", Some(resource)) => {
            let mut fields = scaled(resource).to_vec();
            fields.push(("policyName", last));
            Wanted::new(service, kind, last, &fields)
        }
        // The name of a secret may have slashes in it.
        _ => Wanted::new(service, kind, rest, &[("name", rest)]),
    }))
}

/// What tells a scalable target from others.
fn scaled(resource: &str) -> [(&'static str, &str); 3] {
    [
        ("serviceNamespace", "ecs"),
        ("resourceId", resource),
        ("scalableDimension", "ecs:service:DesiredCount"),
    ]
}

fn unusable(name: &str, form: &str) -> Error {
    let group_kind = name.split('/').next().unwrap_or(name);
    Error::Rejected(format!("`{name}` does not say which one is meant: write {group_kind}/{form}"))
}

/// `arn:partition:service:region:account:resource`.
fn from_arn(arn: &str) -> Result<Wanted> {
    let unknown =
        || Error::Rejected(format!("`{arn}` is not the ARN of anything that can be imported"));
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, _, _, resource] = parts.as_slice() else { return Err(unknown()) };
    let path: Vec<&str> = resource.split('/').collect();
    Ok(match (*service, path.as_slice()) {
        ("ecs", ["cluster", name]) => Wanted::new("ecs", "Cluster", name, &[("name", name)]),
        ("ecs", ["service", cluster, name]) => {
            Wanted::new("ecs", "Service", name, &[("name", name), ("cluster", cluster)])
        }
        ("ecs", ["task-definition", revision]) => {
            let family = revision.split(':').next().unwrap_or(revision);
            Wanted::new("ecs", "TaskDefinition", family, &[("family", family)])
        }
        ("eks", ["cluster", name]) => Wanted::new("eks", "Cluster", name, &[("name", name)]),
        ("eks", [kind @ ("nodegroup" | "fargateprofile" | "addon"), cluster, name, ..]) => {
            let kind = match *kind {
                "nodegroup" => "Nodegroup",
                "fargateprofile" => "FargateProfile",
                _ => "Addon",
            };
            Wanted::new("eks", kind, name, &[("name", name), ("clusterName", cluster)])
        }
        ("secretsmanager", _) if resource.starts_with("secret:") => {
            let name = resource.trim_start_matches("secret:");
            // Six random characters end the ARN of a secret, and are not part of its name.
            let name =
                name.rsplit_once('-').filter(|(_, end)| end.len() == 6).map_or(name, |p| p.0);
            Wanted::new("secretsmanager", "Secret", name, &[("name", name)])
        }
        _ => return Err(unknown()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_arns_say_which_resource_is_meant() {
        for (name, told) in [
            (
                "Service.ecs.services.k8s.aws/web/api",
                r#"Service.ecs.services.k8s.aws/api {"cluster":"web","name":"api"}"#,
            ),
            (
                "arn:aws:ecs:r:1:service/web/My_Api",
                r#"Service.ecs.services.k8s.aws/my-api {"cluster":"web","name":"My_Api"}"#,
            ),
            (
                "arn:aws:ecs:r:1:task-definition/api:7",
                r#"TaskDefinition.ecs.services.k8s.aws/api {"family":"api"}"#,
            ),
            (
                "Secret.secretsmanager.services.k8s.aws/a/b",
                r#"Secret.secretsmanager.services.k8s.aws/a-b {"name":"a/b"}"#,
            ),
            (
                "arn:aws:secretsmanager:r:1:secret:a/b-x1Y2z3",
                r#"Secret.secretsmanager.services.k8s.aws/a-b {"name":"a/b"}"#,
            ),
            (
                "arn:aws:eks:r:1:nodegroup/c/main/uuid",
                r#"Nodegroup.eks.services.k8s.aws/main {"clusterName":"c","name":"main"}"#,
            ),
        ] {
            let wanted = wanted(name).unwrap().unwrap();
            assert_eq!(format!("{} {}", wanted.id, Value::Object(wanted.fields)), told, "{name}");
        }
        assert_eq!(wanted("Namespace/web").unwrap(), None);
        assert!(wanted("arn:aws:s3:::bucket").is_err());
        assert!(wanted("Bucket.s3.services.k8s.aws/x").is_err());
    }
}
