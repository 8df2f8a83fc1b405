//! The rules of versions: what an upload or a withdrawal does to a patient's documents.
//!
//! All GP Summaries of a patient are one chain. At most one is current (state Normal); an upload
//! becomes the current one and replaces the one before, so the chain goes by the order in which
//! documents are taken and not by their own dates. A withdrawal takes a document out of use and
//! brings none back.

use domain::DocumentId;
use domain::code::psis::{self, Issue};
use domain::consent::ConsentSetting;
use domain::record::{DocumentHeader, DocumentPointer, DocumentState};
use hl7v3::withdrawal::Withdrawal;
use store::{PatientRecord, Precondition};

use crate::psis::set_id;

/// What is decided.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision<T> {
    /// It is to be done, to this.
    Done(T),
    /// It is not done.
    Refused(Refusal),
}

/// Why a message is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// For the sender, the general issue first.
    pub(super) issues: Vec<Issue>,
    /// For the audit.
    pub(super) why: String,
    /// Provided that this holds.
    pub(super) provided: Vec<Precondition>,
}

impl Refusal {
    pub(super) fn new(issues: Vec<Issue>, why: impl Into<String>) -> Self {
        Self {
            issues,
            why: why.into(),
            provided: Vec::new(),
        }
    }

    /// It does not fit what is stored (410).
    pub(super) fn inconsistent(specific: Issue, why: impl Into<String>) -> Self {
        Self::new(vec![psis::logical_inconsistency(), specific], why)
    }
}

/// A document to withdraw.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Which.
    pub(super) document: DocumentId,
    /// Its state as yet.
    pub(super) state: DocumentState,
}

/// Decides an upload, given the patient's record: which documents it replaces. `overtaken` is what
/// an attempt before found broken: of documents that are not this patient's, nothing else is known
/// here than whether there are any.
pub(super) fn upload(
    header: &DocumentHeader,
    record: &PatientRecord,
    strict: bool,
    overtaken: Option<&Precondition>,
) -> Decision<Vec<DocumentId>> {
    match refusal(header, record, strict, overtaken) {
        Some(refusal) => Decision::Refused(refusal),
        None => Decision::Done(current(&record.documents).cloned().collect()),
    }
}

/// The documents that count. There is one at most, unless older rules left more.
fn current(listed: &[DocumentPointer]) -> impl Iterator<Item = &DocumentId> {
    listed
        .iter()
        .filter(|document| document.state == DocumentState::Normal)
        .map(|document| &document.header.id)
}

fn refusal(
    header: &DocumentHeader,
    record: &PatientRecord,
    strict: bool,
    overtaken: Option<&Precondition>,
) -> Option<Refusal> {
    let consent = record.consent.as_ref();
    if consent.is_some_and(|consent| consent.consent.store == ConsentSetting::No) {
        let why = "the patient does not consent to having a record";
        return Some(Refusal::new(vec![psis::no_consent_to_store()], why));
    }
    let listed = record.documents.as_slice();
    let id = &header.id;
    if listed.iter().any(|known| known.header.id == *id) {
        let issue = psis::duplicate_document(id.as_str(), &header.patient);
        let why = format!("the patient has document {id} already");
        return Some(Refusal::inconsistent(issue, why));
    }
    if is_elsewhere(id, overtaken) {
        let issue = psis::unique_constraint("eventId");
        let why = format!("document {id} is another patient's");
        return Some(Refusal::inconsistent(issue, why));
    }
    match &header.replaces {
        Some(target) => replacement_refusal(target, listed, id, overtaken),
        None => current(listed).next().filter(|_| strict).map(unreferenced),
    }
}

/// What a document says it replaces has to be the current one.
fn replacement_refusal(
    target: &DocumentId,
    listed: &[DocumentPointer],
    id: &DocumentId,
    overtaken: Option<&Precondition>,
) -> Option<Refusal> {
    // The set the patient's documents are in; that of a first document is named after it.
    let set = set_id(listed).unwrap_or(id);
    let mismatch = |why: &str| {
        let issue = psis::document_set_mismatch(set.as_str(), target.as_str());
        Some(Refusal::inconsistent(
            issue,
            format!("it replaces {target}, {why}"),
        ))
    };
    match listed.iter().find(|known| known.header.id == *target) {
        Some(known) if known.state == DocumentState::Normal => None,
        Some(known) => {
            let state = known.state.display_name();
            mismatch(&format!("which is {state} already"))
        }
        None if is_elsewhere(target, overtaken) => mismatch("which is another patient's"),
        None => {
            let issue = psis::event_unknown(target.as_str());
            let why = format!("it replaces {target}, which is not known");
            let refusal = Refusal::inconsistent(issue, why);
            let provided = vec![Precondition::DocumentAbsent(target.clone())];
            Some(Refusal {
                provided,
                ..refusal
            })
        }
    }
}

/// Whether a document that is not this patient's was found to be there all the same.
fn is_elsewhere(document: &DocumentId, overtaken: Option<&Precondition>) -> bool {
    matches!(overtaken, Some(Precondition::DocumentAbsent(found)) if found == document)
}

fn unreferenced(current: &DocumentId) -> Refusal {
    let details = "the document replaces none, and the patient has a current one";
    let issue = psis::event_operation_failed("GP Summary upload", details);
    Refusal::inconsistent(issue, format!("it replaces none, and {current} is current"))
}

/// Decides a withdrawal, given the patient's documents: which it withdraws. `known` says that
/// another message brought this event before.
pub(super) fn withdrawal(
    withdrawal: &Withdrawal,
    listed: &[DocumentPointer],
    known: bool,
) -> Decision<Target> {
    let event = &withdrawal.id;
    let is_event = |document: &DocumentPointer| {
        document.header.id == *event || document.withdrawn_by.as_ref() == Some(event)
    };
    if known || listed.iter().any(is_event) {
        let issue = psis::duplicate_event(event.as_str(), &withdrawal.patient);
        let why = format!("event {event} is known already");
        return Decision::Refused(Refusal::inconsistent(issue, why));
    }
    let failed = |details: &str, why: String| {
        let issue = psis::event_operation_failed("Withdraw Message", details);
        Decision::Refused(Refusal::inconsistent(issue, why))
    };
    let Some(target) = &withdrawal.target else {
        let details = "no event to withdraw is named";
        return failed(details, details.to_owned());
    };
    match listed.iter().find(|document| document.header.id == *target) {
        None => {
            let issue = psis::event_unknown(target.as_str());
            let why = format!("it withdraws {target}, which the patient does not have");
            Decision::Refused(Refusal::inconsistent(issue, why))
        }
        Some(found) if found.state == DocumentState::Withdrawn => failed(
            "the event is withdrawn already",
            format!("it withdraws {target}, which is withdrawn already"),
        ),
        Some(found) => Decision::Done(Target {
            document: target.clone(),
            state: found.state,
        }),
    }
}

#[cfg(test)]
mod tests;
