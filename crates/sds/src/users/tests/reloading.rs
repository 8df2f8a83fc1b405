//! The file changes while the directory is in use.

use std::path::Path;
use std::time::Duration;

use transport::{Shutdown, files};

use super::*;

const HEADING: &str = "user_id,ods,role_profile_id,job_role,name,activities\n";
const DOCTOR: &str = "112233445566,RKE,212233445566,R8000,Dr A Example,B0370\n";
const NURSE: &str = "112233445577,RKE,212233445577,R8001,Nurse B Example,B0370\n";

fn write(path: &Path, rows: &[&str]) {
    files::write_atomic(path, format!("{HEADING}{}", rows.concat())).expect("written");
}

/// Whether the doctor, the nurse and the one of the configuration are known.
fn known(directory: &UserDirectory) -> [bool; 3] {
    ["112233445566", "112233445577", "112233445588"]
        .map(|user| directory.user(&id(user), &id("RKE")).is_some())
}

fn of_the_configuration() -> Entry {
    Entry {
        user_id: id("112233445588"),
        ods: id("RKE"),
        role_profile_id: id("212233445588"),
        job_role: id("R8000"),
        name: "Dr C Example".to_owned(),
        activities: vec!["B0370".to_owned()],
        valid_from: None,
        valid_until: None,
    }
}

#[test]
fn a_changed_file_counts_and_a_broken_one_does_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("users.csv");
    write(&path, &[DOCTOR]);
    let directory =
        UserDirectory::open(vec![of_the_configuration()], Some(path.clone())).expect("open");
    let other_handle = directory.clone();
    assert_eq!(known(&directory), [true, false, true]);
    assert!(!directory.shared.reload_if_changed());

    write(&path, &[DOCTOR, NURSE]);
    assert!(directory.shared.reload_if_changed());
    assert_eq!(known(&other_handle), [true, true, true]);
    assert!(!directory.shared.reload_if_changed());

    for broken in [
        &["nonsense\n"][..],
        &[DOCTOR, DOCTOR],
        &["112233445588,RKE,212233445588,R8000,Dr Other,B0370\n"],
    ] {
        write(&path, broken);
        assert!(directory.reload().is_err());
        assert_eq!(known(&directory), [true, true, true]);
        // Said once, and not at every look.
        assert!(!directory.shared.reload_if_changed());
    }
    files::remove(&path).expect("removed");
    assert!(directory.shared.reload_if_changed());
    assert_eq!(known(&directory), [true, true, true]);
    assert!(!directory.shared.reload_if_changed());

    write(&path, &[NURSE]);
    assert!(directory.shared.reload_if_changed());
    assert_eq!(known(&directory), [false, true, true]);
}

#[test]
fn a_file_must_be_usable_at_the_start() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("users.csv");
    assert!(UserDirectory::open(Vec::new(), Some(path.clone())).is_err());
    write(&path, &[DOCTOR, DOCTOR]);
    assert!(UserDirectory::open(Vec::new(), Some(path.clone())).is_err());
    write(&path, &[DOCTOR]);
    assert!(UserDirectory::open(Vec::new(), Some(path)).is_ok());
}

#[test]
fn a_directory_without_a_file_stays_as_it_is() {
    let directory = super::directory();
    assert!(!directory.shared.reload_if_changed());
    directory.reload().expect("nothing to do");
    assert!(directory.user(&id("112233445566"), &id("RKE")).is_some());
}

#[tokio::test]
async fn the_file_is_watched_until_the_end() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("users.csv");
    write(&path, &[DOCTOR]);
    let directory = UserDirectory::open(Vec::new(), Some(path.clone())).expect("open");
    let (trigger, shutdown) = Shutdown::new();
    let watching = tokio::spawn(directory.clone().watch(Duration::from_millis(10), shutdown));
    write(&path, &[NURSE]);
    let patience = tokio::time::Instant::now() + Duration::from_secs(10);
    while known(&directory) != [false, true, false] {
        assert!(
            tokio::time::Instant::now() < patience,
            "the change is not noticed"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    trigger.fire();
    let ended = tokio::time::timeout(Duration::from_secs(10), watching).await;
    ended.expect("it ends").expect("no panic");

    let (_trigger, shutdown) = Shutdown::new();
    let nothing = UserDirectory::default().watch(Duration::from_millis(10), shutdown);
    let ended = tokio::time::timeout(Duration::from_secs(10), nothing).await;
    ended.expect("there is nothing to watch");
}
