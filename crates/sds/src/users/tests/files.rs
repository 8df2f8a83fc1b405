//! Reading: both forms, and everything that is refused.

use transport::files;

use super::super::entry::gather;
use super::super::file;
use super::*;

const TOML: &str = r#"# The ward.
[[users]]
user_id = "112233445566"
ods = "RKE"
role_profile_id = "212233445566"
job_role = "S8000:G8000:R8000"
name = "Dr A Example"
activities = ["B0370", "B0168"]
valid_from = "2026-07-01"

[[users]]
user_id = "112233445566"
ods = "RKE"
role_profile_id = "212233445577"
job_role = "R8001"
name = "Dr A Example"
activities = []
valid_until = "2026-07-31"
"#;

const CSV: &str = "\
user_id,ods,role_profile_id,job_role,name,activities,valid_from,valid_until
112233445566,RKE,212233445566,S8000:G8000:R8000,Dr A Example,B0370 B0168,2026-07-01,
112233445566,rke,212233445577,R8001,Dr A Example,,,2026-07-31
";

/// The users of a text, or the error without the folder.
fn users(name: &str, text: &str) -> Result<Vec<User>, String> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(name);
    files::write_atomic(&path, text).expect("written");
    let result = file::read(&path).and_then(gather);
    let folder = format!("{}/", dir.path().display());
    result.map_err(|error| error.to_string().replace(&folder, ""))
}

#[test]
fn toml_and_csv_say_the_same() {
    let expected = vec![User {
        role_profiles: vec![
            RoleProfile {
                valid_from: Some(at("2026-06-30T23:00:00Z")),
                valid_until: None,
                ..profile(
                    "212233445566",
                    "S8000:G8000:R8000",
                    &["B0370", "B0168"],
                    None,
                )
            },
            RoleProfile {
                valid_from: None,
                valid_until: Some(at("2026-07-31T22:59:59.999999999Z")),
                ..profile("212233445577", "R8001", &[], None)
            },
        ],
        ..user("112233445566", Vec::new())
    }];
    let reordered = "\
        name,activities,user_id,job_role,role_profile_id,ods,valid_until,valid_from\r\n\
        \"Dr A Example\",\"B0370;B0168\",112233445566,S8000:G8000:R8000,212233445566,RKE,,2026-07-01\r\n\
        \r\n\
        Dr A Example , ,112233445566, R8001,212233445577,RKE,2026-07-31,\r\n";
    for (name, text) in [
        ("users.toml", TOML.to_owned()),
        ("users.TOML", TOML.replace('\n', "\r\n")),
        ("users.csv", CSV.to_owned()),
        ("users.csv", format!("\u{feff}{CSV}")),
        ("users.csv", reordered.to_owned()),
    ] {
        assert_eq!(users(name, &text), Ok(expected.clone()), "{text}");
    }
}

