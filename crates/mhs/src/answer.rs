//! What an answer to a message means: delivered, to be tried again, or refused for good.
//!
//! Only one thing means delivered: an acknowledgment of this very message. Refused for good is
//! only what says that the message itself is at fault. Everything else (no answer, a proxy's
//! error page, an answer about something else) says nothing about the message, so it is tried
//! again.
//!
//! A message sent by the express pattern is not acknowledged, and its receiver does not know it
//! when it comes again. So delivered means a good answer without content, and it is tried again
//! only when nothing of it can have arrived.

use domain::MessageId;
use ebxml::{ErrorCode, Kind, MessageError, Severity};
use hl7v3::SoapFault;
use transport::{UpstreamError, UpstreamResponse};
use xml::Document;

/// Numbers of Spine faults that pass by themselves: system failure, routing failure, storage.
const PASSING: [&str; 3] = ["200", "206", "208"];

/// The most characters that are kept of what the other side says.
const LONGEST: usize = 500;

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It has arrived and is safe there.
    Acknowledged,
    /// It may arrive later.
    Again(Why),
    /// It never will as it is.
    Dead(Why),
}

/// Why a message was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Why {
    /// In our words, for logs.
    pub(crate) brief: String,
    /// In the other side's words: not for logs.
    pub(crate) said: Option<String>,
}

impl Why {
    pub(crate) fn new(brief: impl Into<String>) -> Self {
        Self {
            brief: brief.into(),
            said: None,
        }
    }

    /// Both, for operators: what the other side says is what tells them what to mend. Long
    /// numbers are masked in it, should one be a patient's.
    pub(crate) fn in_full(&self) -> String {
        let full = match &self.said {
            Some(said) => format!("{}: {}", self.brief, masked(said)),
            None => self.brief.clone(),
        };
        full.chars().take(LONGEST).collect()
    }
}

/// A text with every number of 7 digits or more, blanks and hyphens of any kind passed over,
/// replaced; and on one line.
fn masked(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let mut rest = text.as_str();
    let mut out = String::new();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let is_hyphen = |c: char| c == '-' || ('\u{2010}'..='\u{2015}').contains(&c);
        let is_part = |c: char| c.is_ascii_digit() || c == ' ' || is_hyphen(c);
        let end = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        out.push_str(before);
        match number.bytes().filter(u8::is_ascii_digit).count() {
            0..7 => out.push_str(number),
            _ => out.push_str("(number)"),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Judges the answer to a message that has been tried this often.
pub(crate) fn judge(
    message: &MessageId,
    tries: u32,
    answer: Result<UpstreamResponse, UpstreamError>,
) -> Verdict {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Verdict::Again(Why::new(error.to_string())),
    };
    if let Ok(signal) = ebxml::read(content_type(&answer), &answer.body) {
        return match signal.kind {
            Kind::Acknowledgment(acknowledgment) => {
                acknowledged(message, &acknowledgment.ref_to, answer.status)
            }
            Kind::Errors(errors) => refused(message, signal.header.ref_to.as_ref(), &errors),
            Kind::Business => again("the answer is a message, not a signal"),
        };
    }
    match fault(&answer) {
        Some(fault) => faulted(tries, &fault),
        None => unread(&answer),
    }
}

/// Judges the answer to a message of the express pattern.
pub(crate) fn judge_express(
    message: &MessageId,
    answer: Result<UpstreamResponse, UpstreamError>,
) -> Verdict {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if error.nothing_was_sent() => return again(error.to_string()),
        Err(error) => return outcome_unknown(&error.to_string()),
    };
    let is_good = matches!(answer.status, 200..=299);
    if is_good && answer.body.trim_ascii().is_empty() {
        return Verdict::Acknowledged;
    }
    if let Ok(signal) = ebxml::read(content_type(&answer), &answer.body) {
        return match signal.kind {
            // Some acknowledge what nobody asked them to.
            Kind::Acknowledgment(ack) if is_good && is_same(message, &ack.ref_to) => {
                Verdict::Acknowledged
            }
            Kind::Errors(errors) => Verdict::Dead(why_of_errors(&errors)),
            _ => outcome_unknown("the answer is about something else"),
        };
    }
    match fault(&answer) {
        Some(fault) => Verdict::Dead(why_of_fault(&fault)),
        None => outcome_unknown(&format!("HTTP status {}", answer.status)),
    }
}

/// It may have arrived, and it may not be sent twice.
pub(crate) fn outcome_unknown(what: &str) -> Verdict {
    Verdict::Dead(Why::new(format!("outcome unknown: {what}")))
}

/// What a signal that came by itself says of the message it is about: the same as if it had come
/// as an answer. `None` for what is no signal.
pub(crate) fn judge_signal(message: &MessageId, kind: &Kind) -> Option<Verdict> {
    match kind {
        Kind::Business => None,
        Kind::Acknowledgment(ack) => Some(acknowledged(message, &ack.ref_to, 200)),
        Kind::Errors(errors) => Some(refused(message, None, errors)),
    }
}

