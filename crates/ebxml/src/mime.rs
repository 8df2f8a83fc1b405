//! MIME multipart bodies, as tolerant on the way in as they are exact on the way out.
//!
//! Met in the field and taken: LF instead of CRLF, a preamble (one recorded sample has a whole
//! HTTP dump in front), an epilogue, no line end after the last delimiter, a last delimiter without
//! its two hyphens, none at all. Not taken: a header given twice, a transfer encoding that EIS part 2 does not have, and
//! anything past a limit.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{EbxmlError, MAX_ATTACHMENT_BYTES, MAX_PARTS};

/// The most bytes of one part's headers.
const MAX_HEADER_BYTES: usize = 8 * 1024;
/// The longest boundary we take; RFC 2046 has 70.
const MAX_BOUNDARY: usize = 128;

/// How a part's bytes are written (EIS 2.5.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransferEncoding {
    /// `7bit`; also what holds when none is named.
    #[default]
    SevenBit,
    /// `8bit`
    EightBit,
    /// `binary`
    Binary,
    /// `base64`
    Base64,
}

impl TransferEncoding {
    const ALL: [Self; 4] = [Self::SevenBit, Self::EightBit, Self::Binary, Self::Base64];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::Binary => "binary",
            Self::Base64 => "base64",
        }
    }

    /// The encoding of a name, in any case.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.name().eq_ignore_ascii_case(name))
    }
}

/// A part of a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its id, without brackets.
    pub content_id: Option<String>,
    /// Its content type as written; empty when none was.
    pub content_type: String,
    /// How its bytes are written.
    pub encoding: TransferEncoding,
    /// Its bytes as they came, still encoded.
    pub bytes: &'a [u8],
}

impl Part<'_> {
    /// What it holds, base64 decoded; the decoder passes over line ends and blanks.
    pub fn content(&self) -> Result<Cow<'_, [u8]>, EbxmlError> {
        if self.encoding != TransferEncoding::Base64 {
            return Ok(Cow::Borrowed(self.bytes));
        }
        let compact: Vec<u8> = self
            .bytes
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect();
        STANDARD
            .decode(compact)
            .map(Cow::Owned)
            .map_err(|_| EbxmlError::Mime("a part says that it is base64, and is not"))
    }

    /// Whether its content type says XML.
    pub fn is_xml(&self) -> bool {
        matches!(
            media_type(&self.content_type).as_str(),
            "text/xml" | "application/xml"
        )
    }
}

impl fmt::Debug for Part<'_> {
    /// Not the bytes: they may be about a patient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("content_id", &self.content_id)
            .field("content_type", &self.content_type)
            .field("encoding", &self.encoding)
            .field("size", &self.bytes.len())
            .finish()
    }
}

/// The media type of a content type, without parameters, in lower case.
pub(crate) fn media_type(content_type: &str) -> String {
    let bare = content_type.split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase()
}

/// A parameter of a content type, by its name in any case, quotes resolved.
pub(crate) fn parameter(content_type: &str, name: &str) -> Option<String> {
    let mut rest = content_type.split_once(';')?.1;
    loop {
        let (key, after) = rest.split_once('=')?;
        // A parameter without a value is passed over.
        let key = key.rsplit(';').next().unwrap_or_default().trim();
        let (value, left) = value(after.trim_start());
        if key.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = left.split_once(';')?.1;
    }
}

/// A parameter's value at the start of a text, and what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (value, left) = text.split_at(end);
        return (value.trim_end().to_owned(), left);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => value.push(c),
        }
    }
    (value, "")
}

/// What a line of a multipart body is.
enum Line {
    Delimiter,
    Last,
    Other,
}

/// The parts of a body.
pub(crate) fn split<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, EbxmlError> {
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY || !boundary.is_ascii() {
        return Err(EbxmlError::ContentType);
    }
    let mut parts = Vec::new();
    let mut open = None;
    let mut at = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let next = at + line.len();
        let kind = kind_of(line, boundary);
        if let Line::Delimiter | Line::Last = kind {
            close(body, open.take(), at, &mut parts)?;
        }
        match kind {
            Line::Delimiter => open = Some(next),
            Line::Last => break,
            Line::Other => {}
        }
        at = next;
    }
    if let Some(start) = open {
        // No last delimiter: the end of the body ends the part. A delimiter with nothing behind it
        // was meant as the last.
        let rest = body.get(start..).unwrap_or_default();
        if parts.is_empty() || !rest.trim_ascii().is_empty() {
            add(rest, &mut parts)?;
        }
    }
    if parts.is_empty() {
        return Err(EbxmlError::Mime("no part begins with the boundary"));
    }
    Ok(parts)
}

