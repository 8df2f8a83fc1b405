//! getRBACStatus: what may the user of the audit identity do?
//!
//! Answered from the user directory: no patient and no Spine is involved. A user who may do
//! nothing gets two flags that say so; only one who is unknown is refused.

pub(crate) use itk::scr::get_rbac_status::{RbacStatus, Request, write_response};

use crate::service::{Asked, ScrService};
use crate::trail::Trail;
use crate::verdict::{Answer, Content, Verdict};

/// From the request to the verdict. The payload says nothing: the user is in the envelope.
pub(crate) fn run(service: &ScrService, trail: &mut Trail, asked: &Asked) -> Verdict {
    let rights = rights(service, trail, asked);
    rights.map_or_else(Verdict::from, |rights| {
        Answer::from(Content::Rights(rights)).into()
    })
}

fn rights(service: &ScrService, trail: &mut Trail, asked: &Asked) -> Result<RbacStatus, Answer> {
    let rights = service.professional(trail, asked)?.rights;
    trail.note(format!(
        "with permission {}, in an emergency {}",
        rights.view, rights.emergency
    ));
    Ok(RbacStatus {
        with_ptv: rights.view,
        in_emergency: rights.emergency,
    })
}
