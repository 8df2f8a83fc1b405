//! The demo's local authority: who it is, and how the command line acts as its system.

use std::path::PathBuf;

use domain::OdsCode;
use domain::cpis::{Authority, AuthorityContact};
use serde::{Deserialize, Serialize};
use synthetic::cpis::Office;

use super::{Folder, Identities};

/// Numbers of the range that is kept for drama.
const OFFICE_HOURS: &str = "tel:01632960001";
const EMERGENCY: &str = "tel:01632960002";

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

impl AuthorityFile {
    /// The authority as plans name it.
    pub(crate) fn office(&self) -> Office {
        Office {
            authority: Authority {
                code: self.ods.clone(),
                name: self.name.clone(),
            },
            contact: AuthorityContact {
                office: self.office.clone(),
                emergency: self.emergency.clone(),
            },
        }
    }
}

/// The authority file of a folder.
pub(crate) fn authority_file(folder: &Folder, who: &Identities, base: u16) -> AuthorityFile {
    let tls = folder.tls("authority");
    let office = office(who);
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

/// The demo's authority as plans name it.
pub(crate) fn office(who: &Identities) -> Office {
    Office {
        authority: Authority {
            code: who.authority.clone(),
            name: "Example Council".to_owned(),
        },
        contact: AuthorityContact {
            office: Some(OFFICE_HOURS.to_owned()),
            emergency: EMERGENCY.to_owned(),
        },
    }
}
