//! What a GP system sends: uploads, withdrawals and all else that travels reliably.

use domain::record::DocumentBytes;
use domain::{MessageId, NhsNumber};
use ebxml::MessageHeader;
use hl7v3::acs::{self, NewSetting, SetPermissions};
use hl7v3::withdrawal::Withdrawal;
use hl7v3::wrapper::Outgoing;
use hl7v3::{Interaction, RequestParts, upload, withdrawal};

use crate::reliable::support::{Post, header, written};
use crate::requests::{CLIENT_ASID, SPINE_ASID, asid, author, id, patient, time};
use crate::summaries::{document_id, summary_of};

/// When messages say that they were written.
pub(crate) const WRITTEN: &str = "2026-11-21T09:29:30Z";

/// The `number`-th message id of a GP system.
pub(crate) fn message_id(number: u32) -> String {
    format!("5E4D0000-0000-4000-8000-{number:012}")
}

/// A GP Summary: number, the one it replaces, and of whom.
#[derive(Clone, Copy)]
pub(crate) struct Summary {
    pub(crate) number: u32,
    pub(crate) replaces: Option<u32>,
    pub(crate) patient: NhsNumber,
    pub(crate) effective: &'static str,
}

/// The usual patient's.
pub(crate) fn summary(number: u32, replaces: Option<u32>) -> Summary {
    Summary {
        number,
        replaces,
        patient: patient(),
        effective: "20261120101112",
    }
}

impl Summary {
    pub(crate) fn text(&self) -> String {
        let text = summary_of(
            self.patient.as_str(),
            &document_id(self.number),
            self.effective,
        );
        let Some(replaces) = self.replaces else {
            return text;
        };
        let reference = format!(
            "<replacementOf typeCode=\"RPLC\"><priorMessageRef classCode=\"COMPOSITION\" \
             moodCode=\"EVN\"><id root=\"{}\"/></priorMessageRef></replacementOf></GPSummary>",
            document_id(replaces)
        );
        text.replace("</GPSummary>", &reference)
    }

    /// As the HL7 message of this id.
    pub(crate) fn hl7(&self, message: &str) -> String {
        let sender = asid(CLIENT_ASID);
        let bytes = upload::write(
            Interaction::Summary,
            &outgoing(message, &sender),
            Some(&author()),
            &DocumentBytes {
                bytes: self.text().into_bytes(),
                inherited: Vec::new(),
            },
        );
        String::from_utf8(bytes).expect("UTF-8")
    }

    /// As the `number`-th message.
    pub(crate) fn post(&self, number: u32) -> Post {
        let message = message_id(number);
        psis(Interaction::Summary, &message, &self.hl7(&message))
    }
}

fn outgoing<'a>(message: &'a str, sender: &'a domain::Asid) -> Outgoing<'a> {
    static SPINE: std::sync::LazyLock<domain::Asid> = std::sync::LazyLock::new(|| asid(SPINE_ASID));
    Outgoing {
        id: message,
        now: WRITTEN.parse().expect("an instant"),
        receiver: &SPINE,
        sender,
    }
}

/// An HL7 message in a reliable envelope of its interaction.
pub(crate) fn psis(interaction: Interaction, message: &str, hl7: &str) -> Post {
    let header = MessageHeader {
        service: format!("urn:nhs:names:services:{}", interaction.service()),
        action: interaction.id().to_owned(),
        message_id: MessageId::parse(message).expect("an id"),
        ..header(message)
    };
    written(&header, hl7, &[])
}

/// The withdrawal of a document of the usual patient, as an event.
pub(crate) fn withdrawal(number: u32, event: u32, target: u32) -> Post {
    let message = message_id(number);
    let sender = asid(CLIENT_ASID);
    let author = author();
    let bytes = withdrawal::write(
        Interaction::WithdrawSummary,
        &outgoing(&message, &sender),
        &author,
        &Withdrawal {
            id: id(&document_id(event)),
            effective: time("20261121092900"),
            patient: patient(),
            user: author.user.clone(),
            role_profile: author.role_profile.clone(),
            reason: "02".to_owned(),
            words: None,
            target: Some(id(&document_id(target))),
        },
    );
    let hl7 = String::from_utf8(bytes).expect("UTF-8");
    psis(Interaction::WithdrawSummary, &message, &hl7)
}

/// The usual patient's consent, set.
pub(crate) fn consent(number: u32, setting: NewSetting) -> Post {
    let message = message_id(number);
    let parts = RequestParts {
        id: &message,
        now: WRITTEN.parse().expect("an instant"),
        to: "https://spine.example",
        from: "",
        receiver: &asid(SPINE_ASID),
        sender: &asid(CLIENT_ASID),
        author: Some(&author()),
    };
    let permissions = SetPermissions {
        patient: patient(),
        setting,
    };
    let soap = acs::write_set(&parts, &permissions);
    psis(Interaction::SetPermissions, &message, &bare(&soap))
}

/// What stands in the body of a SOAP message.
pub(crate) fn bare(soap: &[u8]) -> String {
    let document = xml::Document::parse(soap).expect("well formed");
    let body = document.root().child(xml::ns::SOAP11, "Body");
    let message = body.and_then(|body| body.children().next());
    let slice = message.expect("a message").slice();
    let is_used = |(prefix, _): &(String, String)| slice.bytes.contains(&format!("{prefix}:"));
    assert!(
        !slice.inherited.iter().any(is_used),
        "{:?}",
        slice.inherited
    );
    slice.bytes.to_owned()
}
