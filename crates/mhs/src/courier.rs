//! The courier: claim, send, settle.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::audit::AuditEvent;
use ebxml::{Actor, EbxmlError, Form, MessageHeader, Outbound, Written};
use store::{Commit, OutboxEntry, OutboxFilter, Precondition, Store, StoreError};
use tokio::task::JoinSet;
use transport::{Environment, Shutdown, UpstreamError, UpstreamRequest, UpstreamResponse};

use crate::answer::{Verdict, Why, judge};
use crate::{Outgoing, RetryPolicy, Route, Routes};

/// The most entries that one pass takes on.
const PASS: usize = 256;

/// How long messages on their way may take to land once it is time to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Sends what waits in the outbox until it is acknowledged.
///
/// It takes every entry for its own: one that it cannot read becomes a dead letter, so that it
/// is seen and holds up nothing.
pub struct Courier(Arc<Inner>);

struct Inner {
    lane: String,
    routes: Arc<dyn Routes>,
    policy: RetryPolicy,
    store: Arc<dyn Store>,
    env: Environment,
}

/// What one pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    /// Acknowledged, and out of the outbox.
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
enum Outcome {
    Acknowledged,
    Again,
    Dead,
    Overtaken,
    Unsettled,
}

impl Outcome {
    const fn name(self) -> &'static str {
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

