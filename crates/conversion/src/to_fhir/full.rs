//! Profile Full: everything that is coded, as valid R4.
//!
//! Every entry becomes one resource; who took part in it, an encounter, as the national adaptor has
//! it. People who take part in several entries are there once. Resources come in the order of the
//! document. What has no place in R4 and none in [`crate::extension`] is told in an
//! OperationOutcome at the end: it is still in the presentation text.

mod act;
mod agent;
mod composition;
mod concept;
mod condition;
mod device;
mod encounter;
mod entry;
mod link;
mod medication;
mod observation;
mod organisation;
mod plan;
mod value;

use std::collections::HashSet;

use fhir::{Identifier, Issue, OperationOutcome, Patient, Reference, Resource, system};
use hl7v3::gp_summary::model::{Agent, GpSummary};

use super::{ConversionError, Retrieved};
use plan::Plan;

/// The resources, the composition first, the patient after all entries.
pub(super) fn convert<'a>(
    retrieved: &Retrieved<'a>,
    ids: &mut dyn FnMut() -> String,
) -> Result<Vec<Resource>, ConversionError> {
    let (mut work, patient) = Work::of(retrieved.document, ids);
    work.composition(retrieved)?;
    work.entries();
    let target = retrieved.document.target.as_ref();
    let id = target.and_then(|target| target.patient.as_ref()?.id.as_ref()?.extension.as_deref());
    let number = id.ok_or(ConversionError::Missing(
        "recordTarget/patient/id/@extension",
    ))?;
    work.out.push(Resource::Patient(Patient {
        id: Some(patient),
        identifier: vec![Identifier::new(system::NHS_NUMBER, number)],
        ..Patient::default()
    }));
    work.tell();
    Ok(work.out)
}

/// The resources of the coded entries alone, and a patient without a number for them to be about.
pub(super) fn convert_sections(
    document: &GpSummary,
    ids: &mut dyn FnMut() -> String,
) -> Vec<Resource> {
    let (mut work, patient) = Work::of(document, ids);
    work.entries();
    work.out.push(Resource::Patient(Patient {
        id: Some(patient),
        ..Patient::default()
    }));
    work.tell();
    work.out
}

/// How many people are looked through before one is made anew: a document has few, and one made to
/// have many must not cost the square of them.
const REMEMBERED: usize = 64;

/// How many remarks there may be about one resource.
const REMARKS: usize = 20;

/// What is made so far.
struct Work<'a, 'i> {
    ids: &'i mut dyn FnMut() -> String,
    patient: Reference,
    plan: Plan<'a>,
    out: Vec<Resource>,
    /// Who has a resource already.
    known: Vec<(&'a Agent, Option<Reference>)>,
    /// What cannot be said of the resource that comes next.
    pending: Vec<String>,
    /// What cannot be said, with the number of the resource it is about.
    told: Vec<(usize, String)>,
}

impl<'a, 'i> Work<'a, 'i> {
    /// Nothing made yet; and the id that the patient is to have.
    fn of(document: &'a GpSummary, ids: &'i mut dyn FnMut() -> String) -> (Self, String) {
        let patient = ids();
        let work = Self {
            plan: Plan::of(document, ids),
            ids,
            patient: Reference::to("Patient", &patient),
            out: Vec::new(),
            known: Vec::new(),
            pending: Vec::new(),
            told: Vec::new(),
        };
        (work, patient)
    }
}

impl Work<'_, '_> {
    fn id(&mut self) -> Option<String> {
        Some((self.ids)())
    }

    /// Something about the resource that comes next cannot be said in FHIR.
    fn unsaid(&mut self, what: impl Into<String>) {
        let what = what.into();
        if self.pending.len() < REMARKS && !self.pending.contains(&what) {
            self.pending.push(what);
        }
    }

    /// Adds a resource that others stand beside: people, encounters.
    fn push(&mut self, resource: impl Into<Resource>) {
        self.out.push(resource.into());
    }

    /// Adds the resource that the pending remarks are about.
    fn finish(&mut self, resource: impl Into<Resource>) {
        let at = self.out.len();
        self.told
            .extend(self.pending.drain(..).map(|what| (at, what)));
        self.out.push(resource.into());
    }

    fn tell(&mut self) {
        if self.told.is_empty() {
            return;
        }
        let issues = self.told.iter().map(|(at, what)| {
            let place = format!("Bundle.entry[{at}].resource");
            Issue::new("information", "informational", what).expression(place)
        });
        let outcome = OperationOutcome {
            issue: issues.collect(),
            id: Some((self.ids)()),
            ..OperationOutcome::default()
        };
        self.out.push(outcome.into());
    }
}

/// Text that says something: an element of FHIR is never blank.
fn said(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// A text as a FHIR `code`: no blanks but single ones inside.
fn code(text: &str) -> Option<String> {
    let is_code = !text.is_empty()
        && text
            .split(' ')
            .all(|word| !word.is_empty() && !word.contains(|letter: char| letter.is_whitespace()));
    is_code.then(|| text.to_owned())
}

/// Whether a text can be the `id` of a resource.
fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// The ids that are taken, by type.
type Taken = HashSet<(&'static str, String)>;
