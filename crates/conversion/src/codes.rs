//! What the codes of one side are on the other, both ways.
//!
//! Where the two directions of a table are no inverse of each other, the function back is the one
//! that decides whether an extension has to say more: see [`crate::extension`].

mod identifier;
mod kind;
mod link;
mod section;
mod status;

pub use identifier::*;
pub use kind::*;
pub use link::*;
pub use section::*;
pub use status::*;

use domain::oid;
use fhir::system;
use hl7v3::gp_summary::model::Role;

/// Names of job roles (OID).
pub const JOB_ROLE_NAME_OID: &str = "2.16.840.1.113883.2.1.3.2.4.17.124";
/// Roles of organisations that are authors (OID).
pub const ORGANISATION_ROLE_OID: &str = "2.16.840.1.113883.2.1.3.2.4.17.125";
/// How somebody is related to the patient (OID).
pub const PERSON_RELATIONSHIP_OID: &str = "2.16.840.1.113883.2.1.3.2.4.16.15";
/// By what means somebody took part (OID).
pub const PARTICIPATION_MODE_OID: &str = "2.16.840.1.113883.5.1064";

/// Code systems that have a name in FHIR other than their OID. The first of an OID or of a URI is
/// the one that is written.
const SYSTEMS: [(&str, &str); 10] = [
    (oid::SNOMED_CT, system::SNOMED),
    ("2.16.840.1.113883.6.96", system::SNOMED),
    ("2.16.840.1.113883.6.1", "http://loinc.org"),
    ("2.16.840.1.113883.6.8", system::UCUM),
    ("2.16.840.1.113883.2.1.6.2", "http://read.info/readv2"),
    ("2.16.840.1.113883.2.1.3.2.4.14", "http://read.info/ctv3"),
    (JOB_ROLE_NAME_OID, system::JOB_ROLE),
    (PERSON_RELATIONSHIP_OID, system::PERSON_RELATIONSHIP),
    (PARTICIPATION_MODE_OID, system::PARTICIPATION_MODE),
    ("2.16.840.1.113883.5.1008", system::NULL_FLAVOR),
];

const OID_URN: &str = "urn:oid:";

/// The URI of a code system: the one FHIR knows it by, else its OID as a URN. `None` for what is
/// no OID, as some senders write.
pub fn system_to_fhir(oid: &str) -> Option<String> {
    let known = SYSTEMS.iter().find(|row| row.0 == oid);
    match known {
        Some((_, uri)) => Some((*uri).to_owned()),
        None => is_oid(oid).then(|| [OID_URN, oid].concat()),
    }
}

/// The OID of a code system. `None` for a URI that is neither known here nor an OID.
pub fn system_to_v3(uri: &str) -> Option<String> {
    let known = SYSTEMS.iter().find(|row| row.1 == uri);
    match known {
        Some((oid, _)) => Some((*oid).to_owned()),
        None => {
            let oid = uri.strip_prefix(OID_URN)?;
            is_oid(oid).then(|| oid.to_owned())
        }
    }
}

/// Whether a text has the form of an OID that a FHIR URI may hold.
fn is_oid(text: &str) -> bool {
    let arc = |arc: &str| {
        !arc.is_empty()
            && arc.bytes().all(|byte| byte.is_ascii_digit())
            && (arc == "0" || !arc.starts_with('0'))
    };
    text.len() <= 200
        && text.split('.').count() > 1
        && text.split('.').all(arc)
        && text.starts_with(['0', '1', '2'])
}

/// In which way somebody takes part, as a code of HL7's participation types, with its name.
const PARTICIPATIONS: [(Role, &str, &str); 9] = [
    (Role::Author, "AUT", "author"),
    (Role::Informant, "INF", "informant"),
    (Role::Performer, "PRF", "performer"),
    (Role::Participant, "PART", "Participation"),
    (Role::Receiver, "RCV", "receiver"),
    (Role::Responsible, "RESP", "responsible party"),
    (Role::Product, "PRD", "product"),
    (Role::Location, "LOC", "location"),
    (Role::ServiceLocation, "LOC", "location"),
];

