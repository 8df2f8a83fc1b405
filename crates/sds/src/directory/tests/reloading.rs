//! The file changes while the directory is in use.

use transport::files;

use super::*;

fn text(numbers: &[u32]) -> String {
    let written =
        |number: &u32| super::super::file::written(&system(&format!("s{number}"), *number));
    numbers
        .iter()
        .map(written)
        .collect::<Result<_, _>>()
        .expect("written")
}

fn names(directory: &Directory) -> Vec<String> {
    directory.systems().iter().map(|s| s.name.clone()).collect()
}

#[test]
fn a_changed_file_counts_and_a_broken_one_does_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("systems.toml");
    let write = |text: &str| files::write_atomic(&path, text).expect("written");
    write(&text(&[1]));
    let directory = Directory::open(vec![system("fixed", 9)], Some(path.clone())).expect("open");
    let other_handle = directory.clone();
    assert_eq!(names(&directory), ["fixed", "s1"]);
    assert!(!directory.0.reload_if_changed());

    write(&text(&[1, 2]));
    assert!(directory.0.reload_if_changed());
    assert_eq!(names(&other_handle), ["fixed", "s1", "s2"]);
    assert!(directory.party(&id("Y90001-0000002")).is_some());

    let half = text(&[1, 2, 3]);
    for broken in [
        "nonsense",
        &text(&[1, 1]),
        &text(&[9]),
        &half[..half.len() - 20],
    ] {
        write(broken);
        assert!(directory.0.reload_if_changed());
        assert_eq!(names(&directory), ["fixed", "s1", "s2"]);
        assert!(directory.is_behind());
        // Said once, and not at every look.
        assert!(!directory.0.reload_if_changed());
    }
    write(&text(&[2]));
    assert!(directory.0.reload_if_changed());
    assert_eq!(names(&directory), ["fixed", "s2"]);
    assert!(!directory.is_behind());
    assert_eq!(
        directory.system(Some(&certificate("s1.example", "00"))),
        Err(Unregistered::Certificate)
    );
}

#[test]
fn a_file_must_be_usable_at_the_start() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("systems.toml");
    assert!(Directory::open(Vec::new(), Some(path.clone())).is_err());
    files::write_atomic(&path, text(&[1, 1])).expect("written");
    assert!(Directory::open(Vec::new(), Some(path)).is_err());
}

#[tokio::test]
async fn the_file_is_watched_until_the_end() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("systems.toml");
    files::write_atomic(&path, text(&[1])).expect("written");
    let directory = Directory::open(Vec::new(), Some(path.clone())).expect("open");
    let (trigger, shutdown) = Shutdown::new();
    let watching = tokio::spawn(directory.clone().watch(Duration::from_millis(10), shutdown));
    files::write_atomic(&path, text(&[1, 2])).expect("written");
    let patience = tokio::time::Instant::now() + Duration::from_secs(10);
    while names(&directory) != ["s1", "s2"] {
        assert!(
            tokio::time::Instant::now() < patience,
            "the change is not noticed"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    trigger.fire();
    let ended = tokio::time::timeout(Duration::from_secs(10), watching).await;
    ended.expect("it ends").expect("no panic");
}
