//! `minispine sds list | show | put | remove | endpoint | lookup | check`: which systems there are,
//! and where their messages go.
//!
//! A service that uses the file takes a change over by itself, so nothing is restarted. What is in
//! the configuration (`[[spine.systems]]`) is changed there and not here.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use domain::Asid;
use sds::{Endpoint, Reliability, System, SystemsFile};
use transport::CertificateMatch;

use crate::arguments::{Sds, SdsEndpoint, SdsEndpointPut, SystemPut, SystemsLocation};
use crate::demo::Folder;

mod lookup;

pub(crate) fn run(sds: Sds) -> Result<ExitCode> {
    match sds {
        Sds::List {
            organisation,
            json,
            file,
        } => list(
            &file,
            |system| organisation.is_none() || system.organisation == organisation,
            json,
        ),
        Sds::Show { name, json, file } => show(&file, &name, json),
        Sds::Put(put) => put_system(*put),
        Sds::Remove { name, file } => remove(&file, &name),
        Sds::Endpoint(SdsEndpoint::Put(put)) => put_endpoint(put),
        Sds::Endpoint(SdsEndpoint::Remove {
            name,
            interaction,
            file,
        }) => remove_endpoint(&file, &name, &interaction),
        Sds::Lookup(lookup) => lookup::run(&lookup),
        Sds::Check { file } => check(&file),
    }
}

