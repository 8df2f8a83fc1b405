//! Reading a report: as it is published, or not at all.
//!
//! A privacy officer decides by what a report lists, so nothing is guessed: a report whose parts
//! do not add up is refused, and the error names the place and the rule. What cannot be mistaken
//! is let pass: any line end, blanks around a field, and no line end after the last record.

use std::borrow::Cow;
use std::fmt;

use super::{Header, Report, Row};

/// A record of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The header.
    Header,
    /// A row, counted from 1.
    Row(usize),
}

/// Why a report cannot be taken. Never repeats what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It is given as plain text.
    #[error("the report must be base64 (representation B64)")]
    Representation,
    /// It is said to be something else.
    #[error("the media type of the report must be text/csv")]
    MediaType,
    /// It is compressed, or a reference to somewhere else.
    #[error("the report must be given here, uncompressed")]
    Form,
    /// It is not base64.
    #[error("the report is not base64")]
    Base64,
    /// It is not UTF-8.
    #[error("the report is not UTF-8")]
    Encoding,
    /// There is nothing in it.
    #[error("the report has no header")]
    Empty,
    /// Header and rows stand on one line.
    #[error("the records of the report are not separated by line ends")]
    NoRecordEnds,
    /// A record ends with a comma.
    #[error("{0} of the report ends with a comma")]
    TrailingComma(Place),
    /// A field has no quotes around it.
    #[error("{0} of the report: field {1} is not in double quotes")]
    Unquoted(Place, usize),
    /// A quote stands inside a field.
    #[error("{0} of the report: a double quote inside field {1} is not doubled")]
    LoneQuote(Place, usize),
    /// A quote is never closed.
    #[error("{0} of the report: field {1} does not end")]
    Unclosed(Place, usize),
    /// Another number of fields than 7 or 9.
    #[error("{place} of the report has {found} fields, and must have {must}")]
    Fields {
        /// Where.
        place: Place,
        /// How many it has.
        found: usize,
        /// How many it must have.
        must: usize,
    },
    /// A field is not what its place says.
    #[error("{0} of the report: field {1} must be {2}")]
    Field(Place, usize, &'static str),
    /// The header promises another number of rows.
    #[error("the header of the report says {said} rows, and there are {found}")]
    Count {
        /// How many the header says.
        said: usize,
        /// How many there are.
        found: usize,
    },
    /// Fewer are said to match than are listed.
    #[error("the header of the report says that fewer accesses match than are listed")]
    Matching,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the header"),
            Self::Row(number) => write!(f, "row {number}"),
        }
    }
}

/// Reads a report.
pub fn read(csv: &[u8]) -> Result<Report, ReportError> {
    let text = std::str::from_utf8(csv).map_err(|_| ReportError::Encoding)?;
    let mut scanner = Scanner::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let first = scanner.record(Place::Header)?.ok_or(ReportError::Empty)?;
    if first.len() > Header::<String, String>::FIELDS && scanner.at_end() {
        return Err(ReportError::NoRecordEnds);
    }
    let header = header(&first)?;
    let mut rows = Vec::new();
    while let Some(record) = scanner.record(Place::Row(rows.len() + 1))? {
        rows.push(row(Place::Row(rows.len() + 1), &record)?);
    }
    if header.returned != rows.len() {
        return Err(ReportError::Count {
            said: header.returned,
            found: rows.len(),
        });
    }
    if header.matching < rows.len() as u64 {
        return Err(ReportError::Matching);
    }
    Ok(Report { header, rows })
}

impl<P, U> Header<P, U> {
    const FIELDS: usize = 7;
}

impl Row {
    const FIELDS: usize = 9;
}

