//! `minispine scr upload | history | withdraw`: a GP system, on the command line. It speaks HL7 V3
//! to the Spine itself.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use domain::record::{DocumentBytes, SummaryKind};
use domain::{DocumentId, Hl7Timestamp, NhsNumber};
use hl7v3::Interaction;
use hl7v3::gp_summary::{self, model};
use hl7v3::psis::{DissentOverride, DocumentList, DocumentListQuery, ListFilter, ListedDocument};
use hl7v3::withdrawal::Withdrawal;
use hl7v3::wrapper::Author;
use mhs::{AtFault, Identity, SpineClient, SpineError, UploadOutcome};
use transport::{Environment, files};

use super::asking::{client_file, upstream};
use crate::arguments::{ScrUpload, SpineEndpoint, WithdrawalReason};

/// Made-up patients among whom one is looked for by number.
const LOOKED_THROUGH: u32 = 5_000;

/// A client of the Spine and the person behind it.
struct Asking {
    spine: SpineClient,
    author: Author,
    env: Environment,
}

impl Asking {
    fn of(endpoint: &SpineEndpoint, env: &Environment) -> Result<Self> {
        let file = client_file(&endpoint.data, endpoint.client.as_deref())?;
        let spine = file.spine.as_ref().context(
            "the client file has no [spine]: it says how the Spine is reached, with url, asid, \
             party_key, own_asid, own_party_key and cpa_id",
        )?;
        let identity = Identity {
            asid: spine.own_asid.clone(),
            spine_asid: spine.asid.clone(),
            party_key: spine.own_party_key.clone(),
            spine_party_key: spine.party_key.clone(),
            cpa_id: spine.cpa_id.clone(),
        };
        let upstream = Arc::new(upstream(&file, &spine.url)?);
        Ok(Self {
            spine: SpineClient::new(identity, upstream, env.clone()),
            author: Author {
                user: file.user_id,
                role_profile: file.role_profile_id,
                job_role: file
                    .job_role
                    .context("the client file has no job_role, which the Spine asks for")?,
            },
            env: env.clone(),
        })
    }

    /// What the Spine holds of a patient, of whatever age.
    async fn documents(&self, patient: NhsNumber) -> Result<Option<DocumentList>, SpineError> {
        let query = DocumentListQuery {
            patient,
            dissent_override: DissentOverride::none(),
            filter: ListFilter {
                from: Hl7Timestamp::parse("19000101").ok(),
                to: Hl7Timestamp::parse("99991231").ok(),
                ..ListFilter::default()
            },
        };
        self.spine.document_list(Some(&self.author), &query).await
    }
}

