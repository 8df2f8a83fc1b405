//! A council, a child and a mother.

use domain::cpis::{Authority, AuthorityContact, LocalId, Plan, PlanType, Subject};
use domain::{CheckDigit, NhsNumber, OdsCode};
use hl7v3::cpis::answer::Contact;
use hl7v3::cpis::file::Party;
use hl7v3::cpis::file::upload::{self, Heading, Record};
use jiff::Timestamp;
use jiff::civil::date;

use crate::support::*;

pub(crate) const CHECK: CheckDigit = CheckDigit::Required;

pub(crate) fn council() -> Authority {
    Authority {
        code: OdsCode::parse("V145").expect("a code"),
        name: "Example Council & District".to_owned(),
    }
}

pub(crate) fn contact() -> AuthorityContact {
    AuthorityContact {
        office: Some("tel:+441632960001".to_owned()),
        emergency: "tel:01632960002".to_owned(),
    }
}

pub(crate) fn mother() -> NhsNumber {
    NhsNumber::parse("9990000026").expect("valid")
}

pub(crate) fn local_id() -> LocalId {
    LocalId {
        id: "LA \"1\"".to_owned(),
        assigned_by: Some("V145:Example Council".to_owned()),
    }
}

pub(crate) fn subject(given: &str) -> Subject {
    Subject {
        given: given.to_owned(),
        family: "O'Example & Sons".to_owned(),
        birth_date: date(2012, 2, 29),
        local_id: Some(local_id()),
    }
}

pub(crate) fn plan(kind: PlanType, dates: [Option<&str>; 3]) -> Plan {
    let [start, end, delete] = dates.map(|date| date.map(|date| date.parse().expect("a date")));
    Plan {
        patient: match kind {
            PlanType::Unborn => mother(),
            _ => patient(),
        },
        authority: council(),
        kind,
        start: start.expect("a start"),
        end,
        delete,
        contact: contact(),
        subject: subject("Tess Ann"),
        file: "42".to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        inactive: false,
    }
}

/// The most a record can hold.
pub(crate) fn full_record() -> Record {
    let [start, end, delete] = ["202301020304", "202401022359", "202402290000"];
    Record::of(&[
        &plan(PlanType::LookedAfter, [Some(start), None, None]),
        &plan(
            PlanType::ChildProtection,
            [Some(start), Some(end), Some(delete)],
        ),
        &plan(PlanType::Unborn, [Some(start), Some(end), None]),
    ])
}

/// The least.
pub(crate) fn small_record() -> Record {
    let mut plan = plan(PlanType::LookedAfter, [Some("202301020304"), None, None]);
    plan.subject.local_id = None;
    Record::of(&[&plan])
}

pub(crate) fn heading(quantity: u64) -> Heading {
    Heading {
        created: time("20240701120000+0100"),
        file: "42".to_owned(),
        quantity,
        from: Party::of(&council(), Some(&contact())),
    }
}

/// A whole upload.
pub(crate) fn upload(records: &[Record]) -> Vec<u8> {
    let mut file = upload::start(&heading(records.len() as u64));
    for record in records {
        file.extend(upload::record(record).expect("valid"));
    }
    file.extend(upload::end());
    file
}

pub(crate) fn no_contact() -> Party {
    Party {
        contact: Contact::default(),
        site: true,
        ..Party::of(&council(), None)
    }
}
