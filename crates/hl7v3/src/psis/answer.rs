//! The answers of PSIS: `DocumentCollection` in the order of the schemas
//! (QUPC_MT160002UK05, QUPC_MT160004UK05).

use domain::record::{DocumentAuthor, DocumentBytes, DocumentPointer};
use domain::{DocumentId, Hl7Timestamp, NhsNumber, oid};
use xml::{Writer, ns};

use crate::Interaction;
use crate::issue::query_ack;
use crate::soap::{self, AnswerParts};
use crate::wrapper::{AcknowledgementKind, write_answer};

const OBSERVATION: [(&str, &str); 2] = [("classCode", "OBS"), ("moodCode", "EVN")];
const COMPONENT: [(&str, &str); 1] = [("typeCode", "COMP")];

/// QUPC_IN160102UK05: the documents of a patient.
#[derive(Debug, Clone, Copy)]
pub struct ListAnswer<'a> {
    /// Whose documents.
    pub patient: &'a NhsNumber,
    /// The documents, in the order to be listed. None at all is answered as
    /// [`NothingFound`]: the schema has no empty list.
    pub entries: &'a [DocumentPointer],
}

impl ListAnswer<'_> {
    /// Writes the whole answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        if self.entries.is_empty() {
            return NothingFound.write(parts);
        }
        let size = self.entries.len() * 3072;
        write(
            parts,
            Interaction::DocumentListAnswer,
            size,
            self.patient,
            |w| {
                for pointer in self.entries {
                    component(w, pointer, |_| {});
                }
            },
        )
    }
}

/// QUPC_IN160104UK05: one document, its bytes untouched.
#[derive(Debug, Clone, Copy)]
pub struct DocumentAnswer<'a> {
    /// Where it is filed.
    pub pointer: &'a DocumentPointer,
    /// The document.
    pub bytes: &'a DocumentBytes,
}

impl DocumentAnswer<'_> {
    /// Writes the whole answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let size = self.bytes.bytes.len() + 3072;
        let patient = &self.pointer.filed_under;
        write(parts, Interaction::DocumentAnswer, size, patient, |w| {
            component(w, self.pointer, |w| write_document(w, self.bytes));
        })
    }
}

/// The patient is known, and nothing matches: `AA`, no subject, response code `NF`. Only the
/// answers of the document generation can say that; those to event queries must have a subject.
#[derive(Debug, Clone, Copy)]
pub struct NothingFound;

impl NothingFound {
    /// Writes the whole answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let interaction = match parts.reply_to.interaction {
            Interaction::DocumentQuery => Interaction::DocumentAnswer,
            _ => Interaction::DocumentListAnswer,
        };
        soap::write_response(parts, interaction, 0, |w| {
            let ack = parts.acknowledgement(AcknowledgementKind::Accept);
            write_answer(w, interaction, &parts.outgoing(), &ack, |w| {
                query_ack(w, "NF")
            });
        })
    }
}

fn write(
    parts: &AnswerParts<'_>,
    interaction: Interaction,
    size: usize,
    patient: &NhsNumber,
    components: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    soap::write_response(parts, interaction, size, |w| {
        let ack = parts.acknowledgement(AcknowledgementKind::Accept);
        write_answer(w, interaction, &parts.outgoing(), &ack, |w| {
            w.element("subject", &[("typeCode", "SUBJ")], |w| {
                collection(w, patient, components);
            });
            query_ack(w, "OK");
        });
    })
}

fn collection(w: &mut Writer, patient: &NhsNumber, components: impl FnOnce(&mut Writer)) {
    let attributes = [
        ("classCode", "OBS"),
        ("moodCode", "EVN"),
        ("xmlns:npfitlc", ns::NPFITLC),
    ];
    w.element("DocumentCollection", &attributes, |w| {
        act_code(w, "DCOL");
        components(w);
        part(
            w,
            "component12",
            "careRecordState",
            "CRST",
            &[("code", "NORMAL")],
        );
        w.element("recordTarget", &[("typeCode", "RCT")], |w| {
            w.element("patient", &[("classCode", "PAT")], |w| {
                id(w, oid::NHS_NUMBER, patient.as_str());
            });
        });
    });
}