/// `scr upload`
pub(crate) async fn upload(upload: ScrUpload, env: &Environment) -> Result<ExitCode> {
    let asking = Asking::of(&upload.endpoint, env)?;
    let mut all_taken = true;
    if let Some(patient) = upload.patient {
        let summary = match made_up(&asking, patient).await? {
            Ok(summary) => summary,
            Err(error) => return refused(&error),
        };
        all_taken = send(&asking, "made up", &summary, upload.json).await?;
    }
    for file in &upload.files {
        let summary = read(file).with_context(|| file.display().to_string())?;
        all_taken &= send(&asking, &file.display().to_string(), &summary, upload.json).await?;
    }
    Ok(match all_taken {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The only GP Summary of a file.
fn read(file: &Path) -> Result<DocumentBytes> {
    let bytes = files::read(file)?;
    let document = xml::Document::parse(&bytes)?;
    match gp_summary::find(&document).as_slice() {
        [only] => Ok(bytes_of(*only)),
        [] => bail!("there is no GPSummary in it"),
        several => bail!("there are {} GP Summaries in it", several.len()),
    }
}

fn bytes_of(summary: xml::Element<'_, '_>) -> DocumentBytes {
    let slice = summary.slice();
    DocumentBytes {
        bytes: slice.bytes.as_bytes().to_vec(),
        inherited: slice
            .inherited
            .iter()
            .map(|(prefix, namespace)| ((*prefix).to_owned(), (*namespace).to_owned()))
            .collect(),
    }
}

/// Sends a summary and says what the Spine made of it; whether it was taken.
async fn send(asking: &Asking, from: &str, summary: &DocumentBytes, json: bool) -> Result<bool> {
    let (header, whole) = header_of(summary)?;
    let interaction = match header.kind {
        SummaryKind::Full => Interaction::SummarySm,
        SummaryKind::Initial => Interaction::InitialSummary,
    };
    let author = Some(&asking.author);
    let sent = asking.spine.upload(interaction, author, &whole).await;
    let outcome = match sent {
        Ok(outcome) => outcome,
        Err(error) => {
            refused(&error)?;
            return Ok(false);
        }
    };
    super::print_line(&match json {
        true => as_json(&outcome, &header.id, Some(from)).to_string(),
        false => match outcome.answered.is_accepted() {
            true => format!(
                "{from}: document {} is the patient's current one",
                header.id
            ),
            false => format!("{from}: refused: {}", in_words(&outcome)),
        },
    })?;
    Ok(outcome.answered.is_accepted())
}

/// What a summary says of itself. Its bytes get the declarations that stood around them, so that
/// they can stand in a message.
fn header_of(summary: &DocumentBytes) -> Result<(domain::record::DocumentHeader, DocumentBytes)> {
    let bytes = client::render::xml(summary);
    let document = xml::Document::parse(&bytes)?;
    let header = gp_summary::header(document.root())?;
    Ok((header, summary.clone()))
}

/// A summary that nobody wrote, of a patient, to replace the current one.
async fn made_up(asking: &Asking, patient: NhsNumber) -> Result<Result<DocumentBytes, SpineError>> {
    let listed = match asking.documents(patient).await {
        Ok(listed) => listed.map(|list| list.documents).unwrap_or_default(),
        Err(error) => return Ok(Err(error)),
    };
    let current = listed
        .iter()
        .find(|document| document.state == Some(domain::record::DocumentState::Normal));
    let population = synthetic::population(1);
    let known = (0..LOOKED_THROUGH)
        .map(|index| population.patient(index))
        .find(|made_up| made_up.nhs_number == patient);
    let person = known.unwrap_or_else(|| population.patient(0));
    let version = match current {
        Some(_) => 1 + u32::try_from(listed.len() % 50)?,
        None => 0,
    };
    let written = person.summary_version(version);
    let document = xml::Document::parse(&written)?;
    let mut summary = model::read(document.root())?;
    summary.id = Some(model::Id::uuid(&asking.env.uuid()));
    summary.target = Some(model::RecordTarget::of(patient));
    summary.replacement = current.map(|current| model::Replacement::of(&current.id));
    Ok(Ok(summary.write()))
}

/// `scr history`
pub(crate) async fn history(
    patient: NhsNumber,
    json: bool,
    endpoint: &SpineEndpoint,
    env: &Environment,
) -> Result<ExitCode> {
    let listed = match Asking::of(endpoint, env)?.documents(patient).await {
        Ok(listed) => listed.map(|list| list.documents).unwrap_or_default(),
        Err(error) => return refused(&error),
    };
    if json {
        let documents: Vec<_> = listed.iter().map(document_as_json).collect();
        let shown = serde_json::json!({ "patient": patient, "documents": documents });
        super::print_line(&shown.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    if listed.is_empty() {
        super::print_line("The Spine holds no GP Summary of this patient.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let heading = [
        "document",
        "state",
        "made",
        "stored",
        "by",
        "replaced or withdrawn by",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(listed.iter().map(row));
    super::print(&super::table(&rows))?;
    Ok(ExitCode::SUCCESS)
}

fn row(document: &ListedDocument) -> Vec<String> {
    let time = |time: &Option<Hl7Timestamp>| {
        time.as_ref()
            .map(|time| super::when::uk(time.first_instant()))
            .unwrap_or_default()
    };
    let by = document
        .replaced_by
        .as_ref()
        .or(document.withdrawn_by.as_ref());
    vec![
        document.id.to_string(),
        state(document).to_owned(),
        time(&document.effective),
        time(&document.stored),
        document.author.name.clone().unwrap_or_default(),
        by.map(ToString::to_string).unwrap_or_default(),
    ]
}

fn state(document: &ListedDocument) -> &'static str {
    document.state.map_or("", |state| state.display_name())
}

fn document_as_json(document: &ListedDocument) -> serde_json::Value {
    serde_json::json!({
        "id": document.id,
        "code": document.kind_code,
        "title": document.title,
        "state": state(document),
        "effective": document.effective,
        "stored": document.stored,
        "size": document.size,
        "author": document.author,
        "replaced_by": document.replaced_by,
        "withdrawn_by": document.withdrawn_by,
    })
}

/// `scr withdraw`
pub(crate) async fn withdraw(
    patient: NhsNumber,
    document: DocumentId,
    reason: WithdrawalReason,
    json: bool,
    endpoint: &SpineEndpoint,
    env: &Environment,
) -> Result<ExitCode> {
    let asking = Asking::of(endpoint, env)?;
    let withdrawal = Withdrawal {
        id: DocumentId::parse(&env.uuid())?,
        effective: Hl7Timestamp::from_instant(env.now()),
        patient,
        user: asking.author.user.clone(),
        role_profile: asking.author.role_profile.clone(),
        reason: reason.code().to_owned(),
        words: None,
        target: Some(document.clone()),
    };
    let interaction = Interaction::WithdrawSummary;
    let prepared = asking
        .spine
        .prepare_withdrawal(interaction, &asking.author, &withdrawal)?;
    let outcome = match asking.spine.post(&prepared).await {
        Ok(outcome) => outcome,
        Err(error) => return refused(&error),
    };
    let is_taken = outcome.answered.is_accepted();
    super::print_line(&match (json, is_taken) {
        (true, _) => as_json(&outcome, &document, None).to_string(),
        (false, true) => format!("document {document} is withdrawn"),
        (false, false) => format!("refused: {}", in_words(&outcome)),
    })?;
    Ok(match is_taken {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn as_json(
    outcome: &UploadOutcome,
    document: &DocumentId,
    from: Option<&str>,
) -> serde_json::Value {
    let issues: Vec<_> = outcome
        .answered
        .issues
        .iter()
        .map(|issue| serde_json::json!({ "code": issue.code, "display": issue.text }))
        .collect();
    serde_json::json!({
        "file": from,
        "document": document,
        "message": outcome.message,
        "accepted": outcome.answered.is_accepted(),
        "outcome": outcome.answered.outcome(),
        "issues": issues,
    })
}

fn in_words(outcome: &UploadOutcome) -> String {
    let issues = outcome.answered.issues.iter();
    let words: Vec<String> = issues
        .map(|issue| format!("{} {}", issue.code, issue.text.trim()))
        .collect();
    words.join("; ")
}

/// Says why there is no answer, and who can mend it.
fn refused(error: &SpineError) -> Result<ExitCode> {
    super::complain(&format!("minispine: {error}"));
    super::complain(&format!(
        "  {}",
        match error.at_fault() {
            AtFault::Caller => "it is the request that has to change, or what is registered of us",
            AtFault::Spine => "the Spine's operator can see the cause",
            AtFault::Network => "the address, the certificates and whether the Spine is up decide",
        }
    ));
    if error.outcome_is_unknown() {
        super::complain(
            "  what was asked may have been done all the same: look with `scr history`",
        );
    }
    Ok(ExitCode::FAILURE)
}
