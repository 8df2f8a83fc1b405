//! Changing a file: only what is meant changes, and nothing is written that does not read back.

use transport::files;

use super::*;

const FILE: &str = r#"# Who may call.

# The practice.
[[systems]]
name = "one" # ours
party_key = "Y90001-0000001"
asids = [
  "990000000001",
]
certificate = { common_name = "one.example" }

# Acknowledgements.
[[systems.endpoints]]
interaction = "*"
address = "https://one.example/"
cpa_id = "A1"

# The hospital.
[[systems]]
name = "two"
asids = ["990000000002"]
certificate.common_name = "two.example"
"#;

fn file(text: &str) -> (tempfile::TempDir, SystemsFile) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("systems.toml");
    files::write_atomic(&path, text).expect("written");
    let file = SystemsFile::open(path).expect("readable");
    (dir, file)
}

fn saved(file: &SystemsFile) -> String {
    file.save().expect("written");
    files::read_to_string(file.path()).expect("read")
}

#[test]
fn a_new_system_stands_at_the_end() {
    let (_dir, mut file) = file(FILE);
    let new = System {
        interactions: Some(vec!["REPC_IN150016UK05".to_owned()]),
        endpoints: vec![endpoint("*", "in")],
        ..system("three", 3)
    };
    file.put(new.clone()).expect("put");
    let expected = format!(
        "{FILE}\n\
[[systems]]
name = \"three\"
organisation = \"Y90001\"
party_key = \"Y90001-0000003\"
asids = [\"990000000003\"]
certificate = {{ common_name = \"three.example\" }}
interactions = [\"REPC_IN150016UK05\"]

[[systems.endpoints]]
interaction = \"*\"
address = \"https://gp.example:8443/in\"
cpa_id = \"S918999410559\"
retries = 2
retry_interval = \"PT1M\"
persist_duration = \"PT5M\"
"
    );
    assert_eq!(saved(&file), expected);
    assert_eq!(file.system("three"), Some(&new));
}

#[test]
fn a_system_is_replaced_and_the_rest_stays() {
    let (_dir, mut file) = file(FILE);
    let mut one = file.system("one").expect("there").clone();
    // What is the same leaves even its own comments.
    file.put(one.clone()).expect("put");
    assert_eq!(saved(&file), FILE);
    one.endpoints.clear();
    file.put(one).expect("put");
    let (before, _) = FILE.split_once("[[systems]]").expect("a table");
    let (_, after) = FILE.split_once("# The hospital.").expect("a comment");
    let expected = format!(
        "{before}[[systems]]\nname = \"one\"\nparty_key = \"Y90001-0000001\"\n\
         asids = [\"990000000001\"]\ncertificate = {{ common_name = \"one.example\" }}\n\
         \n# The hospital.{after}"
    );
    assert_eq!(saved(&file), expected);
}

#[test]
fn a_system_goes_with_its_endpoints() {
    let (_dir, mut file) = file(FILE);
    assert!(file.remove("one").expect("removed"));
    assert!(!file.remove("one").expect("nothing to do"));
    assert_eq!(file.systems().count(), 1);
    let text = saved(&file);
    assert!(
        !text.contains("one.example") && text.contains("# The hospital."),
        "{text}"
    );
}

#[test]
fn what_cannot_be_used_is_not_written() {
    let (_dir, mut file) = file(FILE);
    let same_asid = System {
        asids: vec![id("990000000002")],
        ..system("three", 3)
    };
    let error = file.put(same_asid).expect_err("refused").to_string();
    assert!(
        error.contains("which system \"two\" has already"),
        "{error}"
    );
    let nothing = System {
        asids: Vec::new(),
        ..system("three", 3)
    };
    assert!(file.put(nothing).is_err());
    assert_eq!(saved(&file), FILE);

    let inline = "systems = [{ name = \"one\", asids = [\"990000000001\"], \
                  certificate = { common_name = \"one.example\" } }]\n";
    let (_dir, mut file) = self::file(inline);
    let error = file.remove("one").expect_err("refused").to_string();
    assert!(error.ends_with("change it by hand"), "{error}");
}

#[test]
fn a_file_that_is_not_there_is_new() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("systems.toml");
    assert!(SystemsFile::open(&path).is_err());
    let mut file = SystemsFile::open_or_new(&path).expect("new");
    file.put(system("one", 1)).expect("put");
    file.save().expect("written");
    let again = SystemsFile::open(&path).expect("there");
    assert_eq!(again.systems().collect::<Vec<_>>(), [&system("one", 1)]);
}

#[test]
fn a_system_in_the_middle_gets_an_endpoint() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut file = SystemsFile::open_or_new(dir.path().join("systems.toml")).expect("new");
    for (name, number) in [("one", 1), ("two", 2), ("three", 3)] {
        file.put(system(name, number)).expect("put");
    }
    let before = file.system("three").cloned();
    for name in ["one", "two"] {
        let mut changed = file.system(name).expect("there").clone();
        changed.endpoints.push(endpoint("*", name));
        file.put(changed.clone()).expect(name);
        assert_eq!(file.system(name), Some(&changed));
    }
    assert_eq!(file.system("three").cloned(), before);
}
