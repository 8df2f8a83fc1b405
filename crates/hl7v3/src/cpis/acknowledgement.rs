//! Saying no: that there is no record (QUQI_IN010000UK14), and what is wrong with a request
//! (MCCI_IN010000UK13, one reason for each failed check).
//!
//! Spine 2 has names for its CP-IS faults; which code and text each has on the wire is not
//! published. [`Codes`] is the table of both, and an operator who knows better may change it.

use std::borrow::Cow;

use domain::code::psis::{Issue, Severity};
use domain::oid;

use super::fault;
use crate::issue::{Acknowledged, query_ack, reasons};
use crate::soap;
use crate::wrapper::{AcknowledgementKind, write_versioned};
use crate::{AnswerParts, Interaction, Invalid};

/// Stands in a text of [`Codes`] for the part at fault.
const FIELD: &str = "{field}";

/// What is said when no fault of the table is meant: nobody foresaw it.
pub const UNEXPECTED: &str = "unexpected";

/// Every code we say: the fault, or the set it is of, its code and its text. The first pair is the
/// only one that Spine 2's CP-IS stylesheets mention; the last is that of a published answer.
pub const DEFAULTS: [(&str, &str, &str); 4] = [
    ("ErrorBase1732", "202", "HL7 Validation Error"),
    (
        "ErrorBase1712",
        "202",
        "HL7 Validation Error: {field} missing",
    ),
    (
        fault::INVALID,
        "202",
        "HL7 Validation Error: {field} invalid",
    ),
    (
        UNEXPECTED,
        "GE002",
        "Unexpected business error encountered.",
    ),
];

/// With which code and text each fault is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codes {
    /// `(fault or set, code, text)`
    table: Vec<(String, String, String)>,
}

impl Default for Codes {
    /// [`DEFAULTS`].
    fn default() -> Self {
        let own = |(fault, code, text): (&str, &str, &str)| {
            (fault.to_owned(), code.to_owned(), text.to_owned())
        };
        Self {
            table: DEFAULTS.into_iter().map(own).collect(),
        }
    }
}

impl Codes {
    /// Answers a fault (`ErrorBase1732.INVALID_ID`), or all of a set that have no entry of their
    /// own (`ErrorBase1732`), or what nobody foresaw ([`UNEXPECTED`]), with this code and text.
    /// `{field}` in the text stands for the part at fault.
    pub fn set(&mut self, fault: &str, code: &str, text: &str) {
        self.table.retain(|(name, _, _)| name != fault);
        let entry = (fault.to_owned(), code.to_owned(), text.to_owned());
        self.table.push(entry);
    }

    /// One issue for each rule that a request breaks.
    pub fn issues(&self, invalid: &Invalid) -> Vec<Issue> {
        let issue = |one: &Invalid| self.issue(one.fault, &one.detail);
        invalid.each().map(issue).collect()
    }

    /// The issue of a failure that nobody foresaw.
    pub fn unexpected(&self) -> Issue {
        self.issue(UNEXPECTED, "")
    }

    fn issue(&self, fault: &str, field: &str) -> Issue {
        let set = fault.split('.').next().unwrap_or_default();
        let names = [fault, set, UNEXPECTED];
        let of = |name: &str| self.table.iter().find(|(known, _, _)| known == name);
        let found = names.into_iter().find_map(of);
        let (code, text) = found.map_or(("", ""), |(_, code, text)| (code, text));
        issue(code.to_owned(), text.replace(FIELD, field))
    }
}

fn issue(code: impl Into<Cow<'static, str>>, text: String) -> Issue {
    Issue {
        code: code.into(),
        system: oid::QUERY_WARNING,
        text,
        severity: Severity::Error,
    }
}

/// What the published answer says when the number is not on CP-IS: two codes of one text.
pub fn not_found() -> [Issue; 2] {
    let text = "NHS Number Not Found";
    ["1", "NHSNCC002"].map(|code| issue(code, text.to_owned()))
}

/// QUQI_IN010000UK14: CP-IS holds nothing under this number.
#[derive(Debug, Clone, Copy)]
pub struct NoRecord;

impl NoRecord {
    /// Writes the whole answer, exactly as the published one: it says `ID`, an issue, where the
    /// vocabulary has `NF` for no data found.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let interaction = Interaction::QueryFailed;
        soap::write_response(parts, interaction, 0, |w| {
            let ack = parts.acknowledgement(AcknowledgementKind::Error);
            let version = Interaction::Acknowledgement.version_code();
            write_versioned(w, interaction, version, &parts.outgoing(), &ack, |w| {
                reasons(w, &not_found());
                query_ack(w, "ID");
            });
        })
    }
}

/// Writes MCCI_IN010000UK13 in error for these issues: alone in the SOAP body, or bare.
pub fn write_refusal(parts: &AnswerParts<'_>, issues: &[Issue]) -> Vec<u8> {
    let ack = AcknowledgementKind::Error;
    Acknowledged { ack, issues }.write(parts)
}
