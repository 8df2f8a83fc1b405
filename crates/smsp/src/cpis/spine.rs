//! Asking the Spine: on the connection, or by a message whose answer comes as one.

use std::sync::Arc;
use std::time::Duration;

use domain::identifier::{Asid, MessageId};
use hl7v3::cpis::answer::Answer;
use hl7v3::cpis::query;
use hl7v3::cpis::reply::{self, Reply};
use hl7v3::wrapper::Outgoing as Wrapper;
use hl7v3::{Interaction, SpineAnswer};
use jiff::SignedDuration;
use mhs::{Correlation, Outgoing, Pattern};
use store::{Commit, Direction, MessageRecord, Outcome, OutcomeChange, StoreError};
use transport::{Environment, Upstream};
use xml::{Document, Element, ns};

use super::Asked;
use crate::config::SmspConfig;
use crate::provider::Provider;
use crate::remembered::Begun;
use crate::trail::Trail;
use crate::upstream::{Gateway, Sender, SpineFailure, parse};

/// The service of CP-IS queries, in full.
pub(crate) const SERVICE: &str = "urn:nhs:names:services:cpisquery";

/// What the record of a query says whose answer nobody waits for any more.
const GIVEN_UP: &str = "given up";

/// How the Spine is asked.
pub enum CpisUpstream {
    /// In synchronous SOAP: the answer comes on the connection.
    Sync(Arc<dyn Upstream>),
    /// By a reliable ebXML message: it is put in the outbox of the lane [`crate::LANE`], for a
    /// [`mhs::Courier`] to send under the contract for `urn:nhs:names:services:cpisquery`.
    Async {
        /// Where its answer comes to: of [`crate::inbound`].
        answers: Correlation,
        /// For how long it is waited for, in all; after that the query is not sent any more either.
        within: Duration,
    },
}

/// The way to the Spine.
pub(super) enum Way {
    Sync(Gateway),
    Async {
        answers: Correlation,
        within: Duration,
        spine: Asid,
    },
}

/// What the Spine said, and what is to be recorded with the answer to that.
pub(super) struct Exchange {
    pub(super) reply: Result<Reply, SpineFailure>,
    pub(super) effects: Commit,
}

impl Way {
    pub(super) fn new(config: &SmspConfig, upstream: CpisUpstream, env: &Environment) -> Self {
        match upstream {
            CpisUpstream::Sync(upstream) => {
                Self::Sync(Gateway::of_cpis(config, upstream, env.clone()))
            }
            CpisUpstream::Async { answers, within } => Self::Async {
                answers,
                within,
                spine: config.cpis_asid().clone(),
            },
        }
    }

    /// Asks a query, as the client's system. An error is our own store's.
    pub(super) async fn ask(
        &self,
        provider: &Provider,
        trail: &mut Trail,
        asked: &Asked,
    ) -> Result<Exchange, StoreError> {
        match self {
            Self::Sync(gateway) => Ok(Exchange {
                reply: on_connection(gateway, trail, asked).await,
                effects: Commit::default(),
            }),
            Self::Async {
                answers,
                within,
                spine,
            } => {
                let Some(message) = message(provider, asked, spine) else {
                    return Err(StoreError::Failed("a fresh id is no id".to_owned()));
                };
                send(provider, trail, asked, (&message, spine), *within).await?;
                let answer = answers.wait(&message.message, *within).await;
                Ok(received(&message, answer))
            }
        }
    }
}

/// QUPC_IN000006GB01 in SOAP. It may be sent twice: the Spine knows the message by its id, and the
/// access by the query's.
async fn on_connection(
    gateway: &Gateway,
    trail: &mut Trail,
    asked: &Asked,
) -> Result<Reply, SpineFailure> {
    let sender = Sender {
        asid: &asked.client.asid,
        // No smartcard is needed; the query has an author of its own.
        author: None,
    };
    let question = gateway.question(sender, Interaction::CpisQuery, |parts| {
        query::write_request(parts, &asked.what)
    });
    let body = gateway.ask(&question, &mut trail.spine_messages).await?;
    let document = parse(&body)?;
    question.check_related(&document)?;
    read(&document)
}

/// The same as a message of its own.
fn message(provider: &Provider, asked: &Asked, spine: &Asid) -> Option<Outgoing> {
    let id = MessageId::parse(&provider.env.uuid()).ok()?;
    let wrapper = Wrapper {
        id: id.as_str(),
        now: asked.at,
        receiver: spine,
        sender: &asked.client.asid,
    };
    let payload = query::write_bare(&wrapper, None, &asked.what);
    Some(Outgoing {
        conversation: id.clone(),
        message: id,
        service: SERVICE.to_owned(),
        interaction: Interaction::CpisQuery.id().to_owned(),
        payload: String::from_utf8(payload).ok()?,
        pattern: Pattern::Reliable,
        to_party: None,
        ref_to: None,
    })
}

