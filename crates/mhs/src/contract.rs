//! With whom messages are exchanged, and how patiently.

use std::time::Duration;

use domain::PartyKey;
use ebxml::Form;
use jiff::{SignedDuration, Timestamp};

/// The path of the Spine's reliable service.
pub(crate) const RELIABLE_PATH: &str = "/reliablemessaging/reliablerequest";

/// The agreement messages go out under: what the Spine directory holds of the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Our party key.
    pub from_party: PartyKey,
    /// The other side's party key.
    pub to_party: PartyKey,
    /// The agreement's id (`nhsMhsCPAId`), as the directory gives it for the interaction.
    pub cpa_id: String,
    /// Where messages are posted: an absolute path at the upstream.
    pub path: String,
    /// How often a message is sent again, how long after the time before, and when it is given up;
    /// without them the [`RetryPolicy`] decides.
    pub reliability: Option<Reliability>,
    /// As whom messages are written: a client of the Spine, or the Spine.
    pub form: Form,
}

/// How messages are repeated, as a contract has it (`nhsMHSRetries`, `nhsMHSRetryInterval` and
/// `nhsMHSPersistDuration` of the directory).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reliability {
    /// Times after the first.
    pub retries: u32,
    /// Between two times.
    pub retry_interval: SignedDuration,
    /// From the first time on.
    pub persist_duration: SignedDuration,
}

impl Contract {
    /// A client's contract with the Spine's reliable service at its usual path.
    pub fn new(from_party: PartyKey, to_party: PartyKey, cpa_id: impl Into<String>) -> Self {
        Self {
            from_party,
            to_party,
            cpa_id: cpa_id.into(),
            path: RELIABLE_PATH.to_owned(),
            reliability: None,
            form: Form::Client,
        }
    }
}

/// When a message is tried again where no contract says, and how much is done at a time.
///
/// The pause after a try that failed starts at `first`, grows by `factor` up to `cap`, and gets a
/// random tenth on top, so that what piled up in an outage does not all come back at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The pause after the first try that failed. Default 10 s.
    pub first: SignedDuration,
    /// By how much each pause is longer than the one before. Default 2.
    pub factor: u32,
    /// The longest pause. Default 10 min.
    pub cap: SignedDuration,
    /// The most that chance adds to a pause, in hundredths of it. Default 10.
    pub jitter_percent: u8,
    /// How long after it was queued a message becomes a dead letter, when neither it nor a contract
    /// says. `None`, the default, never: right for whatever somebody must come to know, however
    /// late.
    pub give_up_after: Option<SignedDuration>,
    /// How long an answer may take. Default 60 s.
    pub answer_within: Duration,
    /// How long a claim holds, so that no other courier sends the same meanwhile. Longer than
    /// `answer_within`; what a crash leaves behind waits this long. Default 90 s.
    pub claim: SignedDuration,
    /// Messages on their way at one time. Default 8.
    pub concurrency: usize,
    /// How often the outbox is looked at, beside when this process puts something in. Default 1 s.
    pub poll: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first: SignedDuration::from_secs(10),
            factor: 2,
            cap: SignedDuration::from_mins(10),
            jitter_percent: 10,
            give_up_after: None,
            answer_within: Duration::from_secs(60),
            claim: SignedDuration::from_secs(90),
            concurrency: 8,
            poll: Duration::from_secs(1),
        }
    }
}

impl RetryPolicy {
    /// The pause after this many tries, the last of which failed. `chance` is any number.
    pub(crate) fn pause(&self, tries: u32, chance: u64) -> SignedDuration {
        let doublings = tries.saturating_sub(1).min(32);
        let factor = i128::from(self.factor.max(1)).saturating_pow(doublings);
        let pause = self.first.as_millis().saturating_mul(factor);
        self.with_chance(pause.min(self.cap.as_millis()), chance)
    }

    /// The pause of a message that has not been tried because there is no way for it: as long as it
    /// has waited already, within the usual bounds.
    pub(crate) fn pause_unsent(&self, waited: SignedDuration, chance: u64) -> SignedDuration {
        let (first, cap) = (self.first.as_millis(), self.cap.as_millis());
        self.with_chance(waited.as_millis().max(first).min(cap), chance)
    }

