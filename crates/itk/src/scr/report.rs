//! The activity report: who looked, as comma-separated values.
//!
//! A header record of 7 fields and detail records of 9, UTF-8. Every field is in double quotes
//! (one inside is doubled), fields are separated by commas, and every record ends with a carriage
//! return. There are no column names: the places of the fields are fixed.

mod read;

use std::fmt;

use domain::{NhsNumber, SdsUserId};

pub use read::{Place, ReportError, read};

/// The header record. A report that is read keeps the filters as text: published examples name
/// NHS numbers with a wrong check digit.
#[derive(Clone, PartialEq, Eq)]
pub struct Header<Patient = NhsNumber, User = SdsUserId> {
    /// When the report was made: `YYYYMMDDhhmmss`, UK local time.
    pub created: String,
    /// How many detail records follow.
    pub returned: usize,
    /// How many accesses match; when this is more than `returned`, the report was cut short.
    pub matching: u64,
    /// The first day: `YYYYMMDD`.
    pub low: String,
    /// The last day: `YYYYMMDD`.
    pub high: String,
    /// Only accesses to this patient's record.
    pub patient: Option<Patient>,
    /// Only accesses by this user.
    pub user: Option<User>,
}

/// A detail record: one access.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The ODS code of the organisation.
    pub organisation: String,
    /// Its name.
    pub organisation_name: String,
    /// The NHS number of the patient.
    pub patient: String,
    /// The SDS user id of who looked.
    pub user: String,
    /// Their SDS role profile id.
    pub role_profile: String,
    /// Their name.
    pub user_name: String,
    /// Emergency access: `T` or `F`.
    pub emergency: bool,
    /// Its reason; empty when it was none.
    pub reason: String,
    /// When: `YYYYMMDDhhmmss`, UK local time.
    pub at: String,
}

/// A report that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The header record.
    pub header: Header<String, String>,
    /// The detail records, as many as the header says.
    pub rows: Vec<Row>,
}

impl Report {
    /// Whether more accesses match than the report lists.
    pub fn is_cut_short(&self) -> bool {
        self.header.matching > self.rows.len() as u64
    }
}

/// Whom the report is about is not shown.
impl<P, U: fmt::Debug> fmt::Debug for Header<P, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("created", &self.created)
            .field("returned", &self.returned)
            .field("matching", &self.matching)
            .field("low", &self.low)
            .field("high", &self.high)
            .field("by_patient", &self.patient.is_some())
            .field("user", &self.user)
            .finish()
    }
}

/// Neither the patient nor the names and the reason are shown.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("organisation", &self.organisation)
            .field("user", &self.user)
            .field("emergency", &self.emergency)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Writes a report; the rows are in ascending order of time, and as many as the header says.
pub fn write(header: &Header, rows: impl Iterator<Item = Row>) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + header.returned.saturating_mul(160));
    record(
        &mut out,
        [
            &header.created,
            &header.returned.to_string(),
            &header.matching.to_string(),
            &header.low,
            &header.high,
            header.patient.as_ref().map_or("", NhsNumber::as_str),
            header.user.as_ref().map_or("", SdsUserId::as_str),
        ],
    );
    let mut written = 0;
    for row in rows {
        record(
            &mut out,
            [
                &row.organisation,
                &row.organisation_name,
                &row.patient,
                &row.user,
                &row.role_profile,
                &row.user_name,
                if row.emergency { "T" } else { "F" },
                &row.reason,
                &row.at,
            ],
        );
        written += 1;
    }
    debug_assert_eq!(written, header.returned, "the header says how many");
    out
}

/// One record. Control characters go out as blanks, so that one record is one line for readers
/// that know nothing of quotes.
fn record<const N: usize>(out: &mut Vec<u8>, fields: [&str; N]) {
    for (at, field) in fields.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"\"" } else { b",\"" });
        for c in field.chars() {
            match c {
                '"' => out.extend_from_slice(b"\"\""),
                c if c.is_control() => out.push(b' '),
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        out.push(b'"');
    }
    out.push(b'\r');
}
