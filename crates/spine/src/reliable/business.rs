//! What a reliable message does, by its interaction.

use domain::audit::AuditEvent;
use hl7v3::acs::SetAccepted;
use hl7v3::relationship::{self, Created};
use hl7v3::soap::AnswerForm;
use hl7v3::{AnswerParts, Interaction, ReplyTo, SoapFault, SpineRequest};
use store::Commit;

use super::alert;
use super::cpis;
use super::incoming::{Content, Incoming};
use super::refusal::{Refusal, new_id};
use crate::answer::Answer;
use crate::cpis::Cpis;
use crate::permissions::SetRequest;
use crate::uploads::{self, Attempt, Desk, Taken};

/// What is sent reliably to this Spine.
pub(super) const TAKES: &[Interaction] = &[
    Interaction::InitialSummary,
    Interaction::Summary,
    Interaction::WithdrawInitialSummary,
    Interaction::WithdrawSummary,
    Interaction::SetPermissions,
    Interaction::CreateRelationship,
    Interaction::Alert,
    Interaction::CpisQuery,
];

/// Decides a message. One that breaks a rule of its interaction *was delivered*, so that is no
/// error here: its answer says what is wrong with it.
pub(super) async fn take(
    (desk, cpis): (Desk<'_>, &Cpis),
    incoming: &Incoming<'_>,
    content: &Content<'_, '_>,
    attempt: Attempt<'_>,
    event: &mut AuditEvent,
) -> Result<Taken, Refusal> {
    let request = match content {
        Content::Sound(request) => request,
        Content::Broken(invalid, reply_to) => {
            let issues = cpis.issues(reply_to.interaction, invalid);
            let refused = uploads::refused(desk, reply_to, issues, invalid.to_string());
            return Ok(match reply_to.interaction.is_cpis() {
                true => refused.once(),
                false => refused,
            });
        }
    };
    let storage = |error| Refusal::storage(&error);
    match request.interaction {
        Interaction::Alert => alert::take(desk, incoming, request, attempt.overtaken, event).await,
        Interaction::CpisQuery => cpis::take(cpis, desk, incoming, request, event).await,
        Interaction::SetPermissions => set_permissions(desk, request).await,
        Interaction::CreateRelationship => create_relationship(desk, request),
        _ => uploads::take(desk, request, attempt).await.map_err(storage),
    }
}

/// SET_RESOURCE_PERMISSIONS_INUK01, by the rules of the synchronous service.
async fn set_permissions(desk: Desk<'_>, request: &SpineRequest<'_, '_>) -> Result<Taken, Refusal> {
    let reply_to = request.reply_to();
    let set = match SetRequest::read(request) {
        Ok(set) => set,
        Err(invalid) => return Ok(uploads::invalid(desk, &reply_to, &invalid)),
    };
    let patient = Some(set.patient());
    let now = desk.env.now();
    let answer = set.answer(desk.store, now).await;
    let answer = answer.map_err(|error| Refusal::storage(&error))?;
    let taken = match answer {
        Answer::Accepted(change) => {
            let mut taken = Taken::accepted(desk, &reply_to, Commit::default());
            let in_soap = soap_form(desk, &reply_to, &taken);
            taken.commit = change.commit(&in_soap, now);
            taken.decision = Some(change.decision());
            taken
        }
        Answer::Repeated(_) => Taken {
            decision: Some("a repetition: accepted again, and nothing done twice".to_owned()),
            ..Taken::accepted(desk, &reply_to, Commit::default())
        },
        Answer::Refused(issues) => {
            uploads::refused(desk, &reply_to, issues, "the message id was used before")
        }
        other => {
            tracing::error!(outcome = other.outcome(), "no answer to a new consent");
            return Err(SoapFault::processing("System failure to process message").into());
        }
    };
    Ok(Taken { patient, ..taken })
}

/// The answer as it would be on the synchronous service: that is how a repetition there gets it.
fn soap_form(desk: Desk<'_>, reply_to: &ReplyTo, taken: &Taken) -> Vec<u8> {
    let reply_to = ReplyTo {
        form: AnswerForm::Soap,
        ..reply_to.clone()
    };
    SetAccepted.write(&AnswerParts {
        id: taken.answer_id.as_str(),
        now: desk.env.now(),
        service_url: &desk.own.url,
        asid: &desk.own.asid,
        reply_to: &reply_to,
    })
}

/// REPC_IN010000UK15: the relationship gets an id of ours, which the answer tells.
fn create_relationship(desk: Desk<'_>, request: &SpineRequest<'_, '_>) -> Result<Taken, Refusal> {
    let reply_to = request.reply_to();
    let id = new_id(desk.env)?;
    let created = match relationship::read_create(request, id.clone(), desk.env.now()) {
        Ok(created) => created,
        Err(invalid) => return Ok(uploads::invalid(desk, &reply_to, &invalid)),
    };
    let interaction = Interaction::RelationshipCreated;
    let write = |parts: &AnswerParts<'_>| Created { id: &id }.write(parts);
    Ok(Taken {
        decision: Some(format!(
            "legitimate relationship {id}, type {}",
            created.kind
        )),
        patient: Some(created.patient),
        commit: Commit {
            legitimate: vec![created],
            ..Commit::default()
        },
        ..Taken::answered(desk, &reply_to, interaction, "AA", write)
    })
}
