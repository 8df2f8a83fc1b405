//! Faults as they are written down.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use domain::NhsNumber;
use serde::{Deserialize, Deserializer};

/// No fault waits longer.
pub const LONGEST_DELAY: Duration = Duration::from_secs(600);

/// A fault of a request or of the answer on its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `delay=500ms`: the request waits before it is looked at.
    Delay(Duration),
    /// `drop`: the connection closes, and the request was never looked at.
    Drop,
    /// `drop-answer`: the request has its effect, and the connection closes without an answer.
    DropAnswer,
    /// `soap-fault`: SOAP fault 200, which may be tried again.
    SoapFault,
    /// `malformed`: the answer is not well-formed XML.
    Malformed,
    /// `truncate`: the connection closes half-way through the answer.
    Truncate,
    /// `status=503`: no answer but this status.
    Status(u16),
}

/// A fault of an asynchronous answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyFault {
    /// `reply-delay=2s`: it is sent later, so that others overtake it.
    Delay(Duration),
    /// `reply-duplicate`: it is sent twice, under two message ids.
    Duplicate,
    /// `reply-lost=10s`: the first try counts and was never sent; the second comes after so long.
    Lost(Duration),
}

/// Either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Rehearsed {
    /// On the connection.
    Request(Fault),
    /// Of an asynchronous answer.
    Reply(ReplyFault),
}

/// When a fault happens without being asked for by header.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// In requests that hold this NHS number; in all without one.
    #[serde(default, deserialize_with = "checked")]
    pub patient: Option<NhsNumber>,
    /// What happens.
    pub fault: Rehearsed,
    /// In how many of a hundred such requests, by chance.
    #[serde(default = "always")]
    pub percent: u8,
}

const fn always() -> u8 {
    100
}

/// Why a text is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is none of this name.
    #[error(
        "there is no such fault; there are delay=TIME, drop, drop-answer, soap-fault, malformed, \
         truncate, status=NUMBER, reply-delay=TIME, reply-duplicate, reply-lost=TIME"
    )]
    Unknown,
    /// Its time cannot be read.
    #[error("a time is a whole number and ms, s or min, at most 10 min: 500ms")]
    Time,
    /// Its status is none.
    #[error("a status is a number from 200 to 599")]
    Status,
}

impl Fault {
    /// Its name, without any value.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Drop => "drop",
            Self::DropAnswer => "drop-answer",
            Self::SoapFault => "soap-fault",
            Self::Malformed => "malformed",
            Self::Truncate => "truncate",
            Self::Status(_) => "status",
        }
    }
}

impl FromStr for Rehearsed {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let text = text.trim();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text, None),
        };
        Ok(match (name, value) {
            ("delay", Some(value)) => Self::Request(Fault::Delay(time(value)?)),
            ("drop", None) => Self::Request(Fault::Drop),
            ("drop-answer", None) => Self::Request(Fault::DropAnswer),
            ("soap-fault", None) => Self::Request(Fault::SoapFault),
            ("malformed", None) => Self::Request(Fault::Malformed),
            ("truncate", None) => Self::Request(Fault::Truncate),
            ("status", Some(value)) => Self::Request(Fault::Status(status(value)?)),
            ("reply-delay", Some(value)) => Self::Reply(ReplyFault::Delay(time(value)?)),
            ("reply-duplicate", None) => Self::Reply(ReplyFault::Duplicate),
            ("reply-lost", Some(value)) => Self::Reply(ReplyFault::Lost(time(value)?)),
            _ => return Err(FaultError::Unknown),
        })
    }
}

impl TryFrom<String> for Rehearsed {
    type Error = FaultError;

    fn try_from(text: String) -> Result<Self, FaultError> {
        text.parse()
    }
}

fn time(text: &str) -> Result<Duration, FaultError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or(FaultError::Time)?;
    let number: u64 = number.parse().map_err(|_| FaultError::Time)?;
    let time = match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "min" => Duration::from_secs(number.saturating_mul(60)),
        _ => return Err(FaultError::Time),
    };
    match time <= LONGEST_DELAY {
        true => Ok(time),
        false => Err(FaultError::Time),
    }
}

fn status(text: &str) -> Result<u16, FaultError> {
    let status = text.parse().ok();
    status
        .filter(|status| (200..=599).contains(status))
        .ok_or(FaultError::Status)
}

impl fmt::Display for FaultRule {
    /// For the log at start-up: the rule without the patient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = match self.patient {
            Some(_) => "one patient",
            None => "every request",
        };
        write!(f, "{:?} for {whose}, {} %", self.fault, self.percent)
    }
}

/// A number that somebody typed: unlike those of a store, its check digit has to be right.
fn checked<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NhsNumber>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let number = text.map(|text| NhsNumber::parse(&text)).transpose();
    number.map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_exactly() {
        use Rehearsed::{Reply, Request};
        let ms = Duration::from_millis;
        for (text, expected) in [
            ("delay=500ms", Ok(Request(Fault::Delay(ms(500))))),
            (" delay = 2s ", Ok(Request(Fault::Delay(ms(2_000))))),
            ("delay=10min", Ok(Request(Fault::Delay(ms(600_000))))),
            ("delay=0ms", Ok(Request(Fault::Delay(ms(0))))),
            ("drop", Ok(Request(Fault::Drop))),
            ("drop-answer", Ok(Request(Fault::DropAnswer))),
            ("soap-fault", Ok(Request(Fault::SoapFault))),
            ("malformed", Ok(Request(Fault::Malformed))),
            ("truncate", Ok(Request(Fault::Truncate))),
            ("status=503", Ok(Request(Fault::Status(503)))),
            ("reply-delay=1s", Ok(Reply(ReplyFault::Delay(ms(1_000))))),
            ("reply-duplicate", Ok(Reply(ReplyFault::Duplicate))),
            ("reply-lost=1s", Ok(Reply(ReplyFault::Lost(ms(1_000))))),
            ("", Err(FaultError::Unknown)),
            ("Drop", Err(FaultError::Unknown)),
            ("drop=1", Err(FaultError::Unknown)),
            ("delay", Err(FaultError::Unknown)),
            ("delay=", Err(FaultError::Time)),
            ("delay=5", Err(FaultError::Time)),
            ("delay=-5s", Err(FaultError::Time)),
            ("delay=601s", Err(FaultError::Time)),
            ("delay=99999999999999999999s", Err(FaultError::Time)),
            ("delay=1é", Err(FaultError::Time)),
            ("status=199", Err(FaultError::Status)),
            ("status=600", Err(FaultError::Status)),
            ("status=x", Err(FaultError::Status)),
        ] {
            assert_eq!(text.parse::<Rehearsed>(), expected, "{text}");
        }
    }

    #[test]
    fn rules_are_read_from_configuration_and_unknown_keys_refused() {
        let read = |json: &str| serde_json::from_str::<FaultRule>(json);
        let rule = read(r#"{"patient": "9990000018", "fault": "drop", "percent": 5}"#);
        let rule = rule.expect("a rule");
        assert_eq!(rule.percent, 5);
        assert!(!rule.to_string().contains("999"), "{rule}");
        let rule = read(r#"{"fault": "reply-duplicate"}"#).expect("a rule");
        assert_eq!((rule.patient, rule.percent), (None, 100));
        for wrong in [
            r#"{"fault": "explode"}"#,
            r#"{"fault": "drop", "chance": 1}"#,
            r#"{"patient": "9990000019", "fault": "drop"}"#,
            r"{}",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
