//! Acceptance tests of any SMSP for the Summary Care Record, and for CP-IS where it offers that, run
//! over the wire with the caller's own certificates.
//!
//! A supplier asks: would this service pass? The answer must be honest, and it must say what to
//! do. So the published rules are written down as data, one [`Scenario`] a rule: what is sent,
//! which outcomes the specification allows, which requirement says so, and what a failure most
//! likely means. [`run()`] sends them and judges; the [`Report`] goes to a terminal, a build server
//! (JUnit), a program (JSON) or a browser (HTML that needs no network).
//!
//! Three rules keep a verdict honest:
//!
//! * A refusal proves something only if the same request without its defect is accepted. When it
//!   is not, the scenario is skipped and says so, instead of passing for the wrong reason.
//! * What the specification leaves open has several allowed outcomes. The customary one passes;
//!   another allowed one is reported as an accepted alternative, in words.
//! * What could not be tried is skipped with its reason, never counted as passed.
//!
//! Nothing here knows the service that is tested: it is spoken to over mutual TLS and in no other
//! way. Patients are arguments; use test patients only. Reports hold no document and no whole NHS
//! number.

mod cause;
mod heard;
mod judge;
mod message;
mod report;
mod run;
mod scenario;
mod scenarios;
mod target;
mod wire;

pub use report::{Failure, Report, ScenarioResult, Totals, Verdict};
pub use run::{Progress, run, run_in};
pub use scenario::{Basis, Effect, Group, Scenario};
pub use scenarios::all as scenarios;
pub use target::{CpisTarget, Limits, Patients, Selection, Target};
