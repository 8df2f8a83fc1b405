//! Several endpoints of one service, so that one that is slow or dead does not hold up the rest.
//!
//! Endpoints are asked in the order they are given: the first that takes the request gets it.
//! Three things keep one endpoint's trouble to itself:
//!
//! * **Bulkhead.** An endpoint has at most so many requests at a time. A slow one fills its own
//!   places and no others; what comes next goes to the next endpoint.
//! * **Circuit breaker.** An endpoint that fails again and again is left alone for a pause that
//!   grows, then tried with a single request ([`breaker`] has the diagram). When all are left
//!   alone the answer is [`UpstreamError::Unavailable`], at once.
//! * **Failover.** A request of which no byte was sent goes to the next endpoint, whatever it is.
//!   One of which something may have been sent is sent again once, and only when it is
//!   [`safe`](UpstreamRequest::safe): to the next endpoint, or, when a connection broke and there
//!   is no other, to the same.
//!
//! The probe is somebody's request, and they should not wait for it. So while another endpoint is
//! well, only a safe request is a probe, and it is taken elsewhere after a short time-out.
//!
//! Whoever gives up early teaches the breaker nothing: the time-outs of an endpoint must be shorter
//! than the patience of the callers.

mod breaker;
mod endpoint;
mod failing;

use std::sync::Arc;
use std::time::Duration;

pub use breaker::CircuitState;
use breaker::{Policy, Verdict};
use endpoint::{Attempt, Endpoint, Risk};
pub use failing::EndpointState;

use super::{Upstream, UpstreamError, UpstreamRequest, UpstreamResponse};
use crate::{BoxFuture, Environment};

/// How much trouble is put up with. [`Default`] has the numbers given here.
#[derive(Debug, Clone)]
pub struct ResilientSettings {
    /// Failures in a row after which an endpoint is left alone: no connection, a time-out, a broken
    /// connection, status 502, 503 or 504, or no answer of this service ([`Self::is_answer`]).
    /// Default 5; 0 counts as 1.
    pub failures: u32,
    /// A failure so long after the one before begins a new row. Default 60 s.
    pub window: Duration,
    /// How long an endpoint is left alone at first; each probe that fails doubles it. Default 5 s.
    pub pause: Duration,
    /// Where the doubling ends. Default 60 s.
    pub longest_pause: Duration,
    /// How long a probe may take while another endpoint is well. Default 2 s.
    pub probe_timeout: Duration,
    /// Requests that one endpoint has at a time. Default 256. An endpoint's own limit
    /// ([`UpstreamSettings::concurrency`](super::UpstreamSettings)) should be no smaller, or
    /// requests queue there.
    pub requests: usize,
    /// No new try so long after the first began. Default 15 s.
    pub retry_within: Duration,
    /// Whether a response is one that this service gives, well or ill, and not something that
    /// stands in its place and answers everybody with a page. Default: any is.
    pub is_answer: fn(&UpstreamResponse) -> bool,
}

impl Default for ResilientSettings {
    fn default() -> Self {
        Self {
            failures: 5,
            window: Duration::from_secs(60),
            pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(60),
            probe_timeout: Duration::from_secs(2),
            requests: 256,
            retry_within: Duration::from_secs(15),
            is_answer: |_| true,
        }
    }
}

/// One service behind several endpoints.
pub struct Resilient {
    endpoints: Vec<Endpoint>,
    settings: ResilientSettings,
    env: Environment,
}

impl Resilient {
    /// The endpoints, best first, each with its name for logs and metrics. Without any, every
    /// request is answered with [`UpstreamError::Unavailable`].
    pub fn new(
        endpoints: Vec<(String, Arc<dyn Upstream>)>,
        settings: ResilientSettings,
        env: Environment,
    ) -> Self {
        crate::telemetry::metrics();
        let policy = Policy {
            failures: settings.failures.max(1),
            window: settings.window,
            pause: settings.pause,
            longest_pause: settings.longest_pause,
        };
        let endpoint =
            |(name, upstream)| Endpoint::new(name, upstream, policy, &settings, env.clone());
        Self {
            endpoints: endpoints.into_iter().map(endpoint).collect(),
            settings,
            env,
        }
    }

    /// How each endpoint is and why, by name: for an operator to read.
    pub fn described(&self) -> Vec<(String, EndpointState)> {
        let described = |endpoint: &Endpoint| (endpoint.name.clone(), endpoint.described());
        self.endpoints.iter().map(described).collect()
    }

    /// How each endpoint is, by name: for readiness checks and status pages.
    pub fn states(&self) -> Vec<(String, CircuitState)> {
        let state = |endpoint: &Endpoint| (endpoint.name.clone(), endpoint.state());
        self.endpoints.iter().map(state).collect()
    }

    async fn exchange(&self, request: UpstreamRequest) -> Result<UpstreamResponse, UpstreamError> {
        let started = self.env.monotonic();
        let mut candidates: Vec<&Endpoint> = self.endpoints.iter().collect();
        let mut may_repeat = request.safe;
        let mut last = None;
        loop {
            let Some(attempt) = leave(&candidates, request.safe) else {
                return last.unwrap_or_else(|| Err(self.unavailable()));
            };
            let endpoint = attempt.endpoint;
            let limit = self.limit(&attempt, &candidates, &request);
            let outcome = attempt.send(request.clone(), limit).await;
            let unsent = outcome.as_ref().is_err_and(UpstreamError::nothing_was_sent);
            let failed = unsent || endpoint.verdict(&outcome) == Verdict::Failed;
            let late = self.env.monotonic().saturating_sub(started) >= self.settings.retry_within;
            if !failed || late || !(unsent || may_repeat) {
                return outcome;
            }
            // Something may have been sent: this was the one repetition there is.
            may_repeat &= unsent;
            candidates.retain(|other| !std::ptr::eq(*other, endpoint));
            if matches!(outcome, Err(UpstreamError::Closed(_))) {
                candidates.push(endpoint);
            }
            count_retry(endpoint);
            last = Some(outcome);
        }
    }

    /// How long an attempt may take, if it is to be taken elsewhere after that.
    fn limit(
        &self,
        attempt: &Attempt<'_>,
        candidates: &[&Endpoint],
        request: &UpstreamRequest,
    ) -> Option<Duration> {
        let elsewhere = || candidates.iter().any(|other| other.is_at_hand());
        (attempt.is_probe() && request.safe && elsewhere()).then_some(self.settings.probe_timeout)
    }

    fn unavailable(&self) -> UpstreamError {
        metrics::counter!("minispine_upstream_unavailable_total").increment(1);
        let waits = self.endpoints.iter().map(Endpoint::wait);
        UpstreamError::Unavailable {
            retry_in: waits.min().unwrap_or(self.settings.longest_pause),
        }
    }
}

impl Upstream for Resilient {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        Box::pin(self.exchange(request))
    }
}

/// The first endpoint that takes the request. A request that must not be sent twice is no probe
/// while any endpoint is well.
fn leave<'a>(candidates: &[&'a Endpoint], safe: bool) -> Option<Attempt<'a>> {
    let first = |risk| {
        candidates
            .iter()
            .find_map(|endpoint| endpoint.attempt(risk))
    };
    match safe {
        true => first(Risk::Probe),
        false => first(Risk::None).or_else(|| first(Risk::Probe)),
    }
}

fn count_retry(endpoint: &Endpoint) {
    let endpoint = endpoint.name.clone();
    metrics::counter!("minispine_upstream_retries_total", "endpoint" => endpoint).increment(1);
}
