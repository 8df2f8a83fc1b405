//! The one decision: may this person see this record now?
//!
//! Pure: every input is a field of [`AccessFacts`], the outcome says why. The order of the checks
//! is the order of the SCR mini service's codes (rights, relationship, consent, permission), so
//! the first failing check names the answer. Consent has to be fetched from the Spine, so it may
//! still be unknown: then the outcome is [`AccessOutcome::NeedsConsent`] if nothing that is known
//! refuses already, which spares the Spine a query that could change nothing.

mod truth_table;

#[cfg(test)]
mod tests;

pub use truth_table::truth_table_markdown;

use crate::consent::ConsentSetting;

/// Everything the decision depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessFacts {
    /// The user's rights, from their role profile.
    pub rights: Rights,
    /// A legitimate relationship with the patient.
    pub relationship: RelationshipFact,
    /// Permission to view.
    pub permission: PermissionFact,
    /// The request says the patient cannot be asked.
    pub emergency: bool,
    /// The patient's consent to share (ACS View), once the Spine has been asked.
    pub consent: Option<ConsentSetting>,
}

/// The rights of a role profile that matter for viewing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// B0370 View Summary Health Records.
    pub view: bool,
    /// B0168 Emergency access to view the SCR.
    pub emergency: bool,
}

/// What is known of a legitimate relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationshipFact {
    /// One is recorded.
    Recorded,
    /// The request claims one.
    SelfClaimed,
    /// Neither.
    None,
}

/// What is known of permission to view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionFact {
    /// A recorded one holds now.
    Recorded,
    /// The request records one.
    GivenNow,
    /// Neither.
    None,
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessOutcome {
    /// Nothing refuses so far; ask the Spine for the patient's consent and decide again.
    NeedsConsent,
    /// The record may be shown, and this follows from showing it.
    Granted(Grant),
    /// It may not.
    Refused(Refusal),
}

/// On what grounds access is granted, and what has to be recorded or raised with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What stands for permission.
    pub grounds: Grounds,
    /// A self-claimed relationship is to be recorded, and the privacy officer alerted.
    pub records_relationship: bool,
    /// Permission to view is to be recorded.
    pub records_permission: bool,
}

/// What stands for permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grounds {
    /// The patient said yes, earlier or now.
    Permission,
    /// The patient cannot be asked; the privacy officer is alerted.
    Emergency,
}

/// Why access is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The role profile lacks the right that this way of access needs.
    #[error("the role profile lacks the right needed (B0370, or B0168 in an emergency)")]
    Rights,
    /// No legitimate relationship is recorded or claimed.
    #[error("no legitimate relationship is recorded or claimed")]
    Relationship,
    /// The patient dissents. Emergency access does not override it.
    #[error("the patient does not consent to sharing the record")]
    Consent,
    /// No permission to view is recorded or given, and it is no emergency.
    #[error("no permission to view is recorded or given")]
    Permission,
}

/// Decides. The whole of it, as a table: [`truth_table_markdown`].
pub fn decide(facts: &AccessFacts) -> AccessOutcome {
    let right = if facts.emergency {
        facts.rights.emergency
    } else {
        facts.rights.view
    };
    if !right {
        return AccessOutcome::Refused(Refusal::Rights);
    }
    if facts.relationship == RelationshipFact::None {
        return AccessOutcome::Refused(Refusal::Relationship);
    }
    match facts.consent {
        None => return AccessOutcome::NeedsConsent,
        Some(ConsentSetting::No) => return AccessOutcome::Refused(Refusal::Consent),
        Some(ConsentSetting::Yes | ConsentSetting::Ask) => {}
    }
    if !facts.emergency && facts.permission == PermissionFact::None {
        return AccessOutcome::Refused(Refusal::Permission);
    }
    AccessOutcome::Granted(Grant {
        grounds: if facts.emergency {
            Grounds::Emergency
        } else {
            Grounds::Permission
        },
        records_relationship: facts.relationship == RelationshipFact::SelfClaimed,
        // A patient who cannot be asked has given no permission, whatever the request says.
        records_permission: !facts.emergency && facts.permission == PermissionFact::GivenNow,
    })
}