/// Code and name of a way of taking part.
pub fn participation_to_fhir(role: Role) -> (&'static str, &'static str) {
    let row = PARTICIPATIONS.iter().find(|row| row.0 == role);
    row.map_or(("PART", "Participation"), |row| (row.1, row.2))
}

/// The way of taking part that a code stands for. All that have no element of their own are
/// `participant`.
pub fn participation_to_v3(code: &str) -> Role {
    let row = PARTICIPATIONS.iter().find(|row| row.1 == code);
    row.map_or(Role::Participant, |row| row.0)
}

const MODES: [(&str, &str); 15] = [
    ("ELECTRONIC", "electronic data"),
    ("PHYSICAL", "physical presence"),
    ("REMOTE", "remote presence"),
    ("VERBAL", "verbal"),
    ("DICTATE", "dictated"),
    ("FACE", "face-to-face"),
    ("PHONE", "telephone"),
    ("VIDEOCONF", "videoconferencing"),
    ("WRITTEN", "written"),
    ("FAXWRIT", "telefax"),
    ("HANDWRIT", "handwritten"),
    ("MAILWRIT", "mail"),
    ("ONLINEWRIT", "online written"),
    ("EMAILWRIT", "email"),
    ("TYPEWRIT", "typewritten"),
];

/// The name of a participation mode; empty for one that is not known.
pub fn mode_display(code: &str) -> &'static str {
    let row = MODES.iter().find(|row| row.0 == code);
    row.map_or("", |row| row.1)
}

/// What kind of contact a V3 use stands for, as the national service has it.
pub fn telecom_system(usage: Option<&str>) -> &'static str {
    match usage {
        Some("HP" | "WP" | "HV" | "MC" | "AS") => "phone",
        Some("PG") => "pager",
        _ => "other",
    }
}

const USES: [(&str, &str); 6] = [
    ("HP", "home"),
    ("H", "home"),
    ("WP", "work"),
    ("MC", "mobile"),
    ("HV", "temp"),
    ("TMP", "temp"),
];

/// `ContactPoint.use` and `Address.use` of a V3 use. Addresses know no mobile.
pub fn use_to_fhir(usage: &str) -> Option<&'static str> {
    let row = USES.iter().find(|row| row.0 == usage);
    row.map(|row| row.1)
}

/// The V3 use of a contact point: one that says nothing is for work.
pub fn telecom_use_to_v3(usage: Option<&str>) -> &'static str {
    match usage {
        Some("home") => "HP",
        Some("mobile") => "MC",
        Some("temp" | "old" | "null") => "HV",
        _ => "WP",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_go_both_ways() {
        for (oid, uri) in [
            (oid::SNOMED_CT, system::SNOMED),
            (JOB_ROLE_NAME_OID, system::JOB_ROLE),
            ("1.2.3.40", "urn:oid:1.2.3.40"),
        ] {
            assert_eq!(system_to_fhir(oid).as_deref(), Some(uri));
            assert_eq!(system_to_v3(uri).as_deref(), Some(oid));
        }
    }

    #[test]
    fn what_is_no_oid_is_none() {
        for text in ["ABC", "", "1", "1..2", "1.02", "3.1", "1.2.x"] {
            assert_eq!(system_to_fhir(text), None, "{text}");
        }
        for uri in ["ABC", "urn:oid:ABC", "http://example.org"] {
            assert_eq!(system_to_v3(uri), None, "{uri}");
        }
    }

    #[test]
    fn participations_come_back() {
        for role in [
            Role::Author,
            Role::Informant,
            Role::Performer,
            Role::Receiver,
            Role::Responsible,
        ] {
            assert_eq!(participation_to_v3(participation_to_fhir(role).0), role);
        }
        assert_eq!(participation_to_v3("SBJ"), Role::Participant);
    }
}
