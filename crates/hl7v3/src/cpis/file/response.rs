//! The acknowledgement of an upload: `FileResponse` (REPC_MT000003GB01).
//!
//! It says what became of the file, then of every record (details), then repeats the records
//! (messages), so whoever writes it goes over the upload twice: with [`Details`], which gives
//! [`Messages`]. It is read with [`Reader`], chunk by chunk, or in one go with [`read_whole`].

mod read;
mod write;

use std::fmt;

use domain::cpis::{FileCode, RecordCode, RecordFault, RecordOutcome};
use domain::{Hl7Timestamp, oid};

pub use super::record::Record;
use super::{Found, Organisation, Party};
pub use read::{Item, Reader, Whole, read_whole};
pub use write::{Details, Messages};

/// The name of the document element.
pub const FILE_RESPONSE: &str = "FileResponse";

/// What stands for an id or a quantity that could not be read.
const UNREADABLE: &str = "-1";

/// What an acknowledgement says of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// When it was made.
    pub created: Hl7Timestamp,
    /// The number of the upload; `None` when it could not be read.
    pub file: Option<String>,
    /// How many records were processed; `None` when that cannot be said.
    pub quantity: Option<u64>,
    /// What became of the file: at least one code.
    pub codes: Vec<FileCode>,
    /// Whom it is for.
    pub to: Party,
    /// How many records were stored.
    pub stored: u64,
    /// How many were not.
    pub refused: u64,
}

/// Which record a detail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The one in the n-th `message`, from 1, among the valid or the invalid ones.
    Message {
        /// Which message.
        number: u64,
        /// Whether it is a `validCP-ISRecord`.
        stored: bool,
    },
    /// The n-th of the upload, from 1: it could not be repeated.
    Upload(u64),
}

impl Place {
    /// Parses a `location`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = |text: &str| text.strip_suffix(']')?.parse().ok();
        if let Some(rest) = text.strip_prefix("/File/record[") {
            return number(rest).map(Self::Upload);
        }
        let rest = text.strip_prefix("/FileResponse/message[")?;
        let (index, rest) = rest.split_at(rest.find(']')? + 1);
        let stored = match rest.strip_prefix(WITHIN_MESSAGE)? {
            VALID => true,
            INVALID => false,
            _ => return None,
        };
        let number = number(index)?;
        Some(Self::Message { number, stored })
    }
}

const WITHIN_MESSAGE: &str = "/cP-ISLAAcknowledgementResponse/pertinentInformation1/";
const VALID: &str = "validCP-ISRecord";
const INVALID: &str = "invalidCP-ISRecord";

impl fmt::Display for Place {
    /// The XPath of a `location`. RC5 Patch A of the DMS has it point into the response.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { number, stored } => {
                let record = if *stored { VALID } else { INVALID };
                write!(f, "/FileResponse/message[{number}]{WITHIN_MESSAGE}{record}")
            }
            Self::Upload(number) => write!(f, "/File/record[{number}]"),
        }
    }
}

/// A code and its text, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// `CPF02`, `CPR06`, or a code of ours.
    pub code: String,
    /// What it says.
    pub text: String,
}

/// What an acknowledgement says of one record, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// CPR01 to CPR07.
    pub code: Coded,
    /// Why CPR07, by a code of our own ([`RecordFault`]).
    pub fault: Option<Coded>,
    /// Which record, as written.
    pub location: String,
}

impl Detail {
    /// What became of the record, if the codes are known.
    pub fn outcome(&self) -> Option<RecordOutcome> {
        let code = RecordCode::of(&self.code.code)?;
        let fault = self.fault.as_ref();
        let fault = fault.and_then(|fault| RecordFault::of(&fault.code));
        Some(match (code, fault) {
            (RecordCode::Unsuccessful, Some(fault)) => RecordOutcome::Fault(fault),
            (code, _) => RecordOutcome::Code(code),
        })
    }

    /// Which record it is about, if it says so in a way we know.
    pub fn place(&self) -> Option<Place> {
        Place::parse(&self.location)
    }
}

/// What an acknowledgement says beside its records, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// When it was made.
    pub created: Found<Hl7Timestamp>,
    /// The number of the upload; `None` when it could not be read.
    pub file: Option<String>,
    /// How many records were processed; `None` when that could not be told.
    pub quantity: Option<u64>,
    /// What became of the file.
    pub codes: Vec<Coded>,
    /// Whom it is for.
    pub organisation: Organisation,
    /// How many records were refused.
    pub failed: Option<u64>,
    /// How many were stored.
    pub stored: Option<u64>,
}

impl Summary {
    /// What became of the file, by the first code that is known.
    pub fn code(&self) -> Option<FileCode> {
        self.codes
            .iter()
            .find_map(|coded| FileCode::of(&coded.code))
    }
}

/// The code system of a detail's code.
const RECORD_CODES: &str = oid::CPIS_UPLOAD_RECORD_RESPONSE;

/// The code system of our own reasons for CPR07 ([`RecordFault`]). An OID that anybody may make of a
/// UUID (ITU-T X.667: arc 2.25), so it can be nobody else's.
pub const FAULT_CODES: &str = "2.25.300162543324950532719492636828660266792";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_an_xpath() {
        for (place, text) in [
            (
                Place::Message {
                    number: 12,
                    stored: true,
                },
                "/FileResponse/message[12]/cP-ISLAAcknowledgementResponse/pertinentInformation1/validCP-ISRecord",
            ),
            (
                Place::Message {
                    number: 1,
                    stored: false,
                },
                "/FileResponse/message[1]/cP-ISLAAcknowledgementResponse/pertinentInformation1/invalidCP-ISRecord",
            ),
            (Place::Upload(100_000), "/File/record[100000]"),
        ] {
            assert_eq!(place.to_string(), text);
            assert_eq!(Place::parse(text), Some(place));
        }
        for text in [
            "",
            "/File/record[]",
            "/File/record[1]/CP-ISRecord",
            "/FileResponse/message[1]",
            "/FileResponse/message[x]/cP-ISLAAcknowledgementResponse/pertinentInformation1/validCP-ISRecord",
            "/FileResponse/message[1",
        ] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
