//! The message that asks: what it says, how it is known when it comes again, and its first answer.

use domain::audit::AuditEvent;
use domain::cpis::{Access, Author};
use domain::{Asid, CheckDigit, JobRole, MessageId, OdsCode, RoleProfileId, SdsUserId};
use hl7v3::cpis::query::{Query, read_request, write_stub};
use hl7v3::soap::{self, AnswerForm};
use hl7v3::{Interaction, Invalid, SpineAnswer, SpineRequest};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{SeenKey, SeenMessage};

use crate::uploads::REMEMBERED;

/// A query that passed every check of its interaction, and the message that brought it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) query: Query,
    sender: Asid,
    message: MessageId,
}

/// What is remembered of an answered message.
#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    pub(super) key: SeenKey,
    pub(super) digest: [u8; 32],
}

impl Asked {
    pub(in crate::cpis) fn read(
        request: &SpineRequest<'_, '_>,
        check: CheckDigit,
    ) -> Result<Self, Invalid> {
        let id = &request.transmission.id;
        Ok(Self {
            query: read_request(request, check)?,
            sender: request.sender.clone(),
            // Ids are UUIDs, which mean the same in either case.
            message: MessageId::parse(&id.as_str().to_ascii_uppercase())
                .unwrap_or_else(|_| id.clone()),
        })
    }

    /// The author of the query, not that of the control act, is who asks.
    pub(in crate::cpis) fn note(&self, event: &mut AuditEvent) {
        let author = &self.query.author;
        event.patient = Some(self.query.patient);
        event.organisation = OdsCode::parse(&author.organisation().code).ok();
        if let Author::Person(person) = author {
            event.user = SdsUserId::parse(&person.user).ok();
            event.role_profile = person
                .role_profile
                .as_deref()
                .and_then(|id| RoleProfileId::parse(id).ok());
            event.job_role = JobRole::parse(&person.role.code).ok();
        }
    }

    /// By which the message is known when it comes again, and what it says: everything of the
    /// query, and nothing of what is around it, which may be written anew.
    pub(super) fn remembered(&self) -> Remembered {
        let mut said = xml::Writer::new();
        write_stub(&mut said, &self.query);
        Remembered {
            key: SeenKey {
                sender: self.sender.as_str().to_owned(),
                interaction: Interaction::CpisQuery.id().to_owned(),
                message: self.message.clone(),
            },
            digest: Sha256::digest(said.finish()).into(),
        }
    }

    pub(super) fn access(&self, now: Timestamp) -> Access {
        Access {
            patient: self.query.patient,
            query: self.query.id.clone(),
            at: now,
            author: self.query.author.clone(),
            asid: self.sender.clone(),
            message: self.message.clone(),
        }
    }
}

impl Remembered {
    pub(in crate::cpis) fn seen(&self, answer: &[u8], at: Timestamp) -> SeenMessage {
        SeenMessage {
            key: self.key.clone(),
            digest: self.digest,
            answer: answer.to_vec(),
            at,
            expires: at.saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX),
        }
    }
}

/// An answer that was kept in SOAP, in the form in which it is asked for now.
pub(in crate::cpis) fn again(body: &[u8], form: AnswerForm) -> Vec<u8> {
    let alone = match form {
        AnswerForm::Soap => None,
        AnswerForm::Bare => alone(body),
    };
    alone.unwrap_or_else(|| body.to_vec())
}

/// The message in a SOAP envelope of ours: it declares its namespaces itself.
fn alone(body: &[u8]) -> Option<Vec<u8>> {
    let document = xml::Document::parse(body).ok()?;
    let SpineAnswer::Message(message) = soap::read_response(&document).ok()? else {
        return None;
    };
    let mut w = xml::Writer::new();
    w.declaration();
    w.written(message.element.source().as_bytes());
    Some(w.finish())
}

pub(in crate::cpis) fn interaction_of(body: &[u8]) -> Option<Interaction> {
    let document = xml::Document::parse(body).ok()?;
    match soap::read_response(&document).ok()? {
        SpineAnswer::Message(message) => Some(message.interaction),
        SpineAnswer::Fault(_) => None,
    }
}
