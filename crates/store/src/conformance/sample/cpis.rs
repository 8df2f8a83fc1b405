//! Made-up values of CP-IS and of mailboxes.

use domain::cpis::{
    Access, Author, Authority, AuthorityContact, Demographics, Device, JobTitle, LocalId,
    Organisation, Person, PersonName, Plan, PlanDate, PlanType, RecordCode, RecordFault,
    RecordOutcome, Responsible, Standing, Subject,
};
use domain::{Asid, NhsNumber, OdsCode};
use jiff::civil::date;

use super::{message_id, patient, time};
use crate::{AccessNotice, InactiveNotice, MailChunk, MailMessage, MailState, Upload};

/// A patient of a published test pack: the check digit is wrong.
pub fn odd_patient() -> NhsNumber {
    NhsNumber::parse_any("1234567895").expect("ten digits")
}

/// A local authority.
pub fn authority(number: u32) -> OdsCode {
    OdsCode::parse(&format!("V{number}")).expect("an ODS code")
}

/// The start of a plan, on a day of 2024.
pub fn plan_start(day: u32) -> PlanDate {
    format!("202401{day:02}0930").parse().expect("a date")
}

/// A plan of the `by`-th authority that starts on a day of January 2024; what else it says goes by
/// `number`.
pub fn plan(of: NhsNumber, by: u32, kind: PlanType, day: u32, number: u32) -> Plan {
    let every = |other: u32| number.is_multiple_of(other);
    Plan {
        patient: of,
        authority: Authority {
            code: authority(by),
            name: format!("Example \"Council\" {by}"),
        },
        kind,
        start: plan_start(day),
        end: every(2).then(|| plan_start(day).plus_days(100)),
        delete: every(3).then(|| plan_start(day).plus_days(200)),
        contact: AuthorityContact {
            office: every(2).then(|| format!("tel:0{number}")),
            emergency: format!("tel:+44{number}"),
        },
        subject: Subject {
            given: format!("Zo\u{eb} {number}"),
            family: "O'Example-<\"Smith\">".to_owned(),
            birth_date: date(2014, 5, 29),
            local_id: every(2).then(|| LocalId {
                id: format!("local {number}"),
                assigned_by: every(4).then(|| "V1:Example Council".to_owned()),
            }),
        },
        file: format!("00{number}"),
        created_at: time(i64::from(number)),
        updated_at: time(i64::from(number) + 1),
        inactive: every(5),
    }
}

/// The author of a query: people and systems by turns.
pub fn cpis_author(number: u32) -> Author {
    let role = JobTitle {
        code: "S0010:G0020:R0050".to_owned(),
        display_name: "Consultant & \"lead\"".to_owned(),
    };
    let name = PersonName {
        usage: Some("L".to_owned()),
        prefix: vec!["Dr".to_owned()],
        given: vec!["Ann".to_owned(), "Zo\u{eb}".to_owned()],
        family: vec!["Example".to_owned()],
        suffix: Vec::new(),
        text: None,
    };
    let organisation = Organisation {
        code: format!("rx{}", number % 3),
        site: number.is_multiple_of(3),
        name: "An Example Trust".to_owned(),
    };
    match number % 2 {
        0 => Author::Person(Person {
            role,
            user: format!("user {number}"),
            role_profile: number.is_multiple_of(4).then(|| "100".to_owned()),
            name,
            organisation,
        }),
        _ => Author::Device(Device {
            asid: format!("{:012}", 200_000_000_000 + u64::from(number)),
            responsible: vec![Responsible { role, name }],
            organisation,
        }),
    }
}

/// The id of a query.
pub fn query_id(number: u32) -> String {
    format!("C0FFEE00-0000-4000-8000-{number:012}")
}

/// An access of the `by`-th author.
pub fn cpis_access(of: NhsNumber, by: u32, number: u32, at: i64) -> Access {
    Access {
        patient: of,
        query: query_id(number),
        at: time(at),
        author: cpis_author(by),
        asid: Asid::parse("200000000001").expect("12 digits"),
        message: message_id(number),
    }
}

/// A notice to the `to`-th authority of an access at `at`, that arose a minute later.
pub fn notice(to: u32, number: u32, at: i64) -> AccessNotice {
    AccessNotice {
        authority: authority(to),
        access: cpis_access(patient(number % 3), number % 5, number, at),
        file: format!("00{number}"),
        created_at: time(at + 60),
        told_at: None,
    }
}

/// A notice to the `to`-th authority that a number went out of use at `at`.
pub fn inactive(to: u32, of: NhsNumber, at: i64) -> InactiveNotice {
    InactiveNotice {
        authority: authority(to),
        patient: of,
        replaced_by: (at % 2 == 0).then(odd_patient),
        file: format!("00{at}"),
        created_at: time(at),
        told_at: None,
    }
}

/// An upload of the `by`-th authority of which so many records have been read.
pub fn upload(by: u32, file: &str, records: u32) -> Upload {
    let outcome = |record| match record % 3 {
        0 => RecordOutcome::STORED,
        1 => RecordOutcome::Code(RecordCode::NotVerified),
        _ => RecordOutcome::Fault(RecordFault::Organisation),
    };
    let is_done = records.is_multiple_of(2);
    Upload {
        authority: authority(by),
        file: file.to_owned(),
        message: format!("mail {by}"),
        digest: [records as u8; 32],
        declared: u64::from(records) + 1,
        outcomes: (0..records).map(outcome).collect(),
        result: is_done.then(|| "CPF03".to_owned()),
        received_at: time(i64::from(by)),
        answered_at: is_done.then(|| time(i64::from(records))),
    }
}

/// A person on PDS.
pub fn person(number: NhsNumber, standing: Standing) -> Demographics {
    Demographics {
        number,
        given: vec!["Zo\u{eb} \"Z\"".to_owned(), "Ann".to_owned()],
        family: "O'Example".to_owned(),
        birth_date: date(2014, 5, 29),
        sensitive: standing == Standing::Invalid,
        standing,
    }
}

/// A message to the `to`-th authority's mailbox, begun at `at`. It is accepted.
pub fn mail(number: u32, to: u32, at: i64) -> MailMessage {
    let is_even = number.is_multiple_of(2);
    MailMessage {
        id: format!("mail {number}"),
        from: format!("{}OT001", 3 + number % 2),
        to: format!("{to}HC001"),
        workflow: if is_even { "CPIS_UPLOAD" } else { "CPIS_ASN" }.to_owned(),
        local_id: is_even.then(|| format!("local {}", number % 4)),
        file_name: is_even.then(|| "a \"file\".xml".to_owned()),
        subject: (!is_even).then(|| "two\nlines".to_owned()),
        state: MailState::Accepted,
        chunks: number,
        size: u64::from(number) * 1_000,
        created_at: time(at),
        changed_at: time(at + 1),
    }
}

/// A part of a message: compressible, with bytes of every kind.
pub fn chunk(message: &str, number: u32) -> MailChunk {
    let mut bytes = (0..=255).collect::<Vec<u8>>();
    bytes.extend(format!("<record>{number}</record>").repeat(1_000).bytes());
    MailChunk {
        message: message.to_owned(),
        number,
        bytes,
    }
}
