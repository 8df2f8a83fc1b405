//! What a file may cost, and what is said when it costs more or is wrong.

use super::Cutter;
use crate::error::path;
use crate::pieces::marks::{Kind, Mark};
use crate::pieces::place::Place;
use crate::tokens::Flaw;
use crate::{XmlError, XmlErrorKind};

impl Cutter {
    /// A mark that has not ended is not too long yet.
    pub(super) fn check_unfinished(&self) -> Result<(), XmlError> {
        let (start, end) = (self.marks.start(), self.buffer.len());
        if !self.marks.is_inside_tag() {
            return self.check_length(end);
        }
        self.check_length(start)?;
        self.check_tag(start, end)
    }

    /// Whether the piece and this mark are within the limits. A tag may be of the next piece, and
    /// is counted when this one is cut.
    pub(super) fn check_mark(&self, mark: Mark) -> Result<(), XmlError> {
        match mark.kind {
            Kind::Text | Kind::Cdata | Kind::Aside => self.check_length(mark.end),
            Kind::Open | Kind::Emptied | Kind::Close => {
                self.check_length(mark.start)?;
                self.check_tag(mark.start, mark.end)
            }
        }
    }

    pub(super) fn check_length(&self, end: usize) -> Result<(), XmlError> {
        let most = self.limits.piece;
        if end.saturating_sub(self.from) <= most {
            return Ok(());
        }
        let what = match self.record {
            Some(_) => "a record is",
            None => "what stands outside of records is",
        };
        let message = format!("{what} longer than {most} bytes");
        Err(self.error(self.from, XmlErrorKind::Limit, message))
    }

    pub(super) fn check_tag(&self, start: usize, end: usize) -> Result<(), XmlError> {
        let most = self.limits.tag;
        if end.saturating_sub(start) <= most {
            return Ok(());
        }
        let message = format!("a tag is longer than {most} bytes");
        Err(self.error(start, XmlErrorKind::Limit, message))
    }

    pub(super) fn check_around(&self, at: usize) -> Result<(), XmlError> {
        let most = self.limits.around;
        match self.around.starts().len() > most {
            true => {
                let message = format!("the start tags around records are longer than {most} bytes");
                Err(self.error(at, XmlErrorKind::Limit, message))
            }
            false => Ok(()),
        }
    }

    pub(super) fn place_of(&self, at: usize) -> Place {
        self.place.after(self.bytes(self.from, at))
    }

    pub(super) fn flaw(&self, flaw: Flaw) -> XmlError {
        self.error(flaw.at, flaw.kind, flaw.message)
    }

    pub(super) fn error(
        &self,
        at: usize,
        kind: XmlErrorKind,
        message: impl Into<String>,
    ) -> XmlError {
        let names = self.around.names_inwards();
        let open = path(names.map(|name| std::str::from_utf8(name).unwrap_or("?")));
        let location = self.place_of(at).within(open);
        XmlError {
            kind,
            location,
            message: message.into(),
        }
    }
}
