//! The SOAP header of an answer: WS-Addressing, and WS-Security where there is some.

use jiff::{SignedDuration, Timestamp};
use xml::{Element, ns};

use super::{Against, Notes, uuid_of};

const TRANSPORT: &str = "ITK Web Services Transport";

/// How much the service's clock may be behind ours before its times look wrong.
const SKEW: SignedDuration = SignedDuration::from_secs(5);

pub(super) fn check(
    header: Option<Element<'_, '_>>,
    is_fault: bool,
    against: &mut Against<'_>,
    notes: &mut Notes,
) {
    let Some(header) = header else {
        notes.defect(TRANSPORT, "the answer has no SOAP Header");
        return;
    };
    check_message_id(&header, against, notes);
    check_action(&header, is_fault, notes);
    check_relates_to(&header, is_fault, against, notes);
    if let Some(to) = text(&header, ns::WSA_2005, "To")
        && to != itk::ANONYMOUS
    {
        notes.remark(format!(
            "wsa:To of the answer is {to}; customary is anonymous or none"
        ));
    }
    check_timestamp(&header, against, notes);
}

fn text(parent: &Element<'_, '_>, namespace: &str, name: &str) -> Option<String> {
    let found = parent.child(namespace, name)?;
    Some(found.text().trim().to_owned())
}

fn check_message_id(header: &Element<'_, '_>, against: &mut Against<'_>, notes: &mut Notes) {
    let rule = "WS-ADR-01";
    let Some(id) = text(header, ns::WSA_2005, "MessageID") else {
        notes.defect(rule, "the answer has no wsa:MessageID");
        return;
    };
    let Some(uuid) = uuid_of(&id) else {
        notes.defect(rule, "wsa:MessageID of the answer is no UUID");
        return;
    };
    let uuid = uuid.to_ascii_uppercase();
    if uuid == against.sent.ids.message.to_ascii_uppercase() {
        notes.defect(rule, "wsa:MessageID of the answer is that of the request");
    } else if against.used.contains(&uuid) {
        notes.defect(
            rule,
            "wsa:MessageID of the answer was used in an earlier answer",
        );
    }
    if id.bytes().any(|b| b.is_ascii_lowercase()) && id.len() == 36 {
        notes.remark("wsa:MessageID of the answer is in lower case; customary is upper case");
    }
    against.used.push(uuid);
}

fn check_action(header: &Element<'_, '_>, is_fault: bool, notes: &mut Notes) {
    let expected = if is_fault {
        itk::FAULT_ACTION
    } else {
        itk::SEND_RECV_RESPONSE
    };
    match text(header, ns::WSA_2005, "Action") {
        Some(action) if action == expected => {}
        Some(action) => notes.defect(
            TRANSPORT,
            format!("wsa:Action of the answer must be {expected}, and is {action}"),
        ),
        None => notes.defect(TRANSPORT, "the answer has no wsa:Action"),
    }
}

fn check_relates_to(
    header: &Element<'_, '_>,
    is_fault: bool,
    against: &Against<'_>,
    notes: &mut Notes,
) {
    match text(header, ns::WSA_2005, "RelatesTo") {
        // A message whose id could not be read cannot be related to.
        None if is_fault => {}
        None => notes.remark("the answer has no wsa:RelatesTo; a client cannot match it"),
        Some(id) => {
            let same = uuid_of(&id)
                .is_some_and(|uuid| uuid.eq_ignore_ascii_case(&against.sent.ids.message));
            if !same && against.sent.operation.is_some() {
                notes.defect(
                    "WS-Addressing 1.0 Core §3.4",
                    "wsa:RelatesTo is not the MessageID of the request",
                );
            }
        }
    }
}

fn check_timestamp(header: &Element<'_, '_>, against: &Against<'_>, notes: &mut Notes) {
    let Some(stamp) = header
        .child(ns::WSSE, "Security")
        .and_then(|security| security.child(ns::WSU, "Timestamp"))
    else {
        return;
    };
    let time = |name: &str| text(&stamp, ns::WSU, name).and_then(|t| t.parse::<Timestamp>().ok());
    let (Some(created), Some(expires)) = (time("Created"), time("Expires")) else {
        notes.defect(
            "WS-Security 1.0 §10",
            "the Timestamp of the answer needs Created and Expires",
        );
        return;
    };
    if created >= expires {
        notes.defect(
            "WS-Security 1.0 §10",
            "the Timestamp of the answer expires before it begins",
        );
    }
    if against.sent.created.duration_since(created) > SKEW {
        notes.defect(
            "ITK host autotest",
            "the answer's Created is before the request's: the clocks differ",
        );
    }
}
