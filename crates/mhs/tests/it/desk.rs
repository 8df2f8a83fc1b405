//! A Spine behind a desk: it reads what a client sends as the Spine does, and says what the test
//! says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::record::{DocumentBytes, DocumentPointer, DocumentState};
use domain::{Asid, JobRole, MessageId, PartyKey, RoleProfileId, SdsUserId};
use hl7v3::wrapper::Author;
use hl7v3::{AnswerParts, SpineRequest};
use mhs::{ClientSettings, Identity, SpineClient};
use transport::{
    BoxFuture, Environment, Headers, Upstream, UpstreamError, UpstreamRequest, UpstreamResponse,
};
use xml::Document;

use crate::support::patient;

type Reply = Result<UpstreamResponse, UpstreamError>;
type Says = Box<dyn FnMut(&UpstreamRequest) -> Reply + Send>;

pub(crate) struct Desk {
    says: Mutex<Says>,
    pub(crate) requests: Mutex<Vec<UpstreamRequest>>,
}

impl Desk {
    pub(crate) fn that(says: impl FnMut(&UpstreamRequest) -> Reply + Send + 'static) -> Arc<Self> {
        Arc::new(Self {
            says: Mutex::new(Box::new(says)),
            requests: Mutex::default(),
        })
    }

    pub(crate) fn client(self: &Arc<Self>) -> SpineClient {
        let now = "2026-11-21T09:30:00Z".parse().expect("an instant");
        let upstream: Arc<dyn Upstream> = Arc::<Self>::clone(self);
        let settings = ClientSettings {
            answer_within: Duration::from_millis(300),
            shortest_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(20),
            ..ClientSettings::default()
        };
        SpineClient::new(identity(), upstream, Environment::simulated(now, 3))
            .with_settings(settings)
    }

    pub(crate) fn asked(&self) -> Vec<UpstreamRequest> {
        self.requests.lock().expect("requests").clone()
    }
}

impl Upstream for Desk {
    fn send(&self, request: UpstreamRequest) -> BoxFuture<'_, Reply> {
        Box::pin(async move {
            self.requests
                .lock()
                .expect("requests")
                .push(request.clone());
            (self.says.lock().expect("a reply"))(&request)
        })
    }
}

fn parsed<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("an identifier")
}

pub(crate) fn identity() -> Identity {
    Identity {
        asid: parsed::<Asid>("200000000205"),
        spine_asid: parsed("655159266510"),
        party_key: parsed::<PartyKey>("RKE-000001"),
        spine_party_key: parsed("YES-0000806"),
        cpa_id: "S2001924A2012004".to_owned(),
    }
}

pub(crate) fn author() -> Author {
    Author {
        role_profile: parsed::<RoleProfileId>("212233445566"),
        user: parsed::<SdsUserId>("112233445566"),
        job_role: parsed::<JobRole>("S8000:G8000:R8000"),
    }
}

pub(crate) const DOCUMENT: &str = "D0C00000-0000-4000-8000-000000000001";

/// A GP Summary of the usual patient: just what the Spine looks at.
pub(crate) fn summary(of: &str, id: &str) -> DocumentBytes {
    let text = format!(
        "<GPSummary classCode=\"COMPOSITION\" moodCode=\"EVN\"><id root=\"{id}\"/>\
         <code code=\"196981000000101\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.15\"/>\
         <effectiveTime value=\"20261120093000\"/><statusCode code=\"active\"/>\
         <author typeCode=\"AUT\"><time value=\"20261120093000\"/>\
         <UKCT_MT160018UK01.AgentPersonSDS classCode=\"AGNT\">\
         <id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"212233445566\"/>\
         <agentPersonSDS><id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"112233445566\"/>\
         <name>Dr Ada Barstow</name></agentPersonSDS></UKCT_MT160018UK01.AgentPersonSDS></author>\
         <recordTarget typeCode=\"RCT\"><patient classCode=\"PAT\">\
         <id root=\"2.16.840.1.113883.2.1.4.1\" extension=\"{of}\"/>\
         </patient></recordTarget></GPSummary>"
    );
    DocumentBytes {
        bytes: text.into_bytes(),
        inherited: vec![(String::new(), "urn:hl7-org:v3".to_owned())],
    }
}

/// The usual document in its place.
pub(crate) fn pointer() -> DocumentPointer {
    let bytes = summary(patient().as_str(), DOCUMENT);
    let text = String::from_utf8(bytes.bytes.clone()).expect("text");
    let text = text.replacen("<GPSummary", "<GPSummary xmlns=\"urn:hl7-org:v3\"", 1);
    let document = Document::parse(text.as_bytes()).expect("well-formed");
    DocumentPointer {
        filed_under: patient(),
        header: hl7v3::gp_summary::header(document.root()).expect("a header"),
        stored_at: "2026-11-20T09:31:00Z".parse().expect("an instant"),
        state: DocumentState::Normal,
        replaced_by: None,
        withdrawn_by: None,
        size: bytes.bytes.len() as u64,
        sha256: [0; 32],
    }
}

/// A synchronous request, read with every check of the Spine, and the answer that `write` writes.
pub(crate) fn answer(
    request: &UpstreamRequest,
    write: impl FnOnce(&SpineRequest<'_, '_>, &AnswerParts<'_>) -> Vec<u8>,
) -> Reply {
    assert_eq!(request.path, "/sync-service");
    let header = |name: &str| {
        let found = request.headers.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| value.as_str())
    };
    let document = Document::parse(&request.body).expect("well-formed");
    let read = hl7v3::soap::read_request(&document, header("SOAPAction")).expect("a request");
    assert_eq!(read.sender, identity().asid);
    assert_eq!(read.receiver, identity().spine_asid);
    let reply_to = read.reply_to();
    let body = write(
        &read,
        &AnswerParts {
            id: "0A4F2FC8-806A-4EE9-A23F-B6900A7756F2",
            now: jiff::Timestamp::UNIX_EPOCH,
            service_url: "https://spine.example/sync-service",
            asid: &identity().spine_asid,
            reply_to: &reply_to,
        },
    );
    reply(200, "text/xml", &[], body)
}

pub(crate) fn reply(
    status: u16,
    content_type: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Reply {
    let mut lines = Headers::default();
    for (name, value) in headers {
        assert!(lines.add(name, value));
    }
    Ok(UpstreamResponse {
        status,
        content_type: content_type.to_owned(),
        headers: lines,
        body: body.into(),
    })
}

pub(crate) fn message_id(text: &str) -> MessageId {
    MessageId::parse(text).expect("a message id")
}
