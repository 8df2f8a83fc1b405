//! getSCRConsent (an extension of our own): the patient's consent to share, as the Spine keeps it.
//!
//! getSCRStatus tells No and Ask only, because its vocabulary has no more. This one tells the
//! settings themselves. A patient of whom nothing was ever set is to be asked.

use domain::consent::Consent;
use domain::nhs_number::NhsNumber;
pub(crate) use itk::scr::consent::get::{Request, write_response};

use crate::service::{Asked, ScrService};
use crate::trail::Trail;
use crate::upstream::Sender;
use crate::verdict::{Answer, Content, Verdict};

/// From the request to the verdict.
pub(crate) async fn run(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Verdict {
    trail.patient = Some(request.patient);
    let consent = consent(service, trail, asked, request.patient).await;
    consent.map_or_else(Verdict::from, |consent| {
        Answer::from(Content::Consent(consent)).into()
    })
}

async fn consent(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    patient: NhsNumber,
) -> Result<Consent, Answer> {
    let professional = service.professional_if_any(trail, asked)?;
    let sender = Sender {
        asid: &asked.client.asid,
        author: professional.as_deref(),
    };
    let consent = service
        .spine
        .consent(sender, patient, &mut trail.spine_messages)
        .await;
    let consent = consent.map_err(|failure| service.spine_failed(trail, failure))?;
    trail.note(format!(
        "consent to view {:?}, to store {:?}",
        consent.view, consent.store
    ));
    Ok(consent)
}
