//! Messages without SOAP: what travels in ebXML.

use xml::Element;

use crate::{RequestError, SpineRequest};

/// Reads a request that stands alone, as the second part of an ebXML message, with every check of
/// its wrapper that SOAP requests get. Its answer has no envelope either
/// ([`crate::soap::AnswerForm::Bare`]), and its `message_id` is `uuid:` and its HL7 id.
pub fn read<'d, 'i>(message: Element<'d, 'i>) -> Result<SpineRequest<'d, 'i>, RequestError> {
    let _ = message;
    todo!()
}
