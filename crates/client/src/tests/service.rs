//! A scripted mini service behind the client: it reads what it is sent as a service does, and
//! answers as it is told.

use std::sync::{Arc, Mutex};

use domain::consent::ConsentSetting;
use domain::record::DocumentBytes;
use itk::fault::Fault;
use itk::request::{Rules, read};
use itk::response::{Outbound, write};
use itk::scr::{Operation, get_scr_status, query_scr};
use itk::signature::Sha1;
use jiff::SignedDuration;
use transport::{
    BoxFuture, Environment, Upstream, UpstreamError, UpstreamRequest, UpstreamResponse,
};
use xml::Writer;

use crate::{ClientIdentity, ScrClient};

/// Writes a payload with this id.
pub(super) type WritePayload = Arc<dyn Fn(&mut Writer, &str) + Send + Sync>;

/// How the service answers.
#[derive(Clone)]
pub(super) enum Reply {
    Status(bool, ConsentSetting),
    Document(DocumentBytes),
    /// This payload.
    Payload(WritePayload),
    Code(&'static str, &'static str),
    Fault(Fault),
    Http(u16, &'static str, &'static str),
    Unrelated,
    Silence,
}

pub(super) struct Service {
    reply: Reply,
    pub(super) env: Environment,
    pub(super) asked: Mutex<Vec<Vec<u8>>>,
}

impl Upstream for Service {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        self.asked
            .lock()
            .expect("no panic")
            .push(request.body.to_vec());
        Box::pin(async move { self.answer(&request.body) })
    }
}

impl Service {
    fn answer(&self, request: &[u8]) -> Result<UpstreamResponse, UpstreamError> {
        let document = xml::Document::parse(request).expect("well-formed");
        let rules = Rules {
            now: self.env.now(),
            skew: SignedDuration::from_secs(5),
            soap_action: Some(itk::SEND_RECV),
            service: itk::SEND_RECV,
            sha1: Sha1::Refused,
        };
        let read = read(&document, &rules).expect("a valid request");
        let operation = Operation::of(&read.envelope, &read.payload).expect("an operation");
        let soap = |status, body: Vec<u8>| UpstreamResponse {
            headers: transport::Headers::default(),
            status,
            content_type: "text/xml".to_owned(),
            body: body.into(),
        };
        let relates_to = match self.reply {
            Reply::Unrelated => self.env.uuid(),
            _ => read.message_id.to_string(),
        };
        Ok(match &self.reply {
            Reply::Silence => return Err(UpstreamError::Timeout { phase: "response" }),
            Reply::Http(status, content_type, body) => UpstreamResponse {
                headers: transport::Headers::default(),
                status: *status,
                content_type: (*content_type).to_owned(),
                body: body.as_bytes().to_vec().into(),
            },
            Reply::Fault(fault) => soap(
                500,
                fault.write(&self.env.uuid(), Some(&relates_to), &self.env.uuid()),
            ),
            reply => soap(200, self.respond(reply, operation, &relates_to)),
        })
    }

    fn respond(&self, reply: &Reply, operation: Operation, relates_to: &str) -> Vec<u8> {
        let (message, tracking, payload) = (self.env.uuid(), self.env.uuid(), self.env.uuid());
        let provider = "RAL".parse().expect("an ODS code");
        let parts = Outbound {
            message_id: &message,
            relates_to: Some(relates_to),
            now: self.env.now(),
            expires_after: SignedDuration::from_mins(5),
            tracking_id: &tracking,
            payload_id: &payload,
            profile_id: operation.response_profile(),
            interaction: operation.response_interaction(),
            provider_ods: &provider,
            client_ods: None,
            signer: None,
        };
        let success = ("SMSP-0000", "Success");
        write(&parts, |w| match reply {
            Reply::Status(exists, consent) => {
                let status = get_scr_status::Status {
                    exists: *exists,
                    consent: *consent,
                };
                get_scr_status::write_response(w, &payload, success, Some(status));
            }
            Reply::Document(document) => {
                query_scr::write_response(w, &payload, success, Some(document));
            }
            Reply::Payload(write) => write(w, &payload),
            Reply::Code(code, display) if operation == Operation::GetScrStatus => {
                get_scr_status::write_response(w, &payload, (code, display), None);
            }
            Reply::Code(code, display) => {
                query_scr::write_response(w, &payload, (code, display), None);
            }
            _ => query_scr::write_response(w, &payload, ("SCR-0004", "SCR Not Found"), None),
        })
    }
}

pub(super) fn client(reply: Reply) -> (ScrClient, Arc<Service>) {
    let now = "2026-03-02T09:00:00Z".parse().expect("a timestamp");
    let env = Environment::simulated(now, 11);
    let service = Arc::new(Service {
        reply,
        env: env.clone(),
        asked: Mutex::default(),
    });
    let ods = "RKE".parse().expect("an ODS code");
    let mut identity = ClientIdentity::new("https://smsp.example/smsp/scr", "ward-system", ods);
    identity.user = Some("112233445566".parse().expect("a user"));
    (
        ScrClient::new(identity, Arc::clone(&service) as Arc<dyn Upstream>, env),
        service,
    )
}
