//! Query parameters: read once, and none of them ignored.

use domain::NhsNumber;

use crate::outcome::{Issue, Refusal};
use conversion::Profile;

/// The longest query, in bytes.
const LONGEST: usize = 8192;
/// The most parameters.
const MOST: usize = 50;

/// The system of NHS numbers.
pub(crate) const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";

/// The parameters of a request, decoded.
#[derive(Clone, Default)]
pub(crate) struct Query(Vec<(String, String)>);

/// A patient as a parameter names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patient {
    /// A valid number.
    Known(NhsNumber),
    /// Something else, which the compatible profile leaves to the Spine to refuse.
    NoNumber,
}

impl Query {
    /// Reads what follows the question mark.
    pub(crate) fn read(query: &str) -> Result<Self, Refusal> {
        if query.len() > LONGEST {
            return Err(Refusal::rule("The query is too long"));
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)?))
        });
        let pairs: Option<Vec<_>> = pairs.collect();
        match pairs {
            None => Err(Refusal::rule("The query is not UTF-8 in percent encoding")),
            Some(pairs) if pairs.len() > MOST => {
                Err(Refusal::rule("There are too many query parameters"))
            }
            Some(pairs) => Ok(Self(pairs)),
        }
    }

    /// The first value of a parameter.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        let mut named = self.0.iter().filter(|(known, _)| known == name);
        named.next().map(|(_, value)| value.as_str())
    }

    /// In the full profile no parameter may be unknown or given twice.
    pub(crate) fn check_names(&self, known: &[&str], profile: Profile) -> Result<(), Refusal> {
        if profile == Profile::Compatible {
            return Ok(());
        }
        for (at, (name, _)) in self.0.iter().enumerate() {
            if name != "_format" && !known.contains(&name.as_str()) {
                let known = match known {
                    [] => String::new(),
                    known => format!(". Known are: {}", known.join(", ")),
                };
                let text = format!("Unknown query parameter '{}'{known}", shortened(name));
                return Err(Refusal::value(text, "unknown query parameter")
                    .at(format!("http.{}", shortened(name))));
            }
            if self.0.iter().take(at).any(|(before, _)| before == name) {
                let text = format!("Query parameter '{name}' may be given once only");
                return Err(Refusal::rule(text).at(format!("http.{name}")));
            }
        }
        Ok(())
    }

    /// A parameter that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.first(name).ok_or_else(|| {
            let text = format!(
                "Required request parameter '{name}' for method parameter type String is not present"
            );
            Refusal::rule(text).at(format!("http.{name}"))
        })
    }
}

/// A patient's identifier: its system, a pipe and an NHS number. The texts name the field
/// `patient`, whatever the parameter is called.
pub(crate) fn patient(value: &str, name: &str, profile: Profile) -> Result<Patient, Box<Issue>> {
    let invalid = || {
        let text = format!("Invalid value - {value} in field 'patient'");
        Box::new(Issue::value(text).at(format!("http.{name}")))
    };
    let number = value.strip_prefix(NHS_NUMBER);
    let number = number.and_then(|rest| rest.strip_prefix('|'));
    let number = number
        .filter(|number| !number.is_empty())
        .ok_or_else(invalid)?;
    let is_plain = number.len() == 10 && number.bytes().all(|b| b.is_ascii_digit());
    match (NhsNumber::parse(number), profile) {
        (Ok(number), _) if is_plain => Ok(Patient::Known(number)),
        (_, Profile::Compatible) => Ok(Patient::NoNumber),
        (_, Profile::Full) => Err(invalid()),
    }
}

/// Every issue at once, or one with all the texts, as the national adaptor joins them.
pub(crate) fn check_values(issues: Vec<Issue>, profile: Profile) -> Result<(), Refusal> {
    let mut issues = issues.into_iter();
    let Some(first) = issues.next() else {
        return Ok(());
    };
    let mut refusal = Refusal::new(400, first, "query parameter value");
    match profile {
        Profile::Full => refusal.issues.extend(issues),
        Profile::Compatible => {
            for more in issues {
                for first in &mut refusal.issues {
                    first.text.push_str(", ");
                    first.text.push_str(&more.text);
                }
            }
        }
    }
    Err(refusal)
}

fn shortened(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// A name or value as HTML forms encode them.
fn decoded(text: &str) -> Option<String> {
    percent_decoded(&text.replace('+', " "))
}

/// A text in percent encoding; nothing when that is broken or no UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patients_are_checked_by_number() {
        let number = |digits: &str| format!("{NHS_NUMBER}|{digits}");
        for (value, full, compatible) in [
            (number("9990000018"), true, true),
            (number("9990000019"), false, true),
            (number("999000001"), false, true),
            (number("999 000 0018"), false, true),
            (number("x"), false, true),
            (number(""), false, false),
            ("INVALID NHS NUMBER".to_owned(), false, false),
            ("9990000018".to_owned(), false, false),
            (String::new(), false, false),
        ] {
            let text = format!("Invalid value - {value} in field 'patient'");
            for (profile, valid) in [(Profile::Full, full), (Profile::Compatible, compatible)] {
                match patient(&value, "patient", profile) {
                    Ok(_) => assert!(valid, "{value} {profile:?}"),
                    Err(issue) => {
                        assert!(!valid, "{value} {profile:?}");
                        assert_eq!(issue.text, text);
                    }
                }
            }
        }
    }

    #[test]
    fn values_are_decoded_and_names_are_known() {
        let query = Query::read("patient=a%7Cb&x=1+2&&y").expect("a query");
        assert_eq!(query.first("patient"), Some("a|b"));
        assert_eq!(query.first("x"), Some("1 2"));
        assert_eq!(query.first("y"), Some(""));
        assert_eq!(query.first("z"), None);
        let known = ["patient", "x", "y"];
        assert!(query.check_names(&known, Profile::Full).is_ok());
        assert!(query.check_names(&known[..2], Profile::Full).is_err());
        assert!(query.check_names(&known[..2], Profile::Compatible).is_ok());
        let twice = Query::read("x=1&x=1").expect("a query");
        assert!(twice.check_names(&known, Profile::Full).is_err());
        for broken in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert!(Query::read(broken).is_err(), "{broken}");
        }
    }
}
