//! Answers that show a record: written valid, read with all that the Spine's own does otherwise.

use domain::code::cpis::ResponseCode;
use domain::cpis::{PlanDate, PlanType};
use domain::{NhsNumber, OdsCode, oid};
use hl7v3::cpis::answer::{
    self, Answer, Contact, Found, PAYLOAD, Record, Role, Seen, Shape, ShownPlan, ShownSubject,
};
use hl7v3::cpis::reply::{self, Reply};
use hl7v3::{AnswerError, Interaction};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::authors::any_author;
use super::world::*;
use crate::support::*;

fn found(answer: &Answer, shape: Shape) -> Vec<u8> {
    with_answer(Interaction::CpisQuery, |parts| {
        Found { answer, shape }.write(parts)
    })
}

pub(crate) fn message() -> Vec<u8> {
    found(&answer(), Shape::OneEach)
}

fn read(message: &[u8]) -> Answer {
    match reply::read(&parsed(message)) {
        Ok(Reply::Found(answer)) => *answer,
        other => panic!("{other:?}"),
    }
}

fn payload(answer: &Answer, value: Option<ResponseCode>) -> String {
    text(&written(|w| answer::write_payload(w, answer, value)))
}

fn read_payload(source: &str) -> Answer {
    let doc = parsed(source.as_bytes());
    answer::read(doc.root()).expect("an answer")
}

#[test]
fn an_answer_is_valid_and_reads_as_itself() {
    let written = message();
    validate_message(&written, Interaction::CpisAnswer);
    assert_eq!(read(&written), answer());
    let message = text(&written);
    for part in [
        "<wsa:Action>urn:nhs:names:services:cpisquery/REPC_IN000007GB01</wsa:Action>",
        "<CP-ISNHSQueryResponse><REPC_IN000007GB01 ",
        "<versionCode code=\"v3INF_DMSv5.7:FIN\"/>",
        "<pertinentTotalReturnedAccessRecords><value value=\"2\"/>",
        "<pertinentTotalReturnedChildRecords><value value=\"2\"/>",
        "<queryAck type=\"QueryAck\"><queryResponseCode code=\"OK\"/>",
    ] {
        assert!(message.contains(part), "{part}");
    }
    assert!(!message.contains("<acknowledgement"));
    assert_eq!(message.matches("<pertinentInformation13>").count(), 2);
    assert_eq!(answer().patient(), Some(patient()));

    let bare = with_bare_answer(Interaction::CpisQuery, |parts| {
        let answer = &answer();
        let shape = Shape::OneEach;
        Found { answer, shape }.write(parts)
    });
    validate_message(&bare, Interaction::CpisAnswer);
    assert_eq!(read(&bare), answer());
}

#[test]
fn old_clients_get_all_accesses_together() {
    let written = found(&answer(), Shape::Together);
    let message = text(&written);
    assert_eq!(message.matches("<pertinentInformation13>").count(), 1);
    assert_eq!(message.matches("<pertinentCP-ISNHSQuery>").count(), 2);
    assert_eq!(read(&written), answer());
    let alone = bare_of(&written, Interaction::CpisAnswer);
    let valid = testkit::xsd::validate_cpis("REPC_IN000007GB01", alone.as_bytes());
    assert_ne!(
        valid,
        testkit::xsd::Outcome::Valid,
        "why it is not the default"
    );
    let none = Answer {
        accesses: Vec::new(),
        ..answer()
    };
    let written = found(&none, Shape::Together);
    assert!(!text(&written).contains("<pertinentInformation13>"));
    assert_eq!(read(&written), none);
}

#[test]
fn a_mini_services_payload_has_a_value() {
    let source = payload(&answer(), Some(ResponseCode::Success));
    let value = "<value codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.499\" code=\"SMSP-0000\" \
                 displayName=\"Success\"/>";
    let without = mutate(&source, value, "");
    validate_element(without.as_bytes(), PAYLOAD, "REPC_MT000007GB01");
    assert_eq!(without, payload(&answer(), None));
    assert!(source.contains(&format!("{value}<pertinentInformation11>")));
    assert_eq!(read_payload(&source), answer());
    let doc = parsed(source.as_bytes());
    let read = answer::read_value(doc.root()).expect("a value");
    assert_eq!(ResponseCode::of(&read.code), Some(ResponseCode::Success));
    assert_eq!(read.system, oid::CPIS_MINI_SERVICE_RESPONSE);
    assert_eq!(read.text, "Success");
    let doc = parsed(without.as_bytes());
    assert_eq!(answer::read_value(doc.root()), None);
}

