//! One message, from claim to settlement.

use bytes::Bytes;
use domain::audit::AuditEvent;
use ebxml::{Actor, EbxmlError, MessageHeader, Outbound, Written};
use store::{Commit, OutboxEntry, OutboxFilter, Precondition, StoreError};
use transport::{UpstreamError, UpstreamRequest, UpstreamResponse};

use crate::answer::{Verdict, Why, judge, judge_express, outcome_unknown};
use crate::courier::{Inner, Outcome};
use crate::marks::{self, ACKNOWLEDGED, DEAD, DELIVERED};
use crate::{Contract, Outgoing, Pattern, Route};

/// The most entries among which claims are looked for; those beyond wait until they run out.
const MOST_CLAIMS: usize = 4096;

impl Inner {
    /// Makes due what is under way, as far as it may be sent twice. Says how many there were.
    pub(crate) async fn release_claims(&self) -> Result<usize, StoreError> {
        let now = self.env.now();
        let filter = OutboxFilter {
            lane: Some(self.lane.clone()),
            due: now.checked_add(self.policy.claim).ok(),
            limit: MOST_CLAIMS,
            ..OutboxFilter::default()
        };
        let mut released = 0;
        for entry in self.store.outbox(filter).await? {
            let is_reliable = || Outgoing::of(&entry).map(|o| o.pattern) == Some(Pattern::Reliable);
            if entry.next_try <= now || !is_under_way(&entry) || !is_reliable() {
                continue;
            }
            let due = OutboxEntry {
                next_try: now,
                ..entry
            };
            match self.commit(due.tries, due, None).await {
                Ok(()) => released += 1,
                Err(StoreError::Precondition(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(released)
    }

    /// One entry, from claim to settlement.
    pub(crate) async fn deliver(&self, entry: OutboxEntry) -> Outcome {
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
            return self
                .bury(entry.clone(), Some(&outgoing), &late(&entry))
                .await;
        }
        if was_under_way(&entry, outgoing.pattern) {
            let verdict = outcome_unknown("the process ended while it was being sent");
            return self.settle(entry, &outgoing, None, verdict).await;
        }
        let route = match self.routes.route(&outgoing) {
            Ok(route) => route,
            Err(why) => return self.wait_for_a_way(entry, &outgoing, why).await,
        };
        let entry = self.claim(entry, &route.contract).await?;
        let written = match write(&route, &outgoing, &entry) {
            Ok(written) => written,
            Err(error) => {
                let why = Why::new(format!("it cannot be written: {error}"));
                return self.bury(entry, Some(&outgoing), &why).await;
            }
        };
        let answer = self.send(&route, outgoing.pattern, written).await;
        let verdict = match outgoing.pattern {
            Pattern::Reliable => judge(&outgoing.message, entry.tries, answer),
            Pattern::Express => judge_express(&outgoing.message, answer),
        };
        self.settle(entry, &outgoing, Some(&route.contract), verdict)
            .await
    }

    async fn settle(
        &self,
        entry: OutboxEntry,
        outgoing: &Outgoing,
        contract: Option<&Contract>,
        verdict: Verdict,
    ) -> Result<Outcome, StoreError> {
        match verdict {
            Verdict::Acknowledged => self.done(entry, outgoing).await,
            Verdict::Again(why) => self.postpone(entry, outgoing, contract, &why).await,
            Verdict::Dead(why) => self.bury(entry, Some(outgoing), &why).await,
        }
    }

    /// Makes the entry ours until the claim runs out. From the first time on, its contract says
    /// when it ends.
    async fn claim(
        &self,
        mut entry: OutboxEntry,
        contract: &Contract,
    ) -> Result<OutboxEntry, StoreError> {
        let before = entry.tries;
        entry.tries = before.saturating_add(1);
        let now = self.env.now();
        entry.next_try = now.checked_add(self.policy.claim).unwrap_or(now);
        let persist = contract.reliability.map(|r| r.persist_duration);
        entry.expires = entry.expires.or_else(|| now.checked_add(persist?).ok());
        // Says that it is under way, should this process end here.
        entry.last_error = None;
        self.commit(before, entry.clone(), None).await?;
        Ok(entry)
    }

    async fn send(
        &self,
        route: &Route,
        pattern: Pattern,
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
            // The receiver of a reliable message does nothing twice.
            safe: pattern == Pattern::Reliable,
        };
        let sent = route.upstream.send(request);
        match tokio::time::timeout(self.policy.answer_within, sent).await {
            Ok(answer) => answer,
            Err(_) => Err(UpstreamError::Timeout { phase: "response" }),
        }
    }

    async fn done(&self, entry: OutboxEntry, outgoing: &Outgoing) -> Result<Outcome, StoreError> {
        let what = match outgoing.pattern {
            Pattern::Reliable => ACKNOWLEDGED,
            Pattern::Express => DELIVERED,
        };
        let mut event = self.event(&entry, Some(outgoing), what);
        event.decision = Some(format!("try {}", entry.tries));
        let mark = marks::delivery(&self.lane, &outgoing.message, what);
        let commit = Commit {
            preconditions: vec![at(&entry.id, entry.tries)],
            outbox_done: vec![entry.id.clone()],
            outcomes: vec![mark],
            audit: vec![event],
            ..Commit::default()
        };
        self.store.commit(commit).await?;
        tracing::info!(
            message_id = entry.id,
            interaction = outgoing.interaction,
            tries = entry.tries,
            outcome = what,
            "message delivered"
        );
        Ok(Outcome::Acknowledged)
    }

    /// To be tried again, by the contract if it says how, else by the policy.
    async fn postpone(
        &self,
        mut entry: OutboxEntry,
        outgoing: &Outgoing,
        contract: Option<&Contract>,
        why: &Why,
    ) -> Result<Outcome, StoreError> {
        let chance = self.env.random_u64();
        let pause = match contract.and_then(|contract| contract.reliability) {
            Some(reliability) if entry.tries > reliability.retries => {
                let why = Why {
                    brief: format!("given up after {}; last: {}", times(entry.tries), why.brief),
                    said: why.said.clone(),
                };
                return self.bury(entry, Some(outgoing), &why).await;
            }
            Some(reliability) => self.policy.pause_of(reliability, chance),
            None => self.policy.pause(entry.tries, chance),
        };
        let now = self.env.now();
        let next = now.checked_add(pause).unwrap_or(now);
        entry.next_try = entry.expires.map_or(next, |end| end.min(next));
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

    /// There is no way for it, so it has not been tried, and that does not count as a try.
    async fn wait_for_a_way(
        &self,
        mut entry: OutboxEntry,
        outgoing: &Outgoing,
        why: String,
    ) -> Result<Outcome, StoreError> {
        let now = self.env.now();
        let waited = now.duration_since(entry.queued_at);
        let pause = self.policy.pause_unsent(waited, self.env.random_u64());
        entry.next_try = now.checked_add(pause).unwrap_or(now);
        tracing::warn!(
            message_id = entry.id,
            interaction = outgoing.interaction,
            why,
            "there is no way for a message yet"
        );
        entry.last_error = Some(Why::new(why).in_full());
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
        let mut event = self.event(&entry, outgoing, DEAD);
        event.decision = entry.last_error.clone();
        let Some(outgoing) = outgoing else {
            self.commit(entry.tries, entry, Some(event)).await?;
            return Ok(Outcome::Dead);
        };
        let mark = marks::delivery(&self.lane, &outgoing.message, DEAD);
        let commit = Commit {
            preconditions: vec![at(&entry.id, entry.tries)],
            outbox: vec![entry],
            outcomes: vec![mark],
            audit: vec![event],
            ..Commit::default()
        };
        self.store.commit(commit).await?;
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

/// Whether an earlier try of a message that may be sent only once has not said how it ended.
fn was_under_way(entry: &OutboxEntry, pattern: Pattern) -> bool {
    pattern == Pattern::Express && is_under_way(entry)
}

/// Whether the last try has not said how it ended.
fn is_under_way(entry: &OutboxEntry) -> bool {
    entry.tries > 0 && entry.last_error.is_none()
}

/// The message as it goes out, the same bytes at every try.
fn write(route: &Route, outgoing: &Outgoing, entry: &OutboxEntry) -> Result<Written, EbxmlError> {
    let contract = &route.contract;
    let is_reliable = outgoing.pattern == Pattern::Reliable;
    let to_party = outgoing.to_party.as_ref().unwrap_or(&contract.to_party);
    let header = MessageHeader {
        from_party: contract.from_party.clone(),
        to_party: to_party.clone(),
        cpa_id: contract.cpa_id.clone(),
        conversation: outgoing.conversation.as_str().to_owned(),
        service: outgoing.service.clone(),
        action: outgoing.interaction.clone(),
        message_id: outgoing.message.clone(),
        timestamp: entry.queued_at,
        ref_to: outgoing.ref_to(),
        duplicate_elimination: is_reliable,
        ack_requested: is_reliable.then_some(Actor::ToParty),
        sync_reply: true,
    };
    ebxml::write(&Outbound {
        header: &header,
        form: contract.form,
        payload: outgoing.payload.as_bytes(),
        attachments: &[],
        external: &[],
    })
}

fn late(entry: &OutboxEntry) -> Why {
    Why::new(match &entry.last_error {
        Some(last) => format!("expired: not delivered in time; last: {last}"),
        None => "expired: not delivered in time".to_owned(),
    })
}

fn times(tries: u32) -> String {
    match tries {
        1 => "1 try".to_owned(),
        tries => format!("{tries} tries"),
    }
}

fn at(id: &str, tries: u32) -> Precondition {
    Precondition::OutboxAt {
        id: id.to_owned(),
        tries,
    }
}
