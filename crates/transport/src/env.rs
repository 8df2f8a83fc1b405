//! The seam to clock, ids and randomness.
//!
//! Whoever needs the time or a fresh id takes an [`Environment`] and never asks the machine. With
//! a simulated one the clock moves only when told to and ids follow from a seed, so that a run can
//! be repeated exactly.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Clock, ids and randomness, real or simulated. Clones share one clock and one source of ids.
#[derive(Clone)]
pub struct Environment(Source);

#[derive(Clone)]
enum Source {
    System { started: Instant },
    Simulated(Arc<Mutex<Simulation>>),
}

struct Simulation {
    now: Timestamp,
    elapsed: Duration,
    random: ChaCha8Rng,
}

impl Environment {
    /// The machine's clock and its secure randomness.
    pub fn system() -> Self {
        Self(Source::System {
            started: Instant::now(),
        })
    }

    /// A clock that stands at `start` until [`advance`](Self::advance) moves it, and ids that
    /// follow from `seed` alone.
    pub fn simulated(start: Timestamp, seed: u64) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        let simulation = Simulation {
            now: start,
            elapsed: Duration::ZERO,
            random,
        };
        Self(Source::Simulated(Arc::new(Mutex::new(simulation))))
    }

    /// The current instant.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System { .. } => Timestamp::now(),
            Source::Simulated(simulation) => locked(simulation).now,
        }
    }

    /// Moves a simulated clock; a negative duration sets the wall clock back and leaves
    /// [`monotonic`](Self::monotonic) alone, as on a real machine. The system's clock is not
    /// touched. Past the ends of the calendar the clock stays at the end.
    pub fn advance(&self, by: SignedDuration) {
        let Source::Simulated(simulation) = &self.0 else {
            return;
        };
        let mut simulation = locked(simulation);
        let end = if by.is_negative() {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        };
        simulation.now = simulation.now.checked_add(by).unwrap_or(end);
        let forward = Duration::try_from(by).unwrap_or(Duration::ZERO);
        simulation.elapsed = simulation.elapsed.saturating_add(forward);
    }

    /// A fresh version 4 UUID, upper case, as message ids are written.
    pub fn uuid(&self) -> String {
        let bytes = self.random_bytes();
        let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        uuid.hyphenated().encode_upper(&mut text).to_owned()
    }

    /// A random number.
    pub fn random_u64(&self) -> u64 {
        match &self.0 {
            Source::System { .. } => rand::random(),
            Source::Simulated(simulation) => locked(simulation).random.next_u64(),
        }
    }

    /// Time since this environment was made; never goes back. For measuring only.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { started } => started.elapsed(),
            Source::Simulated(simulation) => locked(simulation).elapsed,
        }
    }

    pub(crate) fn random_bytes(&self) -> [u8; 16] {
        match &self.0 {
            Source::System { .. } => rand::random(),
            Source::Simulated(simulation) => {
                let mut bytes = [0; 16];
                locked(simulation).random.fill_bytes(&mut bytes);
                bytes
            }
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System { .. } => "Environment(system)",
            Source::Simulated(_) => "Environment(simulated)",
        })
    }
}

/// A panic while holding the lock leaves plain values behind, so they can still be used.
fn locked(simulation: &Mutex<Simulation>) -> std::sync::MutexGuard<'_, Simulation> {
    simulation.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulated(seed: u64) -> Environment {
        let start = "2026-11-21T09:30:00Z".parse().expect("an instant");
        Environment::simulated(start, seed)
    }

    #[test]
    fn a_simulated_run_repeats_from_its_seed() {
        let run = |seed| {
            let env = simulated(seed);
            let ids: Vec<String> = (0..5).map(|_| env.uuid()).collect();
            (ids, env.random_u64(), env.now())
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7).0, run(8).0);
        assert_ne!(run(7).1, run(8).1);
    }

    #[test]
    fn a_simulated_clock_moves_only_when_told() {
        let env = simulated(1);
        let same = env.clone();
        assert_eq!(env.now(), env.now());
        env.advance(SignedDuration::from_secs(90));
        assert_eq!(same.now().to_string(), "2026-11-21T09:31:30Z");
        assert_eq!(same.monotonic(), Duration::from_secs(90));
        env.advance(SignedDuration::from_secs(-30));
        assert_eq!(same.now().to_string(), "2026-11-21T09:31:00Z");
        assert_eq!(same.monotonic(), Duration::from_secs(90));
        env.advance(SignedDuration::MAX);
        assert_eq!(same.now(), Timestamp::MAX);
    }

    #[test]
    fn the_system_clock_cannot_be_moved() {
        let env = Environment::system();
        let before = env.now();
        env.advance(SignedDuration::from_hours(48));
        assert!(env.now().duration_since(before) < SignedDuration::from_hours(1));
    }

    #[test]
    fn ids_are_upper_case_version_4_and_unlike() {
        for env in [Environment::system(), simulated(3)] {
            let (one, other) = (env.uuid(), env.uuid());
            assert_ne!(one, other);
            assert_eq!(one, one.to_uppercase());
            let parsed = uuid::Uuid::parse_str(&one).expect("a UUID");
            assert_eq!(parsed.get_version_num(), 4);
        }
    }
}
