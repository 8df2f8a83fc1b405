//! `POST /Bundle`: a GP Summary is uploaded.
//!
//! The bundle is read and converted before the Spine is asked anything, so that whoever sent it
//! learns of every rule it breaks. Then the patient's consent is asked, and the document sent; the
//! Spine takes its time over it, and the client waits for no longer than the deadline. What is not
//! known then is found out by sending the same request again.

use conversion::{Converted, NewDocument, Profile};
use domain::consent::ConsentSetting;
use domain::{DocumentId, NhsNumber};
use fhir::{Bundle, Finding, Resource, Severity};
use hl7v3::Interaction;
use hl7v3::issue::ReadIssue;
use hl7v3::wrapper::Author;
use mhs::UploadOutcome;

use crate::found::events;
use crate::outcome::{Issue, Refusal, coding};
use crate::service::{Answer, Asked};
use crate::spine::{self, Call};

/// The most findings that are told at a time.
const MOST_FINDINGS: usize = 100;

/// Answers the request.
pub(crate) async fn answer(asked: &mut Asked<'_>) -> Result<Answer, Refusal> {
    let author = asked.caller.author()?;
    let bundle = match asked.resource("Bundle")? {
        Resource::Bundle(bundle) => bundle,
        other => return Err(asked.wrong_type("Bundle", &other)),
    };
    let converted = convert(asked, &bundle)?;
    asked.trail.patient = Some(converted.patient);
    asked.trail.document = converted.summary.document_id();
    if let Some(first) = asked.claim().await? {
        return Ok(first);
    }
    let within = asked.config().upload_within;
    let delivered = tokio::time::timeout(within, deliver(asked, &author, &converted)).await;
    delivered.unwrap_or_else(|_| {
        Err(spine::timed_out(
            "Request processing timed out. Spine POST + polling GET has timed out",
        ))
    })
}

fn convert(asked: &Asked<'_>, bundle: &Bundle) -> Result<Converted, Refusal> {
    let env = asked.env();
    let new = NewDocument {
        now: env.now(),
        patient: None,
    };
    let converted = conversion::from_fhir(bundle, &new, asked.profile, &mut || env.uuid());
    converted.map_err(|findings| broken(findings, asked.profile))
}

/// The rules that a bundle breaks; the adaptor tells the first of them.
fn broken(findings: Vec<Finding>, profile: Profile) -> Refusal {
    let most = match profile {
        Profile::Full => MOST_FINDINGS,
        Profile::Compatible => 1,
    };
    let mut issues: Vec<Issue> = findings.into_iter().take(most).map(issue).collect();
    if issues.is_empty() {
        issues.push(Issue::value("The bundle cannot be converted"));
    }
    Refusal {
        issues,
        ..Refusal::rule("the bundle breaks rules of the mapping")
    }
}

fn issue(finding: Finding) -> Issue {
    let mut issue = Issue::value(finding.rule);
    issue.severity = finding.severity.as_str();
    issue.expression = Some(finding.expression).filter(|e| !e.is_empty());
    issue.diagnostics = Some(finding.source.to_owned()).filter(|s| !s.is_empty());
    issue
}

async fn deliver(
    asked: &mut Asked<'_>,
    author: &Author,
    converted: &Converted,
) -> Result<Answer, Refusal> {
    check_consent(asked, converted.patient).await?;
    let summary = converted.summary.write();
    let prepared = asked
        .spine()
        .prepare_upload(Interaction::SummarySm, Some(author), &summary);
    let sent = match prepared {
        Ok(prepared) => {
            asked.trail.related.push(prepared.message().clone());
            let told = spine::told(asked, &author.user, &author.role_profile);
            let prepared = prepared.with_headers(told);
            asked.spine().post(&prepared).await
        }
        Err(error) => Err(error),
    };
    let outcome = sent.map_err(|error| spine::refusal(&error, Call::Send, asked.profile))?;
    judge(asked, outcome, converted).await
}

/// Whether the patient lets a record be stored. The adaptor looks at refusals alone.
async fn check_consent(asked: &mut Asked<'_>, patient: NhsNumber) -> Result<(), Refusal> {
    let list = events(asked, patient).await?;
    let consent = list.and_then(|list| list.consent).unwrap_or_default();
    let refuses = asked.profile == Profile::Full && asked.config().refuse_dissent_to_store;
    if refuses && consent.store == ConsentSetting::No {
        let text = "The patient does not consent to a Summary Care Record being stored";
        let issue = Issue::error("forbidden", text, coding::ACCESS_DENIED);
        return Err(Refusal::new(403, issue, "dissent to store"));
    }
    Ok(())
}

async fn judge(
    asked: &mut Asked<'_>,
    outcome: UploadOutcome,
    converted: &Converted,
) -> Result<Answer, Refusal> {
    let answered = &outcome.answered;
    asked.trail.note(answered.outcome());
    let document = converted.summary.document_id();
    if answered.is_accepted() {
        if let Some(document) = document.filter(|_| asked.profile == Profile::Full) {
            asked.remember_upload(&document);
        }
        return Ok(done(converted, asked.profile));
    }
    match is_duplicate(&answered.issues) && was_done(asked, document.as_ref()).await? {
        true => {
            asked
                .trail
                .note("the document is there already, from this very request");
            Ok(done(converted, asked.profile))
        }
        false => Err(spine::not_accepted(&answered.issues, asked.profile)),
    }
}

fn is_duplicate(issues: &[ReadIssue]) -> bool {
    issues
        .iter()
        .any(|issue| ["30134", "30142"].contains(&issue.code.as_str()))
}

/// Whether the Spine has the document because we brought it: by this request, when it was begun
/// before, or with this very content.
async fn was_done(asked: &Asked<'_>, document: Option<&DocumentId>) -> Result<bool, Refusal> {
    match (asked.profile, document) {
        (Profile::Compatible, _) | (_, None) => Ok(false),
        (Profile::Full, Some(_)) if asked.is_resumed() => Ok(true),
        (Profile::Full, Some(document)) => asked.was_uploaded(document).await,
    }
}

/// 201. In the full profile with what stayed in the narrative alone, if anything did.
fn done(converted: &Converted, profile: Profile) -> Answer {
    if profile == Profile::Compatible || converted.notes.is_empty() {
        return Answer::empty(201, "uploaded");
    }
    let issue = |note: &Finding| fhir::Issue {
        severity: Some(Severity::Information.as_str().to_owned()),
        code: Some("informational".to_owned()),
        details: Some(fhir::CodeableConcept::text(&note.rule)),
        expression: Some(note.expression.clone())
            .filter(|e| !e.is_empty())
            .into_iter()
            .collect(),
        ..fhir::Issue::default()
    };
    let outcome = fhir::OperationOutcome {
        issue: converted
            .notes
            .iter()
            .take(MOST_FINDINGS)
            .map(issue)
            .collect(),
        ..fhir::OperationOutcome::default()
    };
    Answer::resource(201, &Resource::OperationOutcome(outcome), "uploaded")
}
