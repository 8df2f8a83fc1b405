//! querySCR: the patient's latest GP Summary, for one user, now.
//!
//! The order of the checks is that of the mini service's decision table: credentials, rights,
//! relationship, (the Spine's list), consent, permission, existence, the document. The first that
//! fails names the answer. What the disclosure entails is recorded only when there is one.

use domain::access::{self, AccessFacts, AccessOutcome, Grant, PermissionFact, RelationshipFact};
use domain::code::smsp::ResponseCode;
use domain::consent::ConsentSetting;
use domain::permission::{PermissionSource, PermissionToView, Relationship};
pub(crate) use itk::scr::query_scr::{Request, write_response};
use store::{Commit, Standing};

use crate::alert::{Alert, AlertEvent};
use crate::permission::{Term, TermError, term};
use crate::service::{Asked, ScrService};
use crate::trail::Trail;
use crate::upstream::{Sender, SpineFailure, SpineRefusal};
use crate::users::Professional;
use crate::verdict::{Answer, Verdict};

/// From the request to the verdict.
pub(crate) async fn run(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Verdict {
    trail.patient = Some(request.patient);
    trail.reason = request
        .emergency_reason
        .clone()
        .filter(|_| request.emergency);
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
        trail.note(why.to_string());
        Answer::Code(ResponseCode::InputValidation)
    })?;
    let professional = service.professional(trail, asked)?;
    let standing = service
        .store
        .standing(request.patient, professional.holder.clone())
        .await;
    let standing = standing.map_err(|error| service.store_failed(trail, &error))?;
    let mut facts = facts(asked, request, &professional, &standing);
    if let AccessOutcome::Refused(refusal) = access::decide(&facts) {
        return Err(refused(trail, refusal));
    }

    let sender = Sender {
        asid: &asked.client.asid,
        author: Some(&professional),
    };
    let listed = service
        .spine
        .list(sender, request.patient, &mut trail.spine_messages)
        .await;
    // The Spine itself refuses the list of a patient who dissents, so a list is consent enough.
    facts.consent = Some(match &listed {
        Err(SpineFailure::Refused(SpineRefusal::Dissent)) => ConsentSetting::No,
        _ => ConsentSetting::Ask,
    });
    let listed = match listed {
        Err(failure) if facts.consent != Some(ConsentSetting::No) => {
            return Err(service.spine_failed(trail, failure));
        }
        listed => listed.unwrap_or_default(),
    };
    let grant = match access::decide(&facts) {
        AccessOutcome::Granted(grant) => grant,
        AccessOutcome::Refused(refusal) => return Err(refused(trail, refusal)),
        // Consent is known by now.
        AccessOutcome::NeedsConsent => return Err(ResponseCode::Failure.into()),
    };
    let Some(current) = listed.current else {
        trail.note("no GP Summary in state Normal");
        return Err(ResponseCode::ScrNotFound.into());
    };

    let document = service
        .spine
        .document(sender, request.patient, &current, &mut trail.spine_messages)
        .await;
    let document = document.map_err(|failure| service.spine_failed(trail, failure))?;
    trail.document = Some(current);
    trail.note(path(&facts, &grant));
    // A permission that adds nothing to those on record would only make their list longer.
    let covered = |recorded| term.is_covered_by(recorded);
    let term = Some(term)
        .filter(|_| grant.records_permission && !standing.permissions.iter().any(covered));
    let effects = effects(service, asked, request, &professional, &grant, term)
        .ok_or(ResponseCode::Failure)?;
    Ok(Verdict {
        answer: Answer::Record(document),
        effects,
    })
}

/// The term of the permission that would be recorded. All else about the content was checked as
/// the request was read.
fn check_term(service: &ScrService, asked: &Asked, request: &Request) -> Result<Term, TermError> {
    let ends = request
        .ptv_duration
        .as_ref()
        .map(|d| (d.low.as_ref(), d.high.as_ref()));
    let config = &service.config;
    term(ends, asked.at, config.skew, config.permission)
}

/// The inputs of the decision, consent still unknown.
fn facts(
    asked: &Asked,
    request: &Request,
    professional: &Professional,
    standing: &Standing,
) -> AccessFacts {
    let holds = standing
        .permissions
        .iter()
        .any(|permission| permission.holds_at(asked.at));
    AccessFacts {
        rights: professional.rights,
        relationship: match (&standing.relationship, request.self_claim) {
            (Some(_), _) => RelationshipFact::Recorded,
            (None, true) => RelationshipFact::SelfClaimed,
            (None, false) => RelationshipFact::None,
        },
        // What is given now counts first, because it is to be recorded.
        permission: match (request.create_ptv, holds) {
            (true, _) => PermissionFact::GivenNow,
            (false, true) => PermissionFact::Recorded,
            (false, false) => PermissionFact::None,
        },
        emergency: request.emergency,
        consent: None,
    }
}

fn refused(trail: &mut Trail, refusal: access::Refusal) -> Answer {
    trail.note(refusal.to_string());
    ResponseCode::from(refusal).into()
}

fn path(facts: &AccessFacts, grant: &Grant) -> String {
    let AccessFacts {
        relationship,
        permission,
        ..
    } = facts;
    format!(
        "granted: {:?}, relationship {relationship:?}, permission {permission:?}",
        grant.grounds
    )
}

/// What follows from showing the record; `term` is that of the permission to record, if any.
/// `None` only if an alert could not be written.
fn effects(
    service: &ScrService,
    asked: &Asked,
    request: &Request,
    professional: &Professional,
    grant: &Grant,
    term: Option<Term>,
) -> Option<Commit> {
    let holder = &professional.holder;
    let mut commit = Commit::default();
    if let Some(term) = term {
        commit.permissions.push(PermissionToView {
            patient: request.patient,
            holder: holder.clone(),
            from: term.from,
            until: term.until,
            source: PermissionSource::QueryScr,
            message: asked.message.clone(),
        });
    }
    if grant.records_relationship {
        commit.relationships.push(Relationship {
            patient: request.patient,
            holder: holder.clone(),
            since: asked.at,
            message: asked.message.clone(),
        });
    }
    for event in AlertEvent::raised_by(grant.records_relationship, request.emergency) {
        let alert = alert(event, asked, request, professional);
        commit.outbox.push(alert.entry(service.env.uuid())?);
    }
    Some(commit)
}

fn alert(event: AlertEvent, asked: &Asked, request: &Request, who: &Professional) -> Alert {
    Alert {
        event,
        at: asked.at,
        patient: request.patient,
        user: who.holder.user.clone(),
        user_name: who.name.clone(),
        role_profile: who.holder.role_profile.clone(),
        job_role: who.job_role.clone(),
        organisation: who.holder.organisation.clone(),
        system: asked.client.name.clone(),
        asid: asked.client.asid.clone(),
        reason: request
            .emergency_reason
            .clone()
            .filter(|_| request.emergency),
        message: asked.message.clone(),
    }
}
