//! The answers to event queries, in the order of the schemas (queryResponseEventList,
//! queryResponseEvent). What the list of the SCR FHIR API has beyond them, the patient's consent,
//! is written where that interface expects it: last inside the list.

use domain::code::psis as codes;
use domain::record::{DocumentAuthor, DocumentBytes, DocumentPointer};
use domain::{Consent, Hl7Timestamp, NhsNumber, oid};
use xml::Writer;

use super::PSIS;
use crate::Interaction;
use crate::acs;
use crate::issue::{QueryFailed, query_ack};
use crate::soap::{self, AnswerParts};
use crate::wrapper::{AcknowledgementKind, id, write_answer};

/// The list of a patient's events. Which of the two interactions it is, and so whether it tells
/// the consent, goes by the request.
#[derive(Debug, Clone, Copy)]
pub struct EventListAnswer<'a> {
    /// Whose.
    pub patient: &'a NhsNumber,
    /// The documents, newest first by when they were stored. The schema has no empty list: none at
    /// all is answered as for a patient without a record, by a failed query (210 with 30312).
    pub entries: &'a [DocumentPointer],
    /// The patient's consent.
    pub consent: Consent,
}

impl EventListAnswer<'_> {
    /// Writes the answer. An author whose own element is not known is written from what is known
    /// of them, or left out where that is too little for the schema.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        if self.entries.is_empty() {
            return self.write_nothing(parts);
        }
        let with_consent = parts.reply_to.interaction == Interaction::EventListQuerySm;
        let interaction = match with_consent {
            true => Interaction::EventListAnswerSm,
            false => Interaction::EventListAnswer,
        };
        let size = self.entries.len() * 2048 + 1024;
        write(parts, interaction, size, |w| {
            w.element(
                "psis:queryResponseEventList",
                &[("xmlns:psis", PSIS)],
                |w| {
                    record_target(w, self.patient);
                    for pointer in self.entries {
                        event(w, pointer, |w| author(w, pointer));
                    }
                    if with_consent {
                        acs::write_permissions(w, self.patient, self.consent);
                    }
                },
            );
        })
    }

    fn write_nothing(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let issues = [
            codes::success_with_warning(),
            codes::case_not_found(self.patient),
        ];
        let failed = QueryFailed {
            issues: &issues,
            ack: AcknowledgementKind::Error,
        };
        failed.write(parts)
    }
}

/// One event: the document as it was stored.
#[derive(Debug, Clone, Copy)]
pub struct EventAnswer<'a> {
    /// What is known of it.
    pub pointer: &'a DocumentPointer,
    /// Its bytes.
    pub bytes: &'a DocumentBytes,
}

impl EventAnswer<'_> {
    /// Writes the answer, the document's bytes untouched.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let size = self.bytes.bytes.len() + 2048;
        write(parts, Interaction::EventAnswer, size, |w| {
            w.element("psis:queryResponseEvent", &[("xmlns:psis", PSIS)], |w| {
                record_target(w, &self.pointer.filed_under);
                event(w, self.pointer, |w| {
                    let DocumentBytes { bytes, inherited } = self.bytes;
                    w.slice("psis:hl7Data", &[], bytes, inherited);
                });
            });
        })
    }
}

fn write(
    parts: &AnswerParts<'_>,
    interaction: Interaction,
    size: usize,
    content: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    soap::write_response(parts, interaction, size, |w| {
        let ack = parts.acknowledgement(AcknowledgementKind::Accept);
        write_answer(w, interaction, &parts.outgoing(), &ack, |w| {
            w.element("subject", &[("typeCode", "SUBJ")], content);
            query_ack(w, "OK");
        });
    })
}

fn record_target(w: &mut Writer, patient: &NhsNumber) {
    w.element("psis:recordTarget", &[], |w| {
        w.element("psis:patient", &[], |w| {
            let id = [("root", oid::NHS_NUMBER), ("extension", patient.as_str())];
            w.empty("psis:id", &id);
        });
    });
}

/// One event; `rest` writes what follows its type.
fn event(w: &mut Writer, pointer: &DocumentPointer, rest: impl FnOnce(&mut Writer)) {
    let kind = pointer.header.kind;
    let stored = Hl7Timestamp::from_instant(pointer.stored_at);
    let payload = [
        ("root", oid::INTERACTION),
        ("extension", kind.message_type()),
    ];
    let status = [
        ("codeSystem", oid::PSIS_DATA_STATUS),
        ("code", pointer.state.code()),
        ("displayName", pointer.state.display_name()),
    ];
    let event_type = [
        ("codeSystem", oid::SNOMED_CT),
        ("code", kind.code()),
        ("displayName", kind.display_name()),
    ];
    w.element("psis:event", &[], |w| {
        w.empty("psis:eventID", &[("root", pointer.header.id.as_str())]);
        if let Some(withdrawing) = &pointer.withdrawn_by {
            w.empty("psis:withdrawingEventID", &[("root", withdrawing.as_str())]);
        }
        w.empty("psis:payloadID", &payload);
        w.empty("psis:persistenceDate", &[("value", stored.as_str())]);
        w.empty("psis:eventStatus", &status);
        w.empty("psis:eventType", &event_type);
        rest(w);
    });
}

fn author(w: &mut Writer, pointer: &DocumentPointer) {
    let author = &pointer.header.author;
    if let Some(DocumentBytes { bytes, inherited }) = &author.element {
        w.slice("psis:author", &[], bytes, inherited);
        return;
    }
    let Some(agent) = Agent::of(author) else {
        return;
    };
    let attributes = [("typeCode", "AUT"), ("contextControlCode", "OP")];
    let time = pointer.header.effective.as_str();
    w.element("psis:author", &[], |w| {
        w.element("author", &attributes, |w| {
            w.empty("time", &[("value", time)]);
            agent.write(w);
        });
    });
}

/// An author that can be written from what is known: one known to SDS, with their name. The
/// other two forms need an address, which is not kept.
enum Agent<'a> {
    Person {
        role_profile: &'a str,
        user: &'a str,
        name: &'a str,
    },
    Organisation {
        id: &'a str,
        name: &'a str,
    },
}

impl<'a> Agent<'a> {
    fn of(author: &'a DocumentAuthor) -> Option<Self> {
        let name = author.name.as_deref()?;
        if let (Some(role_profile), Some(user)) = (&author.role_profile, &author.user) {
            return Some(Self::Person {
                role_profile: role_profile.as_str(),
                user: user.as_str(),
                name,
            });
        }
        let id = author.organisation.as_deref()?;
        Some(Self::Organisation { id, name })
    }

    fn write(&self, w: &mut Writer) {
        let agent = [("classCode", "AGNT")];
        match self {
            Self::Person {
                role_profile,
                user,
                name,
            } => w.element("UKCT_MT160018UK01.AgentPersonSDS", &agent, |w| {
                id(w, oid::SDS_ROLE_PROFILE, role_profile);
                let person = [("classCode", "PSN"), ("determinerCode", "INSTANCE")];
                w.element("agentPersonSDS", &person, |w| {
                    id(w, oid::SDS_USER, user);
                    w.text_element("name", &[], name);
                });
            }),
            Self::Organisation { id: ods, name } => {
                w.element("UKCT_MT160017UK01.AgentOrgSDS", &agent, |w| {
                    let organisation = [("classCode", "ORG"), ("determinerCode", "INSTANCE")];
                    w.element("agentOrganizationSDS", &organisation, |w| {
                        id(w, oid::ODS, ods);
                        w.text_element("name", &[], name);
                    });
                })
            }
        }
    }
}
