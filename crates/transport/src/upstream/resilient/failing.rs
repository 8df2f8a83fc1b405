//! Why an endpoint failed last, for the log and the operator's port. No content of any message.

use std::fmt;
use std::time::Duration;

use super::breaker::CircuitState;
use crate::{UpstreamError, UpstreamResponse};

/// At most one line of an endpoint's failures in so long a time.
const QUIET: Duration = Duration::from_secs(5);

/// How an endpoint is, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointState {
    /// Nothing has been asked of it yet.
    Unasked,
    /// It answered the last request.
    Well,
    /// It failed last, or is left alone; the text says in which phase and why.
    Failing {
        /// Whether it is being asked.
        circuit: CircuitState,
        /// How far the last failure got, see [`UpstreamError::phase`].
        phase: &'static str,
        /// Why it failed.
        cause: String,
    },
}

impl fmt::Display for EndpointState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (circuit, phase, cause) = match self {
            Self::Unasked => return f.write_str("not asked yet"),
            Self::Well => return f.write_str("ok"),
            Self::Failing {
                circuit,
                phase,
                cause,
            } => (circuit, phase, cause),
        };
        let how = match circuit {
            CircuitState::Closed => "failed last",
            CircuitState::HalfOpen => "being tried again",
            CircuitState::Open => "left alone after failures",
        };
        write!(f, "{how}: {phase}: {cause}")
    }
}

/// What the last request taught.
#[derive(Debug, Default)]
enum Last {
    #[default]
    Nothing,
    Well,
    Failed {
        phase: &'static str,
        cause: String,
    },
}

/// The last outcome of an endpoint, and when a failure was last logged.
#[derive(Debug, Default)]
pub(super) struct Failing {
    last: Last,
    logged: Option<Duration>,
    unlogged: u64,
}

impl Failing {
    pub(super) fn well(&mut self) {
        self.last = Last::Well;
    }

    /// Notes a failure. Gives how many went unlogged before when this one is to be logged.
    pub(super) fn failed(
        &mut self,
        outcome: &Result<UpstreamResponse, UpstreamError>,
        now: Duration,
    ) -> Option<u64> {
        let (phase, cause) = match outcome {
            // What it says is not repeated: it may be anything.
            Ok(response) => (
                "answer",
                format!("HTTP {} in place of an answer", response.status),
            ),
            Err(error) => (error.phase(), error.to_string()),
        };
        self.last = Last::Failed { phase, cause };
        let quiet = |logged| now.saturating_sub(logged) < QUIET;
        if self.logged.is_some_and(quiet) {
            self.unlogged += 1;
            return None;
        }
        self.logged = Some(now);
        Some(std::mem::take(&mut self.unlogged))
    }

    /// In which phase the last request failed, if it did.
    pub(super) fn phase(&self) -> Option<&'static str> {
        match &self.last {
            Last::Failed { phase, .. } => Some(phase),
            Last::Nothing | Last::Well => None,
        }
    }

    /// Why the last request failed, if it did.
    pub(super) fn cause(&self) -> Option<&str> {
        match &self.last {
            Last::Failed { cause, .. } => Some(cause),
            Last::Nothing | Last::Well => None,
        }
    }

    pub(super) fn described(&self, circuit: CircuitState) -> EndpointState {
        match &self.last {
            Last::Nothing => EndpointState::Unasked,
            Last::Well => EndpointState::Well,
            Last::Failed { phase, cause } => EndpointState::Failing {
                circuit,
                phase,
                cause: cause.clone(),
            },
        }
    }
}
