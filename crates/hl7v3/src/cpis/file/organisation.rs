//! The local authority that sends a file or gets one.

use domain::cpis::{Authority, AuthorityContact, RecordFault};
use domain::{OdsCode, oid};
use xml::{Element, Writer};

use super::{Found, attribute, only};
use crate::cpis::answer::Contact;
use crate::cpis::part::parts;
use crate::lenient::normal;

/// The organisation of a file as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its ODS code.
    pub code: Found<OdsCode>,
    /// Whether that is the code of a site ([`oid::ODS_SITE`]).
    pub site: bool,
    /// What it is called.
    pub name: Option<String>,
    /// How to reach it.
    pub telecoms: Vec<Telecom>,
}

/// A telephone as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telecom {
    /// What for: `WP` (office hours) or `EC` (emergency duty team), perhaps several, blanks between.
    pub usage: Option<String>,
    /// The number: `tel:` and digits.
    pub value: Option<String>,
}

impl Telecom {
    /// Whether it is for this.
    pub fn is(&self, usage: &str) -> bool {
        let uses = self.usage.as_deref().unwrap_or_default();
        uses.split_whitespace().any(|one| one == usage)
    }

    /// The number as the schema wants it, whatever people put between its digits; `None` when there
    /// is none in it, or more than one: no number has more than fifteen digits (ITU-T E.164).
    pub fn number(&self) -> Option<String> {
        let value = self.value.as_deref()?;
        let bare = value.strip_prefix("tel:").unwrap_or(value);
        // `+44 (0)20`: the 0 is dialled only by those who leave out the +44.
        let bare = match bare.starts_with('+') {
            true => bare.replacen("(0)", "", 1),
            false => bare.to_owned(),
        };
        let number: String = bare
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.'))
            .collect();
        let digits = number.strip_prefix('+').unwrap_or(&number);
        let sound = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        sound.then(|| format!("tel:{number}"))
    }

    fn has_value(&self) -> bool {
        self.value.as_deref().is_some_and(|value| value != "tel:")
    }
}

impl Organisation {
    /// Nothing is known of it.
    pub(crate) const UNKNOWN: Self = Self {
        code: Found::Missing,
        site: false,
        name: None,
        telecoms: Vec::new(),
    };

    /// Reads an `organisation` element.
    pub(crate) fn read(organisation: Element<'_, '_>) -> Self {
        let id = only(organisation, &["id"]);
        let code = id.and_then(|id| attribute(id, "extension"));
        let name = only(organisation, &["name"]).map(|name| normal(&name.deep_text()));
        let telecoms = parts(organisation, "telecom").map(|telecom| Telecom {
            usage: attribute(telecom, "use").map(str::to_owned),
            value: attribute(telecom, "value").map(str::to_owned),
        });
        Self {
            code: Found::one(code.into_iter(), |code| OdsCode::parse(code).ok()),
            site: id.and_then(|id| attribute(id, "root")) == Some(oid::ODS_SITE),
            name: name.filter(|name| !name.is_empty()),
            telecoms: telecoms.collect(),
        }
    }

    /// The authority, which has a code and a name.
    pub fn authority(&self) -> Result<Authority, RecordFault> {
        match (&self.code, &self.name) {
            (Found::Good(code), Some(name)) => Ok(Authority {
                code: code.clone(),
                name: name.clone(),
            }),
            _ => Err(RecordFault::Organisation),
        }
    }

    /// How to reach it, by the Spine's rules in their order (its CP-IS stylesheets): there is a
    /// number for emergencies, no telephone is without one, and there is only one for emergencies.
    pub fn contact(&self) -> Result<AuthorityContact, RecordFault> {
        let emergencies = || self.telecoms.iter().filter(|telecom| telecom.is("EC"));
        if !emergencies().any(Telecom::has_value) {
            return Err(RecordFault::EmergencyMissing);
        }
        if self.telecoms.iter().any(|t| t.number().is_none()) {
            return Err(RecordFault::TelecomValue);
        }
        if emergencies().count() > 1 {
            return Err(RecordFault::EmergencyTwice);
        }
        let emergency = emergencies().find_map(Telecom::number);
        Ok(AuthorityContact {
            office: self.number_for("WP"),
            emergency: emergency.ok_or(RecordFault::EmergencyMissing)?,
        })
    }

    fn number_for(&self, usage: &str) -> Option<String> {
        let mut telecoms = self.telecoms.iter().filter(|telecom| telecom.is(usage));
        telecoms.find_map(Telecom::number)
    }

