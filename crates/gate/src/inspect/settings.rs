//! The settings of a built-in rule.

use serde_json::Value;
use suimon_model::ResourceId;

use crate::Problem;

/// A setting that a rule takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// `except`: objects that the rule is not about.
    Except,
    /// `allow`: the same, under the name that reads better there.
    Allow,
    /// `resources`: which limits are asked for.
    Resources,
    /// `min`: the fewest replicas.
    Min,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::Except => "except",
            Self::Allow => "allow",
            Self::Resources => "resources",
            Self::Min => "min",
        }
    }
}

/// All settings, with their defaults where a rule is not given them.
pub(super) struct Settings {
    /// Ids (`Kind[.group]/[namespace/]name`), or `namespace/name` for any kind.
    except: Vec<String>,
    /// `cpu`, `memory`.
    pub(super) resources: Vec<String>,
    /// The fewest replicas.
    pub(super) min: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let resources = vec!["cpu".to_owned(), "memory".to_owned()];
        Self { except: Vec::new(), resources, min: 2 }
    }
}

impl Settings {
    /// Reads what stands behind a rule's name.
    pub(super) fn read(
        pointer: &str,
        rule: &str,
        value: &Value,
        keys: &[Key],
    ) -> Result<Self, Vec<Problem>> {
        let mut settings = Self::default();
        let given = match value {
            Value::Null => return Ok(settings),
            Value::Object(given) => given,
            _ => {
                return Err(vec![Problem::new(
                    format!("{pointer}/settings"),
                    format!("the settings of `{rule}` must be a mapping"),
                    known(keys),
                )]);
            }
        };
        let mut problems = Vec::new();
        for (name, value) in given {
            let at = format!("{pointer}/settings/{}", name.replace('~', "~0").replace('/', "~1"));
            let Some(key) = keys.iter().find(|key| key.name() == name) else {
                let message = format!("`{rule}` has no setting `{name}`");
                problems.push(Problem::new(at, message, known(keys)));
                continue;
            };
            if let Err((message, help)) = settings.set(*key, value) {
                problems.push(Problem::new(at, message, help));
            }
        }
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    fn set(&mut self, key: Key, value: &Value) -> Result<(), (String, &'static str)> {
        match key {
            Key::Except | Key::Allow => {
                const HELP: &str = "write ids such as `Deployment.apps/web/api`, or `web/api`";
                let wrong = || (format!("`{}` must be a list of objects", key.name()), HELP);
                let list = texts(value).ok_or_else(wrong)?;
                if let Some(text) = list.iter().find(|text| !is_object(text)) {
                    return Err((format!("`{text}` does not name an object"), HELP));
                }
                self.except.extend(list);
            }
            Key::Resources => {
                const HELP: &str = "write `resources: [cpu, memory]` or one of them";
                let wrong = || ("`resources` must be a list of resources".to_owned(), HELP);
                let list = texts(value).filter(|list| !list.is_empty()).ok_or_else(wrong)?;
                if let Some(text) = list.iter().find(|text| !is_resource(text)) {
                    return Err((format!("`{text}` is not a resource"), HELP));
                }
                self.resources = list;
            }
            Key::Min => {
                let wrong = || ("`min` must be a whole number from 1".to_owned(), "write `min: 2`");
                self.min = value.as_u64().filter(|min| *min > 0).ok_or_else(wrong)?;
            }
        }
        Ok(())
    }

    /// Whether the rule is not about this object.
    pub(super) fn excepts(&self, id: &ResourceId) -> bool {
        if self.except.is_empty() {
            return false;
        }
        let (whole, short) = (id.to_string(), short(id));
        self.except.iter().any(|text| *text == whole || Some(text) == short.as_ref())
    }
}

fn short(id: &ResourceId) -> Option<String> {
    id.namespace.as_ref().map(|namespace| format!("{namespace}/{}", id.name))
}

/// `Kind[.group]/[namespace/]name`, or `namespace/name`.
fn is_object(text: &str) -> bool {
    text.parse::<ResourceId>().is_ok()
}

fn is_resource(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/' | '_'))
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn known(keys: &[Key]) -> String {
    let names: Vec<String> = keys.iter().map(|key| format!("`{}`", key.name())).collect();
    format!("it takes {}", names.join(", "))
}
