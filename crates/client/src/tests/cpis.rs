//! CP-IS: what is asked, what is made of the answer, and how people see it.

use std::sync::{Arc, Mutex};

use domain::code::cpis::ResponseCode;
use domain::cpis::{
    Author, Authority, Device, JobTitle, Organisation, Person, PersonName, PlanType, Responsible,
    Subject,
};
use domain::{CheckDigit, Hl7Timestamp, NhsNumber};
use hl7v3::cpis::answer::{self, Answer, Contact, Record, Role, Seen, ShownPlan, ShownSubject};
use hl7v3::cpis::query;
use itk::fault::Fault;
use itk::response::{Outbound, write};
use jiff::SignedDuration;
use jiff::civil::date;
use transport::{
    BoxFuture, Environment, Upstream, UpstreamError, UpstreamRequest, UpstreamResponse,
};

use crate::render::{self, cpis as page};
use crate::{ChildProtection, ClientError, ClientIdentity, CpisClient, CpisOutcome};

const PATIENT: &str = "9990000018";
const OTHER: &str = "9990000026";

/// A service that answers with these bytes.
struct Service {
    body: Vec<u8>,
    status: u16,
    asked: Mutex<Vec<Vec<u8>>>,
}

impl Upstream for Service {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        let mut asked = self.asked.lock().expect("no panic");
        asked.push(request.body.to_vec());
        let response = UpstreamResponse {
            headers: transport::Headers::default(),
            status: self.status,
            content_type: "text/xml".to_owned(),
            body: self.body.clone().into(),
        };
        Box::pin(async move { Ok(response) })
    }
}

fn patient() -> NhsNumber {
    PATIENT.parse().expect("a number")
}

fn env() -> Environment {
    Environment::simulated("2026-07-02T09:00:00Z".parse().expect("a time"), 5)
}

fn client(status: u16, body: Vec<u8>) -> (CpisClient, Arc<Service>) {
    let service = Arc::new(Service {
        body,
        status,
        asked: Mutex::default(),
    });
    let ods = "RKE".parse().expect("an ODS code");
    let identity = ClientIdentity::new("https://smsp.example/smsp/cpis", "ward-system", ods);
    let upstream = Arc::clone(&service) as Arc<dyn Upstream>;
    (CpisClient::new(identity, upstream, env()), service)
}

fn title() -> JobTitle {
    JobTitle {
        code: "R0050".to_owned(),
        display_name: "Consultant".to_owned(),
    }
}

fn organisation() -> Organisation {
    Organisation {
        code: "RKE".to_owned(),
        site: false,
        name: "Example Trust".to_owned(),
    }
}

fn doctor() -> Author {
    Author::Person(Person {
        role: title(),
        user: "112233445566".to_owned(),
        role_profile: None,
        name: PersonName {
            prefix: vec!["Dr".to_owned()],
            given: vec!["Alex".to_owned()],
            family: vec!["Author".to_owned()],
            ..PersonName::default()
        },
        organisation: organisation(),
    })
}

fn nominated(name: &str) -> Responsible {
    Responsible {
        role: title(),
        name: PersonName {
            text: Some(name.to_owned()),
            ..PersonName::default()
        },
    }
}

fn machine() -> Author {
    Author::Device(Device {
        asid: "200000000115".to_owned(),
        responsible: ["The Lead", "Their Deputy"].map(nominated).to_vec(),
        organisation: organisation(),
    })
}

fn time(text: &str) -> Hl7Timestamp {
    Hl7Timestamp::parse(text).expect("a time")
}

fn seen(at: &str, author: Author) -> Seen {
    Seen {
        id: "1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11".to_owned(),
        at: time(at),
        author,
        patient: patient(),
    }
}

/// A girl who is looked after and expects a child, and a plan of hers that is over.
fn held() -> Answer {
    let plan = |kind, start: &str, end: Option<&str>| ShownPlan {
        kind,
        start: start.parse().expect("a date"),
        end: end.map(|end| end.parse().expect("a date")),
    };
    let subject = |role| ShownSubject {
        role,
        patient: Some(patient()),
        person: Subject {
            given: "Tess".to_owned(),
            family: "Example".to_owned(),
            birth_date: date(2010, 5, 29),
            local_id: None,
        },
    };
    Answer {
        id: "1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11".to_owned(),
        at: time("20260702100000+0100"),
        accesses: vec![
            seen("20260630231500", doctor()),
            seen("20260702100000+0100", machine()),
        ],
        records: vec![Record {
            authority: Authority {
                code: "V145".parse().expect("a code"),
                name: "Example Council".to_owned(),
            },
            site: false,
            contact: Contact {
                office: Some("tel:01632960001".to_owned()),
                emergency: Some("tel:+441632960002".to_owned()),
            },
            plans: vec![
                plan(PlanType::LookedAfter, "202401020000", None),
                plan(PlanType::Unborn, "202605010930", Some("202609010000")),
                plan(
                    PlanType::ChildProtection,
                    "202201020000",
                    Some("202607010000"),
                ),
            ],
            subjects: vec![subject(Role::Child), subject(Role::Mother)],
        }],
    }
}

