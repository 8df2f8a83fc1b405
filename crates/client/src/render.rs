//! A GP Summary for people: as a web page, as text for a terminal, as JSON and as XML. What CP-IS
//! holds is shown by [`cpis`] in the same forms.
//!
//! Architecture invariant: no markup of a document reaches the page. The presentation text is
//! read into blocks of plain text ([`hl7v3::gp_summary::blocks`]), and the page is written from
//! those.

pub mod cpis;
mod html;
mod json;
mod label;
mod layout;
mod text;
mod xml_form;

use std::borrow::Cow;

use domain::record::{DocumentBytes, DocumentHeader};
use hl7v3::gp_summary::{self, CodedSection, PresentationBlock};
use xml::{Document, XmlError};

pub use html::html;
pub use json::json;
pub use text::text;
pub use xml_form::xml;

/// A GP Summary, read for rendering.
#[derive(Debug, Clone)]
pub struct Summary {
    /// What it says of itself.
    pub header: DocumentHeader,
    /// Its presentation text, in reading order.
    pub blocks: Vec<PresentationBlock>,
    /// Its coded sections.
    pub sections: Vec<CodedSection>,
}

/// What a page or a text is written from, whatever it shows.
pub(crate) struct Sheet<'a> {
    title: &'a str,
    /// Name and value, the NHS number first.
    rows: Vec<(&'static str, String)>,
    blocks: Cow<'a, [PresentationBlock]>,
}

impl<'a> Sheet<'a> {
    fn of(summary: &'a Summary) -> Self {
        Self {
            title: label::TITLE,
            rows: label::rows(&summary.header),
            blocks: Cow::Borrowed(&summary.blocks),
        }
    }
}

/// Why a document cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// It cannot be read.
    #[error("the document cannot be read: {0}")]
    Unreadable(#[from] XmlError),
    /// It is no GP Summary.
    #[error("the document is not a GP Summary")]
    NotASummary,
    /// It has no presentation text, so that nothing could be shown.
    #[error("the document has no presentation text")]
    NoText,
}

impl Summary {
    /// Reads a document.
    pub fn read(document: &DocumentBytes) -> Result<Self, RenderError> {
        let standing_alone = xml(document);
        let parsed = Document::parse(&standing_alone)?;
        let found = gp_summary::find(&parsed);
        let summary = *found.first().ok_or(RenderError::NotASummary)?;
        let html = gp_summary::presentation(summary).ok_or(RenderError::NoText)?;
        let blocks = gp_summary::blocks(html);
        if blocks.is_empty() {
            return Err(RenderError::NoText);
        }
        Ok(Self {
            header: gp_summary::header(summary)?,
            blocks,
            sections: gp_summary::sections(summary),
        })
    }
}
