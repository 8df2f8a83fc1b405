//! Changing a file: only what is meant changes, and nothing is written that does not read back.

use transport::files;

use super::super::edit::{Exactly, Imported, UsersFile};
use super::*;

const TOML: &str = "\
# Who works here.

# The ward's doctor.
[[users]]
user_id = \"112233445566\"
ods = \"RKE\"
role_profile_id = \"212233445566\"
job_role = \"R8000\"
name = \"Dr A Example\" # since 2019
activities = [\"B0370\"]

# Bank staff.
[[users]]
user_id = \"112233445577\"
ods = \"RKE\"
role_profile_id = \"212233445577\"
job_role = \"R8001\"
name = \"Nurse B Example\"
activities = [
  \"B0370\",
]
";

const CSV: &str = "\
name,user_id,ods,role_profile_id,job_role,activities
Dr A Example,112233445566,RKE,212233445566,R8000,B0370

\"Nurse B, Example\",112233445577,RKE,212233445577,R8001,B0370
";

fn entry(user: &str, profile: &str, name: &str) -> Entry {
    Entry {
        user_id: id(user),
        ods: id("RKE"),
        role_profile_id: id(profile),
        job_role: id("R8001"),
        name: name.to_owned(),
        activities: vec!["B0370".to_owned(), "B0168".to_owned()],
        valid_from: None,
        valid_until: None,
    }
}

/// Opens a text as a file, does something to it, saves it, and gives the new text.
fn edited(
    name: &str,
    text: &str,
    edit: impl FnOnce(&mut UsersFile) -> Result<(), FileError>,
) -> Result<String, String> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(name);
    files::write_atomic(&path, text).expect("written");
    let mut file = UsersFile::open(&path).expect("readable");
    edit(&mut file).map_err(|error| error.to_string())?;
    file.save().expect("saved");
    let after = UsersFile::open(&path).expect("readable again");
    assert!(after.entries().eq(file.entries()));
    Ok(files::read_to_string(&path).expect("read"))
}

#[test]
fn a_new_entry_stands_at_the_end() {
    let new = entry("112233445588", "212233445588", "Dr \"C\" Example, MD");
    let toml = edited("u.toml", TOML, |file| file.put(new.clone()));
    let expected = format!(
        "{TOML}\n[[users]]\nuser_id = \"112233445588\"\nods = \"RKE\"\n\
         role_profile_id = \"212233445588\"\njob_role = \"R8001\"\n\
         name = 'Dr \"C\" Example, MD'\nactivities = [\"B0370\", \"B0168\"]\n"
    );
    assert_eq!(toml, Ok(expected));
    let csv = edited("u.csv", CSV, |file| file.put(new));
    let expected = format!(
        "{CSV}\"Dr \"\"C\"\" Example, MD\",112233445588,RKE,212233445588,R8001,B0370 B0168\n"
    );
    assert_eq!(csv, Ok(expected));
}

#[test]
fn an_entry_takes_the_place_of_the_one_of_the_same_role() {
    let changed = entry("112233445566", "212233445566", "Dr A Example");
    let toml = edited("u.toml", TOML, |file| file.put(changed.clone())).expect("edited");
    let (before, after) = TOML.split_once("[[users]]").expect("a table");
    let (_, after) = after.split_once("\n# Bank").expect("a comment");
    assert!(toml.starts_with(&format!("{before}[[users]]\n")), "{toml}");
    assert!(
        toml.ends_with(&format!(
            "activities = [\"B0370\", \"B0168\"]\n\n# Bank{after}"
        )),
        "{toml}"
    );
    let csv = edited("u.csv", CSV, |file| file.put(changed));
    let expected = CSV.replacen("R8000,B0370", "R8001,B0370 B0168", 1);
    assert_eq!(csv, Ok(expected));
}

#[test]
fn entries_are_taken_out_with_nothing_else() {
    let first = |entry: &Entry| entry.user_id.as_str() == "112233445566";
    let toml = edited("u.toml", TOML, |file| {
        assert_eq!(file.remove(first)?, 1);
        assert_eq!(file.remove(first)?, 0);
        Ok(())
    });
    let (before, rest) = TOML.split_once("[[users]]").expect("a table");
    let (_, after) = rest.split_once("\n# Bank").expect("a comment");
    assert_eq!(toml, Ok(format!("{before}\n# Bank{after}")));
    let csv = edited("u.csv", CSV, |file| file.remove(first).map(drop));
    assert_eq!(
        csv,
        Ok(CSV.replacen(
            "Dr A Example,112233445566,RKE,212233445566,R8000,B0370\n",
            "",
            1
        ))
    );
    for (name, text) in [("u.toml", TOML), ("u.csv", CSV)] {
        let none = edited(name, text, |file| file.remove(|_| true).map(drop)).expect("edited");
        assert!(!none.contains("11223344"), "{none}");
    }
}