/// An answer of the mini service with this payload.
fn soap(payload: impl FnOnce(&mut xml::Writer)) -> Vec<u8> {
    let env = env();
    let (message, tracking, id) = (env.uuid(), env.uuid(), env.uuid());
    let provider = "RAL".parse().expect("an ODS code");
    let operation = itk::cpis::Operation::Query;
    let parts = Outbound {
        message_id: &message,
        relates_to: None,
        now: env.now(),
        expires_after: SignedDuration::from_mins(5),
        tracking_id: &tracking,
        payload_id: &id,
        profile_id: itk::Operation::from(operation).response_profile(),
        interaction: itk::Operation::from(operation).response_interaction(),
        provider_ods: &provider,
        client_ods: None,
        signer: None,
    };
    write(&parts, payload)
}

fn success(answer: &Answer) -> Vec<u8> {
    soap(|w| answer::write_payload(w, answer, Some(ResponseCode::Success)))
}

fn failure(code: ResponseCode) -> Vec<u8> {
    let at = time("20260702100000+0100");
    soap(|w| answer::write_failure(w, "1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11", &at, code))
}

async fn ask(status: u16, body: Vec<u8>) -> Result<CpisOutcome, ClientError> {
    let (client, _) = client(status, body);
    let query = client.asked_by(doctor(), patient());
    client.query(&query).await
}

