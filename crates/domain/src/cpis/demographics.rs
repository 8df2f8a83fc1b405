//! What PDS knows of a person, as far as CP-IS compares it.
//!
//! A plan is stored only when NHS number, date of birth and names agree with PDS. How names are
//! compared is as local authorities' systems describe it (Access Mosaic help, "CP-IS"): family name
//! equal; all given names equal, or the first equal to the first, or the first equal to any.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{RecordCode, Subject};
use crate::NhsNumber;

/// A person on PDS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demographics {
    /// Their NHS number.
    pub number: NhsNumber,
    /// Given names, the first one first.
    pub given: Vec<String>,
    /// Family name.
    pub family: String,
    /// Date of birth.
    pub birth_date: Date,
    /// Whether the record is sensitive (flag `S`): nothing may be held of them.
    pub sensitive: bool,
    /// Whether the number is in use.
    pub standing: Standing,
}

/// Whether an NHS number is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It is.
    Current,
    /// Another number has taken its place (two records were merged).
    Superseded(NhsNumber),
    /// It is not, and nothing has taken its place (as after an adoption).
    Invalid,
}

impl Demographics {
    /// Whether a plan about this subject may be stored under this number; otherwise why not.
    /// `found` is what PDS has under the number.
    pub fn verify(found: Option<&Self>, subject: &Subject) -> Result<(), RecordCode> {
        let person = found.ok_or(RecordCode::NoMatch)?;
        match person.standing {
            Standing::Superseded(_) => return Err(RecordCode::Superseded),
            Standing::Invalid => return Err(RecordCode::NoMatch),
            Standing::Current => {}
        }
        if !person.is(subject) {
            return Err(RecordCode::NotVerified);
        }
        match person.sensitive {
            true => Err(RecordCode::Sensitive),
            false => Ok(()),
        }
    }

    fn is(&self, subject: &Subject) -> bool {
        self.birth_date == subject.birth_date
            && is_same_name(&self.family, &subject.family)
            && self.has_given(&subject.given)
    }

    fn has_given(&self, given: &str) -> bool {
        if is_same_name(&self.given.join(" "), given) {
            return true;
        }
        let first = given.split_whitespace().next().unwrap_or_default();
        !first.is_empty() && self.given.iter().any(|name| is_same_name(name, first))
    }
}

/// Compares names without regard to case, spaces at the ends, and runs of spaces.
fn is_same_name(a: &str, b: &str) -> bool {
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_lowercase).collect() };
    words(a) == words(b)
}

impl fmt::Debug for Demographics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demographics")
            .field("number", &self.number)
            .field("sensitive", &self.sensitive)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn person() -> Demographics {
        Demographics {
            number: NhsNumber::parse("9990000018").expect("a number"),
            given: vec!["Trace".to_owned(), "Ann".to_owned()],
            family: "Lewington".to_owned(),
            birth_date: date(2014, 5, 29),
            sensitive: false,
            standing: Standing::Current,
        }
    }

    fn subject(given: &str, family: &str) -> Subject {
        Subject {
            given: given.to_owned(),
            family: family.to_owned(),
            birth_date: date(2014, 5, 29),
            local_id: None,
        }
    }

    #[test]
    fn names_are_compared_as_people_write_them() {
        let verify = |given, family| Demographics::verify(Some(&person()), &subject(given, family));
        assert_eq!(verify("TRACE", "LEWINGTON"), Ok(()));
        assert_eq!(verify("Trace Ann", "Lewington "), Ok(()));
        assert_eq!(verify("Ann", "Lewington"), Ok(()));
        assert_eq!(verify("Trace Other", "Lewington"), Ok(()));
        assert_eq!(verify("Tracey", "Lewington"), Err(RecordCode::NotVerified));
        assert_eq!(verify("", "Lewington"), Err(RecordCode::NotVerified));
        assert_eq!(verify("Trace", "Levington"), Err(RecordCode::NotVerified));
    }

    #[test]
    fn each_refusal_has_its_code() {
        let subject = subject("Trace", "Lewington");
        let verify = |person: Option<&Demographics>| Demographics::verify(person, &subject);
        assert_eq!(verify(None), Err(RecordCode::NoMatch));
        let sensitive = Demographics {
            sensitive: true,
            ..person()
        };
        assert_eq!(verify(Some(&sensitive)), Err(RecordCode::Sensitive));
        let other = NhsNumber::parse("9990000026").expect("a number");
        let merged = Demographics {
            standing: Standing::Superseded(other),
            ..person()
        };
        assert_eq!(verify(Some(&merged)), Err(RecordCode::Superseded));
        let invalid = Demographics {
            standing: Standing::Invalid,
            ..person()
        };
        assert_eq!(verify(Some(&invalid)), Err(RecordCode::NoMatch));
        let younger = Demographics {
            birth_date: date(2014, 5, 30),
            ..person()
        };
        assert_eq!(verify(Some(&younger)), Err(RecordCode::NotVerified));
    }
}
