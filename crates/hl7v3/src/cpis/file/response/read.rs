//! Reading acknowledgements, chunk by chunk.

use domain::{CheckDigit, Hl7Timestamp};
use xml::ns::HL7;
use xml::{Cutter, Element, Piece, PieceKind, PieceLimits, XmlError};

use super::{
    Coded, Detail, FILE_RESPONSE, INVALID, Record, Summary, UNREADABLE, VALID, WITHIN_MESSAGE,
};
use crate::cpis::file::{Found, Organisation, attribute, only, values};
use crate::cpis::part::{part, parts};

/// What the reader of an acknowledgement finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// What became of a record.
    Detail(Detail),
    /// A record, repeated.
    Message {
        /// Which message, from 1.
        number: u64,
        /// Whether it was stored; then only its subjects are here.
        stored: bool,
        /// The record.
        record: Record,
    },
    /// What is said of the whole file: always the last, and the acknowledgement is complete.
    Summary(Box<Summary>),
}

/// The elements that are read one by one.
const RECORDS: &[&[&str]] = &[
    &["acknowledgementRecord", "acknowledgementRecordDetail"],
    &["message"],
];

/// Reads an acknowledgement. Bytes go in with [`Self::push`], and after each chunk everything that
/// can be read comes out of [`Self::read`].
#[derive(Debug)]
pub struct Reader {
    cutter: Cutter,
    check: CheckDigit,
    summary: Summary,
    failed: Option<XmlError>,
}

impl Reader {
    /// A reader, and whether the check digits of NHS numbers count.
    pub fn new(check: CheckDigit) -> Self {
        Self {
            cutter: Cutter::new(HL7, RECORDS, PieceLimits::FILE),
            check,
            summary: Summary {
                created: Found::Missing,
                file: None,
                quantity: None,
                codes: Vec::new(),
                organisation: Organisation::UNKNOWN,
                failed: None,
                stored: None,
            },
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

    /// The next item; `None` when more bytes are needed, and after [`Item::Summary`].
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
        while let Some(piece) = self.cutter.cut()? {
            let read = self.item(&piece)?;
            if read.is_some() {
                return Ok(read);
            }
        }
        Ok(None)
    }

    fn item(&mut self, piece: &Piece) -> Result<Option<Item>, XmlError> {
        let document = piece.parse()?;
        let root = document.root();
        let located = |error| piece.locate(error);
        match piece.kind {
            PieceKind::Record { path: 0, .. } => detail(root).map(Some).map_err(located),
            PieceKind::Record { number, .. } => {
                let read = message(root, number, self.check);
                read.map(Some).map_err(located)
            }
            PieceKind::Head if !root.is(HL7, FILE_RESPONSE) => {
                let message =
                    "the document is no CP-IS acknowledgement: its element is not FileResponse";
                Err(located(root.error(message)))
            }
            PieceKind::Head | PieceKind::Between => {
                self.note(root);
                Ok(None)
            }
            PieceKind::Tail => {
                self.note(root);
                let summary = self.summary.clone();
                Ok(Some(Item::Summary(Box::new(summary))))
            }
        }
    }

    /// Takes what this part of the document says of the file.
    fn note(&mut self, root: Element<'_, '_>) {
        let summary = &mut self.summary;
        if part(root, "creationTime").is_some() {
            summary.created = Found::one(values(root, "creationTime", "value"), |text| {
                Hl7Timestamp::parse(text).ok()
            });
        }
        // A failure of the Spine has been published with the number as a value.
        let id = only(root, &["id"]);
        let id = id.and_then(|id| attribute(id, "extension").or(attribute(id, "value")));
        if let Some(id) = id.filter(|id| *id != UNREADABLE) {
            summary.file = Some(id.to_owned());
        }
        let quantity = only(root, &["transmissionQuantity"]);
        summary.quantity = summary.quantity.or(quantity.and_then(count));
        let files = parts(root, "acknowledgementFile");
        let details = files.flat_map(|file| parts(file, "acknowledgementFileDetail"));
        let codes = details.flat_map(|detail| parts(detail, "code"));
        summary.codes.extend(codes.map(coded));
        if let Some(organisation) = only(root, &["communicationFunctionRcv", "organisation"]) {
            summary.organisation = Organisation::read(organisation);
        }
        let failed = only(root, &["failedReturnedCP-ISRecords", "value"]);
        summary.failed = summary.failed.or(failed.and_then(count));
        let stored = only(root, &["successfulReturnedCP-ISRecords", "value"]);
        summary.stored = summary.stored.or(stored.and_then(count));
    }
}

fn count(element: Element<'_, '_>) -> Option<u64> {
    attribute(element, "value")?.parse().ok()
}

fn coded(code: Element<'_, '_>) -> Coded {
    let text = |name| attribute(code, name).unwrap_or_default().to_owned();
    Coded {
        code: text("code"),
        text: text("displayName"),
    }
}

fn detail(root: Element<'_, '_>) -> Result<Item, XmlError> {
    let path = RECORDS.first().copied().unwrap_or_default();
    let detail = root.path(HL7, path).unwrap_or(root);
    let code = detail.one(HL7, "code")?;
    let location = detail.one(HL7, "location")?;
    Ok(Item::Detail(Detail {
        code: coded(code),
        fault: part(code, "translation").map(coded),
        location: location.deep_text().trim().to_owned(),
    }))
}

fn message(root: Element<'_, '_>, number: u64, check: CheckDigit) -> Result<Item, XmlError> {
    let message = root.one(HL7, "message")?;
    let path: Vec<&str> = WITHIN_MESSAGE
        .split('/')
        .filter(|n| !n.is_empty())
        .collect();
    let around = only(message, &path)
        .ok_or_else(|| message.error("the message has no acknowledged record"))?;
    let (stored, record) = match (part(around, VALID), part(around, INVALID)) {
        (Some(valid), None) => (true, valid),
        (None, Some(invalid)) => (false, invalid),
        _ => return Err(around.error("there must be one valid or invalid record")),
    };
    Ok(Item::Message {
        number,
        stored,
        record: Record::read_parts(record, check),
    })
}

/// What an acknowledgement in memory says: of the file, of each record, and each record that it
/// repeats, with whether it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Of the file.
    pub summary: Summary,
    /// Of each record.
    pub details: Vec<Detail>,
    /// The records it repeats, and whether each was stored.
    pub messages: Vec<(bool, Record)>,
}

/// Reads an acknowledgement that is in memory whole.
pub fn read_whole(bytes: &[u8], check: CheckDigit) -> Result<Whole, XmlError> {
    let mut reader = Reader::new(check);
    reader.push(bytes);
    reader.finish();
    let (mut details, mut messages) = (Vec::new(), Vec::new());
    while let Some(item) = reader.read()? {
        match item {
            Item::Detail(detail) => details.push(detail),
            Item::Message { stored, record, .. } => messages.push((stored, record)),
            Item::Summary(_) => {}
        }
    }
    Ok(Whole {
        summary: reader.summary,
        details,
        messages,
    })
}
