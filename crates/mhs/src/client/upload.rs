//! What brings something: GP Summaries and withdrawals.

use std::fmt;
use std::time::Duration;

use domain::MessageId;
use domain::record::DocumentBytes;
use ebxml::{Actor, EbxmlError, Form, Kind, MESSAGE_SERVICE, MessageHeader, Outbound, Written};
use hl7v3::Interaction;
use hl7v3::withdrawal::Withdrawal;
use hl7v3::wrapper::{self, Author};
use jiff::Timestamp;
use transport::{Method, UpstreamRequest, UpstreamResponse};

use super::ask::is_same_id;
use super::{SpineClient, SpineError};
use crate::answer::{Verdict, judge};
use crate::{Answered, Outgoing, Pattern};

/// The pause between two polls when the Spine does not say.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest place to poll at, in bytes.
const LONGEST_PLACE: usize = 1024;

/// A message that brings something, written: every time it is sent it is the same.
#[derive(Clone, PartialEq, Eq)]
pub struct Prepared {
    message: MessageId,
    interaction: Interaction,
    at: Timestamp,
    payload: Vec<u8>,
    headers: Vec<(&'static str, String)>,
}

/// What an upload came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadOutcome {
    /// The message that brought it.
    pub message: MessageId,
    /// What the Spine says of it.
    pub answered: Answered,
}

/// What one look at the answer shows.
enum Polled {
    Done(Answered),
    NotYet(Duration),
}

impl Prepared {
    /// Its id, of ebXML and of HL7.
    pub fn message(&self) -> &MessageId {
        &self.message
    }

    /// The message without an envelope.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// With header lines that go with it, and with every look for its answer: what the Spine is to
    /// know of who is behind it, beside the message.
    #[must_use]
    pub fn with_headers(mut self, headers: Vec<(&'static str, String)>) -> Self {
        self.headers = headers;
        self
    }

    /// Itself for the outbox, to be sent reliably. `None` never comes out: what we write is UTF-8.
    pub fn outgoing(self) -> Option<Outgoing> {
        Some(Outgoing {
            conversation: self.message.clone(),
            service: service(self.interaction),
            interaction: self.interaction.id().to_owned(),
            payload: String::from_utf8(self.payload).ok()?,
            message: self.message,
            pattern: Pattern::Reliable,
            to_party: None,
            ref_to: None,
        })
    }
}

impl fmt::Debug for Prepared {
    /// Not the payload: it is about a patient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("message", &self.message)
            .field("interaction", &self.interaction)
            .finish_non_exhaustive()
    }
}

impl SpineClient {
    /// Uploads a GP Summary (REPC_IN150016SM05, or another upload) and polls for the answer.
    pub async fn upload(
        &self,
        interaction: Interaction,
        author: Option<&Author>,
        summary: &DocumentBytes,
    ) -> Result<UploadOutcome, SpineError> {
        let prepared = self.prepare_upload(interaction, author, summary)?;
        self.post(&prepared).await
    }

    /// Uploads a GP Summary reliably (REPC_IN150015UK05, REPC_IN150016UK05). It is acknowledged
    /// when this returns; the Spine's answer comes to an [`crate::Inbound`] as the answer to the
    /// message of this id.
    pub async fn upload_reliable(
        &self,
        interaction: Interaction,
        author: Option<&Author>,
        summary: &DocumentBytes,
    ) -> Result<MessageId, SpineError> {
        let prepared = self.prepare_upload(interaction, author, summary)?;
        self.send(&prepared).await?;
        Ok(prepared.message)
    }

    /// Writes an upload.
    pub fn prepare_upload(
        &self,
        interaction: Interaction,
        author: Option<&Author>,
        summary: &DocumentBytes,
    ) -> Result<Prepared, SpineError> {
        self.prepare(interaction, |out| {
            hl7v3::upload::write(interaction, out, author, summary)
        })
    }

    /// Writes a withdrawal (REPC_IN150017UK02, REPC_IN150018UK02).
    pub fn prepare_withdrawal(
        &self,
        interaction: Interaction,
        author: &Author,
        withdrawal: &Withdrawal,
    ) -> Result<Prepared, SpineError> {
        self.prepare(interaction, |out| {
            hl7v3::withdrawal::write(interaction, out, author, withdrawal)
        })
    }

