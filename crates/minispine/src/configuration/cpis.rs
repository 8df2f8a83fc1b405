//! `[spine.cpis]`, `[spine.mail]` and `[smsp.cpis]`: Child Protection - Information Sharing.

use std::path::PathBuf;
use std::time::Duration;

use domain::{Asid, CheckDigit, OdsCode, PartyKey};
use serde::{Deserialize, Serialize};

/// `[spine.cpis]`: the CP-IS of the local Spine.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SpineCpis {
    /// Whether NHS numbers are taken whose check digit is wrong, as published test packs have some.
    pub(crate) test_numbers: bool,
    /// Whether answers list all accesses in one element, as published samples do against their
    /// schema.
    pub(crate) legacy_history: bool,
    /// Whether users who are not in `spine.users_file` are refused.
    pub(crate) require_known_users: bool,
    /// Whether authorities are told of every unscheduled query. Otherwise, of several within a day
    /// by the same author, of the first.
    pub(crate) notices_within_a_day: bool,
    /// The most notices that one answer to ACCESS_TO_SERVICE or INACTIVE_NHS_NUMBERS gives.
    pub(crate) most_notices: usize,
    /// How many records of an upload are decided and stored together.
    pub(crate) upload_batch: usize,
    /// How often new notices are put into mailboxes, seconds.
    pub(crate) notice_seconds: u64,
}

impl Default for SpineCpis {
    fn default() -> Self {
        let config = spine::cpis::CpisConfig::default();
        let upload = spine::cpis::upload::UploadConfig::default();
        Self {
            test_numbers: false,
            legacy_history: config.legacy_history_shape,
            require_known_users: config.require_known_users,
            notices_within_a_day: config.notices_within_a_day,
            most_notices: config.most_notices,
            upload_batch: upload.batch,
            notice_seconds: 60,
        }
    }
}

/// `[spine.mail]`: mailboxes, through which local authorities upload and are told.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Mail {
    /// The mailbox of CP-IS itself.
    pub(crate) own: String,
    /// The folder that has a folder for each mailbox, by the MESH client's convention; none when
    /// absent.
    pub(crate) folder: Option<PathBuf>,
    /// The mailboxes that have a folder there; all when absent. What is delivered to a folder is not
    /// to be had over HTTP any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) folder_mailboxes: Option<Vec<String>>,
    /// How often the folders are looked at, seconds.
    pub(crate) folder_seconds: u64,
    /// How long half a pair of files may stay in `out` before it is moved to `failed`, seconds.
    pub(crate) folder_patience_seconds: u64,
    /// `[spine.mail.workflows]`: the workflow ids.
    pub(crate) workflows: Workflows,
    /// `[[spine.mail.mailboxes]]`: who has which, where it is not the one of their ODS code.
    pub(crate) mailboxes: Vec<Mailbox>,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            own: "CPIS".to_owned(),
            folder: None,
            folder_mailboxes: None,
            folder_seconds: 5,
            folder_patience_seconds: 3600,
            workflows: Workflows::default(),
            mailboxes: Vec::new(),
        }
    }
}

/// `[spine.mail.workflows]`. The national ids are not published; the defaults are our own.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Workflows {
    /// An upload.
    pub(crate) upload: String,
    /// Its acknowledgement.
    pub(crate) acknowledgement: String,
    /// Access to Service Notifications.
    pub(crate) access: String,
    /// Inactive NHS Number Notifications.
    pub(crate) inactive: String,
    /// Ids of clients that are too old: answered with CPF06.
    pub(crate) obsolete: Vec<String>,
}

impl Default for Workflows {
    fn default() -> Self {
        let of = spine::mail::Workflows::default();
        Self {
            upload: of.upload,
            acknowledgement: of.acknowledgement,
            access: of.access,
            inactive: of.inactive,
            obsolete: of.obsolete,
        }
    }
}

/// `[[spine.mail.mailboxes]]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mailbox {
    /// Its id.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) organisation: OdsCode,
    /// The name of the system that opens it; every system of the organisation when absent.
    pub(crate) system: Option<String>,
}

