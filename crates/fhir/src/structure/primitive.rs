//! The primitive types and what their values may look like.

use crate::datatype::{Precision, is_time, precision};
use crate::error::FhirErrorKind;
use crate::value::Value;

/// A primitive type of R4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Primitive {
    Boolean,
    Integer,
    PositiveInt,
    UnsignedInt,
    Decimal,
    Text,
    Code,
    Uri,
    Oid,
    Uuid,
    Id,
    Base64Binary,
    Date,
    DateTime,
    Instant,
    Time,
    Xhtml,
}

/// Which rule is broken, and its text.
type Broken = (FhirErrorKind, String);

/// The longest text of one value, in bytes: the largest published narrative is under 200 KB.
const LONGEST_TEXT: usize = 5 << 20;

impl Primitive {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "positiveInt" => Self::PositiveInt,
            "unsignedInt" => Self::UnsignedInt,
            "decimal" => Self::Decimal,
            "string" | "markdown" => Self::Text,
            "code" => Self::Code,
            "uri" | "url" | "canonical" => Self::Uri,
            "oid" => Self::Oid,
            "uuid" => Self::Uuid,
            "id" => Self::Id,
            "base64Binary" => Self::Base64Binary,
            "date" => Self::Date,
            "dateTime" => Self::DateTime,
            "instant" => Self::Instant,
            "time" => Self::Time,
            "xhtml" => Self::Xhtml,
            _ => return None,
        })
    }

    /// Whether JSON writes it as a number.
    pub(crate) fn is_number(self) -> bool {
        matches!(
            self,
            Self::Integer | Self::PositiveInt | Self::UnsignedInt | Self::Decimal
        )
    }

    /// Checks a value of this type.
    pub(crate) fn check(self, value: &Value) -> Result<(), Broken> {
        let wrong = |expected: &str| {
            let rule = format!("{expected} is expected");
            Err((FhirErrorKind::WrongType, rule))
        };
        match (self, value) {
            (Self::Boolean, Value::Bool(_)) => Ok(()),
            (Self::Boolean, _) => wrong("true or false"),
            (kind, Value::Number(number)) if kind.is_number() => kind.check_number(number),
            (kind, _) if kind.is_number() => wrong("a number"),
            (kind, Value::String(text)) => kind.check_text(text),
            _ => wrong("text"),
        }
    }

    fn check_number(self, number: &str) -> Result<(), Broken> {
        let lowest = match self {
            Self::Integer => i64::from(i32::MIN),
            Self::PositiveInt => 1,
            Self::UnsignedInt => 0,
            _ => return Ok(()),
        };
        let fits = |value: i64| (lowest..=i64::from(i32::MAX)).contains(&value);
        if number.parse().is_ok_and(fits) {
            Ok(())
        } else {
            let rule = format!("a whole number from {lowest} to {} is expected", i32::MAX);
            Err((FhirErrorKind::BadValue, rule))
        }
    }

    fn check_text(self, text: &str) -> Result<(), Broken> {
        if text.len() > LONGEST_TEXT {
            let rule = format!("text longer than {LONGEST_TEXT} bytes");
            return Err((FhirErrorKind::Limit, rule));
        }
        let bad = |rule: &str| Err((FhirErrorKind::BadValue, rule.to_owned()));
        match self {
            Self::Text if !text.chars().all(allowed) => bad("a control character in text"),
            Self::Code if !is_code(text) => bad("not a code: blanks around it or two together"),
            Self::Uri if !is_uri(text) => bad("not a URI: blanks in it"),
            Self::Oid if !is_oid(text) => bad("not an OID like urn:oid:1.2.3"),
            Self::Uuid if !is_uuid(text) => bad("not a UUID like urn:uuid:… in lower case"),
            Self::Id if !is_id(text) => {
                bad("not an id: 1 to 64 letters, digits, dashes and full stops")
            }
            Self::Base64Binary if !is_base64(text) => bad("not base64"),
            Self::Time if !is_time(text) => bad("not a time of FHIR R4"),
            Self::Xhtml => crate::narrative::well_formed(text).map_err(|error| {
                let rule = format!("not a div of XHTML: {}", error.message);
                (FhirErrorKind::BadValue, rule)
            }),
            Self::Date | Self::DateTime | Self::Instant if !self.takes(precision(text)) => {
                bad(match self {
                    Self::Date => "not a date of FHIR R4",
                    Self::DateTime => "not a dateTime of FHIR R4",
                    _ => "not an instant of FHIR R4",
                })
            }
            _ => Ok(()),
        }
    }

    /// Whether a time may be this precise, or this vague.
    fn takes(self, precision: Option<Precision>) -> bool {
        let Some(precision) = precision else {
            return false;
        };
        let to_the_second = precision >= Precision::Second;
        match self {
            Self::Date => precision <= Precision::Day,
            Self::DateTime => to_the_second || precision <= Precision::Day,
            _ => to_the_second,
        }
    }

    /// A date or time as it should have been written, when it can be told.
    pub(crate) fn mended(self, text: &str) -> Option<String> {
        if !matches!(self, Self::Date | Self::DateTime | Self::Instant)
            || self.takes(precision(text))
        {
            return None;
        }
        let mended = match text.as_bytes() {
            digits if digits.len() == 6 && digits.iter().all(u8::is_ascii_digit) => {
                let (year, month) = text.split_at_checked(4)?;
                format!("{year}-{month}")
            }
            digits if digits.len() == 8 && digits.iter().all(u8::is_ascii_digit) => {
                let (year, rest) = text.split_at_checked(4)?;
                let (month, day) = rest.split_at_checked(2)?;
                format!("{year}-{month}-{day}")
            }
            _ if precision(text) == Some(Precision::Minute) => {
                let (minutes, offset) = text.split_at_checked(16)?;
                format!("{minutes}:00{offset}")
            }
            _ => return None,
        };
        self.takes(precision(&mended)).then_some(mended)
    }
}

fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
}

fn is_code(text: &str) -> bool {
    text.split(' ')
        .all(|word| !word.is_empty() && word.chars().all(|c| !c.is_whitespace() && allowed(c)))
}

fn is_uri(text: &str) -> bool {
    text.chars().all(|c| !c.is_whitespace() && allowed(c))
}

fn is_oid(text: &str) -> bool {
    let Some(oid) = text.strip_prefix("urn:oid:") else {
        return false;
    };
    let mut arcs = oid.split('.');
    let first = arcs.next();
    matches!(first, Some("0" | "1" | "2"))
        && arcs.clone().count() > 0
        && arcs.all(|arc| {
            let digits = !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit());
            digits && (arc == "0" || !arc.starts_with('0'))
        })
}

fn is_uuid(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else {
        return false;
    };
    uuid.len() == 36
        && uuid.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

fn is_id(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
}

fn is_base64(text: &str) -> bool {
    let mut digits = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => digits += 1,
            _ => return false,
        }
    }
    padding <= 2 && (digits + padding).is_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, text: &str, good: bool) {
        let primitive = Primitive::named(kind).unwrap();
        let value = match primitive.is_number() {
            true => Value::Number(text.to_owned()),
            false => Value::from(text),
        };
        assert_eq!(primitive.check(&value).is_ok(), good, "{kind} {text}");
    }

    #[test]
    fn values() {
        let cases = [
            ("id", "a-B.9", true),
            ("id", "a_b", false),
            ("id", &"a".repeat(65), false),
            ("code", "in progress", true),
            ("code", "a  b", false),
            ("code", " a", false),
            ("uri", "urn:x:1", true),
            ("uri", "a b", false),
            ("oid", "urn:oid:2.16.0.1", true),
            ("oid", "urn:oid:2.016", false),
            ("oid", "2.16", false),
            (
                "uuid",
                "urn:uuid:0a1b2c3d-0000-4000-8000-00000000000f",
                true,
            ),
            (
                "uuid",
                "urn:uuid:0A1B2C3D-0000-4000-8000-00000000000F",
                false,
            ),
            ("base64Binary", "QUJD\nRA==", true),
            ("base64Binary", "QUJDR", false),
            ("base64Binary", "Q=JD", false),
            ("string", "a\u{1}", false),
            ("string", "👩🏽‍⚕️ tab\tline\n", true),
            ("time", "12:00:00", true),
            ("time", "12:00", false),
            ("integer", "-2147483648", true),
            ("integer", "2147483648", false),
            ("integer", "1.0", false),
            ("integer", "1e3", false),
            ("positiveInt", "0", false),
            ("unsignedInt", "0", true),
            ("unsignedInt", "-1", false),
            ("decimal", "-1.50e10", true),
            ("dateTime", "2007-03-15T01:00+00:00", false),
            ("instant", "2007-03-15", false),
            ("date", "2007-03", true),
            (
                "xhtml",
                "<div xmlns=\"http://www.w3.org/1999/xhtml\">a</div>",
                true,
            ),
            ("xhtml", "<div>a</div>", false),
        ];
        for (kind, text, good) in cases {
            check(kind, text, good);
        }
    }

    #[test]
    fn mending() {
        let cases = [
            ("dateTime", "199006", Some("1990-06")),
            ("dateTime", "20200805", Some("2020-08-05")),
            ("date", "20200805", Some("2020-08-05")),
            (
                "dateTime",
                "2007-03-15T01:00+00:00",
                Some("2007-03-15T01:00:00+00:00"),
            ),
            ("instant", "2007-03-15T01:00Z", Some("2007-03-15T01:00:00Z")),
            ("dateTime", "20201305", None),
            ("dateTime", "1990", None),
            ("string", "199006", None),
        ];
        for (kind, text, mended) in cases {
            let primitive = Primitive::named(kind).unwrap();
            assert_eq!(primitive.mended(text).as_deref(), mended, "{kind} {text}");
        }
    }
}
