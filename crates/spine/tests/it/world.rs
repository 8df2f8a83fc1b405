//! One Spine, its callers and its store; and [`check`], which asks it and looks at everything
//! that holds for every answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::audit::AuditEvent;
use domain::consent::ConsentSetting;
use domain::{Consent, MessageId, NhsNumber};
use hl7v3::{Interaction, SoapFault, SpineAnswer, soap};
use sds::{Directory, System};
use spine::filing::{self, Filed};
use spine::{ScenarioPack, SpineConfig, SyncService};
use store::{Commit, ConsentChange, Store};
use transport::{
    CertificateMatch, Environment, Handler, Headers, Peer, PeerCertificate, Request, Response,
};

use crate::requests::{self, CLIENT_ASID, FROM, REQUEST_ID, SPINE_ASID, asid, patient};
use crate::stubborn_store::StubbornStore;
use crate::summaries::{SECRET, cut_out, summary};

const URL: &str = "https://spine.example/sync-service";

/// A Spine and what is behind it.
pub(crate) struct World {
    pub(crate) store: Arc<StubbornStore>,
    pub(crate) env: Environment,
    service: Arc<SyncService>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(None)
    }

    /// With the scenario pack on or off.
    pub(crate) fn with(scenarios: Option<ScenarioPack>) -> Self {
        let store = Arc::new(StubbornStore::default());
        let start = "2024-07-01T12:00:01Z".parse().expect("a time");
        let env = Environment::simulated(start, 7);
        let config = SpineConfig {
            asid: asid(SPINE_ASID),
            url: URL.to_owned(),
        };
        let system = |name: &str, interactions: Option<Vec<String>>| System {
            name: name.to_owned(),
            certificate: CertificateMatch::CommonName(format!("{name}.example")),
            asids: vec![asid(CLIENT_ASID)],
            sends_for: Vec::new(),
            organisation: None,
            manufacturer: None,
            party_key: None,
            interactions,
            endpoints: Vec::new(),
        };
        let directory = Directory::new(vec![
            system("client", None),
            system("lister", Some(vec!["QUPC_IN160101UK05".to_owned()])),
            System {
                asids: vec![asid("200000000001")],
                ..system("other", None)
            },
        ]);
        let service = SyncService::new(config, directory, store.clone(), scenarios, env.clone());
        Self {
            store,
            env,
            service: Arc::new(service),
        }
    }

    /// The Spine itself, to stand something around it.
    pub(crate) fn service(&self) -> Arc<dyn Handler> {
        self.service.clone()
    }

    /// Files a GP Summary, wherever it stands in `source`, under the patient it names.
    pub(crate) fn file(&self, source: &str) -> Filed {
        let (header, bytes) = cut_out(source);
        let event = AuditEvent::new(self.env.now(), "test", "import", "filed");
        let filing = filing::file(
            &*self.store,
            &self.env,
            header.patient,
            header,
            bytes,
            event,
        );
        wait(filing).expect("filed")
    }

    /// Files GP Summaries of the usual patient, given as id and effective time.
    pub(crate) fn with_documents(self, documents: &[(&str, &str)]) -> Self {
        for (document, effective) in documents {
            self.file(&summary(document, effective));
        }
        self
    }

    /// Records a consent of the usual patient.
    pub(crate) fn with_consent(self, setting: ConsentSetting) -> Self {
        self.set_consent(patient(), Consent::both(setting));
        self
    }

    pub(crate) fn set_consent(&self, patient: NhsNumber, consent: Consent) {
        self.commit(Commit {
            consents: vec![ConsentChange {
                patient,
                consent,
                at: self.env.now(),
                message: MessageId::parse("consent").expect("an id"),
                author: None,
            }],
            ..Commit::default()
        });
    }

    pub(crate) fn commit(&self, commit: Commit) {
        wait(self.store.commit(commit)).expect("written");
    }

    /// Every audit event of the Spine so far.
    pub(crate) fn events(&self) -> Vec<AuditEvent> {
        let records = wait(self.store.audit_records(0, usize::MAX)).expect("readable");
        records
            .into_iter()
            .map(|record| record.event)
            .filter(|event| event.role == "spine")
            .collect()
    }

    /// Hands over a request as it is.
    pub(crate) fn send(&self, call: &Call) -> Response {
        let mut headers = Headers::default();
        if let Some(action) = &call.soap_action {
            assert!(headers.add("SOAPAction", action));
        }
        wait(self.service.handle(Request {
            method: call.method.to_owned(),
            path: call.path.to_owned(),
            query: String::new(),
            headers,
            body: call.body.clone().into(),
            peer: Peer::local(call.certificate.clone()),
        }))
    }
}

