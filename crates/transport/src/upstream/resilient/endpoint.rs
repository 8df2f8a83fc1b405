//! One endpoint: its breaker, and how many requests it may have at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::ResilientSettings;
use super::breaker::{Breaker, CircuitState, Policy, Ticket, Verdict};
use super::failing::{EndpointState, Failing};
use crate::{Environment, Upstream, UpstreamError, UpstreamRequest, UpstreamResponse};

/// How long to wait for an endpoint that only has too many requests.
const WHEN_FULL: Duration = Duration::from_secs(1);
/// What something before the service answers when the service is not there or wants to be spared.
const GATEWAY_STATUS: [u16; 3] = [502, 503, 504];

/// An endpoint.
pub(super) struct Endpoint {
    pub(super) name: String,
    upstream: Arc<dyn Upstream>,
    breaker: Mutex<Breaker>,
    failing: Mutex<Failing>,
    requests: Semaphore,
    is_answer: fn(&UpstreamResponse) -> bool,
    env: Environment,
}

/// Which endpoints a request may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Risk {
    /// One that is well.
    None,
    /// One that failed, if it is time to look whether it works again.
    Probe,
}

/// One request to one endpoint. Dropped before it has ended, it gives back what it holds.
pub(super) struct Attempt<'a> {
    pub(super) endpoint: &'a Endpoint,
    ticket: Option<Ticket>,
    _place: SemaphorePermit<'a>,
}

impl Endpoint {
    pub(super) fn new(
        name: String,
        upstream: Arc<dyn Upstream>,
        policy: Policy,
        settings: &ResilientSettings,
        env: Environment,
    ) -> Self {
        let endpoint = Self {
            name,
            upstream,
            breaker: Mutex::new(Breaker::new(policy)),
            failing: Mutex::default(),
            requests: Semaphore::new(settings.requests.min(Semaphore::MAX_PERMITS)),
            is_answer: settings.is_answer,
            env,
        };
        endpoint.show(CircuitState::Closed);
        endpoint
    }

    /// Begins an attempt, if the endpoint takes one now.
    pub(super) fn attempt(&self, risk: Risk) -> Option<Attempt<'_>> {
        let place = self.requests.try_acquire().ok()?;
        let now = self.env.monotonic();
        let ticket = self.change(|breaker| match (breaker.state(), risk) {
            (CircuitState::Closed, _) | (_, Risk::Probe) => breaker.take(now),
            (_, Risk::None) => None,
        })?;
        Some(Attempt {
            endpoint: self,
            ticket: Some(ticket),
            _place: place,
        })
    }

    /// Whether it is well and takes a request now.
    pub(super) fn is_at_hand(&self) -> bool {
        self.state() == CircuitState::Closed && self.requests.available_permits() > 0
    }

    pub(super) fn state(&self) -> CircuitState {
        self.breaker().state()
    }

    /// How it is, and why, as far as is known.
    pub(super) fn described(&self) -> EndpointState {
        let circuit = self.state();
        self.failing().described(circuit)
    }

    /// How long until it may take a request.
    pub(super) fn wait(&self) -> Duration {
        let wait = self.breaker().wait(self.env.monotonic());
        let full = self.requests.available_permits() == 0;
        if full { wait.max(WHEN_FULL) } else { wait }
    }

    /// What an outcome says about it.
    pub(super) fn verdict(&self, outcome: &Result<UpstreamResponse, UpstreamError>) -> Verdict {
        match outcome {
            Ok(response) if GATEWAY_STATUS.contains(&response.status) => Verdict::Failed,
            Ok(response) if !(self.is_answer)(response) => Verdict::Failed,
            Ok(_) | Err(UpstreamError::TooLarge { .. }) => Verdict::Well,
            // Our own limits, not the endpoint's doing.
            Err(UpstreamError::Timeout { phase: "queue" } | UpstreamError::Unavailable { .. }) => {
                Verdict::Unknown
            }
            Err(_) => Verdict::Failed,
        }
    }

    /// Does something with the breaker, and tells the operator when that changed its state.
    fn change<T>(&self, act: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breaker = self.breaker();
        let before = breaker.state();
        let out = act(&mut breaker);
        let after = breaker.state();
        if before != after {
            self.show(after);
            self.tell(before, after);
        }
        out
    }

    fn show(&self, state: CircuitState) {
        metrics::gauge!("minispine_upstream_circuit", "endpoint" => self.name.clone()).set(
            match state {
                CircuitState::Closed => 0,
                CircuitState::HalfOpen => 1,
                CircuitState::Open => 2,
            },
        );
    }

    fn tell(&self, before: CircuitState, after: CircuitState) {
        let endpoint = &self.name;
        match (before, after) {
            (CircuitState::Closed, CircuitState::Open) => {
                let failing = self.failing();
                let cause = failing.cause();
                tracing::warn!(
                    endpoint,
                    cause,
                    "it fails again and again and is left alone"
                );
            }
            (_, CircuitState::Closed) => tracing::info!(endpoint, "it works again"),
            (before, after) => tracing::debug!(endpoint, ?before, ?after, "circuit"),
        }
    }

    /// Keeps why a request failed, and tells the operator, though not of every one: while a service
    /// is down each request would be a line.
    fn learn(&self, outcome: &Result<UpstreamResponse, UpstreamError>, verdict: Verdict) {
        match verdict {
            Verdict::Well => self.failing().well(),
            Verdict::Unknown => {}
            Verdict::Failed => {
                let now = self.env.monotonic();
                let Some(unlogged) = self.failing().failed(outcome, now) else {
                    return;
                };
                let failing = self.failing();
                let (endpoint, phase, cause) = (&self.name, failing.phase(), failing.cause());
                tracing::warn!(endpoint, phase, cause, unlogged, "it gave no answer");
            }
        }
    }

    fn failing(&self) -> MutexGuard<'_, Failing> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// Whether it is the one that shows whether the endpoint works again.
    pub(super) fn is_probe(&self) -> bool {
        self.ticket.as_ref().is_some_and(|ticket| ticket.probe)
    }

    /// Sends the request, waiting for as long as the endpoint's own time-outs allow, or for `limit`.
    pub(super) async fn send(
        mut self,
        request: UpstreamRequest,
        limit: Option<Duration>,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let sending = self.endpoint.upstream.send(request);
        let outcome = match limit {
            None => sending.await,
            Some(limit) => tokio::time::timeout(limit, sending)
                .await
                .unwrap_or(Err(UpstreamError::Timeout { phase: "probe" })),
        };
        let verdict = self.endpoint.verdict(&outcome);
        self.endpoint.learn(&outcome, verdict);
        self.settle(verdict);
        outcome
    }

    fn settle(&mut self, verdict: Verdict) {
        let Some(ticket) = self.ticket.take() else {
            return;
        };
        let now = self.endpoint.env.monotonic();
        self.endpoint
            .change(|breaker| breaker.settle(ticket, verdict, now));
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.settle(Verdict::Unknown);
    }
}
