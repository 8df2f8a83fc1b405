//! Signals that come by themselves: what settles a message that waits, if not the answer to it.

use domain::audit::AuditEvent;
use ebxml::Message;
use store::{Commit, OutboxEntry, OutboxFilter, Precondition, Store, StoreError};
use transport::Environment;

use crate::Outgoing;
use crate::answer::{Verdict, Why, judge_signal};
use crate::marks::{self, ACKNOWLEDGED, DEAD};

/// How often a settlement is decided anew because a courier was quicker.
const ATTEMPTS: usize = 3;

/// What a signal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The message it acknowledges is out of the outbox.
    Acknowledged,
    /// The message it refuses is a dead letter.
    Dead,
    /// It says nothing final, so the message is tried again as if nothing had come.
    Nothing,
    /// No such message waits here for this party.
    Unknown,
}

impl Settled {
    /// The name, for audit and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => ACKNOWLEDGED,
            Self::Dead => DEAD,
            Self::Nothing => "not final",
            Self::Unknown => "unknown message",
        }
    }
}

/// Settles the outbox entry that a signal is about, if it is one of this lane's and was for the
/// party that sends the signal: acknowledged, it is done with; refused for good, it is a dead
/// letter. One commit, with its audit event. `event` is what is known of whoever sends it.
pub async fn settle(
    store: &dyn Store,
    env: &Environment,
    lane: &str,
    signal: &Message<'_>,
    event: &AuditEvent,
) -> Result<Settled, StoreError> {
    for _ in 1..ATTEMPTS {
        match settle_once(store, env, lane, signal, event).await {
            Err(StoreError::Precondition(_)) => {}
            settled => return settled,
        }
    }
    settle_once(store, env, lane, signal, event).await
}

async fn settle_once(
    store: &dyn Store,
    env: &Environment,
    lane: &str,
    signal: &Message<'_>,
    event: &AuditEvent,
) -> Result<Settled, StoreError> {
    let Some((entry, outgoing)) = awaited(store, lane, signal).await? else {
        return Ok(Settled::Unknown);
    };
    let (settled, why) = match judge_signal(&outgoing.message, &signal.kind) {
        Some(Verdict::Acknowledged) => (Settled::Acknowledged, None),
        Some(Verdict::Dead(_)) if entry.dead => return Ok(Settled::Nothing),
        Some(Verdict::Dead(why)) => (Settled::Dead, Some(why)),
        Some(Verdict::Again(_)) | None => return Ok(Settled::Nothing),
    };
    let mut event = event.clone();
    event.at = env.now();
    event.operation.clone_from(&outgoing.interaction);
    settled.name().clone_into(&mut event.outcome);
    event.patient = entry.patient;
    event.related = vec![outgoing.message.clone()];
    event.decision = Some(match &why {
        Some(why) => why.in_full(),
        None => "by a signal of its own".to_owned(),
    });
    let mark = marks::delivery(lane, &outgoing.message, settled.name());
    let id = entry.id.clone();
    let commit = Commit {
        outcomes: vec![mark],
        audit: vec![event],
        ..change(entry, why.as_ref())
    };
    store.commit(commit).await?;
    match why {
        None => tracing::info!(
            message_id = id,
            "message acknowledged by a signal of its own"
        ),
        Some(why) => tracing::error!(
            message_id = id,
            why = why.brief,
            "message is a dead letter by a signal of its own: mend the cause and send it again"
        ),
    }
    Ok(settled)
}

/// The entry's end. One that is acknowledged is gone whatever a courier does with it meanwhile; one
/// that is refused must be as it was read.
fn change(entry: OutboxEntry, why: Option<&Why>) -> Commit {
    let Some(why) = why else {
        return Commit {
            outbox_done: vec![entry.id],
            ..Commit::default()
        };
    };
    Commit {
        preconditions: vec![Precondition::OutboxAt {
            id: entry.id.clone(),
            tries: entry.tries,
        }],
        outbox: vec![OutboxEntry {
            dead: true,
            last_error: Some(why.in_full()),
            ..entry
        }],
        ..Commit::default()
    }
}

/// The entry that a signal is about, whether it waits or was given up.
async fn awaited(
    store: &dyn Store,
    lane: &str,
    signal: &Message<'_>,
) -> Result<Option<(OutboxEntry, Outgoing)>, StoreError> {
    let of_acknowledgment = match &signal.kind {
        ebxml::Kind::Acknowledgment(acknowledgment) => Some(&acknowledgment.ref_to),
        _ => None,
    };
    let Some(about) = of_acknowledgment.or(signal.header.ref_to.as_ref()) else {
        return Ok(None);
    };
    let Some(entry) = in_either_case(store, lane, about.as_str()).await? else {
        return Ok(None);
    };
    let from = &signal.header.from_party;
    let is_theirs = |to: &Outgoing| to.to_party.as_ref().is_none_or(|party| party == from);
    let outgoing = Outgoing::of(&entry).filter(is_theirs);
    Ok(outgoing.map(|outgoing| (entry, outgoing)))
}

/// UUIDs mean the same in either case, and whoever quotes ours may have changed theirs.
async fn in_either_case(
    store: &dyn Store,
    lane: &str,
    id: &str,
) -> Result<Option<OutboxEntry>, StoreError> {
    let mut ids = vec![
        id.to_owned(),
        id.to_ascii_uppercase(),
        id.to_ascii_lowercase(),
    ];
    ids.dedup();
    for id in ids {
        let filter = OutboxFilter {
            lane: Some(lane.to_owned()),
            id: Some(id),
            limit: 1,
            ..OutboxFilter::default()
        };
        if let Some(entry) = store.outbox(filter).await?.pop() {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}
