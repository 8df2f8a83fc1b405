//! Privacy alerts on the wire: COMT_IN000001UK01, message type COMT_MT000001UK01.
//!
//! An alert travels reliably, as the HL7 part of an ebXML message, so here it is the bare
//! interaction without SOAP. Every check of Spine 2 has a place of its own in one fault,
//! `ErrorBaseTms.ALERT_INVALID_INPUT[place]`.

mod read;
mod write;

pub use read::{AlertMessage, read};
pub use write::{AlertParts, write};

/// The code system of `AlertEvent/code`. None is published for HL7 V3, so this is one of our own
/// (arc 2.25, ISO/IEC 9834-8); the codes are those of the alert's FHIR form. A reader asks only
/// that there be one.
pub const TYPE_SYSTEM: &str = "2.25.293693646426724486962688733874161635277";

/// The code system of `justifyingReasonCoded/code`, likewise.
pub const REASON_SYSTEM: &str = "2.25.248094935054108703344113018238303759942";

/// The longest text of an alert, written or read, in characters; the rest is cut off. An alert that
/// is refused for its size is an alert lost, and whoever caused it chose the words.
pub const LONGEST_TEXT: usize = 10_000;

/// The longest name, likewise.
pub const LONGEST_NAME: usize = 500;

fn cut(text: &str, longest: usize) -> &str {
    let end = text.char_indices().nth(longest);
    end.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}
