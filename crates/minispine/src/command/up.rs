//! `minispine up`: everything on loopback, from nothing to a record in one command.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Error, Result, anyhow};
use domain::NhsNumber;
use store::Store;
use transport::{Environment, Lock, LockError, Shutdown, files};

use super::cpis;
use crate::arguments::{self, Up};
use crate::assembly::{self, Roles};
use crate::configuration::{Configuration, LogFormat};
use crate::demo::{self, Folder, Identities};

/// Patients listed by `up --json`, at most.
const LISTED: usize = 10_000;

pub(crate) async fn run(up: Up) -> Result<ExitCode> {
    transport::telemetry::check_level(&up.log_level).context("--log-level")?;
    let env = Environment::system();
    let who = Identities::made_up()?;
    let root = std::path::absolute(&up.data)?;
    let folder = Folder::new(&root);
    let _lock = hold(&folder)?;
    demo::make_certificates(&folder, &env)?;
    demo::write_users(&folder, &who)?;
    let issuer = demo::make_issuer(&folder, &env)?;
    demo::write_systems(&folder, &who, up.port_base)?;
    let configuration = configuration(&up, &folder, &who);
    assembly::start_logs(&configuration.log);

    let running = assembly::start(&configuration, Roles::all(&configuration), env.clone())
        .await
        .map_err(not_started)?;
    // Only now, so that a start that fails leaves the files of a running one alone.
    let client_file = demo::client_file(&folder, &who, up.port_base);
    files::write_atomic(folder.configuration(), toml::to_string(&configuration)?)?;
    files::write_atomic(folder.client_file(), toml::to_string(&client_file)?)?;
    let authority_file = demo::authority_file(&folder, &who, up.port_base);
    files::write_atomic(folder.authority_file(), toml::to_string(&authority_file)?)?;
    let store: Arc<dyn Store> = running.store();
    fill(&up, &folder, &who, &store, &env).await?;
    let patients = store.patients(None, LISTED).await?;
    let client = super::asking::client_of(&client_file, &env)?;
    let example = example(&patients);
    if let Some(patient) = example {
        let request = demo::ready_made_request(&client, patient)?;
        files::write_private(folder.request(), &request)?;
    }
    let children = children(&up, &who, &store, &env, &patients).await?;
    if let Some(child) = children.first() {
        let cpis = cpis::get::client_of(&client_file, &env)?;
        let query = cpis.asked_by(cpis::get::author(&client_file), *child);
        let request = cpis.request_bytes(&query, demo::READY_MADE_FOR);
        files::write_private(folder.cpis_request(), &request)?;
    }

    if let Some(missing) = demo::missing_activity(&folder, &who) {
        eprintln!("minispine: {missing}");
    }
    // Signals are watched from here on, before anybody is told that we are up.
    let shutdown = Shutdown::until_signal();
    let serving = tokio::spawn(running.run(shutdown));
    if let Some(patient) = example {
        client
            .status(patient)
            .await
            .context("the chain does not answer")?;
    }
    super::print(&match up.json {
        true => {
            let token = demo::token(&issuer, &who)?;
            as_json(&folder, &who, &up, &token, &patients, &children).to_string() + "\n"
        }
        false => as_text(&folder, &who, &up, &patients, &children),
    })?;
    serving.await.context("the servers ended unexpectedly")??;
    Ok(ExitCode::SUCCESS)
}

/// Makes the folder ours until the process ends, before anything in it is touched: what a second
/// `up` writes there, its own ports above all, would lead everybody away from the first.
fn hold(folder: &Folder) -> Result<Lock> {
    let root = folder.root().display();
    files::create_dir_private(folder.root())
        .with_context(|| format!("cannot make the folder {root}"))?;
    let path = folder.lock();
    Lock::take(&path).map_err(|error| match error {
        LockError::Held(Some(process)) => {
            anyhow!("another `up` is running on the folder {root} (process {process})")
        }
        LockError::Held(None) => anyhow!("another `up` is running on the folder {root}"),
        LockError::Io(error) => {
            Error::new(error).context(format!("cannot hold {}", path.display()))
        }
    })
}

