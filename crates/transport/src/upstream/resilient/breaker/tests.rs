//! The breaker, state by state, and over random histories.

use super::*;
use proptest::prelude::*;

const POLICY: Policy = Policy {
    failures: 3,
    window: Duration::from_secs(60),
    pause: Duration::from_secs(5),
    longest_pause: Duration::from_secs(15),
};

/// One thing that happens to a breaker.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Seconds pass.
    Wait(u64),
    /// A request comes, passes and ends like this.
    Ends(Verdict),
    /// A request comes and does not pass; so many seconds are said to be left.
    Refused(u64),
    /// A request comes, passes and is still out.
    Begins,
    /// The oldest of those ends.
    Oldest(Verdict),
}

use CircuitState::{Closed, HalfOpen, Open};
use Step::{Begins, Ends, Oldest, Refused, Wait};
use Verdict::{Failed, Unknown, Well};

fn play(steps: &[Step]) -> CircuitState {
    let mut breaker = Breaker::new(POLICY);
    let mut now = Duration::from_secs(1_000);
    let mut out = Vec::new();
    for step in steps {
        match *step {
            Wait(seconds) => now += Duration::from_secs(seconds),
            Ends(verdict) => {
                let ticket = breaker.take(now).expect("it passes");
                breaker.settle(ticket, verdict, now);
            }
            Refused(left) => {
                assert!(breaker.take(now).is_none(), "{step:?} in {steps:?}");
                assert_eq!(breaker.wait(now), Duration::from_secs(left), "{steps:?}");
            }
            Begins => out.push(breaker.take(now).expect("it passes")),
            Oldest(verdict) => breaker.settle(out.remove(0), verdict, now),
        }
    }
    breaker.state()
}

#[test]
fn every_way_through_the_diagram() {
    let opened = [Ends(Failed), Ends(Failed), Ends(Failed)];
    for (name, from_open, steps, expected) in [
        ("starts closed", false, &[][..], Closed),
        (
            "one failure too few",
            false,
            &[Ends(Failed), Ends(Failed)],
            Closed,
        ),
        ("the third opens it", true, &[Refused(5)], Open),
        (
            "an answer ends the row",
            false,
            &[
                Ends(Failed),
                Ends(Failed),
                Ends(Well),
                Ends(Failed),
                Ends(Failed),
            ],
            Closed,
        ),
        (
            "what proves nothing neither ends nor lengthens it",
            false,
            &[
                Ends(Failed),
                Ends(Unknown),
                Ends(Failed),
                Ends(Unknown),
                Ends(Failed),
            ],
            Open,
        ),
        (
            "failures far apart are no row",
            false,
            &[
                Ends(Failed),
                Ends(Failed),
                Wait(61),
                Ends(Failed),
                Ends(Failed),
            ],
            Closed,
        ),
        (
            "failures within the window of each other are one",
            false,
            &[Ends(Failed), Wait(60), Ends(Failed), Wait(60), Ends(Failed)],
            Open,
        ),
        ("the pause is not over", true, &[Wait(4), Refused(1)], Open),
        (
            "one probe, and nothing beside it",
            true,
            &[Wait(5), Begins, Refused(5)],
            HalfOpen,
        ),
        (
            "a good probe closes it",
            true,
            &[Wait(5), Ends(Well), Ends(Well)],
            Closed,
        ),
        (
            "closed again it counts from nothing",
            true,
            &[Wait(5), Ends(Well), Ends(Failed), Ends(Failed)],
            Closed,
        ),
        (
            "a bad probe doubles the pause",
            true,
            &[Wait(5), Ends(Failed), Refused(10)],
            Open,
        ),
        (
            "up to the longest",
            true,
            &[
                Wait(5),
                Ends(Failed),
                Wait(10),
                Ends(Failed),
                Refused(15),
                Wait(15),
                Ends(Failed),
                Refused(15),
            ],
            Open,
        ),
        (
            "closed in between the pause is the first again",
            true,
            &[
                Wait(5),
                Ends(Failed),
                Wait(10),
                Ends(Well),
                Ends(Failed),
                Ends(Failed),
                Ends(Failed),
                Refused(5),
            ],
            Open,
        ),
        (
            "an abandoned probe lets the next one try",
            true,
            &[Wait(5), Ends(Unknown), Ends(Well)],
            Closed,
        ),
        (
            "without a longer pause",
            true,
            &[Wait(5), Ends(Unknown), Ends(Failed), Refused(10)],
            Open,
        ),
        (
            "late failures do not lengthen the pause",
            false,
            &[
                Begins,
                Ends(Failed),
                Ends(Failed),
                Ends(Failed),
                Wait(4),
                Oldest(Failed),
                Refused(1),
            ],
            Open,
        ),
        (
            "late answers do not close it",
            false,
            &[
                Begins,
                Ends(Failed),
                Ends(Failed),
                Ends(Failed),
                Oldest(Well),
                Refused(5),
            ],
            Open,
        ),
        (
            "late failures do not fail the probe",
            false,
            &[
                Begins,
                Ends(Failed),
                Ends(Failed),
                Ends(Failed),
                Wait(5),
                Begins,
                Oldest(Failed),
                Oldest(Well),
            ],
            Closed,
        ),
        (
            "nor count once it is closed again",
            false,
            &[
                Begins,
                Begins,
                Begins,
                Ends(Failed),
                Ends(Failed),
                Ends(Failed),
                Wait(5),
                Ends(Well),
                Oldest(Failed),
                Oldest(Failed),
                Oldest(Failed),
            ],
            Closed,
        ),
    ] {
        let before: &[Step] = if from_open { &opened } else { &[] };
        let all: Vec<Step> = before.iter().chain(steps).copied().collect();
        assert_eq!(play(&all), expected, "{name}");
    }
}

proptest! {
    /// Whatever happens: half-open there is exactly one probe out, open there is a pause of at
    /// most the longest, and an endpoint that answers is asked again in the end.
    #[test]
    fn it_never_locks_itself(events in prop::collection::vec((0u8..6, 0u64..30), 0..200)) {
        let mut breaker = Breaker::new(POLICY);
        let mut now = Duration::ZERO;
        let mut out: Vec<Ticket> = Vec::new();
        let mut probe_era = None;
        for (what, number) in events {
            match what {
                0 => now += Duration::from_secs(number),
                1 | 2 => {
                    let before = breaker.state();
                    if let Some(ticket) = breaker.take(now) {
                        prop_assert_eq!(ticket.probe, before == Open);
                        prop_assert!(before != HalfOpen);
                        if ticket.probe {
                            probe_era = Some(ticket.era);
                        }
                        out.push(ticket);
                    }
                }
                _ if out.is_empty() => {}
                _ => {
                    let ticket = out.swap_remove(number as usize % out.len());
                    let verdict = [Well, Failed, Unknown][what as usize % 3];
                    breaker.settle(ticket, verdict, now);
                }
            }
            let probes = out.iter().filter(|t| t.probe && Some(t.era) == probe_era);
            let out_now = probes.filter(|t| t.era == breaker.era).count();
            prop_assert_eq!(out_now, usize::from(breaker.state() == HalfOpen));
            prop_assert!(breaker.wait(now) <= POLICY.longest_pause);
        }
        for ticket in out {
            breaker.settle(ticket, Well, now);
        }
        now += POLICY.longest_pause;
        let ticket = breaker.take(now).expect("it passes in the end");
        breaker.settle(ticket, Well, now);
        prop_assert_eq!(breaker.state(), Closed);
    }
}
