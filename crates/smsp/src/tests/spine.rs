//! A Spine that answers what a test tells it to, in the bytes a Spine writes.

use std::collections::BTreeSet;
use std::sync::Mutex;

use bytes::Bytes;
use domain::code::psis::Issue;
use domain::consent::{Consent, ConsentSetting};
use domain::nhs_number::NhsNumber;
use domain::record::{DocumentBytes, DocumentPointer, DocumentState};
use hl7v3::acs::PermissionsQuery;
use hl7v3::issue::{Acknowledged, QueryFailed};
use hl7v3::psis::{DocumentAnswer, ListAnswer};
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerParts, Interaction, ReplyTo, acs, gp_summary};
use tokio::sync::Barrier;
use transport::{
    BoxFuture, Environment, Upstream, UpstreamError, UpstreamRequest, UpstreamResponse,
};

use super::world::{PATIENT, id};

pub(super) const DOCUMENT: &str = "0600CE57-C6F6-4C7F-E050-950AE073125B";

/// How one question is answered.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// As a Spine that holds the sample would.
    Normal,
    /// These pointers, filed under this patient.
    List(NhsNumber, Vec<DocumentPointer>),
    /// This document, filed under this patient.
    Document(NhsNumber, DocumentBytes),
    /// This consent, of this patient.
    Consent(NhsNumber, Consent),
    /// QUQI_IN010000UK14.
    QueryFailed(Vec<Issue>, AcknowledgementKind),
    /// MCCI_IN010000UK13.
    Acknowledged(Vec<Issue>, AcknowledgementKind),
    /// Whatever, under an HTTP status.
    Http(u16, &'static str, Vec<u8>),
    /// No answer.
    Timeout,
    /// No endpoint takes requests now.
    Unavailable,
    /// More than is read.
    TooLarge,
    /// A proper answer to a message of another id.
    Unrelated,
    /// A proper answer with a part of it replaced.
    Replaced(&'static str, &'static str),
}

/// The Spine.
pub(super) struct FakeSpine {
    pub(super) list: Reply,
    pub(super) document: Reply,
    pub(super) consent: Reply,
    /// How the setting of consent is answered. However it is, it is done.
    pub(super) set: Reply,
    /// A newer document than the sample, served under its own id.
    pub(super) newer: Option<DocumentBytes>,
    /// Messages of this kind wait here until two are there.
    pub(super) meet_at: Option<Interaction>,
    meeting: Barrier,
    env: Environment,
    /// What was asked under which message id, in order.
    asked: Mutex<Vec<(Interaction, String)>>,
    /// What consents were set, each message once.
    done: Mutex<Vec<(NhsNumber, ConsentSetting)>>,
}

impl FakeSpine {
    pub(super) fn new(env: Environment) -> Self {
        Self {
            list: Reply::Normal,
            document: Reply::Normal,
            consent: Reply::Normal,
            set: Reply::Normal,
            newer: None,
            meet_at: None,
            meeting: Barrier::new(2),
            env,
            asked: Mutex::default(),
            done: Mutex::default(),
        }
    }

    pub(super) fn asked(&self) -> Vec<Interaction> {
        let asked = self.asked.lock().expect("no test panicked holding it");
        asked.iter().map(|(interaction, _)| *interaction).collect()
    }

    /// The different message ids of the messages of one kind.
    pub(super) fn messages_of(&self, interaction: Interaction) -> BTreeSet<String> {
        let asked = self.asked.lock().expect("no test panicked holding it");
        let of_kind = asked.iter().filter(|(kind, _)| *kind == interaction);
        of_kind.map(|(_, message)| message.clone()).collect()
    }

    /// The consents that were set.
    pub(super) fn set(&self) -> Vec<(NhsNumber, ConsentSetting)> {
        let done = self.done.lock().expect("no test panicked holding it");
        done.clone()
    }

