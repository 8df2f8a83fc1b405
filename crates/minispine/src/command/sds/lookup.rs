//! `minispine sds lookup`: what an SDS look-up gives.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use sds::lookup::{AccreditedSystem, DeviceQuery, EndpointQuery, Lookup, MessageHandling};
use sds::{Directory, Own};

use super::{optional, path};
use crate::arguments::SdsLookup;
use crate::configuration::Configuration;
use crate::demo::Folder;

pub(super) fn run(asked: &SdsLookup) -> Result<ExitCode> {
    let (own, directory) = known(asked)?;
    let lookup = Lookup::new(own, directory);
    let devices = lookup.devices(&DeviceQuery {
        organisation: asked.organisation.clone(),
        service_interaction: asked.service_interaction.clone(),
        party_key: asked.party_key.clone(),
        manufacturer: None,
    });
    let endpoints = lookup.endpoints(&EndpointQuery {
        organisation: Some(asked.organisation.clone()),
        service_interaction: Some(asked.service_interaction.clone()),
        party_key: asked.party_key.clone(),
    });
    if asked.json {
        let found = serde_json::json!({ "devices": devices, "endpoints": endpoints });
        super::super::print_line(&serde_json::to_string_pretty(&found)?)?;
    } else if !devices.is_empty() || !endpoints.is_empty() {
        let mut text: String = devices.iter().map(device).collect();
        text.extend(endpoints.iter().map(endpoint));
        super::super::print(&text)?;
    }
    if devices.is_empty() && endpoints.is_empty() {
        bail!(
            "the directory has nothing of {} for {}",
            asked.organisation,
            asked.service_interaction
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The Spine, if a configuration has one, and the registered systems.
fn known(asked: &SdsLookup) -> Result<(Option<Own>, Directory)> {
    let of_the_folder = || {
        let file = Folder::new(&asked.file.data).configuration();
        (asked.file.file.is_none() && transport::files::exists(&file)).then_some(file)
    };
    let Some(config) = asked.config.clone().or_else(of_the_folder) else {
        return Ok((None, Directory::open(Vec::new(), Some(path(&asked.file)))?));
    };
    let spine = Configuration::read(&config)?.spine;
    let spine = spine.with_context(|| format!("{} has no [spine]", config.display()))?;
    let own = spine.own()?;
    let file = asked.file.file.clone().or(spine.systems_file);
    let directory = Directory::open(spine.systems, file)?;
    Ok((Some(own), directory))
}

fn device(found: &AccreditedSystem) -> String {
    format!(
        "Accredited system {}\n  Organisation       {}\n  Party key          {}\n  \
         Manufacturer       {}\n\n",
        found.asid,
        found.organisation,
        optional(found.party_key.as_ref()),
        optional(found.manufacturer.as_ref()),
    )
}

fn endpoint(found: &MessageHandling) -> String {
    let contract = &found.contract;
    let text = |value: Option<&str>| value.unwrap_or("-").to_owned();
    format!(
        "Endpoint {}\n  Address            {}\n  Organisation       {}\n  Party key          {}\n  \
         Agreement          {}\n  Sync reply         {}\n  Acknowledgment     {}\n  \
         Duplicates removed {}\n  Retries            {}\n  Retry interval     {}\n  \
         Persist duration   {}\n\n",
        found.service_interaction,
        found.address,
        optional(found.organisation.as_ref()),
        found.party_key,
        found.cpa_id,
        text(contract.sync_reply_mode),
        contract.ack_requested,
        contract.duplicate_elimination,
        optional(contract.retries.as_ref()),
        text(contract.retry_interval.as_deref()),
        text(contract.persist_duration.as_deref()),
    )
}
