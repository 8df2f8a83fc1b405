//! queryPTV: is there permission to view, now, for this user and this patient?
//!
//! Permissions are the provider's own records, so the Spine is not asked. No permission is an
//! answer like any other: the flag is false and the code is Success. A permission of another
//! user, or of the same user in another role, is never seen from here.

use domain::nhs_number::NhsNumber;
pub(crate) use itk::scr::query_ptv::{Request, write_response};

use crate::service::{Asked, ScrService};
use crate::trail::Trail;
use crate::verdict::{Answer, Content, Verdict};

/// From the request to the verdict.
pub(crate) async fn run(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Verdict {
    trail.patient = Some(request.patient);
    let permitted = permitted(service, trail, asked, request.patient).await;
    permitted.map_or_else(Verdict::from, |permitted| {
        Answer::from(Content::Permission(permitted)).into()
    })
}

async fn permitted(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    patient: NhsNumber,
) -> Result<bool, Answer> {
    let holder = service.professional(trail, asked)?.holder.clone();
    let standing = service
        .provider
        .store
        .standing(patient, holder, asked.at)
        .await;
    let standing = standing.map_err(|error| service.store_failed(trail, &error))?;
    let mut recorded = standing.permissions.iter();
    let permitted = recorded.any(|permission| permission.holds_at(asked.at));
    trail.note(format!("permission to view: {permitted}"));
    Ok(permitted)
}
