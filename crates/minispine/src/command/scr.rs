//! `minispine scr status | get`: a clinician's system, on the command line.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use client::render::{self, Summary};
use client::{ClientIdentity, QueryOptions, QueryOutcome, Refused, ScrClient, StatusOutcome};
use domain::consent::ConsentSetting;
use domain::record::DocumentBytes;
use transport::{Environment, TlsFiles, TlsUpstream, UpstreamSettings, files};

use crate::arguments::{Endpoint, Form, Scr, ScrGet};
use crate::demo::{ClientFile, Folder};

/// Width of text that is not printed on a terminal.
const TEXT_WIDTH: usize = 100;

pub(crate) async fn run(scr: Scr) -> Result<ExitCode> {
    let env = Environment::system();
    match scr {
        Scr::Status {
            nhs,
            json,
            endpoint,
        } => {
            let outcome = client_of(&endpoint.client_file()?, &env)?
                .status(nhs)
                .await?;
            status(outcome, json)
        }
        Scr::Get(get) => {
            let client = client_of(&get.endpoint.client_file()?, &env)?;
            let outcome = client.query(get.nhs, &options(&get)).await?;
            match outcome {
                QueryOutcome::Document { document, .. } => print(&document, &get.form),
                QueryOutcome::Refused(refused) => refuse(&refused),
                QueryOutcome::Fault(fault) => fault_of(&fault),
            }
        }
    }
}

fn options(get: &ScrGet) -> QueryOptions {
    match (&get.reason, get.emergency) {
        (Some(reason), true) => QueryOptions::emergency(reason.clone()),
        _ if get.no_permission => QueryOptions {
            self_claim: true,
            ..QueryOptions::default()
        },
        _ => QueryOptions::with_permission(),
    }
}

fn status(outcome: StatusOutcome, json: bool) -> Result<ExitCode> {
    let status = match outcome {
        StatusOutcome::Status(status) => status,
        StatusOutcome::Refused(refused) => return refuse(&refused),
        StatusOutcome::Fault(fault) => return fault_of(&fault),
    };
    let dissents = status.consent == ConsentSetting::No;
    let consent = if dissents { "No" } else { "Ask" };
    super::print_line(&match json {
        true => serde_json::json!({"exists": status.exists, "consent": consent}).to_string(),
        false => format!(
            "Summary Care Record: {}\nConsent to view:     {}",
            if status.exists { "exists" } else { "none" },
            if dissents {
                "No, the patient dissents"
            } else {
                "Ask the patient"
            },
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn print(document: &DocumentBytes, form: &Form) -> Result<ExitCode> {
    if form.xml {
        super::print_line(&String::from_utf8(render::xml(document))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let summary = Summary::read(document)?;
    super::print_line(&if form.json {
        serde_json::to_string_pretty(&render::json(&summary))?
    } else if form.html {
        render::html(&summary)
    } else {
        render::text(&summary, TEXT_WIDTH)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn refuse(refused: &Refused) -> Result<ExitCode> {
    eprintln!("minispine: {} {}", refused.code, refused.display);
    Ok(ExitCode::FAILURE)
}

fn fault_of(fault: &itk::fault::Fault) -> Result<ExitCode> {
    eprintln!("minispine: the SMSP answered with a SOAP fault: {fault}");
    Ok(ExitCode::FAILURE)
}

impl Endpoint {
    /// The client file, with what the command line gives instead.
    fn client_file(&self) -> Result<ClientFile> {
        let path = self
            .client
            .clone()
            .unwrap_or_else(|| Folder::new(&self.data).client_file());
        let text = files::read_to_string(&path).with_context(|| {
            format!(
                "cannot read the client file {}: is `minispine up` running?",
                path.display()
            )
        })?;
        let mut file: ClientFile =
            toml::from_str(&text).with_context(|| format!("{} is not valid", path.display()))?;
        set(&mut file.url, &self.url);
        set(&mut file.ca, &self.ca);
        set(&mut file.cert, &self.cert);
        set(&mut file.key, &self.key);
        set(&mut file.username, &self.username);
        set(&mut file.ods, &self.ods);
        set(&mut file.user_id, &self.user_id);
        set(&mut file.role_profile_id, &self.role_profile_id);
        Ok(file)
    }
}

fn set<T: Clone>(value: &mut T, given: &Option<T>) {
    if let Some(given) = given {
        value.clone_from(given);
    }
}

/// A client of the SMSP that a client file names.
pub(crate) fn client_of(file: &ClientFile, env: &Environment) -> Result<ScrClient> {
    let tls = TlsFiles {
        certificate: file.cert.clone(),
        key: file.key.clone(),
        authorities: file.ca.clone(),
        revoked: None,
    };
    let settings = UpstreamSettings {
        total_timeout: Duration::from_secs(60),
        ..UpstreamSettings::new(file.url.clone(), tls)
    };
    let upstream = TlsUpstream::new(settings).context("the client's certificate or key")?;
    let identity = ClientIdentity {
        user: Some(file.user_id.clone()),
        role_profile: Some(file.role_profile_id.clone()),
        job_role: Some(file.job_role.clone()),
        ..ClientIdentity::new(file.url.clone(), file.username.clone(), file.ods.clone())
    };
    Ok(ScrClient::new(identity, Arc::new(upstream), env.clone()))
}