fn header(record: &[Cow<'_, str>]) -> Result<Header<String, String>, ReportError> {
    let fields: &[Cow<'_, str>; 7] = of_length(Place::Header, record)?;
    let field = |at: usize| Field {
        place: Place::Header,
        number: at + 1,
        text: &fields[at],
    };
    Ok(Header {
        created: field(0).digits(14, TIME)?,
        returned: field(1).number()?,
        matching: field(2).number()?,
        low: field(3).digits(8, DAY)?,
        high: field(4).digits(8, DAY)?,
        patient: field(5).filter(10, "empty or 10 digits")?,
        user: field(6).filter(12, "empty or 12 digits")?,
    })
}

fn row(place: Place, record: &[Cow<'_, str>]) -> Result<Row, ReportError> {
    let fields: &[Cow<'_, str>; 9] = of_length(place, record)?;
    let text = |at: usize| fields[at].clone().into_owned();
    let field = |at: usize| Field {
        place,
        number: at + 1,
        text: &fields[at],
    };
    Ok(Row {
        organisation: text(0),
        organisation_name: text(1),
        patient: field(2).digits(10, "10 digits")?,
        user: field(3).digits(12, "12 digits")?,
        role_profile: field(4).digits(12, "12 digits")?,
        user_name: text(5),
        emergency: field(6).flag()?,
        reason: text(7),
        at: field(8).digits(14, TIME)?,
    })
}

fn of_length<'r, 't, const N: usize>(
    place: Place,
    record: &'r [Cow<'t, str>],
) -> Result<&'r [Cow<'t, str>; N], ReportError> {
    record.try_into().map_err(|_| ReportError::Fields {
        place,
        found: record.len(),
        must: N,
    })
}

const TIME: &str = "a time of 14 digits";
const DAY: &str = "a day of 8 digits";

/// A field and its place.
struct Field<'r> {
    place: Place,
    number: usize,
    text: &'r str,
}

impl Field<'_> {
    fn must(&self, be: &'static str) -> ReportError {
        ReportError::Field(self.place, self.number, be)
    }

    fn is_digits(&self, length: usize) -> bool {
        self.text.len() == length && self.text.bytes().all(|b| b.is_ascii_digit())
    }

    fn digits(&self, length: usize, rule: &'static str) -> Result<String, ReportError> {
        match self.is_digits(length) {
            true => Ok(self.text.to_owned()),
            false => Err(self.must(rule)),
        }
    }

    fn filter(&self, length: usize, rule: &'static str) -> Result<Option<String>, ReportError> {
        match self.text.is_empty() {
            true => Ok(None),
            false => self.digits(length, rule).map(Some),
        }
    }

    fn number<T: std::str::FromStr>(&self) -> Result<T, ReportError> {
        let digits = self.text.bytes().all(|b| b.is_ascii_digit());
        let parsed = digits.then(|| self.text.parse().ok()).flatten();
        parsed.ok_or_else(|| self.must("a number"))
    }

    fn flag(&self) -> Result<bool, ReportError> {
        match self.text {
            "T" => Ok(true),
            "F" => Ok(false),
            _ => Err(self.must("T or F")),
        }
    }
}

/// Takes a text apart into records and fields.
struct Scanner<'t> {
    rest: &'t str,
}

const BLANKS: [char; 2] = [' ', '\t'];
const LINE_ENDS: [char; 2] = ['\r', '\n'];

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Self {
        let mut scanner = Self { rest: text };
        scanner.skip_between();
        scanner
    }

    fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// What stands between records: line ends, and lines with nothing on them.
    fn skip_between(&mut self) {
        let between = |c| LINE_ENDS.contains(&c) || BLANKS.contains(&c);
        self.rest = self.rest.trim_start_matches(between);
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(BLANKS);
    }

    /// The fields of the next record; `None` at the end.
    fn record(&mut self, place: Place) -> Result<Option<Vec<Cow<'t, str>>>, ReportError> {
        if self.at_end() {
            return Ok(None);
        }
        let mut fields = Vec::with_capacity(Row::FIELDS);
        loop {
            let number = fields.len() + 1;
            fields.push(self.field(place, number)?);
            self.skip_blanks();
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
                self.skip_blanks();
                if self.at_record_end() {
                    return Err(ReportError::TrailingComma(place));
                }
            } else if self.at_record_end() {
                self.skip_between();
                return Ok(Some(fields));
            } else {
                return Err(ReportError::LoneQuote(place, number));
            }
        }
    }

    fn at_record_end(&self) -> bool {
        self.rest.is_empty() || self.rest.starts_with(LINE_ENDS)
    }

    /// One field, its quotes taken off and those inside no longer doubled.
    fn field(&mut self, place: Place, number: usize) -> Result<Cow<'t, str>, ReportError> {
        let unquoted = ReportError::Unquoted(place, number);
        let inside = self.rest.strip_prefix('"').ok_or(unquoted)?;
        let mut from = 0;
        loop {
            let after = inside.get(from..).unwrap_or_default();
            let quote = after.find('"').map(|at| from + at);
            let quote = quote.ok_or(ReportError::Unclosed(place, number))?;
            let (text, rest) = inside.split_at(quote);
            match rest.strip_prefix("\"\"") {
                Some(_) => from = quote + 2,
                None => {
                    self.rest = rest.strip_prefix('"').unwrap_or_default();
                    return Ok(match from {
                        0 => Cow::Borrowed(text),
                        _ => Cow::Owned(text.replace("\"\"", "\"")),
                    });
                }
            }
        }
    }
}
