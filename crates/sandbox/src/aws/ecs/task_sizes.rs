//! Sizes of tasks: units, and the pairs that Fargate has.

use super::{super::error::AwsError, client};

/// CPU units of a task: `256`, `0.25 vCPU`, `1vcpu`.
pub(super) fn cpu(text: &str) -> Option<i64> {
    units(text, &["vcpu"])
}

/// Memory of a task in MiB: `512`, `0.5GB`, `2 gb`.
pub(super) fn memory(text: &str) -> Option<i64> {
    units(text, &["gb"])
}

fn units(text: &str, suffixes: &[&str]) -> Option<i64> {
    let lower = text.trim().to_lowercase();
    if let Ok(number) = lower.parse::<i64>() {
        return (number > 0).then_some(number);
    }
    let number = suffixes.iter().find_map(|suffix| lower.strip_suffix(suffix))?.trim_end();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let thousandths: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let units = whole.checked_mul(1024)? + thousandths * 1024 / 1000;
    (units > 0).then_some(units)
}

/// Whether Fargate has tasks of this size.
pub(super) fn check_fargate(cpu: i64, memory: i64) -> Result<(), AwsError> {
    let (from, to, step) = match cpu {
        256 => (512, 2048, 512),
        512 => (1024, 4096, 1024),
        1024 => (2048, 8192, 1024),
        2048 => (4096, 16384, 1024),
        4096 => (8192, 30720, 1024),
        8192 => (16384, 61440, 4096),
        16384 => (32768, 122_880, 8192),
        _ => (1, 0, 1),
    };
    let fits = (from..=to).contains(&memory) && (memory - from) % step == 0;
    if fits && (cpu, memory) != (256, 1536) {
        return Ok(());
    }
    Err(client(format!(
        "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS documentation for the valid values."
    )))
}

#[cfg(test)]
mod tests {
    use super::{check_fargate, cpu, memory};

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
            ("one vCPU", None),
            ("1 GB", None),
        ] {
            assert_eq!(cpu(text), units, "{text}");
        }
        assert_eq!(
            [memory("0.5GB"), memory("2 GB"), memory("30720")],
            [Some(512), Some(2048), Some(30720)]
        );
    }

    #[test]
    fn fargate_has_seventy_four_sizes() {
        let cpus = [256, 512, 1024, 2048, 4096, 8192, 16384];
        let counts = cpus.map(|cpu| {
            (0..=131_072).step_by(256).filter(|memory| check_fargate(cpu, *memory).is_ok()).count()
        });
        assert_eq!(counts, [3, 4, 7, 13, 23, 12, 12]);
        let error = check_fargate(1024, 1024).unwrap_err();
        assert_eq!(
            error.message,
            "No Fargate configuration exists for given values: 1024 CPU, 1024 memory. See the Amazon ECS documentation for the valid values."
        );
        assert!(check_fargate(32768, 65536).is_err());
    }
}