/// Other ports help only against ports that are taken.
fn not_started(error: Error) -> Error {
    let what = match assembly::is_address_trouble(&error) {
        true => "`up` could not start; another set of ports is chosen with --port-base",
        false => "`up` could not start",
    };
    error.context(what)
}

/// Fills a new store, and what a store of an earlier version has none of.
async fn fill(
    up: &Up,
    folder: &Folder,
    who: &Identities,
    store: &Arc<dyn Store>,
    env: &Environment,
) -> Result<()> {
    // The mark outlives an interrupted start, so that the next one files the rest: filing what is
    // there already changes nothing.
    let begun = files::exists(folder.seeding());
    let is_new = begun || store.counts().await?.documents == 0;
    if is_new || !store.knows_people().await? {
        files::write_atomic(folder.seeding(), b"")?;
        if is_new {
            super::seed::fill(store.clone(), env, up.seed, up.patients).await?;
        }
        let offices = demo::offices(who);
        cpis::seed::fill(&**store, env, (up.seed, up.patients), &offices).await?;
        files::remove(folder.seeding())?;
    }
    if up.scenarios {
        super::seed::fill_scenarios(&**store, env, up.seed).await?;
        cpis::seed::fill_published(&**store, env).await?;
    }
    Ok(())
}

/// Those who have a plan that is shown: among the patients, and those who are known for it only.
async fn children(
    up: &Up,
    who: &Identities,
    store: &Arc<dyn Store>,
    env: &Environment,
    patients: &[NhsNumber],
) -> Result<Vec<NhsNumber>> {
    let extra = cpis::seed::extra_numbers(up.seed, env, &demo::offices(who));
    let numbers = patients.iter().copied().chain(extra);
    let made_up = numbers.filter(|number| number.as_str().starts_with("999"));
    cpis::seed::with_plans(&**store, env, made_up).await
}

/// A patient to show things with: one that is made up, because those that are published may be
/// scenarios, which answer otherwise than with their record.
fn example(patients: &[NhsNumber]) -> Option<NhsNumber> {
    let made_up = patients.iter().find(|p| p.as_str().starts_with("999"));
    made_up.or(patients.first()).copied()
}

fn configuration(up: &Up, folder: &Folder, who: &Identities) -> Configuration {
    let format = match up.log_format {
        arguments::LogFormat::Text => LogFormat::Text,
        arguments::LogFormat::Json => LogFormat::Json,
    };
    let log = (format, up.log_level.clone());
    let rehearsals = demo::Rehearsals {
        scenarios: up.scenarios,
        faults: up.faults,
        cpis_async: up.cpis_async,
        seed: up.seed,
        api_tls: up.api_tls,
    };
    demo::configuration(folder, who, up.port_base, rehearsals, log)
}

fn as_json(
    folder: &Folder,
    who: &Identities,
    up: &Up,
    token: &str,
    patients: &[NhsNumber],
    children: &[NhsNumber],
) -> serde_json::Value {
    let base = up.port_base;
    let tls = folder.tls("client");
    let authority = demo::authority_file(folder, who, base);
    serde_json::json!({
        "smsp": {
            "scr": demo::scr_url(base),
            "cpis": demo::cpis_url(base),
            "hl7v3": demo::hl7v3_url(base),
        },
        "mail": {
            "url": authority.url,
            "cpis_mailbox": authority.cpis_mailbox,
            "mailbox": authority.mailbox,
            "cert": authority.cert,
            "key": authority.key,
            "folder": folder.mesh().join(who.borough.as_str()),
        },
        "spine": {
            "sync": demo::spine_url(base) + "/sync-service",
            "reliable": demo::reliable_url(base),
            "express": demo::spine_url(base) + "/reliablemessaging/queryrequest",
            "clinical": demo::spine_url(base) + "/clinical",
            "ods": who.spine_organisation,
            "asid": who.spine_asid,
            "party_key": who.spine_party,
            "cpa_id": demo::SPINE_CPA,
        },
        "scr_api": { "base": demo::scr_api_url(base, up.api_tls), "token": token },
        "sds": { "base": demo::directory_url(base) },
        "admin": { "url": format!("http://127.0.0.1:{}", base + 9) },
        "tls": {
            "ca": tls.authorities,
            "cert": tls.certificate,
            "key": tls.key,
            "username": who.username,
            "asid": who.client_asid,
            "party_key": who.client_party,
        },
        "user": {
            "ods": who.organisation,
            "user_id": who.user,
            "role_profile_id": who.role_profile,
            "job_role": who.job_role,
        },
        "patients": patients,
        "cpis_patients": children,
    })
}

