//! Reading the file, and everything that is refused.

use jiff::SignedDuration;
use proptest::prelude::*;
use transport::files;

use super::super::file;
use super::*;

const GOOD: &str = r#"# Who may call.
[[systems]]
name = "GP system"
organisation = "y90001"
manufacturer = "Y90009"
party_key = "Y90001-0000003"
asids = ["990000000011", "990000000012"]
certificate = { common_name = "gp.example" }
interactions = ["REPC_IN150016UK05", "urn:nhs:names:services:psisquery:QUPC_IN160101UK05"]

[[systems.endpoints]]
interaction = "urn:nhs:names:services:psis:MCCI_IN010000UK13"
address = "https://gp.example:8443/inbound"
cpa_id = "S918999410559"
retries = 3
retry_interval = "PT0.5S"
persist_duration = "P1DT1H"

[[systems.endpoints]]
interaction = "*"
address = "https://gp.example:8443/"
cpa_id = "S918999410560"

[[systems]]
name = "Reader"
asids = ["990000000013"]
[systems.certificate]
fingerprint = "ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"
"#;

/// The systems of a text, or the error without the folder.
fn systems(text: &str) -> Result<Vec<System>, String> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("systems.toml");
    files::write_atomic(&path, text).expect("written");
    let opened = Directory::open(Vec::new(), Some(path));
    let folder = format!("{}/", dir.path().display());
    let systems = opened.map_err(|error| error.to_string().replace(&folder, ""))?;
    Ok(systems.systems().iter().map(|s| (**s).clone()).collect())
}

#[test]
fn a_file_says_everything_of_a_system() {
    let read = systems(GOOD).expect("readable");
    let [gp, reader] = read.as_slice() else {
        panic!("two systems: {read:?}");
    };
    assert_eq!(gp.organisation, Some(id("Y90001")));
    assert_eq!(gp.manufacturer, Some(id("Y90009")));
    assert_eq!(gp.asids.len(), 2);
    assert_eq!(
        gp.certificate,
        CertificateMatch::CommonName("gp.example".to_owned())
    );
    let reliability: Vec<_> = gp.endpoints.iter().map(|e| e.reliability).collect();
    let first = Reliability {
        retries: 3,
        retry_interval: SignedDuration::from_millis(500),
        persist_duration: SignedDuration::from_hours(25),
    };
    assert_eq!(reliability, [first, Reliability::default()]);
    assert_eq!(
        reader.certificate,
        CertificateMatch::Fingerprint("ab".repeat(32))
    );
    assert_eq!((&reader.interactions, &reader.party_key), (&None, &None));
    assert_eq!(systems(""), Ok(Vec::new()));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let check = |from: &str, to: &str, expected: &str| {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}: the case changes nothing");
        let error = systems(&text).expect_err(expected);
        assert!(
            error.starts_with("systems.toml, line ") && error.contains(expected),
            "{error}"
        );
    };
    for (from, to, expected) in [
        (
            "name = \"GP",
            "colour = 1\nname = \"GP",
            "line 3: unknown field `colour`",
        ),
        ("name = \"GP system\"\n", "", "line 2: missing field `name`"),
        ("\"y90001\"", "\"y-1\"", "line 4: organisation: an ODS code"),
        ("Y90001-0000003", "Y90001", "line 6: party_key: a party key"),
        (
            "\"990000000012\"",
            "\"x\"",
            "line 7: asids: an ASID must be",
        ),
        (
            "{ common_name = \"gp.example\" }",
            "{}",
            "line 2: certificate needs either",
        ),
        (
            "common_name = \"gp.example\"",
            "common_name = \"a\", fingerprint = \"b\"",
            "certificate needs either",
        ),
        (
            "REPC_IN150016UK05",
            "REPC IN",
            "line 2: system \"GP system\": interactions",
        ),
        (
            "https://gp.example:8443/in",
            "http://gp/in",
            "endpoints[0]: address",
        ),
        ("retries = 3", "retries = -3", "line 15: retries: "),
        ("PT0.5S", "30 seconds", "line 16: retry_interval: "),
        ("P1DT1H", "P1M", "line 17: persist_duration: "),
        (
            "[[systems.endpoints]]",
            "[[systems.endpoint]]",
            "unknown field `endpoint`",
        ),
        (
            "\"990000000013\"",
            "\"990000000011\"",
            "line 24: system \"Reader\" has the ASID",
        ),
        ("name = \"GP system\"", "name = \"GP system", "line 3"),
    ] {
        check(from, to, expected);
    }
    for text in ["\u{0}", "[[people]]\n", "systems = 1\n"] {
        let error = systems(text).expect_err("refused");
        assert!(error.starts_with("systems.toml, line 1: "), "{error}");
    }
}

fn duration() -> impl Strategy<Value = SignedDuration> {
    (1_i64..2_000_000).prop_map(SignedDuration::from_secs)
}

prop_compose! {
    fn endpoints()(
        interactions in proptest::sample::subsequence(
            vec!["*", "urn:a:b:C1", "urn:a:b:C2", "urn:nhs:names:services:psis:X"], 0..4),
        retries in 0_u32..100,
        retry_interval in duration(),
        persist_duration in duration(),
    ) -> Vec<Endpoint> {
        let reliability = Reliability { retries, retry_interval, persist_duration };
        let one = |i: &str| Endpoint { reliability, ..endpoint(i, "in?a='b'&c=\"d\"") };
        interactions.into_iter().map(one).collect()
    }
}

prop_compose! {
    fn any_system()(
        name in "[a-zA-Z \"'#\\\\é=\\[\\]]{0,20}x",
        manufacturer in proptest::option::of("[A-Z0-9]{1,12}"),
        sends_for in proptest::collection::vec("1[0-9]{11}", 0..3),
        number in 10_u32..99,
        interactions in proptest::option::of(
            proptest::collection::vec("[A-Z_0-9]{1,12}", 0..3)),
        print in any::<bool>(),
        endpoints in endpoints(),
    ) -> System {
        System {
            manufacturer: manufacturer.map(|ods| id(&ods)),
            sends_for: sends_for.iter().map(|asid| id(asid)).collect(),
            certificate: match print {
                true => CertificateMatch::Fingerprint("0f".repeat(32)),
                false => CertificateMatch::CommonName(name.clone()),
            },
            interactions,
            endpoints,
            ..system(name.trim(), number)
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(system in any_system()) {
        let text = file::written(&system).expect("written");
        let read = file::parse(Path::new("systems.toml"), &text).expect("read");
        let read: Vec<_> = read.into_iter().map(|found| found.entry).collect();
        prop_assert_eq!(read, vec![system]);
    }
}
