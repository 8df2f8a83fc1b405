//! The file of users, edited by the command line under a running service.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::world::{World, run, text};

/// A command on the file of a data folder: whether it succeeded, and what it printed.
fn users(data: &Path, arguments: &[&str]) -> (bool, String) {
    let mut all = vec!["users"];
    all.extend(arguments);
    let data = data.display().to_string();
    all.extend(["--data", &data]);
    let output = run(&all);
    let printed = text(&output.stdout) + &text(&output.stderr);
    (output.status.success(), printed)
}

/// What the demo's user may do, as the running service sees it.
fn rbac(world: &World) -> (bool, String) {
    let output = run(&["rbac", "--data", &world.data.display().to_string()]);
    let printed = text(&output.stdout) + &text(&output.stderr);
    (output.status.success(), printed)
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_running_service_takes_over_what_is_edited() {
    let world = World::up(1, &[]);
    let user = world.value("/user/user_id").to_owned();
    let (ods, profile) = (
        world.value("/user/ods"),
        world.value("/user/role_profile_id"),
    );
    assert!(rbac(&world).0, "{}", rbac(&world).1);
    let (shown, says) = users(&world.data, &["show", &user]);
    assert!(shown && says.contains("view in an emergency"), "{says}");

    let (removed, says) = users(&world.data, &["remove", &user]);
    assert!(
        removed && says.starts_with("removed 1 role profile in "),
        "{says}"
    );
    assert!(!users(&world.data, &["show", &user]).0);
    assert!(!users(&world.data, &["remove", &user]).0);
    eventually("the user is refused", || {
        let (allowed, says) = rbac(&world);
        !allowed && says.contains("SMSP-0005")
    });

    // A file that cannot be used changes nothing.
    let file = world.data.join("users.toml");
    let good = std::fs::read_to_string(&file).expect("read");
    std::fs::write(&file, "[[users]]\nuser_id = 1\n").expect("written");
    let (valid, says) = users(&world.data, &["check"]);
    assert!(!valid && says.contains("users.toml, line 2: "), "{says}");
    std::thread::sleep(Duration::from_secs(6));
    std::fs::write(&file, good).expect("written");

    let add = [
        "add",
        &user,
        "--ods",
        ods,
        "--role-profile-id",
        profile,
        "--job-role",
        "S8000:G8000:R8000",
        "--name",
        "Dr Back Again",
        "--activity",
        "B0370",
    ];
    let (added, says) = users(&world.data, &add);
    assert!(added, "{says}");
    let (again, says) = users(&world.data, &add);
    assert!(!again && says.contains("--replace"), "{says}");
    eventually("the user is known again", || rbac(&world).0);
    let logged = world.stop();
    assert!(logged.contains("users reloaded"), "{logged}");
    assert!(
        logged.contains("the changed users cannot be used"),
        "{logged}"
    );
}

#[test]
fn a_list_from_elsewhere_is_taken_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let (csv, data) = (folder.path().join("staff.csv"), folder.path());
    let rows = "\
name,user_id,ods,role_profile_id,job_role,activities
Dr A Example,999000000101,Y90001,999000000111,R8000,B0370 B0168
Nurse B Example,999000000102,Y90001,999000000112,R8001,B0370
";
    std::fs::write(&csv, rows).expect("written");
    let from = csv.display().to_string();
    let import = |extra: &[&str]| users(data, &[&["import", &from], extra].concat());
    let (done, says) = import(&["--dry-run"]);
    assert!(
        done && says.contains("2 added, 0 changed, 0 removed"),
        "{says}"
    );
    assert!(!users(data, &["list"]).0, "nothing was written");
    assert!(import(&[]).0);
    let (_, listed) = users(data, &["list", "--activity", "B0168"]);
    assert!(
        listed.contains("Dr A Example") && !listed.contains("Nurse B"),
        "{listed}"
    );

    std::fs::write(&csv, rows.replace(",R8001,B0370\n", ",R8001,B0370 B0011\n")).expect("written");
    let (_, says) = import(&[]);
    assert!(
        says.contains("0 added, 1 changed, 0 removed, 1 as they were"),
        "{says}"
    );
    let fewer: Vec<&str> = rows.lines().take(2).collect();
    std::fs::write(&csv, fewer.join("\n")).expect("written");
    let (_, says) = import(&["--exactly"]);
    assert!(
        says.contains("0 added, 0 changed, 1 removed, 1 as they were"),
        "{says}"
    );
    let (_, listed) = users(data, &["list", "--json"]);
    let entries: Vec<serde_json::Value> = listed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let ids: Vec<_> = entries
        .iter()
        .map(|entry| entry["user_id"].as_str())
        .collect();
    assert_eq!(ids, [Some("999000000101")]);
    let (valid, says) = users(data, &["check"]);
    assert!(
        valid && says.ends_with("is valid: users 1, role profiles 1\n"),
        "{says}"
    );
}
