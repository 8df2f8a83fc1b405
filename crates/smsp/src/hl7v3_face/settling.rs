//! Making an answer durable before it leaves.

use domain::audit::AuditEvent;
use domain::identifier::MessageId;
use hl7v3::AnswerParts;
use store::{Commit, Precondition, StoreError};
use transport::Response;

use super::reply::{Reply, fault_response, storage_fault};
use super::{Hl7Face, Verdict};
use crate::trail::Trail;
use crate::watched::Watched;

impl Hl7Face {
    /// Commits what the verdict entails together with its audit event, and only then answers.
    pub(super) async fn settle(&self, mut trail: Watched, verdict: Verdict) -> Response {
        let Verdict {
            mut reply,
            effects,
            reply_to,
        } = verdict;
        let event = trail.event(&reply.outcome(), reply.discloses());
        let committed = self.commit(event, effects).await;
        trail.settled();
        if let Err(error) = committed {
            tracing::error!(%error, operation = trail.name(), "audit failed, so the answer is withheld");
            reply = Reply::Fault(storage_fault());
        }
        self.log(&trail, &reply);
        match (&reply, reply_to) {
            (Reply::Fault(fault), _) => fault_response(fault),
            (reply, Some(reply_to)) => reply.write(&AnswerParts {
                id: &self.service.provider.env.uuid(),
                now: self.service.provider.env.now(),
                service_url: &self.url,
                asid: &self.service.provider.config.spine_asid,
                reply_to: &reply_to,
            }),
            // Whatever could not be read so far is a fault.
            (_, None) => fault_response(&storage_fault()),
        }
    }

    async fn commit(&self, event: AuditEvent, effects: Commit) -> Result<(), StoreError> {
        let audit = vec![event];
        let commit = Commit {
            audit: audit.clone(),
            ..effects
        };
        match self.service.provider.store.commit(commit).await {
            // Another try of the same message has put its mark meanwhile; the answer is the same.
            Err(StoreError::Precondition(Precondition::MessageUnseen(_))) => {
                let event_alone = Commit {
                    audit,
                    ..Commit::default()
                };
                self.service.provider.store.commit(event_alone).await
            }
            done => done,
        }
        .map(drop)
    }

    /// Counts the request and writes its one log line, without any patient's data.
    fn log(&self, trail: &Trail, reply: &Reply) {
        let outcome = reply.outcome();
        let labels = [
            ("operation", trail.name().to_owned()),
            ("code", outcome.clone()),
        ];
        metrics::counter!("minispine_smsp_outcomes_total", &labels).increment(1);
        let client = trail.client.as_deref();
        tracing::info!(
            message_id = trail.message.as_ref().map(MessageId::as_str),
            operation = trail.name(),
            client = client.map(|client| client.name.as_str()),
            asid = client.map(|client| client.asid.as_str()),
            outcome,
            spine = trail.unreachable(),
            spine_messages = ?trail.spine_messages.iter().map(MessageId::as_str).collect::<Vec<_>>(),
            ms = trail.elapsed(&self.service.provider.env).as_millis() as u64,
            "HL7 V3 request"
        );
    }
}
