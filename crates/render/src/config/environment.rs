//! `envs/<env>/environment.yaml`.

use std::collections::{BTreeSet, HashMap};

use suimon_model::{
    AssumedRole, AwsTarget, Diagnostic, Environment, KubernetesTarget, Location, Platform, Protect,
    Snapshot, Targets,
};

use super::gate::{self, GatePlaces};
use super::project::{folders_with_environment, missing_environment};
use super::reader::Reader;
use crate::suggest::did_you_mean;
use crate::text::Places;
use crate::yaml::{Kind, Node, Pos};

/// Everything that the file says.
pub(crate) struct EnvironmentFile {
    pub(crate) environment: Environment,
    pub(crate) places: Places,
    /// Where parts of `spec.gate` are.
    pub(crate) gate: GatePlaces,
    /// `spec.values`: a mapping.
    pub(crate) values: Option<Node>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) patches: Vec<Patch>,
    /// What the user should look at.
    pub(crate) warnings: Vec<Diagnostic>,
}

impl EnvironmentFile {
    /// Takes over another environment's values, for itself and for the instances that both have.
    pub(crate) fn take_values(&mut self, other: &Self) {
        match (&mut self.values, &other.values) {
            (
                Some(Node { kind: Kind::Map(own), .. }),
                Some(Node { kind: Kind::Map(theirs), .. }),
            ) => {
                own.retain(|(key, _)| !theirs.iter().any(|(taken, _)| taken.name == key.name));
                own.extend(theirs.iter().cloned());
            }
            (own @ None, theirs) => own.clone_from(theirs),
            _ => {}
        }
        for instance in &mut self.instances {
            let same = |one: &&Instance| one.name == instance.name && one.module == instance.module;
            if let Some(theirs) = other.instances.iter().find(same) {
                instance.values.clone_from(&theirs.values);
            }
        }
    }
}

/// One entry of `spec.modules`.
pub(crate) struct Instance {
    pub(crate) name: String,
    pub(crate) pos: Pos,
    pub(crate) module: String,
    pub(crate) module_pos: Pos,
    pub(crate) platform: Option<Platform>,
    /// A mapping.
    pub(crate) values: Option<Node>,
}

/// One entry of `spec.patches`.
pub(crate) struct Patch {
    pub(crate) pos: Pos,
    pub(crate) group: Option<String>,
    pub(crate) kind: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    /// A mapping (merge patch) or a list (RFC 6902).
    pub(crate) patch: Node,
}

/// What is wrong with an environment's file.
pub(crate) struct Broken {
    pub(crate) errors: Vec<Diagnostic>,
    /// What could be read, for finding what else is wrong; `None` where there is no such environment.
    pub(crate) rest: Option<Box<EnvironmentFile>>,
}

/// Reads the file of an environment.
pub(crate) fn environment_file(
    snapshot: &dyn Snapshot,
    name: &str,
) -> Result<EnvironmentFile, Broken> {
    let missing = |snapshot: &dyn Snapshot| {
        let error = match folders_with_environment(snapshot) {
            Ok(known) => missing_environment(name, &known).at(Location::file("envs")),
            Err(error) => error,
        };
        Broken { errors: vec![error], rest: None }
    };
    if crate::names::dns_label(name).is_some() {
        return Err(missing(snapshot));
    }
    let path = format!("envs/{name}/environment.yaml");
    let mut reader = Reader::new(&path);
    let Some(root) = reader.load(snapshot, &path) else {
        if reader.errors.is_empty() {
            return Err(missing(snapshot));
        }
        let rest = Some(Box::new(EnvironmentFile::empty(name, &path)));
        return Err(Broken { errors: reader.errors, rest });
    };
    let file = contents(&mut reader, &root, name, &path);
    if reader.errors.is_empty() {
        return Ok(file);
    }
    Err(Broken { errors: reader.errors, rest: Some(Box::new(file)) })
}

/// The place of a JSON pointer inside the gate of an environment.
pub(crate) fn locate_gate(snapshot: &dyn Snapshot, name: &str, pointer: &str) -> Location {
    let path = format!("envs/{name}/environment.yaml");
    if crate::names::dns_label(name).is_some() {
        return Location::file(path);
    }
    let mut reader = Reader::new(&path);
    let Some(root) = reader.load(snapshot, &path) else { return Location::file(path) };
    let (gate, used) = root.follow(&["spec", "gate"]);
    if used < 2 || pointer.is_empty() {
        let key = root.key_pos(&["spec", "gate"]);
        return key.map_or_else(|| Location::file(path), |pos| reader.places.at(pos));
    }
    reader.places.at(gate::locate(gate, pointer))
}

