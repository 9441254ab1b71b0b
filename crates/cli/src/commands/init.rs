//! `suimon init`.

use std::path::{Path, PathBuf};

use crate::args::{Global, InitArgs};
use crate::console::Console;
use crate::failure::Failure;

/// Files of a first project: `(path, content)`; `PROJECT` and `CONTEXT` are filled in.
const FILES: [(&str, &str); 5] = [
    ("suimon.yaml", include_str!("../init/suimon.yaml")),
    ("envs/dev/environment.yaml", include_str!("../init/environment.yaml")),
    ("modules/web/module.yaml", include_str!("../init/module.yaml")),
    ("modules/web/kubernetes/namespace.yaml.tera", include_str!("../init/namespace.yaml.tera")),
    ("modules/web/kubernetes/web.yaml.tera", include_str!("../init/web.yaml.tera")),
];

pub(crate) fn run(args: &InitArgs, global: &Global, console: &Console) -> Result<u8, Failure> {
    let root = global.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    let name = match &args.name {
        Some(name) => name.clone(),
        None => folder_name(&root),
    };
    if !is_label(&name) {
        return Err(Failure::new(format!("`{name}` is not a project name")).hint(
            "use lower-case letters, digits and `-`, at most 63: suimon init --name my-project",
        ));
    }
    let context = args.context.as_deref().unwrap_or("dev");
    if context.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
        return Err(Failure::new("the context's name has characters that do not belong in one"));
    }
    write(&root, &name, context)?;
    let at = shell_word(&root.to_string_lossy());
    let chdir = if root == Path::new(".") { String::new() } else { format!("-C {at} ") };
    console.data(&format!(
        "Wrote project {name}: environment dev, applied to the kubeconfig context \"{context}\".\n\n\
         Next:\n  suimon {chdir}validate\n  suimon {chdir}plan dev\n  suimon {chdir}apply dev\n\n\
         Another context? Change targets.kubernetes.context in envs/dev/environment.yaml.\n\
         No cluster at hand? `suimon sandbox` serves one on loopback and says how to use it.\n"
    ))?;
    Ok(0)
}

/// Writes the project, or nothing when any of its files is there.
pub(crate) fn write(root: &Path, name: &str, context: &str) -> Result<(), Failure> {
    let taken: Vec<&str> = FILES
        .iter()
        .map(|(path, _)| *path)
        .filter(|path| root.join(path).symlink_metadata().is_ok())
        .collect();
    if !taken.is_empty() {
        return Err(Failure::new(format!(
            "{} is here already; nothing was written",
            taken.join(", ")
        ))
        .hint("run `suimon init` in another folder, with -C DIR"));
    }
    for folder in FILES.iter().flat_map(|(path, _)| Path::new(path).ancestors().skip(1)) {
        let folder = root.join(folder);
        if folder.symlink_metadata().is_ok_and(|found| !found.is_dir()) && folder != root {
            let summary = format!("{} is not a folder; nothing was written", folder.display());
            return Err(Failure::new(summary));
        }
    }
    for (path, content) in FILES {
        let path = root.join(path);
        let cannot =
            |e: std::io::Error| Failure::new(format!("cannot write {}: {e}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(cannot)?;
        }
        let content = content.replace("PROJECT", name).replace("CONTEXT", context);
        std::fs::write(&path, content).map_err(cannot)?;
    }
    Ok(())
}

/// A path as a shell reads it back.
fn shell_word(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./+:@%".contains(c);
    if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

fn folder_name(root: &Path) -> String {
    let full = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let name = full.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(63).collect();
    let plain = plain.trim_matches('-').to_owned();
    if plain.is_empty() { "project".to_owned() } else { plain }
}

fn is_label(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty()
        && name.len() <= 63
        && name.chars().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn init_writes_all_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("modules/web")).unwrap();
        std::fs::write(folder.path().join("modules/web/module.yaml"), "mine").unwrap();
        assert!(write(folder.path(), "p", "dev").is_err());
        assert!(!folder.path().join("suimon.yaml").exists());
        std::fs::remove_file(folder.path().join("modules/web/module.yaml")).unwrap();
        write(folder.path(), "p", "dev").unwrap();
        let project = std::fs::read_to_string(folder.path().join("suimon.yaml")).unwrap();
        assert!(project.contains("name: p"), "{project}");
    }

    #[test]
    fn init_does_not_write_around_what_is_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("envs"), "mine").unwrap();
        assert!(write(folder.path(), "p", "dev").is_err());
        assert!(!folder.path().join("suimon.yaml").exists());
    }

    #[test]
    fn the_commands_that_init_prints_can_be_pasted() {
        assert_eq!(shell_word("a/b-1"), "a/b-1");
        assert_eq!(shell_word("it's here"), r"'it'\''s here'");
    }

    #[test]
    fn names() {
        for (name, fits) in
            [("shop", true), ("a-1", true), ("-a", false), ("a-", false), ("A", false), ("", false)]
        {
            assert_eq!(is_label(name), fits, "{name}");
        }
    }
}