/// A request over HTTP.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) soap_action: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) certificate: Option<PeerCertificate>,
}

impl From<&str> for Call {
    /// As the registered client sends it.
    fn from(message: &str) -> Self {
        Self {
            method: "POST",
            path: "/sync-service",
            soap_action: requests::soap_action(message),
            body: message.as_bytes().to_vec(),
            certificate: Some(certificate("client.example")),
        }
    }
}

impl From<String> for Call {
    fn from(message: String) -> Self {
        message.as_str().into()
    }
}

pub(crate) fn certificate(common_name: &str) -> PeerCertificate {
    PeerCertificate {
        common_name: common_name.to_owned(),
        subject: format!("CN={common_name}"),
        issuer: "CN=Test".to_owned(),
        serial: "01".to_owned(),
        fingerprint: format!("fingerprint of {common_name}"),
        dns_names: Vec::new(),
        not_after: jiff::Timestamp::MAX,
    }
}

/// What came back, and the event that was written for it.
pub(crate) struct Answer {
    /// One line: `QUPC_IN160102UK05 AA OK`, `QUQI_IN010000UK14 AE 420 30418 ID`,
    /// `fault 101 description (location)`.
    pub(crate) line: String,
    /// The whole body.
    pub(crate) body: String,
    /// The audit event, if one could be written.
    pub(crate) event: Option<AuditEvent>,
}

/// Asks, and checks what holds for every answer: HTTP status and type, addressing, relation to
/// the request, the schema, exactly one audit event that is true, and nothing of a record in what
/// discloses nothing.
#[track_caller]
pub(crate) fn check(call: impl Into<Call>, world: &World) -> Answer {
    let before = world.events().len();
    let response = world.send(&call.into());
    assert_eq!(response.header("content-type"), Some("text/xml"));
    let body = String::from_utf8(response.body.to_vec()).expect("UTF-8");
    let document = xml::Document::parse(body.as_bytes()).expect("well formed");
    let mut events = world.events().split_off(before);
    let event = events.pop();
    assert!(events.is_empty(), "more than one event");
    assert_eq!(
        event.is_none(),
        world.store.refuses_commits.load(Ordering::Relaxed),
        "an event whenever one can be written"
    );
    let (line, data) = match soap::read_response(&document).expect("an answer") {
        SpineAnswer::Fault(fault) => {
            assert_eq!(response.status, 500);
            (fault_line(&fault), false)
        }
        SpineAnswer::Message(message) => {
            assert_eq!(response.status, 200);
            let event = event.as_ref().expect("an event");
            check_addressing(&document, message.interaction, event);
            validate(message.element, message.interaction);
            let act = message.element.child(xml::ns::HL7, "ControlActEvent");
            let subject = act.and_then(|act| act.child(xml::ns::HL7, "subject"));
            (message_line(&message), subject.is_some())
        }
    };
    if let Some(event) = &event {
        assert_eq!(event.disclosed, data, "{line}");
        assert_eq!(event.at, world.env.now());
        assert!(!event.outcome.is_empty());
        assert!(line.starts_with("fault") == event.outcome.starts_with("fault"));
    }
    assert!(data || !body.contains(SECRET), "{line}");
    Answer { line, body, event }
}

fn fault_line(fault: &SoapFault) -> String {
    let [error] = fault.errors.as_slice() else {
        panic!("one error expected: {fault:?}");
    };
    assert_eq!(error.code_context, "urn:nhs:names:error:tms");
    format!(
        "fault {} {} ({})",
        error.code, error.description, error.location
    )
}

