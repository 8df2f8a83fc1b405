//! Why a document cannot be converted.

use crate::dates::DateError;

/// Why a document cannot be converted. The texts are those of the national adaptor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConversionError {
    /// A part that every document has is not there. The path is the adaptor's.
    #[error("Unable to find {0} in Spine response")]
    Missing(&'static str),
    /// A status that is not known.
    #[error("Unable to map '{0}'")]
    Status(String),
    /// A time that is none.
    #[error(transparent)]
    Date(#[from] DateError),
    /// The presentation text has no body.
    #[error("Missing body node in html")]
    NoBody,
    /// The presentation text does not begin with a heading.
    #[error("First body node must be H2")]
    NoHeading,
    /// A diagnosis without a beginning.
    #[error("No value present")]
    NoOnset,
    /// The presentation text is not XML.
    #[error("the presentation text is not well-formed")]
    Markup,
}

impl ConversionError {
    /// Whether the national adaptor answers 400 to it, as if it were the caller's fault; it answers
    /// 500 to all others.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Missing(_))
    }
}
