//! Where the project is: the nearest `suimon.yaml` at or above a folder.

use crate::Error;
use crate::path::join;

/// The file that makes a folder a project.
pub(crate) const PROJECT_FILE: &str = "suimon.yaml";

/// The nearest folder at or above `start` with a project in it; both are paths from the top, which is
/// the empty path. `Err` has all folders that were looked into.
pub(crate) fn nearest(
    start: &str,
    has: impl Fn(&str) -> Result<bool, Error>,
) -> Result<Result<String, Vec<String>>, Error> {
    let mut looked = Vec::new();
    let mut folder = start;
    loop {
        let file = join(folder, PROJECT_FILE);
        if has(&file)? {
            return Ok(Ok(folder.to_owned()));
        }
        looked.push(file);
        if folder.is_empty() {
            return Ok(Err(looked));
        }
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_project_above_wins_and_every_folder_is_looked_into() {
        let find =
            |start: &str, there: &[&str]| nearest(start, |file| Ok(there.contains(&file))).unwrap();
        assert_eq!(find("a/b", &["suimon.yaml", "a/suimon.yaml"]), Ok("a".to_owned()));
        assert_eq!(find("a/b", &["suimon.yaml"]), Ok(String::new()));
        assert_eq!(find("", &["a/suimon.yaml"]), Err(vec!["suimon.yaml".to_owned()]));
        let looked = ["a/b/suimon.yaml", "a/suimon.yaml", "suimon.yaml"].map(str::to_owned);
        assert_eq!(find("a/b", &[]), Err(looked.to_vec()));
    }
}
