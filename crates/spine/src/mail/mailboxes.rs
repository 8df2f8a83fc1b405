//! Who has which mailbox.
//!
//! A registered system opens the mailbox that has the ODS code of its organisation, unless the
//! configuration gives it (or its organisation) others. The mailbox of CP-IS itself is nobody's.

use std::fmt;
use std::sync::Arc;

use domain::OdsCode;
use sds::{Directory, System};

/// The longest id, bytes.
const LONGEST: usize = 40;

/// The id of a mailbox: 1 to 40 letters, digits, hyphens and underscores, in upper case. It may
/// stand in a path as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxId(Box<str>);

/// What is wrong with mailboxes as they are configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailboxError {
    /// Not an id.
    #[error("a mailbox id has 1 to {LONGEST} letters, digits, hyphens and underscores")]
    Id,
    /// Two entries claim one mailbox for different organisations.
    #[error("mailbox {0} is given to two organisations")]
    Twice(MailboxId),
    /// An entry claims the mailbox of CP-IS.
    #[error("mailbox {0} is that of CP-IS itself")]
    Own(MailboxId),
}

impl MailboxId {
    /// Parses an id, in either case.
    pub fn parse(text: &str) -> Result<Self, MailboxError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        match (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain) {
            true => Ok(Self(text.to_ascii_uppercase().into_boxed_str())),
            false => Err(MailboxError::Id),
        }
    }

    /// The id, upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MailboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mailbox that the configuration gives to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Its id.
    pub id: MailboxId,
    /// The organisation that sends and takes files through it.
    pub organisation: OdsCode,
    /// The name of the registered system that opens it; `None` for every system of the
    /// organisation.
    pub system: Option<String>,
}

/// All mailboxes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mailboxes(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    own: MailboxId,
    configured: Vec<Mailbox>,
    directory: Directory,
}

impl Mailboxes {
    /// Those of the configuration, and one for each organisation of the directory. `own` is that
    /// of CP-IS.
    pub fn new(
        own: MailboxId,
        configured: Vec<Mailbox>,
        directory: Directory,
    ) -> Result<Self, MailboxError> {
        for (at, mailbox) in configured.iter().enumerate() {
            if mailbox.id == own {
                return Err(MailboxError::Own(own));
            }
            let mut earlier = configured.iter().take(at);
            if earlier.any(|m| m.id == mailbox.id && m.organisation != mailbox.organisation) {
                return Err(MailboxError::Twice(mailbox.id.clone()));
            }
        }
        Ok(Self(Arc::new(Inner {
            own,
            configured,
            directory,
        })))
    }

    /// The mailbox of CP-IS.
    pub fn own(&self) -> &MailboxId {
        &self.0.own
    }

    /// The systems that may call.
    pub(crate) fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// Whether a system may open a mailbox.
    pub fn may_open(&self, system: &System, id: &MailboxId) -> bool {
        if *id == self.0.own {
            return false;
        }
        let mut configured = self.0.configured.iter();
        if configured.any(|mailbox| mailbox.id == *id) {
            let mut entries = self.0.configured.iter();
            return entries.any(|mailbox| mailbox.id == *id && mailbox.is_of(system));
        }
        let has_others = self.0.configured.iter().any(|m| m.is_of(system));
        let organisation = system.organisation.as_ref().map(OdsCode::as_str);
        !has_others && organisation == Some(id.as_str())
    }

    /// Whether somebody has a mailbox, CP-IS included.
    pub fn has(&self, id: &MailboxId) -> bool {
        *id == self.0.own || self.organisation(id).is_some()
    }

    /// Whose a mailbox is; `None` for that of CP-IS, and for one that nobody has.
    pub fn organisation(&self, id: &MailboxId) -> Option<OdsCode> {
        let mut configured = self.0.configured.iter();
        if let Some(mailbox) = configured.find(|mailbox| mailbox.id == *id) {
            return Some(mailbox.organisation.clone());
        }
        let systems = self.0.directory.systems();
        let opens = systems.iter().find(|system| self.may_open(system, id))?;
        opens.organisation.clone()
    }

    /// The mailbox of an organisation: the first that the configuration gives it, else the one
    /// with its ODS code, if any of its systems can open that.
    pub fn of(&self, organisation: &OdsCode) -> Option<MailboxId> {
        let mut configured = self.0.configured.iter();
        if let Some(mailbox) = configured.find(|mailbox| mailbox.organisation == *organisation) {
            return Some(mailbox.id.clone());
        }
        let id = MailboxId::parse(organisation.as_str()).ok()?;
        let owner = self.organisation(&id);
        (owner.as_ref() == Some(organisation)).then_some(id)
    }

