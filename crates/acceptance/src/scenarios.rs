//! Every scenario, as rows of data.
//!
//! The ids `SO_…`, `DE_…` and `ER_…` are those of the Toolkit's official host tests; the others
//! are ours.

mod allowed;
mod content;
mod cpis;
mod duplicates;
mod envelope;
mod extension;
mod identity;
mod operations;
mod signature;
mod soap;
mod transport;

use crate::scenario::{Basis, Effect, Group, Scenario, Step};

/// Every scenario, in the order of the run.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    [
        operations::CONTROL,
        operations::ROWS,
        content::ROWS,
        soap::ROWS,
        envelope::ROWS,
        identity::ROWS,
        duplicates::ROWS,
        signature::ROWS,
        transport::ROWS,
        extension::ROWS,
        cpis::ROWS,
    ]
    .into_iter()
    .flatten()
}

/// The id of the plain request.
const CONTROL: &str = "CONTROL";

impl Scenario {
    /// A published rule, tried without a trace, that proves something only beside [`CONTROL`].
    const fn new(
        group: Group,
        id: &'static str,
        title: &'static str,
        requirements: &'static [&'static str],
        steps: &'static [Step],
        cause: &'static str,
    ) -> Self {
        Self {
            id,
            group,
            title,
            requirements,
            basis: Basis::Published,
            effect: Effect::None,
            cause,
            control: Some(CONTROL),
            steps,
        }
    }

    const fn basis(self, basis: Basis) -> Self {
        Self { basis, ..self }
    }

    const fn leaves(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    const fn beside(self, control: &'static str) -> Self {
        Self {
            control: Some(control),
            ..self
        }
    }

    /// It proves something by itself.
    const fn alone(self) -> Self {
        Self {
            control: None,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_scenario_is_complete_and_its_control_comes_first() {
        let mut seen = BTreeSet::new();
        for scenario in all() {
            let id = scenario.id;
            if let Some(control) = scenario.control {
                assert!(seen.contains(control), "{id} comes before {control}");
            }
            assert!(seen.insert(id), "{id} is there twice");
            assert!(!scenario.steps.is_empty(), "{id} does nothing");
            assert!(!scenario.requirements.is_empty(), "{id} stands on nothing");
            assert!(scenario.cause.ends_with('.'), "{id}: {}", scenario.cause);
            for step in scenario.steps {
                let first = step.allowed.first().expect("an allowed outcome");
                assert!(first.because.is_empty(), "{id}: the first is customary");
                let others = &step.allowed[1..];
                assert!(others.iter().all(|a| !a.because.is_empty()), "{id}");
            }
        }
    }

    #[test]
    fn the_rows_are_in_the_order_of_their_groups() {
        let places: Vec<_> = all()
            .map(|s| Group::ALL.iter().position(|group| *group == s.group))
            .collect();
        assert!(places.is_sorted());
    }

    #[test]
    fn the_official_table_is_whole() {
        let official = [
            "SO_NOACTN",
            "SO_NOTOEL",
            "SO_INVATO",
            "SO_RPLYTO",
            "SO_NOTIME",
            "SO_EXPIRE",
            "SO_INVTIM",
            "SO_NOUSER",
            "SO_INVUSR",
            "SO_USRSUB",
            "SO_CONFRJ",
            "SO_VMISRJ",
            "SO_EXHDRJ",
            "SO_EXHEAD",
            "SO_EXHDMU",
            "DE_EMPPID",
            "DE_MISPID",
            "DE_INVPID",
            "DE_INVMCT",
            "DE_INVPCT",
            "DE_INVMPC",
            "DE_INVMPI",
            "DE_INVSER",
            "DE_INAUTH",
            "ER_INVSCH",
            "ER_INVXML",
        ];
        for id in official {
            assert!(all().any(|scenario| scenario.id == id), "{id} is missing");
        }
    }
}
