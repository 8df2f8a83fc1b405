//! Reading uploads, chunk by chunk.

use domain::{CheckDigit, Hl7Timestamp};
use xml::ns::HL7;
use xml::{Cutter, Document, Element, Piece, PieceKind, PieceLimits, XmlError, XmlErrorKind};

use super::{FILE, Head, Record};
use crate::cpis::file::{Found, Organisation, attribute, only, values};

/// What the reader of an upload finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// What comes before the records: always the first.
    Head(Box<Head>),
    /// A record.
    Record {
        /// Which one, from 1.
        number: u64,
        /// The line of the file on which it begins, from 1.
        line: u32,
        /// What it says.
        record: Record,
    },
    /// The file is complete: always the last.
    End,
}

/// Reads an upload. Bytes go in with [`Self::push`], and after each chunk everything that can be
/// read comes out of [`Self::read`].
///
/// An error is one of the whole file: it is not well-formed, is no upload, or has something in the
/// place of records that is none. A record that is merely wrong is no error.
#[derive(Debug)]
pub struct Reader {
    cutter: Cutter,
    check: CheckDigit,
    failed: Option<XmlError>,
}

impl Reader {
    /// A reader, and whether the check digits of NHS numbers count.
    pub fn new(check: CheckDigit) -> Self {
        Self {
            cutter: Cutter::new(HL7, &[&["record"]], PieceLimits::FILE),
            check,
            failed: None,
        }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        self.cutter.push(bytes);
    }

    /// There are no more bytes.
    pub fn finish(&mut self) {
        self.cutter.finish();
    }

    /// The next item; `None` when more bytes are needed, and after [`Item::End`].
    pub fn read(&mut self) -> Result<Option<Item>, XmlError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let read = self.next_item();
        if let Err(error) = &read {
            self.failed = Some(error.clone());
        }
        read
    }

    fn next_item(&mut self) -> Result<Option<Item>, XmlError> {
        let Some(piece) = self.cutter.cut()? else {
            return Ok(None);
        };
        let document = piece.parse()?;
        item(&piece, &document, self.check).map_err(|error| piece.locate(error))
    }
}

fn item(
    piece: &Piece,
    document: &Document<'_>,
    check: CheckDigit,
) -> Result<Option<Item>, XmlError> {
    let root = document.root();
    let item = match piece.kind {
        PieceKind::Head => Item::Head(Box::new(head(root)?)),
        PieceKind::Record { number, .. } => Item::Record {
            number,
            line: piece.line,
            record: Record::read(root.one(HL7, "record")?, check),
        },
        PieceKind::Between => return Err(stray(root, "between two records")),
        PieceKind::Tail
            if !root.deep_text().trim().is_empty() || root.children().next().is_some() =>
        {
            return Err(stray(root, "after the last record"));
        }
        PieceKind::Tail => Item::End,
    };
    Ok(Some(item))
}

/// Something else where only records may be.
fn stray(root: Element<'_, '_>, place: &str) -> XmlError {
    let message = format!("there is something other than a record {place}");
    match root.children().next() {
        Some(element) => element.error(message),
        None => root.error(message),
    }
}

fn head(root: Element<'_, '_>) -> Result<Head, XmlError> {
    if !root.is(HL7, FILE) {
        let mut error = root.error("the document is no CP-IS upload: its element is not File");
        error.kind = XmlErrorKind::Content;
        return Err(error);
    }
    let organisation = only(root, &["communicationFunctionSnd", "organisation"]);
    let file = only(root, &["id"]).and_then(|id| attribute(id, "extension"));
    Ok(Head {
        created: Found::one(values(root, "creationTime", "value"), |text| {
            Hl7Timestamp::parse(text).ok()
        }),
        file: file.map(str::to_owned),
        quantity: Found::one(values(root, "transmissionQuantity", "value"), |text| {
            text.parse().ok()
        }),
        organisation: organisation.map_or(Organisation::UNKNOWN, Organisation::read),
    })
}

/// Reads an upload that is in memory whole.
pub fn read_whole(bytes: &[u8], check: CheckDigit) -> Result<(Head, Vec<Record>), XmlError> {
    let mut reader = Reader::new(check);
    reader.push(bytes);
    reader.finish();
    let mut found = None;
    let mut records = Vec::new();
    while let Some(item) = reader.read()? {
        match item {
            Item::Head(head) => found = Some(*head),
            Item::Record { record, .. } => records.push(record),
            Item::End => {}
        }
    }
    found.map(|head| (head, records)).ok_or_else(|| XmlError {
        // The reader has said what is wrong: a file that it reads to the end has a head.
        kind: XmlErrorKind::Malformed,
        location: xml::Location::default(),
        message: "the document has no element".to_owned(),
    })
}
