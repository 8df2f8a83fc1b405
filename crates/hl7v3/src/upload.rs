//! Uploads of a GP Summary (REPC_IN150015UK05, REPC_IN150016UK05, REPC_IN150016SM05).

use domain::record::{DocumentBytes, DocumentHeader};
use xml::Element;

use crate::wrapper::{Author, Outgoing};
use crate::{Interaction, Invalid, SpineRequest};

/// An upload that keeps every rule of Spine 2.
#[derive(Debug, Clone)]
pub struct Upload<'d, 'i> {
    /// The document, as it is to be kept.
    pub summary: Element<'d, 'i>,
    /// What it says of itself, its author's element and its marks included.
    pub header: DocumentHeader,
}

/// Reads an upload and makes Spine 2's checks of the control act and the document. The document's
/// clinical content is never a reason to refuse it.
pub fn read<'d, 'i>(request: &SpineRequest<'d, 'i>) -> Result<Upload<'d, 'i>, Invalid> {
    let _ = request;
    todo!()
}

/// Writes an upload as a message without SOAP; `interaction` is one of the three.
pub fn write(
    interaction: Interaction,
    out: &Outgoing<'_>,
    author: Option<&Author>,
    summary: &DocumentBytes,
) -> Vec<u8> {
    let _ = (interaction, out, author, summary);
    todo!()
}
