//! Every check of a query, and what it is refused with.

use super::support::{World, ask, query_id};

/// The sound query of a person, or of a system.
fn sound(user: u32) -> String {
    ask(1, user).soap()
}

/// With something replaced, once, as far behind as it stands last.
#[track_caller]
fn replaced(soap: &str, from: &str, to: &str) -> String {
    let at = soap
        .rfind(from)
        .unwrap_or_else(|| panic!("{from} in {soap}"));
    format!("{}{to}{}", &soap[..at], &soap[at + from.len()..])
}

/// Sends it: it is refused for these reasons, one of them each, and nothing is kept.
async fn refused(soap: &str, reasons: &[&str]) {
    let world = World::with_a_plan().await;
    let told = world.tell(soap).await;
    let reasons: Vec<String> = reasons.iter().map(|text| format!("202 {text}")).collect();
    let expected = format!("MCCI_IN010000UK13 {}", reasons.join("; "));
    assert_eq!(told.line, expected, "{soap}");
    let event = told.event.expect("an event");
    let codes = vec!["202"; reasons.len()].join(" ");
    assert_eq!(event.outcome, format!("AE {codes}"));
    assert!(event.decision.is_some(), "the audit says which rule");
    assert_eq!(world.accesses().await, 0);
    assert_eq!(world.notices().await, Vec::<String>::new());
    // The id was not used up.
    let told = world.ask(&ask(1, 9)).await;
    assert_eq!(told.line, "9; 301 LAC");
}

const WRAPPER: &str = "HL7 Validation Error";

fn missing(field: &str) -> String {
    format!("{WRAPPER}: {field} missing")
}

fn invalid(field: &str) -> String {
    format!("{WRAPPER}: {field} invalid")
}

#[tokio::test]
async fn wrapper() {
    let soap = sound(9);
    let id = format!("<id root=\"{}\"/>", super::support::message_id(1));
    let asid = crate::requests::CLIENT_ASID;
    for (from, to) in [
        (id.as_str(), "<id root=\"\"/>"),
        (&id, ""),
        (&id, &format!("{id}{id}")),
        ("<creationTime value=", "<creationTime other="),
        ("<versionCode code=", "<versionCode other="),
        (
            "extension=\"QUPC_IN000006GB01\"",
            "extension=\"QUPC_IN000006GB02\"",
        ),
        (
            "<communicationFunctionRcv typeCode=\"RCV\"><device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=",
            "<communicationFunctionRcv typeCode=\"RCV\"><device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id other=",
        ),
        (
            "<communicationFunctionSnd typeCode=\"SND\"><device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=",
            "<communicationFunctionSnd typeCode=\"SND\"><device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id other=",
        ),
    ] {
        refused(&replaced(&soap, from, to), &[WRAPPER]).await;
    }
    let author1 = soap.find("<author1").expect("one");
    let end = soap.find("</author1>").expect("its end") + "</author1>".len();
    let author1 = &soap[author1..end];
    for to in [
        String::new(),
        format!("{author1}{author1}"),
        author1.replace(asid, ""),
    ] {
        refused(&replaced(&soap, author1, &to), &[&missing("author1")]).await;
    }
}

#[tokio::test]
async fn without_a_control_act_everything_is_missing() {
    let soap = sound(9).replace("ControlActEvent", "OtherEvent");
    let fields = [
        "author1",
        "Event ID",
        "NHS Number",
        "[authorPerson or authorDevice]",
    ];
    let fields: Vec<String> = fields.iter().map(|field| missing(field)).collect();
    let mut reasons = vec![WRAPPER];
    reasons.extend(fields.iter().map(String::as_str));
    refused(&soap, &reasons).await;
}

#[tokio::test]
async fn query() {
    let soap = sound(9);
    let id = format!("<id root=\"{}\"/>", query_id(1));
    for (from, to, reason) in [
        (id.as_str(), "<id root=\" \"/>", missing("Event ID")),
        (&id, "", missing("Event ID")),
        (&id, "<id root=\"12\"/>", invalid("Event ID")),
        (
            "<value extension=\"9990000018\"/>",
            "<value extension=\"\"/>",
            missing("NHS Number"),
        ),
        (
            "<value extension=\"9990000018\"/>",
            "",
            missing("NHS Number"),
        ),
        ("9990000018", "999000001", invalid("NHS Number")),
        (
            "9990000018",
            "9990000019",
            invalid("check digit of NHS Number"),
        ),
        (
            "COCT_TP145102GB01.AssignedAuthor>",
            "Nobody>",
            String::new(),
        ),
    ] {
        if reason.is_empty() {
            let soap = soap.replace(from, to);
            refused(&soap, &[&missing("[authorPerson or authorDevice]")]).await;
            continue;
        }
        refused(&replaced(&soap, from, to), &[&reason]).await;
    }
}

#[tokio::test]
async fn person() {
    let soap = sound(9);
    for (from, to, field) in [
        ("code=\"R0050\"", "code=\"\"", "Job Role Code"),
        (
            "displayName=\"Consultant\"",
            "displayName=\"\"",
            "Job Role Name",
        ),
        ("extension=\"RKE\"", "extension=\"\"", "Organisation Code"),
        (
            "<name>An organisation</name>",
            "<name> </name>",
            "Organisation Name",
        ),
        (
            "1.2.826.0.1285.0.2.0.65",
            "1.2.826.0.1285.0.2.0.66",
            "authorID",
        ),
    ] {
        refused(&replaced(&soap, from, to), &[&missing(field)]).await;
    }
}

#[tokio::test]
async fn device() {
    let soap = sound(0);
    let name =
        "<assignedPerson><name><given>Staff</given><family>Member</family></name></assignedPerson>";
    for (from, to, field) in [
        (
            "1.2.826.0.1285.0.2.0.107",
            "1.2.826.0.1285.0.2.0.108",
            "authorDevice.systemID",
        ),
        (
            "extension=\"RKE\"",
            "extension=\"\"",
            "authorDevice.orgCode",
        ),
        ("<name>An organisation</name>", "", "authorDevice.orgName"),
        ("code=\"R0050\"", "code=\"\"", "authorDevice.jobRoleCode"),
        ("displayName=\"Consultant\"", "", "authorDevice.jobRoleName"),
        (name, "", "authorDevice.assignedPersonName"),
    ] {
        refused(&replaced(&soap, from, to), &[&missing(field)]).await;
    }
}

/// One reason for each of several.
#[tokio::test]
async fn all_at_once() {
    let soap = replaced(&sound(9), "<versionCode code=", "<versionCode other=");
    let soap = replaced(&soap, "code=\"R0050\"", "code=\"\"");
    let soap = replaced(&soap, "extension=\"RKE\"", "extension=\"\"");
    let soap = replaced(&soap, "9990000018", "");
    let reasons = ["NHS Number", "Job Role Code", "Organisation Code"];
    let reasons: Vec<String> = reasons.iter().map(|field| missing(field)).collect();
    let mut expected = vec![WRAPPER];
    expected.extend(reasons.iter().map(String::as_str));
    refused(&soap, &expected).await;
}

/// Who is not registered for it, or unknown, gets a fault, as for every interaction.
#[tokio::test]
async fn who_may_not_send_it() {
    let world = World::with_a_plan().await;
    for from in ["lister.example", "authority.example", "stranger.example"] {
        let response = world.send(super::support::post(&sound(9), from)).await;
        assert_eq!(response.status, 500, "{from}");
    }
    assert_eq!(world.accesses().await, 0);
}
