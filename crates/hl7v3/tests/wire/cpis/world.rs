//! A child, who asks about them, and what is held.

use domain::NhsNumber;
use domain::cpis::{
    Author, Authority, Device, JobTitle, LocalId, Organisation, Person, PersonName, PlanType,
    Responsible, Subject,
};
use hl7v3::Interaction;
use hl7v3::cpis::answer::{Answer, Contact, Record, Role, Seen, ShownPlan, ShownSubject};
use hl7v3::cpis::query::Query;
use jiff::civil::date;
use xml::{Document, Writer};

use crate::support::*;

pub(crate) const QUERY_ID: &str = "1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11";

pub(crate) fn title() -> JobTitle {
    JobTitle {
        code: "S0010:G0020:R0050".to_owned(),
        display_name: "Consultant & lead".to_owned(),
    }
}

pub(crate) fn organisation() -> Organisation {
    Organisation {
        code: "RZZ01".to_owned(),
        site: true,
        name: "EXAMPLE EMERGENCY DEPARTMENT".to_owned(),
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

pub(crate) fn person() -> Author {
    Author::Person(Person {
        role: title(),
        user: "111111111111".to_owned(),
        role_profile: Some("222222222222".to_owned()),
        name: PersonName {
            usage: Some("L".to_owned()),
            prefix: strings(&["Dr"]),
            given: strings(&["Ada", "Mary"]),
            family: strings(&["Barstow"]),
            suffix: strings(&["FRCEM"]),
            text: None,
        },
        organisation: organisation(),
    })
}

pub(crate) fn device() -> Author {
    let responsible = |text: &str| Responsible {
        role: title(),
        name: PersonName {
            text: Some(text.to_owned()),
            ..PersonName::default()
        },
    };
    Author::Device(Device {
        asid: "200000000001".to_owned(),
        responsible: vec![responsible("Lead One"), responsible("Lead Two")],
        organisation: Organisation {
            site: false,
            ..organisation()
        },
    })
}

pub(crate) fn query(author: Author, silent: bool) -> Query {
    Query {
        id: QUERY_ID.to_owned(),
        at: time("20240701130000+0100"),
        author,
        patient: patient(),
        silent,
    }
}

pub(crate) fn seen(id: &str, at: &str, author: Author) -> Seen {
    Seen {
        id: id.to_owned(),
        at: time(at),
        author,
        patient: patient(),
    }
}

pub(crate) fn subject(role: Role, patient: Option<NhsNumber>) -> ShownSubject {
    ShownSubject {
        role,
        patient,
        person: Subject {
            given: "Tess".to_owned(),
            family: "O'Example".to_owned(),
            birth_date: date(2009, 5, 29),
            local_id: Some(LocalId {
                id: "LA-1".to_owned(),
                assigned_by: Some("V145:Example Council".to_owned()),
            }),
        },
    }
}

pub(crate) fn plan(kind: PlanType, start: &str, end: Option<&str>) -> ShownPlan {
    ShownPlan {
        kind,
        start: start.parse().expect("a date"),
        end: end.map(|end| end.parse().expect("a date")),
    }
}

/// Two authorities: one with each kind of plan for one girl, one with the least there may be.
pub(crate) fn answer() -> Answer {
    let full = Record {
        authority: Authority {
            code: domain::OdsCode::parse("V145").expect("a code"),
            name: "Example Council".to_owned(),
        },
        site: false,
        contact: Contact {
            office: Some("tel:+441632960001".to_owned()),
            emergency: Some("tel:01632960002".to_owned()),
        },
        plans: vec![
            plan(PlanType::LookedAfter, "202301020000", None),
            plan(PlanType::Unborn, "202401020930", Some("202410020000")),
            plan(
                PlanType::ChildProtection,
                "202201020000",
                Some("202212312359"),
            ),
        ],
        subjects: vec![
            subject(Role::Child, Some(patient())),
            subject(Role::Mother, Some(patient())),
        ],
    };
    let mut least = subject(Role::Child, Some(patient()));
    least.person.local_id = None;
    let small = Record {
        authority: Authority {
            code: domain::OdsCode::parse("V99").expect("a code"),
            name: "Other Council".to_owned(),
        },
        site: true,
        contact: Contact {
            office: None,
            emergency: Some("tel:999".to_owned()),
        },
        plans: vec![plan(PlanType::ChildProtection, "202401020000", None)],
        subjects: vec![least],
    };
    Answer {
        id: QUERY_ID.to_owned(),
        at: time("20240701130001+0100"),
        accesses: vec![
            seen(OTHER_ID, "20240601090000", device()),
            seen(QUERY_ID, "20240701130000+0100", person()),
        ],
        records: vec![full, small],
    }
}

/// What a function writes, as a document of its own.
pub(crate) fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut w = Writer::new();
    write(&mut w);
    w.finish()
}

pub(crate) fn parsed(bytes: &[u8]) -> Document<'_> {
    Document::parse(bytes).expect("well formed")
}

/// Validates the element of this name of a message, against the schema of that name or another.
pub(crate) fn validate_element(message: &[u8], element: &str, schema: &str) {
    let doc = parsed(message);
    let found = doc.root().find(xml::ns::HL7, element).expect(element);
    // The namespaces of elements around it go with it.
    let (bytes, inherited) = found.slice().to_owned_parts();
    let mut source = text(&bytes);
    for (prefix, namespace) in inherited {
        let name = match prefix.as_str() {
            "" => "xmlns".to_owned(),
            prefix => format!("xmlns:{prefix}"),
        };
        source.insert_str(1 + element.len(), &format!(" {name}=\"{namespace}\""));
    }
    // Younger than the schema.
    let source = source.replace("<accessEventType value=\"false\"/>", "");
    testkit::xsd::assert_valid_cpis(schema, source.as_bytes());
}

/// Validates a whole message.
pub(crate) fn validate_message(message: &[u8], interaction: Interaction) {
    validate_element(message, interaction.id(), interaction.id());
}