/// Whatever is not multipart is looked at as XML: content types of signals are not reliable.
fn content_type(answer: &UpstreamResponse) -> &str {
    match answer.content_type.trim_start().get(..10) {
        Some(start) if start.eq_ignore_ascii_case("multipart/") => &answer.content_type,
        _ => "text/xml",
    }
}

fn again(brief: impl Into<String>) -> Verdict {
    Verdict::Again(Why::new(brief))
}

fn acknowledged(message: &MessageId, ref_to: &MessageId, status: u16) -> Verdict {
    if !is_same(message, ref_to) {
        return again("the acknowledgment is of another message");
    }
    match status {
        200..=299 => Verdict::Acknowledged,
        _ => again(format!("an acknowledgment under HTTP status {status}")),
    }
}

/// Some systems write message ids in lower case.
fn is_same(one: &MessageId, other: &MessageId) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

fn refused(message: &MessageId, ref_to: Option<&MessageId>, errors: &[MessageError]) -> Verdict {
    if ref_to.is_some_and(|ref_to| !is_same(message, ref_to)) {
        return again("the error is about another message");
    }
    let why = why_of_errors(errors);
    match errors.iter().any(is_final) {
        true => Verdict::Dead(why),
        false => Verdict::Again(why),
    }
}

fn why_of_errors(errors: &[MessageError]) -> Why {
    let codes: Vec<_> = errors.iter().map(|error| error.code.name()).collect();
    let descriptions: Vec<_> = errors.iter().map(|e| e.description.as_str()).collect();
    Why {
        brief: format!("ebXML error {}", shortened(&codes.join(", "))),
        said: Some(descriptions.join("; ")),
    }
}

fn is_final(error: &MessageError) -> bool {
    let passes = match &error.code {
        ErrorCode::DeliveryFailure => true,
        ErrorCode::Other(code) => PASSING.contains(&code.as_str()),
        _ => false,
    };
    error.severity == Severity::Error && !passes
}

fn fault(answer: &UpstreamResponse) -> Option<SoapFault> {
    let document = Document::parse_answer(answer.body.trim_ascii_start()).ok()?;
    SoapFault::read(&document)
}

/// A fault is tried again if every number in it is one that passes. One without any number is
/// given a second chance.
fn faulted(tries: u32, fault: &SoapFault) -> Verdict {
    let why = why_of_fault(fault);
    let mut codes = fault.errors.iter().map(|e| e.code.as_str());
    let passes = match fault.errors.is_empty() {
        true => tries <= 1,
        false => codes.all(|code| PASSING.contains(&code)),
    };
    match passes {
        true => Verdict::Again(why),
        false => Verdict::Dead(why),
    }
}

fn why_of_fault(fault: &SoapFault) -> Why {
    let codes: Vec<_> = fault.errors.iter().map(|e| e.code.as_str()).collect();
    let descriptions = fault.errors.iter().map(|e| e.description.as_str());
    let said: Vec<_> = std::iter::once(fault.faultstring.as_str())
        .chain(descriptions)
        .collect();
    Why {
        brief: match codes.is_empty() {
            true => "SOAP fault".to_owned(),
            false => format!("SOAP fault {}", shortened(&codes.join(", "))),
        },
        said: Some(said.join("; ")),
    }
}

/// An answer that says nothing we can read: only "too large" is about the message.
fn unread(answer: &UpstreamResponse) -> Verdict {
    let UpstreamResponse { status, body, .. } = answer;
    let why = match body.is_empty() {
        true => format!("HTTP status {status} without an acknowledgment"),
        false => format!("HTTP status {status} with an answer that cannot be read"),
    };
    match status {
        413 => Verdict::Dead(Why::new(why)),
        _ => again(why),
    }
}

/// Codes are the other side's words too, so they do not get to fill a log, nor to name a patient
/// in it.
fn shortened(codes: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || " ,-_.()".contains(*c);
    let codes: Vec<String> = codes.split(", ").map(masked).collect();
    codes
        .join(", ")
        .chars()
        .filter(is_plain)
        .take(100)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_masked() {
        for (said, expected) in [
            ("501319:Unknown eb:CPAId", "501319:Unknown eb:CPAId"),
            ("of 999 012 3456 no", "of (number)no"),
            ("9990123456", "(number)"),
            ("999-012-3456, 12", "(number), 12"),
            ("999\u{a0}012\n\t3456", "(number)"),
            ("999\u{2011}012\u{2013}3456", "(number)"),
            ("no\n\nsuch  party", "no such party"),
            ("é1é", "é1é"),
            ("", ""),
        ] {
            assert_eq!(masked(said), expected);
        }
        let long = Why {
            brief: "x".to_owned(),
            said: Some("y".repeat(2 * LONGEST)),
        };
        assert_eq!(long.in_full().len(), LONGEST);
    }

    #[test]
    fn the_other_side_s_codes_do_not_fill_a_log() {
        assert_eq!(shortened("Other\nline <x>"), "Other line x");
        assert_eq!(shortened(&"x".repeat(1000)).len(), 100);
        assert_eq!(shortened("200, 9990123456, 206"), "200, (number), 206");
    }
}
