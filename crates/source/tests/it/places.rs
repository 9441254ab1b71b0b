//! Where a project can be, and at which revision.

use crate::support::{Scene, at, names, opened, shown, text};

const PROJECT: &[(&str, &str)] =
    &[("suimon.yaml", "one\n"), ("envs/dev/environment.yaml", "dev\n"), (".gitignore", "*.log\n")];

#[test]
fn a_clean_checkout_is_read_at_head() {
    let scene = Scene::new();
    let head = scene.repository("p", PROJECT);
    scene.write(&[("p/noise.log", "ignored")]);
    let opened = opened(&scene.folder("p/envs"));
    assert_eq!(scene.neutral(&opened.description), "reading commit [id] (HEAD of [scene]/p)");
    assert_eq!(opened.snapshot.revision(), Some(head.as_str()));
    assert_eq!(opened.root, Some(scene.path("p")));
    assert_eq!(names(&*opened.snapshot, "").unwrap(), ".gitignore envs/ suimon.yaml");
    assert_eq!(text(&*opened.snapshot, "suimon.yaml").unwrap(), "one\n");
    assert_eq!(text(&*opened.snapshot, "noise.log"), None);
    assert_eq!(text(&*opened.snapshot, "envs"), None);
    assert_eq!(names(&*opened.snapshot, "suimon.yaml"), None);
    assert_eq!(names(&*opened.snapshot, "nope"), None);
}

#[test]
fn a_changed_checkout_is_read_as_it_is() {
    let scene = Scene::new();
    let head = scene.repository("p", PROJECT);
    scene.write(&[("p/suimon.yaml", "two\n"), ("p/new/a.yaml", "a\n"), ("p/noise.log", "ignored")]);
    std::fs::remove_file(scene.path("p/envs/dev/environment.yaml")).unwrap();
    std::fs::create_dir(scene.path("p/empty")).unwrap();
    let opened = opened(&scene.folder("p"));
    assert_eq!(
        scene.neutral(&opened.description),
        "reading uncommitted files in [scene]/p (3 changed since [id])"
    );
    let snapshot = &*opened.snapshot;
    assert_eq!(snapshot.revision(), None);
    assert_eq!(names(snapshot, "").unwrap(), ".gitignore new/ suimon.yaml");
    assert_eq!(text(snapshot, "suimon.yaml").unwrap(), "two\n");
    assert_eq!(text(snapshot, "noise.log"), None);
    let before = snapshot.at(&head).unwrap();
    assert_eq!(text(&*before, "suimon.yaml").unwrap(), "one\n");
    assert_eq!(before.revision(), Some(head.as_str()));
}

#[test]
fn a_repository_is_read_by_path_and_by_url() {
    let scene = Scene::new();
    scene.repository("p", PROJECT);
    scene.git("", &["clone", "--quiet", "--bare", "p", "bare.git"]);
    scene.write(&[("p/suimon.yaml", "uncommitted\n")]);
    let bare = shown(&scene.path("bare.git"));
    for (address, said) in [
        (shown(&scene.path("p")), "reading commit [id] (HEAD of [scene]/p)"),
        (bare.clone(), "reading commit [id] (HEAD of [scene]/bare.git)"),
        (format!("file://{bare}"), "reading commit [id] (HEAD of file://[scene]/bare.git)"),
    ] {
        let opened = opened(&scene.address(address));
        assert_eq!(scene.neutral(&opened.description), said);
        assert_eq!(text(&*opened.snapshot, "suimon.yaml").unwrap(), "one\n");
        assert_eq!(opened.root, None);
    }
    assert_eq!(
        scene.said(&at(scene.folder("bare.git"), "main")),
        "reading commit [id] (main of [scene]/bare.git)"
    );
}
