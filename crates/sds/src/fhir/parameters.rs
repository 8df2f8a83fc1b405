//! The query parameters of a look-up: which there may be, and what they mean.

use std::str::FromStr;

use domain::RoleProfileId;

use super::outcome::Refusal;
use crate::lookup::{DeviceQuery, EndpointQuery};

/// Longest query, bytes.
const LONGEST: usize = 8192;
/// Most parameters.
const MOST: usize = 50;

const ORGANISATION: &str = "organization";
const IDENTIFIER: &str = "identifier";
const MANUFACTURER: &str = "manufacturing-organization";
const USER_ROLE: &str = "user-role-id";

const ODS: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
const SERVICE: &str = "https://fhir.nhs.uk/Id/nhsServiceInteractionId";
const PARTY: &str = "https://fhir.nhs.uk/Id/nhsMhsPartyKey";
const ROLE: &str = "https://fhir.nhs.uk/Id/nhsJobRoleCode";

/// The parameters as they were given, decoded.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads what follows the question mark.
    pub(super) fn read(query: &str) -> Result<Self, Refusal> {
        if query.len() > LONGEST {
            return Err(Refusal::bad("The query is too long"));
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs: Vec<_> = pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((form_decoded(name)?, form_decoded(value)?))
            })
            .collect::<Option<_>>()
            .ok_or_else(|| Refusal::bad("The query is not UTF-8 in percent encoding"))?;
        match pairs.len() > MOST {
            true => Err(Refusal::bad("There are too many query parameters")),
            false => Ok(Self(pairs)),
        }
    }

    /// Which devices are meant; nothing when a value is such that no device can have it.
    pub(super) fn device(&self) -> Result<Option<DeviceQuery>, Refusal> {
        self.check(&[
            (ORGANISATION, &[ODS]),
            (IDENTIFIER, &[SERVICE, PARTY]),
            (MANUFACTURER, &[ODS]),
        ])?;
        let organisation = self.required(ORGANISATION, ODS)?;
        let service_interaction = self.required(IDENTIFIER, SERVICE)?;
        let query = || {
            Some(DeviceQuery {
                organisation: organisation.parse().ok()?,
                service_interaction: service_interaction.to_owned(),
                party_key: possible(self.last(IDENTIFIER, PARTY))?,
                manufacturer: possible(self.last(MANUFACTURER, ODS))?,
            })
        };
        Ok(query())
    }

    /// Which endpoints are meant; nothing when a value is such that no endpoint can have it.
    pub(super) fn endpoint(&self) -> Result<Option<EndpointQuery>, Refusal> {
        self.check(&[(ORGANISATION, &[ODS]), (IDENTIFIER, &[SERVICE, PARTY])])?;
        let organisation = self.last(ORGANISATION, ODS);
        let service = self.last(IDENTIFIER, SERVICE);
        let party = self.last(IDENTIFIER, PARTY);
        let given = [organisation, service, party];
        if given.iter().flatten().count() < 2 {
            return Err(Refusal::bad(combinations()));
        }
        let query = || {
            Some(EndpointQuery {
                organisation: possible(organisation)?,
                service_interaction: service.map(str::to_owned),
                party_key: possible(party)?,
            })
        };
        Ok(query())
    }

    /// Which role profile is meant; nothing when it can be nobody's.
    pub(super) fn role_profile(&self) -> Result<Option<RoleProfileId>, Refusal> {
        if let Some((name, _)) = self.0.iter().find(|(name, _)| name != USER_ROLE) {
            let text = format!("Illegal query parameter '{name}' should be: '{USER_ROLE}'");
            return Err(Refusal::bad(text));
        }
        self.check(&[(USER_ROLE, &[ROLE])])?;
        let id = self.required(USER_ROLE, ROLE)?;
        if !id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Refusal::bad(format!(
                "{} where value consists of digits",
                missing(USER_ROLE, ROLE)
            )));
        }
        Ok(id.parse().ok())
    }

    /// Whether every parameter is one of these, and every value of one of its systems.
    fn check(&self, known: &[(&str, &[&str])]) -> Result<(), Refusal> {
        for (name, value) in &self.0 {
            let Some((_, systems)) = known.iter().find(|(known, _)| known == name) else {
                return Err(Refusal::bad(format!("Illegal query parameter '{name}'")));
            };
            if !systems.iter().any(|system| of(value, system).is_some()) {
                return Err(Refusal::bad(match systems {
                    [system] => missing(name, system),
                    _ => format!(
                        "Missing or invalid '{IDENTIFIER}' query parameter. Should be one or both \
                         of: ['{IDENTIFIER}={SERVICE}|value', '{IDENTIFIER}={PARTY}|value'"
                    ),
                }));
            }
        }
        Ok(())
    }

    fn required(&self, name: &str, system: &str) -> Result<&str, Refusal> {
        self.last(name, system)
            .ok_or_else(|| Refusal::bad(missing(name, system)))
    }

    /// The value of a parameter in a system: the last that is not empty.
    fn last(&self, name: &str, system: &str) -> Option<&str> {
        let named = self.0.iter().rev().filter(|(known, _)| known == name);
        let values = named.filter_map(|(_, value)| of(value, system));
        values.map(str::trim).find(|value| !value.is_empty())
    }

    /// The one value of a plain parameter, if it is there and not empty.
    pub(super) fn plain(&self, name: &str) -> Option<&str> {
        let mut named = self.0.iter().rev().filter(|(known, _)| known == name);
        let value = named.next().map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// A parameter that is none of these.
    pub(super) fn unknown(&self, known: &[&str]) -> Option<&str> {
        let names = self.0.iter().map(|(name, _)| name.as_str());
        names.into_iter().find(|name| !known.contains(name))
    }
}

/// A value without its system, if it is of this one.
fn of<'a>(value: &'a str, system: &str) -> Option<&'a str> {
    value.strip_prefix(system)?.strip_prefix('|')
}

/// A value that may be absent but must be possible: outside, that it is not.
#[expect(clippy::option_option, reason = "absent and impossible are two things")]
fn possible<T: FromStr>(value: Option<&str>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(text) => text.parse().ok().map(Some),
    }
}

fn missing(name: &str, system: &str) -> String {
    format!("Missing or invalid '{name}' query parameter. Should be '{name}={system}|value'")
}

fn combinations() -> String {
    let organisation = format!("{ORGANISATION}={ODS}|value");
    let party = format!("{IDENTIFIER}={PARTY}|value");
    let service = format!("{IDENTIFIER}={SERVICE}|value");
    format!(
        "Missing or invalid query parameters. Should one of following combinations: \
         ['{organisation}&{service}&{party}''{organisation}&{service}''{organisation}&{party}'\
         '{service}&{party}']"
    )
}

/// A name or value as HTML forms encode them.
fn form_decoded(text: &str) -> Option<String> {
    percent_decoded(&text.replace('+', " "))
}

/// A text in percent encoding; nothing when that is broken or no UTF-8.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}
