//! Remembering what became of a message: marks on the records of messages.
//!
//! Two may mark the record of one message at the same time: the courier, that it was acknowledged,
//! and the receiving end, what the other side's answer says. The courier's marks are changes that
//! the store makes in one step ([`delivery`]). The receiving end reads a record and writes it again,
//! and holds the message ([`hold`]) meanwhile.

use domain::MessageId;
pub(crate) use store::delivery::{ACKNOWLEDGED, DEAD, DELIVERED};
use store::{Direction, MessageFilter, MessageRecord, Outcome, OutcomeChange, Store, StoreError};
use tokio::sync::{Mutex, MutexGuard};

static HELD: [Mutex<()>; 64] = [const { Mutex::const_new(()) }; 64];

/// Waits until nobody else marks this message (or one of the few that share its place).
pub(crate) async fn hold(message: &MessageId) -> MutexGuard<'static, ()> {
    let sum = message.as_str().bytes().fold(7_usize, |sum, byte| {
        let byte = usize::from(byte.to_ascii_uppercase());
        sum.wrapping_mul(31).wrapping_add(byte)
    });
    match HELD.get(sum % HELD.len()) {
        Some(place) => place.lock().await,
        // A remainder is smaller than what it is of.
        None => std::future::pending().await,
    }
}

/// A message id as records keep it: UUIDs mean the same in either case.
pub(crate) fn upper(id: &MessageId) -> MessageId {
    MessageId::parse(&id.as_str().to_ascii_uppercase()).unwrap_or_else(|_| id.clone())
}

/// The record of a message.
pub(crate) async fn record(
    store: &dyn Store,
    owner: &str,
    direction: Direction,
    message: &MessageId,
) -> Result<Option<MessageRecord>, StoreError> {
    let filter = MessageFilter {
        owner: Some(owner.to_owned()),
        direction: Some(direction),
        message: Some(upper(message)),
        limit: 1,
        ..MessageFilter::default()
    };
    Ok(store.messages(filter).await?.into_iter().next())
}

/// The mark of what became of the delivery of a message that went, should there be a record of it.
pub(crate) fn delivery(owner: &str, message: &MessageId, mark: &str) -> OutcomeChange {
    OutcomeChange {
        owner: owner.to_owned(),
        direction: Direction::Out,
        message: upper(message),
        outcome: Outcome::Adds(mark.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_message_is_held_by_one_in_either_case() {
        let id = |text| MessageId::parse(text).expect("an id");
        let (lower, upper) = (id("a-b"), id("A-B"));
        let held = hold(&lower).await;
        let other = hold(&upper);
        let soon = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, other).await.is_err());
        drop(held);
        drop(hold(&upper).await);
    }
}