    /// Notes a message; whether it is the first under its id.
    fn note(&self, interaction: Interaction, message: &str) -> bool {
        let mut asked = self.asked.lock().expect("no test panicked holding it");
        let first = !asked.iter().any(|(_, known)| known == message);
        asked.push((interaction, message.to_owned()));
        first
    }

    fn answer(&self, request: &UpstreamRequest) -> Result<UpstreamResponse, UpstreamError> {
        let document = xml::Document::parse(&request.body).expect("we write XML");
        let action = request
            .headers
            .iter()
            .find(|(name, _)| *name == "SOAPAction");
        let action = action.map(|(_, value)| value.as_str());
        let read = hl7v3::soap::read_request(&document, action).expect("we write valid requests");
        let mut reply_to = read.reply_to();
        let first = self.note(read.interaction, &reply_to.message_id);
        if first && read.interaction == Interaction::SetPermissions {
            let set = acs::read_set(&read).expect("we write valid requests");
            let mut done = self.done.lock().expect("no test panicked holding it");
            done.push((set.patient, set.setting.setting()));
        }
        let newer = self.newer.as_ref().filter(|newer| {
            read.interaction == Interaction::DocumentQuery
                && holds(&request.body, pointer(newer).header.id.as_str())
        });
        let newer = newer.map(|newer| Reply::Document(id(PATIENT), newer.clone()));
        let reply = match read.interaction {
            Interaction::DocumentListQuery => &self.list,
            Interaction::DocumentQuery => newer.as_ref().unwrap_or(&self.document),
            Interaction::SetPermissions => &self.set,
            _ => &self.consent,
        };
        let soap = |body: Vec<u8>| UpstreamResponse {
            headers: transport::Headers::default(),
            status: 200,
            content_type: "text/xml".to_owned(),
            body: body.into(),
        };
        Ok(match reply {
            Reply::Timeout => return Err(UpstreamError::Timeout { phase: "response" }),
            Reply::Unavailable => {
                let retry_in = std::time::Duration::from_secs(5);
                return Err(UpstreamError::Unavailable { retry_in });
            }
            Reply::TooLarge => return Err(UpstreamError::TooLarge { limit: 1 }),
            Reply::Http(status, content_type, body) => UpstreamResponse {
                headers: transport::Headers::default(),
                status: *status,
                content_type: (*content_type).to_owned(),
                body: Bytes::copy_from_slice(body),
            },
            Reply::Unrelated => {
                reply_to.message_id = format!("uuid:{}", self.env.uuid());
                reply_to.hl7_id = self.env.uuid();
                soap(self.write(&Reply::Normal, &reply_to))
            }
            Reply::Replaced(from, to) => {
                let body = self.write(&Reply::Normal, &reply_to);
                let text = String::from_utf8(body).expect("UTF-8");
                assert!(text.contains(from), "{from} is not in {text}");
                soap(text.replacen(from, to, 1).into_bytes())
            }
            reply => soap(self.write(reply, &reply_to)),
        })
    }

    fn write(&self, reply: &Reply, reply_to: &ReplyTo) -> Vec<u8> {
        let spine = id("655159266510");
        let message = self.env.uuid();
        let parts = AnswerParts {
            id: &message,
            now: self.env.now(),
            service_url: "https://spine.example/sync-service",
            asid: &spine,
            reply_to,
        };
        let patient = id(PATIENT);
        match reply {
            Reply::List(patient, entries) => ListAnswer { patient, entries }.write(&parts),
            Reply::Document(filed_under, bytes) => {
                let mut pointer = pointer(bytes);
                pointer.filed_under = *filed_under;
                DocumentAnswer {
                    pointer: &pointer,
                    bytes,
                }
                .write(&parts)
            }
            Reply::Consent(patient, consent) => {
                let query = PermissionsQuery::all(*patient);
                acs::PermissionsAnswer {
                    query: &query,
                    consent: *consent,
                }
                .write(&parts)
            }
            Reply::QueryFailed(issues, ack) => QueryFailed { issues, ack: *ack }.write(&parts),
            Reply::Acknowledged(issues, ack) => Acknowledged { issues, ack: *ack }.write(&parts),
            _ => match reply_to.interaction {
                Interaction::DocumentListQuery => {
                    let entries = [pointer(&summary(PATIENT, DOCUMENT))];
                    ListAnswer {
                        patient: &patient,
                        entries: &entries,
                    }
                    .write(&parts)
                }
                Interaction::SetPermissions => acs::SetAccepted.write(&parts),
                Interaction::DocumentQuery => {
                    let bytes = summary(PATIENT, DOCUMENT);
                    DocumentAnswer {
                        pointer: &pointer(&bytes),
                        bytes: &bytes,
                    }
                    .write(&parts)
                }
                _ => {
                    let query = PermissionsQuery::all(patient);
                    let consent = Consent::both(ConsentSetting::Ask);
                    acs::PermissionsAnswer {
                        query: &query,
                        consent,
                    }
                    .write(&parts)
                }
            },
        }
    }
}