fn list(
    location: &SystemsLocation,
    is_meant: impl Fn(&System) -> bool,
    json: bool,
) -> Result<ExitCode> {
    let file = open(location)?;
    let meant = file.systems().filter(|system| is_meant(system));
    if json {
        for system in meant {
            super::print_line(&serde_json::to_string(system)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let heading = [
        "name",
        "organisation",
        "party key",
        "ASIDs",
        "certificate",
        "may send",
        "endpoints",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(meant.map(|system| {
        vec![
            system.name.clone(),
            optional(system.organisation.as_ref()),
            optional(system.party_key.as_ref()),
            joined(&system.asids),
            certificate(system),
            match &system.interactions {
                None => "everything".to_owned(),
                Some(allowed) => format!("interactions: {}", allowed.len()),
            },
            system.endpoints.len().to_string(),
        ]
    }));
    super::print(&super::table(&rows))?;
    Ok(ExitCode::SUCCESS)
}

fn show(location: &SystemsLocation, name: &str, json: bool) -> Result<ExitCode> {
    let file = open(location)?;
    let system = known(&file, name)?;
    if json {
        super::print_line(&serde_json::to_string_pretty(system)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let may = match &system.interactions {
        None => "everything the Spine answers".to_owned(),
        Some(allowed) if allowed.is_empty() => "nothing".to_owned(),
        Some(allowed) => allowed.join("\n                "),
    };
    let mut text = format!(
        "{}\n  Organisation  {}\n  Manufacturer  {}\n  Party key     {}\n  ASIDs         {}\n  \
         Sends for     {}\n  \
         Certificate   {}\n  May send      {may}\n",
        system.name,
        optional(system.organisation.as_ref()),
        optional(system.manufacturer.as_ref()),
        optional(system.party_key.as_ref()),
        joined(&system.asids),
        joined(&system.sends_for),
        certificate(system),
    );
    for endpoint in &system.endpoints {
        text.push_str(&format!(
            "\nEndpoint {}\n  Address       {}\n  Agreement     {}\n  Sent again    {}\n",
            endpoint.interaction,
            endpoint.address,
            endpoint.cpa_id,
            repeats(endpoint.reliability),
        ));
    }
    super::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn put_system(put: SystemPut) -> Result<ExitCode> {
    let mut file = SystemsFile::open_or_new(path(&put.file))?;
    let before = file.system(put.name.trim());
    if before.is_some() && !put.replace {
        bail!(
            "system {:?} is there; give --replace to change what the file says of it",
            put.name
        );
    }
    let is_known = before.is_some();
    let system = System {
        endpoints: before
            .map(|before| before.endpoints.clone())
            .unwrap_or_default(),
        name: put.name.trim().to_owned(),
        organisation: put.organisation,
        manufacturer: put.manufacturer,
        certificate: match (put.certificate.fingerprint, put.certificate.common_name) {
            (Some(hex), _) => CertificateMatch::Fingerprint(hex.to_ascii_lowercase()),
            (None, name) => CertificateMatch::CommonName(name.unwrap_or_default()),
        },
        asids: put.asids,
        sends_for: put.sends_for,
        party_key: put.party_key,
        interactions: (!put.interactions.is_empty()).then_some(put.interactions),
    };
    system.check().map_err(anyhow::Error::msg)?;
    let done = if is_known { "changed" } else { "added" };
    let done = format!("{done} system {:?}", system.name);
    file.put(system)?;
    saved(&file, &done)
}

fn remove(location: &SystemsLocation, name: &str) -> Result<ExitCode> {
    let mut file = open(location)?;
    match file.remove(name)? {
        true => saved(&file, &format!("removed system {name:?}")),
        false => bail!("there is no system {name:?} in {}", file.path().display()),
    }
}

fn put_endpoint(put: SdsEndpointPut) -> Result<ExitCode> {
    let mut file = open(&put.file)?;
    let mut system = known(&file, &put.name)?.clone();
    let endpoint = Endpoint {
        interaction: put.interaction,
        address: put.address,
        cpa_id: put.cpa_id,
        reliability: Reliability {
            retries: put.retries,
            retry_interval: put.retry_interval,
            persist_duration: put.persist_duration,
        },
    };
    let interaction = endpoint.interaction.clone();
    let place = system.endpoints.iter_mut();
    let place = place.into_iter().find(|e| e.interaction == interaction);
    let done = match place {
        Some(_) if !put.replace => bail!(
            "system {:?} has an endpoint for {interaction}; give --replace to change it",
            put.name
        ),
        Some(place) => {
            *place = endpoint;
            "changed"
        }
        None => {
            system.endpoints.push(endpoint);
            "added"
        }
    };
    system.check().map_err(anyhow::Error::msg)?;
    file.put(system)?;
    let done = format!("{done} the endpoint of {:?} for {interaction}", put.name);
    saved(&file, &done)
}

fn remove_endpoint(location: &SystemsLocation, name: &str, interaction: &str) -> Result<ExitCode> {
    let mut file = open(location)?;
    let mut system = known(&file, name)?.clone();
    let before = system.endpoints.len();
    system.endpoints.retain(|e| e.interaction != interaction);
    if system.endpoints.len() == before {
        bail!("system {name:?} has no endpoint for {interaction}");
    }
    file.put(system)?;
    saved(
        &file,
        &format!("removed the endpoint of {name:?} for {interaction}"),
    )
}

fn check(location: &SystemsLocation) -> Result<ExitCode> {
    let file = open(location)?;
    let count = |of: fn(&System) -> usize| file.systems().map(of).sum::<usize>();
    let mut text = format!(
        "{} is valid: systems {}, ASIDs {}, endpoints {}",
        file.path().display(),
        file.systems().count(),
        count(|system| system.asids.len()),
        count(|system| system.endpoints.len()),
    );
    let silent = |s: &&System| s.party_key.is_some() && s.endpoints.is_empty();
    for system in file.systems().filter(silent) {
        text.push_str(&format!(
            "\n  no endpoint: answers to ebXML messages of {:?} have nowhere to go",
            system.name
        ));
    }
    super::print_line(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn saved(file: &SystemsFile, done: &str) -> Result<ExitCode> {
    file.save()?;
    super::print_line(&format!("{done} in {}", file.path().display()))?;
    Ok(ExitCode::SUCCESS)
}

fn open(location: &SystemsLocation) -> Result<SystemsFile> {
    Ok(SystemsFile::open(path(location))?)
}

fn known<'a>(file: &'a SystemsFile, name: &str) -> Result<&'a System> {
    match file.system(name) {
        Some(system) => Ok(system),
        None => bail!("there is no system {name:?} in {}", file.path().display()),
    }
}

fn path(location: &SystemsLocation) -> PathBuf {
    match &location.file {
        Some(file) => file.clone(),
        None => Folder::new(&location.data).systems(),
    }
}

fn certificate(system: &System) -> String {
    match &system.certificate {
        CertificateMatch::CommonName(name) => format!("CN={name}"),
        CertificateMatch::Fingerprint(hex) => {
            let start: String = hex.chars().take(16).collect();
            format!("SHA-256 {start}...")
        }
    }
}

fn joined(asids: &[Asid]) -> String {
    match asids.is_empty() {
        true => "-".to_owned(),
        false => asids.iter().map(Asid::as_str).collect::<Vec<_>>().join(" "),
    }
}

fn repeats(reliability: Reliability) -> String {
    format!(
        "{} times, {} apart, within {}",
        reliability.retries, reliability.retry_interval, reliability.persist_duration
    )
}

fn optional<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}
