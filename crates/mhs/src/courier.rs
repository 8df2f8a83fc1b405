//! The courier: takes on what is due. What becomes of one message is in `delivery`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use store::{OutboxEntry, OutboxFilter, Store, StoreError};
use tokio::task::JoinSet;
use transport::{Environment, Shutdown};

use crate::{RetryPolicy, Routes};

/// The most entries that one pass takes on.
const PASS: usize = 256;

/// How long the courier waits for company when something new waits: under load one look at the outbox
/// finds many.
const GATHER: Duration = Duration::from_millis(5);

/// How long messages on their way may take to land once it is time to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Sends what waits in the outbox of one role until it is acknowledged.
///
/// It takes every entry of its lane for its own: one that it cannot read becomes a dead letter, so
/// that it is seen and holds up nothing.
pub struct Courier(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) lane: String,
    pub(crate) routes: Arc<dyn Routes>,
    pub(crate) policy: RetryPolicy,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) env: Environment,
}

/// What one pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    /// Acknowledged, or taken if it asked for no acknowledgment; and out of the outbox.
    pub acknowledged: usize,
    /// To be tried again.
    pub again: usize,
    /// Become dead letters.
    pub dead: usize,
    /// Taken over by another courier, or changed by an operator meanwhile.
    pub overtaken: usize,
    /// The store could not be told: whatever came of them, they are tried again when the claim
    /// has run out.
    pub unsettled: usize,
}

/// What came of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Acknowledged,
    Again,
    Dead,
    Overtaken,
    Unsettled,
}

impl Outcome {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Again => "again",
            Self::Dead => "dead",
            Self::Overtaken => "overtaken",
            Self::Unsettled => "unsettled",
        }
    }
}

impl Round {
    fn count(&mut self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Acknowledged => &mut self.acknowledged,
            Outcome::Again => &mut self.again,
            Outcome::Dead => &mut self.dead,
            Outcome::Overtaken => &mut self.overtaken,
            Outcome::Unsettled => &mut self.unsettled,
        };
        *counter += 1;
    }
}

impl Courier {
    /// A courier for the outbox of one role.
    pub fn new(
        lane: impl Into<String>,
        routes: Arc<dyn Routes>,
        policy: RetryPolicy,
        store: Arc<dyn Store>,
        env: Environment,
    ) -> Self {
        Self(Arc::new(Inner {
            lane: lane.into(),
            routes,
            policy,
            store,
            env,
        }))
    }

    /// Makes due at once what another process was sending when it ended, instead of when its claims
    /// run out. For a process that knows that no other courier of this lane is at work; if one is,
    /// messages are sent twice, and their receivers do nothing twice. Messages that may be sent only
    /// once are left alone.
    pub async fn take_over(&self) {
        match self.0.release_claims().await {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "what was being sent is sent again"),
            Err(error) => tracing::warn!(%error, "what was being sent waits for its claims"),
        }
    }

    /// Works until it is told to stop, then waits a little for the messages that are on their
    /// way. It may also be dropped at any time: nothing is lost by it.
    pub async fn run(self, mut shutdown: Shutdown) {
        let mut flights = Flights::default();
        loop {
            // Before the look, so that nothing slips in between.
            let filled = self.0.store.outbox_filled();
            let rested = self.0.launch(&mut flights).await;
            let mut landed = tokio::select! {
                () = shutdown.recv() => break,
                outcome = flights.next() => outcome,
                () = filled, if rested => {
                    tokio::time::sleep(GATHER).await;
                    continue;
                }
                () = tokio::time::sleep(self.0.policy.poll) => None,
            };
            if !rested || landed == Some(Outcome::Unsettled) {
                // The store is not well: leave it alone for a moment.
                landed = None;
                tokio::select! {
                    () = shutdown.recv() => break,
                    () = tokio::time::sleep(self.0.policy.poll) => {}
                }
            }
            if landed.is_none() {
                self.0.gauge().await;
            }
        }
        let landed = async { while flights.next_if_any().await.is_some() {} };
        if tokio::time::timeout(DRAIN, landed).await.is_err() {
            tracing::info!(
                "messages are still on their way: they are sent again at the next start"
            );
        }
    }

    /// One pass over what is due now, to its end.
    pub async fn round(&self) -> Round {
        let mut round = Round::default();
        let Some(due) = self.0.due(PASS).await else {
            return round;
        };
        let mut flights = Flights::default();
        for entry in due {
            if flights.number() >= self.0.policy.concurrency.max(1)
                && let Some(outcome) = flights.next_if_any().await
            {
                round.count(outcome);
            }
            flights.launch(&self.0, entry);
        }
        while let Some(outcome) = flights.next_if_any().await {
            round.count(outcome);
        }
        self.0.gauge().await;
        round
    }
}

/// Entries that are being worked on. Dropping it drops them where they wait.
#[derive(Default)]
struct Flights {
    tasks: JoinSet<(String, Outcome)>,
    ids: HashSet<String>,
}

impl Flights {
    fn number(&self) -> usize {
        self.tasks.len()
    }

    fn launch(&mut self, courier: &Arc<Inner>, entry: OutboxEntry) {
        if !self.ids.insert(entry.id.clone()) {
            return;
        }
        let courier = Arc::clone(courier);
        self.tasks.spawn(async move {
            let id = entry.id.clone();
            let outcome = courier.deliver(entry).await;
            (id, outcome)
        });
    }

    /// The next that ends; none when there are none.
    async fn next_if_any(&mut self) -> Option<Outcome> {
        match self.tasks.join_next().await? {
            Ok((id, outcome)) => {
                self.ids.remove(&id);
                Some(outcome)
            }
            Err(error) => {
                // A task that panicked; which is not known, so all are allowed to fly again: a
                // claim keeps those that are under way from being sent twice.
                tracing::error!(%error, "a delivery ended in a panic");
                self.ids.clear();
                Some(Outcome::Unsettled)
            }
        }
    }

    /// The next that ends; waits for ever when there are none.
    async fn next(&mut self) -> Option<Outcome> {
        match self.next_if_any().await {
            None => std::future::pending().await,
            some => some,
        }
    }
}

impl Inner {
    /// Takes on as much of what is due as there is room for. Says whether the store answered.
    async fn launch(self: &Arc<Self>, flights: &mut Flights) -> bool {
        let most = self.policy.concurrency.max(1);
        if flights.number() >= most {
            return true;
        }
        let Some(due) = self.due(most).await else {
            return false;
        };
        for entry in due {
            if flights.number() < most {
                flights.launch(self, entry);
            }
        }
        true
    }

    async fn due(&self, limit: usize) -> Option<Vec<OutboxEntry>> {
        match self.due_now(limit).await {
            Ok(due) => Some(due),
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read");
                None
            }
        }
    }

    async fn due_now(&self, limit: usize) -> Result<Vec<OutboxEntry>, StoreError> {
        let filter = OutboxFilter {
            lane: Some(self.lane.clone()),
            due: Some(self.env.now()),
            limit,
            ..OutboxFilter::default()
        };
        self.store.outbox(filter).await
    }

    async fn gauge(&self) {
        let Ok(counts) = self.store.counts().await else {
            return;
        };
        #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
        {
            metrics::gauge!("minispine_outbox_waiting").set(counts.outbox as f64);
            metrics::gauge!("minispine_outbox_dead_letters").set(counts.dead_letters as f64);
        }
    }
}