#[test]
fn a_change_that_would_be_wrong_changes_nothing() {
    for (name, new, says) in [
        (
            "u.toml",
            entry("112233445566", "212233445588", "Dr Other"),
            "another name",
        ),
        (
            "u.toml",
            entry("112233445599", "212233445566", "Dr Other"),
            "another user's",
        ),
        (
            "u.csv",
            Entry {
                activities: vec!["B1".to_owned()],
                ..entry("112233445599", "212233445599", "X")
            },
            "no activity",
        ),
        (
            "u.csv",
            Entry {
                valid_until: Some(id("2026-01-01")),
                ..entry("112233445599", "212233445599", "X")
            },
            "the file has no column valid_until",
        ),
    ] {
        let text = if name == "u.toml" { TOML } else { CSV };
        let mut untouched = Vec::new();
        let refused = edited(name, text, |file| {
            let refused = file.put(new);
            untouched = file.entries().cloned().collect();
            refused
        });
        let refused = refused.expect_err(says);
        assert!(refused.contains(says), "{refused}");
        assert_eq!(untouched.len(), 2);
    }
}

#[test]
fn a_layout_that_cannot_be_cut_is_left_to_people() {
    let inline = "users = [{ user_id = \"112233445566\", ods = \"RKE\", role_profile_id = \"212233445566\", job_role = \"R8000\", name = \"Dr A\", activities = [] }]\n";
    for edit in [
        |file: &mut UsersFile| file.remove(|_| true).map(drop),
        |file: &mut UsersFile| file.put(entry("112233445566", "212233445566", "Dr A")),
    ] {
        let refused = edited("u.toml", inline, edit).expect_err("refused");
        assert!(refused.ends_with("change it by hand"), "{refused}");
    }
}

#[test]
fn a_file_that_is_not_there_is_begun() {
    let dir = tempfile::tempdir().expect("a folder");
    for name in ["new.toml", "new.csv"] {
        let path = dir.path().join(name);
        assert!(UsersFile::open(&path).is_err());
        let mut file = UsersFile::open_or_new(&path).expect("begun");
        let new = Entry {
            valid_from: Some(id("2026-01-01")),
            ..entry("112233445566", "212233445566", "Dr A Example")
        };
        file.put(new.clone()).expect("put");
        file.save().expect("saved");
        let again = UsersFile::open(&path).expect("readable");
        assert_eq!(again.entries().collect::<Vec<_>>(), [&new]);
    }
    assert!(UsersFile::open_or_new(dir.path().join("new.txt")).is_err());
}

#[test]
fn an_import_takes_over_what_differs() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("hr.csv");
    let csv = "\
user_id,ods,role_profile_id,job_role,name,activities
112233445566,RKE,212233445566,R8000,Dr A Example,B0370
112233445588,RKE,212233445588,R8001,Dr C Example,B0370
112233445588,RKE,212233445589,R8001,Dr C Example,B0011
";
    files::write_atomic(&path, csv).expect("written");
    let other = UsersFile::open(&path).expect("readable");
    for (exactly, removed, left) in [(Exactly::No, 0, 4), (Exactly::Yes, 1, 3)] {
        let mut done = Imported::default();
        let text = edited("u.toml", TOML, |file| {
            done = file.import(&other, exactly)?;
            assert_eq!(file.entries().count(), left);
            // A second time there is nothing to do.
            let again = file.import(&other, exactly)?;
            assert_eq!(
                again,
                Imported {
                    same: 3,
                    ..Imported::default()
                }
            );
            Ok(())
        })
        .expect("imported");
        assert_eq!(
            done,
            Imported {
                added: 2,
                changed: 0,
                same: 1,
                removed
            }
        );
        assert!(text.contains("# since 2019"), "{text}");
    }
    let mut done = Imported::default();
    let changed = TOML.replacen("R8000", "R8003", 1);
    let text = edited("u.toml", &changed, |file| {
        done = file.import(&other, Exactly::No)?;
        Ok(())
    });
    assert_eq!(
        done,
        Imported {
            added: 2,
            changed: 1,
            same: 0,
            removed: 0
        }
    );
    assert!(text.expect("imported").contains("job_role = \"R8000\""));
}

/// A whole trust's list, so that no step is taken once for each entry of the file.
#[test]
fn a_long_list_is_imported_in_one_go() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("trust.csv");
    let heading = CSV.lines().next().expect("a heading");
    let rows: String = (0..20_000)
        .map(|n| {
            format!(
                "Dr {n},{:012},RKE,{:012},R8000,B0370\n",
                n + 1,
                n + 1_000_000
            )
        })
        .collect();
    files::write_atomic(&path, format!("{heading}\n{rows}")).expect("written");
    let other = UsersFile::open(&path).expect("readable");
    let mut file = UsersFile::open_or_new(dir.path().join("users.toml")).expect("new");
    let done = file.import(&other, Exactly::No).expect("imported");
    assert_eq!((done.added, file.entries().count()), (20_000, 20_000));
    assert!(file.entries().eq(other.entries()));
}
