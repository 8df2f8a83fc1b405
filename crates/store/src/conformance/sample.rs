//! Made-up values, each different by its number, for tests of stores.

mod cpis;

use domain::activity::ScrAccess;
use domain::alert::{AlertReason, AlertType, PrivacyAlert};
use domain::audit::AuditEvent;
use domain::consent::ConsentSetting;
use domain::permission::{CareProfessional, PermissionSource, PermissionToView, Relationship};
use domain::record::{
    DocumentAuthor, DocumentBytes, DocumentHeader, DocumentState, Marks, SummaryKind,
};
use domain::relationship::{LegitimateRelationship, RelationshipSubject};
use domain::{
    Asid, Consent, DocumentId, Hl7Timestamp, JobRole, MessageId, NhsNumber, OdsCode, RoleProfileId,
    SdsUserId,
};
use jiff::{SignedDuration, Timestamp};

pub use self::cpis::*;
use crate::{
    AccessFilter, ConsentChange, Direction, MessageRecord, NewDocument, OutboxEntry, ReceivedAlert,
    SeenKey, SeenMessage,
};

/// The `number`-th patient, in order of NHS number (999 range).
pub fn patient(number: u32) -> NhsNumber {
    (0..)
        .filter_map(|nine| NhsNumber::from_first_nine(&format!("{:09}", 999_000_000 + nine)))
        .nth(number as usize)
        .expect("ten in eleven have a check digit")
}

/// A time, `seconds` after some start.
pub fn time(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_790_000_000 + seconds)
}

/// A document id.
pub fn document_id(number: u32) -> DocumentId {
    DocumentId::parse(&format!("D0C00000-0000-4000-8000-{number:012}")).expect("a UUID")
}

/// A message id.
pub fn message_id(number: u32) -> MessageId {
    MessageId::parse(&format!("3E55A6E0-0000-4000-8000-{number:012}")).expect("a message id")
}

/// A care professional.
pub fn professional(number: u32) -> CareProfessional {
    CareProfessional {
        user: SdsUserId::parse(&format!("999{number:09}")).expect("12 digits"),
        role_profile: RoleProfileId::parse(&format!("998{number:09}")).expect("12 digits"),
        organisation: OdsCode::parse(&format!("X{number}")).expect("an ODS code"),
    }
}

/// A document in state Normal, made (`effective`) and stored `day` days after some start.
pub fn document(of: NhsNumber, number: u32, day: u32) -> NewDocument {
    let made = Hl7Timestamp::from_instant(time(i64::from(day) * 86_400));
    NewDocument {
        filed_under: of,
        header: DocumentHeader {
            id: document_id(number),
            kind: if number.is_multiple_of(5) {
                SummaryKind::Initial
            } else {
                SummaryKind::Full
            },
            effective: made,
            patient: of,
            author: DocumentAuthor {
                user: Some(professional(number).user),
                role_profile: None,
                organisation: Some("X1".to_owned()),
                name: Some("Dr \"Ann\" Example".to_owned()),
                // Some were filed before it was kept.
                element: (!number.is_multiple_of(3)).then(|| author_element(number)),
            },
            replaces: number
                .is_multiple_of(2)
                .then(|| document_id(number + 1_000)),
            marks: Marks {
                dissent_to_store: number.is_multiple_of(7),
                no_significant_content: number.is_multiple_of(4),
            },
        },
        stored_at: time(i64::from(day) * 86_400 + 60),
        state: DocumentState::Normal,
        replaced_by: None,
        bytes: bytes(number),
    }
}

/// Bytes that are nearly a document's, with all that tempts a store to change them.
pub fn bytes(number: u32) -> DocumentBytes {
    let text = format!(
        "<GPSummary\r\n  id='{number}'><!-- \u{e9} \u{1F9EC} -->{}\t</GPSummary >",
        "<p>one  and\u{a0}the same</p>\n".repeat(number as usize % 40),
    );
    DocumentBytes {
        bytes: text.into_bytes(),
        inherited: vec![
            (String::new(), "urn:hl7-org:v3".to_owned()),
            ("x".to_owned(), "urn:example:\"quoted\" & more".to_owned()),
        ],
    }
}

/// The author of a document as it stands there.
pub fn author_element(number: u32) -> DocumentBytes {
    let text = format!(
        "<author\t typeCode='AUT' ><name>Dr \u{e9} {number}</name>{}</author>",
        "<id/>".repeat(number as usize % 40)
    );
    DocumentBytes {
        bytes: text.into_bytes(),
        inherited: vec![(String::new(), "urn:hl7-org:v3".to_owned())],
    }
}

/// A change of consent.
pub fn consent(of: NhsNumber, setting: ConsentSetting, number: u32) -> ConsentChange {
    ConsentChange {
        patient: of,
        consent: Consent {
            view: setting,
            store: ConsentSetting::Ask,
        },
        at: time(i64::from(number)),
        message: message_id(number),
        author: number.is_multiple_of(2).then(|| professional(number)),
    }
}

/// A permission that starts at `from`.
pub fn permission(of: NhsNumber, holder: CareProfessional, from: i64) -> PermissionToView {
    PermissionToView {
        patient: of,
        holder,
        from: time(from),
        until: Some(time(from + 3_600)),
        source: PermissionSource::CreatePtv,
        message: message_id(1),
    }
}

