//! The file of systems, in TOML.
//!
//! ```toml
//! [[systems]]
//! name = "Example GP system"
//! organisation = "Y90001"                  # may be left out
//! manufacturer = "Y90009"                  # may be left out
//! party_key = "Y90001-0000003"             # may be left out: then it sends no ebXML
//! asids = ["990000000011"]
//! sends_for = []                           # ASIDs of others it may send as; may be left out
//! certificate = { common_name = "gp.example" }     # or { fingerprint = "64 hex digits" }
//! interactions = ["REPC_IN150016UK05"]     # all when left out
//!
//! [[systems.endpoints]]
//! interaction = "urn:nhs:names:services:psis:MCCI_IN010000UK13"    # or "*"
//! address = "https://gp.example:8443/inbound"
//! cpa_id = "S918999410559"
//! retries = 2                              # what follows may be left out
//! retry_interval = "PT1M"
//! persist_duration = "PT5M"
//! ```
//!
//! What is not known is refused with its line.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::text::{self, Listed};
use crate::{FileError, System};

/// Most systems.
const MOST: usize = 20_000;

/// One system of a file.
pub(super) type Found = text::Found<System>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    systems: Vec<Spanned<System>>,
}

/// The file's systems, in its order, not yet looked at.
pub(super) fn read(path: &Path) -> Result<Vec<Listed<System>>, FileError> {
    let found = parse(path, &text::read(path)?)?;
    Ok(text::listed(path, &found))
}

/// The systems of a text; `path` is for errors only.
pub(super) fn parse(path: &Path, text: &str) -> Result<Vec<Found>, FileError> {
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().unwrap_or_default().start;
        let reason = match key_at(text, at) {
            Some(key) if !error.message().contains(key) => format!("{key}: {}", error.message()),
            _ => error.message().to_owned(),
        };
        FileError::Entry {
            place: text::place(path, text::line_at(text, at)),
            reason,
        }
    })?;
    match file.systems.get(MOST) {
        Some(_) => Err(FileError::unusable(
            path,
            format!("it has more than {MOST} systems"),
        )),
        None => Ok(text::of_tables(text, file.systems)),
    }
}

/// A system as it stands in a file.
pub(super) fn written(system: &System) -> Result<String, String> {
    let value = toml::Value::try_from(system).map_err(|error| error.to_string())?;
    let mut out = "[[systems]]\n".to_owned();
    let keys = [
        "name",
        "organisation",
        "manufacturer",
        "party_key",
        "asids",
        "sends_for",
        "certificate",
        "interactions",
    ];
    write_keys(&mut out, &value, &keys);
    let endpoints = value.get("endpoints").and_then(toml::Value::as_array);
    for endpoint in endpoints.into_iter().flatten() {
        out.push_str("\n[[systems.endpoints]]\n");
        let keys = [
            "interaction",
            "address",
            "cpa_id",
            "retries",
            "retry_interval",
            "persist_duration",
        ];
        write_keys(&mut out, endpoint, &keys);
    }
    Ok(out)
}

fn write_keys(out: &mut String, table: &toml::Value, keys: &[&str]) {
    for key in keys {
        if let Some(value) = table.get(key) {
            out.push_str(&format!("{key} = {value}\n"));
        }
    }
}

/// The key whose value stands on the line of this place, if it begins there.
fn key_at(text: &str, offset: usize) -> Option<&str> {
    let begin = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(begin..)?.lines().next()?;
    let (key, _) = line.split_once('=')?;
    let key = key.trim();
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (!key.is_empty() && key.chars().all(is_bare)).then_some(key)
}
