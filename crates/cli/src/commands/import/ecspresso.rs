//! Reading the files of ecspresso: `ecspresso.yml`, and the service and task definitions that it names
//! (<https://github.com/kayac/ecspresso>).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Found;
use crate::failure::Failure;

const SERVICE_FILES: [&str; 2] = ["ecs-service-def.json", "ecs-service-def.jsonnet"];
const TASK_FILES: [&str; 2] = ["ecs-task-def.json", "ecs-task-def.jsonnet"];

/// What the service definition file has that a declaration has not: it is ecspresso's or the API's answer.
const NOT_DECLARED: [&str; 14] = [
    "serviceArn",
    "clusterArn",
    "status",
    "runningCount",
    "pendingCount",
    "deployments",
    "events",
    "createdAt",
    "createdBy",
    "roleArn",
    "taskSets",
    "serviceName",
    "currentServiceDeployment",
    "currentServiceRevisions",
];

/// The manifests that the files of ecspresso mean. `path` is `ecspresso.yml` or its folder.
pub(super) fn read(path: &Path) -> Result<Found, Failure> {
    let config = if path.is_dir() { find_config(path)? } else { path.to_path_buf() };
    let folder = config.parent().unwrap_or(Path::new(".")).to_path_buf();
    let settings = settings(&config)?;
    let text = |key: &str| settings.get(key).and_then(Value::as_str);
    let cluster = text("cluster").unwrap_or("default");
    let Some(service) = text("service") else {
        return Err(Failure::new(format!("{} names no `service`", config.display())));
    };
    let service_file = file(&folder, text("service_definition"), &SERVICE_FILES)?;
    let task_file = file(&folder, text("task_definition"), &TASK_FILES)?;

    let mut definition = object(&task_file, "taskDefinition")?;
    for key in [
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
    ] {
        definition.remove(key);
    }
    let Some(family) = definition.get("family").and_then(Value::as_str).map(str::to_owned) else {
        return Err(Failure::new(format!("{} names no `family`", task_file.display())));
    };
    let mut spec = object(&service_file, "services")?;
    for key in NOT_DECLARED {
        spec.remove(key);
    }
    spec.remove("taskDefinition");
    let (service_name, definition_name) = (label(service), label(&family));
    spec.insert("name".to_owned(), Value::from(service));
    spec.insert("cluster".to_owned(), Value::from(cluster));
    spec.insert("taskDefinitionRef".to_owned(), json!({"from": {"name": definition_name}}));
    let manifest = |kind: &str, name: &str, spec: Map<String, Value>| {
        json!({
            "apiVersion": "ecs.services.k8s.aws/v1alpha1", "kind": kind,
            "metadata": {"name": name}, "spec": spec,
        })
    };
    Ok(Found {
        manifests: vec![
            manifest("TaskDefinition", &definition_name, definition),
            manifest("Service", &service_name, spec),
        ],
        left_out: left_out(&settings),
    })
}

fn left_out(settings: &Map<String, Value>) -> Vec<String> {
    ["codedeploy", "appspec", "plugins", "ignore"]
        .iter()
        .filter(|key| settings.get(**key).is_some_and(|value| !value.is_null()))
        .map(|key| format!("`{key}` of ecspresso's configuration: it has no counterpart here"))
        .collect()
}

fn find_config(folder: &Path) -> Result<PathBuf, Failure> {
    ["ecspresso.yml", "ecspresso.yaml", "ecspresso.json", "config.yaml"]
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            Failure::new(format!("there is no ecspresso.yml in {}", folder.display()))
                .hint("name the file: suimon import ENV --ecspresso PATH/ecspresso.yml")
        })
}

fn settings(path: &Path) -> Result<Map<String, Value>, Failure> {
    let text = load(path)?;
    let documents = suimon_render::parse_kubernetes_yaml(&path.display().to_string(), &text)?;
    match documents.into_iter().next().map(|document| document.value) {
        Some(Value::Object(settings)) => Ok(settings),
        _ => Err(Failure::new(format!("{} is not a configuration of ecspresso", path.display()))),
    }
}

