//! The identifiers of organisations, systems, people and messages.
//!
//! Each is a text with a shape, checked once. Two identifiers of different kinds are different
//! types, so a role profile cannot be passed where a user is meant (they are both 12 digits).
//!
//! Every request has a dozen of them, which go into audit events, logs and answers. So short ones
//! stand in place, and copies of long ones share their text.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use smol_str::SmolStr;

/// Why a text is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be {rule}")]
pub struct IdentifierError {
    /// The identifier's name, for people.
    pub kind: &'static str,
    /// The shape it must have, for people.
    pub rule: &'static str,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, |$text:ident| $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(SmolStr);

        impl $name {
            #[doc = concat!("Parses ", $kind, ": ", $rule, ".")]
            pub fn parse($text: &str) -> Result<Self, IdentifierError> {
                let parsed: Option<SmolStr> = $parse;
                match parsed {
                    Some(text) => Ok(Self(text)),
                    None => Err(IdentifierError { kind: $kind, rule: $rule }),
                }
            }

            /// The identifier as it stands in messages.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdentifierError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdentifierError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }
    };
}

identifier!(
    /// An organisation's ODS code, upper case: `RKE`, `H81109`, `YES`.
    OdsCode, "an ODS code", "1 to 12 letters and digits",
    |text| (1..=12).contains(&text.len()).then_some(text)
        .filter(|t| t.bytes().all(|b| b.is_ascii_alphanumeric()))
        .map(upper_case)
);
identifier!(
    /// An accredited system's id (ASID, OID 1.2.826.0.1285.0.2.0.107).
    Asid, "an ASID", "1 to 12 digits",
    |text| digits(text, 1..=12)
);
identifier!(
    /// A user of the Spine Directory Service (OID 1.2.826.0.1285.0.2.0.65).
    SdsUserId, "an SDS user id", "12 digits",
    |text| digits(text, 12..=12)
);
identifier!(
    /// Somebody on the staff, as an alert in FHIR names them: an SDS user id, or what a local
    /// system calls its user.
    StaffId, "a staff id", "1 to 64 printable characters without blanks",
    |text| ((1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()))
        .then(|| text.into())
);
impl StaffId {
    /// The SDS user id, if it is one.
    pub fn sds(&self) -> Option<SdsUserId> {
        SdsUserId::parse(self.as_str()).ok()
    }
}
impl From<SdsUserId> for StaffId {
    fn from(user: SdsUserId) -> Self {
        Self(user.0)
    }
}
identifier!(
    /// A user's role profile, "URP" (OID 1.2.826.0.1285.0.2.0.67).
    RoleProfileId, "an SDS role profile id", "12 digits",
    |text| digits(text, 12..=12)
);
identifier!(
    /// A national job role (OID 1.2.826.0.1285.0.2.1.104): `R8000`, `NR0010` or the long form
    /// `S8000:G8000:R8000`.
    JobRole, "a job role", "like R8000 or S8000:G8000:R8000",
    |text| ((2..=40).contains(&text.len())
        && text.split(':').all(|part| part.len() >= 2
            && part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.bytes().all(|b| b.is_ascii_alphanumeric())))
        .then(|| text.into())
);
impl JobRole {
    /// Whether both name one role: messages carry the long form or only its last part.
    pub fn is_same_role(&self, other: &Self) -> bool {
        let last = |role: &'_ Self| role.as_str().rsplit(':').next().map(str::to_owned);
        self == other
            || (!(self.as_str().contains(':') && other.as_str().contains(':'))
                && last(self) == last(other))
    }
}
identifier!(
    /// A message handling party: `YES-0000806`.
    PartyKey, "a party key", "an ODS code, a hyphen and 6 or 7 digits",
    |text| text.rsplit_once('-')
        .filter(|(ods, number)| OdsCode::parse(ods).is_ok() && digits(number, 6..=7).is_some())
        .map(|_| upper_case(text))
);
identifier!(
    /// A stored document's UUID. Compared without regard to case, kept in upper case.
    DocumentId, "a document id", "a UUID",
    |text| uuid(text)
);
identifier!(
    /// The id of an HL7 V3, ITK or ebXML message, as its sender wrote it. Ours are upper-case
    /// UUIDs; those of others are taken as they come, because old systems send others.
    MessageId, "a message id", "1 to 128 printable characters without spaces",
    |text| ((1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()))
        .then(|| text.into())
);

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<SmolStr> {
    (length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.into())
}

fn uuid(text: &str) -> Option<SmolStr> {
    is_uuid(text).then(|| upper_case(text))
}

/// Nearly all come in upper case.
fn upper_case(text: &str) -> SmolStr {
    match text.bytes().any(|b| b.is_ascii_lowercase()) {
        false => text.into(),
        true => text.to_ascii_uppercase().into(),
    }
}

/// Whether the text is a UUID in its hyphenated form, in either case.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_checked() {
        assert!(OdsCode::parse("rke").is_ok_and(|ods| ods.as_str() == "RKE"));
        assert!(OdsCode::parse("").is_err());
        assert!(OdsCode::parse("R-E").is_err());
        assert!(Asid::parse("655159266510").is_ok());
        assert!(Asid::parse("6551592665101").is_err());
        assert!(SdsUserId::parse("11223344556").is_err());
        assert!(JobRole::parse("S0080:G0450:R5080").is_ok());
        assert!(JobRole::parse("S0080::R5080").is_err());
        assert!(PartyKey::parse("YES-0000806").is_ok());
        assert!(PartyKey::parse("YES0000806").is_err());
        assert!(MessageId::parse("uuid:BBBBP10A-A9D1").is_ok());
        assert!(MessageId::parse("a b").is_err());
    }

    #[test]
    fn a_job_role_may_be_given_short() {
        let same = |a: &str, b: &str| {
            let role = |text: &str| JobRole::parse(text).expect("a job role");
            role(a).is_same_role(&role(b))
        };
        assert!(same("R8000", "S8000:G8000:R8000"));
        assert!(same("S8000:G8000:R8000", "R8000"));
        assert!(!same("R8000", "R8001"));
        assert!(!same("S8000:G8000:R8000", "S0010:G0020:R8000"));
    }

    #[test]
    fn document_ids_ignore_case() {
        let lower = DocumentId::parse("03eefe2e-796c-11e3-b681-00059a3c7800");
        let upper = DocumentId::parse("03EEFE2E-796C-11E3-B681-00059A3C7800");
        assert!(lower.is_ok());
        assert_eq!(lower, upper);
        assert!(DocumentId::parse("03EEFE2E796C11E3B68100059A3C7800").is_err());
    }

    #[test]
    fn an_error_names_the_kind_and_the_rule() {
        let error = SdsUserId::parse("x").expect_err("too short");
        assert_eq!(error.to_string(), "an SDS user id must be 12 digits");
    }
}
