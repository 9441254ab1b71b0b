//! CPU and memory in numbers that compare.

use serde_json::Value;

/// Thousandths of a CPU from a Kubernetes quantity.
pub(super) fn millis(value: &Value) -> Option<u64> {
    let text = text(value)?;
    match text.strip_suffix('m') {
        Some(millis) => millis.parse().ok(),
        None => scaled(&text, 1000.0),
    }
}

/// Mebibytes from a Kubernetes quantity.
pub(super) fn mebis(value: &Value) -> Option<u64> {
    const UNITS: [(&str, f64); 9] = [
        ("Ki", 1.0 / 1024.0),
        ("Mi", 1.0),
        ("Gi", 1024.0),
        ("Ti", 1_048_576.0),
        ("k", 1000.0 / 1_048_576.0),
        ("M", 1_000_000.0 / 1_048_576.0),
        ("G", 1_000_000_000.0 / 1_048_576.0),
        ("T", 1_000_000_000_000.0 / 1_048_576.0),
        ("", 1.0 / 1_048_576.0),
    ];
    let text = text(value)?;
    let (number, unit) = UNITS
        .iter()
        .find_map(|(suffix, unit)| text.strip_suffix(suffix).map(|number| (number, *unit)))?;
    scaled(number, unit)
}

/// CPU units of ECS (1024 are one CPU), as thousandths; `1 vCPU` too.
pub(super) fn units(value: &Value) -> Option<u64> {
    let text = text(value)?.to_lowercase();
    match text.strip_suffix("vcpu") {
        Some(cpus) => scaled(cpus, 1000.0),
        None => scaled(&text, 1000.0 / 1024.0),
    }
}

/// Memory of ECS, in mebibytes; `2 GB` too.
pub(super) fn ecs_memory(value: &Value) -> Option<u64> {
    let text = text(value)?.to_lowercase();
    match text.strip_suffix("gb") {
        Some(gigabytes) => scaled(gigabytes, 1024.0),
        None => scaled(text.trim_end_matches("mb"), 1.0),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn scaled(number: &str, unit: f64) -> Option<u64> {
    let number: f64 = number.trim().parse().ok()?;
    let scaled = (number * unit).round();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked here
    (0.0..=1e15).contains(&scaled).then_some(scaled as u64)
}

/// The sizes of Fargate: CPU in thousandths, least and most memory, and its step in mebibytes
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>).
const FARGATE: [(u64, u64, u64, u64); 7] = [
    (250, 512, 2048, 512),
    (500, 1024, 4096, 1024),
    (1000, 2048, 8192, 1024),
    (2000, 4096, 16_384, 1024),
    (4000, 8192, 30_720, 1024),
    (8000, 16_384, 61_440, 4096),
    (16_000, 32_768, 122_880, 8192),
];

/// The smallest size of Fargate that holds this; `None` when none does.
pub(super) fn fargate(cpu: u64, memory: u64) -> Option<(u64, u64)> {
    FARGATE
        .iter()
        .find(|(most, _, largest, _)| cpu <= *most && memory <= *largest)
        .map(|(cpu, least, _, step)| (*cpu, memory.max(*least).next_multiple_of(*step)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities_become_numbers() {
        for (value, cpu, memory) in [
            (json!("100m"), Some(100), None),
            (json!("0.5"), Some(500), Some(0)),
            (json!(2), Some(2000), Some(0)),
            (json!("128Mi"), None, Some(128)),
            (json!("1Gi"), None, Some(1024)),
            (json!("1G"), None, Some(954)),
            (json!(134_217_728), Some(134_217_728_000), Some(128)),
            (json!("lots"), None, None),
            (json!([]), None, None),
        ] {
            assert_eq!((millis(&value), mebis(&value)), (cpu, memory), "{value}");
        }
        for (cpu, memory, expected) in [
            ("256", "512", (250, 512)),
            ("1 vCPU", "2 GB", (1000, 2048)),
            (".5 vcpu", "3GB", (500, 3072)),
        ] {
            let found = (units(&json!(cpu)).unwrap(), ecs_memory(&json!(memory)).unwrap());
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn fargate_sizes_hold_what_is_asked_for() {
        for (asked, size) in [
            ((100, 128), Some((250, 512))),
            ((250, 600), Some((250, 1024))),
            ((300, 100), Some((500, 1024))),
            ((100, 5000), Some((1000, 5120))),
            ((20_000, 1), None),
        ] {
            assert_eq!(fargate(asked.0, asked.1), size);
        }
    }
}