#[test]
fn a_file_without_users_has_none() {
    let heading = CSV.lines().next().expect("a heading");
    for (name, text) in [("a.toml", ""), ("a.toml", "# nobody\n"), ("a.csv", heading)] {
        assert_eq!(users(name, text), Ok(Vec::new()), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let toml = |from: &str, to: &str| ("u.toml", TOML.replacen(from, to, 1));
    let csv = |from: &str, to: &str| ("u.csv", CSV.replacen(from, to, 1));
    for ((name, text), expected) in [
        (
            toml("name =", "nane ="),
            "u.toml, line 7: unknown field `nane`",
        ),
        (
            toml("job_role", "role"),
            "u.toml, line 6: unknown field `role`",
        ),
        (
            toml("ods = \"RKE\"\n", ""),
            "u.toml, line 2: missing field `ods`",
        ),
        (
            toml("[[users]]", "[[people]]"),
            "u.toml, line 2: unknown field `people`",
        ),
        (toml("[[users]]", "[[users]"), "u.toml, line 2: "),
        (
            toml("112233445566", "11223344556"),
            "u.toml, line 3: an SDS user id must be 12 digits",
        ),
        (
            toml("\"2026-07-01\"", "2026-07-01"),
            "u.toml, line 9: invalid type: map, expected a date string: write days as \"2026-11-01\"",
        ),
        (toml("\"2026-07-01\"", "\"01/07/2026\""), "u.toml, line 9: "),
        (
            toml("B0370", "B037O"),
            "u.toml, line 2: \"B037O\" is no activity: they are a letter and four digits, like B0370",
        ),
        (
            toml("Dr A Example", " "),
            "u.toml, line 2: the name must have",
        ),
        (
            toml("Dr A Example", "Dr B Example"),
            "u.toml, line 11: user 112233445566 has another name elsewhere (u.toml, line 2)",
        ),
        (
            toml(
                "valid_from = \"2026-07-01\"",
                "valid_from = \"2026-07-01\"\nvalid_until = \"2026-06-30\"",
            ),
            "u.toml, line 2: valid_until (2026-06-30) is before valid_from (2026-07-01)",
        ),
        (
            toml("212233445577", "212233445566"),
            "u.toml, line 11: role profile 212233445566 is there twice (u.toml, line 2)",
        ),
        (
            (
                "u.toml",
                format!("{TOML}{}", TOML.replace("112233445566", "112233445577")),
            ),
            "u.toml, line 20: role profile 212233445566 is another user's, or in another organisation, (u.toml, line 2)",
        ),
        (
            (
                "u.toml",
                TOML.replacen("ods = \"RKE\"", "ods = \"RKX\"", 1)
                    .replace("212233445577", "212233445566"),
            ),
            "u.toml, line 11: role profile 212233445566 is another user's",
        ),
        (
            csv("name", "nane"),
            "u.csv, line 1: \"nane\" is no column; there are user_id, ods,",
        ),
        (csv(",name", ""), "u.csv, line 1: there is no column name"),
        (
            csv("valid_until", "valid_from"),
            "u.csv, line 1: column valid_from is there twice",
        ),
        (
            csv("2026-07-01,", "2026-07-01"),
            "u.csv, line 2: there are 7 columns here and 8 in the heading",
        ),
        (
            csv("rke", "R-E"),
            "u.csv, line 3: column ods: an ODS code must be 1 to 12 letters and digits",
        ),
        (
            csv("112233445566,rke", "1.12233E+11,rke"),
            "u.csv, line 3: column user_id: an SDS user id must be 12 digits",
        ),
        (
            csv("2026-07-31", "31/07/2026"),
            "u.csv, line 3: column valid_until: write days like 2026-11-01",
        ),
        (
            csv("B0370 B0168", "B0370,B0168"),
            "u.csv, line 2: there are 9 columns here",
        ),
        (
            csv("B0370 B0168", "B0370|B0168"),
            "u.csv, line 2: \"B0370|B0168\" is no activity",
        ),
        (
            csv("212233445577", "212233445566"),
            "u.csv, line 3: role profile 212233445566 is there twice (u.csv, line 2)",
        ),
        (
            ("u.csv", String::new()),
            "u.csv, line 1: there is no column user_id",
        ),
        (
            ("u.txt", TOML.to_owned()),
            "u.txt: its name must end in .toml or .csv",
        ),
        (
            ("users", TOML.to_owned()),
            "users: its name must end in .toml or .csv",
        ),
    ] {
        let error = users(name, &text).expect_err(expected);
        assert!(
            error.starts_with(expected),
            "{error}\ninstead of\n{expected}"
        );
    }
}

#[test]
fn a_file_that_is_absent_or_not_utf8_is_said_to_be() {
    let dir = tempfile::tempdir().expect("a folder");
    let absent = file::read(&dir.path().join("absent.toml")).expect_err("absent");
    assert!(matches!(absent, FileError::Unreadable { .. }), "{absent}");
    let path = dir.path().join("latin1.csv");
    let text = CSV.replacen("Dr A Example", "Dr \u{c9} Example", 1);
    let latin1: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("latin 1"))
        .collect();
    files::write_atomic(&path, latin1).expect("written");
    let error = file::read(&path).expect_err("not UTF-8").to_string();
    assert!(
        error.ends_with("latin1.csv, line 2: this is not UTF-8; save the file as UTF-8"),
        "{error}"
    );
}

#[test]
fn entries_of_the_configuration_are_told_by_their_number() {
    let entries: Vec<Entry> = {
        #[derive(serde::Deserialize)]
        struct Tables {
            users: Vec<Entry>,
        }
        toml::from_str::<Tables>(TOML).expect("readable").users
    };
    assert!(UserDirectory::open(entries.clone(), None).is_ok());
    let twice = [entries.clone(), entries].concat();
    let error = UserDirectory::open(twice, None)
        .expect_err("twice")
        .to_string();
    assert_eq!(
        error,
        "smsp.users[2]: role profile 212233445566 is there twice (smsp.users[0])"
    );
}
