//! The author of a query: a person with a smartcard, or a system that speaks for somebody.
//!
//! DMS templates COCT_TP145102GB01 and COCT_TP145104GB01. What a query said is kept and shown again
//! as it was, so nothing here is looked up or put right.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who asked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// A user with a smartcard.
    Person(Person),
    /// A system whose user has none.
    Device(Device),
}

/// A user with a smartcard (`AssignedAuthor`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// What they do.
    pub role: JobTitle,
    /// SDS user id, as written.
    pub user: String,
    /// SDS role profile id, as written.
    pub role_profile: Option<String>,
    /// Their name.
    pub name: PersonName,
    /// Whom they work for (`representedOrganization`).
    pub organisation: Organisation,
}

/// A system without a smartcard user (`System`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its ASID, as written.
    pub asid: String,
    /// Who is deemed responsible for its queries (`indirectAuthority`).
    pub responsible: Vec<Responsible>,
    /// Who runs it (`maintainingOrganization`).
    pub organisation: Organisation,
}

/// Who is deemed responsible for a system's queries.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Responsible {
    /// What they do.
    pub role: JobTitle,
    /// Their name.
    pub name: PersonName,
}

/// An RBAC job role: `S0010:G0020:R0050`, `NR0350`, ...
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobTitle {
    /// The code.
    pub code: String,
    /// What it is called.
    pub display_name: String,
}

/// An organisation as a message names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its ODS code, as written (samples have it in lower case too).
    pub code: String,
    /// Whether the code is that of a site ([`crate::oid::ODS_SITE`]).
    pub site: bool,
    /// What it is called.
    pub name: String,
}

/// A name (`PN`): in parts, or as one text.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PersonName {
    /// `use`, such as `L`.
    pub usage: Option<String>,
    /// Before the name: `Dr`.
    pub prefix: Vec<String>,
    /// Given names.
    pub given: Vec<String>,
    /// Family names.
    pub family: Vec<String>,
    /// After the name.
    pub suffix: Vec<String>,
    /// The whole name, when it is not in parts.
    pub text: Option<String>,
}

impl Author {
    /// What makes two queries those of the same author: the user, whatever their role at the time,
    /// or the system and whoever runs it.
    pub fn key(&self) -> String {
        match self {
            Self::Person(person) => format!("user {}", person.user),
            Self::Device(device) => {
                let organisation = device.organisation.code.to_uppercase();
                format!("system {} {organisation}", device.asid)
            }
        }
    }

    /// Whom they work for.
    pub fn organisation(&self) -> &Organisation {
        match self {
            Self::Person(person) => &person.organisation,
            Self::Device(device) => &device.organisation,
        }
    }
}

impl fmt::Display for PersonName {
    /// For people: `Dr Alex Example`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return f.write_str(text);
        }
        let parts = self.prefix.iter().chain(&self.given).chain(&self.family);
        for (at, part) in parts.chain(&self.suffix).enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{part}")?;
        }
        Ok(())
    }
}

/// Names of staff are personal data too.
macro_rules! masked {
    ($($name:ident: $($field:ident),*;)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    )*};
}

masked! {
    Person: role, user, role_profile, organisation;
    Device: asid, organisation;
    Responsible: role;
    PersonName: usage;
}

impl fmt::Debug for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => person.fmt(f),
            Self::Device(device) => device.fmt(f),
        }
    }
}