/// One document's metadata; `document` writes what follows the data quality state.
fn component(w: &mut Writer, pointer: &DocumentPointer, document: impl FnOnce(&mut Writer)) {
    let header = &pointer.header;
    let stored = Hl7Timestamp::from_instant(pointer.stored_at);
    let state = [
        ("code", pointer.state.code()),
        ("displayName", pointer.state.display_name()),
        ("codeSystem", oid::PSIS_DATA_STATUS),
    ];
    let quality = [("code", "NORMAL"), ("codeSystem", oid::DOCUMENT_DQ_STATE)];
    let size = pointer.size.min(i32::MAX as u64).to_string();
    w.element("component", &COMPONENT, |w| {
        w.element("pSISDocMetaData", &OBSERVATION, |w| {
            w.empty("availabilityTime", &[("value", stored.as_str())]);
            act_code(w, "PDMD");
            w.empty("effectiveTime", &[("value", header.effective.as_str())]);
            w.empty("id", &[("root", header.id.as_str())]);
            let message_type = [
                ("root", oid::MESSAGE_TYPE),
                ("extension", header.kind.message_type()),
            ];
            w.empty("npfitlc:messageType", &message_type);
            part(w, "component1", "documentState", "DCST", &state);
            part(w, "component14", "estDocSize", "ESTD", &[("value", &size)]);
            uuid_part(
                w,
                "component2",
                "replacingDocUUID",
                "RPLD",
                pointer.replaced_by.as_ref(),
            );
            w.element("component3", &COMPONENT, |w| document_metadata(w, pointer));
            uuid_part(
                w,
                "component4",
                "withdrawingDocUUID",
                "WTHD",
                pointer.withdrawn_by.as_ref(),
            );
            part(w, "component5", "documentDQState", "DQST", &quality);
            document(w);
        });
    });
}

fn document_metadata(w: &mut Writer, pointer: &DocumentPointer) {
    let header = &pointer.header;
    w.element(
        "documentMetaData",
        &[("classCode", "DOCCLIN"), ("moodCode", "EVN")],
        |w| {
            let code = [
                ("code", header.kind.code()),
                ("codeSystem", oid::SNOMED_CT),
                ("displayName", header.kind.display_name()),
            ];
            w.empty("code", &code);
            w.empty("effectiveTime", &[("value", header.effective.as_str())]);
            w.text_element("title", &[], header.kind.display_name());
            w.element(
                "author2",
                &[("typeCode", "AUT"), ("contextControlCode", "AP")],
                |w| {
                    w.element("documentAuthor", &[("classCode", "AGNT")], |w| {
                        author(w, &header.author)
                    });
                },
            );
        },
    );
}

/// At most two ids: of a person with their role profile, or of an organisation.
fn author(w: &mut Writer, author: &DocumentAuthor) {
    if let Some(user) = &author.user {
        id(w, oid::SDS_USER, user.as_str());
    }
    if let Some(role_profile) = &author.role_profile {
        id(w, oid::SDS_ROLE_PROFILE, role_profile.as_str());
    }
    let is_person = author.user.is_some() || author.role_profile.is_some();
    let organisation = author.organisation.as_deref().filter(|_| !is_person);
    if let Some(organisation) = organisation {
        id(w, oid::ODS, organisation);
    }
    if let Some(name) = &author.name {
        let class = if organisation.is_some() { "ORG" } else { "PSN" };
        let player = [("classCode", class), ("determinerCode", "INSTANCE")];
        w.element("agentPlayingAuthor", &player, |w| {
            w.text_element("name", &[], name)
        });
    }
}

/// A component that holds one act with its code and its value.
fn part(w: &mut Writer, component: &str, act: &str, code: &str, value: &[(&str, &str)]) {
    w.element(component, &COMPONENT, |w| {
        w.element(act, &OBSERVATION, |w| {
            act_code(w, code);
            w.empty("value", value);
        });
    });
}

fn uuid_part(
    w: &mut Writer,
    component: &str,
    act: &str,
    code: &str,
    document: Option<&DocumentId>,
) {
    if let Some(document) = document {
        part(w, component, act, code, &[("root", document.as_str())]);
    }
}

fn act_code(w: &mut Writer, code: &str) {
    w.empty(
        "code",
        &[("code", code), ("codeSystem", oid::QUERY_ACT_TYPE)],
    );
}

fn id(w: &mut Writer, root: &str, extension: &str) {
    w.empty("id", &[("root", root), ("extension", extension)]);
}

/// The document inside `component7`, which declares the namespaces the document inherits; should
/// they claim the default namespace for another, [`Writer::slice`] gives our element a prefix.
fn write_document(w: &mut Writer, document: &DocumentBytes) {
    w.slice(
        "component7",
        &COMPONENT,
        &document.bytes,
        &document.inherited,
    );
}
