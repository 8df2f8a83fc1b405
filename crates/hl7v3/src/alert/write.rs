//! Writing an alert, in the order of the schema.

use domain::alert::PrivacyAlert;
use domain::{Asid, Hl7Timestamp, MessageId, oid};
use jiff::Timestamp;
use xml::Writer;

use super::{LONGEST_NAME, LONGEST_TEXT, REASON_SYSTEM, TYPE_SYSTEM, cut};
use crate::Interaction;
use crate::wrapper::{Author, Outgoing, write_send};

/// What stands for a name that is not known; the schema and the Spine ask for one.
const NO_NAME: &str = "not known";

/// What is around an alert.
#[derive(Debug, Clone, Copy)]
pub struct AlertParts<'a> {
    /// The HL7 id: an upper-case UUID, not that of the alert.
    pub id: &'a str,
    /// The creation time.
    pub now: Timestamp,
    /// The ASID of the alert service.
    pub receiver: &'a Asid,
    /// Our own ASID.
    pub sender: &'a Asid,
    /// Who caused the message.
    pub author: &'a Author,
}

/// Writes the interaction with an XML declaration: what goes into an ebXML message.
pub fn write(parts: &AlertParts<'_>, alert: &PrivacyAlert) -> Vec<u8> {
    let out = Outgoing {
        id: parts.id,
        now: parts.now,
        receiver: parts.receiver,
        sender: parts.sender,
    };
    let mut w = Writer::with_capacity(4096);
    w.declaration();
    write_send(&mut w, Interaction::Alert, &out, Some(parts.author), |w| {
        let subject = [("typeCode", "SUBJ"), ("contextConductionInd", "false")];
        w.element("subject", &subject, |w| event(w, alert));
    });
    w.finish()
}

fn event(w: &mut Writer, alert: &PrivacyAlert) {
    let when = Hl7Timestamp::from_instant(alert.at);
    w.element("AlertEvent", &act("ALRT"), |w| {
        code(w, alert.kind.code(), TYPE_SYSTEM, alert.kind.display_name());
        w.empty("effectiveTime", &[("value", when.as_str())]);
        uuid(w, alert.id.as_str());
        w.element("author", &participation("AUT"), |w| author(w, alert));
        if let Some(text) = said(alert.notification.as_deref()) {
            w.element("component", &relation("COMP"), |w| {
                text_act(w, "notificationMessage", &part_id(&alert.id, 1), text);
            });
        }
        w.element("device", &participation("DEV"), |w| device(w, alert));
        w.element("reason", &relation("RSON"), |w| {
            w.element("justifyingReasonCoded", &act("ACT"), |w| {
                let reason = alert.reason;
                code(w, reason.code(), REASON_SYSTEM, reason.display_name());
                uuid(w, &part_id(&alert.id, 2));
            });
        });
        if let Some(words) = said(alert.words.as_deref()) {
            w.element("reason1", &relation("RSON"), |w| {
                text_act(w, "justifyingReasonText", &part_id(&alert.id, 3), words);
            });
        }
        w.element("recordTarget", &participation("RCT"), |w| {
            w.element("patient", &[("classCode", "PAT")], |w| {
                id(w, oid::NHS_NUMBER, alert.patient.as_str());
            });
        });
    });
}

/// The person whose act raised the alert, in the role and for the organisation they acted.
fn author(w: &mut Writer, alert: &PrivacyAlert) {
    w.element("authorSDS", &[("classCode", "ASSIGNED")], |w| {
        if let Some(role_profile) = &alert.role_profile {
            id(w, oid::SDS_ROLE_PROFILE, role_profile.as_str());
        }
        w.element("assignedPerson", &entity("PSN"), |w| {
            w.text_element("desc", &[], alert.job_role.as_str());
            id(w, oid::SDS_USER, alert.user.as_str());
            name(w, &alert.user_name);
        });
        w.element("representedOrganizationSDS", &entity("ORG"), |w| {
            id(w, oid::ODS, alert.organisation.as_str());
            name(w, &alert.organisation_name);
        });
    });
}

fn device(w: &mut Writer, alert: &PrivacyAlert) {
    w.element("assignedDeviceSDS", &[("classCode", "ASSIGNED")], |w| {
        id(w, oid::ASID, alert.asid.as_str());
        w.element("assignedDevice", &entity("DEV"), |w| name(w, &alert.system));
    });
}

fn text_act(w: &mut Writer, element: &str, id: &str, text: &str) {
    w.element(element, &act("ACT"), |w| {
        uuid(w, id);
        w.text_element("text", &[], cut(text, LONGEST_TEXT));
    });
}

/// The id of a part of the alert: the schema wants one for each. It is made from that of the
/// alert, so that an alert has the same ones however often it is written.
fn part_id(alert: &MessageId, part: u8) -> String {
    let text = alert.as_str();
    let last = text.len().saturating_sub(2);
    let changed = text.get(last..).and_then(|tail| {
        let tail = u8::from_str_radix(tail, 16).ok()?;
        Some(format!("{}{:02X}", text.get(..last)?, tail ^ part))
    });
    changed.unwrap_or_else(|| text.to_owned())
}

fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

fn name(w: &mut Writer, name: &str) {
    let name = said(Some(name)).unwrap_or(NO_NAME);
    w.text_element("name", &[], cut(name, LONGEST_NAME));
}

fn code(w: &mut Writer, code: &str, system: &str, display_name: &str) {
    let attributes = [
        ("code", code),
        ("codeSystem", system),
        ("displayName", display_name),
    ];
    w.empty("code", &attributes);
}

fn id(w: &mut Writer, root: &str, extension: &str) {
    w.empty("id", &[("root", root), ("extension", extension)]);
}

fn uuid(w: &mut Writer, uuid: &str) {
    w.empty("id", &[("root", uuid)]);
}

fn act(class: &str) -> [(&str, &str); 2] {
    [("classCode", class), ("moodCode", "EVN")]
}

fn entity(class: &str) -> [(&str, &str); 2] {
    [("classCode", class), ("determinerCode", "INSTANCE")]
}

fn participation(kind: &str) -> [(&str, &str); 2] {
    [("typeCode", kind), ("contextControlCode", "OP")]
}

fn relation(kind: &str) -> [(&str, &str); 2] {
    [("typeCode", kind), ("contextConductionInd", "true")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_ids_of_their_own_and_keep_them() {
        let alert = MessageId::parse("0F6C1D2E-3A4B-4C5D-8E9F-0A1B2C3D4EFF").expect("an id");
        let ids = [1, 2, 3].map(|part| part_id(&alert, part));
        assert_eq!(ids[0], "0F6C1D2E-3A4B-4C5D-8E9F-0A1B2C3D4EFE");
        assert_eq!(ids[1], "0F6C1D2E-3A4B-4C5D-8E9F-0A1B2C3D4EFD");
        assert_eq!(ids[2], "0F6C1D2E-3A4B-4C5D-8E9F-0A1B2C3D4EFC");
        let odd = MessageId::parse("Z").expect("an id");
        assert_eq!(part_id(&odd, 1), "Z");
    }
}
