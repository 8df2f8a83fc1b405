//! The run: one scenario after another, judged as they come.

use std::time::Duration;

use transport::Environment;

use crate::cause::cause;
use crate::heard::{self, Against, Content, Got, Heard};
use crate::judge::{self, Judgement};
use crate::message::{CannotSend, Context, Message};
use crate::report::{Failure, Report, ScenarioResult, Verdict};
use crate::scenario::{Ask, Effect, Kind, Scenario, Step};
use crate::target::{Selection, Target};
use crate::wire::Wire;

/// After so many messages in a row that nobody answered the rest is skipped.
const GIVE_UP_AFTER: usize = 3;
const UNREACHABLE: &str = "the service cannot be reached";

/// What the observer of a run is told.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// So many scenarios will be gone through.
    Planned(usize),
    /// A scenario begins.
    Started {
        /// From 1.
        number: usize,
        /// Which.
        scenario: &'static Scenario,
    },
    /// A scenario is over.
    Finished {
        /// From 1.
        number: usize,
        /// What came of it.
        result: &'a ScenarioResult,
    },
}

/// Runs the selected scenarios against a target. It always comes to a report: a target that cannot
/// be used or reached is a failure in it.
pub async fn run(
    target: Target,
    selection: Selection,
    observer: impl FnMut(Progress<'_>),
) -> Report {
    run_in(&Environment::system(), target, selection, observer).await
}

/// As [`run()`], with clock and ids from elsewhere.
pub async fn run_in(
    env: &Environment,
    target: Target,
    selection: Selection,
    mut observer: impl FnMut(Progress<'_>),
) -> Report {
    let chosen = chosen(&selection, target.cpis.is_some());
    observer(Progress::Planned(chosen.len()));
    let started = env.now();
    let begun = env.monotonic();
    let mut run = Run {
        wire: Wire::new(&target, env),
        env,
        target: &target,
        read_only: selection.read_only,
        used: Vec::new(),
        results: Vec::with_capacity(chosen.len()),
        unreachable: 0,
        ends: begun + target.limits.run,
    };
    for (at, scenario) in chosen.into_iter().enumerate() {
        let number = at + 1;
        observer(Progress::Started { number, scenario });
        let result = run.scenario(scenario).await;
        observer(Progress::Finished {
            number,
            result: &result,
        });
        run.results.push(result);
    }
    let results = run.results;
    Report {
        url: target.url,
        username: target.username,
        started,
        took: env.monotonic().saturating_sub(begun),
        results,
    }
}

/// What is asked for, and before each the scenario that must go well for it to prove anything.
fn chosen(selection: &Selection, has_cpis: bool) -> Vec<&'static Scenario> {
    let controls: Vec<&str> = crate::scenarios()
        .filter(|scenario| selection.takes(scenario, has_cpis))
        .flat_map(|scenario| [scenario.control, Some("CONTROL")])
        .flatten()
        .collect();
    let is_control = |scenario: &Scenario| {
        controls.contains(&scenario.id) && !(selection.read_only && scenario.effect != Effect::None)
    };
    crate::scenarios()
        .filter(|scenario| selection.takes(scenario, has_cpis) || is_control(scenario))
        .collect()
}

struct Run<'a> {
    wire: Result<Wire, String>,
    env: &'a Environment,
    target: &'a Target,
    read_only: bool,
    /// Message ids of answers.
    used: Vec<String>,
    results: Vec<ScenarioResult>,
    /// Messages in a row that nobody answered.
    unreachable: usize,
    /// When the run's time is up.
    ends: Duration,
}

/// An exchange that is over.
struct Exchange {
    sent: Message,
    heard: Heard,
}