/// Whatever was found: who is told that it failed is told nothing else.
#[test]
fn a_failure_says_nothing_but_why() {
    for code in ResponseCode::ALL {
        if code == ResponseCode::Success {
            continue;
        }
        let source = payload(&answer(), Some(code));
        let alone = written(|w| answer::write_failure(w, QUERY_ID, &answer().at, code));
        assert_eq!(source, text(&alone));
        let doc = parsed(&alone);
        let names: Vec<&str> = doc.root().children().map(|child| child.name()).collect();
        assert_eq!(
            names,
            [
                "effectiveTime",
                "id",
                "value",
                "pertinentInformation11",
                "pertinentInformation12",
            ]
        );
        assert_eq!(source.matches("<value value=\"0\"/>").count(), 2);
        let read = read_payload(&source);
        assert!(read.accesses.is_empty() && read.records.is_empty());
        let value = answer::read_value(doc.root()).expect("a value");
        assert_eq!((value.code.as_str(), value.text.as_str()), code.code());
    }
}

/// In any order, with other prefixes, and as the Spine's published answer has it.
#[test]
fn an_answer_is_read_whatever_its_form() {
    let source = "<p:CP-ISNHSQueryResponse xmlns:p='urn:hl7-org:v3'>
      <p:pertinentInformation14><p:pertinentCP-ISRecordControlAct><p:record>
        <p:CP-ISRecord>
          <p:subject><p:COCT_TP145101GB01.Child><p:childPerson>
            <p:name><p:family>O'Example</p:family><p:given> Tess </p:given></p:name>
            <p:birthTime value='200905290000'/>
          </p:childPerson></p:COCT_TP145101GB01.Child></p:subject>
          <p:pertinentInformation15><p:COCT_TP146103GB01.LACInformation>
            <p:component1><p:lACEndDate><p:value value='20240102103000+0000'/></p:lACEndDate></p:component1>
            <p:component><p:lACStartDate><p:value value='20230102'/></p:lACStartDate></p:component>
          </p:COCT_TP146103GB01.LACInformation></p:pertinentInformation15>
        </p:CP-ISRecord>
        <p:communicationFunctionSnd><p:organisation>
          <p:telecom use='EC' value='tel:999'/><p:telecom use='WP' value='tel:'/>
          <p:name>Other <!-- a comment --> Council</p:name>
          <p:id extension='rfx' root='2.16.840.1.113883.2.1.3.2.4.19.1'/>
        </p:organisation></p:communicationFunctionSnd>
      </p:record></p:pertinentCP-ISRecordControlAct></p:pertinentInformation14>
      <p:id root='1b0c0f02-7e6b-4c53-9c55-0d4b4e0c2a11'/>
      <p:effectiveTime value='20240701130001+0100'/>
    </p:CP-ISNHSQueryResponse>";
    let mut read = read_payload(source);
    let record = &read.records[0];
    assert_eq!(
        record.authority.code,
        OdsCode::parse("RFX").expect("a code")
    );
    assert_eq!(record.authority.name, "Other Council");
    let expected = Contact {
        office: None,
        emergency: Some("tel:999".to_owned()),
    };
    assert_eq!(record.contact, expected);
    let expected = plan(PlanType::LookedAfter, "202301020000", Some("202401021030"));
    assert_eq!(record.plans, [expected]);
    let mut child = subject(Role::Child, None);
    child.person.local_id = None;
    assert!(record.subjects == [child]);
    assert_eq!((read.id.as_str(), read.patient()), (QUERY_ID, None));
    // Mended, it can be passed on.
    read.complete(patient());
    assert_eq!(read.patient(), Some(patient()));
    let written = payload(&read, None);
    validate_element(written.as_bytes(), PAYLOAD, "REPC_MT000007GB01");
}

#[test]
fn an_answer_about_two_numbers_is_about_none() {
    let mut two = answer();
    two.accesses[0].patient = NhsNumber::parse("9990000026").expect("valid");
    assert_eq!(two.patient(), None);
    let mut two = answer();
    two.records[1].subjects[0].patient = NhsNumber::parse("9990000026").ok();
    assert_eq!(two.patient(), None);
}

