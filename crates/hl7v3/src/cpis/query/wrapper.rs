//! The wrappers of a query, with Spine 2's checks of them: rules 1 to 8, which are all made, so
//! that the sender learns everything at once. What is wrong with the content is told with it.

use domain::{Asid, CheckDigit, Hl7Timestamp, MessageId};
use xml::Element;
use xml::ns::HL7;

use super::{Interaction, read_message};
use crate::Invalid;
use crate::cpis::Wrappers;
use crate::cpis::fault::MISSING;
use crate::soap::check_interaction;
use crate::wrapper::{COMMON, Transmission, device_asid, party, read_author, value};

const RECEIVER: &str = "communicationFunctionRcv";
const SENDER: &str = "communicationFunctionSnd";

/// Reads the wrappers of a message of this interaction. `header` are the receiver and the sender of
/// the SOAP header, where there is one: the message must name the same.
pub(crate) fn read_wrapper(
    message: Element<'_, '_>,
    interaction: Interaction,
    header: Option<(&Asid, &Asid)>,
) -> Result<Wrappers, Invalid> {
    let mut faults = Vec::new();
    let read = collect(message, interaction, header, &mut faults);
    let content = read_message(message, CheckDigit::Ignored).err();
    if !faults.is_empty() {
        faults.extend(content.iter().flatten().map(Invalid::from));
    }
    match (Invalid::all(faults), read) {
        (None, Some(read)) => Ok(read),
        (Some(invalid), _) => Err(invalid),
        (None, None) => Err(Invalid::new(MISSING, interaction.id())),
    }
}

fn collect(
    message: Element<'_, '_>,
    interaction: Interaction,
    header: Option<(&Asid, &Asid)>,
    faults: &mut Vec<Invalid>,
) -> Option<Wrappers> {
    let mut need = |fault: &'static str, detail: &str| faults.push(Invalid::new(fault, detail));
    let id = value(message, "id", "root").and_then(|id| MessageId::parse(id).ok());
    if id.is_none() {
        need("ErrorBase1732.INVALID_ID", "id/@root");
    }
    let time = value(message, "creationTime", "value").and_then(|it| Hl7Timestamp::parse(it).ok());
    if time.is_none() {
        need("ErrorBase1732.INVALID_CREATION_TIME", "creationTime/@value");
    }
    let version = value(message, "versionCode", "code");
    if version.is_none() {
        need("ErrorBase1732.INVALID_VERSION_CODE", "versionCode/@code");
    }
    let is_named = message.is(HL7, interaction.id());
    if !is_named || check_interaction(message, interaction).is_err() {
        need(
            "ErrorBase1732.INCONSISTENT_HL7_INTERACTION_ID",
            "interactionId",
        );
    }
    let receiver = party(message, RECEIVER);
    match (&receiver, header) {
        (None, _) => need("ErrorBase1732.INVALID_COMM_FUNC_RCV", RECEIVER),
        (Some(receiver), Some((named, _))) if receiver != named => {
            need("ErrorBase1732.INCONSISTENT_COMM_FUNC_RCV", RECEIVER);
        }
        _ => {}
    }
    let sender = party(message, SENDER);
    match (&sender, header) {
        (None, _) => need("ErrorBase1732.INVALID_COMM_FUNC_SND", SENDER),
        (Some(sender), Some((_, named))) if sender != named => {
            need("ErrorBase1732.INCONSISTENT_COMM_FUNC_SND", SENDER);
        }
        _ => {}
    }
    let act = message.one(HL7, "ControlActEvent").ok();
    if act.is_none() {
        need("ErrorBase1732.INVALID_CONTROL_ACT", "ControlActEvent");
    }
    let system = act.and_then(read_system);
    if system.is_none() {
        need(MISSING, "author1");
    }
    Some((
        Transmission {
            id: id?,
            creation_time: Some(time?),
            version_code: Some(version?.to_owned()),
            receiver: receiver?,
            sender: sender?,
        },
        // Nobody checks the person of the control act here: the query has an author of its own.
        act.and_then(|act| read_author(act, &COMMON).ok().flatten()),
        system?,
    ))
}

/// The system of the only `author1`: the schema allows two, Spine 2 one.
fn read_system(act: Element<'_, '_>) -> Option<Asid> {
    let author = act.one(HL7, "author1").ok()?;
    author
        .path(HL7, &["AgentSystemSDS", "agentSystemSDS"])
        .and_then(device_asid)
}
