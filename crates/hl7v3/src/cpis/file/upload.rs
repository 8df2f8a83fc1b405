//! The upload: `File` (REPC_MT000002GB01), records of plans with the people they are about.
//!
//! Read with [`Reader`], chunk by chunk, or in one go with [`read_whole`]; written with [`start`],
//! [`record`] for each, and [`end`].
//!
//! Reading tolerates what cannot be mistaken, and says of the rest that it is missing or wrong:
//! elements that no schema knows are passed over, except between records; what comes before the
//! records may come in any order; an `id` may have a root. What is tolerated within a record stands
//! where records are read (`record::read`): a missing `contentId` is, one that names another template
//! is not, nor is a date outside its own `component`.

mod read;
mod write;

use domain::Hl7Timestamp;

pub use super::record::{Record, UploadedPlan, UploadedSubject};
use super::{Found, Organisation, Party};
pub use read::{Item, Reader, read_whole};
pub use write::{end, record, start};

/// The name of the document element.
pub const FILE: &str = "File";

/// What an upload says before its records, as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// When it was made.
    pub created: Found<Hl7Timestamp>,
    /// Its number, as the authority counts its files.
    pub file: Option<String>,
    /// How many records it says it has.
    pub quantity: Found<u64>,
    /// The authority it is from.
    pub organisation: Organisation,
}

impl Head {
    /// What is missing or wrong in it, as paths below `File`.
    pub fn missing(&self) -> Vec<&'static str> {
        let organisation = &self.organisation;
        let rows = [
            ("creationTime/@value", self.created.good().is_some()),
            ("id/@extension", self.file.is_some()),
            (
                "transmissionQuantity/@value",
                self.quantity.good().is_some(),
            ),
            (
                "communicationFunctionSnd/organisation/id/@extension",
                organisation.code.good().is_some(),
            ),
            (
                "communicationFunctionSnd/organisation/name",
                organisation.name.is_some(),
            ),
            (
                "communicationFunctionSnd/organisation/telecom",
                organisation.contact().is_ok(),
            ),
        ];
        let wanting = rows.into_iter().filter(|(_, there)| !there);
        wanting.map(|(place, _)| place).collect()
    }
}

/// What is written before the records of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// When it was made.
    pub created: Hl7Timestamp,
    /// Its number.
    pub file: String,
    /// How many records it has.
    pub quantity: u64,
    /// The authority it is from.
    pub from: Party,
}