    /// It as the receiver of an answer: what it says of itself, as far as that can be repeated, else
    /// what is known of it.
    pub fn party(&self, otherwise: &Authority) -> Party {
        Party {
            authority: Authority {
                code: self.code.good().unwrap_or(&otherwise.code).clone(),
                name: self.name.as_ref().unwrap_or(&otherwise.name).clone(),
            },
            site: self.site,
            contact: Contact {
                office: self.number_for("WP"),
                emergency: self.number_for("EC"),
            },
        }
    }
}

/// The sender of an upload, or the receiver of its acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Who.
    pub authority: Authority,
    /// Whether its code is that of a site ([`oid::ODS_SITE`]).
    pub site: bool,
    /// How to reach it. The schema wants at least one number; where there is none, `tel:` without
    /// digits is written.
    pub contact: Contact,
}

impl Party {
    /// An authority, and how to reach it.
    pub fn of(authority: &Authority, contact: Option<&AuthorityContact>) -> Self {
        Self {
            authority: authority.clone(),
            site: false,
            contact: contact.cloned().map(Contact::from).unwrap_or_default(),
        }
    }

    /// Writes what is inside `communicationFunctionSnd` or `communicationFunctionRcv`.
    pub(crate) fn write(&self, w: &mut Writer) {
        w.element("organisation", &[], |w| {
            let root = match self.site {
                true => oid::ODS_SITE,
                false => oid::ODS_ORGANISATION,
            };
            let code = self.authority.code.as_str();
            w.empty("id", &[("root", root), ("extension", code)]);
            w.text_element("name", &[], &self.authority.name);
            let Contact { office, emergency } = &self.contact;
            // The schemas want one or two telephones, each with a `value` of `tel:` and any number
            // of digits, none included. Where no number is known nothing is made up: an empty one
            // is all that may be said.
            let none = (office.is_none() && emergency.is_none()).then_some("tel:");
            for (usage, number) in [
                ("WP", office.as_deref().or(none)),
                ("EC", emergency.as_deref()),
            ] {
                if let Some(number) = number {
                    w.empty("telecom", &[("value", number), ("use", usage)]);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisation(telecoms: &[(&str, &str)]) -> Organisation {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let telecoms = telecoms.iter().map(|(usage, value)| Telecom {
            usage: text(usage),
            value: text(value),
        });
        Organisation {
            telecoms: telecoms.collect(),
            ..Organisation::UNKNOWN
        }
    }

    #[test]
    fn every_rule_of_telephones() {
        use RecordFault::{EmergencyMissing, EmergencyTwice, TelecomValue};
        let both = |office: Option<&str>, emergency: &str| {
            Ok(AuthorityContact {
                office: office.map(str::to_owned),
                emergency: emergency.to_owned(),
            })
        };
        for (telecoms, expected) in [
            (&[("EC", "tel:07")][..], both(None, "tel:07")),
            (
                &[("WP", "tel:020 7000-0000"), ("EC", "+44 (0)7")],
                both(Some("tel:02070000000"), "tel:+447"),
            ),
            (&[("WP EC", "tel:1")], both(Some("tel:1"), "tel:1")),
            (&[("H", "tel:1"), ("EC", "tel:2")], both(None, "tel:2")),
            (&[], Err(EmergencyMissing)),
            (&[("WP", "tel:1")], Err(EmergencyMissing)),
            (&[("", "tel:1")], Err(EmergencyMissing)),
            (&[("EC", "")], Err(EmergencyMissing)),
            (&[("EC", "tel:")], Err(EmergencyMissing)),
            (&[("EC", "tel:1"), ("WP", "")], Err(TelecomValue)),
            (&[("EC", "tel:1"), ("WP", "tel:")], Err(TelecomValue)),
            (&[("EC", "tel:duty team")], Err(TelecomValue)),
            (&[("EC", "tel:02079460000 02079461111")], Err(TelecomValue)),
            (&[("EC", "tel:1"), ("EC", "tel:2")], Err(EmergencyTwice)),
        ] {
            assert_eq!(organisation(telecoms).contact(), expected, "{telecoms:?}");
        }
    }

    #[test]
    fn an_authority_has_a_code_and_a_name() {
        let mut read = organisation(&[("EC", "tel:07")]);
        let known = Authority {
            code: OdsCode::parse("V145").expect("a code"),
            name: "Known".to_owned(),
        };
        assert_eq!(read.authority(), Err(RecordFault::Organisation));
        assert_eq!(read.party(&known).authority, known);
        read.code = Found::Good(OdsCode::parse("x1").expect("a code"));
        assert_eq!(read.authority(), Err(RecordFault::Organisation));
        read.name = Some("Example Council".to_owned());
        let authority = read.authority().expect("both are there");
        assert_eq!(read.party(&known).authority, authority);
        read.code = Found::Wrong("?".to_owned());
        assert_eq!(read.authority(), Err(RecordFault::Organisation));
    }
}