    fn prepare(
        &self,
        interaction: Interaction,
        write: impl FnOnce(&wrapper::Outgoing<'_>) -> Vec<u8>,
    ) -> Result<Prepared, SpineError> {
        let (id, now) = (self.env.uuid(), self.env.now());
        let payload = write(&wrapper::Outgoing {
            id: &id,
            now,
            receiver: &self.identity.spine_asid,
            sender: &self.identity.asid,
        });
        Ok(Prepared {
            // A fresh UUID is an id.
            message: MessageId::parse(&id).map_err(|e| SpineError::unusable(e.to_string()))?,
            interaction,
            at: now,
            payload,
            headers: Vec::new(),
        })
    }

    /// Posts a message to where its answer is polled for, and polls for it. Posting the same again
    /// does nothing twice: it leads to the same answer.
    pub async fn post(&self, prepared: &Prepared) -> Result<UploadOutcome, SpineError> {
        let path = &self.settings.clinical_path;
        let request = self.request(path, prepared)?;
        let response = self.exchange(request).await?;
        let first = self.taken(&prepared.message, response)?;
        let (place, pause) = match first {
            Taken::Answered(answered) => return Ok(outcome(prepared, answered)),
            Taken::At(place, pause) => (place, pause),
        };
        let answered = self.poll(prepared, &place, pause);
        match tokio::time::timeout(self.settings.answer_within, answered).await {
            Ok(answered) => Ok(outcome(prepared, answered?)),
            Err(_) => Err(SpineError::Late {
                message: prepared.message.clone(),
            }),
        }
    }

    /// Sends a message reliably, once. Sending the same again does nothing twice.
    pub async fn send(&self, prepared: &Prepared) -> Result<(), SpineError> {
        let path = &self.settings.reliable_path;
        let response = self.exchange(self.request(path, prepared)?).await?;
        if let Some(refused) = refusal(&response) {
            return Err(refused);
        }
        match judge(&prepared.message, 1, Ok(response)) {
            Verdict::Acknowledged => Ok(()),
            Verdict::Again(why) | Verdict::Dead(why) => Err(SpineError::NotAcknowledged {
                message: prepared.message.clone(),
                why: why.brief,
            }),
        }
    }

    fn request(&self, path: &str, prepared: &Prepared) -> Result<UpstreamRequest, SpineError> {
        let written = self.write(prepared).map_err(SpineError::Unwritable)?;
        let mut headers = vec![
            ("SOAPAction", written.soap_action),
            ("Content-Type", written.content_type),
        ];
        headers.extend(self.told(prepared));
        Ok(UpstreamRequest {
            method: Method::Post,
            path: path.to_owned(),
            headers,
            body: written.body.into(),
            // The Spine knows it by its id.
            safe: true,
        })
    }

    /// What is told beside the message.
    fn told(&self, prepared: &Prepared) -> Vec<(&'static str, String)> {
        let mut headers = vec![("nhsd-asid", self.identity.asid.as_str().to_owned())];
        headers.extend(prepared.headers.iter().cloned());
        headers
    }

    fn write(&self, prepared: &Prepared) -> Result<Written, EbxmlError> {
        let identity = &self.identity;
        let header = MessageHeader {
            from_party: identity.party_key.clone(),
            to_party: identity.spine_party_key.clone(),
            cpa_id: identity.cpa_id.clone(),
            conversation: prepared.message.as_str().to_owned(),
            service: service(prepared.interaction),
            action: prepared.interaction.id().to_owned(),
            message_id: prepared.message.clone(),
            timestamp: prepared.at,
            ref_to: None,
            duplicate_elimination: true,
            ack_requested: Some(Actor::ToParty),
            sync_reply: true,
        };
        ebxml::write(&Outbound {
            header: &header,
            form: Form::Client,
            payload: &prepared.payload,
            attachments: &[],
            external: &[],
        })
    }

    /// What the answer to a post says: where to look, or the answer itself.
    fn taken(&self, message: &MessageId, response: UpstreamResponse) -> Result<Taken, SpineError> {
        if let Some(refused) = refusal(&response) {
            return Err(refused);
        }
        match response.status {
            200 => read_answer(message, &response).map(Taken::Answered),
            202 => {
                let place = response.headers.first("Content-Location");
                let place = place.filter(|place| is_place(place)).ok_or_else(|| {
                    SpineError::unusable("it does not say where to look for the answer")
                })?;
                Ok(Taken::At(place.to_owned(), self.pause(&response)))
            }
            status => Err(SpineError::unusable(format!("HTTP status {status}"))),
        }
    }

    /// Looks until the answer is there. What may pass by itself is waited for.
    async fn poll(
        &self,
        prepared: &Prepared,
        place: &str,
        mut pause: Duration,
    ) -> Result<Answered, SpineError> {
        let message = &prepared.message;
        loop {
            tokio::time::sleep(pause).await;
            let request = UpstreamRequest {
                method: Method::Get,
                path: place.to_owned(),
                headers: self.told(prepared),
                body: bytes::Bytes::new(),
                safe: true,
            };
            pause = match self.exchange(request).await {
                Ok(response) => match self.polled(message, &response)? {
                    Polled::Done(answered) => return Ok(answered),
                    Polled::NotYet(pause) => pause,
                },
                Err(error) => {
                    tracing::debug!(message_id = %message, %error, "the answer is looked for again");
                    self.settings.longest_pause
                }
            };
        }
    }

    fn polled(
        &self,
        message: &MessageId,
        response: &UpstreamResponse,
    ) -> Result<Polled, SpineError> {
        match refusal(response) {
            Some(SpineError::Fault(fault)) if fault.is_retryable() => {
                return Ok(Polled::NotYet(self.settings.longest_pause));
            }
            Some(refused) => return Err(refused),
            None => {}
        }
        match response.status {
            200 => read_answer(message, response).map(Polled::Done),
            202 => Ok(Polled::NotYet(self.pause(response))),
            500..=599 => Ok(Polled::NotYet(self.settings.longest_pause)),
            status => Err(SpineError::unusable(format!(
                "HTTP status {status} where the answer was to be"
            ))),
        }
    }

    /// `Retry-After` as this service has it: milliseconds.
    fn pause(&self, response: &UpstreamResponse) -> Duration {
        let millis = response.headers.first("Retry-After");
        let pause = millis.and_then(|text| text.trim().parse().ok());
        let pause = pause.map_or(PAUSE, Duration::from_millis);
        let (shortest, longest) = (self.settings.shortest_pause, self.settings.longest_pause);
        pause.min(longest).max(shortest)
    }
}

/// How a post was taken.
enum Taken {
    /// The answer is there already.
    Answered(Answered),
    /// The answer is to be looked for there, after this pause.
    At(String, Duration),
}

fn service(interaction: Interaction) -> String {
    format!("urn:nhs:names:services:{}", interaction.service())
}

fn outcome(prepared: &Prepared, answered: Answered) -> UploadOutcome {
    UploadOutcome {
        message: prepared.message.clone(),
        answered,
    }
}

/// A path at the same host, and nothing else: no URL from a message is ever dialled.
fn is_place(place: &str) -> bool {
    place.starts_with('/')
        && !place.starts_with("//")
        && place.len() <= LONGEST_PLACE
        && place.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What refuses the message as such, if that is what the answer is.
fn refusal(response: &UpstreamResponse) -> Option<SpineError> {
    if let Some(fault) = super::fault(&response.body) {
        return Some(SpineError::Fault(fault));
    }
    match ebxml::read("text/xml", &response.body).ok()?.kind {
        Kind::Errors(errors) => Some(SpineError::MessageErrors(errors)),
        _ => None,
    }
}

/// The answer to this very message, in its envelope.
fn read_answer(message: &MessageId, response: &UpstreamResponse) -> Result<Answered, SpineError> {
    let envelope = ebxml::read(&response.content_type, &response.body)?;
    if envelope.kind != Kind::Business || envelope.header.service == MESSAGE_SERVICE {
        return Err(SpineError::unusable("it is a signal, not an answer"));
    }
    let answered = Answered::read(&envelope.payload_bytes()?)
        .map_err(|error| SpineError::unusable(error.to_string()))?;
    let ref_to = envelope.header.ref_to.as_ref().map(MessageId::as_str);
    let ids = ref_to.into_iter().chain(answered.refers_to.as_deref());
    let ids: Vec<&str> = ids.collect();
    match !ids.is_empty() && ids.iter().all(|id| is_same_id(id, message.as_str())) {
        true => Ok(answered),
        false => Err(SpineError::unusable(
            "the answer belongs to another message",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_is_polled_at() {
        for (place, expected) in [
            ("/clinical/B7A1", true),
            ("/clinical/B7A1?x=1", true),
            ("https://elsewhere.example/clinical/B7A1", false),
            ("//elsewhere.example/clinical/B7A1", false),
            ("clinical/B7A1", false),
            ("/clinical/B7A1 HTTP/1.1", false),
            ("", false),
            (&"/".repeat(2000), false),
            (&format!("/{}", "x".repeat(2000)), false),
        ] {
            assert_eq!(is_place(place), expected, "{place}");
        }
    }
}
