//! `minispine cpis get`: a client of the CP-IS mini service.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use client::render::cpis as render;
use client::{ClientIdentity, CpisClient, CpisOutcome};
use domain::CheckDigit;
use domain::cpis::{Author, JobTitle, Organisation, Person, PersonName};
use transport::Environment;

use crate::arguments::CpisGet;
use crate::command::asking::{fault_of, refuse, upstream};
use crate::demo::ClientFile;

/// Width of text.
const TEXT_WIDTH: usize = 100;

/// The exit code when there is no record.
const NO_RECORD: u8 = 3;

pub(super) async fn run(get: CpisGet) -> Result<ExitCode> {
    let check = match get.test_number {
        true => CheckDigit::Ignored,
        false => CheckDigit::Required,
    };
    let patient = check.parse(&get.nhs).context("the NHS number")?;
    let mut file = get.endpoint.client_file()?;
    if let Some(url) = &get.endpoint.url {
        file.cpis_url = Some(url.clone());
    }
    let client = client_of(&file, &Environment::system())?;
    let query = client.asked_by(author(&file), patient);
    let outcome = client.query(&query).await?;
    let nothing = render::Finding {
        patient,
        answer: None,
    };
    let (finding, payload, code) = match &outcome {
        CpisOutcome::Found(found) => (found.finding(), Some(&found.payload), ExitCode::SUCCESS),
        CpisOutcome::NoRecord => (nothing, None, ExitCode::from(NO_RECORD)),
        CpisOutcome::Refused(refused) => return refuse(refused),
        CpisOutcome::Fault(fault) => return fault_of(fault),
    };
    let text = if get.json {
        serde_json::to_string_pretty(&render::json(&finding))?
    } else if get.html {
        render::html(&finding)
    } else if let (true, Some(payload)) = (get.xml, payload) {
        String::from_utf8(client::render::xml(payload))?
    } else {
        render::text(&finding, TEXT_WIDTH)
    };
    super::super::print_line(text.trim_end())?;
    Ok(code)
}

/// A client of the CP-IS mini service that a client file names.
pub(crate) fn client_of(file: &ClientFile, env: &Environment) -> Result<CpisClient> {
    let url = match &file.cpis_url {
        Some(url) => url.clone(),
        // A client file of an earlier version has none.
        None => file.url.replace("/smsp/scr", "/smsp/cpis"),
    };
    let upstream = upstream(file, &url)?;
    let identity = ClientIdentity {
        user: Some(file.user_id.clone()),
        role_profile: Some(file.role_profile_id.clone()),
        job_role: file.job_role.clone(),
        ..ClientIdentity::new(url, file.username.clone(), file.ods.clone())
    };
    Ok(CpisClient::new(identity, Arc::new(upstream), env.clone()))
}

/// The user of a client file, as others are shown who asked.
pub(crate) fn author(file: &ClientFile) -> Author {
    let shown = file.shown.as_ref();
    let code = file.job_role.as_ref().map_or("", |role| role.as_str());
    let text = |shown: Option<&String>, otherwise: &str| match shown {
        Some(text) => text.clone(),
        None => otherwise.to_owned(),
    };
    Author::Person(Person {
        role: JobTitle {
            code: code.to_owned(),
            display_name: text(shown.map(|s| &s.job_title), code),
        },
        user: file.user_id.to_string(),
        role_profile: Some(file.role_profile_id.to_string()),
        name: PersonName {
            given: shown.iter().map(|s| s.given.clone()).collect(),
            family: vec![text(shown.map(|s| &s.family), file.user_id.as_str())],
            ..PersonName::default()
        },
        organisation: Organisation {
            code: file.ods.to_string(),
            site: false,
            name: text(shown.map(|s| &s.organisation), file.ods.as_str()),
        },
    })
}
