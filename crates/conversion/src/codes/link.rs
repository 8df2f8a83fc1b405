//! Which element of R4 says a link between two entries, and which link that element says.

use hl7v3::gp_summary::model::{EntryKind, Link, Target};

use super::kind::{EntryResource, resource_of, target_of};

/// Whether R4 has an element for a link from one kind of entry to another: `evidence.detail` of a
/// condition, `reasonReference` of a medication or a procedure.
pub fn has_plain_link(from: EntryKind, to: EntryKind) -> bool {
    use EntryResource as R;
    matches!(
        (resource_of(from), resource_of(to)),
        (R::Condition, _)
            | (
                R::MedicationRequest | R::MedicationStatement,
                R::Condition | R::Observation
            )
            | (R::Procedure, R::Condition | R::Observation | R::Procedure)
    )
}

/// The link that such an element says. Whoever converts a document to FHIR adds the extension
/// [`crate::extension::LINK`] where the link of the document is another one; whoever reads the
/// element makes this one, unless there is an extension with the same target.
pub fn usual_link(from: EntryKind, to: EntryKind, id: &str) -> Link {
    Link::new(from, usual_target(from, to), id, 0)
}

fn usual_target(from: EntryKind, to: EntryKind) -> Target {
    match (from, target_of(to)) {
        (EntryKind::Diagnosis, Target::Finding) => Target::PertinentFinding,
        (_, target) => target,
    }
}
