//! Why a message cannot be read or written.

use xml::XmlError;

/// What is wrong with a message, for whoever sent it. No text repeats the message's content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EbxmlError {
    /// The content type is none that ebXML has.
    #[error("the content type is not multipart/related with a boundary, nor text/xml")]
    ContentType,
    /// The multipart body is broken. Says how.
    #[error("the MIME body is broken: {0}")]
    Mime(&'static str),
    /// Too much of something. Says of what.
    #[error("the message is past a limit: {0}")]
    Limit(&'static str),
    /// The envelope is not XML as it must be, or lacks what every ebXML message has.
    #[error("the envelope is wrong: {0}")]
    Envelope(#[from] XmlError),
    /// The envelope is good and the rest of the message is not what it promises. Says how.
    #[error("the message is not what its manifest says: {0}")]
    Manifest(&'static str),
}