#[test]
fn an_answer_that_says_too_little_is_none() {
    let message = text(&message());
    for (from, to, rule) in [
        (
            "<uCPStartDate><value value=\"202401020930\"/></uCPStartDate>",
            "",
            "element uCPStartDate is missing",
        ),
        ("202401020930", "soon", "value must be the date of a plan"),
        ("20090529", "2009", "value must be a date of birth"),
        (
            "COCT_TP146105GB01.CPPInformation",
            "COCT_TP146105GB01.Other",
            "a template of a plan is missing",
        ),
        (
            "COCT_TP146105GB01.CPPInformation",
            "COCT_TP146999GB01.CPPInformation",
            "a template of a plan is missing",
        ),
        // Of an upload.
        (
            "COCT_TP146105GB01.CPPInformation",
            "COCT_TP146101GB01.CPPInformation",
            "a template of a plan is missing",
        ),
        (
            "COCT_TP146105GB01#CPPInformation",
            "COCT_TP146103GB01#LACInformation",
            "contentId must name the template beside it",
        ),
        (
            "COCT_TP145101GB01#Child",
            "COCT_TP145100GB01#UnbornChild",
            "contentId must name the template beside it",
        ),
        (
            "COCT_TP145102GB01#AssignedAuthor",
            "COCT_TP145104GB01#System",
            "contentId must name the template beside it",
        ),
        ("tel:999", "tel:9 99", "value must be tel: and digits"),
        ("tel:999", "999", "value must be tel: and digits"),
        ("tel:999", "tel:", "an authority has a telephone number"),
        (
            "<telecom value=\"tel:999\" use=\"EC\"/>",
            "<telecom use=\"EC\"/>",
            "attribute value is missing",
        ),
        (
            "<telecom value=\"tel:999\" use=\"EC\"/>",
            "",
            "an authority has a telephone number",
        ),
        (
            "AccessRecords><value value=\"2\"",
            "AccessRecords><value value=\"3\"",
            "another number of accesses than it holds",
        ),
        (
            "AccessRecords><value value=\"2\"",
            "AccessRecords><value value=\"1\"",
            "another number of accesses than it holds",
        ),
        (
            "AccessRecords><value value=\"2\"",
            "AccessRecords><value value=\"some\"",
            "must be a number",
        ),
        (
            "ChildRecords><value value=\"2\"",
            "ChildRecords><value value=\"5\"",
            "more records than it holds",
        ),
        (
            "cpisquery/REPC_IN000007GB01",
            "cpisquery/QUQI_IN010000UK14",
            "Action must be that of the interaction",
        ),
        (
            "cpisquery/REPC_IN000007GB01",
            "psis/REPC_IN000007GB01",
            "Action must be that of the interaction",
        ),
        (
            "COCT_TP145100GB01.UnbornChild",
            "COCT_TP145100GB01.Other",
            "a template of a child or of an unborn child is missing",
        ),
        ("extension=\"V99\"", "", "attribute extension is missing"),
        (
            "<id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"111111111111\"/>",
            "",
            "authorID missing",
        ),
    ] {
        let broken = mutate(&message, from, to);
        let found = reply::read(&parsed(broken.as_bytes()));
        match found {
            Err(AnswerError::Content(error)) => {
                assert!(error.message.contains(rule), "{error}");
            }
            other => panic!("{rule}: {other:?}"),
        }
    }
    let none = Answer {
        records: Vec::new(),
        ..answer()
    };
    let written = found(&none, Shape::OneEach);
    let found = reply::read(&parsed(&written)).expect_err("no record");
    let rule = "an answer that found something has a record";
    assert!(found.to_string().starts_with(rule), "{found}");
    let other = with_answer(Interaction::DocumentListQuery, |parts| {
        hl7v3::psis::NothingFound.write(parts)
    });
    let found = reply::read(&parsed(&other)).expect_err("another answer");
    assert_eq!(found, AnswerError::Unexpected("QUPC_IN160102UK05"));
}

#[test]
fn one_number_of_any_use_is_enough() {
    let message = text(&message());
    let one = "<telecom value=\"tel:999\" use=\"EC\"/>";
    let number = |number: &str| Some(number.to_owned());
    for (telecoms, office, emergency) in [
        (
            "<telecom value='tel:+44' use='WP'/>",
            number("tel:+44"),
            None,
        ),
        (
            "<telecom use='WP EC' value='tel:1'/>",
            number("tel:1"),
            number("tel:1"),
        ),
        ("<telecom value='tel:1' use='MC'/>", number("tel:1"), None),
        (
            "<telecom value='tel:1' use='MC'/><telecom value='tel:2' use='EC'/>",
            None,
            number("tel:2"),
        ),
    ] {
        let other = mutate(&message, one, telecoms);
        let contact = &read(other.as_bytes()).records[1].contact;
        let expected = &Contact { office, emergency };
        assert_eq!(contact, expected, "{telecoms}");
    }
}

#[test]
fn refusals_may_stand_under_the_service_of_another() {
    let refusal = with_answer(Interaction::CpisQuery, |parts| {
        hl7v3::cpis::acknowledgement::NoRecord.write(parts)
    });
    let refusal = text(&refusal);
    for (action, expected) in [
        ("pds/QUQI_IN010000UK14", true),
        ("cpisquery:QUQI_IN010000UK14", true),
        ("cpisquery/MCCI_IN010000UK13", false),
    ] {
        let said = mutate(&refusal, "cpisquery/QUQI_IN010000UK14", action);
        let read = reply::read(&parsed(said.as_bytes()));
        assert_eq!(matches!(read, Ok(Reply::NoRecord(_))), expected, "{action}");
    }
}

