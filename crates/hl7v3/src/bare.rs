//! Messages without SOAP: what travels in ebXML.
//!
//! Where there is no SOAP header, the message alone says what it is, from whom and to whom; the
//! message handler has checked by then that the ebXML around it says the same.

use xml::Element;

use crate::soap::{AnswerForm, SoapFault, UUID_SCHEME, check_interaction, read_control_act};
use crate::wrapper::{read_sender, read_transmission};
use crate::{Interaction, Invalid, ReplyTo, RequestError, SpineRequest, cpis};

/// Reads a request that stands alone, as the second part of an ebXML message, with every check of
/// its wrapper that SOAP requests get. Its answer has no envelope either
/// ([`crate::soap::AnswerForm::Bare`]), and its `message_id` is `uuid:` and its HL7 id.
///
/// It cannot be answered at all, a [`RequestError::Fault`], when it is no request, or when it does
/// not say which ASID it is from.
pub fn read<'d, 'i>(message: Element<'d, 'i>) -> Result<SpineRequest<'d, 'i>, RequestError> {
    let interaction = Interaction::of(message.name())
        .filter(|interaction| interaction.is_request() && message.namespace() == xml::ns::HL7)
        .ok_or_else(|| SoapFault::unknown_interaction("HL7 message"))?;
    let sender = read_sender(message).ok_or_else(|| {
        SoapFault::unaddressed("communicationFunctionSnd", "one sending ASID must be given")
    })?;
    read_content(message, interaction).map_err(|invalid| RequestError::Issue {
        invalid,
        reply_to: Box::new(reply_to_unread(message, interaction, sender)),
    })
}

fn read_content<'d, 'i>(
    message: Element<'d, 'i>,
    interaction: Interaction,
) -> Result<SpineRequest<'d, 'i>, Invalid> {
    let (transmission, author, system) = match cpis::read_wrapper(message, interaction, None) {
        Some(read) => read?,
        None => {
            check_interaction(message, interaction)?;
            let transmission = read_transmission(message)?;
            let (author, system) = read_control_act(message, interaction)?;
            (transmission, author, system)
        }
    };
    Ok(SpineRequest {
        message_id: format!("{UUID_SCHEME}{}", transmission.id),
        action: interaction.action(),
        interaction,
        to: String::new(),
        from: None,
        receiver: transmission.receiver.clone(),
        sender: transmission.sender.clone(),
        message,
        transmission,
        author,
        system,
        form: AnswerForm::Bare,
    })
}

/// How to answer a request that broke a rule. One without a usable HL7 id has no id to refer to;
/// whoever carries the answer knows the ebXML message that it answers.
fn reply_to_unread(
    message: Element<'_, '_>,
    interaction: Interaction,
    sender: domain::Asid,
) -> ReplyTo {
    let own = message
        .child(xml::ns::HL7, "id")
        .and_then(|id| id.required("root").ok());
    let hl7_id = own.unwrap_or_default().to_owned();
    ReplyTo {
        message_id: format!("{UUID_SCHEME}{hl7_id}"),
        from: String::new(),
        interaction,
        hl7_id,
        sender,
        form: AnswerForm::Bare,
    }
}
