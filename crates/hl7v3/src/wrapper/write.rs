//! Writing the wrappers, in the order of the schemas.

use domain::{Asid, Hl7Timestamp, oid};
use jiff::Timestamp;
use xml::{Writer, ns};

use super::{Acknowledgement, Author};
use crate::Interaction;

/// What every message carries in its transmission wrapper.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The HL7 id: an upper-case UUID.
    pub id: &'a str,
    /// The creation time, written in UK local time.
    pub now: Timestamp,
    /// Who it is for.
    pub receiver: &'a Asid,
    /// Who it is from; also the authoring system of the control act.
    pub sender: &'a Asid,
}

/// Writes a request: the interaction element with its control act. `content` writes what
/// follows the authors.
pub fn write_send(
    w: &mut Writer,
    interaction: Interaction,
    out: &Outgoing<'_>,
    author: Option<&Author>,
    content: impl FnOnce(&mut Writer),
) {
    let mut attributes = vec![("xmlns", ns::HL7)];
    if interaction.brings_summary() {
        // The schemas of uploads want it, and no others know it.
        attributes.push(("ITSVersion", "XML_1.0"));
    }
    w.element(interaction.id(), &attributes, |w| {
        identification(w, interaction, interaction.version_code(), out);
        parties(w, out);
        control_act(w, |w| {
            if let Some(author) = author {
                person_author(w, author);
            }
            system_author(w, out.sender);
            content(w);
        });
    });
}

/// Writes an answer: the interaction element with its acknowledgement and control act.
/// `content` writes what follows the author.
pub fn write_answer(
    w: &mut Writer,
    interaction: Interaction,
    out: &Outgoing<'_>,
    acknowledgement: &Acknowledgement,
    content: impl FnOnce(&mut Writer),
) {
    let version = interaction.version_code();
    write_versioned(w, interaction, version, out, acknowledgement, content);
}

/// [`write_answer`] under a `versionCode` that is not the interaction's usual one.
pub(crate) fn write_versioned(
    w: &mut Writer,
    interaction: Interaction,
    version: &str,
    out: &Outgoing<'_>,
    acknowledgement: &Acknowledgement,
    content: impl FnOnce(&mut Writer),
) {
    w.element(interaction.id(), &[("xmlns", ns::HL7)], |w| {
        identification(w, interaction, version, out);
        w.element(
            "acknowledgement",
            &[("typeCode", acknowledgement.kind.code())],
            |w| {
                w.element("messageRef", &[], |w| {
                    // Read in either case and with blanks around it; written as the schema has it.
                    let id = acknowledgement.refers_to.trim().to_ascii_uppercase();
                    w.empty("id", &[("root", &id)]);
                });
            },
        );
        parties(w, out);
        control_act(w, |w| {
            system_author(w, out.sender);
            content(w);
        });
    });
}

fn identification(w: &mut Writer, interaction: Interaction, version: &str, out: &Outgoing<'_>) {
    w.empty("id", &[("root", out.id)]);
    w.empty(
        "creationTime",
        &[("value", Hl7Timestamp::from_instant(out.now).as_str())],
    );
    w.empty("versionCode", &[("code", version)]);
    w.empty(
        "interactionId",
        &[("root", oid::INTERACTION), ("extension", interaction.id())],
    );
    w.empty("processingCode", &[("code", "P")]);
    w.empty("processingModeCode", &[("code", "T")]);
    w.empty("acceptAckCode", &[("code", "NE")]);
}

/// Whom a message is for, and whom it is from.
pub(crate) fn parties(w: &mut Writer, out: &Outgoing<'_>) {
    w.element("communicationFunctionRcv", &[("typeCode", "RCV")], |w| {
        device(w, out.receiver)
    });
    w.element("communicationFunctionSnd", &[("typeCode", "SND")], |w| {
        device(w, out.sender)
    });
}

fn control_act(w: &mut Writer, content: impl FnOnce(&mut Writer)) {
    w.element(
        "ControlActEvent",
        &[("classCode", "CACT"), ("moodCode", "EVN")],
        content,
    );
}

/// The device element of a communication function.
pub(crate) fn device(w: &mut Writer, asid: &Asid) {
    w.element(
        "device",
        &[("classCode", "DEV"), ("determinerCode", "INSTANCE")],
        |w| {
            id(w, oid::ASID, asid.as_str());
        },
    );
}

fn person_author(w: &mut Writer, author: &Author) {
    w.element("author", &[("typeCode", "AUT")], |w| {
        w.element("AgentPersonSDS", &[("classCode", "AGNT")], |w| {
            id(w, oid::SDS_ROLE_PROFILE, author.role_profile.as_str());
            let person = [("classCode", "PSN"), ("determinerCode", "INSTANCE")];
            w.element("agentPersonSDS", &person, |w| {
                id(w, oid::SDS_USER, author.user.as_str());
            });
            w.element("part", &[("typeCode", "PART")], |w| {
                w.element("partSDSRole", &[("classCode", "ROL")], |w| {
                    id(w, oid::SDS_JOB_ROLE, author.job_role.as_str());
                });
            });
        });
    });
}

fn system_author(w: &mut Writer, asid: &Asid) {
    w.element("author1", &[("typeCode", "AUT")], |w| {
        w.element("AgentSystemSDS", &[("classCode", "AGNT")], |w| {
            let device = [("classCode", "DEV"), ("determinerCode", "INSTANCE")];
            w.element("agentSystemSDS", &device, |w| {
                id(w, oid::ASID, asid.as_str())
            });
        });
    });
}

/// An id of a root and an extension.
pub(crate) fn id(w: &mut Writer, root: &str, extension: &str) {
    w.empty("id", &[("root", root), ("extension", extension)]);
}
