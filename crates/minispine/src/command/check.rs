//! `minispine check`: the published scenarios against any SMSP of the SCR and of CP-IS.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use acceptance::{CpisTarget, Patients, Progress, Report, Selection, Target};
use anyhow::{Context, Result, bail};
use domain::cpis::Author;
use itk::signature::Signer;
use transport::{TlsFiles, files};

use crate::arguments::Check;
use crate::demo::ClientFile;
use crate::progress;

/// Columns of a table that is not printed on a terminal, and of one whose width is not known.
const WIDTH: usize = 100;

pub(crate) async fn run(check: Check) -> Result<ExitCode> {
    let mut file = check.endpoint.client_file()?;
    if let Some(url) = &check.target {
        file.url.clone_from(url);
    }
    let selection = Selection {
        only: check.only.clone(),
        without: check.without.clone(),
        read_only: check.read_only,
        extension: check.extension,
    };
    if let Some(name) = selection.unknown().first() {
        bail!("no scenario or group begins with {name:?}");
    }
    let target = target(&check, &file)?;
    let bar = progress::bar(0, "checking");
    let report = acceptance::run(target, selection, |event| match event {
        Progress::Planned(count) => bar.set_length(count as u64),
        Progress::Started { .. } => {}
        Progress::Finished { number, .. } => bar.set_position(number as u64),
    })
    .await;
    bar.finish_and_clear();
    publish(&check, &report)?;
    Ok(match report.passed() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn target(check: &Check, file: &ClientFile) -> Result<Target> {
    let tls = TlsFiles {
        certificate: file.cert.clone(),
        key: file.key.clone(),
        authorities: file.ca.clone(),
        revoked: None,
    };
    let mut target = Target::new(
        file.url.clone(),
        tls,
        file.username.clone(),
        file.ods.clone(),
    );
    target.user = Some(file.user_id.clone());
    target.role_profile = Some(file.role_profile_id.clone());
    target.job_role.clone_from(&file.job_role);
    target.patients = Patients {
        with_record: check.patient,
        without_record: check.without_record,
        dissenting: check.dissenting,
        untouched: check.untouched,
    };
    target.cpis = cpis(check, file);
    if check.sign {
        let certificate = files::read_to_string(&file.cert)?;
        let key = files::read_to_string(&file.key)?;
        let signer = Signer::from_pem(&certificate, &key)
            .context("--sign: the client's certificate and key cannot sign")?;
        target.signer = Some(Arc::new(signer));
    }
    Ok(target)
}

/// The CP-IS mini service, if anybody is named to ask about.
fn cpis(check: &Check, file: &ClientFile) -> Option<CpisTarget> {
    check.child.or(check.without_plan)?;
    let mut cpis = CpisTarget {
        path: check.cpis_path.clone(),
        found: check.child,
        not_found: check.without_plan,
        asid: file.spine.as_ref().map(|spine| spine.own_asid.clone()),
        ..CpisTarget::default()
    };
    if let Author::Person(person) = super::cpis::get::author(file) {
        cpis.role = person.role;
        cpis.organisation = person.organisation.name;
        cpis.name = [person.name.given, person.name.family].concat().join(" ");
    }
    Some(cpis)
}

fn publish(check: &Check, report: &Report) -> Result<()> {
    for (file, text) in [
        (&check.junit, Report::junit as fn(&Report) -> String),
        (&check.html, Report::html),
    ] {
        if let Some(file) = file {
            files::write_atomic(file, text(report).as_bytes())
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
    }
    if check.json {
        return super::print_line(&report.json());
    }
    super::print(&report.table(std::io::stdout().is_terminal(), WIDTH))
}
