//! To HL7 V3: a bundle that is uploaded becomes a document.

mod additional;
mod agents;
mod compatible;
mod draft;
mod extensions;
mod findings;
mod full;
mod header;
mod locations;
mod participants;
mod patient;
mod presentation;
mod references;
mod resources;
mod rules;
mod values;
mod work;

use domain::NhsNumber;
use fhir::{Bundle, Finding};
use hl7v3::gp_summary::model::{GpSummary, Section};
use jiff::Timestamp;

use crate::Profile;
use findings::Findings;
use resources::Resources;
use work::Work;

/// What a conversion has to know beside the bundle.
#[derive(Debug, Clone, Copy)]
pub struct NewDocument<'a> {
    /// The time.
    pub now: Timestamp,
    /// Whose record it is to be, where that is known from elsewhere: a bundle about somebody else
    /// is refused.
    pub patient: Option<&'a NhsNumber>,
}

/// A document made of a bundle.
#[derive(Debug, Clone)]
pub struct Converted {
    /// The document.
    pub summary: GpSummary,
    /// `Bundle.identifier`, in upper case: the national adaptor sends the message under it.
    pub message_id: Option<String>,
    /// Whose record it is.
    pub patient: NhsNumber,
    /// The document that it replaces, as the bundle writes its id.
    pub replaces: Option<String>,
    /// What was not carried over, or stays in the presentation text only.
    pub notes: Vec<Finding>,
}

/// Converts a bundle. `ids` gives a new UUID in capitals with each call.
///
/// When rules are broken, all of them are told, in the order in which the national adaptor checks
/// them: its answer is the first. Its texts are used where it has one. Profile Compatible makes
/// what the national adaptor makes: the coded entries of eight sections, with the participants of
/// diagnoses and findings. Profile Full makes an entry of every resource that can be one.
pub fn from_fhir(
    bundle: &Bundle,
    new: &NewDocument<'_>,
    profile: Profile,
    ids: &mut dyn FnMut() -> String,
) -> Result<Converted, Vec<Finding>> {
    let mut work = Work {
        resources: Resources::new(bundle, profile),
        profile,
        findings: Findings::default(),
        participations: 0,
        ids,
    };
    let converted = document(&mut work, bundle, new);
    match converted {
        Some((summary, patient)) if !work.findings.refuse_all() => Ok(Converted {
            message_id: header::message_id(bundle),
            replaces: replaces(&summary),
            summary,
            patient,
            notes: work.findings.into_all(),
        }),
        _ => Err(work.findings.into_errors()),
    }
}

/// The coded sections alone, of a bundle that need not be a document: for single resources, with
/// those they refer to. Profile Compatible maps here what the national adaptor has mappers for,
/// whether it puts them into its messages or not.
pub fn sections_from_fhir(
    bundle: &Bundle,
    profile: Profile,
    ids: &mut dyn FnMut() -> String,
) -> Result<(Vec<Section>, Vec<Finding>), Vec<Finding>> {
    let mut work = Work {
        resources: Resources::new(bundle, profile),
        profile,
        findings: Findings::default(),
        participations: 0,
        ids,
    };
    work.check_communications();
    work.check_conditions();
    work.check_observations();
    work.check_procedures();
    let mut sections = coded(&mut work);
    if profile == Profile::Compatible {
        sections.extend(compatible::further_sections(&mut work));
    }
    match work.findings.refuse_all() {
        false => Ok((sections, work.findings.into_all())),
        true => Err(work.findings.into_errors()),
    }
}

/// The document, in the order of the national rules.
fn document(
    work: &mut Work<'_, '_>,
    bundle: &Bundle,
    new: &NewDocument<'_>,
) -> Option<(GpSummary, NhsNumber)> {
    work.check_bundle(bundle);
    let composition = work.composition()?;
    let header = work.header(composition);
    work.check_communications();
    work.check_conditions();
    work.check_observations();
    let mut sections = coded(work);
    let patient = work.patient(composition, new.patient);
    work.check_procedures();
    if !work.is_compatible() {
        work.check_modifiers(bundle);
        work.check_references(patient.as_ref());
    }
    let presentation = work.presentation(composition);
    work.additional_information(&presentation, &mut sections, new.now);
    let summary = work.put_together(header, presentation.html, sections, patient?);
    Some((summary, patient?))
}

fn coded(work: &mut Work<'_, '_>) -> Vec<Section> {
    match work.profile {
        Profile::Compatible => compatible::sections(work),
        Profile::Full => full::sections(work),
    }
}

fn replaces(summary: &GpSummary) -> Option<String> {
    let prior = summary.replacement.as_ref()?.prior.as_ref()?;
    prior.id.as_ref()?.root.clone()
}