/// A relationship claimed at `since`.
pub fn relationship(of: NhsNumber, holder: CareProfessional, since: i64) -> Relationship {
    Relationship {
        patient: of,
        holder,
        since: time(since),
        message: message_id(2),
    }
}

/// A key.
pub fn seen_key(number: u32) -> SeenKey {
    SeenKey {
        sender: "999999999999".to_owned(),
        interaction: "QUPC_IN160101UK05".to_owned(),
        message: message_id(number),
    }
}

/// An answered message.
pub fn seen(number: u32, at: i64, expires: i64) -> SeenMessage {
    SeenMessage {
        key: seen_key(number),
        digest: [number as u8; 32],
        answer: vec![0, 255, number as u8],
        at: time(at),
        expires: time(expires),
    }
}

/// A message to send.
pub fn outbox(id: &str, next_try: i64) -> OutboxEntry {
    OutboxEntry {
        lane: "smsp".to_owned(),
        id: id.to_owned(),
        kind: "alert".to_owned(),
        payload: vec![b'{', 0, 200, b'}'],
        patient: Some(patient(1)),
        queued_at: time(0),
        next_try: time(next_try),
        tries: 0,
        expires: None,
        last_error: None,
        dead: false,
    }
}

/// A message of one of two owners, either way, in one of three conversations, about one of four
/// patients, at `at`. It answers the one before the one before.
pub fn message(number: u32, at: i64) -> MessageRecord {
    let is_in = !number.is_multiple_of(2);
    MessageRecord {
        owner: if number % 4 < 2 { "smsp" } else { "spine" }.to_owned(),
        direction: if is_in { Direction::In } else { Direction::Out },
        message: message_id(number),
        conversation: Some(format!("conversation {}", number % 3)),
        ref_to: number.checked_sub(2).map(message_id),
        service: "urn:nhs:names:services:psis".to_owned(),
        interaction: if is_in {
            "REPC_IN150016UK05"
        } else {
            "MCCI_IN010000UK13"
        }
        .to_owned(),
        from: "YES-0000806".to_owned(),
        to: "A \"party\"".to_owned(),
        patient: Some(patient(number % 4)),
        document: is_in.then(|| document_id(number)),
        at: time(at),
        outcome: "AE 410 30142".to_owned(),
        body: (!is_in).then(|| bytes(number).bytes),
    }
}

/// A legitimate relationship that starts at `since`.
pub fn legitimate(of: NhsNumber, number: u32, since: i64) -> LegitimateRelationship {
    let CareProfessional {
        user, role_profile, ..
    } = professional(number);
    LegitimateRelationship {
        id: message_id(number),
        kind: "05".to_owned(),
        patient: of,
        subject: RelationshipSubject::Person {
            user: Some(user),
            role_profile: number.is_multiple_of(2).then_some(role_profile),
        },
        reason: Some("11".to_owned()),
        words: Some("self-claimed \u{2013} \"why\"".to_owned()),
        since: time(since),
        message: message_id(number + 1_000),
    }
}

/// An access by the `holder`-th professional.
pub fn access(of: NhsNumber, holder: u32, at: i64) -> ScrAccess {
    let CareProfessional {
        user,
        role_profile,
        organisation,
    } = professional(holder);
    ScrAccess {
        at: time(at),
        organisation,
        organisation_name: format!("Trust {holder}, \"the\" best"),
        patient: of,
        user,
        role_profile,
        user_name: "Dr Ann Example".to_owned(),
        emergency: (at % 2 == 1).then(|| "unconscious\n\u{2013} found".to_owned()),
        message: message_id(at as u32),
    }
}

/// All accesses of an organisation.
pub fn accesses_of(organisation: &OdsCode, limit: usize) -> AccessFilter {
    AccessFilter {
        organisation: organisation.clone(),
        from: Timestamp::MIN,
        to: Timestamp::MAX,
        patient: None,
        user: None,
        limit,
    }
}

/// An alert of organisation `number % 3`, raised at `at`.
pub fn alert(number: u32, at: i64) -> ReceivedAlert {
    let holder = professional(number % 3);
    ReceivedAlert {
        alert: PrivacyAlert {
            id: message_id(number),
            kind: AlertType::Access,
            reason: AlertReason::Emergency,
            at: time(at),
            patient: patient(number % 3),
            user: holder.user.into(),
            user_name: "Dr \"Ann\" Example".to_owned(),
            role_profile: Some(holder.role_profile),
            job_role: JobRole::parse("S0080:G0450:R5080").expect("a job role"),
            organisation: holder.organisation,
            organisation_name: "An Example Trust".to_owned(),
            system: "example".to_owned(),
            asid: Asid::parse("999999999999").expect("12 digits"),
            words: number
                .is_multiple_of(2)
                .then(|| "found in <street>".to_owned()),
            notification: None,
        },
        received_at: time(at + 60),
        message: message_id(number + 1_000),
    }
}

/// An audit event at `at`, of patient, user, message and organisation `at % 3`.
pub fn event(at: u32) -> AuditEvent {
    let mut event = AuditEvent::new(time(i64::from(at)), "smsp", "querySCR", "SMSP-0000");
    let holder = professional(at % 3);
    event.patient = Some(patient(at % 3));
    event.user = Some(holder.user);
    event.organisation = Some(holder.organisation);
    event.message = Some(message_id(at % 3));
    event.reason = Some("unconscious \u{2013} \"found\" in <street>\n".to_owned());
    event.disclosed = at.is_multiple_of(2);
    event
}