    /// Every organisation that has a mailbox, each once, with the one that it is told things in.
    pub fn organisations(&self) -> Vec<(OdsCode, MailboxId)> {
        let configured = self.0.configured.iter().map(|m| m.organisation.clone());
        let systems = self.0.directory.systems();
        let listed = systems.iter().filter_map(|s| s.organisation.clone());
        let mut all: Vec<OdsCode> = configured.chain(listed).collect();
        all.sort_unstable();
        all.dedup();
        let with_mailbox = all
            .into_iter()
            .filter_map(|organisation| self.of(&organisation).map(|id| (organisation, id)));
        with_mailbox.collect()
    }
}

impl Mailbox {
    fn is_of(&self, system: &System) -> bool {
        match &self.system {
            Some(name) => *name == system.name,
            None => system.organisation.as_ref() == Some(&self.organisation),
        }
    }
}

#[cfg(test)]
mod tests {
    use transport::CertificateMatch;

    use super::*;

    fn id(text: &str) -> MailboxId {
        MailboxId::parse(text).expect("an id")
    }

    fn ods(text: &str) -> OdsCode {
        OdsCode::parse(text).expect("a code")
    }

    fn system(name: &str, organisation: Option<&str>) -> System {
        System {
            name: name.to_owned(),
            organisation: organisation.map(ods),
            manufacturer: None,
            certificate: CertificateMatch::CommonName(name.to_owned()),
            asids: Vec::new(),
            sends_for: Vec::new(),
            party_key: None,
            interactions: None,
            endpoints: Vec::new(),
        }
    }

    fn mailboxes(configured: &[(&str, &str, Option<&str>)]) -> Result<Mailboxes, MailboxError> {
        let directory = Directory::new(vec![
            system("plain", Some("V145")),
            system("named", Some("V146")),
            system("cpis", Some("CPIS")),
            system("nobody", None),
        ]);
        let entry = |(mailbox, organisation, system): &(&str, &str, Option<&str>)| Mailbox {
            id: id(mailbox),
            organisation: ods(organisation),
            system: system.map(str::to_owned),
        };
        let configured = configured.iter().map(entry).collect();
        Mailboxes::new(id("cpis"), configured, directory)
    }

    #[test]
    fn ids_are_plain_and_compared_in_upper_case() {
        assert_eq!(id("x26-ab_1"), id("X26-AB_1"));
        for wrong in ["", ".", "a/b", "a.b", "é", &"A".repeat(41)] {
            assert_eq!(MailboxId::parse(wrong), Err(MailboxError::Id), "{wrong}");
        }
    }

    #[test]
    fn a_mailbox_is_opened_by_whose_it_is() {
        let mailboxes = mailboxes(&[
            ("MB1", "V146", Some("named")),
            ("V147", "V147", None),
            ("MB2", "V147", Some("elsewhere")),
        ])
        .expect("mailboxes");
        let systems: Vec<System> = [
            ("plain", Some("V145")),
            ("named", Some("V146")),
            ("other", Some("V146")),
            ("late", Some("V147")),
            ("cpis", Some("CPIS")),
            ("nobody", None),
        ]
        .map(|(name, organisation)| system(name, organisation))
        .into();
        let opens = |mailbox: &str| -> Vec<&str> {
            let mailbox = id(mailbox);
            let found = systems.iter().filter(|s| mailboxes.may_open(s, &mailbox));
            found.map(|s| s.name.as_str()).collect()
        };
        assert_eq!(opens("V145"), ["plain"]);
        assert_eq!(opens("MB1"), ["named"]);
        assert_eq!(opens("V146"), ["other"]);
        assert_eq!(opens("V147"), ["late"]);
        assert!(opens("CPIS").is_empty());
        assert!(opens("X99").is_empty());
    }

    #[test]
    fn an_organisation_has_one_mailbox_to_be_told_things_in() {
        let mailboxes =
            mailboxes(&[("MB1", "V146", None), ("MB3", "V148", None)]).expect("mailboxes");
        assert_eq!(mailboxes.of(&ods("V145")), Some(id("V145")));
        assert_eq!(mailboxes.of(&ods("V146")), Some(id("MB1")));
        assert_eq!(mailboxes.of(&ods("V148")), Some(id("MB3")));
        assert_eq!(mailboxes.of(&ods("X99")), None);
        assert_eq!(mailboxes.of(&ods("CPIS")), None);
        assert_eq!(mailboxes.organisation(&id("MB1")), Some(ods("V146")));
        assert_eq!(mailboxes.organisation(&id("V146")), None);
        assert!(mailboxes.has(&id("CPIS")) && !mailboxes.has(&id("X99")));
        let all = mailboxes.organisations();
        let all: Vec<String> = all.iter().map(|(o, m)| format!("{o}={m}")).collect();
        assert_eq!(all, ["V145=V145", "V146=MB1", "V148=MB3"]);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let twice = mailboxes(&[("MB1", "V146", None), ("mb1", "V147", None)]);
        assert_eq!(twice.map(|_| ()), Err(MailboxError::Twice(id("MB1"))));
        let own = mailboxes(&[("CPIS", "V146", None)]);
        assert_eq!(own.map(|_| ()), Err(MailboxError::Own(id("CPIS"))));
    }
}
