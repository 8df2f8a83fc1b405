//! Asking, and understanding what came back.

use std::sync::Arc;

use bytes::Bytes;
use domain::consent::ConsentSetting;
use domain::record::{DocumentBytes, DocumentHeader};
use domain::{Hl7Timestamp, NhsNumber};
use itk::client_request::{self, Parts};
use itk::client_response::{self, Answer, Response};
use itk::fault::Fault;
use itk::scr::{Operation, get_scr_status, query_scr};
use jiff::SignedDuration;
use transport::{Environment, Upstream, UpstreamRequest};
use xml::Document;

use crate::render::{RenderError, Summary};
use crate::{ClientError, ClientIdentity};

/// A client of the SCR mini services.
pub struct ScrClient {
    identity: ClientIdentity,
    service: Arc<dyn Upstream>,
    env: Environment,
}

/// How a record is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryOptions {
    /// The patient gives permission to view, now; to be recorded.
    pub create_ptv: bool,
    /// From when until when the permission holds; without it, as the provider decides.
    pub ptv_duration: Option<(Option<Hl7Timestamp>, Option<Hl7Timestamp>)>,
    /// The patient cannot be asked: the reason. The privacy officer is alerted.
    pub emergency: Option<String>,
    /// The user claims a legitimate relationship. The privacy officer is alerted.
    pub self_claim: bool,
}

/// What getSCRStatus tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Whether there is a Summary Care Record.
    pub exists: bool,
    /// The patient's consent to share it.
    pub consent: ConsentSetting,
}

/// A response code other than success. Two published sets give the same SCR code different
/// meanings, so show and compare both parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Like `SCR-0003`.
    pub code: String,
    /// Like `PTV Check Failed`.
    pub display: String,
}

/// The answer to [`ScrClient::status`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusOutcome {
    /// The status.
    Status(Status),
    /// A response code other than success.
    Refused(Refused),
    /// A SOAP fault.
    Fault(Fault),
}

/// The answer to [`ScrClient::query`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryOutcome {
    /// The patient's latest GP Summary.
    Document {
        /// Byte for byte as it was sent, and the namespaces it inherits.
        document: DocumentBytes,
        /// What it says of itself; its patient is the one asked for.
        header: Box<DocumentHeader>,
    },
    /// A response code other than success.
    Refused(Refused),
    /// A SOAP fault.
    Fault(Fault),
}

impl QueryOptions {
    /// With the patient's permission, given now, and a claimed relationship.
    pub fn with_permission() -> Self {
        Self {
            create_ptv: true,
            self_claim: true,
            ..Self::default()
        }
    }

    /// In an emergency, for this reason, with a claimed relationship.
    pub fn emergency(reason: impl Into<String>) -> Self {
        Self {
            emergency: Some(reason.into()),
            self_claim: true,
            ..Self::default()
        }
    }
}

impl ScrClient {
    /// A client that calls as `identity`.
    pub fn new(identity: ClientIdentity, service: Arc<dyn Upstream>, env: Environment) -> Self {
        Self {
            identity,
            service,
            env,
        }
    }

    /// Does the patient have a Summary Care Record, and may it be shared?
    pub async fn status(&self, patient: NhsNumber) -> Result<StatusOutcome, ClientError> {
        let id = self.env.uuid();
        let request = get_scr_status::Request {
            id: id.clone(),
            patient,
        };
        let ask = self.ask(Operation::GetScrStatus, id, self.identity.valid_for);
        let body = self.send(client_request::write(&ask.parts(&self.identity), |w| {
            request.write(w)
        }));
        let body = body.await?;
        let document = parse(&body)?;
        let response = match ask.answer(&document)? {
            Answer::Fault(fault) => return Ok(StatusOutcome::Fault(fault)),
            Answer::Response(response) => response,
        };
        if !response.value.is_success() {
            return Ok(StatusOutcome::Refused(refused(&response)));
        }
        let read = get_scr_status::Response::read(&response.payload).map_err(unreadable)?;
        let status = read
            .status
            .ok_or_else(|| ClientError::Unreadable("no status".to_owned()))?;
        Ok(StatusOutcome::Status(Status {
            exists: status.exists,
            consent: status.consent,
        }))
    }

