//! Waiting for the answer to a message: woken when it has come, with the store behind.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::MessageId;
use store::{Direction, MessageFilter, MessageRecord, Store};
use tokio::sync::oneshot;

use crate::marks::upper;

/// Those that wait at one time and are woken; more than these look at the store now and then.
const MOST_WAITING: usize = 10_000;

/// How often the store is looked at while waiting: another process may have received the answer.
const LOOK: Duration = Duration::from_secs(1);

/// Who waits for which answer. Cheap to clone; a clone sees the same.
#[derive(Clone)]
pub struct Correlation {
    lane: Arc<str>,
    store: Arc<dyn Store>,
    waiting: Arc<Mutex<Waiting>>,
}

/// By the message that is to be answered, in upper case.
type Waiting = HashMap<MessageId, Vec<oneshot::Sender<MessageRecord>>>;

impl Correlation {
    /// For the messages that one role receives into this store.
    pub fn new(lane: impl Into<Arc<str>>, store: Arc<dyn Store>) -> Self {
        Self {
            lane: lane.into(),
            store,
            waiting: Arc::default(),
        }
    }

    /// The first message that answers this one, as soon as it is there; `None` when none came in
    /// time. It may have come long before. May be dropped at any time.
    pub async fn wait(&self, ref_to: &MessageId, within: Duration) -> Option<MessageRecord> {
        let ref_to = upper(ref_to);
        match tokio::time::timeout(within, self.come(&ref_to)).await {
            Ok(record) => Some(record),
            Err(_) => self.stored(&ref_to).await,
        }
    }

    /// Wakes whoever waits for what this message answers. It must be in the store by now.
    pub(crate) fn wake(&self, record: &MessageRecord) {
        let Some(ref_to) = &record.ref_to else {
            return;
        };
        let waiting = self.waiting().remove(ref_to);
        for waits in waiting.into_iter().flatten() {
            // Whoever has gone meanwhile does not mind.
            let _ = waits.send(record.clone());
        }
    }

    async fn come(&self, ref_to: &MessageId) -> MessageRecord {
        // First it waits, then it looks: what comes in between does both.
        let mut place = self.place(ref_to);
        loop {
            if let Some(record) = self.stored(ref_to).await {
                return record;
            }
            let woken = async {
                match place.as_mut() {
                    Some(place) => (&mut place.woken).await.ok(),
                    None => std::future::pending().await,
                }
            };
            match tokio::time::timeout(LOOK, woken).await {
                Ok(Some(record)) => return record,
                // The sender never goes without sending; should it, the store is left.
                Ok(None) => place = None,
                Err(_) => {}
            }
        }
    }

    fn place(&self, ref_to: &MessageId) -> Option<Place> {
        let mut waiting = self.waiting();
        if waiting.len() >= MOST_WAITING && !waiting.contains_key(ref_to) {
            return None;
        }
        let (wakes, woken) = oneshot::channel();
        let all = waiting.entry(ref_to.clone()).or_default();
        if all.len() >= MOST_WAITING {
            return None;
        }
        all.push(wakes);
        Some(Place {
            correlation: self.clone(),
            ref_to: ref_to.clone(),
            woken,
        })
    }

    async fn stored(&self, ref_to: &MessageId) -> Option<MessageRecord> {
        let filter = MessageFilter {
            owner: Some(self.lane.to_string()),
            direction: Some(Direction::In),
            ref_to: Some(ref_to.clone()),
            limit: FIRST_AMONG,
            ..MessageFilter::default()
        };
        match self.store.messages(filter).await {
            // The newest come first; the first that came is the answer.
            Ok(records) => records.into_iter().next_back(),
            Err(error) => {
                tracing::warn!(message_id = %ref_to, %error, "received messages cannot be read");
                None
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Plain values, so nothing is half done after a panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More answers to one message than these are not looked through for the first.
const FIRST_AMONG: usize = 10;

impl fmt::Debug for Correlation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Correlation")
            .field("lane", &self.lane)
            .field("waiting", &self.waiting().len())
            .finish_non_exhaustive()
    }
}

/// A place among those that wait; left when it is dropped.
struct Place {
    correlation: Correlation,
    ref_to: MessageId,
    woken: oneshot::Receiver<MessageRecord>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.woken.close();
        let mut waiting = self.correlation.waiting();
        let Some(all) = waiting.get_mut(&self.ref_to) else {
            return;
        };
        all.retain(|wakes| !wakes.is_closed());
        if all.is_empty() {
            waiting.remove(&self.ref_to);
        }
    }
}

#[cfg(test)]
mod tests {
    use store::MemoryStore;

    use super::*;

    fn answer(to: &MessageId) -> MessageRecord {
        MessageRecord {
            owner: "smsp".to_owned(),
            direction: Direction::In,
            message: to.clone(),
            conversation: None,
            ref_to: Some(to.clone()),
            service: String::new(),
            interaction: String::new(),
            from: String::new(),
            to: String::new(),
            patient: None,
            document: None,
            at: jiff::Timestamp::UNIX_EPOCH,
            outcome: "AA".to_owned(),
            body: None,
        }
    }

    #[tokio::test]
    async fn all_who_wait_are_woken_without_a_look_at_the_store() {
        let correlation = Correlation::new("smsp", Arc::new(MemoryStore::new()));
        let id = upper(&MessageId::parse("b7a1").expect("an id"));
        let long = Duration::from_secs(20);
        let wakes = async {
            while correlation.waiting().get(&id).map_or(0, Vec::len) < 2 {
                tokio::task::yield_now().await;
            }
            correlation.wake(&answer(&id));
        };
        let (one, other, ()) = tokio::join!(
            correlation.wait(&id, long),
            correlation.wait(&id, long),
            wakes
        );
        assert_eq!((&one, &other), (&Some(answer(&id)), &Some(answer(&id))));
        assert!(correlation.waiting().is_empty());
    }

    #[tokio::test]
    async fn nobody_is_left_waiting_when_their_time_is_over() {
        let correlation = Correlation::new("smsp", Arc::new(MemoryStore::new()));
        let id = MessageId::parse("b7a1").expect("an id");
        let soon = Duration::from_millis(20);
        let same = upper(&id);
        let (one, other) = tokio::join!(
            correlation.wait(&id, soon),
            correlation.wait(&same, 2 * soon)
        );
        assert_eq!((one, other), (None, None));
        assert!(correlation.waiting().is_empty());
    }
}