/// `[smsp.cpis]`: the CP-IS mini service at `/smsp/cpis`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SmspCpis {
    /// Whether NHS numbers are taken whose check digit is wrong.
    pub(crate) test_numbers: bool,
    /// The ASID of CP-IS; the Spine's own (`smsp.spine.asid`) when absent.
    pub(crate) asid: Option<Asid>,
    /// Whether the author of a query may be somebody else than the audit identity says.
    pub(crate) any_author: bool,
    /// Whether the author may be of another organisation than the client.
    pub(crate) any_organisation: bool,
    /// Whether users must be in the user directory.
    pub(crate) require_known_users: bool,
    /// Whether a number that is nobody's, by the people in the store, is answered with SMSP-0003.
    pub(crate) trace: bool,
    /// Whether answers that name another query are taken. They are unless this is false: the
    /// published answer of the Spine has a fixed id.
    pub(crate) any_query_id: bool,
    /// Whether the numbers of the official test tool, 1111111111 to 8888888888, are answered as it
    /// has them answered, and the Spine is not asked.
    pub(crate) scenarios: bool,
    /// How the Spine is asked: `sync` (SOAP, the default) or `async` (reliable ebXML).
    pub(crate) upstream: Way,
    /// `[smsp.cpis.reliable]`: the reliable service, for `upstream = "async"`.
    pub(crate) reliable: Option<CpisReliable>,
}

impl Default for SmspCpis {
    fn default() -> Self {
        Self {
            test_numbers: false,
            asid: None,
            any_author: false,
            any_organisation: false,
            require_known_users: false,
            trace: false,
            any_query_id: true,
            scenarios: false,
            upstream: Way::default(),
            reliable: None,
        }
    }
}

/// `upstream`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    #[default]
    Sync,
    Async,
}

/// `[smsp.cpis.reliable]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CpisReliable {
    /// `https://host:port/reliablemessaging/reliablerequest`
    pub(crate) url: String,
    /// Our party key.
    pub(crate) from_party: PartyKey,
    /// The Spine's party key.
    pub(crate) to_party: PartyKey,
    /// The agreement (CPA id) for QUPC_IN000006GB01, from the directory.
    pub(crate) cpa_id: String,
    /// The certificate with which the Spine brings answers, to `/inbound` of our address.
    pub(crate) answers_from: super::Certificate,
    /// How long an answer is waited for, seconds.
    #[serde(default = "ten")]
    pub(crate) answer_seconds: u64,
}

fn ten() -> u64 {
    10
}

/// Whether a check digit counts.
pub(crate) fn check_digit(test_numbers: bool) -> CheckDigit {
    match test_numbers {
        true => CheckDigit::Ignored,
        false => CheckDigit::Required,
    }
}

impl SpineCpis {
    /// For the services.
    pub(crate) fn config(&self) -> spine::cpis::CpisConfig {
        spine::cpis::CpisConfig {
            check_digit: check_digit(self.test_numbers),
            legacy_history_shape: self.legacy_history,
            require_known_users: self.require_known_users,
            notices_within_a_day: self.notices_within_a_day,
            most_notices: self.most_notices,
            ..spine::cpis::CpisConfig::default()
        }
    }

    /// For the worker of uploads.
    pub(crate) fn uploads(&self) -> spine::cpis::upload::UploadConfig {
        spine::cpis::upload::UploadConfig {
            check_digit: check_digit(self.test_numbers),
            batch: self.upload_batch,
            ..spine::cpis::upload::UploadConfig::default()
        }
    }

    /// For the worker of notices.
    pub(crate) fn notices(&self) -> spine::cpis::notices::NoticeConfig {
        spine::cpis::notices::NoticeConfig {
            poll: Duration::from_secs(self.notice_seconds),
            ..spine::cpis::notices::NoticeConfig::default()
        }
    }
}

impl Workflows {
    /// For the mailboxes.
    pub(crate) fn workflows(&self) -> spine::mail::Workflows {
        spine::mail::Workflows {
            upload: self.upload.clone(),
            acknowledgement: self.acknowledgement.clone(),
            access: self.access.clone(),
            inactive: self.inactive.clone(),
            obsolete: self.obsolete.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_query_id_is_taken_unless_told_otherwise() {
        for (text, any_query_id, scenarios) in [
            ("", true, false),
            ("any_query_id = false", false, false),
            ("scenarios = true", true, true),
        ] {
            let read: SmspCpis = toml::from_str(text).expect("valid");
            assert_eq!(
                (read.any_query_id, read.scenarios),
                (any_query_id, scenarios)
            );
        }
        // The library and the file say the same where neither is told.
        assert!(!smsp::config::CpisConfig::default().same_query_id);
    }
}
