//! The published trigger NHS numbers: patients for whom a national test harness always gives one
//! particular answer. Optional, and off unless asked for: a real store knows no magic numbers.
//!
//! The failures of list queries come from the SCR simulator, which has them for event list
//! queries and which document list queries share here; the SOAP faults, acknowledgements and
//! unknown patients from the mini service rule set of the message test harness. Its rule set for GP
//! Summaries refuses uploads under two names and leaves the NHS numbers to whoever runs it: here they
//! are numbers of the range that is never issued ([`ScenarioPack::UPLOADS`]). Those of CP-IS queries
//! come from its rule sets of CP-IS. For the patients for whom these give data, as for everybody else,
//! the store decides: whoever turns the pack on files documents for [`ScenarioPack::WITH_DOCUMENTS`],
//! and the plans of [`crate::cpis::seeds`].

use domain::NhsNumber;
use domain::code::psis::{self, Issue};
use hl7v3::SoapFault;
use hl7v3::cpis::acknowledgement::Codes;

use crate::answer::Answer;
use crate::cpis::Outcome;
use crate::query::Query;

/// The answers of the test harnesses.
#[derive(Debug, Clone, Copy)]
pub struct ScenarioPack(());

impl ScenarioPack {
    /// Patients whose triggers need a document in the store: those whose list or document query
    /// succeeds, and those whose list query must, so that the document query can fail.
    pub const WITH_DOCUMENTS: [&str; 5] = [
        "9449310580",
        "9449310645",
        "9444459993",
        "9346424613",
        "9454202111",
    ];

    /// The scenarios of uploads by the names that the harness gives them, and their patients:
    /// consent refused (`1102_4`), NHS number merged (`1102_8`).
    pub const UPLOADS: [(&str, &str); 2] = [("1102_4", "9999911048"), ("1102_8", "9999911080")];

    /// Into which number the one of `1102_8` was merged.
    const SURVIVOR: &str = "9999911021";

    /// The published triggers.
    pub fn published() -> Self {
        Self(())
    }

    /// What an upload is refused with: one issue, which stands alone. `None` when the store decides.
    pub(crate) fn upload(self, patient: &NhsNumber) -> Option<Issue> {
        let name = Self::UPLOADS
            .into_iter()
            .find_map(|(name, number)| (number == patient.as_str()).then_some(name))?;
        match name {
            "1102_4" => Some(psis::no_consent_to_store()),
            _ => {
                let survivor = NhsNumber::parse(Self::SURVIVOR).ok()?;
                Some(psis::merged_into(&survivor))
            }
        }
    }

    /// What a query of CP-IS is answered with; `None` when the store decides.
    pub(crate) fn cpis(self, patient: NhsNumber, codes: &Codes) -> Option<Answer> {
        match patient.as_str() {
            "9444459993" => Some(Answer::Fault(SoapFault::not_supported())),
            "9346424613" => Some(Answer::Refused(vec![codes.unexpected()])),
            "9448904053" => Some(Answer::cpis(Outcome::Nothing(None))),
            _ => None,
        }
    }

    /// What becomes of a reliable message with a query of CP-IS; `None` when it is taken.
    pub(crate) fn cpis_signal(self, patient: &NhsNumber) -> Option<CpisSignal> {
        match patient.as_str() {
            "1111111111" => Some(CpisSignal::None),
            "2222222222" => Some(CpisSignal::Error),
            _ => None,
        }
    }

    /// What a query is answered with; `None` when the store decides.
    pub(crate) fn answer(&self, query: &Query) -> Option<Answer> {
        match query {
            Query::List(query) => list(&query.patient),
            Query::EventList(query) => simulator(&query.patient),
            Query::Document(query) => document(&query.patient),
            Query::Event(_)
            | Query::Permissions(_)
            | Query::Has(_)
            | Query::Set(_)
            | Query::Relationship(_) => None,
        }
    }
}

/// How the reception of a message fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CpisSignal {
    /// It is not acknowledged.
    None,
    /// It is answered by an ebXML error.
    Error,
}

/// A document list query shares the triggers of the simulator and has three of its own.
fn list(patient: &NhsNumber) -> Option<Answer> {
    let answer = match patient.as_str() {
        "9454201085" => Answer::Fault(SoapFault::not_supported()),
        "9449310106" => Answer::Unprocessable(psis::unable_to_process()),
        "9454202103" => Answer::Refused(vec![psis::no_service_user()]),
        _ => return simulator(patient),
    };
    Some(answer)
}

/// The SCR simulator. The display names hold `x` and `y`, as it writes them.
fn simulator(patient: &NhsNumber) -> Option<Answer> {
    let alone = |issue| Answer::Refused(vec![issue]);
    let answer = match patient.as_str() {
        "9160183411" => alone(psis::invalid_request()),
        "9051327617" => alone(psis::duplicate_message()),
        "9466868047" => alone(psis::invalid_update()),
        "9356577838" => alone(psis::system_error()),
        "9760147033" => alone(psis::not_available()),
        "9513987272" => Answer::inconsistent(psis::event_operation_failed("x", "y")),
        "9120582366" => Answer::inconsistent(psis::duplicate_event("x", patient)),
        "9882944736" => Answer::inconsistent(psis::duplicate_document("x", patient)),
        "9942495894" => Answer::inconsistent(psis::merged()),
        "9759113120" => Answer::inconsistent(psis::event_unknown("x")),
        "9233774856" => Answer::inconsistent(psis::unique_constraint("x")),
        "9723571064" => Answer::inconsistent(psis::database_error("x", "y")),
        "9886043431" => Answer::inconsistent(psis::document_set_mismatch("x", "y")),
        "9553094910" => Answer::inconsistent(psis::pattern_not_found("x")),
        "9384482226" => Answer::inconsistent(psis::several_in_set("x")),
        "9089908897" => Answer::inconsistent(psis::several_documents_in_set("x")),
        _ => return None,
    };
    Some(answer)
}

fn document(patient: &NhsNumber) -> Option<Answer> {
    let answer = match patient.as_str() {
        "9444459993" => Answer::Fault(SoapFault::not_supported()),
        "9346424613" => Answer::Unprocessable(psis::unable_to_process()),
        "9454202111" => Answer::Refused(vec![psis::no_service_user()]),
        _ => return None,
    };
    Some(answer)
}