/// Ends the part that began at `start`, if one did, before the delimiter at `end`. The line end
/// before a delimiter belongs to the delimiter.
fn close<'a>(
    body: &'a [u8],
    start: Option<usize>,
    end: usize,
    parts: &mut Vec<Part<'a>>,
) -> Result<(), EbxmlError> {
    let Some(start) = start else { return Ok(()) };
    let bytes = body.get(start..end).unwrap_or_default();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    add(bytes.strip_suffix(b"\r").unwrap_or(bytes), parts)
}

fn add<'a>(bytes: &'a [u8], parts: &mut Vec<Part<'a>>) -> Result<(), EbxmlError> {
    if parts.len() == MAX_PARTS {
        return Err(EbxmlError::Limit("more than 100 parts"));
    }
    parts.push(part(bytes)?);
    Ok(())
}

fn kind_of(line: &[u8], boundary: &str) -> Line {
    let rest = line
        .strip_prefix(b"--")
        .and_then(|rest| rest.strip_prefix(boundary.as_bytes()));
    match rest.map(<[u8]>::trim_ascii_end) {
        Some(b"") => Line::Delimiter,
        Some(b"--") => Line::Last,
        _ => Line::Other,
    }
}

/// A part from its headers and content.
fn part(bytes: &[u8]) -> Result<Part<'_>, EbxmlError> {
    let (headers, content) = headers(bytes)?;
    let find = |name: &str| {
        let mut found = headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(EbxmlError::Mime("a part has a header twice")),
            (first, None) => Ok(first.map(|(_, value)| value.as_str())),
        }
    };
    let encoding = match find("Content-Transfer-Encoding")? {
        None => TransferEncoding::default(),
        Some(name) => TransferEncoding::of(name).ok_or(EbxmlError::Mime(
            "a part's transfer encoding is none of 7bit, 8bit, binary, base64",
        ))?,
    };
    if content.len() > MAX_ATTACHMENT_BYTES {
        return Err(EbxmlError::Limit("a part is larger than 5,000,000 bytes"));
    }
    Ok(Part {
        content_id: find("Content-Id")?.map(|id| unbracketed(id).to_owned()),
        content_type: find("Content-Type")?.unwrap_or_default().to_owned(),
        encoding,
        bytes: content,
    })
}

fn unbracketed(id: &str) -> &str {
    id.strip_prefix('<')
        .and_then(|id| id.strip_suffix('>'))
        .unwrap_or(id)
}

/// Header lines, folded ones joined, and what follows the empty line after them.
#[allow(clippy::type_complexity, reason = "a list and a rest, used once")]
fn headers(bytes: &[u8]) -> Result<(Vec<(String, String)>, &[u8]), EbxmlError> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if at > MAX_HEADER_BYTES {
            return Err(EbxmlError::Limit("a part's headers are too long"));
        }
        let text = std::str::from_utf8(line)
            .map_err(|_| EbxmlError::Mime("a part's headers are not text"))?
            .trim_end();
        if text.is_empty() {
            return Ok((headers, bytes.get(at..).unwrap_or_default()));
        }
        if text.starts_with([' ', '\t']) {
            let (_, value) = headers
                .last_mut()
                .ok_or(EbxmlError::Mime("a part begins with a folded line"))?;
            value.push(' ');
            value.push_str(text.trim());
            continue;
        }
        let (name, value) = text
            .split_once(':')
            .ok_or(EbxmlError::Mime("a part's header has no colon"))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Err(EbxmlError::Mime("a part has headers and no content"))
}

/// Writes one part, its delimiter in front.
pub(crate) fn write_part(
    out: &mut Vec<u8>,
    boundary: &str,
    headers: &[(&str, &str)],
    content: &[u8],
) {
    out.extend_from_slice(b"--");
    out.extend_from_slice(boundary.as_bytes());
    out.extend_from_slice(b"\r\n");
    for (name, value) in headers {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(content);
    out.extend_from_slice(b"\r\n");
}

/// Writes the last delimiter.
pub(crate) fn write_last(out: &mut Vec<u8>, boundary: &str) {
    out.extend_from_slice(b"--");
    out.extend_from_slice(boundary.as_bytes());
    out.extend_from_slice(b"--");
}

/// The lines of a content that begin like a delimiter, without the two hyphens.
pub(crate) fn like_delimiters(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.strip_prefix(b"--"))
}

/// Whether a text can stand in a header line.
pub(crate) fn is_header_value(text: &str) -> bool {
    !text.is_empty() && text.len() <= 500 && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
