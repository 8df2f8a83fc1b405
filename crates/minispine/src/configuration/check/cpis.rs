//! What can be wrong with the tables of CP-IS.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use spine::mail::MailboxId;

use super::{check_certificate, check_url};
use crate::configuration::cpis::{CpisReliable, Mail, SmspCpis, SpineCpis, Way, Workflows};

pub(super) fn spine(cpis: &SpineCpis) -> Result<()> {
    let within =
        |key: &str, value: u64, least: u64, most: u64| match (least..=most).contains(&value) {
            true => Ok(()),
            false => bail!("spine.cpis.{key} must be from {least} to {most}"),
        };
    within("most_notices", cpis.most_notices as u64, 1, 100_000)?;
    within("upload_batch", cpis.upload_batch as u64, 1, 10_000)?;
    within("notice_seconds", cpis.notice_seconds, 1, 86_400)
}

pub(super) fn mail(mail: &Mail) -> Result<()> {
    let own = MailboxId::parse(&mail.own).context("spine.mail.own")?;
    let mut owners = std::collections::BTreeMap::new();
    for (at, mailbox) in mail.mailboxes.iter().enumerate() {
        let key = format!("spine.mail.mailboxes[{at}] ({})", mailbox.id);
        let id = MailboxId::parse(&mailbox.id).with_context(|| format!("{key}.id"))?;
        if id == own {
            bail!("{key}: this is the mailbox of CP-IS itself (spine.mail.own)");
        }
        let owner = owners.entry(id).or_insert(&mailbox.organisation);
        if **owner != mailbox.organisation {
            bail!("{key}: the mailbox is given to {owner} already");
        }
    }
    for id in mail.folder_mailboxes.iter().flatten() {
        let key = || format!("spine.mail.folder_mailboxes ({id})");
        if MailboxId::parse(id).with_context(key)? == own {
            bail!("{}: this is the mailbox of CP-IS itself", key());
        }
    }
    if mail.folder_seconds == 0 || mail.folder_patience_seconds == 0 {
        bail!("spine.mail: folder_seconds and folder_patience_seconds must not be 0");
    }
    workflows(&mail.workflows)
}

/// Each says what a file is for, so no two may be the same.
fn workflows(ids: &Workflows) -> Result<()> {
    let mut known = BTreeSet::new();
    let named = [
        ("upload", &ids.upload),
        ("acknowledgement", &ids.acknowledgement),
        ("access", &ids.access),
        ("inactive", &ids.inactive),
    ];
    let obsolete = ids.obsolete.iter().map(|id| ("obsolete", id));
    for (key, id) in named.into_iter().chain(obsolete) {
        let key = format!("spine.mail.workflows.{key}");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !(1..=100).contains(&id.len()) || !id.chars().all(plain) {
            bail!("{key} must have 1 to 100 letters, digits, and `_`, `-` or `.`: {id:?}");
        }
        if !known.insert(id) {
            bail!("{key}: {id:?} stands for something else already");
        }
    }
    Ok(())
}

pub(super) fn smsp(cpis: &SmspCpis, request_seconds: u64) -> Result<()> {
    match (&cpis.reliable, cpis.upstream) {
        (Some(reliable), _) => check_reliable(reliable, request_seconds),
        (None, Way::Async) => {
            bail!("smsp.cpis.upstream is \"async\": [smsp.cpis.reliable] is needed")
        }
        (None, Way::Sync) => Ok(()),
    }
}

fn check_reliable(reliable: &CpisReliable, request_seconds: u64) -> Result<()> {
    check_url("smsp.cpis.reliable.url", &reliable.url)?;
    if reliable.cpa_id.is_empty() {
        bail!("smsp.cpis.reliable.cpa_id must not be empty");
    }
    if !(1..request_seconds).contains(&reliable.answer_seconds) {
        bail!(
            "smsp.cpis.reliable.answer_seconds must be at least 1 and less than \
             smsp.limits.request_seconds, so that a late answer has its code"
        );
    }
    check_certificate("smsp.cpis.reliable.answers_from", &reliable.answers_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a table, changed so, and checks it.
    fn checked<T: serde::de::DeserializeOwned>(
        toml: &str,
        check: impl Fn(&T) -> Result<()>,
    ) -> Result<(), String> {
        let table: T = toml::from_str(toml).map_err(|error| error.to_string())?;
        check(&table).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn every_key_is_checked_and_named() {
        for (toml, key) in [
            ("most_notices = 0", "spine.cpis.most_notices"),
            ("upload_batch = 0", "spine.cpis.upload_batch"),
            ("upload_batch = 10001", "spine.cpis.upload_batch"),
            ("notice_seconds = 0", "spine.cpis.notice_seconds"),
            ("test_number = true", "test_number"),
        ] {
            let error = checked(toml, spine).expect_err(toml);
            assert!(error.contains(key), "{error}");
        }
        for (toml, key) in [
            ("own = 'a b'", "spine.mail.own"),
            ("folder_seconds = 0", "folder_seconds"),
            (
                "folder_mailboxes = ['a b']",
                "spine.mail.folder_mailboxes (a b)",
            ),
            (
                "folder_mailboxes = ['CPIS']",
                "spine.mail.folder_mailboxes (CPIS)",
            ),
            (
                "workflows = { access = 'CPIS_UPLOAD' }",
                "spine.mail.workflows.access",
            ),
            ("workflows = { upload = '' }", "spine.mail.workflows.upload"),
            (
                "workflows = { obsolete = ['CPIS_ASN'] }",
                "spine.mail.workflows.obsolete",
            ),
            (
                "mailboxes = [{ id = 'cpis', organisation = 'A1' }]",
                "mailboxes[0] (cpis)",
            ),
            (
                "mailboxes = [{ id = 'a/b', organisation = 'A1' }]",
                "mailboxes[0] (a/b).id",
            ),
            (
                "mailboxes = [{ id = 'M', organisation = 'A1' }, { id = 'm', organisation = 'A2' }]",
                "mailboxes[1] (m)",
            ),
        ] {
            let error = checked(toml, mail).expect_err(toml);
            assert!(error.contains(key), "{error}");
        }
        assert_eq!(checked("", spine), Ok(()));
        assert_eq!(checked("", mail), Ok(()));
    }

    #[test]
    fn asking_by_message_needs_to_know_where() {
        let check = |toml: &str| checked(toml, |cpis| smsp(cpis, 30));
        let reliable = |change: (&str, &str)| {
            let toml = "upstream = 'async'\n[reliable]\nurl = 'https://a'\nfrom_party = 'Y90002-0000002'\n\
                        to_party = 'Y90000-0000001'\ncpa_id = 'S1'\nanswer_seconds = 10\n\
                        answers_from = { common_name = 'a' }\n";
            toml.replace(change.0, change.1)
        };
        assert_eq!(check(""), Ok(()));
        assert_eq!(check(&reliable(("x", "x"))), Ok(()));
        for (toml, key) in [
            ("upstream = 'async'".to_owned(), "[smsp.cpis.reliable]"),
            ("upstream = 'later'".to_owned(), "later"),
            (
                reliable(("https://a", "http://a")),
                "smsp.cpis.reliable.url",
            ),
            (reliable(("'S1'", "''")), "smsp.cpis.reliable.cpa_id"),
            (
                reliable(("= 10", "= 30")),
                "smsp.cpis.reliable.answer_seconds",
            ),
            (
                reliable(("common_name = 'a'", "")),
                "smsp.cpis.reliable.answers_from",
            ),
        ] {
            let error = check(&toml).expect_err(&toml);
            assert!(error.contains(key), "{error}");
        }
    }
}
