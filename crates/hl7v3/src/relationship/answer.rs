//! The answers: which relationships there are, and that one was created.

use domain::relationship::{LegitimateRelationship, RelationshipSubject};
use domain::{Hl7Timestamp, MessageId, oid};
use xml::Writer;

use super::{RELATIONSHIP_ID, RelationshipQuery, TYPE};
use crate::Interaction;
use crate::issue::query_ack;
use crate::soap::{self, AnswerParts};
use crate::wrapper::{AcknowledgementKind, id, write_answer};

const ACT: [(&str, &str); 2] = [("classCode", "PCPR"), ("moodCode", "EVN")];

/// The answer to a confirmation query.
#[derive(Debug, Clone, Copy)]
pub struct RelationshipAnswer<'a> {
    /// What was asked.
    pub query: &'a RelationshipQuery,
    /// The relationships found.
    pub found: &'a [LegitimateRelationship],
}

impl RelationshipAnswer<'_> {
    /// Writes the answer: response code `OK`, with the relationships as its subject, or `NF`
    /// without one. Published are the wrapper and the response code. The subject's content is
    /// ours, in the words of the request and the confirmation: each relationship by its id, and in
    /// the historic answer what it is.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let interaction = Interaction::RelationshipAnswer;
        let size = self.found.len() * 1024;
        soap::write_response(parts, interaction, size, |w| {
            let ack = parts.acknowledgement(AcknowledgementKind::Accept);
            write_answer(w, interaction, &parts.outgoing(), &ack, |w| {
                if self.found.is_empty() {
                    return query_ack(w, "NF");
                }
                w.element("subject", &[("typeCode", "SUBJ")], |w| {
                    w.element("QueryResponseConfirm", &ACT, |w| {
                        for relationship in self.found {
                            self.component(w, relationship);
                        }
                    });
                });
                query_ack(w, "OK");
            });
        })
    }

    fn component(&self, w: &mut Writer, relationship: &LegitimateRelationship) {
        w.element("component", &[("typeCode", "COMP")], |w| {
            w.element("legitimateRelationship", &ACT, |w| {
                id(w, RELATIONSHIP_ID, relationship.id.as_str());
                if self.query.historic {
                    details(w, relationship);
                }
            });
        });
    }
}

fn details(w: &mut Writer, relationship: &LegitimateRelationship) {
    let kind = [("code", relationship.kind.as_str()), ("codeSystem", TYPE)];
    let since = Hl7Timestamp::from_instant(relationship.since);
    w.empty("reasonCode", &kind);
    w.empty("effectiveTime", &[("value", since.as_str())]);
    w.element("subject", &[("typeCode", "SBJ")], |w| {
        subject(w, &relationship.subject);
    });
    w.element("recordTarget", &[("typeCode", "RCT")], |w| {
        w.element("patient", &[("classCode", "PAT")], |w| {
            id(w, oid::NHS_NUMBER, relationship.patient.as_str());
        });
    });
}

fn subject(w: &mut Writer, subject: &RelationshipSubject) {
    let agent = [("classCode", "AGNT")];
    let (root, code) = match subject {
        RelationshipSubject::Person { user, role_profile } => {
            w.element("AgentPersonSDS", &agent, |w| {
                if let Some(role_profile) = role_profile {
                    id(w, oid::SDS_ROLE_PROFILE, role_profile.as_str());
                }
                if let Some(user) = user {
                    let person = [("classCode", "PSN"), ("determinerCode", "INSTANCE")];
                    w.element("agentPersonSDS", &person, |w| {
                        id(w, oid::SDS_USER, user.as_str());
                    });
                }
            });
            return;
        }
        RelationshipSubject::Organisation(code) => (oid::ODS, code),
        RelationshipSubject::WorkGroup(code) => (oid::SDS_WORK_GROUP, code),
    };
    w.element("AgentOrgSDS", &agent, |w| {
        let organisation = [("classCode", "ORG"), ("determinerCode", "INSTANCE")];
        w.element("agentOrganizationSDS", &organisation, |w| {
            id(w, root, code);
        });
    });
}

/// The confirmation that a relationship was created.
#[derive(Debug, Clone, Copy)]
pub struct Created<'a> {
    /// Its id.
    pub id: &'a MessageId,
}

impl Created<'_> {
    /// Writes the answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let interaction = Interaction::RelationshipCreated;
        soap::write_response(parts, interaction, 512, |w| {
            let ack = parts.acknowledgement(AcknowledgementKind::Accept);
            write_answer(w, interaction, &parts.outgoing(), &ack, |w| {
                let subject = [("typeCode", "SUBJ"), ("contextConductionInd", "false")];
                w.element("subject", &subject, |w| {
                    w.element("CreationResponseConfirm", &ACT, |w| {
                        id(w, RELATIONSHIP_ID, self.id.as_str());
                    });
                });
            });
        })
    }
}
