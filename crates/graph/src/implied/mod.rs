//! Dependencies that Kubernetes implies.

mod access;
mod network;
mod pods;
mod storage;

use std::collections::HashMap;

use serde_json::Value;
use suimon_model::{Manifest, ResourceId};

use crate::EdgeReason::{self, Implied as Because};
use crate::annotations::Annotations;
use crate::index::Index;
use crate::kinds;
use crate::links::Links;
use crate::selector::{Pods, Selector};

/// Which object is being read.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Its number.
    pub(crate) node: u32,
    /// Its id.
    pub(crate) id: &'a ResourceId,
    /// The other objects.
    pub(crate) index: &'a Index<'a>,
}

impl Place<'_> {
    /// Waits for a cluster-scoped object, where it is declared.
    fn cluster(
        &self,
        group: &str,
        kind: &str,
        name: Option<&Value>,
        why: &'static str,
    ) -> Option<Wait> {
        let target = self.index.cluster(group, kind, name?.as_str()?)?;
        Some((self.node, target, Because(why)))
    }

    /// Waits for an object of the same namespace, where it is declared.
    fn sibling(
        &self,
        group: &str,
        kind: &str,
        name: Option<&Value>,
        why: &'static str,
    ) -> Option<Wait> {
        self.within(self.id.namespace.as_deref(), group, kind, name, why)
    }

    /// Waits for an object of a namespace, where it is declared.
    fn within(
        &self,
        namespace: Option<&str>,
        group: &str,
        kind: &str,
        name: Option<&Value>,
        why: &'static str,
    ) -> Option<Wait> {
        let target = self.index.namespaced(group, kind, namespace, name?.as_str()?)?;
        Some((self.node, target, Because(why)))
    }
}

type Wait = (u32, u32, EdgeReason);

/// Whether the body of such an object says anything about order beyond its annotations.
pub(crate) fn is_read(id: &ResourceId) -> bool {
    kinds::pod_template(id).is_some()
        || matches!(
            (id.group.as_str(), id.kind.as_str()),
            ("", "PersistentVolumeClaim" | "Secret" | "Service" | "ServiceAccount")
                | ("apiextensions.k8s.io", "CustomResourceDefinition")
                | ("apiregistration.k8s.io", "APIService")
                | ("admissionregistration.k8s.io", _)
                | ("autoscaling", "HorizontalPodAutoscaler")
                | ("networking.k8s.io" | "extensions", "Ingress")
                | ("policy", "PodDisruptionBudget")
                | ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding")
        )
}

/// What can be linked only when every manifest has been read.
#[derive(Default)]
pub(crate) struct Implied {
    custom: HashMap<(String, String), u32>,
    pods: Pods,
    budgets: Vec<(u32, String, Selector)>,
    services: HashMap<u32, (String, Selector)>,
    served: Vec<(u32, u32, &'static str)>,
}

impl Implied {
    /// Reads one manifest.
    pub(crate) fn read(
        &mut self,
        at: Place<'_>,
        body: &Value,
        annotations: &Annotations,
        links: &mut Links,
    ) {
        let namespace = namespace(at.id);
        if let Some(template) = kinds::pod_template(at.id).and_then(|path| body.pointer(path)) {
            pods::waits(at, template, &mut |wait| add(links, wait));
            self.pods.add(at.node, namespace, template);
        }
        let mut link = |wait| add(links, wait);
        match (at.id.group.as_str(), at.id.kind.as_str()) {
            ("apps", "StatefulSet") => {
                let service = body.pointer("/spec/serviceName");
                link(at.sibling("", "Service", service, "governing service"));
                storage::claim_templates(at, body, &mut link);
            }
            ("", "PersistentVolumeClaim") => storage::claim(at, body, &mut link),
            ("", "Secret") => access::token(at, annotations, body, &mut link),
            ("", "ServiceAccount") => pods::pull_secrets(at, body, &mut link),
            ("rbac.authorization.k8s.io", _) => access::binding(at, body, &mut link),
            ("networking.k8s.io" | "extensions", _) => {
                network::ingress(at, body, annotations, &mut link);
            }
            ("autoscaling", _) => link(network::scale_target(at, body)),
            ("policy", _) => {
                let selector = body.pointer("/spec/selector").and_then(Selector::of);
                self.budgets.extend(selector.map(|s| (at.node, namespace.to_owned(), s)));
            }
            ("", "Service") => {
                let selector = body.pointer("/spec/selector").and_then(Selector::of_service);
                let selector = selector.map(|s| (at.node, (namespace.to_owned(), s)));
                self.services.extend(selector);
            }
            ("apiextensions.k8s.io", _) => {
                let text = |path| body.pointer(path).and_then(Value::as_str).map(str::to_owned);
                if let (Some(group), Some(kind)) = (text("/spec/group"), text("/spec/names/kind")) {
                    self.custom.entry((group, kind)).or_insert(at.node);
                }
            }
            ("admissionregistration.k8s.io" | "apiregistration.k8s.io", _) => {
                link(access::policy(at, body));
                let services = network::serving(at, body);
                self.served.extend(services.into_iter().map(|(s, why)| (at.node, s, why)));
            }
            _ => {}
        }
    }

    /// Links what needed every manifest to be read.
    pub(crate) fn link(mut self, manifests: &[&Manifest], index: &Index<'_>, links: &mut Links) {
        // AWS resources are written like objects and live in no cluster.
        for (node, manifest) in (0u32..).zip(manifests).filter(|(_, m)| !m.id.is_aws()) {
            let id = &manifest.id;
            let namespace = id.namespace.as_deref();
            if let Some(target) = namespace.and_then(|name| index.cluster("", "Namespace", name)) {
                links.one(node, target, Because("namespace"));
            }
            if !self.custom.is_empty()
                && let Some(target) = self.custom.get(&(id.group.clone(), id.kind.clone()))
            {
                links.one(node, *target, Because("custom resource definition"));
            }
        }
        for (node, namespace, selector) in self.budgets {
            let pods = self.pods.matching(&namespace, &selector);
            links.several(node, pods, &Because("pod selector"));
        }
        for (node, service, why) in self.served {
            links.one(node, service, Because(why));
            if let Some((namespace, selector)) = self.services.get(&service) {
                let pods = self.pods.matching(namespace, selector);
                links.several(node, pods, &Because("pods behind its service"));
            }
        }
    }
}

/// The namespace an object is in once it is live, if it is in one at all.
fn namespace(id: &ResourceId) -> &str {
    id.namespace.as_deref().unwrap_or("default")
}

fn add(links: &mut Links, wait: Option<Wait>) {
    if let Some((dependent, dependency, reason)) = wait {
        links.one(dependent, dependency, reason);
    }
}

/// The items of a list; none where there is no list.
fn items<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    value.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or(&[])
}
