//! When an endpoint is left alone: the circuit breaker.
//!
//! ```text
//!            answers; failures, until
//!            there are N in a row
//!                ┌──────┐
//!                │      ▼
//!              ┌──────────┐    the Nth failure in a row    ┌────────┐
//!   start ───▶ │  closed  │ ─────────────────────────────▶ │  open  │ ◀──────────┐
//!              └──────────┘                                └────────┘            │
//!                    ▲                                          │                │
//!                    │                    a request comes       │                │
//!                    │                    after the pause:      │                │ it fails: the
//!                    │                    it is the probe       │                │ pause doubles
//!                    │                                          ▼                │
//!                    │        it is answered             ┌─────────────┐         │
//!                    └────────────────────────────────── │  half-open  │ ────────┘
//!                                                        └─────────────┘
//! ```
//!
//! Closed, everything passes. Open, nothing does. Half-open, one request is out as the probe and
//! nothing else passes. A probe that is given up by its caller proves nothing: the breaker is open
//! again with its pause over, so the next request is the probe.
//!
//! Each change of state begins a new era. A request that began in an earlier one may end whenever
//! it likes: it says how the endpoint was, not how it is, and is not counted.

use std::time::Duration;

/// Numbers of a breaker.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    /// So many failures in a row open it.
    pub(super) failures: u32,
    /// A failure so long after the one before begins a new row.
    pub(super) window: Duration,
    /// How long it stays open the first time.
    pub(super) pause: Duration,
    /// Where doubling the pause ends.
    pub(super) longest_pause: Duration,
}

/// Whether an endpoint is being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// It is.
    Closed,
    /// One request is out to see whether it works again.
    HalfOpen,
    /// It failed lately and is left alone.
    Open,
}

/// How a request ended, as far as it says something about the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It works.
    Well,
    /// It does not.
    Failed,
    /// Nothing was learnt.
    Unknown,
}

/// Leave to send one request.
#[derive(Debug)]
pub(super) struct Ticket {
    era: u64,
    /// Whether this request is the probe.
    pub(super) probe: bool,
}

/// One endpoint's breaker. Times are those of one monotonic clock.
#[derive(Debug)]
pub(super) struct Breaker {
    policy: Policy,
    state: State,
    era: u64,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// How many failures in a row there were, and when the last was.
    Closed { row: u32, last: Duration },
    /// Until when, and how long the pause was.
    Open { until: Duration, pause: Duration },
    /// How long the pause before the probe was.
    HalfOpen { pause: Duration },
}

const CLOSED: State = State::Closed {
    row: 0,
    last: Duration::ZERO,
};

impl Breaker {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            state: CLOSED,
            era: 0,
        }
    }

    pub(super) fn state(&self) -> CircuitState {
        match self.state {
            State::Closed { .. } => CircuitState::Closed,
            State::HalfOpen { .. } => CircuitState::HalfOpen,
            State::Open { .. } => CircuitState::Open,
        }
    }

    /// How long until a request may pass. While a probe is out that is not known, and the first
    /// pause is said.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        match self.state {
            State::Closed { .. } => Duration::ZERO,
            State::Open { until, .. } => until.saturating_sub(now),
            State::HalfOpen { .. } => self.policy.pause,
        }
    }

    /// Leave to send a request, if one may pass. It must be given back with
    /// [`settle`](Self::settle).
    pub(super) fn take(&mut self, now: Duration) -> Option<Ticket> {
        let probe = match self.state {
            State::Closed { .. } => false,
            State::Open { until, pause } if until <= now => {
                self.enter(State::HalfOpen { pause });
                true
            }
            State::Open { .. } | State::HalfOpen { .. } => return None,
        };
        Some(Ticket {
            era: self.era,
            probe,
        })
    }

    /// Counts how a request ended.
    pub(super) fn settle(&mut self, ticket: Ticket, verdict: Verdict, now: Duration) {
        if ticket.era != self.era {
            return;
        }
        match (self.state, verdict) {
            (State::Closed { .. }, Verdict::Well) => self.state = CLOSED,
            (State::Closed { row, last }, Verdict::Failed) => self.failed(row, last, now),
            (State::HalfOpen { .. }, Verdict::Well) => self.enter(CLOSED),
            (State::HalfOpen { pause }, Verdict::Failed) => {
                let longer = pause.saturating_mul(2).min(self.policy.longest_pause);
                self.open(longer.max(pause), now);
            }
            (State::HalfOpen { pause }, Verdict::Unknown) => {
                self.enter(State::Open { until: now, pause });
            }
            (State::Closed { .. }, Verdict::Unknown) => {}
            // No ticket is of an era in which nothing passes.
            (State::Open { .. }, _) => {}
        }
    }

    fn failed(&mut self, row: u32, last: Duration, now: Duration) {
        let goes_on = row > 0 && now.saturating_sub(last) <= self.policy.window;
        let row = if goes_on { row.saturating_add(1) } else { 1 };
        if row >= self.policy.failures {
            return self.open(self.policy.pause, now);
        }
        self.state = State::Closed { row, last: now };
    }

    fn open(&mut self, pause: Duration, now: Duration) {
        let until = now.saturating_add(pause);
        self.enter(State::Open { until, pause });
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.era += 1;
    }
}

#[cfg(test)]
mod tests;
