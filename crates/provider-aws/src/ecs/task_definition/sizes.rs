//! Sizes of tasks: units, and the pairs that Fargate has.

/// The pairs of Fargate: CPU units, and memory in MiB from, to and in which steps
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#task_size>).
const FARGATE: &[(i64, i64, i64, i64)] = &[
    (256, 512, 2048, 512),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16384, 1024),
    (4096, 8192, 30720, 1024),
    (8192, 16384, 61440, 4096),
    (16384, 32768, 122_880, 8192),
];

/// CPU units of a task: `256`, `0.25 vCPU`, `1vcpu`.
pub(super) fn cpu(text: &str) -> Option<i64> {
    units(text, "vcpu")
}

/// Memory of a task in MiB: `512`, `0.5GB`, `2 gb`.
pub(super) fn memory(text: &str) -> Option<i64> {
    units(text, "gb")
}

fn units(text: &str, suffix: &str) -> Option<i64> {
    let lower = text.trim().to_ascii_lowercase();
    let Some(number) = lower.strip_suffix(suffix).map(str::trim_end) else {
        return lower.parse().ok().filter(|units| *units > 0);
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let thousandths: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let units = whole.checked_mul(1024)?.checked_add(thousandths * 1024 / 1000)?;
    (units > 0).then_some(units)
}

/// What is wrong with a size for Fargate, and what it has instead.
pub(super) fn check_fargate(cpu: i64, memory: i64) -> Option<(String, String)> {
    let Some((_, from, to, step)) = FARGATE.iter().find(|row| row.0 == cpu) else {
        let has: Vec<String> = FARGATE.iter().map(|row| row.0.to_string()).collect();
        let what = format!("Fargate has no tasks with {cpu} CPU units");
        return Some((what, format!("it has {}", has.join(", "))));
    };
    let fits = |memory: i64| {
        (*from..=*to).contains(&memory)
            && (memory - from) % step == 0
            && (cpu, memory) != (256, 1536)
    };
    if fits(memory) {
        return None;
    }
    let what = format!("Fargate has no tasks with {cpu} CPU units and {memory} MiB of memory");
    let has = match cpu {
        256 => "512, 1024 or 2048".to_owned(),
        _ => format!("{from} to {to} in steps of {step}"),
    };
    Some((what, format!("with {cpu} CPU units it has {has} MiB")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_both_notations() {
        for (text, units) in [
            ("256", Some(256)),
            ("0.25 vCPU", Some(256)),
            (".5 vcpu", Some(512)),
            ("1 vCPU", Some(1024)),
            ("16vCPU", Some(16384)),
            ("", None),
            ("vCPU", None),
            ("0", None),
            ("-1", None),
            ("1.5", None),
            ("one vCPU", None),
            ("1 GB", None),
            ("99999999999999999999 vCPU", None),
        ] {
            assert_eq!(cpu(text), units, "{text}");
        }
        let read = ["0.5GB", "2 gb", "30720", "2 MB"].map(memory);
        assert_eq!(read, [Some(512), Some(2048), Some(30720), None]);
    }

    #[test]
    fn every_pair_of_fargate_and_no_other_is_taken() {
        for (cpu, memory, fits) in [
            (256, 512, true),
            (256, 1024, true),
            (256, 1536, false),
            (256, 2048, true),
            (256, 4096, false),
            (512, 512, false),
            (512, 4096, true),
            (1024, 2048, true),
            (1024, 1024, false),
            (2048, 16384, true),
            (4096, 30720, true),
            (4096, 31744, false),
            (8192, 20480, true),
            (8192, 18432, false),
            (16384, 122_880, true),
            (300, 512, false),
        ] {
            assert_eq!(check_fargate(cpu, memory).is_none(), fits, "{cpu} {memory}");
        }
    }
}