/// Puts it in the outbox. It is on audit before it can leave, and is not sent when nobody waits for
/// its answer any more: a late query would be an access that nobody made.
async fn send(
    provider: &Provider,
    trail: &mut Trail,
    asked: &Asked,
    (message, spine): (&Outgoing, &Asid),
    within: Duration,
) -> Result<(), StoreError> {
    let begun = Begun {
        spine_message: message.message.as_str().to_owned(),
        at: asked.at,
    };
    let patient = Some(asked.what.patient);
    let mut entry = message.entry(crate::LANE, patient, asked.at);
    let within = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
    entry.expires = asked.at.saturating_add(within).ok();
    let commit = Commit {
        audit: vec![trail.begun(&begun)],
        messages: vec![record(message, asked, spine)],
        outbox: vec![entry],
        ..Commit::default()
    };
    trail.spine_messages.push(message.message.clone());
    provider.store.commit(commit).await.map(drop)
}

/// That it went. Not what it says: it waits in the outbox until it has gone, and then it is gone.
fn record(message: &Outgoing, asked: &Asked, spine: &Asid) -> MessageRecord {
    MessageRecord {
        owner: crate::LANE.to_owned(),
        direction: Direction::Out,
        conversation: Some(message.conversation.as_str().to_owned()),
        message: message.message.clone(),
        ref_to: None,
        service: message.service.clone(),
        interaction: message.interaction.clone(),
        from: asked.client.asid.as_str().to_owned(),
        to: spine.as_str().to_owned(),
        patient: Some(asked.what.patient),
        document: None,
        at: asked.at,
        outcome: store::delivery::WAITING.to_owned(),
        body: None,
    }
}

/// What came, and what is to be done about it: of an answer that was read nothing is kept but that
/// it came; a query that was not answered is taken back, and an answer that comes later is refused.
fn received(message: &Outgoing, answer: Option<MessageRecord>) -> Exchange {
    let Some(mut answer) = answer else {
        let given_up = OutcomeChange {
            owner: crate::LANE.to_owned(),
            direction: Direction::Out,
            message: message.message.clone(),
            outcome: Outcome::Becomes(GIVEN_UP.to_owned()),
        };
        let effects = Commit {
            outbox_done: vec![message.message.as_str().to_owned()],
            outcomes: vec![given_up],
            ..Commit::default()
        };
        let failure = SpineFailure::Unreachable("no answer came in time".to_owned());
        return Exchange {
            reply: Err(failure),
            effects,
        };
    };
    let body = answer.body.take().unwrap_or_default();
    let effects = Commit {
        messages: vec![answer],
        ..Commit::default()
    };
    Exchange {
        reply: read_message(message, &body),
        effects,
    }
}

/// Reads an answer that came as a message. That it answers this one its envelope has said; what it
/// acknowledges must not say otherwise.
fn read_message(message: &Outgoing, body: &[u8]) -> Result<Reply, SpineFailure> {
    let document = parse(body)?;
    if let SpineAnswer::Message(answer) = hl7v3::soap::read_response(&document)?
        && let Some(acknowledged) = answer.acknowledgement
        && !acknowledged
            .refers_to
            .eq_ignore_ascii_case(message.message.as_str())
    {
        return Err(SpineFailure::unusable(
            "the answer belongs to another message",
        ));
    }
    read(&document)
}

fn read(document: &Document<'_>) -> Result<Reply, SpineFailure> {
    let reply = reply::read(document)?;
    match &reply {
        Reply::Found(answer) if is_cut(document, answer) => Err(SpineFailure::unusable(
            "the answer announces more records than it holds",
        )),
        _ => Ok(reply),
    }
}

/// Whether an answer announces more than it holds, however records are counted.
fn is_cut(document: &Document<'_>, answer: &Answer) -> bool {
    let counted = |element: &Element<'_, '_>| {
        let path = ["pertinentTotalReturnedChildRecords", "value"];
        let value = element.path(ns::HL7, &path)?;
        value.attribute("value")?.trim().parse::<usize>().ok()
    };
    let announced = document
        .root()
        .descendants()
        .filter(|element| element.is(ns::HL7, "pertinentInformation12"))
        .find_map(|element| counted(&element));
    let plans: usize = answer.records.iter().map(|record| record.plans.len()).sum();
    announced.is_some_and(|announced| announced > answer.records.len().max(plans))
}

/// Whether the record of a query says that nobody waits for its answer.
pub(crate) fn is_given_up(record: &MessageRecord) -> bool {
    record.outcome.starts_with(GIVEN_UP)
}
