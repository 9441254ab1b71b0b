//! Label selectors and the pods they match.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

/// A label selector: equalities and expressions, all of which must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Selector {
    equal: Vec<(String, String)>,
    expressions: Vec<Expression>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Expression {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Selector {
    /// A `matchLabels` / `matchExpressions` selector; one that is empty matches every pod.
    /// `None` for no selector and for one that cannot be read: neither matches anything.
    pub(crate) fn of(selector: &Value) -> Option<Self> {
        let fields = selector.as_object()?;
        let equal = match fields.get("matchLabels") {
            None | Some(Value::Null) => Vec::new(),
            Some(labels) => equalities(labels)?,
        };
        let expressions = match fields.get("matchExpressions") {
            None | Some(Value::Null) => Vec::new(),
            Some(list) => list.as_array()?.iter().map(expression).collect::<Option<_>>()?,
        };
        Some(Self { equal, expressions })
    }

    /// A Service's selector: labels only, and one that is empty matches nothing.
    pub(crate) fn of_service(labels: &Value) -> Option<Self> {
        let equal = equalities(labels).filter(|equal| !equal.is_empty())?;
        Some(Self { equal, expressions: Vec::new() })
    }

    fn matches(&self, labels: &Labels) -> bool {
        self.equal
            .iter()
            .all(|(key, value)| labels.get(key.as_str()).is_some_and(|v| **v == **value))
            && self.expressions.iter().all(|expression| expression.matches(labels))
    }
}

impl Expression {
    fn matches(&self, labels: &Labels) -> bool {
        let label = labels.get(self.key.as_str());
        let listed = label.is_some_and(|label| self.values.iter().any(|value| **value == **label));
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
        }
    }
}

fn equalities(labels: &Value) -> Option<Vec<(String, String)>> {
    let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    labels.as_object()?.iter().map(pair).collect()
}

fn expression(value: &Value) -> Option<Expression> {
    let operator = match value.get("operator")?.as_str()? {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        _ => return None,
    };
    let values = value.get("values").and_then(Value::as_array).map(Vec::as_slice).unwrap_or(&[]);
    let values = values.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    Some(Expression { key: value.get("key")?.as_str()?.to_owned(), operator, values })
}

type Labels = BTreeMap<Box<str>, Box<str>>;

/// The pods of one namespace, by what makes them.
#[derive(Default)]
struct Namespace {
    pods: Vec<(u32, Labels)>,
    by_label: HashMap<(Box<str>, Box<str>), Vec<usize>>,
    answers: HashMap<Selector, Vec<u32>>,
}

/// Everything that makes pods, by the labels the pods will have.
#[derive(Default)]
pub(crate) struct Pods {
    namespaces: HashMap<Box<str>, Namespace>,
}

impl Pods {
    /// Adds a workload with its pod template.
    pub(crate) fn add(&mut self, node: u32, namespace: &str, template: &Value) {
        let labels: Labels = match template.pointer("/metadata/labels").and_then(Value::as_object) {
            None => Labels::new(),
            Some(labels) => labels
                .iter()
                .filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into())))
                .collect(),
        };
        let namespace = self.namespaces.entry(namespace.into()).or_default();
        let at = namespace.pods.len();
        for (key, value) in &labels {
            namespace.by_label.entry((key.clone(), value.clone())).or_default().push(at);
        }
        namespace.pods.push((node, labels));
    }

    /// The workloads of a namespace whose pods a selector matches.
    pub(crate) fn matching(&mut self, namespace: &str, selector: &Selector) -> Vec<u32> {
        let Some(namespace) = self.namespaces.get_mut(namespace) else { return Vec::new() };
        if let Some(answer) = namespace.answers.get(selector) {
            return answer.clone();
        }
        let answer = namespace.matching(selector);
        namespace.answers.insert(selector.clone(), answer.clone());
        answer
    }
}

impl Namespace {
    fn matching(&self, selector: &Selector) -> Vec<u32> {
        let with_label = |(key, value): &(String, String)| {
            let key = (key.as_str().into(), value.as_str().into());
            self.by_label.get(&key).map(Vec::as_slice).unwrap_or(&[])
        };
        let fits = |(_, labels): &&(u32, Labels)| selector.matches(labels);
        match selector.equal.iter().map(with_label).min_by_key(|pods| pods.len()) {
            Some(few) => few.iter().map(|at| &self.pods[*at]).filter(fits).map(|p| p.0).collect(),
            None => self.pods.iter().filter(fits).map(|pod| pod.0).collect(),
        }
    }
}