/// The file that the configuration names, or the usual one.
fn file(folder: &Path, named: Option<&str>, usual: &[&str]) -> Result<PathBuf, Failure> {
    let path = match named {
        Some(name) => folder.join(name),
        None => match usual.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
            Some(path) => path,
            None => {
                let wanted = usual.first().copied().unwrap_or_default();
                return Err(Failure::new(format!("there is no {wanted} in {}", folder.display())));
            }
        },
    };
    if path.extension().is_some_and(|end| end == "jsonnet") {
        return Err(Failure::new(format!(
            "{} is Jsonnet, which is not evaluated here",
            path.display()
        ))
        .hint("let ecspresso render it to JSON first, and name that file in ecspresso.yml"));
    }
    Ok(path)
}

fn load(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::new(format!("cannot read {}: {e}", path.display())))?;
    // ecspresso evaluates Go templates with values of its caller; here they would be taken for text.
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(column) = line.find("{{") {
            return Err(Failure::new(format!(
                "{}:{number}:{}: a template of ecspresso, which is not evaluated here",
                path.display(),
                line[..column].chars().count() + 1
            ))
            .hint("let ecspresso render the file to JSON first (`ecspresso render servicedef`, `ecspresso render taskdef`)"));
        }
    }
    Ok(text)
}

/// The object in a file: itself, or what an AWS answer wraps it in.
fn object(path: &Path, wrapper: &str) -> Result<Map<String, Value>, Failure> {
    let text = load(path)?;
    let documents = suimon_render::parse_kubernetes_yaml(&path.display().to_string(), &text)?;
    let value = documents.into_iter().next().map(|document| document.value);
    let value = match value {
        Some(Value::Object(mut map)) => match map.remove(wrapper) {
            Some(Value::Array(items)) => items.into_iter().next(),
            Some(inner @ Value::Object(_)) => Some(inner),
            Some(other) => {
                map.insert(wrapper.to_owned(), other);
                Some(Value::Object(map))
            }
            None => Some(Value::Object(map)),
        },
        other => other,
    };
    match value {
        Some(Value::Object(map)) => Ok(map.into_iter().filter(|(_, v)| !v.is_null()).collect()),
        _ => Err(Failure::new(format!("{} does not hold one JSON object", path.display()))),
    }
}

fn label(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(plain).collect::<String>().trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn the_two_files_become_two_manifests() {
        let folder = folder(&[
            (
                "ecspresso.yml",
                "region: r\ncluster: web\nservice: My_Api\nservice_definition: ecs-service-def.json\ntask_definition: ecs-task-def.json\n",
            ),
            (
                "ecs-service-def.json",
                r#"{"desiredCount": 2, "launchType": "FARGATE", "serviceName": "x", "events": []}"#,
            ),
            (
                "ecs-task-def.json",
                r#"{"taskDefinition": {"family": "api", "revision": 3, "containerDefinitions": []}}"#,
            ),
        ]);
        let found = read(folder.path()).unwrap();
        let text = super::super::files::text(&found.manifests);
        insta::assert_snapshot!(text, @r"
        apiVersion: ecs.services.k8s.aws/v1alpha1
        kind: TaskDefinition
        metadata:
          name: api
        spec:
          containerDefinitions: []
          family: api
        ---
        apiVersion: ecs.services.k8s.aws/v1alpha1
        kind: Service
        metadata:
          name: my-api
        spec:
          cluster: web
          desiredCount: 2
          launchType: FARGATE
          name: My_Api
          taskDefinitionRef:
            from:
              name: api
        ");
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        let config = "cluster: web\nservice: api\n";
        for (files, told) in [
            (vec![], "there is no ecspresso.yml in"),
            (
                vec![("ecspresso.yml", "service: {{ must_env `X` }}\n")],
                "ecspresso.yml:1:10: a template of ecspresso",
            ),
            (vec![("ecspresso.yml", "cluster: web\n")], "names no `service`"),
            (vec![("ecspresso.yml", config)], "there is no ecs-service-def.json in"),
            (
                vec![("ecspresso.yml", config), ("ecs-service-def.jsonnet", "{}")],
                "is Jsonnet, which is not evaluated here",
            ),
        ] {
            let folder = folder(&files);
            let message = format!("{:?}", read(folder.path()).err());
            assert!(message.contains(told), "{message}");
        }
    }
}
