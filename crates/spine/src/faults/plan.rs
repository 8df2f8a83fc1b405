//! Which faults happen to whom.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{MessageId, NhsNumber};
use jiff::{SignedDuration, Timestamp};
use mhs::Outgoing;
use store::OutboxEntry;
use transport::{Environment, Request};

use super::HEADER;
use super::rule::{Fault, FaultError, FaultRule, Rehearsed, ReplyFault};

/// The most faults that one header may ask for.
const MOST_IN_HEADER: usize = 8;

/// Rules, and the chance that some of them leave things to. Clones share both, so that the whole
/// Spine draws from one source.
#[derive(Debug, Clone)]
pub struct FaultPlan(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    seed: u64,
    drawn: AtomicU64,
    rules: Vec<FaultRule>,
}

impl FaultPlan {
    /// A plan; requests may ask for faults by header as well. With the same seed and the same
    /// requests in the same order, the same happens again.
    pub fn new(seed: u64, rules: Vec<FaultRule>) -> Self {
        let drawn = AtomicU64::new(0);
        Self(Arc::new(Inner { seed, drawn, rules }))
    }

    /// What happens to a request, in this order: first what its header asks for.
    pub(super) fn faults(&self, request: &Request) -> Result<Vec<Fault>, FaultError> {
        let mut faults: Vec<Fault> = asked(request)?.into_iter().filter_map(on_request).collect();
        let by_rule = self
            .0
            .rules
            .iter()
            .filter(|rule| on_request(rule.fault).is_some())
            .filter(|rule| rule.patient.is_none_or(|patient| names(request, &patient)))
            .filter(|rule| self.strikes(rule));
        faults.extend(by_rule.filter_map(|rule| on_request(rule.fault)));
        Ok(faults)
    }

    /// How long an answer that is fetched, not sent, is not ready yet.
    pub(crate) fn not_ready_for(&self, http: &Request, patient: Option<&NhsNumber>) -> Duration {
        let faults = self.reply_faults(http, patient);
        let pauses = faults.into_iter().map(|fault| match fault {
            ReplyFault::Delay(time) | ReplyFault::Lost(time) => time,
            ReplyFault::Duplicate => Duration::ZERO,
        });
        pauses.sum()
    }

    /// What is put into the outbox for an asynchronous answer: `entry`, which holds an
    /// [`Outgoing`], as the faults of its request `http` and of the patient change it, and behind it
    /// a second one if it is to be sent twice. To be called once for a request, where its commit is
    /// put together; without a plan the entry goes out as it is.
    pub fn schedule(
        &self,
        http: &Request,
        patient: Option<&NhsNumber>,
        entry: OutboxEntry,
        env: &Environment,
    ) -> Vec<OutboxEntry> {
        let mut entries = VecDeque::from([entry]);
        for fault in self.reply_faults(http, patient) {
            let Some(entry) = entries.front_mut() else {
                break;
            };
            match fault {
                ReplyFault::Delay(time) => entry.next_try = later(entry.next_try, time),
                ReplyFault::Lost(time) => {
                    entry.next_try = later(entry.next_try, time);
                    entry.tries += 1;
                }
                ReplyFault::Duplicate => {
                    let second = second(entry, &env.uuid());
                    entries.extend(second);
                }
            }
        }
        entries.into()
    }

    fn reply_faults(&self, http: &Request, patient: Option<&NhsNumber>) -> Vec<ReplyFault> {
        // What cannot be read has been refused before the request came this far.
        let asked = asked(http).unwrap_or_default();
        let mut faults: Vec<ReplyFault> = asked.into_iter().filter_map(on_reply).collect();
        let by_rule = self
            .0
            .rules
            .iter()
            .filter(|rule| on_reply(rule.fault).is_some())
            .filter(|rule| rule.patient.is_none() || rule.patient.as_ref() == patient)
            .filter(|rule| self.strikes(rule));
        faults.extend(by_rule.filter_map(|rule| on_reply(rule.fault)));
        faults
    }

    /// Leaves it to chance, if the rule does.
    fn strikes(&self, rule: &FaultRule) -> bool {
        if rule.percent >= 100 {
            return true;
        }
        let turn = self.0.drawn.fetch_add(1, Ordering::Relaxed);
        mixed(self.0.seed, turn) % 100 < u64::from(rule.percent)
    }
}

/// The same message under another id.
fn second(first: &OutboxEntry, id: &str) -> Option<OutboxEntry> {
    let outgoing: Outgoing = serde_json::from_slice(&first.payload).ok()?;
    let outgoing = Outgoing {
        message: MessageId::parse(id).ok()?,
        ..outgoing
    };
    Some(OutboxEntry {
        id: outgoing.message.as_str().to_owned(),
        payload: serde_json::to_vec(&outgoing).ok()?,
        ..first.clone()
    })
}

fn later(at: Timestamp, time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    at.checked_add(time).unwrap_or(Timestamp::MAX)
}

/// What the header asks for, separated by commas.
fn asked(request: &Request) -> Result<Vec<Rehearsed>, FaultError> {
    let lines = request.headers.all(HEADER);
    let asked = lines.flat_map(|line| line.split(','));
    asked.take(MOST_IN_HEADER).map(str::parse).collect()
}

const fn on_request(fault: Rehearsed) -> Option<Fault> {
    match fault {
        Rehearsed::Request(fault) => Some(fault),
        Rehearsed::Reply(_) => None,
    }
}

const fn on_reply(fault: Rehearsed) -> Option<ReplyFault> {
    match fault {
        Rehearsed::Reply(fault) => Some(fault),
        Rehearsed::Request(_) => None,
    }
}

/// Whether the body holds this number, and not as a part of a longer one.
fn names(request: &Request, patient: &NhsNumber) -> bool {
    let (body, digits) = (request.body.as_ref(), patient.as_str().as_bytes());
    let is_digit = |at: Option<usize>| {
        let byte = at.and_then(|at| body.get(at));
        byte.is_some_and(u8::is_ascii_digit)
    };
    body.windows(digits.len()).enumerate().any(|(at, window)| {
        window == digits && !is_digit(at.checked_sub(1)) && !is_digit(Some(at + digits.len()))
    })
}

/// SplitMix64: the `turn`-th number of the series that a seed starts.
fn mixed(seed: u64, turn: u64) -> u64 {
    let mut z = seed.wrapping_add((turn.wrapping_add(1)).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_follows_from_the_seed_and_is_about_fair() {
        let rule = FaultRule {
            patient: None,
            fault: Rehearsed::Request(Fault::Drop),
            percent: 30,
        };
        let run = |seed| {
            let plan = FaultPlan::new(seed, Vec::new());
            (0..1000).map(|_| plan.strikes(&rule)).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let struck = run(7).into_iter().filter(|struck| *struck).count();
        assert!((250..350).contains(&struck), "{struck}");
        let never = FaultRule { percent: 0, ..rule };
        let plan = FaultPlan::new(7, Vec::new());
        assert!((0..1000).all(|_| !plan.strikes(&never)));
    }

    /// The first numbers of the published reference for seed 0.
    #[test]
    fn the_generator_is_the_published_one() {
        let numbers = [0, 1, 2].map(|turn| mixed(0, turn));
        let published = [
            0xE220_A839_7B1D_CDAF,
            0x6E78_9E6A_A1B9_65F4,
            0x06C4_5D18_8009_454F,
        ];
        assert_eq!(numbers, published);
    }
}
