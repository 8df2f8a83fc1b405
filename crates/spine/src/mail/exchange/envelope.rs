//! What a control file says, as the envelope of a message.

use hl7v3::cpis::file::control::{Control, MessageType, StatusRecord};
use store::MailMessage;

use crate::mail::{Envelope, MailboxId, Post};

/// The longest text of a control file that is kept, bytes.
const LONGEST: usize = 500;

/// The envelope of a file, or why it cannot be sent: for whoever put it there.
pub(super) fn envelope(
    post: &Post,
    mailbox: &MailboxId,
    control: &Control,
    id: &str,
    chunks: u32,
) -> Result<Envelope, &'static str> {
    let is_own = |from: &String| from.eq_ignore_ascii_case(mailbox.as_str());
    if control.message_type != MessageType::Data {
        return Err("11 Invalid Message Type for the transfer: only Data is taken");
    }
    if !control.from.as_ref().is_none_or(is_own) {
        return Err("07 Invalid From Address in the control file: From_DTS is not this mailbox");
    }
    if control.is_compressed == Some(true) || control.encrypted == Some(true) {
        return Err("compressed and encrypted files are not taken");
    }
    let to = control.to.as_deref().ok_or("08 TO_DTS missing")?;
    let to = MailboxId::parse(to).map_err(|_| "12 Unregistered to address")?;
    if !post.mailboxes().has(&to) {
        return Err("12 Unregistered to address");
    }
    let workflow = control.workflow_id.clone();
    let workflow = workflow.ok_or("06 Malformed control file: WorkflowId is missing")?;
    if to == *post.mailboxes().own() && !post.workflows().is_upload(&workflow) {
        return Err("17 Workflow ID not registered for mailbox");
    }
    let texts = [&control.local_id, &control.subject, &control.file_name];
    let too_long = |text: &String| text.len() > LONGEST || text.chars().any(char::is_control);
    if workflow.len() > LONGEST || texts.into_iter().flatten().any(too_long) {
        return Err("06 Malformed control file: a text is too long or has control characters");
    }
    Ok(Envelope {
        id: id.to_owned(),
        from: mailbox.clone(),
        to,
        workflow,
        local_id: control.local_id.clone(),
        file_name: control.file_name.clone(),
        subject: control.subject.clone(),
        chunks,
    })
}

/// The control file of a message that is delivered.
pub(super) fn control(message: &MailMessage) -> Control {
    let at = message.changed_at.strftime("%Y%m%d%H%M%S").to_string();
    Control {
        address_type: "ALL".to_owned(),
        subject: message.subject.clone(),
        local_id: message.local_id.clone(),
        dts_id: Some(message.id.clone()),
        compress: Some(false),
        encrypted: Some(false),
        is_compressed: Some(false),
        file_name: message.file_name.clone(),
        status: Some(StatusRecord {
            at,
            event: "TRANSFER".to_owned(),
            status: "SUCCESS".to_owned(),
            code: "00".to_owned(),
            description: "Transferred to recipient mailbox".to_owned(),
        }),
        ..Control::data(&message.from, &message.to, &message.workflow)
    }
}
