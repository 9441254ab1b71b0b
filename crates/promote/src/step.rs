//! Which environment may be promoted to which.

use suimon_model::Project;

use crate::Refusal;

/// Checks that `from` is directly before `to` in the pipeline.
///
/// # Errors
/// An environment is not in the pipeline, both are the same, one in between would be skipped, or `to`
/// comes first.
pub fn check_step(project: &Project, from: &str, to: &str) -> Result<(), Refusal> {
    let from_at = position(project, from)?;
    let to_at = position(project, to)?;
    if from_at == to_at {
        return Err(Refusal::new(format!("{from} cannot be promoted to itself"))
            .help(next_help(project, from)));
    }
    if to_at < from_at {
        return Err(Refusal::new(format!(
            "{to} comes before {from} in the pipeline, and a release only goes downstream"
        ))
        .help(format!("to go back to a release that {to} has proved: suimon rollback {to}")));
    }
    if to_at > from_at + 1 {
        let between = project.pipeline.get(from_at + 1..to_at).unwrap_or_default();
        let first = between.first().map_or(to, String::as_str);
        return Err(Refusal::new(format!(
            "from {from} to {to} would skip {}: nothing enters {to} that {} has not proved",
            between.join(", "),
            between.last().map_or(from, String::as_str),
        ))
        .help(format!("the next step is: suimon promote {from} {first}")));
    }
    Ok(())
}

/// Checks that an environment is in the pipeline.
///
/// # Errors
/// It is not; says the nearest one that is.
pub fn check_known(project: &Project, environment: &str) -> Result<(), Refusal> {
    position(project, environment).map(|_| ())
}

fn position(project: &Project, environment: &str) -> Result<usize, Refusal> {
    let found = project.pipeline.iter().position(|name| name == environment);
    found.ok_or_else(|| {
        let refusal =
            Refusal::new(format!("there is no environment `{environment}` in the pipeline"));
        let names = project.pipeline.iter().map(String::as_str);
        match nearest(environment, names) {
            Some(near) => refusal.help(format!("did you mean `{near}`?")),
            None => refusal.help(format!("the pipeline is: {}", project.pipeline.join(" -> "))),
        }
    })
}

fn next_help(project: &Project, from: &str) -> String {
    let at = project.pipeline.iter().position(|name| name == from);
    match at.and_then(|at| project.pipeline.get(at + 1)) {
        Some(next) => format!("the next step is: suimon promote {from} {next}"),
        None => format!("{from} is the last environment of the pipeline"),
    }
}

/// The candidate that a misspelt word most likely stands for.
fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let near = |other: &str| (word.chars().count().max(other.chars().count()) / 3).max(1);
    candidates
        .map(|other| (strsim::damerau_levenshtein(&lower, &other.to_lowercase()), other))
        .filter(|(distance, other)| *distance <= near(other))
        .min()
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use suimon_model::LedgerSettings;

    use super::*;

    fn project(pipeline: &[&str]) -> Project {
        Project {
            name: "p".into(),
            pipeline: pipeline.iter().map(|&name| name.to_owned()).collect(),
            branch: None,
            forge: None,
            ledger: LedgerSettings::default(),
        }
    }

    #[test]
    fn a_release_goes_one_step_downstream_and_nowhere_else() {
        let project = project(&["dev", "qa", "stg", "prod"]);
        let cases = [
            ("dev", "qa", ""),
            ("stg", "prod", ""),
            (
                "dev",
                "dev",
                "dev cannot be promoted to itself | the next step is: suimon promote dev qa",
            ),
            (
                "prod",
                "prod",
                "prod cannot be promoted to itself | prod is the last environment of the pipeline",
            ),
            (
                "stg",
                "dev",
                "dev comes before stg in the pipeline, and a release only goes downstream | to go back to a \
                 release that dev has proved: suimon rollback dev",
            ),
            (
                "dev",
                "prod",
                "from dev to prod would skip qa, stg: nothing enters prod that stg has not proved | the next \
                 step is: suimon promote dev qa",
            ),
            ("dve", "stg", "there is no environment `dve` in the pipeline | did you mean `dev`?"),
            ("dev", "STG", "there is no environment `STG` in the pipeline | did you mean `stg`?"),
            (
                "dev",
                "elsewhere",
                "there is no environment `elsewhere` in the pipeline | the pipeline is: dev -> qa -> stg -> prod",
            ),
        ];
        for (from, to, expected) in cases {
            let answer = check_step(&project, from, to)
                .err()
                .map(|refusal| format!("{} | {}", refusal.why, refusal.help.unwrap_or_default()));
            assert_eq!(answer.unwrap_or_default(), expected, "{from} {to}");
        }
    }
}
