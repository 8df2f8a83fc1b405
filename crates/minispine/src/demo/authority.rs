//! The demo's local authorities: who they are, and how the command line acts as a system of one.

use std::path::PathBuf;

use domain::OdsCode;
use domain::cpis::{Authority, AuthorityContact};
use serde::{Deserialize, Serialize};
use synthetic::cpis::Office;

use super::{Folder, Identities};

/// Telephones, in office hours and for emergencies: of the range that is kept for drama.
const COUNCIL: [&str; 2] = ["tel:01632960001", "tel:01632960002"];
const BOROUGH: [&str; 2] = ["tel:01632960003", "tel:01632960004"];

/// The authority file: how the command line reaches the mailboxes, and as whom.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorityFile {
    /// `https://host:port/messageexchange`
    pub(crate) url: String,
    /// The authority's mailbox.
    pub(crate) mailbox: String,
    /// The mailbox of CP-IS.
    pub(crate) cpis_mailbox: String,
    /// Authorities the Spine's certificate is checked against.
    pub(crate) ca: PathBuf,
    /// The certificate of the authority's system.
    pub(crate) cert: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
    /// The authority.
    pub(crate) ods: OdsCode,
    /// What it is called.
    pub(crate) name: String,
    /// Its telephone in office hours.
    pub(crate) office: Option<String>,
    /// The telephone of its emergency duty team.
    pub(crate) emergency: String,
    /// The workflow ids.
    #[serde(default)]
    pub(crate) workflows: crate::configuration::Workflows,
}

/// The authority file of a folder.
pub(crate) fn authority_file(folder: &Folder, who: &Identities, base: u16) -> AuthorityFile {
    let tls = folder.tls("authority");
    let [office, _] = offices(who);
    AuthorityFile {
        url: super::mail_url(base),
        mailbox: who.authority.to_string(),
        cpis_mailbox: crate::configuration::Mail::default().own,
        ca: tls.authorities,
        cert: tls.certificate,
        key: tls.key,
        ods: office.authority.code,
        name: office.authority.name,
        office: office.contact.office,
        emergency: office.contact.emergency,
        workflows: crate::configuration::Workflows::default(),
    }
}

/// The demo's authorities as plans name them: the one with a mailbox over HTTP, and the one with a
/// folder.
pub(crate) fn offices(who: &Identities) -> [Office; 2] {
    let office = |code: &OdsCode, name: &str, telephones: [&str; 2]| Office {
        authority: Authority {
            code: code.clone(),
            name: name.to_owned(),
        },
        contact: AuthorityContact {
            office: Some(telephones[0].to_owned()),
            emergency: telephones[1].to_owned(),
        },
    };
    [
        office(&who.authority, "Example Council", COUNCIL),
        office(&who.borough, "Sample Borough Council", BOROUGH),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_authority_file_is_one() {
        let page = include_str!("../../../../docs/user/cpis.md");
        let blocks = page.split("```toml").skip(1);
        let mut blocks = blocks.filter_map(|rest| rest.split("```").next());
        let block = blocks.find(|block| block.contains("cpis_mailbox"));
        let file: AuthorityFile = toml::from_str(block.expect("a block")).expect("valid");
        assert_eq!(file.mailbox, file.ods.as_str());
        assert_eq!(file.workflows.upload, "CPIS_UPLOAD");
    }
}