fn as_text(
    folder: &Folder,
    who: &Identities,
    up: &Up,
    patients: &[NhsNumber],
    children: &[NhsNumber],
) -> String {
    let base = up.port_base;
    let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
    let spine = |path: &str| demo::spine_url(base) + path;
    let admin = format!("http://127.0.0.1:{}/health  /ready  /metrics", base + 9);
    let tls = folder.tls("client");
    let rows = vec![
        row(["SCR SMSP", &demo::scr_url(base)]),
        row(["CP-IS SMSP", &demo::cpis_url(base)]),
        row(["SCR SMSP, plain HL7 V3", &demo::hl7v3_url(base)]),
        row(["Spine, synchronous", &spine("/sync-service")]),
        row(["Spine, reliable ebXML", &demo::reliable_url(base)]),
        row(["Spine, post and poll", &spine("/clinical")]),
        row(["Mailboxes", &demo::mail_url(base)]),
        row(["SCR FHIR API", &demo::scr_api_url(base, up.api_tls)]),
        row(["Spine ASID", who.spine_asid.as_str()]),
        row(["Directory (SDS)", &demo::directory_url(base)]),
        row(["Admin", &admin]),
        row(["Client certificate", &tls.certificate.display().to_string()]),
        row(["Client key", &tls.key.display().to_string()]),
        row(["Authorities", &tls.authorities.display().to_string()]),
        row(["WS-Security user name", &who.username]),
        row([
            "Clinician",
            &format!("{} of {}", who.user, who.organisation),
        ]),
        row([
            "Local authorities",
            &format!(
                "{} over HTTP, {} in {}",
                who.authority,
                who.borough,
                folder.mesh().join(who.borough.as_str()).display()
            ),
        ]),
        row(["Systems", &folder.systems().display().to_string()]),
        row(["Users", &folder.users().display().to_string()]),
        row([
            "Configuration",
            &folder.configuration().display().to_string(),
        ]),
        row([
            "Patients",
            &format!("{} made up; nobody here is real", patients.len()),
        ]),
    ];
    let mut text = format!("minispine is up.\n\n{}", super::table(&rows));
    match example(patients) {
        Some(patient) => {
            text.push_str(&format!(
                "\nPaste this for the record of NHS number {patient}:\n\n{}\n\n\
                 Or, as a clinician's system would: minispine scr get {}\n",
                demo::curl(folder, &folder.request(), &demo::scr_url(base)),
                patient.as_str(),
            ));
        }
        None => text.push_str("\nThere are no patients yet: minispine seed --patients 200\n"),
    }
    if let Some(child) = children.first() {
        text.push_str(&format!(
            "\nAnd this for the child protection plan of NHS number {child}:\n\n{}\n\n\
             Or: minispine cpis get {}\n",
            demo::curl(folder, &folder.cpis_request(), &demo::cpis_url(base)),
            child.as_str(),
        ));
    }
    text.push_str("\nCtrl-C stops it.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_no_example() {
        let numbers = |all: &[&str]| -> Vec<NhsNumber> {
            let parsed = all.iter().map(|text| NhsNumber::parse(text));
            parsed.collect::<Result<_, _>>().expect("NHS numbers")
        };
        for (patients, shown) in [
            (
                &["9346424613", "9990000018", "9990000026"][..],
                Some("9990000018"),
            ),
            (&["9346424613"], Some("9346424613")),
            (&[], None),
        ] {
            let found = example(&numbers(patients));
            assert_eq!(found.as_ref().map(NhsNumber::as_str), shown);
        }
    }
}