fn message_line(message: &hl7v3::AnswerMessage<'_, '_>) -> String {
    let mut words = vec![message.interaction.id().to_owned()];
    let ack = message
        .acknowledgement
        .as_ref()
        .expect("an acknowledgement");
    words.push(ack.kind.code().to_owned());
    words.extend(
        hl7v3::issue::read_issues(message.element)
            .into_iter()
            .map(|issue| issue.code),
    );
    let code = message.element.path(
        xml::ns::HL7,
        &["ControlActEvent", "queryAck", "queryResponseCode"],
    );
    words.extend(
        code.and_then(|code| code.attribute("code"))
            .map(str::to_owned),
    );
    words.join(" ")
}

/// Every address of an answer, whatever it says.
fn check_addressing(document: &xml::Document<'_>, interaction: Interaction, event: &AuditEvent) {
    let header = document
        .root()
        .child(xml::ns::SOAP11, "Header")
        .expect("a header");
    let text = |name: &'static str| {
        let found = header.one(xml::ns::WSA_2004, name).expect(name);
        found.deep_text().trim().to_owned()
    };
    let [own] = event.related.as_slice() else {
        panic!("one answer: {:?}", event.related);
    };
    assert_eq!(text("MessageID"), format!("uuid:{own}"));
    assert_eq!(text("RelatesTo"), format!("uuid:{REQUEST_ID}"));
    assert_eq!(text("To"), FROM, "echoed, never dialled");
    assert_eq!(text("From"), URL);
    let action = text("Action");
    assert!(
        action.ends_with(&format!("/{}", interaction.id())),
        "{action}"
    );
    let body = document
        .root()
        .child(xml::ns::SOAP11, "Body")
        .expect("a body");
    let wrapper = body.children().next().expect("a wrapper");
    let asked = event.operation.as_str();
    let expected = Interaction::of(asked).expect("known").answer_wrapper();
    assert_eq!(wrapper.name(), expected);
    let message = wrapper.children().next().expect("a message");
    for (holder, name, number) in [
        (header, "communicationFunctionRcv", CLIENT_ASID),
        (header, "communicationFunctionSnd", SPINE_ASID),
        (message, "communicationFunctionRcv", CLIENT_ASID),
        (message, "communicationFunctionSnd", SPINE_ASID),
    ] {
        let id = holder
            .child(xml::ns::HL7, name)
            .and_then(|f| f.path(xml::ns::HL7, &["device", "id"]));
        assert_eq!(id.and_then(|id| id.attribute("extension")), Some(number));
    }
    let refers = message.path(xml::ns::HL7, &["acknowledgement", "messageRef", "id"]);
    assert_eq!(refers.and_then(|id| id.attribute("root")), Some(REQUEST_ID));
}

/// Against the published schema, where there is one. An SM interaction is its UK twin with a block
/// of permissions that no schema has.
fn validate(element: xml::Element<'_, '_>, interaction: Interaction) {
    if interaction == Interaction::RelationshipAnswer {
        return;
    }
    let id = interaction.id();
    let twin = id.replace("SM0", "UK0");
    let schema = format!("schemas/spine-mim/TightenedSchemas/{twin}.xsd");
    let slice = element.slice();
    assert!(
        slice
            .inherited
            .iter()
            .all(|(_, uri)| uri == xml::ns::HL7 || uri == xml::ns::CRS),
        "the message stands alone: {:?}",
        slice.inherited
    );
    if twin == id {
        return testkit::xsd::assert_valid(&schema, slice.bytes.as_bytes());
    }
    let (start, rest) = slice
        .bytes
        .split_once("<permissions>")
        .expect("permissions");
    let (_, end) = rest.split_once("</permissions>").expect("their end");
    let without = format!("{start}{end}").replace(id, &twin);
    testkit::xsd::assert_valid(&schema, without.as_bytes());
}

/// Runs a future to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(future)
}
