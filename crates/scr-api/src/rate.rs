//! How many requests an application may make: a burst of so many in a second, and a quota of so
//! many in a minute. Both are token buckets, so that neither is given anew at a stroke of the clock.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often an application may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests in a second ("spike arrest"). National default 5.
    pub per_second: u32,
    /// Requests in a minute ("quota"). National default 300.
    pub per_minute: u32,
}

impl Default for RateLimit {
    /// The national API's.
    fn default() -> Self {
        Self {
            per_second: 5,
            per_minute: 300,
        }
    }
}

/// The buckets of every application. There are as many as there are applications.
#[derive(Debug)]
pub(crate) struct Rates(HashMap<String, Mutex<[Bucket; 2]>>);

/// Fills at a steady rate up to what it holds; each request takes one.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    holds: f64,
    per_second: f64,
    level: f64,
    at: Duration,
}

impl Rates {
    /// Full buckets for each application.
    pub(crate) fn new<'a>(limits: impl Iterator<Item = (&'a str, RateLimit)>) -> Self {
        let buckets = |limit: RateLimit| {
            let burst = f64::from(limit.per_second);
            let quota = f64::from(limit.per_minute);
            Mutex::new([Bucket::new(quota, quota / 60.0), Bucket::new(burst, burst)])
        };
        let limits = limits.map(|(id, limit)| (id.to_owned(), buckets(limit)));
        Self(limits.collect())
    }

    /// Takes a request of an application, or says how long it is to wait. One that has to wait
    /// costs nothing.
    pub(crate) fn take(&self, application: &str, now: Duration) -> Result<(), Duration> {
        let Some(buckets) = self.0.get(application) else {
            return Err(Duration::from_secs(60));
        };
        let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
        for bucket in buckets.iter_mut() {
            bucket.fill(now);
        }
        let wait = buckets.iter().filter_map(Bucket::wait).max();
        match wait {
            Some(wait) => Err(wait),
            None => {
                for bucket in buckets.iter_mut() {
                    bucket.level -= 1.0;
                }
                Ok(())
            }
        }
    }
}

impl Bucket {
    fn new(holds: f64, per_second: f64) -> Self {
        Self {
            holds,
            per_second,
            level: holds,
            at: Duration::ZERO,
        }
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(self.holds);
        self.at = self.at.max(now);
    }

    /// How long until there is one; `None` when there is.
    fn wait(&self) -> Option<Duration> {
        // A little less than one, for what is lost in fractions.
        let missing = 1.0 - self.level;
        if missing < 1e-6 {
            return None;
        }
        let seconds = missing / self.per_second;
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(3600)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(per_second: u32, per_minute: u32) -> Rates {
        let limit = RateLimit {
            per_second,
            per_minute,
        };
        Rates::new([("one", limit), ("two", limit)].into_iter())
    }

    /// How many of 100 requests at each of these times (ms) are taken.
    fn taken(rates: &Rates, application: &str, at: &[u64]) -> Vec<usize> {
        let count = |ms: &u64| {
            let now = Duration::from_millis(*ms);
            (0..100)
                .filter(|_| rates.take(application, now).is_ok())
                .count()
        };
        at.iter().map(count).collect()
    }

    #[test]
    fn bursts_and_quotas_both_count() {
        for (per_second, per_minute, at, expected) in [
            (
                5,
                300,
                &[0, 0, 1000, 1200, 10_000][..],
                &[5, 0, 5, 1, 5][..],
            ),
            (100, 10, &[0, 1000, 6000, 66_000], &[10, 0, 1, 10]),
            (1, 60, &[0, 500, 1000], &[1, 0, 1]),
            (0, 60, &[0, 60_000], &[0, 0]),
        ] {
            let rates = rates(per_second, per_minute);
            assert_eq!(
                taken(&rates, "one", at),
                expected,
                "{per_second} {per_minute}"
            );
        }
    }

    #[test]
    fn applications_do_not_touch_each_other() {
        let rates = rates(5, 300);
        assert_eq!(taken(&rates, "one", &[0]), [5]);
        assert_eq!(taken(&rates, "two", &[0]), [5]);
        assert_eq!(taken(&rates, "three", &[0]), [0]);
    }

    #[test]
    fn it_says_how_long_to_wait() {
        let rates = rates(5, 10);
        let at = |ms| rates.take("one", Duration::from_millis(ms));
        for ms in [0, 0, 0, 0, 0] {
            assert_eq!(at(ms), Ok(()));
        }
        assert_eq!(at(0), Err(Duration::from_millis(200)));
        for ms in [1000, 1000, 1000, 1000, 1000] {
            assert_eq!(at(ms), Ok(()));
        }
        let wait = at(2000).expect_err("the quota is used up");
        assert!((3.9..=6.0).contains(&wait.as_secs_f64()), "{wait:?}");
        // A clock that stands still, or goes back, gives nothing.
        assert!(at(0).is_err());
    }
}
