//! Remembering what became of a message: marks on the records of messages.
//!
//! Two may mark the record of one message at the same time: the courier, that it was acknowledged,
//! and the receiving end, what the other side's answer says. A record is read, changed and written
//! again, so whoever does that holds the message ([`hold`]) meanwhile.

use domain::MessageId;
use store::{Direction, MessageFilter, MessageRecord, Store, StoreError};
use tokio::sync::{Mutex, MutexGuard};

/// It has not been delivered yet.
pub(crate) const WAITING: &str = "waiting";
/// The other side has acknowledged it.
pub(crate) const ACKNOWLEDGED: &str = "acknowledged";
/// The other side has taken it, without acknowledgment.
pub(crate) const DELIVERED: &str = "delivered";
/// It was given up.
pub(crate) const DEAD: &str = "dead letter";

/// What separates what a message says from what became of it.
const SEPARATOR: &str = "; ";

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

/// The record of a message that went, if there is one, marked with what became of its delivery.
/// Delivery does not wait for a record that cannot be read.
pub(crate) async fn delivery(
    store: &dyn Store,
    owner: &str,
    message: &MessageId,
    mark: &str,
) -> Option<MessageRecord> {
    let mut record = match record(store, owner, Direction::Out, message).await {
        Ok(record) => record?,
        Err(error) => {
            tracing::warn!(message_id = %message, %error, "the record of the message cannot be read");
            return None;
        }
    };
    record.outcome = with_mark(&record.outcome, mark);
    Some(record)
}

/// An outcome with a mark of delivery: in the place of the one before, and after what the message
/// itself says.
fn with_mark(outcome: &str, mark: &str) -> String {
    let is_mark = |text: &str| [WAITING, ACKNOWLEDGED, DELIVERED, DEAD].contains(&text);
    let said = match outcome.rsplit_once(SEPARATOR) {
        Some((said, last)) if is_mark(last) => said,
        _ if is_mark(outcome) => "",
        _ => outcome,
    };
    match said {
        "" => mark.to_owned(),
        said => format!("{said}{SEPARATOR}{mark}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_replaces_the_mark_before_and_nothing_else() {
        for (outcome, mark, expected) in [
            (WAITING, ACKNOWLEDGED, "acknowledged"),
            ("", ACKNOWLEDGED, "acknowledged"),
            (DEAD, ACKNOWLEDGED, "acknowledged"),
            ("AA", ACKNOWLEDGED, "AA; acknowledged"),
            ("AE 410 30142", DEAD, "AE 410 30142; dead letter"),
            (
                "AE 410 30142; dead letter",
                ACKNOWLEDGED,
                "AE 410 30142; acknowledged",
            ),
            ("AE 410; 30142", DELIVERED, "AE 410; 30142; delivered"),
        ] {
            assert_eq!(with_mark(outcome, mark), expected, "{outcome}");
        }
    }

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
