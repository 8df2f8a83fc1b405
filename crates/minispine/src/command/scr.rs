//! `minispine scr status | get`: a clinician's system, on the command line.

use std::process::ExitCode;

use anyhow::Result;
use client::render::{self, Summary};
use client::{QueryOptions, QueryOutcome, StatusOutcome};
use domain::consent::ConsentSetting;
use domain::record::DocumentBytes;
use transport::Environment;

use super::asking::{client_of, fault_of, refuse};
use crate::arguments::{Form, Scr, ScrGet};

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
        Scr::Upload(upload) => super::gp::upload(upload, &env).await,
        Scr::History {
            nhs,
            json,
            endpoint,
        } => super::gp::history(nhs, json, &endpoint, &env).await,
        Scr::Withdraw {
            nhs,
            document,
            reason,
            json,
            endpoint,
        } => super::gp::withdraw(nhs, document, reason, json, &endpoint, &env).await,
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
