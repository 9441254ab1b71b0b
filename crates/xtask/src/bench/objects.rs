//! The 1,001 objects that plan and apply are measured with: 200 small services in a namespace.

use super::Result;
use super::project::{Project, environment, module};
use super::server::CONTEXT;
use super::tools::Tools;

/// How many services.
const SERVICES: usize = 200;

/// How many objects: five for each service, and the namespace.
pub(crate) const OBJECTS: usize = 5 * SERVICES + 1;

/// How many objects there are of each kind.
pub(crate) const KINDS: [usize; 6] = [1, SERVICES, SERVICES, SERVICES, SERVICES, SERVICES];

/// A project of [`OBJECTS`] objects in this namespace; its name is the namespace's.
pub(crate) fn project(tools: &Tools, namespace: &str) -> Result<Project> {
    let mut spec = format!("  values: {{namespace: {namespace}}}\n  modules:\n");
    for number in 0..SERVICES {
        spec.push_str(&format!("  - {{name: service-{number:03}, module: service}}\n"));
    }
    let manifest = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n");
    let mut files = vec![
        environment(Some(CONTEXT), &spec),
        ("envs/prod/manifests/namespace.yaml", manifest),
        ("modules/service/module.yaml", module("service", "namespace: {type: string}")),
    ];
    files.extend(TEMPLATES.map(|(path, text)| (path, text.to_owned())));
    Project::new(tools, namespace, &files)
}

const TEMPLATES: [(&str, &str); 5] = [
    (
        "modules/service/kubernetes/configmap.yaml.tera",
        "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ name }}
  namespace: {{ values.namespace }}
  labels: {app.kubernetes.io/name: {{ name }}}
data:
  LOG_LEVEL: info
  UPSTREAM: \"http://{{ name }}.{{ values.namespace }}.svc:8080\"
  settings.json: |
    {\"cache\": {\"size\": 1024, \"ttl\": \"60s\"}, \"features\": [\"a\", \"b\", \"c\"]}
",
    ),
    (
        "modules/service/kubernetes/deployment.yaml.tera",
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ name }}
  namespace: {{ values.namespace }}
  labels: {app.kubernetes.io/name: {{ name }}}
spec:
  replicas: 2
  selector: {matchLabels: {app.kubernetes.io/name: {{ name }}}}
  template:
    metadata:
      labels: {app.kubernetes.io/name: {{ name }}}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: app
        image: registry.example.com/{{ name }}:1.2.3
        envFrom: [{configMapRef: {name: {{ name }}}}]
        env:
        - {name: SERVICE_NAME, value: {{ name }}}
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /healthz, port: http}}
        resources:
          requests: {cpu: 100m, memory: 128Mi}
          limits: {memory: 128Mi}
",
    ),
    (
        "modules/service/kubernetes/service.yaml.tera",
        "\
apiVersion: v1
kind: Service
metadata:
  name: {{ name }}
  namespace: {{ values.namespace }}
  labels: {app.kubernetes.io/name: {{ name }}}
spec:
  selector: {app.kubernetes.io/name: {{ name }}}
  ports: [{name: http, port: 80, targetPort: http}]
",
    ),
    (
        "modules/service/kubernetes/hpa.yaml.tera",
        "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ name }}
  namespace: {{ values.namespace }}
  labels: {app.kubernetes.io/name: {{ name }}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ name }}}
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
",
    ),
    (
        "modules/service/kubernetes/pdb.yaml.tera",
        "\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ name }}
  namespace: {{ values.namespace }}
  labels: {app.kubernetes.io/name: {{ name }}}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app.kubernetes.io/name: {{ name }}}}
",
    ),
];
