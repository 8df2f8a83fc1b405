//! `GET /Bundle`: a GP Summary by its id.
//!
//! The national adaptor asks for the list first and gives the document only if it is the latest;
//! in the full profile any version is given that the Spine gives.

use conversion::{ConversionError, Profile, Retrieved};
use domain::{DocumentId, Hl7Timestamp, NhsNumber};
use fhir::Resource;
use hl7v3::gp_summary::model::{self, GpSummary};
use hl7v3::psis::DissentOverride;
use hl7v3::psis::event::EventQuery;
use mhs::FetchedEvent;
use xml::XmlError;

use crate::found::{empty, events};
use crate::outcome::{Issue, Refusal, coding};
use crate::query::{self, Query, check_values};
use crate::service::{Answer, Asked};
use crate::spine::{self, Call};

pub(crate) const IDENTIFIER: &str = "composition.identifier";
pub(crate) const PATIENT: &str = "composition.subject:Patient.identifier";

/// Answers the request.
pub(crate) async fn answer(asked: &mut Asked<'_>) -> Result<Answer, Refusal> {
    let profile = asked.profile;
    let (identifier, patient) = parameters(&asked.query, profile)?;
    let patient = asked.patient(patient)?;
    let document = match profile {
        Profile::Full => DocumentId::parse(&identifier).map_err(|_| {
            let text = format!("Invalid value - {identifier} in field '{IDENTIFIER}'");
            Refusal::value(text, "the identifier is no UUID").at(format!("http.{IDENTIFIER}"))
        })?,
        Profile::Compatible => match latest(asked, patient).await? {
            // As the adaptor compares them.
            Some(latest) if latest.as_str() == identifier => latest,
            _ => return Ok(empty(asked)),
        },
    };
    asked.trail.document = Some(document.clone());
    let query = EventQuery {
        patient,
        dissent_override: DissentOverride::none(),
        event: document,
    };
    let fetched = asked.spine().event_read(None, &query, model::read).await;
    let fetched = fetched.or_else(|error| match error {
        mhs::SpineError::Refused(refusal) if is_unknown(&refusal, profile) => Ok(None),
        error => Err(spine::refusal(&error, Call::Query, profile)),
    })?;
    match fetched {
        None => Ok(empty(asked)),
        Some(fetched) => convert(asked, fetched),
    }
}

/// Whether the patient simply has no such event (30308): then nothing is found, in the full profile.
fn is_unknown(refusal: &hl7v3::issue::Refusal, profile: Profile) -> bool {
    profile == Profile::Full && refusal.issues.iter().any(|issue| issue.code == "30308")
}

async fn latest(asked: &mut Asked<'_>, patient: NhsNumber) -> Result<Option<DocumentId>, Refusal> {
    let list = events(asked, patient).await?;
    Ok(list
        .and_then(|list| list.events.into_iter().next())
        .map(|event| event.id))
}

fn parameters(query: &Query, profile: Profile) -> Result<(String, query::Patient), Refusal> {
    query.check_names(&[IDENTIFIER, PATIENT], profile)?;
    let identifier = query.required(IDENTIFIER)?;
    let patient = query.required(PATIENT)?;
    let mut issues = Vec::new();
    if identifier.is_empty() && profile == Profile::Full {
        let text = format!("Invalid value -  in field '{IDENTIFIER}'");
        issues.push(Issue::value(text).at(format!("http.{IDENTIFIER}")));
    }
    let patient = query::patient(patient, PATIENT, profile).map_err(|issue| issues.push(*issue));
    check_values(issues, profile)?;
    let patient = patient.map_err(|()| Refusal::rule("Invalid value in field 'patient'"))?;
    Ok((identifier.to_owned(), patient))
}

fn convert(
    asked: &Asked<'_>,
    fetched: FetchedEvent<Result<GpSummary, XmlError>>,
) -> Result<Answer, Refusal> {
    let summary = fetched.document.map_err(|error| {
        let why = error.to_string();
        tracing::error!(why, "the document of the Spine cannot be read");
        asked.unusable()
    })?;
    let env = asked.env();
    // Should the answer not say when and under which id it was made, it is made now.
    let now = Hl7Timestamp::from_instant(env.now());
    let created = match fetched.created.as_str() {
        "" => now.as_str(),
        created => created,
    };
    let query_id = match fetched.answer_id.as_str() {
        "" => env.uuid(),
        id => id.to_owned(),
    };
    let retrieved = Retrieved {
        document: &summary,
        event_id: fetched.listed.id.as_str(),
        query_id: &query_id,
        created,
        base_url: asked.base_url(),
    };
    let bundle = conversion::to_fhir(&retrieved, asked.profile, &mut || env.uuid());
    let bundle = bundle.map_err(|error| inconvertible(asked, &error))?;
    Ok(Answer::resource(200, &Resource::Bundle(bundle), "found").disclosing())
}

/// The document cannot be converted. To the adaptor that is sometimes the caller's fault, and it
/// says what it looked for; in the full profile it is the Spine's, and nothing of it is told.
fn inconvertible(asked: &Asked<'_>, error: &ConversionError) -> Refusal {
    // A status or a time may be anything, so only the kind of error is logged.
    let kind = match error {
        ConversionError::Missing(path) => path,
        ConversionError::Status(_) => "a status",
        ConversionError::Date(_) => "a time",
        _ => "the presentation text",
    };
    tracing::error!(kind, "the document of the Spine cannot be converted");
    match asked.profile {
        Profile::Full => asked.unusable(),
        Profile::Compatible if error.is_refusal() => {
            Refusal::value(error.to_string(), "the document cannot be converted")
        }
        Profile::Compatible => {
            let issue = Issue::error("exception", error.to_string(), coding::UNKNOWN);
            Refusal::new(500, issue, "the document cannot be converted")
        }
    }
}
