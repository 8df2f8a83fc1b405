//! The published messages: read, answered alike, repaired.

use domain::code::cpis::ResponseCode;
use domain::{CheckDigit, NhsNumber};
use hl7v3::cpis::answer::{self, PAYLOAD};
use transport::files;
use xml::{Document, Element, ns};

use super::spine::{Reply, body};
use super::world::{Ask, Cpis, code, found};
use crate::tests::world::{altered, read};

/// A published file; `None` where the vectors are not, which has been said.
fn vector(test: &str, name: &str) -> Option<Vec<u8>> {
    let path = testkit::vectors_or_skip(test, &format!("cpis/{name}"))?;
    Some(files::read(&path).expect("a file"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// The request of this project's own pack, which no client of the test world wrote.
#[tokio::test]
async fn a_request_that_others_wrote_is_taken_under_both_profiles() {
    const TEST: &str = "a_request_that_others_wrote_is_taken_under_both_profiles";
    let Some(source) = vector(TEST, "synthetic/SMSP_CP-ISNHSQuery_request_ITK.xml") else {
        return;
    };
    let source = text(&source);
    let envelope = &source[source
        .find("<itk:DistributionEnvelope")
        .expect("an envelope")..];
    for version in ["v1-0", "v2-0"] {
        let cpis = Cpis::new();
        let own = text(&Ask::new(&cpis.world.env).bytes(&cpis.world.env));
        let (before, rest) = own.split_once("<itk:Dist").expect("an envelope");
        let (_, after) = rest.split_once("DistributionEnvelope>").expect("its end");
        let message = format!("{before}{envelope}{after}");
        let message = message.replace("profile:CP-ISNHSQuery-v1-0", &profile(version));
        let answer = cpis.check(message.as_bytes()).await;
        assert_eq!(
            code(&answer),
            ResponseCode::Success,
            "{}",
            cpis.decision().await
        );
        let (_, asked) = cpis.spine.asked().pop().expect("a query");
        assert_eq!(asked.id, "7D616840-AE1A-11DB-973A-B18E1E0994CE");
        assert_eq!(asked.at.as_str(), "20240102030405+0000");
        assert_eq!(found(&answer).id, asked.id);
    }
}

fn profile(version: &str) -> String {
    format!("profile:CP-ISNHSQuery-{version}")
}

/// What the Spine must do so that the code of each published answer is ours.
async fn answered(cpis: &mut Cpis, expected: ResponseCode, published: &[u8]) -> Vec<u8> {
    let document = Document::parse(published).expect("well-formed");
    let payload = document.root().find(ns::HL7, PAYLOAD).expect("a payload");
    let mut ask = Ask::new(&cpis.world.env);
    cpis.world.config.cpis.check_digit = CheckDigit::Ignored;
    match expected {
        ResponseCode::Success => {
            let answer = answer::read(payload).expect("readable");
            ask.query.patient = answer.patient().expect("a number");
            ask.query.id.clone_from(&answer.id);
            cpis.spine.answers(Reply::Answer(Box::new(answer)));
        }
        ResponseCode::InputValidation => ask.query.silent = true,
        ResponseCode::NoSuchPatient => {
            cpis.world.config.cpis.trace = true;
            super::codes::know(cpis, crate::tests::world::OTHER_PATIENT).await;
        }
        ResponseCode::AuthorCredentials => ask.person().user = "999999999999".to_owned(),
        ResponseCode::NoRecord => cpis.spine.answers(Reply::NoRecord),
        other => {
            assert_eq!(other, ResponseCode::Failure);
            cpis.world.store = super::codes::broken_store();
        }
    }
    let bytes = ask.bytes(&cpis.world.env);
    let response = cpis.respond(&bytes).await;
    assert_eq!(code(&read(&response)), expected);
    response.body.to_vec()
}

/// An element and everything in it, a line for each: names, attributes in order, texts. Ids and
/// times that every answer has of its own are not told.
fn tree(element: Element<'_, '_>, path: &str, lines: &mut Vec<String>) {
    let path = format!("{path}/{}", element.name());
    let mut attributes: Vec<String> = element
        .attributes()
        .map(|(_, name, value)| match is_own(&path, name) {
            true => format!("{name}=…"),
            false => format!("{name}={}", value.trim()),
        })
        .collect();
    attributes.sort();
    let namespace = element.namespace();
    let said = element.text();
    lines.push(format!(
        "{path} {{{namespace}}} {} {}",
        attributes.join(" "),
        said.trim()
    ));
    for child in element.children() {
        tree(child, &path, lines);
    }
}

fn is_own(path: &str, attribute: &str) -> bool {
    let ends = |end: &str| path.ends_with(end);
    match attribute {
        "trackingid" => true,
        "id" => ends("/manifestitem") || ends("/payload"),
        "root" => ends("/CP-ISNHSQueryResponse/id"),
        "value" => ends("/CP-ISNHSQueryResponse/effectiveTime"),
        _ => false,
    }
}

fn lines(message: &[u8]) -> Vec<String> {
    let document = Document::parse(message).expect("well-formed");
    let root = document.root();
    let envelope = match root.is(ns::ITK, "DistributionEnvelope") {
        true => root,
        false => root.find(ns::ITK, "DistributionEnvelope").expect("one"),
    };
    let mut lines = Vec::new();
    tree(envelope, "", &mut lines);
    lines
}

#[tokio::test]
async fn our_answers_are_those_of_the_test_tool() {
    const TEST: &str = "our_answers_are_those_of_the_test_tool";
    for (name, expected) in [
        ("Success_REPC_MT000012GB01_SMSP-0000", ResponseCode::Success),
        (
            "Failure_REPC_MT000012GB01_SMSP-0001",
            ResponseCode::InputValidation,
        ),
        (
            "Failure_REPC_MT000012GB01_SMSP-0003",
            ResponseCode::NoSuchPatient,
        ),
        (
            "Failure_REPC_MT000012GB01_SMSP-0005",
            ResponseCode::AuthorCredentials,
        ),
        ("Failure_REPC_MT000012GB01_SMSP-9999", ResponseCode::Failure),
        ("NRF_REPC_MT000012GB01_CPIS-0001", ResponseCode::NoRecord),
    ] {
        let file = format!("itk-smsp-responses/NHSQueryResponse_{name}_01_ITK.xml");
        let Some(published) = vector(TEST, &file) else {
            return;
        };
        let ours = answered(&mut Cpis::new(), expected, &published).await;
        assert_eq!(lines(&ours), lines(&published), "{name}");
    }
}

/// The Spine's published answer breaks its own schema in five ways; what a client gets does not.
#[tokio::test]
async fn the_spines_published_answer_is_repaired() {
    const TEST: &str = "the_spines_published_answer_is_repaired";
    let name = "spine-sync/REPC_IN000007GB01_sync_template1.xml";
    let Some(published) = vector(TEST, name) else {
        return;
    };
    let cpis = Cpis::answering(body(&published));
    let mut ask = Ask::new(&cpis.world.env);
    ask.query.id = "3843ED8F-3DC7-45B5-9DAF-2B99D405AD82".to_owned();
    ask.query.patient = NhsNumber::parse("9449310394").expect("a number");
    let answer = cpis.check(&ask.bytes(&cpis.world.env)).await;
    assert_eq!(
        found(&answer).accesses.len(),
        10,
        "{}",
        cpis.decision().await
    );
    let value = "<value codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.499\" code=\"SMSP-0000\" \
                 displayName=\"Success\"/>";
    let payload = altered(&answer.payload, value, "");
    testkit::xsd::assert_valid_cpis("REPC_MT000007GB01", &payload);

    // Asked under another id, it is the answer all the same, unless the id counts.
    for (same_id, expected) in [
        (None, ResponseCode::Success),
        (Some(false), ResponseCode::Success),
        (Some(true), ResponseCode::ResponseValidation),
    ] {
        let mut cpis = Cpis::answering(body(&published));
        if let Some(same_id) = same_id {
            cpis.world.config.cpis.same_query_id = same_id;
        }
        ask.query.id = cpis.world.env.uuid();
        let answer = cpis.check(&ask.bytes(&cpis.world.env)).await;
        assert_eq!(code(&answer), expected);
    }
}

/// Of a query the whole of what we write is valid too, around every answer.
#[tokio::test]
async fn what_is_found_is_valid_by_the_schema() {
    for by_system in [false, true] {
        let cpis = Cpis::new();
        let env = &cpis.world.env;
        let ask = match by_system {
            true => Ask::by_system(env),
            false => Ask::new(env),
        };
        let answer = cpis.check(&ask.bytes(env)).await;
        let document = Document::parse(&answer.payload).expect("well-formed");
        let value = document.root().child(ns::HL7, "value").expect("a value");
        let written = value.slice().bytes.to_owned();
        let payload = altered(&answer.payload, &written, "");
        testkit::xsd::assert_valid_cpis("REPC_MT000007GB01", &payload);
    }
}

#[tokio::test]
async fn published_refusals_have_their_codes() {
    const TEST: &str = "published_refusals_have_their_codes";
    let Some(refused) = vector(TEST, "spine-sync/MCCI_IN010000UK13_sync_template.xml") else {
        return;
    };
    let Some(fault) = vector(TEST, "spine-errors/SoapFault_Template.xml") else {
        return;
    };
    let cpis = Cpis::new();
    let ask = Ask::new(&cpis.world.env);
    // The template acknowledges a placeholder, which is another message.
    for (reply, expected) in [
        (body(&refused), ResponseCode::ResponseValidation),
        (
            body(
                text(&refused)
                    .replacen("<acknowledgement typeCode=\"AE\">", "<x>", 1)
                    .replacen("</acknowledgement>", "</x>", 1)
                    .as_bytes(),
            ),
            ResponseCode::SpineService,
        ),
        (
            Reply::Http(500, "text/xml", fault),
            ResponseCode::SpineService,
        ),
    ] {
        cpis.spine.answers(reply);
        let mut ask = ask.clone();
        ask.query.id = cpis.world.env.uuid();
        let answer = cpis.check(&ask.bytes(&cpis.world.env)).await;
        assert_eq!(code(&answer), expected, "{}", cpis.decision().await);
    }
}
