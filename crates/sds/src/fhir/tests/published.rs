//! Published answers and entries as judges of ours.

use std::collections::BTreeSet;

use testkit::vectors_or_skip;
use transport::files;

use super::*;

fn read(test: &str, relative: &str) -> Option<Value> {
    let path = vectors_or_skip(test, relative)?;
    let bytes = files::read(path).expect("read");
    Some(serde_json::from_slice(&bytes).expect("JSON"))
}

/// Without the ids and addresses that are fresh each time.
fn settled(mut bundle: Value) -> Value {
    bundle["id"] = Value::Null;
    bundle["link"][0]["url"] = Value::Null;
    for entry in bundle["entry"].as_array_mut().expect("entries") {
        entry["fullUrl"] = Value::Null;
        entry["resource"]["id"] = Value::Null;
    }
    bundle
}

/// Every place in a value that holds something, lists taken as one.
fn places(value: &Value, at: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{at}/{name}"), into);
            }
        }
        Value::Array(items) => {
            for item in items {
                places(item, &format!("{at}[]"), into);
            }
        }
        Value::Number(_) => drop(into.insert(format!("{at} number"))),
        _ => drop(into.insert(format!("{at} text"))),
    }
}

#[test]
fn an_endpoint_is_the_published_one() {
    let name = "an_endpoint_is_the_published_one";
    let Some(expected) = read(name, "mhs/sds-api/endpoint.json") else {
        return;
    };
    let ours = found(
        "Endpoint",
        &format!("{}&{}", organisation("YES"), interaction(UPLOAD)),
    );
    assert_eq!(settled(ours), settled(expected));
}

#[test]
fn resources_have_the_published_shape() {
    let role = "user-role-id=https://fhir.nhs.uk/Id/nhsJobRoleCode|212233445566".to_owned();
    let device = format!("{}&{}", organisation("Y90001"), interaction(UPLOAD));
    let reply = format!("{}&{}", organisation("Y90001"), interaction(ACK));
    for (vector, resource, query) in [
        ("mhs/sds-api/single_device.json", "Device", &device),
        ("mhs/sds-api-mock/__files-device.json", "Device", &device),
        ("mhs/sds-api/endpoint.json", "Endpoint", &reply),
        (
            "mhs/sds-api/single_practitioner_role.json",
            "PractitionerRole",
            &role,
        ),
    ] {
        let Some(expected) = read("resources_have_the_published_shape", vector) else {
            return;
        };
        let (mut theirs, mut ours) = (BTreeSet::new(), BTreeSet::new());
        places(&expected, "", &mut theirs);
        places(&found(resource, query), "", &mut ours);
        assert_eq!(ours, theirs, "{vector}");
    }
}

/// What we list, the published extract of the national directory has for a real system, by the same
/// names; but for initial summaries, withdrawals and the query of the SCR FHIR API, which that
/// system does not do.
#[test]
fn our_services_are_named_as_the_national_directory_does() {
    let name = "our_services_are_named_as_the_national_directory_does";
    let Some(entries) = read(name, "mhs/sds-ldap/my_real_server_entries.json") else {
        return;
    };
    let listed = |attribute: &str| {
        let entries = entries["entries"].as_array().expect("entries").iter();
        let values = entries.flat_map(|entry| match &entry["attributes"][attribute] {
            Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        });
        let texts = values.filter_map(|value| value.as_str().map(str::to_owned));
        texts.collect::<BTreeSet<String>>()
    };
    let theirs: BTreeSet<_> = listed("nhsAsSvcIA")
        .union(&listed("nhsMhsSvcIA"))
        .cloned()
        .collect();
    assert!(theirs.len() > 100);
    let ours = own().endpoints().into_iter().map(|e| e.interaction);
    let replies = crate::own::services::replies();
    let unknown: Vec<_> = ours
        .chain(replies)
        .filter(|i| !theirs.contains(i))
        .collect();
    let expected = [
        "psis:REPC_IN150015UK05",
        "psis:REPC_IN150017UK02",
        "psis:REPC_IN150018UK02",
        "psisquery:QUPC_IN180000SM04",
    ];
    assert_eq!(
        unknown,
        expected.map(|i| format!("urn:nhs:names:services:{i}"))
    );
}