    /// The pause a contract wants between two times. Chance only ever makes it longer.
    pub(crate) fn pause_of(&self, contract: Reliability, chance: u64) -> SignedDuration {
        self.with_chance(contract.retry_interval.as_millis().max(0), chance)
    }

    fn with_chance(&self, millis: i128, chance: u64) -> SignedDuration {
        let most = millis.saturating_mul(i128::from(self.jitter_percent)) / 100;
        let extra = i128::from(chance) % most.saturating_add(1).max(1);
        let millis = i64::try_from(millis.saturating_add(extra)).unwrap_or(i64::MAX);
        SignedDuration::from_millis(millis)
    }

    /// Whether a message's time is over: by its own end, else by this policy.
    pub(crate) fn is_over(
        &self,
        queued_at: Timestamp,
        expires: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let given_up = || queued_at.checked_add(self.give_up_after?).ok();
        expires.or_else(given_up).is_some_and(|end| now >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_cap_and_never_shrink_by_chance() {
        let policy = RetryPolicy::default();
        let seconds = |tries, chance| policy.pause(tries, chance).as_secs();
        for (tries, expected) in [
            (0, 10),
            (1, 10),
            (2, 20),
            (3, 40),
            (6, 320),
            (7, 600),
            (9, 600),
        ] {
            assert_eq!(seconds(tries, 0), expected, "{tries}");
        }
        assert_eq!(seconds(u32::MAX, 0), 600);
        for chance in [1, 999, 60_001, u64::MAX] {
            let pause = policy.pause(9, chance).as_millis();
            assert!((600_000..=660_000).contains(&pause), "{chance}: {pause}");
        }
        assert_eq!(policy.pause(1, 1_000).as_millis(), 11_000);
    }

    #[test]
    fn what_waits_unsent_waits_as_long_again_and_a_contract_has_its_own_pause() {
        let policy = RetryPolicy::default();
        for (waited, expected) in [(0, 10), (25, 25), (9_999, 600), (-5, 10)] {
            let pause = policy.pause_unsent(SignedDuration::from_secs(waited), 0);
            assert_eq!(pause.as_secs(), expected, "{waited}");
        }
        let contract = |interval| Reliability {
            retries: 2,
            retry_interval: interval,
            persist_duration: SignedDuration::from_mins(5),
        };
        let minute = contract(SignedDuration::from_mins(1));
        for chance in [0, 5_999, 6_000, 6_001, u64::MAX] {
            let pause = policy.pause_of(minute, chance).as_millis();
            assert!((60_000..=66_000).contains(&pause), "{chance}: {pause}");
        }
        let backwards = contract(SignedDuration::from_mins(-1));
        assert_eq!(policy.pause_of(backwards, 7), SignedDuration::ZERO);
    }

    #[test]
    fn odd_settings_do_no_harm() {
        let policy = RetryPolicy {
            first: SignedDuration::MAX,
            factor: u32::MAX,
            cap: SignedDuration::MAX,
            jitter_percent: u8::MAX,
            ..RetryPolicy::default()
        };
        assert!(policy.pause(u32::MAX, u64::MAX).is_positive());
        let none = RetryPolicy {
            first: SignedDuration::ZERO,
            factor: 0,
            jitter_percent: 0,
            ..RetryPolicy::default()
        };
        assert_eq!(none.pause(3, 7), SignedDuration::ZERO);
    }

    #[test]
    fn time_is_over_by_the_policy_or_by_the_entry() {
        let at = |s: i64| Timestamp::from_second(s).expect("an instant");
        let patient = RetryPolicy::default();
        let hasty = RetryPolicy {
            give_up_after: Some(SignedDuration::from_secs(60)),
            ..patient
        };
        for (policy, expires, now, over) in [
            (patient, None, 1_000_000, false),
            (patient, Some(50), 49, false),
            (patient, Some(50), 50, true),
            (hasty, None, 59, false),
            (hasty, None, 60, true),
            (hasty, Some(50), 55, true),
            (hasty, Some(100), 70, false),
        ] {
            assert_eq!(
                policy.is_over(at(0), expires.map(at), at(now)),
                over,
                "{now}"
            );
        }
    }
}
