//! What no two systems may share: else nobody could tell who is calling, or where an answer goes.

use std::collections::HashMap;

use transport::CertificateMatch;

use crate::text::Listed;
use crate::{FileError, System};

/// Checks every system by itself, and that no two have the same name, ASID, party key or
/// certificate.
pub(super) fn check(listed: &[Listed<System>]) -> Result<(), FileError> {
    let mut claims: HashMap<String, &Listed<System>> = HashMap::new();
    for one in listed {
        let wrong = |reason: String| FileError::Entry {
            place: one.place.clone(),
            reason,
        };
        one.entry
            .check()
            .map_err(|why| wrong(format!("system {:?}: {why}", one.entry.name)))?;
        for claim in claimed(&one.entry) {
            if let Some(other) = claims.insert(claim.clone(), one) {
                return Err(wrong(format!(
                    "system {:?} has the {claim}, which system {:?} has already ({})",
                    one.entry.name, other.entry.name, other.place
                )));
            }
        }
    }
    Ok(())
}

fn claimed(system: &System) -> Vec<String> {
    let certificate = match &system.certificate {
        CertificateMatch::CommonName(name) => format!("certificate with common name {name:?}"),
        CertificateMatch::Fingerprint(hex) => {
            format!("certificate with fingerprint {}", hex.to_ascii_lowercase())
        }
    };
    let mut claimed = vec![format!("name {:?}", system.name.trim()), certificate];
    claimed.extend(system.asids.iter().map(|asid| format!("ASID {asid}")));
    claimed.extend(
        system
            .party_key
            .iter()
            .map(|key| format!("party key {key}")),
    );
    claimed
}
