//! The functions of Rego that a policy may call.

use regorus::{Engine, Value};

/// Those of the engine whose answer follows from their arguments, and whose size does too.
const ALLOWED: &[&str] = &[
    "abs",
    "array.concat",
    "array.reverse",
    "array.slice",
    "base64.decode",
    "base64.encode",
    "base64.is_valid",
    "base64url.decode",
    "base64url.encode",
    "base64url.encode_no_pad",
    "bits.and",
    "bits.lsh",
    "bits.negate",
    "bits.or",
    "bits.rsh",
    "bits.xor",
    "ceil",
    "concat",
    "contains",
    "count",
    "endswith",
    "floor",
    "format_int",
    "glob.match",
    "glob.quote_meta",
    "graph.reachable",
    "graph.reachable_paths",
    "hex.decode",
    "hex.encode",
    "indexof",
    "indexof_n",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "json.filter",
    "json.is_valid",
    "json.marshal",
    "json.marshal_with_options",
    "json.remove",
    "json.unmarshal",
    "lower",
    "max",
    "min",
    "net.cidr_contains",
    "net.cidr_is_valid",
    "numbers.range",
    "numbers.range_step",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.subset",
    "object.union",
    "object.union_n",
    "print",
    "product",
    "regex.find_all_string_submatch_n",
    "regex.find_n",
    "regex.is_valid",
    "regex.match",
    "regex.replace",
    "regex.split",
    "regex.template_match",
    "replace",
    "round",
    "semver.compare",
    "semver.is_valid",
    "sort",
    "split",
    "sprintf",
    "startswith",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.count",
    "strings.replace_n",
    "strings.reverse",
    "substring",
    "sum",
    "to_number",
    "trace",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "units.parse",
    "units.parse_bytes",
    "upper",
    "walk",
];

/// Functions of OPA whose answer depends on more than their arguments.
const IMPURE: &[&str] =
    &["http.send", "net.lookup_ip_addr", "opa.runtime", "rand.intn", "time.now_ns", "uuid.rfc4122"];

/// Numbers that `numbers.range` may give.
const LONGEST_RANGE: i64 = 100_000;

/// Whether a policy may call it.
pub(super) fn is_allowed(name: &str) -> bool {
    ALLOWED.contains(&name)
}

/// Whether its answer depends on more than its arguments.
pub(super) fn is_impure(name: &str) -> bool {
    IMPURE.contains(&name)
}

/// Puts bounds on what one call may make.
pub(super) fn bound(engine: &mut Engine) -> Result<(), String> {
    let range = |args: Vec<Value>| range(&args).map_err(|why| std::io::Error::other(why).into());
    for (name, arguments) in [("numbers.range", 2), ("numbers.range_step", 3)] {
        engine
            .add_extension(name.to_owned(), arguments, Box::new(range))
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// From the first number to the second, both included, up or down.
fn range(args: &[Value]) -> Result<Value, String> {
    let numbers: Vec<i64> = args
        .iter()
        .map(|arg| arg.as_i64().map_err(|_| "a range is between whole numbers".to_owned()))
        .collect::<Result<_, _>>()?;
    let (from, to, step) = match *numbers {
        [from, to] => (from, to, 1),
        [from, to, step] if step > 0 => (from, to, step),
        _ => return Err("the step of a range is a whole number from 1".to_owned()),
    };
    if to.checked_sub(from).is_none_or(|length| length / step >= LONGEST_RANGE)
        || from.checked_sub(to).is_none_or(|length| length / step >= LONGEST_RANGE)
    {
        return Err(format!("a range may hold at most {LONGEST_RANGE} numbers"));
    }
    let count = (to - from).abs() / step;
    let sign = if to < from { -step } else { step };
    Ok(Value::from((0..=count).map(|n| Value::from(from + n * sign)).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_that_is_allowed_is_there() {
        for name in ALLOWED {
            let mut engine = Engine::new();
            engine.set_gather_prints(true);
            bound(&mut engine).unwrap();
            let policy = format!("package p\nx := {name}()\n");
            engine.add_policy("p.rego".to_owned(), policy).unwrap();
            let answer = engine.eval_rule("data.p.x".to_owned());
            let error = answer.map_or_else(|error| error.to_string(), |value| value.to_string());
            assert!(!error.contains("could not find function"), "{name}: {error}");
        }
        for name in IMPURE {
            assert!(!is_allowed(name), "{name}");
        }
    }

    #[test]
    fn a_range_is_bounded() {
        let made = |numbers: &[i64]| {
            let args: Vec<Value> = numbers.iter().map(|number| Value::from(*number)).collect();
            range(&args).map(|value| value.to_string())
        };
        assert_eq!(made(&[1, 3]).unwrap(), "[1,2,3]");
        assert_eq!(made(&[3, 1]).unwrap(), "[3,2,1]");
        assert_eq!(made(&[2, 2]).unwrap(), "[2]");
        assert_eq!(made(&[0, 7, 3]).unwrap(), "[0,3,6]");
        assert_eq!(made(&[7, 0, 3]).unwrap(), "[7,4,1]");
        for wrong in [
            &[0, 100_000][..],
            &[0, i64::MAX],
            &[i64::MIN, i64::MAX],
            &[i64::MAX, i64::MIN],
            &[1, 2, 0],
            &[1, 2, -1],
        ] {
            assert!(made(wrong).is_err(), "{wrong:?}");
        }
    }
}
