//! `POST /clinical`: a GP Summary, or the withdrawal of one.

use domain::MessageId;
use domain::audit::AuditEvent;
use ebxml::Pattern;
use hl7v3::{Interaction, SoapFault};
use jiff::{SignedDuration, Timestamp};
use store::{Commit, Direction, MessageRecord, Precondition, SeenKey, SeenMessage, StoreError};
use transport::{Request, Response};

use super::result::{location, pending, stands_in_a_path};
use super::{ClinicalService, Refusal};
use crate::LANE;
use crate::reliable::incoming::{Content, Entrance, Incoming, is_unseen, upper};
use crate::uploads::{self, ATTEMPTS, Attempt, Desk, REMEMBERED, Taken};

/// What comes here. The SCR FHIR API only uploads; who withdraws without an endpoint of their own
/// needs a place to fetch the answer from too.
pub(super) const TAKES: &[Interaction] = &[
    Interaction::SummarySm,
    Interaction::WithdrawInitialSummary,
    Interaction::WithdrawSummary,
];

/// How messages come here: under the same rules as reliable ones.
const ENTRANCE: Entrance = Entrance {
    pattern: Pattern::Reliable,
    takes: TAKES,
};

/// In whose name message ids are remembered. Those of the reliable endpoint are others, because
/// their senders are answered in another way.
const SEEN_AS: &str = "clinical";

/// An upload, and by what it is known.
struct Upload<'a> {
    incoming: Incoming<'a>,
    payload: &'a [u8],
    /// Its message id, in upper case.
    id: MessageId,
    key: SeenKey,
    digest: [u8; 32],
}

impl ClinicalService {
    /// Everything up to the 202, whose result is durable when this is done.
    pub(super) async fn upload(
        &self,
        http: &Request,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let (own, directory) = (&self.node.own, &self.node.directory);
        let incoming = Incoming::read(own, directory, &ENTRANCE, http, event)?;
        let payload = incoming.payload()?.into_owned();
        let upload = Upload::new(incoming, &payload)?;
        let document = xml::Document::parse(&payload).map_err(SoapFault::from)?;
        let content = upload.incoming.content(own, document.root(), event)?;
        check_asid(http, &content)?;
        if let Err(expired) = upload.incoming.check_time(event.at) {
            return self.late(expired.into(), &upload, event).await;
        }
        let mut overtaken: Option<Precondition> = None;
        for _ in 0..ATTEMPTS {
            let attempt = Attempt {
                key: &upload.key,
                overtaken: overtaken.as_ref(),
            };
            let taken = self.take(&content, attempt).await?;
            let ready = self.ready_at(http, &taken, event.at);
            note(event, &taken);
            let commit = upload.commit(taken, ready, event);
            match self.node.store.commit(commit).await {
                Ok(_) => return Ok(pending(&upload.id)),
                Err(StoreError::Precondition(broken)) if is_unseen(&broken, &upload.key) => {
                    return self.repeat(&upload, event).await;
                }
                Err(StoreError::Precondition(broken)) => overtaken = Some(broken),
                Err(error) => return Err(Refusal::storage(&error)),
            }
        }
        let why = "too many messages about one patient at a time: send it again";
        Err(SoapFault::processing(why).into())
    }

    async fn take(
        &self,
        content: &Content<'_, '_>,
        attempt: Attempt<'_>,
    ) -> Result<Taken, Refusal> {
        let desk = Desk {
            store: &*self.node.store,
            env: &self.node.env,
            own: &self.node.own,
            strict_versions: self.strict_versions,
            scenarios: self.node.scenarios,
        };
        match content {
            Content::Broken(invalid, reply_to) => Ok(uploads::invalid(desk, reply_to, invalid)),
            Content::Sound(request) => {
                let taken = uploads::take(desk, request, attempt).await;
                taken.map_err(|error| Refusal::storage(&error))
            }
        }
    }

    fn ready_at(&self, http: &Request, taken: &Taken, now: Timestamp) -> Timestamp {
        let late = self
            .node
            .faults
            .as_ref()
            .map(|plan| plan.not_ready_for(http, taken.patient.as_ref()))
            .and_then(|late| SignedDuration::try_from(late).ok())
            .unwrap_or_default();
        let wait = self.ready_after.saturating_add(late);
        now.checked_add(wait).unwrap_or(now)
    }

