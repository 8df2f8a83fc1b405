//! A number goes out of use on PDS: two records were merged, or a child was adopted.
//!
//! Plans under it are hidden, and the authorities that have uploaded them are told, so that they
//! send them again under the new number or not at all.

use domain::audit::AuditEvent;
use domain::cpis::{Demographics, Plan, Standing};
use domain::time::uk_local;
use domain::{NhsNumber, OdsCode};
use jiff::Timestamp;
use store::{Commit, CpisChanges, InactiveNotice, Store, StoreError};

/// Why nothing can be done.
#[derive(Debug, thiserror::Error)]
pub enum InactiveError {
    /// Our store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A number cannot take its own place.
    #[error("a number cannot be replaced by itself")]
    Itself,
    /// Neither PDS nor CP-IS knows the number.
    #[error("nobody of that NHS number is known")]
    Unknown,
}

/// What is to be written when a number goes out of use. `replaced_by` is the number that takes its
/// place, if one does.
///
/// The number's plans are marked, each of their authorities gets a notice, and the audit an event,
/// all in the commit that marks the person. It is decided on what was stored when it was called.
///
/// Nothing in the commit holds off an upload of the same person that is decided at the same moment:
/// of the two the later is what stays of a plan, for which the store has no condition. An upload that
/// was faster may lose its change, and a plan that an upload has just verified may be shown still.
/// Calling this again, and writing what it gives, hides such a plan; so whoever takes numbers out of
/// use calls it once more after its commit, until there is nothing more to be told.
pub async fn inactivate(
    store: &dyn Store,
    number: NhsNumber,
    replaced_by: Option<NhsNumber>,
    now: Timestamp,
) -> Result<Commit, InactiveError> {
    if replaced_by == Some(number) {
        return Err(InactiveError::Itself);
    }
    let person = store.person(number).await?;
    let plans = store.cpis_record(number, None).await?.plans;
    if person.is_none() && plans.is_empty() {
        return Err(InactiveError::Unknown);
    }
    let notices = notices(&plans, replaced_by, now);
    let event = event(number, replaced_by, &plans, &notices, now);
    let standing = match replaced_by {
        Some(other) => Standing::Superseded(other),
        None => Standing::Invalid,
    };
    let person = person.map(|person| Demographics { standing, ..person });
    let hidden = plans.into_iter().map(|plan| Plan {
        inactive: true,
        updated_at: now,
        ..plan
    });
    Ok(Commit {
        cpis: CpisChanges {
            plans: hidden.collect(),
            inactive: notices,
            people: person.into_iter().collect(),
            ..CpisChanges::default()
        },
        audit: vec![event],
        ..Commit::default()
    })
}

/// One notice for each authority that has a plan which is neither withdrawn nor long over, nor
/// hidden already; with the file of the plan that came last.
fn notices(plans: &[Plan], replaced_by: Option<NhsNumber>, now: Timestamp) -> Vec<InactiveNotice> {
    let local = uk_local(now);
    let is_there = |plan: &&Plan| {
        let removed = plan.removed_on().is_some_and(|date| date.has_come(local));
        !plan.inactive && !removed
    };
    let mut there: Vec<&Plan> = plans.iter().filter(is_there).collect();
    there.sort_by(|a, b| {
        let place = |plan: &&Plan| {
            (
                plan.authority.code.clone(),
                std::cmp::Reverse(plan.updated_at),
            )
        };
        place(a).cmp(&place(b))
    });
    there.dedup_by(|later, first| later.authority.code == first.authority.code);
    let notices = there.into_iter().map(|plan| InactiveNotice {
        authority: plan.authority.code.clone(),
        patient: plan.patient,
        replaced_by,
        file: plan.file.clone(),
        created_at: now,
        told_at: None,
    });
    notices.collect()
}

fn event(
    number: NhsNumber,
    replaced_by: Option<NhsNumber>,
    plans: &[Plan],
    notices: &[InactiveNotice],
    now: Timestamp,
) -> AuditEvent {
    let operation = match replaced_by {
        Some(_) => "pds supersede",
        None => "pds invalidate",
    };
    let mut event = AuditEvent::new(now, crate::LANE, operation, "done");
    let told: Vec<&str> = notices
        .iter()
        .map(|n| OdsCode::as_str(&n.authority))
        .collect();
    event.patient = Some(number);
    event.decision = Some(match told.is_empty() {
        true => format!("plans hidden: {}; nobody to tell", plans.len()),
        false => format!("plans hidden: {}; to tell: {}", plans.len(), told.join(" ")),
    });
    event
}
