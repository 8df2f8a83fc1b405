//! One request and its answer, whichever mini service it is for.

use std::sync::Arc;

use bytes::Bytes;
use itk::Operation;
use itk::client_request::{self, Parts};
use itk::client_response::{self, Answer, Response};
use itk::envelope::Caller;
use itk::signature::Signer;
use jiff::{SignedDuration, Timestamp};
use transport::{Environment, Upstream, UpstreamRequest};
use xml::{Document, Writer, XmlError};

use crate::{ClientError, ClientIdentity, Outcome, Refused};

/// The way to a mini service, as whom it is called.
pub(crate) struct Line {
    pub(crate) identity: ClientIdentity,
    pub(crate) signer: Option<Arc<Signer>>,
    pub(crate) service: Arc<dyn Upstream>,
    pub(crate) env: Environment,
}

impl Line {
    /// The bytes of a request that is valid for so long. `payload` writes its payload, under the id
    /// that it is given.
    pub(crate) fn request(
        &self,
        operation: Operation,
        valid_for: SignedDuration,
        payload: impl FnOnce(&mut Writer, &str),
    ) -> Vec<u8> {
        let ask = Ask::new(operation, &self.identity, valid_for, &self.env);
        ask.write(&self.identity, self.signer.as_deref(), payload)
    }

    /// Sends a request, and reads an answer with SMSP-0000.
    pub(crate) async fn exchange<T>(
        &self,
        operation: Operation,
        payload: impl FnOnce(&mut Writer, &str),
        read: impl FnOnce(&Response<'_, '_>) -> Result<T, ClientError>,
    ) -> Result<Outcome<T>, ClientError> {
        let ask = Ask::new(
            operation,
            &self.identity,
            self.identity.valid_for,
            &self.env,
        );
        let request = ask.write(&self.identity, self.signer.as_deref(), payload);
        let body = self.send(request).await?;
        let document = Document::parse_answer(&body).map_err(unreadable)?;
        match ask.answer(&document)? {
            Answer::Fault(fault) => Ok(Outcome::Fault(fault)),
            Answer::Response(response) if response.value.is_success() => {
                read(&response).map(Outcome::Value)
            }
            Answer::Response(response) => Ok(Outcome::Refused(Refused::from(&response.value))),
        }
    }

    async fn send(&self, body: Vec<u8>) -> Result<Bytes, ClientError> {
        let request = UpstreamRequest {
            method: transport::Method::Post,
            headers: vec![
                ("Content-Type", "text/xml; charset=utf-8".to_owned()),
                ("SOAPAction", itk::SEND_RECV.to_owned()),
            ],
            body: body.into(),
            ..UpstreamRequest::default()
        };
        let response = self.service.send(request).await?;
        let is_message = response.body.trim_ascii_start().first() == Some(&b'<')
            && !response.content_type.to_ascii_lowercase().contains("html");
        // A fault comes with status 500; an accepted (202) message is no answer.
        match response.status {
            200 | 500 if is_message => Ok(response.body),
            status => Err(ClientError::Status { status }),
        }
    }
}

/// One request's ids.
struct Ask {
    operation: Operation,
    now: Timestamp,
    valid_for: SignedDuration,
    message_id: String,
    tracking_id: String,
    payload_id: String,
    caller: Caller,
}

impl Ask {
    fn new(
        operation: Operation,
        identity: &ClientIdentity,
        valid_for: SignedDuration,
        env: &Environment,
    ) -> Self {
        Self {
            operation,
            now: env.now(),
            valid_for,
            message_id: env.uuid(),
            tracking_id: env.uuid(),
            payload_id: env.uuid(),
            caller: identity.caller(),
        }
    }

    /// The whole request.
    fn write(
        &self,
        identity: &ClientIdentity,
        signer: Option<&Signer>,
        payload: impl FnOnce(&mut Writer, &str),
    ) -> Vec<u8> {
        let parts = Parts {
            message_id: &self.message_id,
            to: &identity.url,
            now: self.now,
            expires_after: self.valid_for,
            username: &identity.username,
            tracking_id: &self.tracking_id,
            payload_id: &self.payload_id,
            operation: self.operation,
            caller: &self.caller,
            signer,
        };
        client_request::write(&parts, |w| payload(w, &self.payload_id))
    }

    /// Reads the answer to this request.
    fn answer<'d, 'i>(&self, document: &'d Document<'i>) -> Result<Answer<'d, 'i>, ClientError> {
        let answer = client_response::read(document).map_err(unreadable)?;
        if let Answer::Response(response) = &answer {
            let related = response.relates_to.as_deref().is_none_or(|id| {
                // With or without a prefix like `uuid:`, in either case.
                id.to_ascii_uppercase()
                    .ends_with(&self.message_id.to_ascii_uppercase())
            });
            if !related || response.operation != self.operation {
                return Err(ClientError::Unrelated);
            }
        }
        Ok(answer)
    }
}

pub(crate) fn unreadable(error: XmlError) -> ClientError {
    ClientError::Unreadable(error.to_string())
}