impl Run<'_> {
    async fn scenario(&mut self, scenario: &'static Scenario) -> ScenarioResult {
        let begun = self.env.monotonic();
        let mut remarks = Vec::new();
        let verdict = match self.why_not(scenario) {
            Some(reason) => Verdict::Skipped(reason),
            None => self.steps(scenario, &mut remarks).await,
        };
        remarks.sort();
        remarks.dedup();
        ScenarioResult {
            scenario,
            verdict,
            remarks,
            took: self.env.monotonic().saturating_sub(begun),
        }
    }

    /// Why a scenario is not tried, if it is not.
    fn why_not(&self, scenario: &Scenario) -> Option<String> {
        if self.unreachable >= GIVE_UP_AFTER {
            return Some(UNREACHABLE.to_owned());
        }
        if self.env.monotonic() >= self.ends {
            return Some("the time for the whole run is up".to_owned());
        }
        self.unproved(scenario.control?)
    }

    /// Why a control proves nothing, if it does not.
    fn unproved(&self, control: &str) -> Option<String> {
        let of_control = |result: &&ScenarioResult| result.scenario.id == control;
        let Some(result) = self.results.iter().find(of_control) else {
            return Some(match self.read_only {
                true => format!("it needs {control}, which leaves a trace: the run is read-only"),
                false => format!("it needs {control}, which was not run"),
            });
        };
        match &result.verdict {
            Verdict::Pass | Verdict::Alternative(_) => None,
            Verdict::Fail(_) if self.unreachable > 0 => Some(UNREACHABLE.to_owned()),
            Verdict::Fail(_) => Some(format!(
                "{control} failed: while the request as it should be is not accepted, nothing \
                 follows from what happens to this one"
            )),
            // The reason at the root says more than the chain down to it.
            Verdict::Skipped(why) => Some(
                result
                    .scenario
                    .control
                    .and_then(|root| self.unproved(root))
                    .unwrap_or_else(|| format!("{control} was skipped: {why}")),
            ),
        }
    }

    async fn steps(&mut self, scenario: &'static Scenario, remarks: &mut Vec<String>) -> Verdict {
        let mut before: Option<Exchange> = None;
        let mut also = Vec::new();
        for (at, step) in scenario.steps.iter().enumerate() {
            let exchange = match self.exchange(step, before.as_ref()).await {
                Ok(exchange) => exchange,
                Err(CannotSend::Missing(what)) => {
                    return Verdict::Skipped(format!("{what} was not given"));
                }
                Err(CannotSend::Impossible(why)) => return Verdict::Skipped(why.to_owned()),
                Err(CannotSend::Broken(why)) => {
                    return Verdict::Skipped(format!("the scenario could not be made: {why}"));
                }
            };
            remarks.extend(exchange.heard.remarks.iter().cloned());
            let last = before.as_ref().map(|before| &before.heard);
            match judge::judge(&exchange.heard, step.allowed, last) {
                Judgement::Usual => {}
                Judgement::Also(because) => also.push(because),
                Judgement::Wrong => {
                    return Verdict::Fail(Box::new(failure(scenario, at, &exchange, last)));
                }
            }
            before = Some(exchange);
        }
        also.dedup();
        match also.is_empty() {
            true => Verdict::Pass,
            false => Verdict::Alternative(also.join("; ")),
        }
    }

    async fn exchange(
        &mut self,
        step: &'static Step,
        before: Option<&Exchange>,
    ) -> Result<Exchange, CannotSend> {
        let settings = before.and_then(|before| match &before.heard.got {
            Got::Answer {
                content: Content::Settings(consent),
                ..
            } => Some(*consent),
            _ => None,
        });
        let context = Context {
            env: self.env,
            target: self.target,
            before: before.map(|before| &before.sent),
            settings,
        };
        let sent = context.message(step)?;
        let heard = match &self.wire {
            Ok(wire) => {
                let reply = wire.send(&step.carry, sent.bytes.clone()).await;
                let user = self.target.user.as_ref().map(|user| user.as_str());
                let mut against = Against {
                    sent: &sent,
                    used: &mut self.used,
                    filter_user: user.filter(|_| matches!(sent.ask, Ask::Activity(Kind::User, _))),
                };
                heard::hear(reply, &mut against)
            }
            Err(why) => Heard {
                got: Got::Nothing(why.clone()),
                defects: Vec::new(),
                remarks: Vec::new(),
                shown: String::new(),
            },
        };
        match heard.got {
            Got::Nothing(_) => self.unreachable += 1,
            _ => self.unreachable = 0,
        }
        Ok(Exchange { sent, heard })
    }
}

fn failure(
    scenario: &'static Scenario,
    at: usize,
    exchange: &Exchange,
    before: Option<&Heard>,
) -> Failure {
    let step = &scenario.steps[at];
    let heard = &exchange.heard;
    let is_allowed = judge::is_allowed(&heard.got, step.allowed, before);
    let sent = match exchange.sent.operation {
        Some(_) => heard::mask(&String::from_utf8_lossy(&exchange.sent.bytes)),
        None => format!("{} bytes that are no request", exchange.sent.bytes.len()),
    };
    Failure {
        step: at + 1,
        expected: judge::expected(step.allowed),
        got: judge::got(&heard.got),
        defects: heard.defects.clone(),
        cause: cause(scenario, step.allowed, heard, is_allowed),
        sent,
        answered: heard.shown.clone(),
    }
}