impl EnvironmentFile {
    fn empty(name: &str, path: &str) -> Self {
        let environment = Environment {
            name: name.to_owned(),
            platform: Platform::Kubernetes,
            targets: Targets::default(),
            protect: Protect::default(),
            gate: None,
            location: Location::file(path),
        };
        Self {
            environment,
            places: Places::file(path),
            gate: GatePlaces::default(),
            values: None,
            instances: Vec::new(),
            patches: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

fn contents(reader: &mut Reader, root: &Node, name: &str, path: &str) -> EnvironmentFile {
    let header = reader.header(root, "Environment", true);
    reader.same_name(&header, name);
    let mut file = EnvironmentFile::empty(name, path);
    let environment = &mut file.environment;
    environment.location = header.name_at.clone();
    const KEYS: [&str; 7] =
        ["platform", "targets", "values", "modules", "patches", "protect", "gate"];
    if let Some(spec) = header.spec
        && reader.mapping(spec, "`spec`", &KEYS)
    {
        if let Some(node) = reader.required(spec, "platform") {
            environment.platform = platform(reader, node).unwrap_or(Platform::Kubernetes);
        }
        if let Some(node) = spec.get("targets") {
            environment.targets = targets(reader, node);
        }
        if let Some(node) = spec.get("protect") {
            environment.protect = protect(reader, node);
        }
        if let Some(node) = spec.get("gate") {
            let (gate, places) = gate::gate(reader, node);
            environment.gate = Some(gate);
            file.gate = places;
        }
        file.values = reader.free_mapping(spec, "values").cloned();
        file.instances = modules(reader, spec);
        file.patches = patches(reader, spec);
    }
    let instances = file.instances.iter().filter_map(|instance| instance.values.as_ref());
    for node in file.values.iter().chain(instances) {
        shortened(node, &file.places, &mut file.warnings);
    }
    file
}

/// A version such as `1.20` is a number to YAML, and a template would print 1.2.
fn shortened(node: &Node, places: &Places, warnings: &mut Vec<Diagnostic>) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| shortened(item, places, warnings)),
        Kind::Map(entries) => {
            entries.iter().for_each(|(_, value)| shortened(value, places, warnings));
        }
        Kind::Scalar { value, raw: Some(raw) } if value.is_number() => {
            let printed = value.to_string();
            if **raw != printed && raw.contains('.') && raw.ends_with('0') {
                warnings.push(
                    Diagnostic::warning(
                        "shortened-number",
                        format!("`{raw}` is a number, and a template prints {printed}"),
                    )
                    .at(places.at(node.pos))
                    .help(format!(
                        "write \"{raw}\" for text such as a version, {printed} for a number"
                    )),
                );
            }
        }
        Kind::Scalar { .. } => {}
    }
}

fn platform(reader: &mut Reader, node: &Node) -> Option<Platform> {
    match reader.text(node, "platform")?.as_str() {
        "kubernetes" => Some(Platform::Kubernetes),
        "ecs" => Some(Platform::Ecs),
        other => {
            let mut error =
                Diagnostic::error("wrong-value", format!("there is no platform `{other}`"))
                    .at(reader.at(node));
            error.help = did_you_mean(other, &["kubernetes", "ecs"]);
            reader.errors.push(error);
            None
        }
    }
}

fn targets(reader: &mut Reader, node: &Node) -> Targets {
    let mut targets = Targets::default();
    if !reader.mapping(node, "`targets`", &["aws", "kubernetes"]) {
        return targets;
    }
    if let Some(aws) = node.get("aws")
        && reader.mapping(aws, "`aws`", &["region", "accountId", "assumeRole", "profile"])
    {
        targets.aws = Some(AwsTarget {
            region: reader.optional_text(aws, "region"),
            account_id: account_id(reader, aws),
            assume_role: assume_role(reader, aws),
            profile: reader.optional_text(aws, "profile"),
        });
    }
    const KUBERNETES: [&str; 4] = ["context", "eksCluster", "inCluster", "clusterUid"];
    if let Some(kubernetes) = node.get("kubernetes")
        && reader.mapping(kubernetes, "`kubernetes`", &KUBERNETES)
    {
        targets.cluster_uid = reader.optional_text(kubernetes, "clusterUid");
        targets.kubernetes = kubernetes_target(reader, kubernetes);
    }
    targets
}

/// `assumeRole`: an ARN, `{roleArn, externalId}`, or a list of these for a chain.
fn assume_role(reader: &mut Reader, aws: &Node) -> Vec<AssumedRole> {
    let Some(node) = aws.get("assumeRole") else { return Vec::new() };
    match &node.kind {
        Kind::List(items) => items.iter().filter_map(|item| one_role(reader, item)).collect(),
        _ => one_role(reader, node).into_iter().collect(),
    }
}

