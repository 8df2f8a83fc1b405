//! getSCRStatus: does the patient have a Summary Care Record, and may it be shared?
//!
//! Existence and consent are told independently of each other (a patient may refuse sharing with
//! or without a record), so the Spine is asked twice: for the list of documents and for the
//! consent. The list alone cannot tell: of a patient who dissents the Spine returns none.

use domain::code::smsp::ResponseCode;
use itk::fault::Fault;
pub(crate) use itk::scr::get_scr_status::{Request, Status, write_response};

use crate::service::{Asked, ScrService};
use crate::trail::Trail;
use crate::upstream::{Sender, SpineFailure, SpineRefusal};
use crate::verdict::{Answer, Content, Verdict};

/// From the request to the verdict.
pub(crate) async fn run(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Verdict {
    trail.patient = Some(request.patient);
    let status = status(service, trail, asked, request).await;
    status.map_or_else(Verdict::from, |status| {
        Answer::from(Content::Status(status)).into()
    })
}

async fn status(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Result<Status, Answer> {
    let professional = service.professional_if_any(trail, asked)?;
    let sender = Sender {
        asid: &asked.client.asid,
        author: professional.as_deref(),
    };
    let exists = exists(service, trail, sender, request).await?;
    let consent = service
        .spine
        .consent(sender, request.patient, &mut trail.spine_messages)
        .await;
    let consent = consent.map_err(|failure| service.spine_failed(trail, failure))?;
    trail.note(format!("exists {exists}, consent {:?}", consent.view));
    Ok(Status {
        exists,
        consent: consent.view,
    })
}

async fn exists(
    service: &ScrService,
    trail: &mut Trail,
    sender: Sender<'_>,
    request: &Request,
) -> Result<bool, Answer> {
    match service
        .spine
        .list(sender, request.patient, &mut trail.spine_messages)
        .await
    {
        Ok(listed) => Ok(listed.current.is_some()),
        // The Spine says "no record" before it looks at consent, so a record that may not be
        // accessed is one that is there.
        Err(SpineFailure::Refused(SpineRefusal::Dissent)) => Ok(true),
        Err(failure) => Err(service.spine_failed(trail, failure)),
    }
}

impl ScrService {
    /// The answer when the Spine did not give what was asked for.
    pub(crate) fn spine_failed(&self, trail: &mut Trail, failure: SpineFailure) -> Answer {
        trail.spine_failed(&failure);
        let code = match failure {
            SpineFailure::Unreachable(_) => ResponseCode::NoSpine,
            SpineFailure::Unusable(_) => ResponseCode::ResponseValidation,
            SpineFailure::Refused(SpineRefusal::Dissent) => ResponseCode::AcsFailed,
            SpineFailure::Refused(SpineRefusal::Role) => ResponseCode::RbacFailed,
            SpineFailure::Refused(SpineRefusal::Relationship) => ResponseCode::PtvFailed,
            SpineFailure::Refused(SpineRefusal::Author) => ResponseCode::AuthorCredentials,
            SpineFailure::Message(_) | SpineFailure::Elsewhere(_)
                if self.provider.config.faults_for_spine_failures =>
            {
                return Fault::server_failure("the Spine did not accept the query").into();
            }
            SpineFailure::Message(_) | SpineFailure::Elsewhere(_) | SpineFailure::Query(_) => {
                ResponseCode::Failure
            }
        };
        code.into()
    }
}
