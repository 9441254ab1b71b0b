//! Server-side apply.

use serde_json::Value;

use crate::{
    status::{ApiError, ApiResult},
    typed::{FieldSet, compare, merge, remove, to_field_set},
};

use super::{
    Context, Manager, Managers, Operation, Owned,
    update::{filtered, take_from_others, update},
};

/// An apply request.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) config: &'a Value,
    pub(crate) manager: &'a Manager,
    pub(crate) force: bool,
}

/// What an apply results in.
pub(crate) struct Applied {
    pub(crate) object: Value,
    pub(crate) managers: Managers,
}

/// Applies `request` to `live` (the empty object when there is none).
pub(crate) fn apply(
    context: Context<'_>,
    live: &Value,
    managers: Managers,
    request: Request<'_>,
) -> ApiResult<Applied> {
    let managers = with_earlier_changes(context, live, managers);
    match try_apply(context, live, managers.clone(), request) {
        Err(conflicts)
            if request.manager.name == "kubectl"
                && client_side_owned(context, live, &conflicts) =>
        {
            let forced = Request { force: true, ..request };
            try_apply(context, live, managers, forced).map_err(|conflicts| refusal(&conflicts))
        }
        other => other.map_err(|conflicts| refusal(&conflicts)),
    }
}

/// Objects written before anything was tracked belong to `before-first-apply`.
fn with_earlier_changes(context: Context<'_>, live: &Value, managers: Managers) -> Managers {
    let stored = !crate::value::meta_text(live, "uid").is_empty();
    if !managers.is_empty() || !stored {
        return managers;
    }
    let earlier = Manager::new("before-first-apply", Operation::Update, context.version, "");
    let empty = crate::codec::empty_of(context.schema);
    update(context, &empty, live, managers, &earlier)
}

type Conflicts = Vec<(Manager, FieldSet)>;

fn try_apply(
    context: Context<'_>,
    live: &Value,
    mut managers: Managers,
    request: Request<'_>,
) -> Result<Applied, Conflicts> {
    let schema = context.schema;
    let merged = merge(schema, Some(live), Some(request.config)).unwrap_or_default();
    let last = managers.0.get(request.manager).cloned();
    let set = context.filter(to_field_set(schema, request.config));
    let owned = Owned {
        fields: set,
        version: context.version.to_owned(),
        time: last.as_ref().and_then(|last| last.time.clone()),
    };
    managers.0.insert(request.manager.clone(), owned);
    let object = match &last {
        Some(last) if !last.fields.is_empty() => prune(context, &merged, &managers, &last.fields),
        _ => merged,
    };
    let comparison = filtered(context, compare(schema, live, &object));
    let changed = comparison.modified.clone().union(&comparison.added);
    let conflicts: Conflicts = managers
        .0
        .iter()
        .filter(|(manager, _)| *manager != request.manager)
        .map(|(manager, owned)| (manager.clone(), owned.fields.intersection(&changed)))
        .filter(|(_, fields)| !fields.is_empty())
        .collect();
    if !request.force && !conflicts.is_empty() {
        return Err(conflicts);
    }
    take_from_others(&mut managers, Some(request.manager), &comparison);
    // Without a change of the object there is no time either, as at the real server.
    if !comparison.is_same()
        && let Some(owned) = managers.0.get_mut(request.manager)
    {
        owned.time = Some(context.now.to_owned());
    }
    managers.drop_empty();
    Ok(Applied { object, managers })
}

/// Removes what the manager applied before, does not apply now, and nobody else has.
fn prune(context: Context<'_>, merged: &Value, managers: &Managers, last: &FieldSet) -> Value {
    let schema = context.schema;
    let last = last.with_named_fields(Some(schema));
    let null = Value::Null;
    let pruned = remove(schema, merged, &last).unwrap_or(null);
    let merged_set = to_field_set(schema, merged).with_named_fields(Some(schema));
    let managed = managers
        .0
        .values()
        .fold(FieldSet::default(), |all, owned| all.union(&owned.fields))
        .with_named_fields(Some(schema));
    let pruned_set = to_field_set(schema, &pruned).with_named_fields(Some(schema));
    let gone = merged_set.difference(&pruned_set.union(&managed));
    let pruned = remove(schema, merged, &gone).unwrap_or_default();
    let pruned_set = to_field_set(schema, &pruned).with_named_fields(Some(schema));
    let gone = merged_set.difference(&pruned_set).intersection(&last);
    remove(schema, merged, &gone).unwrap_or_default()
}

/// Whether `kubectl apply` without `--server-side` set all fields in conflict: then kubectl may take them over.
fn client_side_owned(context: Context<'_>, live: &Value, conflicts: &Conflicts) -> bool {
    const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let Some(Ok(last)) = crate::value::meta(live, "annotations")
        .and_then(|annotations| annotations.get(ANNOTATION))
        .and_then(Value::as_str)
        .map(serde_json::from_str::<Value>)
    else {
        return false;
    };
    let allowed = to_field_set(context.schema, &last);
    let mut own = FieldSet::default();
    own.insert(&["f:metadata".to_owned(), "f:annotations".to_owned(), format!("f:{ANNOTATION}")]);
    let allowed = allowed.union(&own);
    conflicts.iter().all(|(_, fields)| fields.difference(&allowed).is_empty())
}

fn refusal(conflicts: &Conflicts) -> ApiError {
    let mut causes = Vec::new();
    let mut lines = Vec::new();
    for (manager, fields) in conflicts {
        let name = manager.display();
        lines.push(format!("conflicts with {name}:"));
        for path in fields.paths() {
            lines.push(format!("- {path}"));
            causes.push((path, format!("conflict with {name}")));
        }
    }
    let message = match causes.as_slice() {
        [(path, with)] => format!("Apply failed with 1 conflict: {with}: {path}"),
        many => format!("Apply failed with {} conflicts: {}", many.len(), lines.join("\n")),
    };
    ApiError::apply_conflict(message, &causes)
}