    /// A message whose time is over is refused, unless it was taken in time.
    async fn late(
        &self,
        expired: Refusal,
        upload: &Upload<'_>,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let known = self.node.store.seen(upload.key.clone()).await;
        let known = known.map_err(|error| Refusal::storage(&error))?;
        match known.filter(|first| event.at < first.expires) {
            Some(_) => self.repeat(upload, event).await,
            None => Err(expired),
        }
    }

    /// A message that was taken before: its result is where it was, if it is the same message.
    async fn repeat(
        &self,
        upload: &Upload<'_>,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let first = self.node.store.seen(upload.key.clone()).await;
        let first = first.map_err(|error| Refusal::storage(&error))?;
        // Should it be gone by now, the sender's next try is new.
        let gone = || SoapFault::processing("the message is to be sent again");
        if first.ok_or_else(gone)?.digest != upload.digest {
            let why = "the message id was used before, for another message";
            return Err(SoapFault::processing(why).into());
        }
        event.outcome = "repeated".to_owned();
        event.decision = Some("a repetition: its result is where it was".to_owned());
        event.document = None;
        event.related.clear();
        self.record(event).await?;
        Ok(pending(&upload.id))
    }
}

/// The system that the HTTP header names, if there is one, is the one that the message is from.
fn check_asid(http: &Request, content: &Content<'_, '_>) -> Result<(), Refusal> {
    let sender = match content {
        Content::Sound(request) => &request.sender,
        Content::Broken(_, reply_to) => &reply_to.sender,
    };
    match http.header("nhsd-asid").map(str::trim) {
        Some(named) if named != sender.as_str() => {
            let why = "the header nhsd-asid is not the sending ASID of the message";
            Err(SoapFault::processing(why).into())
        }
        _ => Ok(()),
    }
}

fn note(event: &mut AuditEvent, taken: &Taken) {
    event.outcome.clone_from(&taken.outcome);
    event.decision.clone_from(&taken.decision);
    event.patient = taken.patient.or(event.patient);
    event.document.clone_from(&taken.document);
    event.related = vec![taken.answer_id.clone()];
}

impl<'a> Upload<'a> {
    fn new(incoming: Incoming<'a>, payload: &'a [u8]) -> Result<Self, SoapFault> {
        let id = upper(&incoming.message.header.message_id);
        if !stands_in_a_path(&id) {
            let why = "eb:MessageId must be letters, digits, points, hyphens and underscores";
            return Err(SoapFault::processing(why));
        }
        Ok(Self {
            key: SeenKey {
                interaction: SEEN_AS.to_owned(),
                ..incoming.key()
            },
            digest: incoming.digest(payload),
            incoming,
            payload,
            id,
        })
    }

    /// Effects, the memory of the message, the message and its result, and the event, in one.
    fn commit(&self, taken: Taken, ready: Timestamp, event: &AuditEvent) -> Commit {
        let header = &self.incoming.message.header;
        let came = MessageRecord {
            owner: LANE.to_owned(),
            direction: Direction::In,
            message: self.id.clone(),
            conversation: Some(header.conversation.clone()),
            ref_to: None,
            service: header.service.clone(),
            interaction: header.action.clone(),
            from: header.from_party.as_str().to_owned(),
            to: header.to_party.as_str().to_owned(),
            patient: taken.patient,
            body: taken.document.is_none().then(|| self.payload.to_vec()),
            document: taken.document,
            at: event.at,
            outcome: taken.outcome.clone(),
        };
        let result = MessageRecord {
            direction: Direction::Out,
            message: taken.answer_id,
            ref_to: Some(self.id.clone()),
            interaction: taken.answer_interaction.id().to_owned(),
            from: came.to.clone(),
            to: came.from.clone(),
            document: None,
            at: ready,
            body: Some(taken.answer),
            ..came.clone()
        };
        let mut commit = taken.commit;
        // The message's own memory first: of all that may be known, a repetition finds that.
        commit.seen.insert(0, self.seen(event.at));
        commit.messages.extend([came, result]);
        commit.audit.push(event.clone());
        commit
    }

    fn seen(&self, at: Timestamp) -> SeenMessage {
        SeenMessage {
            key: self.key.clone(),
            digest: self.digest,
            answer: location(&self.id).into_bytes(),
            at,
            expires: at.checked_add(REMEMBERED).unwrap_or(Timestamp::MAX),
        }
    }
}