    /// Works until it is told to stop, then waits a little for the messages that are on their
    /// way. It may also be dropped at any time: nothing is lost by it.
    pub async fn run(self, mut shutdown: Shutdown) {
        let mut flights = Flights::default();
        loop {
            let rested = self.0.launch(&mut flights).await;
            let mut landed = tokio::select! {
                () = shutdown.recv() => break,
                outcome = flights.next() => outcome,
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

    /// One entry, from claim to settlement.
    async fn deliver(&self, entry: OutboxEntry) -> Outcome {
        let id = entry.id.clone();
        let outcome = match self.try_to_deliver(entry).await {
            Ok(outcome) => outcome,
            Err(StoreError::Precondition(_)) => Outcome::Overtaken,
            Err(error) => {
                tracing::warn!(message_id = id, %error, "the outbox cannot be written");
                Outcome::Unsettled
            }
        };
        metrics::counter!("minispine_outbox_tries_total", "outcome" => outcome.name()).increment(1);
        outcome
    }

    async fn try_to_deliver(&self, entry: OutboxEntry) -> Result<Outcome, StoreError> {
        let Some(outgoing) = Outgoing::of(&entry) else {
            let why = Why::new("the entry is not a message that this version can read");
            return self.bury(entry, None, &why).await;
        };
        let now = self.env.now();
        if self.policy.is_over(entry.queued_at, entry.expires, now) {
            let why = Why::new(match &entry.last_error {
                Some(last) => format!("not delivered in time; last: {last}"),
                None => "not delivered in time".to_owned(),
            });
            return self.bury(entry, Some(&outgoing), &why).await;
        }
        let entry = self.claim(entry).await?;
        let route = match self.routes.route(&outgoing) {
            Ok(route) => route,
            Err(why) => return self.postpone(entry, &outgoing, &Why::new(why)).await,
        };
        let written = match self.write(&route, &outgoing, &entry) {
            Ok(written) => written,
            Err(error) => {
                let why = Why::new(format!("it cannot be written: {error}"));
                return self.bury(entry, Some(&outgoing), &why).await;
            }
        };
        let answer = self.send(&route, written).await;
        match judge(&outgoing.message, entry.tries, answer) {
            Verdict::Acknowledged => self.done(entry, &outgoing).await,
            Verdict::Again(why) => self.postpone(entry, &outgoing, &why).await,
            Verdict::Dead(why) => self.bury(entry, Some(&outgoing), &why).await,
        }
    }

    /// Makes the entry ours until the claim runs out.
    async fn claim(&self, mut entry: OutboxEntry) -> Result<OutboxEntry, StoreError> {
        let before = entry.tries;
        entry.tries = before.saturating_add(1);
        let now = self.env.now();
        entry.next_try = now.checked_add(self.policy.claim).unwrap_or(now);
        self.commit(before, entry.clone(), None).await?;
        Ok(entry)
    }

    /// The message as it goes out, the same bytes at every try.
    fn write(
        &self,
        route: &Route,
        outgoing: &Outgoing,
        entry: &OutboxEntry,
    ) -> Result<Written, EbxmlError> {
        let header = MessageHeader {
            from_party: route.contract.from_party.clone(),
            to_party: route.contract.to_party.clone(),
            cpa_id: route.contract.cpa_id.clone(),
            conversation: outgoing.conversation.as_str().to_owned(),
            service: outgoing.service.clone(),
            action: outgoing.interaction.clone(),
            message_id: outgoing.message.clone(),
            timestamp: entry.queued_at,
            ref_to: None,
            duplicate_elimination: true,
            ack_requested: Some(Actor::ToParty),
            sync_reply: true,
        };
        ebxml::write(&Outbound {
            header: &header,
            form: Form::Client,
            payload: outgoing.payload.as_bytes(),
            attachments: &[],
            external: &[],
        })
    }

    async fn send(
        &self,
        route: &Route,
        written: Written,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let request = UpstreamRequest {
            method: transport::Method::Post,
            path: route.contract.path.clone(),
            headers: vec![
                ("SOAPAction", written.soap_action),
                ("Content-Type", written.content_type),
            ],
            body: Bytes::from(written.body),
            // The receiver does nothing twice.
            safe: true,
        };
        let sent = route.upstream.send(request);
        match tokio::time::timeout(self.policy.answer_within, sent).await {
            Ok(answer) => answer,
            Err(_) => Err(UpstreamError::Timeout { phase: "response" }),
        }
    }

    async fn done(&self, entry: OutboxEntry, outgoing: &Outgoing) -> Result<Outcome, StoreError> {
        let mut event = self.event(&entry, Some(outgoing), "acknowledged");
        event.decision = Some(format!("try {}", entry.tries));
        let commit = Commit {
            preconditions: vec![at(&entry.id, entry.tries)],
            outbox_done: vec![entry.id.clone()],
            audit: vec![event],
            ..Commit::default()
        };
        self.store.commit(commit).await?;
        tracing::info!(
            message_id = entry.id,
            interaction = outgoing.interaction,
            tries = entry.tries,
            "message acknowledged"
        );
        Ok(Outcome::Acknowledged)
    }

    async fn postpone(
        &self,
        mut entry: OutboxEntry,
        outgoing: &Outgoing,
        why: &Why,
    ) -> Result<Outcome, StoreError> {
        let now = self.env.now();
        let pause = self.policy.pause(entry.tries, self.env.random_u64());
        entry.next_try = now.checked_add(pause).unwrap_or(now);
        entry.last_error = Some(why.in_full());
        tracing::warn!(
            message_id = entry.id,
            interaction = outgoing.interaction,
            tries = entry.tries,
            why = why.brief,
            "message not acknowledged, to be tried again"
        );
        self.commit(entry.tries, entry, None).await?;
        Ok(Outcome::Again)
    }

    /// Leaves the entry where only an operator makes it go on.
    async fn bury(
        &self,
        mut entry: OutboxEntry,
        outgoing: Option<&Outgoing>,
        why: &Why,
    ) -> Result<Outcome, StoreError> {
        entry.dead = true;
        entry.last_error = Some(why.in_full());
        tracing::error!(
            message_id = entry.id,
            interaction = outgoing.map(|o| o.interaction.as_str()),
            tries = entry.tries,
            why = why.brief,
            "message is a dead letter: mend the cause and send it again"
        );
        let mut event = self.event(&entry, outgoing, "dead letter");
        event.decision = entry.last_error.clone();
        self.commit(entry.tries, entry, Some(event)).await?;
        Ok(Outcome::Dead)
    }

    /// Writes the entry, provided that it is as it was left after this many tries.
    async fn commit(
        &self,
        tries: u32,
        entry: OutboxEntry,
        event: Option<AuditEvent>,
    ) -> Result<(), StoreError> {
        let commit = Commit {
            preconditions: vec![at(&entry.id, tries)],
            outbox: vec![entry],
            audit: event.into_iter().collect(),
            ..Commit::default()
        };
        self.store.commit(commit).await.map(|_| ())
    }

    fn event(&self, entry: &OutboxEntry, outgoing: Option<&Outgoing>, what: &str) -> AuditEvent {
        let operation = outgoing.map_or(entry.kind.as_str(), |o| o.interaction.as_str());
        let mut event = AuditEvent::new(self.env.now(), "mhs", operation, what);
        event.patient = entry.patient;
        event.message = outgoing.map(|o| o.message.clone());
        event
    }
}

fn at(id: &str, tries: u32) -> Precondition {
    Precondition::OutboxAt {
        id: id.to_owned(),
        tries,
    }
}