#[test]
fn debug_shows_no_child() {
    let shown = format!("{:?}", answer());
    for hidden in ["Tess", "Example'", "2009", "9990000018", "Barstow", "LA-1"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
}

fn word() -> impl Strategy<Value = String> {
    "[!-~£é😀]{1,12}( [!-~£é😀]{1,5})?"
}

fn uuid() -> impl Strategy<Value = String> {
    "[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}"
}

fn number() -> impl Strategy<Value = NhsNumber> {
    "[0-9]{10}".prop_map(|digits| NhsNumber::parse_any(&digits).expect("ten digits"))
}

fn any_time() -> impl Strategy<Value = domain::Hl7Timestamp> {
    "20[0-9]{2}(0[1-9]|1[012])(0[1-9]|1[0-9])(0[0-9]|1[0-9])[0-5][0-9][0-5][0-9](\\+0[01]00)?"
        .prop_map(|text| time(&text))
}

fn any_date() -> impl Strategy<Value = PlanDate> {
    "(19|20)[0-9]{2}(0[1-9]|1[012])(0[1-9]|1[0-9]|2[0-8])(0[0-9]|1[0-9]|2[0-3])[0-5][0-9]"
        .prop_map(|text| text.parse().expect("a date"))
}

fn any_subject() -> impl Strategy<Value = ShownSubject> {
    let local = (word(), of(word()))
        .prop_map(|(id, assigned_by)| domain::cpis::LocalId { id, assigned_by });
    (
        prop_oneof![Just(Role::Child), Just(Role::Mother)],
        of(number()),
        (word(), word()),
        0..30_000i64,
        of(local),
    )
        .prop_map(|(role, patient, (given, family), days, local_id)| {
            let start = jiff::civil::date(1950, 1, 1);
            ShownSubject {
                role,
                patient,
                person: domain::cpis::Subject {
                    given,
                    family,
                    birth_date: start + jiff::Span::new().days(days),
                    local_id,
                },
            }
        })
}

fn any_record() -> impl Strategy<Value = Record> {
    let kind = prop_oneof![
        Just(PlanType::ChildProtection),
        Just(PlanType::LookedAfter),
        Just(PlanType::Unborn),
    ];
    let plan = (kind, any_date(), of(any_date())).prop_map(|(kind, start, end)| ShownPlan {
        kind,
        start,
        end,
    });
    let number = || "tel:\\+?[0-9]{1,12}";
    let contact = prop_oneof![
        (of(number()), number().prop_map(Some)),
        (number().prop_map(Some), of(number())),
    ]
    .prop_map(|(office, emergency)| Contact { office, emergency });
    let authority = ("[A-Z0-9]{3,6}", word()).prop_map(|(code, name)| domain::cpis::Authority {
        code: OdsCode::parse(&code).expect("a code"),
        name,
    });
    (
        authority,
        any::<bool>(),
        contact,
        vec(plan, 1..4),
        vec(any_subject(), 1..3),
    )
        .prop_map(|(authority, site, contact, plans, subjects)| Record {
            authority,
            site,
            contact,
            plans,
            subjects,
        })
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let seen =
        (uuid(), any_time(), any_author(), number()).prop_map(|(id, at, author, patient)| Seen {
            id,
            at,
            author,
            patient,
        });
    let records = vec(any_record(), 1..3);
    (uuid(), any_time(), vec(seen, 0..4), records).prop_map(|(id, at, accesses, records)| Answer {
        id,
        at,
        accesses,
        records,
    })
}

proptest! {
    #[test]
    fn any_answer_reads_as_itself(answer in any_answer(), together in any::<bool>()) {
        let shape = if together { Shape::Together } else { Shape::OneEach };
        prop_assert!(read(&found(&answer, shape)) == answer);
        prop_assert!(read_payload(&payload(&answer, Some(ResponseCode::Success))) == answer);
    }

    #[test]
    fn any_query_reads_as_itself(
        id in uuid(),
        at in any_time(),
        author in any_author(),
        patient in number(),
        silent in any::<bool>(),
    ) {
        let query = hl7v3::cpis::query::Query { id, at, author, patient, silent };
        let source = written(|w| hl7v3::cpis::query::write_stub(w, &query));
        let doc = parsed(&source);
        let read = hl7v3::cpis::query::read(doc.root(), domain::CheckDigit::Ignored);
        prop_assert!(read == Ok(query));
    }
}
