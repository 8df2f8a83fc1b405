//! The marks of an XML text that comes in portions: only where each begins and ends, found once,
//! whatever the portions are. What is inside a mark is for the strict reader to judge.

use std::borrow::Cow;

use crate::XmlErrorKind;
use crate::tokens::Flaw;

/// What a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text without markup; a run may come as several.
    Text,
    /// A CDATA section.
    Cdata,
    /// A comment, a processing instruction, the XML declaration.
    Aside,
    /// `<name …>`
    Open,
    /// `<name …/>`
    Emptied,
    /// `</name>`
    Close,
}

/// A mark and where it stands in the buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Inside what the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    /// A tag, and in it a value in these quotes.
    Tag(Option<u8>),
    Comment,
    Cdata,
    Instruction,
}

/// Where the reader stands.
#[derive(Debug)]
pub(super) struct Marks {
    /// Where the mark that is being read begins.
    start: usize,
    /// The next byte to look at.
    at: usize,
    inside: Inside,
}

impl Marks {
    pub(super) fn new() -> Self {
        Self {
            start: 0,
            at: 0,
            inside: Inside::Nothing,
        }
    }

    /// Where the mark begins that has not ended.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    pub(super) fn is_inside_tag(&self) -> bool {
        matches!(self.inside, Inside::Tag(_))
    }

    /// What is wrong with a text that ends here; `None` when it may.
    pub(super) fn cut_short(&self, buffer: &[u8]) -> Option<&'static str> {
        match self.inside {
            Inside::Nothing if self.at >= buffer.len() => None,
            Inside::Nothing | Inside::Tag(_) => Some("the document ends inside a tag"),
            _ => {
                Some("the document ends inside a comment, CDATA section or processing instruction")
            }
        }
    }

    /// Reads on from here, between marks.
    pub(super) fn go_to(&mut self, at: usize) {
        *self = Self {
            start: at,
            at,
            inside: Inside::Nothing,
        };
    }

    /// So many bytes at the front of the buffer are gone.
    pub(super) fn dropped(&mut self, bytes: usize) {
        self.start = self.start.saturating_sub(bytes);
        self.at = self.at.saturating_sub(bytes);
    }

    /// The next mark; `None` when the buffer ends before it does.
    pub(super) fn next(&mut self, buffer: &[u8]) -> Result<Option<Mark>, Flaw> {
        if self.inside == Inside::Nothing {
            self.start = self.at;
            match rest(buffer, self.at) {
                [] | [b'<'] => return Ok(None),
                [b'<', b'?', ..] => self.begin(Inside::Instruction, 2),
                [b'<', b'!', declaration @ ..] => match declared(declaration) {
                    Some((inside, length)) => self.begin(inside, length),
                    None if is_cut_short(declaration) => return Ok(None),
                    None => return Err(forbidden(self.at)),
                },
                [b'<', ..] => self.begin(Inside::Tag(None), 1),
                text => {
                    let end = text.iter().position(|b| *b == b'<');
                    self.at += end.unwrap_or(text.len());
                    return Ok(Some(self.mark(Kind::Text)));
                }
            }
        }
        match self.inside {
            Inside::Tag(quote) => self.tag(buffer, quote),
            Inside::Comment => self.comment(buffer),
            Inside::Cdata => Ok(self.until(buffer, b"]]>", Kind::Cdata)),
            Inside::Instruction => Ok(self.until(buffer, b"?>", Kind::Aside)),
            Inside::Nothing => Ok(None),
        }
    }

    fn begin(&mut self, inside: Inside, length: usize) {
        self.inside = inside;
        self.at = self.start + length;
    }

    /// The mark that ends here.
    fn mark(&mut self, kind: Kind) -> Mark {
        self.inside = Inside::Nothing;
        Mark {
            kind,
            start: self.start,
            end: self.at,
        }
    }

    fn tag(&mut self, buffer: &[u8], mut quote: Option<u8>) -> Result<Option<Mark>, Flaw> {
        loop {
            let rest = rest(buffer, self.at);
            let found = match quote {
                None => rest
                    .iter()
                    .position(|b| matches!(b, b'>' | b'"' | b'\'' | b'<')),
                Some(quote) => rest.iter().position(|b| *b == quote || *b == b'<'),
            };
            let found = found.and_then(|at| Some((at, *rest.get(at)?)));
            let Some((length, byte)) = found else {
                self.at = buffer.len();
                self.inside = Inside::Tag(quote);
                return Ok(None);
            };
            self.at += length;
            match (byte, quote) {
                (b'<', None) => return Err(malformed(self.at, "a tag is not closed by '>'")),
                (b'<', Some(_)) => {
                    return Err(malformed(self.at, "a value contains an unescaped '<'"));
                }
                (b'>', _) => {
                    self.at += 1;
                    let tag = buffer.get(self.start..self.at).unwrap_or_default();
                    let kind = match tag {
                        [b'<', b'/', ..] => Kind::Close,
                        [.., b'/', b'>'] => Kind::Emptied,
                        _ => Kind::Open,
                    };
                    return Ok(Some(self.mark(kind)));
                }
                (mark, None) => quote = Some(mark),
                (_, Some(_)) => quote = None,
            }
            self.at += 1;
        }
    }

    fn comment(&mut self, buffer: &[u8]) -> Result<Option<Mark>, Flaw> {
        if !self.find(buffer, b"--") {
            return Ok(None);
        }
        match rest(buffer, self.at) {
            [_, _, b'>', ..] => {
                self.at += 3;
                Ok(Some(self.mark(Kind::Aside)))
            }
            [_, _, _, ..] => Err(malformed(self.at, "a comment contains two hyphens")),
            _ => Ok(None),
        }
    }

    fn until(&mut self, buffer: &[u8], end: &[u8], kind: Kind) -> Option<Mark> {
        let found = self.find(buffer, end);
        found.then(|| {
            self.at += end.len();
            self.mark(kind)
        })
    }

    /// Moves to the next of these bytes, or as far as they cannot have begun yet.
    fn find(&mut self, buffer: &[u8], wanted: &[u8]) -> bool {
        let rest = rest(buffer, self.at);
        let found = rest.windows(wanted.len()).position(|w| w == wanted);
        let passed = (rest.len() + 1).saturating_sub(wanted.len());
        self.at += found.unwrap_or(passed);
        found.is_some()
    }
}

fn rest(buffer: &[u8], at: usize) -> &[u8] {
    buffer.get(at..).unwrap_or_default()
}

/// What begins after `<!`, and how long its beginning is.
fn declared(declaration: &[u8]) -> Option<(Inside, usize)> {
    if declaration.starts_with(b"--") {
        return Some((Inside::Comment, 4));
    }
    let cdata = declaration.starts_with(b"[CDATA[");
    cdata.then_some((Inside::Cdata, 9))
}

fn is_cut_short(declaration: &[u8]) -> bool {
    b"--".starts_with(declaration) || b"[CDATA[".starts_with(declaration)
}

fn forbidden(at: usize) -> Flaw {
    Flaw {
        at,
        kind: XmlErrorKind::Forbidden,
        message: Cow::Borrowed("a DOCTYPE or other markup declaration is not allowed"),
    }
}

fn malformed(at: usize, message: &'static str) -> Flaw {
    Flaw {
        at,
        kind: XmlErrorKind::Malformed,
        message: Cow::Borrowed(message),
    }
}