fn one_role(reader: &mut Reader, node: &Node) -> Option<AssumedRole> {
    let (role_arn, external_id) = if matches!(node.kind, Kind::Map(_)) {
        if !reader.mapping(node, "`assumeRole`", &["roleArn", "externalId"]) {
            return None;
        }
        let role = reader.required(node, "roleArn")?;
        (reader.text(role, "roleArn")?, reader.optional_text(node, "externalId"))
    } else {
        (reader.text(node, "assumeRole")?, None)
    };
    if !role_arn.starts_with("arn:") || !role_arn.contains(":role/") {
        let what = format!("`{role_arn}` is not the ARN of a role");
        reader.error("wrong-value", what, node.pos);
        return None;
    }
    Some(AssumedRole { role_arn, external_id })
}

fn account_id(reader: &mut Reader, aws: &Node) -> Option<String> {
    let node = aws.get("accountId")?;
    let text = reader.text(node, "accountId")?;
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(text);
    }
    reader.error("wrong-value", "`accountId` must be twelve digits".to_owned(), node.pos);
    None
}

fn kubernetes_target(reader: &mut Reader, node: &Node) -> Option<KubernetesTarget> {
    let mut found = Vec::new();
    if let Some(context) = reader.optional_text(node, "context") {
        found.push(KubernetesTarget::Context(context));
    }
    if let Some(cluster) = reader.optional_text(node, "eksCluster") {
        found.push(KubernetesTarget::EksCluster(cluster));
    }
    if reader.flag(node, "inCluster") {
        found.push(KubernetesTarget::InCluster);
    }
    if found.len() != 1 {
        let summary =
            "`kubernetes` needs exactly one of `context`, `eksCluster`, `inCluster: true`";
        reader.error("wrong-value", summary.to_owned(), node.pos);
        return None;
    }
    found.pop()
}

fn protect(reader: &mut Reader, node: &Node) -> Protect {
    let mut protect = Protect::default();
    if !reader.mapping(node, "`protect`", &["maxDeletes", "kinds"]) {
        return protect;
    }
    protect.max_deletes = reader.count(node, "maxDeletes");
    let kinds = reader.items(node, "kinds");
    let mut names = BTreeSet::new();
    for item in kinds {
        if let Some(kind) = reader.text(item, "kinds") {
            names.insert(kind);
        }
    }
    protect.kinds = names;
    protect
}

fn modules(reader: &mut Reader, spec: &Node) -> Vec<Instance> {
    let mut instances = Vec::new();
    let mut seen: HashMap<String, Pos> = HashMap::new();
    for item in reader.items(spec, "modules") {
        if !reader.mapping(item, "a module", &["name", "module", "platform", "values"]) {
            continue;
        }
        let name = reader.required(item, "name").and_then(|node| {
            let name = reader.label(node, "name")?;
            if let Some(first) = seen.insert(name.clone(), node.pos) {
                let error = Diagnostic::error(
                    "duplicate-instance",
                    format!("the instance name `{name}` is given twice"),
                )
                .at(reader.at(node))
                .related(reader.places.at(first), "first given here");
                reader.errors.push(error);
            }
            Some((name, node.pos))
        });
        let module = reader
            .required(item, "module")
            .and_then(|node| Some((reader.label(node, "module")?, node.pos)));
        let platform = item.get("platform").and_then(|node| platform(reader, node));
        let values = reader.free_mapping(item, "values").cloned();
        if let (Some((name, pos)), Some((module, module_pos))) = (name, module) {
            instances.push(Instance { name, pos, module, module_pos, platform, values });
        }
    }
    instances
}

fn patches(reader: &mut Reader, spec: &Node) -> Vec<Patch> {
    let mut patches = Vec::new();
    for item in reader.items(spec, "patches") {
        if !reader.mapping(item, "a patch", &["target", "patch"]) {
            continue;
        }
        let target = reader.required(item, "target");
        let patch = reader.required(item, "patch");
        let (Some(target), Some(patch)) = (target, patch) else { continue };
        if patch.entries().is_none() && patch.items().is_none() {
            reader.wrong_type(patch, "`patch`", "a mapping (merge patch) or a list (RFC 6902)");
            continue;
        }
        if !reader.mapping(target, "`target`", &["group", "kind", "name", "namespace"]) {
            continue;
        }
        let kind = reader.required(target, "kind").and_then(|node| reader.text(node, "kind"));
        let Some(kind) = kind else { continue };
        patches.push(Patch {
            pos: target.pos,
            group: reader.optional_text(target, "group"),
            kind,
            namespace: reader.optional_text(target, "namespace"),
            name: reader.optional_text(target, "name"),
            patch: patch.clone(),
        });
    }
    patches
}
