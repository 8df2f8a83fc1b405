//! What is promised of a workload that writes, and whether it is kept.

use serde::Serialize;

use crate::measure::Figures;

/// The goals hold for so many connections.
const AT_CONNECTIONS: usize = 64;

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Goal {
    /// Commits per second, at least.
    pub(crate) commits: f64,
    /// The median answer takes less than so many flushes of the same disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flushes: Option<f64>,
}

/// A workload of which every answer tells of a commit on the disk, beside what the disk can do.
#[derive(Debug, Serialize)]
pub(crate) struct Durable {
    /// Commits per second that were on the disk before they were answered.
    pub(crate) commits_per_second: f64,
    /// Median time from request to answer, milliseconds.
    pub(crate) p50_ms: f64,
    /// Median time of one flush of the same disk when nothing else is going on, milliseconds.
    pub(crate) flush_ms: f64,
    /// The former over the latter.
    pub(crate) p50_in_flushes: f64,
    /// What is promised.
    pub(crate) goal: Goal,
    /// Whether the goals are met; nothing is said of other numbers of connections than theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) goals_met: Option<bool>,
}

impl Durable {
    pub(crate) fn new(figures: &Figures, flush_ms: f64, connections: usize, goal: Goal) -> Self {
        let p50_in_flushes = figures.p50_ms / flush_ms;
        let met = figures.requests_per_second >= goal.commits
            && goal.flushes.is_none_or(|most| p50_in_flushes < most);
        Self {
            commits_per_second: figures.requests_per_second,
            p50_ms: figures.p50_ms,
            flush_ms,
            p50_in_flushes,
            goal,
            goals_met: (connections == AT_CONNECTIONS).then_some(met),
        }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let verdict = match self.goals_met {
            Some(true) => "met",
            Some(false) => "NOT met",
            None => "of other connections",
        };
        let flushes = self.goal.flushes;
        let flushes = flushes.map_or(String::new(), |most| format!(", under {most:.0} flushes"));
        format!(
            "{:.0} durable commits/s; p50 {:.2} ms is {:.1} flushes of {:.2} ms (goals at \
             {AT_CONNECTIONS} connections: at least {:.0}/s{flushes}: {verdict})",
            self.commits_per_second,
            self.p50_ms,
            self.p50_in_flushes,
            self.flush_ms,
            self.goal.commits,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_for_their_connections_and_both_count() {
        let check = |rate, p50_ms, connections, met| {
            let figures = Figures {
                requests_per_second: rate,
                p50_ms,
                p99_ms: 0.0,
                server_cpu_us: 0.0,
                answer_bytes: 0,
            };
            let goal = Goal {
                commits: 2_000.0,
                flushes: Some(3.0),
            };
            let durable = Durable::new(&figures, 2.0, connections, goal);
            assert_eq!(durable.goals_met, met, "{rate} {p50_ms} {connections}");
            assert_eq!(durable.p50_in_flushes, p50_ms / 2.0);
        };
        check(2_000.0, 5.9, 64, Some(true));
        check(1_999.0, 5.9, 64, Some(false));
        check(2_000.0, 6.0, 64, Some(false));
        check(2_000.0, 5.9, 32, None);
    }
}
