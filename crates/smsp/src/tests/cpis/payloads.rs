//! What is wrong with a payload, by its rule.

use domain::CheckDigit;
use domain::code::cpis::ResponseCode::{self, InputValidation, Success};

use super::world::{Ask, Cpis, code, found};
use crate::tests::world::{PATIENT, USER, altered, patient};

const QUERY: &str = "<cP-ISNHSQuery>";
const NUMBER: &str = "<person.NHSnumber><value extension=\"9990000018\"/></person.NHSnumber>";
const USER_ID: &str = "<id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"112233445566\"/>";
const ASID: &str = "<id root=\"1.2.826.0.1285.0.2.0.107\" extension=\"200000000115\"/>";

/// A change of a payload, the code that follows, and the rule that the audit names.
type Row = (&'static str, &'static str, ResponseCode, &'static str);

const OF_ALL: &[Row] = &[
    // The number.
    (
        PATIENT,
        "9990000019",
        InputValidation,
        "NHS Number has a wrong check digit",
    ),
    (
        PATIENT,
        "999000001",
        InputValidation,
        "NHS Number not ten digits",
    ),
    (
        PATIENT,
        "NOTANUMBER",
        InputValidation,
        "NHS Number not ten digits",
    ),
    (PATIENT, "", InputValidation, "NHS Number missing"),
    (NUMBER, "", InputValidation, "NHS Number missing"),
    (
        "extension=\"9990000018\"",
        "root=\"1.2\" extension=\"9990000018\"",
        InputValidation,
        "attribute root is not allowed here",
    ),
    // The query.
    (
        "<effectiveTime value=\"20260302085959+0000\"/>",
        "",
        InputValidation,
        "Event Time missing",
    ),
    (
        "20260302085959+0000",
        "yesterday",
        InputValidation,
        "Event Time invalid",
    ),
    (
        QUERY,
        "<cP-ISNHSQuery/><cP-ISNHSQuery>",
        InputValidation,
        "given more than once",
    ),
    (
        QUERY,
        "<cP-ISNHSQuery unknown=\"1\">",
        InputValidation,
        "attribute unknown is not allowed here",
    ),
    (
        QUERY,
        "<cP-ISNHSQuery>text",
        InputValidation,
        "no text of its own",
    ),
    (
        "<author>",
        "<unknown/><author>",
        InputValidation,
        "element author is expected before unknown",
    ),
    (
        "</queryByParameter>",
        "</queryByParameter><unknown/>",
        InputValidation,
        "element unknown is unknown",
    ),
    // Scheduled care.
    (
        "</queryByParameter>",
        "<accessEventType value=\"false\"/></queryByParameter>",
        InputValidation,
        "accessEventType: this service is for unscheduled care",
    ),
    (
        QUERY,
        "<cP-ISNHSQuery><accessEventType>false</accessEventType>",
        InputValidation,
        "accessEventType: this service is for unscheduled care",
    ),
    (
        QUERY,
        "<cP-ISNHSQuery><accessEventType value=\"perhaps\"/>",
        InputValidation,
        "accessEventType invalid",
    ),
    (
        "</queryByParameter>",
        "<accessEventType value=\"true\"/></queryByParameter>",
        Success,
        "records 1",
    ),
];

const OF_PERSONS: &[Row] = &[
    (USER_ID, "", InputValidation, "authorID missing"),
    (
        "extension=\"112233445566\"",
        "extension=\"\"",
        InputValidation,
        "authorID missing",
    ),
    (
        "code=\"S0010:G0020:R0050\"",
        "code=\"\"",
        InputValidation,
        "Job Role Code missing",
    ),
    (
        "displayName=\"Consultant\"",
        "displayName=\"\"",
        InputValidation,
        "Job Role Name missing",
    ),
    (
        "extension=\"RKE\"",
        "extension=\"\"",
        InputValidation,
        "Organisation Code missing",
    ),
    (
        "<name>EXAMPLE HOSPITAL NHS TRUST</name>",
        "<name/>",
        InputValidation,
        "Organisation Name missing",
    ),
    (
        "root=\"2.16.840.1.113883.2.1.3.2.4.19.1\"",
        "root=\"1.2.3\"",
        InputValidation,
        "organisations or of sites",
    ),
    (
        "codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.196\" ",
        "",
        InputValidation,
        "attribute codeSystem",
    ),
    (
        "#AssignedAuthor",
        "#System",
        InputValidation,
        "must be that of the template",
    ),
    (
        "<npfitlc:contentId ",
        "<contentId ",
        InputValidation,
        "contentId must come first",
    ),
    (
        ".18.16\"",
        ".18.17\"",
        InputValidation,
        "must be that of content ids",
    ),
    // Two rules, both named.
    (
        "code=\"S0010:G0020:R0050\"",
        "",
        InputValidation,
        "Job Role Code missing",
    ),
];

const OF_SYSTEMS: &[Row] = &[
    (ASID, "", InputValidation, "authorDevice.systemID missing"),
    (
        "<name>Lead Author</name>",
        "<name/>",
        InputValidation,
        "authorDevice.assignedPersonName missing",
    ),
    (
        "code=\"S0010:G0020:R0050\"",
        "code=\"\"",
        InputValidation,
        "authorDevice.jobRoleCode missing",
    ),
    (
        "displayName=\"Consultant\"",
        "displayName=\"\"",
        InputValidation,
        "authorDevice.jobRoleName missing",
    ),
    (
        "extension=\"RKE\"",
        "extension=\"\"",
        InputValidation,
        "authorDevice.orgCode missing",
    ),
    (
        "<name>EXAMPLE HOSPITAL NHS TRUST</name>",
        "<name/>",
        InputValidation,
        "authorDevice.orgName missing",
    ),
    (
        "extension=\"200000000115\"",
        "extension=\"2000\"",
        InputValidation,
        "12 digits",
    ),
];

async fn check(rows: &[Row], ask: impl Fn(&Cpis) -> Ask) {
    for (from, to, expected, rule) in rows {
        let cpis = Cpis::new();
        let ask = ask(&cpis);
        let message = altered(&ask.bytes(&cpis.world.env), from, to);
        let answer = cpis.check(&message).await;
        let decision = cpis.decision().await;
        assert_eq!(code(&answer), *expected, "{from} -> {to}: {decision}");
        assert!(decision.contains(rule), "{from} -> {to}: {decision}");
        assert_eq!(cpis.spine.asked().is_empty(), *expected != Success);
        // Whom it is about is on audit as far as it can be read.
        let event = &cpis.world.audit().await[0].event;
        let is_of_number = rule.starts_with("NHS Number") || rule.starts_with("given more");
        let expected = (!is_of_number).then(patient);
        assert_eq!(event.patient, expected, "{from} -> {to}");
        assert_eq!(event.operation, "CP-ISNHSQuery");
    }
}

#[tokio::test]
async fn every_rule_that_is_broken_is_named() {
    check(OF_ALL, |cpis| Ask::new(&cpis.world.env)).await;
    check(OF_PERSONS, |cpis| Ask::new(&cpis.world.env)).await;
    check(OF_SYSTEMS, |cpis| Ask::by_system(&cpis.world.env)).await;
}

#[tokio::test]
async fn an_author_of_neither_kind_is_none() {
    let cpis = Cpis::new();
    let text = String::from_utf8(Ask::new(&cpis.world.env).bytes(&cpis.world.env)).expect("UTF-8");
    let (before, rest) = text.split_once("<author>").expect("an author");
    let (_, after) = rest.split_once("</author>").expect("its end");
    let somebody = "<author><somebody/></author>";
    for author in ["", "<author/>", somebody] {
        let message = format!("{before}{author}{after}");
        let cpis = Cpis::new();
        let answer = cpis.check(message.as_bytes()).await;
        assert_eq!(code(&answer), InputValidation, "{author}");
        let decision = cpis.decision().await;
        assert!(
            decision.contains("[authorPerson or authorDevice] missing"),
            "{decision}"
        );
    }
}

#[tokio::test]
async fn every_broken_rule_is_named_at_once() {
    let cpis = Cpis::new();
    let mut ask = Ask::new(&cpis.world.env);
    ask.person().role.code = String::new();
    ask.person().organisation.name = String::new();
    let message = altered(&ask.bytes(&cpis.world.env), PATIENT, "1");
    assert_eq!(code(&cpis.check(&message).await), InputValidation);
    let decision = cpis.decision().await;
    for rule in ["Job Role Code", "Organisation Name", "NHS Number"] {
        assert!(decision.contains(rule), "{rule}: {decision}");
    }
    assert!(!decision.contains(USER), "no values: {decision}");
}

#[tokio::test]
async fn the_id_of_a_query_is_an_upper_case_uuid() {
    for (id, expected) in [
        ("1b0c0f02-7e6b-4c53-9c55-0d4b4e0c2a11", InputValidation),
        ("1.2.3", InputValidation),
        ("1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11", Success),
    ] {
        let cpis = Cpis::new();
        let mut ask = Ask::new(&cpis.world.env);
        ask.query.id = id.to_owned();
        let answer = cpis.check(&ask.bytes(&cpis.world.env)).await;
        assert_eq!(code(&answer), expected, "{id}");
        if expected == Success {
            assert_eq!(found(&answer).id, id);
        }
    }
}

#[tokio::test]
async fn both_versions_of_the_profile_are_taken_and_no_other() {
    for (profile, interaction, expected) in [
        ("v1-0", "v1-0", "SMSP-0000"),
        ("v1-0", "v2-0", "SMSP-0000"),
        ("v2-0", "v1-0", "SMSP-0000"),
        ("v2-0", "v2-0", "SMSP-0000"),
        ("v3-0", "v1-0", "fault 1000"),
        ("v1-0", "v3-0", "fault 1000"),
    ] {
        for by_system in [false, true] {
            let cpis = Cpis::new();
            let env = &cpis.world.env;
            let ask = match by_system {
                true => Ask::by_system(env),
                false => Ask::new(env),
            };
            let message = altered(
                &ask.bytes(env),
                "profile:CP-ISNHSQuery-v1-0",
                &format!("profile:CP-ISNHSQuery-{profile}"),
            );
            let message = altered(
                &message,
                "interaction:CP-ISNHSQuery-v1-0",
                &format!("interaction:CP-ISNHSQuery-{interaction}"),
            );
            let answer = cpis.check(&message).await;
            assert_eq!(answer.outcome, expected, "{profile} {interaction}");
        }
    }
}

#[tokio::test]
async fn the_check_digit_counts_or_not_as_configured() {
    for (check, expected) in [
        (CheckDigit::Required, InputValidation),
        (CheckDigit::Ignored, Success),
    ] {
        let mut cpis = Cpis::new();
        cpis.world.config.cpis.check_digit = check;
        let ask = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
        let answer = cpis.check(&altered(&ask, PATIENT, "1234567895")).await;
        assert_eq!(code(&answer), expected);
    }
}

/// An operation of the other face is as unknown as one that does not exist, and nothing but
/// messages is taken at all.
#[tokio::test]
async fn each_face_knows_its_own_operations_only() {
    use transport::Handler;

    let cpis = Cpis::new();
    let env = &cpis.world.env;
    let scr = crate::tests::world::Query::new().status_bytes(env);
    let ours = Ask::new(env).bytes(env);
    let unknown = |message: &[u8]| altered(message, "urn:nhs-en:profile:", "urn:nhs-en:profile:x");
    let here = cpis.check(&scr).await;
    assert_eq!(here.outcome, "fault 1000");
    assert_eq!(here.text, cpis.check(&unknown(&ours)).await.text);
    let there = crate::tests::world::check(&ours, &cpis.world).await;
    let no_such = crate::tests::world::check(&unknown(&scr), &cpis.world).await;
    assert_eq!((there.outcome, there.text), (no_such.outcome, no_such.text));
    assert!(cpis.spine.asked().is_empty());

    let at = |path: &str, method: &str| transport::Request {
        path: path.to_owned(),
        method: method.to_owned(),
        ..cpis.request(&ours)
    };
    let service = cpis.service();
    for (path, method, status) in [
        ("/smsp/scr", "POST", 404),
        ("/smsp/cpis", "PUT", 405),
        ("/smsp/cpis", "GET", 405),
    ] {
        let response = service.handle(at(path, method)).await;
        assert_eq!(response.status, status, "{method} {path}");
    }
}

#[tokio::test]
async fn a_client_asks_only_if_it_is_registered_to() {
    let mut cpis = Cpis::new();
    cpis.world.operations = itk::Face::Scr.operations().collect();
    let ask = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    let answer = cpis.check(&ask).await;
    assert_eq!(answer.outcome, "fault 3000");
    assert!(answer.text.contains("not registered for the operation"));
    assert!(cpis.spine.asked().is_empty());
    let status = crate::tests::world::Query::new().status_bytes(&cpis.world.env);
    let scr = crate::tests::world::check(&status, &cpis.world).await;
    assert_eq!(scr.outcome, "SMSP-0000");
}

#[tokio::test]
async fn its_wsdl_and_schemas_are_served() {
    use transport::Handler;

    let mut cpis = Cpis::new();
    cpis.world.config.cpis.own_url = "https://smsp.example:8443/smsp/cpis".to_owned();
    let service = cpis.service();
    for name in itk::wsdl::names() {
        let query = match name {
            "wsdl" => "wsdl".to_owned(),
            schema => format!("xsd={schema}"),
        };
        let request = transport::Request {
            method: "GET".to_owned(),
            query,
            ..cpis.request(b"")
        };
        let response = service.handle(request).await;
        assert_eq!(response.status, 200, "{name}");
        xml::Document::parse(&response.body).expect("well-formed");
        let text = String::from_utf8_lossy(&response.body);
        let names_place = text.contains(&cpis.world.config.cpis.own_url);
        assert!(names_place || name != "wsdl", "{text}");
        assert!(name != "wsdl" || text.contains("CpisMiniService"));
    }
    assert!(cpis.world.audit().await.is_empty());
}