    /// The patient's latest GP Summary.
    pub async fn query(
        &self,
        patient: NhsNumber,
        options: &QueryOptions,
    ) -> Result<QueryOutcome, ClientError> {
        let id = self.env.uuid();
        let ask = self.ask(Operation::QueryScr, id, self.identity.valid_for);
        let body = self.send(self.write_query(&ask, patient, options)).await?;
        let parsed = parse(&body)?;
        let response = match ask.answer(&parsed)? {
            Answer::Fault(fault) => return Ok(QueryOutcome::Fault(fault)),
            Answer::Response(response) => response,
        };
        if !response.value.is_success() {
            return Ok(QueryOutcome::Refused(refused(&response)));
        }
        let element = query_scr::document(&response.payload)
            .map_err(unreadable)?
            .ok_or_else(|| ClientError::Unreadable("no document".to_owned()))?;
        let header = hl7v3::gp_summary::header(element).map_err(unreadable)?;
        // The last gate before a clinician's eyes: published test cases return the document of
        // another patient under SMSP-0000.
        if header.patient != patient {
            return Err(ClientError::WrongPatient);
        }
        let slice = element.slice();
        Ok(QueryOutcome::Document {
            document: DocumentBytes {
                bytes: slice.bytes.as_bytes().to_vec(),
                inherited: slice.inherited,
            },
            header: Box::new(header),
        })
    }

    /// The bytes that [`ScrClient::query`] would send, valid for so long: a ready-made request.
    pub fn query_request(
        &self,
        patient: NhsNumber,
        options: &QueryOptions,
        valid_for: SignedDuration,
    ) -> Vec<u8> {
        let ask = self.ask(Operation::QueryScr, self.env.uuid(), valid_for);
        self.write_query(&ask, patient, options)
    }

    fn write_query(&self, ask: &Ask, patient: NhsNumber, options: &QueryOptions) -> Vec<u8> {
        let duration = options.ptv_duration.clone();
        let request = query_scr::Request {
            id: ask.payload_id.clone(),
            create_ptv: options.create_ptv,
            emergency: options.emergency.is_some(),
            emergency_reason: options.emergency.clone(),
            patient,
            ptv_duration: duration.map(|(low, high)| query_scr::Interval { low, high }),
            self_claim: options.self_claim,
        };
        client_request::write(&ask.parts(&self.identity), |w| request.write(w))
    }

    fn ask(&self, operation: Operation, payload_id: String, valid_for: SignedDuration) -> Ask {
        Ask {
            operation,
            now: self.env.now(),
            valid_for,
            message_id: self.env.uuid(),
            tracking_id: self.env.uuid(),
            payload_id,
            caller: self.identity.caller(),
        }
    }

    async fn send(&self, body: Vec<u8>) -> Result<Bytes, ClientError> {
        let request = UpstreamRequest {
            path: String::new(),
            headers: vec![
                ("Content-Type", "text/xml; charset=utf-8".to_owned()),
                ("SOAPAction", itk::SEND_RECV.to_owned()),
            ],
            body: body.into(),
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
    now: jiff::Timestamp,
    valid_for: SignedDuration,
    message_id: String,
    tracking_id: String,
    payload_id: String,
    caller: itk::envelope::Caller,
}

impl Ask {
    fn parts<'a>(&'a self, identity: &'a ClientIdentity) -> Parts<'a> {
        Parts {
            message_id: &self.message_id,
            to: &identity.url,
            now: self.now,
            expires_after: self.valid_for,
            username: &identity.username,
            tracking_id: &self.tracking_id,
            payload_id: &self.payload_id,
            operation: self.operation,
            caller: &self.caller,
        }
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

impl QueryOutcome {
    /// The document, read for rendering; `None` when there is none.
    pub fn summary(&self) -> Option<Result<Summary, RenderError>> {
        match self {
            Self::Document { document, .. } => Some(Summary::read(document)),
            Self::Refused(_) | Self::Fault(_) => None,
        }
    }
}

fn parse(body: &[u8]) -> Result<Document<'_>, ClientError> {
    Document::parse(body).map_err(unreadable)
}

fn unreadable(error: xml::XmlError) -> ClientError {
    ClientError::Unreadable(error.to_string())
}

fn refused(response: &Response<'_, '_>) -> Refused {
    Refused {
        code: response.value.code.clone(),
        display: response.value.display.clone(),
    }
}
