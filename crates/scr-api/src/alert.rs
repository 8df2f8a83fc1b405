//! `POST /AuditEvent`: a privacy alert is raised.
//!
//! It goes to the Spine as it came, once it has been checked. The Spine's alert service takes FHIR.

mod rules;

use domain::NhsNumber;
use fhir::{AuditEvent, AuditSource, FhirError, Identifier, Reference, Resource, system};
use transport::{Method, UpstreamRequest, UpstreamResponse};

use crate::media::FHIR_JSON;
use crate::outcome::{Issue, Refusal, coding};
use crate::service::{Answer, Asked};
use crate::spine::{self, Call};
use conversion::Profile;

/// Answers the request.
pub(crate) async fn answer(asked: &mut Asked<'_>) -> Result<Answer, Refusal> {
    asked.caller.acting()?;
    let mut event = match asked.resource("AuditEvent")? {
        Resource::AuditEvent(event) => event,
        other => return Err(asked.wrong_type("AuditEvent", &other)),
    };
    rules::check(&event)?;
    asked.trail.patient = patient(&event, asked.profile)?;
    name_observer(&mut event, asked);
    if let Some(first) = asked.claim().await? {
        return Ok(first);
    }
    let request = request(asked, &event)?;
    let response = asked.upstream().send(request).await;
    let response = response.map_err(|error| {
        spine::refusal(
            &mhs::SpineError::Unreachable(error),
            Call::Send,
            asked.profile,
        )
    })?;
    judge(&response, asked.profile)
}

/// Whose record the alert is about.
fn patient(event: &AuditEvent, profile: Profile) -> Result<Option<NhsNumber>, Refusal> {
    let number = rules::identified(event, system::NHS_NUMBER);
    let number = number.unwrap_or_default();
    match (NhsNumber::parse(number), profile) {
        (Ok(patient), _) => Ok(Some(patient)),
        (Err(_), Profile::Compatible) => Ok(None),
        (Err(_), Profile::Full) => {
            let text = format!("Invalid value - {number} in field 'agent.who.identifier.value'");
            let place = format!(
                "AuditEvent.agent.who.identifier.where(system = '{}').value",
                system::NHS_NUMBER
            );
            Err(Refusal::value(text, "the NHS number is not valid").at(place))
        }
    }
}

/// The reporting system is the caller's, which we know; what an alert says of it itself is
/// believed by the national adaptor only.
fn name_observer(event: &mut AuditEvent, asked: &Asked<'_>) {
    let source = event.source.get_or_insert_with(AuditSource::default);
    let observer = source.observer.get_or_insert_with(Reference::default);
    if observer.identifier.is_none() || asked.profile == Profile::Full {
        let asid = &asked.caller.client.application.asid;
        observer.identifier = Some(Identifier::new(system::ASID, asid.as_str()).into());
    }
}

fn request(asked: &Asked<'_>, event: &AuditEvent) -> Result<UpstreamRequest, Refusal> {
    let (user, acting) = asked.caller.acting()?;
    let application = &asked.caller.client.application;
    let mut headers = vec![
        ("Content-Type", FHIR_JSON.to_owned()),
        ("nhsd-asid", application.asid.as_str().to_owned()),
    ];
    headers.extend(spine::told(asked, user, &acting.profile));
    Ok(UpstreamRequest {
        method: Method::Post,
        path: asked.alert_path().to_owned(),
        headers,
        body: fhir::json::write(&Resource::AuditEvent(event.clone())).into(),
        // An alert without a unique id of its own would be raised twice.
        safe: false,
    })
}

fn judge(response: &UpstreamResponse, profile: Profile) -> Result<Answer, Refusal> {
    if (200..300).contains(&response.status) {
        return Ok(Answer::empty(201, "raised"));
    }
    let told = display(&response.body).ok().flatten();
    let brief = format!(
        "the Spine answers the alert with status {}",
        response.status
    );
    let neutral = "The Spine does not take the alert".to_owned();
    Err(match (response.status, profile) {
        (403, Profile::Full) => {
            let text = told.unwrap_or(neutral);
            Refusal::new(
                403,
                Issue::error("forbidden", text, coding::ACCESS_DENIED),
                brief,
            )
        }
        (400..500, _) => Refusal::value(told.unwrap_or(neutral), brief),
        (_, Profile::Full) => {
            let issue = Issue::error("exception", neutral, coding::UNKNOWN);
            Refusal::new(502, issue, brief)
        }
        (_, Profile::Compatible) => {
            let text = told.unwrap_or(neutral);
            Refusal::new(
                500,
                Issue::error("exception", text, coding::UNKNOWN).fatal(),
                brief,
            )
        }
    })
}

/// What the Spine's OperationOutcome shows to users.
fn display(body: &[u8]) -> Result<Option<String>, FhirError> {
    let Resource::OperationOutcome(outcome) = fhir::json::read(body)? else {
        return Ok(None);
    };
    let details = outcome
        .issue
        .into_iter()
        .next()
        .and_then(|issue| issue.details);
    let coding = details.and_then(|details| details.coding.into_iter().next());
    Ok(coding.and_then(|coding| coding.display))
}