impl Upstream for FakeSpine {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        Box::pin(async move {
            let meets = |interaction: Interaction| holds(&request.body, interaction.id());
            if self.meet_at.is_some_and(meets) {
                self.meeting.wait().await;
            }
            self.answer(&request)
        })
    }
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

/// The pointer of a document in state Normal.
pub(super) fn pointer(document: &DocumentBytes) -> DocumentPointer {
    let bytes = standing_alone(document);
    let parsed = xml::Document::parse(&bytes).expect("well-formed");
    let header = gp_summary::header(gp_summary::find(&parsed)[0]).expect("a header");
    DocumentPointer {
        filed_under: header.patient,
        header,
        stored_at: "2026-03-01T10:00:00Z".parse().expect("a timestamp"),
        state: DocumentState::Normal,
        replaced_by: None,
        withdrawn_by: None,
        size: document.bytes.len() as u64,
        sha256: [0; 32],
    }
}

fn standing_alone(document: &DocumentBytes) -> Vec<u8> {
    let mut w = xml::Writer::new();
    w.slice(
        "x:x",
        &[("xmlns:x", "urn:test")],
        &document.bytes,
        &document.inherited,
    );
    w.finish()
}

/// A small GP Summary with a comment, an odd prefix and an inherited default namespace.
pub(super) fn summary(patient: &str, document: &str) -> DocumentBytes {
    let bytes = format!(
        r#"<GPSummary classCode="COMPOSITION" moodCode="EVN"><!-- kept --><id root="{document}"/><code code="196981000000101" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="General Practice Summary"/><effectiveTime value="202603010930"/><statusCode code="active"/><author typeCode="AUT" contextControlCode="OP"><time value="202603010930"/><UKCT_MT160018UK01.AgentPersonSDS classCode="AGNT"><id root="1.2.826.0.1285.0.2.0.67" extension="100141551985"/><agentPersonSDS classCode="PSN" determinerCode="INSTANCE"><id root="1.2.826.0.1285.0.2.0.65" extension="100141550987"/><name>Dr B Example</name></agentPersonSDS></UKCT_MT160018UK01.AgentPersonSDS></author><odd:excerptFrom xmlns:odd="urn:hl7-org:v3" typeCode="XCRPT"><UKCT_MT144051UK01.CareProfessionalDocumentationCRE classCode="CATEGORY" moodCode="EVN"><component typeCode="COMP"><presentationText classCode="OBS" moodCode="EVN"><value mediaType="text/plain"><html xmlns="xhtml:NPfIT:PresentationText"><body><h2>General Practice Summary</h2></body></html></value></presentationText></component></UKCT_MT144051UK01.CareProfessionalDocumentationCRE></odd:excerptFrom><recordTarget typeCode="RCT"><patient classCode="PAT"><id root="2.16.840.1.113883.2.1.4.1" extension="{patient}"/></patient></recordTarget></GPSummary>"#
    );
    DocumentBytes {
        bytes: bytes.into_bytes(),
        inherited: vec![(String::new(), xml::ns::HL7.to_owned())],
    }
}
