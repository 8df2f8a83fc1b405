//! CP-IS by rote: one number with a plan, and who may ask.

use domain::code::cpis::ResponseCode;
use domain::cpis::{Author, Authority, PlanType, Subject};
use domain::{CheckDigit, Hl7Timestamp, NhsNumber};
use hl7v3::cpis::answer::{self, Answer, Contact, Record, Role, Seen, ShownPlan, ShownSubject};
use hl7v3::cpis::query;
use itk::envelope::Caller;
use jiff::civil::date;
use xml::{Element, Writer};

use crate::world::number;

/// What a query comes to: the code, and whose plans are shown.
pub(crate) fn asked(stub: &Element<'_, '_>, caller: &Caller) -> (ResponseCode, Option<NhsNumber>) {
    let query = query::read(*stub, CheckDigit::Required);
    let query = match (query, itk::cpis::check(*stub)) {
        (Ok(query), Ok(())) if !query.silent => query,
        _ => return (ResponseCode::InputValidation, None),
    };
    let user = caller.user.as_ref().map(|user| user.as_str());
    match &query.author {
        Author::Person(person) if Some(person.user.as_str()) != user => {
            (ResponseCode::AuthorCredentials, None)
        }
        _ if query.patient == number(5) => (ResponseCode::Success, Some(query.patient)),
        _ => (ResponseCode::NoRecord, None),
    }
}

/// Writes a payload.
pub(crate) fn write(w: &mut Writer, id: &str, code: ResponseCode, patient: Option<NhsNumber>) {
    let at = Hl7Timestamp::parse("20260301120000+0000").expect("a time");
    match patient {
        Some(patient) => answer::write_payload(w, &held(id, at, patient), Some(code)),
        None => answer::write_failure(w, id, &at, code),
    }
}

fn held(id: &str, at: Hl7Timestamp, patient: NhsNumber) -> Answer {
    let author = Author::Device(domain::cpis::Device {
        asid: crate::world::ASID.to_owned(),
        responsible: Vec::new(),
        organisation: domain::cpis::Organisation {
            code: "RKE".to_owned(),
            site: false,
            name: "Example Trust".to_owned(),
        },
    });
    Answer {
        id: id.to_owned(),
        at: at.clone(),
        accesses: vec![Seen {
            id: id.to_owned(),
            at,
            author,
            patient,
        }],
        records: vec![Record {
            authority: Authority {
                code: "V145".parse().expect("a code"),
                name: "Example Council".to_owned(),
            },
            site: false,
            contact: Contact {
                office: None,
                emergency: Some("tel:01632960002".to_owned()),
            },
            plans: vec![ShownPlan {
                kind: PlanType::LookedAfter,
                start: "202501020000".parse().expect("a date"),
                end: None,
            }],
            subjects: vec![ShownSubject {
                role: Role::Child,
                patient: Some(patient),
                person: Subject {
                    given: "Tessa".to_owned(),
                    family: "Childname".to_owned(),
                    birth_date: date(2015, 5, 29),
                    local_id: None,
                },
            }],
        }],
    }
}
