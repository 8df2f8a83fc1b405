//! The NHS number: ten digits, the last of them a modulus 11 check digit (NHS Data Dictionary).
//!
//! It is the one identifier that names a patient, so it is masked wherever it could leak:
//! `{:?}` shows the first three digits only. `{}` is for people, grouped 3-3-4 as the NHS style
//! guide asks; [`NhsNumber::as_str`] is for the wire.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// A valid NHS number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct NhsNumber([u8; 10]);

/// Why a text is not an NHS number. The text itself is never repeated: it may be a patient's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NhsNumberError {
    /// Not exactly ten digits, once spaces are set aside.
    #[error("an NHS number has exactly 10 digits")]
    Shape,
    /// The tenth digit is not the modulus 11 check digit of the first nine.
    #[error("the check digit (modulus 11) of the NHS number is wrong")]
    CheckDigit,
}

/// Whether the check digit of an NHS number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CheckDigit {
    /// A number with a wrong one is none.
    #[default]
    Required,
    /// For the published test packs, some of whose numbers have a wrong one.
    Ignored,
}

impl CheckDigit {
    /// Parses ten digits, without spaces, by this rule.
    pub fn parse(self, text: &str) -> Result<NhsNumber, NhsNumberError> {
        match self {
            Self::Required => NhsNumber::parse(text),
            Self::Ignored => NhsNumber::parse_any(text),
        }
    }
}

impl NhsNumber {
    /// Parses ten digits, without spaces, as they stand in messages.
    pub fn parse(text: &str) -> Result<Self, NhsNumberError> {
        let number = Self::parse_any(text)?;
        match check_digit(&number.0[..9]) {
            Some(check) if check == number.0[9] => Ok(number),
            _ => Err(NhsNumberError::CheckDigit),
        }
    }

    /// As [`NhsNumber::parse`], whatever the check digit is: some numbers of the published CP-IS test
    /// packs have a wrong one. Only for those, and only where an operator asked for it.
    pub fn parse_any(text: &str) -> Result<Self, NhsNumberError> {
        let digits: [u8; 10] = text
            .as_bytes()
            .try_into()
            .map_err(|_| NhsNumberError::Shape)?;
        match digits.iter().all(u8::is_ascii_digit) {
            true => Ok(Self(digits)),
            false => Err(NhsNumberError::Shape),
        }
    }

    /// Completes nine digits with their check digit; `None` when no check digit exists for them
    /// (one combination in eleven) or when they are not nine digits.
    pub fn from_first_nine(nine: &str) -> Option<Self> {
        let nine: [u8; 9] = nine.as_bytes().try_into().ok()?;
        if !nine.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut digits = [0; 10];
        digits[..9].copy_from_slice(&nine);
        digits[9] = check_digit(&nine)?;
        Some(Self(digits))
    }

    /// The ten digits, as they stand in messages.
    pub fn as_str(&self) -> &str {
        // The constructors admit ASCII digits only, so this never takes the fallback.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Modulus 11: weights 10 down to 2, eleven less the remainder; 11 counts as 0, 10 has no digit.
fn check_digit(nine: &[u8]) -> Option<u8> {
    let sum: u32 = nine
        .iter()
        .zip((2..=10).rev())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    match 11 - sum % 11 {
        11 => Some(b'0'),
        10 => None,
        digit => Some(b'0' + digit as u8),
    }
}

impl FromStr for NhsNumber {
    type Err = NhsNumberError;

    /// As [`NhsNumber::parse`], but takes the grouped form people write as well: `999 000 0018`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let compact: String = text.chars().filter(|c| *c != ' ' && *c != '-').collect();
        Self::parse(&compact)
    }
}

impl Serialize for NhsNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl TryFrom<String> for NhsNumber {
    type Error = NhsNumberError;

    /// What was written down was checked when it came in, so the check digit is not asked for again
    /// ([`NhsNumber::parse_any`]).
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse_any(&text)
    }
}

impl From<NhsNumber> for String {
    fn from(number: NhsNumber) -> Self {
        number.as_str().to_owned()
    }
}

impl fmt::Display for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.as_str();
        write!(f, "{} {} {}", &s[..3], &s[3..6], &s[6..])
    }
}

impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NhsNumber({} *** ****)", &self.as_str()[..3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_numbers_are_valid() {
        for number in ["9449310580", "9454200356", "2222222222", "9434765919"] {
            assert_eq!(
                NhsNumber::parse(number).map(|n| n.as_str().to_owned()),
                Ok(number.to_owned())
            );
        }
    }

    #[test]
    fn wrong_shapes_and_check_digits_are_told_apart() {
        use NhsNumberError::{CheckDigit, Shape};
        for (text, error) in [
            ("", Shape),
            ("944931058", Shape),
            ("94493105800", Shape),
            ("944931058x", Shape),
            ("٩٤٤٩٣", Shape),
            ("9449310581", CheckDigit),
        ] {
            assert_eq!(NhsNumber::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn debug_is_masked_and_display_is_grouped() {
        let number = NhsNumber::parse("9449310580").expect("valid");
        assert_eq!(format!("{number:?}"), "NhsNumber(944 *** ****)");
        assert_eq!(number.to_string(), "944 931 0580");
        assert_eq!("944 931 0580".parse(), Ok(number));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_noticed(nine in "[0-9]{9}", at in 0usize..10, add in 1u8..10) {
            let Some(number) = NhsNumber::from_first_nine(&nine) else { return Ok(()) };
            let mut bytes = number.0;
            bytes[at] = b'0' + (bytes[at] - b'0' + add) % 10;
            let text = std::str::from_utf8(&bytes).expect("digits");
            prop_assert_eq!(NhsNumber::parse(text), Err(NhsNumberError::CheckDigit));
        }
    }
}
