//! setSCRConsent (an extension of our own): the patient's consent to share is set in the Spine.
//!
//! What is done here is done elsewhere: once the Spine has been told, no commit of ours can take
//! it back. So the message is claimed first (see [`crate::duplicates`]); only the request that
//! holds the claim speaks to the Spine, and whoever takes the claim up again, after a crash or
//! beside a slow first try, uses the same Spine message, which the Spine takes once.

use std::sync::Arc;

use domain::code::smsp::ResponseCode;
use domain::consent::ConsentSetting;
use hl7v3::acs::{NewSetting, SetPermissions};
pub(crate) use itk::scr::consent::set::{Request, write_response};
use store::Commit;

use crate::remembered::{Begun, Claim};
use crate::service::{Asked, ScrService};
use crate::trail::Trail;
use crate::upstream::Sender;
use crate::users::Professional;
use crate::verdict::{Answer, Content, Marks, Verdict};

/// From the request to the verdict.
pub(crate) async fn run(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Verdict {
    trail.patient = Some(request.patient);
    let professional = match permitted(service, trail, asked) {
        Ok(professional) => professional,
        Err(refused) => return refused.into(),
    };
    let (answer, marks) = match service.claim(trail).await {
        Ok(Claim::Held(begun)) => {
            let set = set(service, trail, asked, request, &professional, &begun).await;
            (set.unwrap_or_else(|failed| failed), Marks::Claimed)
        }
        Ok(Claim::Answered(answer)) => (answer, Marks::Nothing),
        Err(refused) => (refused, Marks::Nothing),
    };
    Verdict {
        answer,
        effects: Commit::default(),
        marks,
    }
}

fn permitted(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
) -> Result<Arc<Professional>, Answer> {
    let professional = service.professional(trail, asked)?;
    match professional.duties.consent {
        true => Ok(professional),
        false => {
            trail.note("the role profile lacks the right to control consent (B0020)");
            Err(ResponseCode::AuthorCredentials.into())
        }
    }
}

async fn set(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
    professional: &Professional,
    begun: &Begun,
) -> Result<Answer, Answer> {
    let sender = Sender {
        asid: &asked.client.asid,
        author: Some(professional),
    };
    let permissions = SetPermissions {
        patient: request.patient,
        setting: match request.setting {
            ConsentSetting::Yes => NewSetting::Yes,
            ConsentSetting::No => NewSetting::No,
            ConsentSetting::Ask => NewSetting::Clear,
        },
    };
    let done = service
        .spine
        .set_consent(sender, &permissions, begun, &mut trail.spine_messages)
        .await;
    done.map_err(|failure| service.spine_failed(trail, failure))?;
    trail.note(format!("consent set to {:?}", request.setting));
    Ok(Content::ConsentSet.into())
}
