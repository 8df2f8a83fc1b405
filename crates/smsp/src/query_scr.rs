//! querySCR: the patient's latest GP Summary, for one user, now.
//!
//! The order of the checks is that of the mini service's decision table: credentials, rights,
//! relationship, (the Spine's list), consent, permission, existence, the document. The first that
//! fails names the answer. What the disclosure entails is recorded only when there is one.

use domain::DocumentId;
use domain::access;
use domain::code::smsp::ResponseCode;
use domain::nhs_number::NhsNumber;
pub(crate) use itk::scr::query_scr::{Request, write_response};

use crate::permission::{Term, TermError, term};
use crate::service::{Asked, ScrService};
use crate::trail::Trail;
use crate::upstream::Sender;
use crate::verdict::{Answer, Content, Marks, Verdict};
use crate::viewing::{Claim, Viewing, consent_of};

/// From the request to the verdict.
pub(crate) async fn run(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Verdict {
    trail.patient = Some(request.patient);
    trail.reason = emergency(request).map(str::to_owned);
    disclose(service, trail, asked, request)
        .await
        .unwrap_or_else(Verdict::from)
}

async fn disclose(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Result<Verdict, Answer> {
    let term = check_term(service, asked, request).map_err(|why| {
        trail.note(format!("pTVDuration: {why}"));
        Answer::Code(ResponseCode::InputValidation)
    })?;
    let professional = service.professional(trail, asked)?;
    let viewing = Viewing {
        at: asked.at,
        message: &asked.message,
        client: &asked.client,
        who: &professional,
        patient: request.patient,
        claim: Claim {
            permission: request.create_ptv.then_some(term),
            relationship: request.self_claim,
            emergency: emergency(request),
        },
    };
    let standing = viewing.standing(service.provider.store.as_ref()).await;
    let standing = standing.map_err(|error| service.store_failed(trail, &error))?;
    viewing
        .admit(&standing)
        .map_err(|refusal| refused(trail, refusal))?;

    let sender = Sender {
        asid: &asked.client.asid,
        author: Some(&professional),
    };
    let listed = service
        .spine
        .list(sender, request.patient, &mut trail.spine_messages)
        .await;
    let (listed, consent) =
        consent_of(listed).map_err(|failure| service.spine_failed(trail, failure))?;
    let grant = viewing
        .decide(&standing, consent)
        .map_err(|refusal| refused(trail, refusal))?;
    let Some(current) = listed.current else {
        trail.note("no GP Summary in state Normal");
        return Err(ResponseCode::ScrNotFound.into());
    };

    let answer = document(service, trail, sender, request.patient, &current).await?;
    trail.note(viewing.path(&standing, &grant));
    let effects = viewing.effects(service, &standing, &grant);
    Ok(Verdict {
        answer,
        effects: effects.ok_or(ResponseCode::Failure)?,
        marks: Marks::Message,
    })
}

/// The answer with this document, once it may be shown.
pub(crate) async fn document(
    service: &ScrService,
    trail: &mut Trail,
    sender: Sender<'_>,
    patient: NhsNumber,
    id: &DocumentId,
) -> Result<Answer, Answer> {
    let document = service
        .spine
        .document(sender, patient, id, &mut trail.spine_messages)
        .await;
    let document = document.map_err(|failure| service.spine_failed(trail, failure))?;
    trail.document = Some(id.clone());
    Ok(Content::Record(id.clone(), document).into())
}

/// The term of the permission that would be recorded. All else about the content was checked as
/// the request was read.
fn check_term(service: &ScrService, asked: &Asked, request: &Request) -> Result<Term, TermError> {
    let config = &service.provider.config;
    term(request.ptv_duration.as_ref(), asked.at, config.permission)?.for_now(asked.at, config.skew)
}

/// The reason of an emergency; reading the request made sure that there is one.
fn emergency(request: &Request) -> Option<&str> {
    request
        .emergency_reason
        .as_deref()
        .filter(|_| request.emergency)
}

fn refused(trail: &mut Trail, refusal: access::Refusal) -> Answer {
    trail.note(refusal.to_string());
    ResponseCode::from(refusal).into()
}
