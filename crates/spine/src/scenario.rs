//! The published trigger NHS numbers: patients for whom a national test harness always gives one
//! particular answer. Optional, and off unless asked for: a real store knows no magic numbers.
//!
//! The event-list triggers come from the SCR simulator, the document triggers from the mini
//! service rule set of the message test harness; both stand as data below.

use domain::NhsNumber;
use domain::code::psis::{self, Issue};

/// The answers of the test harnesses.
#[derive(Debug, Clone)]
pub struct ScenarioPack {
    triggers: Vec<Trigger>,
}

/// Which query a trigger answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Queries for a list.
    List,
    /// Queries for a document.
    Document,
}

/// What a trigger answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The query fails with these issues, the general one first.
    Issues(Vec<Issue>),
    /// An application acknowledgement says that the message cannot be processed.
    Unprocessable(Issue),
    /// A SOAP fault: the interaction is not supported here.
    Fault,
}

#[derive(Debug, Clone)]
struct Trigger {
    patient: &'static str,
    on: On,
    effect: Effect,
}

impl ScenarioPack {
    /// The published triggers.
    pub fn published() -> Self {
        let mut triggers: Vec<Trigger> = list_failures();
        let mut add = |patient, on, effect| {
            triggers.push(Trigger {
                patient,
                on,
                effect,
            })
        };
        add("9454201085", On::List, Effect::Fault);
        add(
            "9449310106",
            On::List,
            Effect::Unprocessable(psis::unable_to_process()),
        );
        add(
            "9454202103",
            On::List,
            Effect::Issues(vec![psis::no_service_user()]),
        );
        add("9444459993", On::Document, Effect::Fault);
        add(
            "9346424613",
            On::Document,
            Effect::Unprocessable(psis::unable_to_process()),
        );
        add(
            "9454202111",
            On::Document,
            Effect::Issues(vec![psis::no_service_user()]),
        );
        Self { triggers }
    }

    /// What a query for this patient is answered with; `None` when the store decides.
    pub fn effect(&self, patient: &NhsNumber, on: On) -> Option<&Effect> {
        self.triggers
            .iter()
            .find(|trigger| trigger.on == on && trigger.patient == patient.as_str())
            .map(|trigger| &trigger.effect)
    }
}

/// The answers of the SCR simulator to a list query.
fn list_failures() -> Vec<Trigger> {
    let with = |specific: Issue| vec![psis::logical_inconsistency(), specific];
    let rows: [(&str, Vec<Issue>); 14] = [
        ("9160183411", vec![psis::invalid_request()]),
        ("9051327617", vec![psis::duplicate_message()]),
        ("9513987272", with(psis::event_operation_failed("x", "y"))),
        ("9942495894", with(psis::merged())),
        ("9759113120", with(psis::event_unknown("x"))),
        ("9233774856", with(psis::unique_constraint("x"))),
        ("9723571064", with(psis::database_error("x", "y"))),
        ("9886043431", with(psis::document_set_mismatch("x", "y"))),
        ("9553094910", with(psis::pattern_not_found("x"))),
        ("9384482226", with(psis::several_in_set("x"))),
        ("9089908897", with(psis::several_documents_in_set("x"))),
        ("9466868047", vec![psis::invalid_update()]),
        ("9356577838", vec![psis::system_error()]),
        ("9760147033", vec![psis::not_available()]),
    ];
    let duplicates = [
        (
            "9120582366",
            psis::duplicate_event as fn(&str, &NhsNumber) -> Issue,
        ),
        ("9882944736", psis::duplicate_document),
    ];
    let duplicates = duplicates.into_iter().filter_map(|(patient, issue)| {
        let number = NhsNumber::parse(patient).ok()?;
        Some((patient, with(issue("x", &number))))
    });
    rows.into_iter()
        .chain(duplicates)
        .map(|(patient, issues)| Trigger {
            patient,
            on: On::List,
            effect: Effect::Issues(issues),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trigger_can_be_asked_for() {
        for trigger in ScenarioPack::published().triggers {
            NhsNumber::parse(trigger.patient).expect("a valid NHS number");
        }
    }

    #[test]
    fn a_trigger_answers_its_own_query_only() {
        let pack = ScenarioPack::published();
        let patient = NhsNumber::parse("9444459993").expect("valid");
        assert_eq!(pack.effect(&patient, On::Document), Some(&Effect::Fault));
        assert_eq!(pack.effect(&patient, On::List), None);
        let other = NhsNumber::parse("9434765919").expect("valid");
        assert_eq!(pack.effect(&other, On::List), None);
    }
}