async fn found(answer: &Answer) -> ChildProtection {
    match ask(200, success(answer)).await {
        Ok(CpisOutcome::Found(found)) => *found,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_query_says_who_asks_and_when_and_is_its_own_again() {
    for author in [doctor(), machine()] {
        let (client, service) = client(200, failure(ResponseCode::NoRecord));
        let query = client.asked_by(author.clone(), patient());
        assert!(!query.silent && query.author == author);
        assert_eq!(query.at.as_str(), "20260702090000+0000");
        assert_ne!(client.asked_by(author, patient()).id, query.id);
        for _ in 0..2 {
            client.query(&query).await.expect("an answer");
        }
        let ready = client.request_bytes(&query, SignedDuration::from_hours(1));
        let mut asked = service.asked.lock().expect("no panic").clone();
        asked.push(ready);
        for bytes in asked {
            let document = xml::Document::parse(&bytes).expect("well-formed");
            let stub = document.root().find(xml::ns::HL7, query::STUB);
            let stub = stub.expect("a stub");
            assert_eq!(itk::cpis::check(stub), Ok(()));
            assert_eq!(query::read(stub, CheckDigit::Required), Ok(query.clone()));
        }
    }
}

#[tokio::test]
async fn answers_are_told_apart() {
    let held = held();
    let read = found(&held).await;
    assert_eq!((read.answer, read.patient), (held, patient()));
    for code in ResponseCode::ALL {
        let outcome = match code {
            ResponseCode::Success => continue,
            code => ask(200, failure(code)).await.expect("an answer"),
        };
        match (code, outcome) {
            (ResponseCode::NoRecord, CpisOutcome::NoRecord) => {}
            (code, CpisOutcome::Refused(refused)) => {
                let said = (refused.code.as_str(), refused.display.as_str());
                assert_eq!(said, code.code());
            }
            (code, other) => panic!("{code:?}: {other:?}"),
        }
    }
    let fault = Fault::access_denied("no").write("A", None, "B");
    let outcome = ask(500, fault).await.expect("an answer");
    assert!(matches!(outcome, CpisOutcome::Fault(_)), "{outcome:?}");
}

#[tokio::test]
async fn what_is_another_patients_or_nobodys_is_discarded() {
    let other = || OTHER.parse().ok();
    let mut of_another = held();
    of_another.records[0].subjects[0].patient = other();
    let mut seen_of_another = held();
    seen_of_another.accesses[0].patient = other().expect("a number");
    let mut nobodys = held();
    nobodys.accesses.clear();
    for subject in &mut nobodys.records[0].subjects {
        subject.patient = None;
    }
    for answer in [of_another, seen_of_another, nobodys] {
        let outcome = ask(200, success(&answer)).await;
        assert!(
            matches!(outcome, Err(ClientError::WrongPatient)),
            "{outcome:?}"
        );
    }
    let mut empty = held();
    empty.records.clear();
    let outcome = ask(200, success(&empty)).await;
    assert!(
        matches!(outcome, Err(ClientError::Unreadable(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn the_published_answers_are_read() {
    const TEST: &str = "the_published_answers_are_read";
    for (name, code) in [
        ("Success_REPC_MT000012GB01_SMSP-0000", "SMSP-0000"),
        ("Failure_REPC_MT000012GB01_SMSP-0001", "SMSP-0001"),
        ("Failure_REPC_MT000012GB01_SMSP-0003", "SMSP-0003"),
        ("Failure_REPC_MT000012GB01_SMSP-0005", "SMSP-0005"),
        ("Failure_REPC_MT000012GB01_SMSP-9999", "SMSP-9999"),
        ("NRF_REPC_MT000012GB01_CPIS-0001", "CPIS-0001"),
    ] {
        let file = format!("cpis/itk-smsp-responses/NHSQueryResponse_{name}_01_ITK.xml");
        let Some(path) = testkit::vectors_or_skip(TEST, &file) else {
            return;
        };
        let body = transport::files::read(&path).expect("a file");
        let (client, _) = client(200, body);
        let patient = NhsNumber::parse_any("1234567895").expect("ten digits");
        let query = client.asked_by(doctor(), patient);
        let outcome = client.query(&query).await.expect("an answer");
        match (code, outcome) {
            ("SMSP-0000", CpisOutcome::Found(found)) => {
                let text = page::text(&found.finding(), 100);
                for part in [
                    "Islington Local Authority (V145)",
                    "0734577777",
                    "Louise Doyle",
                ] {
                    assert!(text.contains(part), "{part} is not in {text}");
                }
                let xml = render::xml(&found.payload);
                assert!(xml::Document::parse(&xml).is_ok());
            }
            ("CPIS-0001", CpisOutcome::NoRecord) => {}
            (code, CpisOutcome::Refused(refused)) => assert_eq!(refused.code, code),
            (code, other) => panic!("{code}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_text_has_what_somebody_in_a_hurry_needs() {
    let found = found(&held()).await;
    let text = page::text(&found.finding(), 100);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    for line in [
        "NHS number : 999 000 0018",
        "As of      : 2 July 2026 at 10:00",
        "! There is child protection information from one local authority.",
        "Example Council (V145)",
        "! Emergency duty team: +441632960002",
        "! In office hours: 01632960001",
        "Looked After Child           2 January 2024          open",
        "Unborn Child Protection Plan  1 May 2026 at 09:30  1 September 2026",
        "- Tess Example, born 29 May 2010: child",
        "- Tess Example, born 29 May 2010: mother of an unborn child",
        "Who has looked, in unscheduled care",
    ] {
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_there = lines.iter().any(|l| squeezed(l) == squeezed(line));
        assert!(is_there, "{line} is not in\n{text}");
    }
    for part in [
        "1 July 2026 (ended)",
        "30 June 2026 at 23:15",
        "Dr Alex Author",
        "a system, for The Lead; Their",
        "Example Trust (RKE)",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    // The numbers come before anything else of the record.
    let number = text.find("+441632960002").expect("a number");
    assert!(number < text.find("Looked After").expect("a plan"));
    assert!(text.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn no_record_is_said_with_what_it_does_not_mean() {
    let nothing = page::Finding {
        patient: patient(),
        answer: None,
    };
    let text = page::text(&nothing, 80).replace("\n! ", " ");
    let html = page::html(&nothing);
    let json = page::json(&nothing);
    for shown in [&text, &html] {
        assert!(shown.contains("No record"), "{shown}");
        assert!(shown.contains("No record does not mean no risk"), "{shown}");
        assert!(shown.contains("999 000 0018"), "{shown}");
    }
    assert_eq!(
        (&json["found"], &json["nhsNumber"]),
        (&false.into(), &PATIENT.into())
    );
    assert_eq!(json["caution"], page::CAUTION);
}

#[tokio::test]
async fn json_holds_all_of_it() {
    let found = found(&held()).await;
    let json = page::json(&found.finding());
    assert_eq!(json["found"], true);
    let record = &json["records"][0];
    assert_eq!(record["authority"]["odsCode"], "V145");
    assert_eq!(record["telephone"]["emergency"], "tel:+441632960002");
    assert_eq!(record["plans"][1]["type"], "UCP");
    assert_eq!(record["plans"][1]["start"], "2026-05-01T09:30");
    assert_eq!(record["plans"][0]["end"], serde_json::Value::Null);
    assert_eq!(record["subjects"][1]["role"], "mother");
    assert_eq!(record["subjects"][0]["birthDate"], "2010-05-29");
    assert_eq!(json["accesses"][0]["author"]["name"], "Dr Alex Author");
    assert_eq!(
        json["accesses"][1]["author"]["responsible"][1]["name"],
        "Their Deputy"
    );
}

#[tokio::test]
async fn no_markup_of_an_answer_reaches_the_page() {
    for attack in [
        "<script>alert(1)</script>",
        "\"><svg/onload=alert(1)>",
        "<!--",
    ] {
        let mut held = held();
        attack.clone_into(&mut held.records[0].authority.name);
        attack.clone_into(&mut held.records[0].subjects[0].person.family);
        if let Author::Person(person) = &mut held.accesses[0].author {
            attack.clone_into(&mut person.role.display_name);
        }
        let mut found = found(&held).await;
        // No reader takes such a telephone number, so it would have to come from elsewhere.
        found.answer.records[0].contact.office = Some(attack.to_owned());
        let html = page::html(&found.finding());
        for markup in ["<script", "<svg", "<!--"] {
            assert!(!html.contains(markup), "{html}");
        }
        // Nor does anything that moves a terminal's cursor.
        let mut held = held.clone();
        held.records[0].authority.name = "a\u{1b}[2Jb".to_owned();
        let finding = page::Finding {
            patient: patient(),
            answer: Some(&held),
        };
        assert!(!page::text(&finding, 80).contains('\u{1b}'));
    }
}
