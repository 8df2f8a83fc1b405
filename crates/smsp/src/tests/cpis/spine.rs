//! A CP-IS that answers what a test tells it to, in the bytes a Spine writes.

use std::sync::Mutex;

use domain::CheckDigit;
use domain::code::psis::{Issue, Severity};
use hl7v3::cpis::acknowledgement::NoRecord;
use hl7v3::cpis::answer::{Answer, Found, Shape};
use hl7v3::cpis::query::{self, Query};
use hl7v3::issue::Acknowledged;
use hl7v3::soap::AnswerForm;
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerParts, Interaction, ReplyTo};
use transport::{
    BoxFuture, Environment, Headers, Upstream, UpstreamError, UpstreamRequest, UpstreamResponse,
};

use super::world::held;
use crate::tests::world::id;

/// How a query is answered.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// As a CP-IS that holds a plan would.
    Held,
    /// With this.
    Answer(Box<Answer>),
    /// QUQI_IN010000UK14.
    NoRecord,
    /// MCCI_IN010000UK13.
    Acknowledged(AcknowledgementKind),
    /// What CP-IS would answer, with a part of it replaced wherever it stands.
    Replaced(&'static str, &'static str),
    /// This message in a SOAP body, the namespace of HL7 around it.
    Body(String),
    /// Whatever, under an HTTP status.
    Http(u16, &'static str, Vec<u8>),
    /// To a message of another id.
    Unrelated,
    /// No answer: this error.
    Error(UpstreamError),
}

/// The Spine.
pub(super) struct FakeCpis {
    pub(super) reply: Mutex<Reply>,
    env: Environment,
    asked: Mutex<Vec<(String, Query)>>,
}

impl FakeCpis {
    pub(super) fn new(env: Environment, reply: Reply) -> Self {
        Self {
            reply: Mutex::new(reply),
            env,
            asked: Mutex::default(),
        }
    }

    pub(super) fn answers(&self, reply: Reply) {
        *self.reply.lock().expect("no test panicked") = reply;
    }

    /// The messages that came: their ids, and what they asked.
    pub(super) fn asked(&self) -> Vec<(String, Query)> {
        self.asked.lock().expect("no test panicked").clone()
    }

    fn answer(&self, request: &UpstreamRequest) -> Result<UpstreamResponse, UpstreamError> {
        let document = xml::Document::parse(&request.body).expect("we write XML");
        let mut headers = request.headers.iter();
        let action = headers.find(|(name, _)| *name == "SOAPAction");
        let action = action.map(|(_, value)| value.as_str());
        let read = hl7v3::soap::read_request(&document, action).expect("we write valid requests");
        assert_eq!(read.interaction, Interaction::CpisQuery);
        assert_eq!(read.sender, id("200000000115"));
        assert_eq!(read.author, None);
        let query = query::read_request(&read, CheckDigit::Ignored).expect("a valid query");
        let reply_to = read.reply_to();
        let mut asked = self.asked.lock().expect("no test panicked");
        asked.push((reply_to.hl7_id.clone(), query.clone()));
        drop(asked);
        let reply = self.reply.lock().expect("no test panicked").clone();
        self.respond(reply, &query, reply_to)
    }

    fn respond(
        &self,
        reply: Reply,
        query: &Query,
        mut reply_to: ReplyTo,
    ) -> Result<UpstreamResponse, UpstreamError> {
        let response = |status, body: Vec<u8>| UpstreamResponse {
            headers: Headers::default(),
            status,
            content_type: "text/xml".to_owned(),
            body: body.into(),
        };
        Ok(match reply {
            Reply::Error(error) => return Err(error),
            Reply::Http(status, content_type, body) => UpstreamResponse {
                content_type: content_type.to_owned(),
                ..response(status, body)
            },
            Reply::Unrelated => {
                reply_to.message_id = format!("uuid:{}", self.env.uuid());
                response(200, written(&self.env, &Reply::Held, query, &reply_to))
            }
            Reply::Replaced(from, to) => {
                let body = written(&self.env, &Reply::Held, query, &reply_to);
                let text = String::from_utf8(body).expect("UTF-8");
                assert!(text.contains(from), "{from} is not in {text}");
                response(200, text.replace(from, to).into_bytes())
            }
            Reply::Body(message) => response(200, in_soap(&message, &reply_to)),
            reply => response(200, written(&self.env, &reply, query, &reply_to)),
        })
    }
}

/// An answer in SOAP, or bare.
pub(super) fn written(
    env: &Environment,
    reply: &Reply,
    query: &Query,
    reply_to: &ReplyTo,
) -> Vec<u8> {
    let (spine, message) = (id("655159266510"), env.uuid());
    let parts = AnswerParts {
        id: &message,
        now: env.now(),
        service_url: "https://spine.example/sync-service",
        asid: &spine,
        reply_to,
    };
    let shape = Shape::default();
    match reply {
        Reply::NoRecord => NoRecord.write(&parts),
        Reply::Acknowledged(ack) => {
            let issues = [Issue {
                code: "GE002".into(),
                system: domain::oid::QUERY_WARNING,
                text: "Unexpected business error encountered.".to_owned(),
                severity: Severity::Error,
            }];
            let issues = &issues;
            Acknowledged { ack: *ack, issues }.write(&parts)
        }
        Reply::Answer(answer) => Found { answer, shape }.write(&parts),
        _ => {
            let answer = &held(query);
            Found { answer, shape }.write(&parts)
        }
    }
}

/// How to answer a message that came without SOAP.
pub(super) fn to_bare(message: &str) -> ReplyTo {
    ReplyTo {
        message_id: format!("uuid:{message}"),
        from: String::new(),
        interaction: Interaction::CpisQuery,
        hl7_id: message.to_owned(),
        sender: id("200000000115"),
        form: AnswerForm::Bare,
    }
}

fn in_soap(message: &str, reply_to: &ReplyTo) -> Vec<u8> {
    let relates_to = &reply_to.message_id;
    format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns=\"urn:hl7-org:v3\"><e:Header>\
         <RelatesTo xmlns=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\">{relates_to}\
         </RelatesTo></e:Header><e:Body>{message}</e:Body></e:Envelope>"
    )
    .into_bytes()
}

impl Upstream for FakeCpis {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        Box::pin(async move { self.answer(&request) })
    }
}

/// A message of the Spine's that came as a file, as an answer to whatever is asked.
pub(super) fn body(bytes: &[u8]) -> Reply {
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let text = text.trim_start_matches('\u{feff}');
    Reply::Body(text.to_owned())
}
