//! A GP system that uploads over reliable ebXML.

use std::sync::Arc;

use domain::record::DocumentBytes;
use domain::{DocumentId, MessageId, NhsNumber};
use ebxml::{Actor, Form, Kind, MessageHeader, Outbound};
use hl7v3::Interaction;
use hl7v3::wrapper::{Author, Outgoing};
use transport::{Environment, TlsUpstream, Upstream, UpstreamRequest, UpstreamResponse};

use crate::world::World;

/// One upload, ready to be sent as often as one likes.
#[derive(Clone)]
pub(crate) struct Upload {
    pub(crate) message: String,
    pub(crate) document: String,
    request: UpstreamRequest,
}

/// What came of sending it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It is safe there.
    Acknowledged,
    /// No answer: it may be there or not.
    Unknown,
    /// Anything else.
    Refused(u16, String),
}

/// A system of the demo's organisation.
pub(crate) struct Sender {
    env: Environment,
    spine: Arc<TlsUpstream>,
    author: Author,
    asid: domain::Asid,
    spine_asid: domain::Asid,
    party: domain::PartyKey,
    spine_party: domain::PartyKey,
    cpa: String,
}

impl Sender {
    pub(crate) fn of(world: &World) -> Self {
        let parsed = |pointer: &str| world.value(pointer).to_owned();
        Self {
            env: Environment::system(),
            spine: world.upstream(world.value("/spine/reliable")),
            author: Author {
                user: parsed("/user/user_id").parse().expect("a user"),
                role_profile: parsed("/user/role_profile_id").parse().expect("a profile"),
                job_role: parsed("/user/job_role").parse().expect("a job role"),
            },
            asid: parsed("/tls/asid").parse().expect("an ASID"),
            spine_asid: parsed("/spine/asid").parse().expect("an ASID"),
            party: parsed("/tls/party_key").parse().expect("a party"),
            spine_party: parsed("/spine/party_key").parse().expect("a party"),
            cpa: parsed("/spine/cpa_id"),
        }
    }

    /// A summary of a patient, new every time.
    pub(crate) fn upload(&self, patient: &str, replaces: Option<&str>) -> Upload {
        let (message, document) = (self.env.uuid(), self.env.uuid());
        let summary = DocumentBytes {
            bytes: summary(patient, &document, replaces).into_bytes(),
            inherited: vec![(String::new(), "urn:hl7-org:v3".to_owned())],
        };
        let out = Outgoing {
            id: &message,
            now: self.env.now(),
            receiver: &self.spine_asid,
            sender: &self.asid,
        };
        let payload =
            hl7v3::upload::write(Interaction::Summary, &out, Some(&self.author), &summary);
        let header = MessageHeader {
            from_party: self.party.clone(),
            to_party: self.spine_party.clone(),
            cpa_id: self.cpa.clone(),
            conversation: message.clone(),
            service: "urn:nhs:names:services:psis".to_owned(),
            action: Interaction::Summary.id().to_owned(),
            message_id: MessageId::parse(&message).expect("an id"),
            timestamp: self.env.now(),
            ref_to: None,
            duplicate_elimination: true,
            ack_requested: Some(Actor::ToParty),
            sync_reply: true,
        };
        let written = ebxml::write(&Outbound {
            header: &header,
            form: Form::Client,
            payload: &payload,
            attachments: &[],
            external: &[],
        })
        .expect("written");
        let request = UpstreamRequest {
            headers: vec![
                ("SOAPAction", written.soap_action),
                ("Content-Type", written.content_type),
            ],
            body: written.body.into(),
            ..UpstreamRequest::default()
        };
        Upload {
            message,
            document,
            request,
        }
    }

    pub(crate) async fn send(&self, upload: &Upload) -> Sent {
        match self.spine.send(upload.request.clone()).await {
            Ok(answer) => judge(&answer, &upload.message),
            Err(_) => Sent::Unknown,
        }
    }
}

fn judge(answer: &UpstreamResponse, message: &str) -> Sent {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    match ebxml::read("text/xml", &answer.body).map(|signal| signal.kind) {
        Ok(Kind::Acknowledgment(ack)) if answer.status == 202 => {
            assert_eq!(ack.ref_to.as_str(), message);
            Sent::Acknowledged
        }
        _ => Sent::Refused(answer.status, text),
    }
}

/// The least that a GP Summary may be.
fn summary(patient: &str, document: &str, replaces: Option<&str>) -> String {
    NhsNumber::parse(patient).expect("a number");
    DocumentId::parse(document).expect("an id");
    let replacement = replaces.map_or(String::new(), |prior| {
        format!(
            r#"<replacementOf typeCode="RPLC"><priorMessageRef classCode="COMPOSITION" moodCode="EVN"><id root="{prior}"/></priorMessageRef></replacementOf>"#
        )
    });
    format!(
        r#"<GPSummary classCode="COMPOSITION" moodCode="EVN"><id root="{document}"/><code code="196981000000101" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/><effectiveTime value="20260101120000"/><statusCode code="active"/><author typeCode="AUT" contextControlCode="OP"><time value="20260101120000"/><UKCT_MT160018UK01.AgentPersonSDS classCode="AGNT"><id root="1.2.826.0.1285.0.2.0.67" extension="999000000025"/><agentPersonSDS classCode="PSN" determinerCode="INSTANCE"><id root="1.2.826.0.1285.0.2.0.65" extension="999000000017"/><name>Dr Test Sender</name></agentPersonSDS></UKCT_MT160018UK01.AgentPersonSDS></author><recordTarget typeCode="RCT"><patient classCode="PAT"><id root="2.16.840.1.113883.2.1.4.1" extension="{patient}"/></patient></recordTarget>{replacement}</GPSummary>"#
    )
}
