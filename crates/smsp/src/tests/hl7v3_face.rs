//! The plain HL7 V3 way in: the Spine's own messages, over the same store, clients and users.

mod callers;
mod consent;
mod troubles;
mod views;

use std::sync::Arc;

use bytes::Bytes;
use domain::audit::AuditEvent;
use domain::permission::{CareProfessional, PermissionSource, PermissionToView, Relationship};
use hl7v3::acs::{self, HasQuery, NewSetting, PermissionsQuery, SetPermissions};
use hl7v3::psis::{self, DissentOverride, DocumentListQuery, DocumentQuery, ListFilter, Selector};
use hl7v3::wrapper::Author;
use hl7v3::{Interaction, RequestParts, SpineAnswer};
use store::Commit;
use transport::{Handler, Headers, Request, Response};

use super::spine::DOCUMENT;
use super::world::{PROFILE_OFFICER, PROFILE_VIEW_ONLY, USER, World, id, patient, time};
use crate::Hl7Face;

const MESSAGE: &str = "12AC1810-8211-11E3-8AA7-00059A3C7800";
const CLIENT_ASID: &str = "200000000115";
const SPINE_ASID: &str = "655159266510";
const FROM: &str = "http://192.0.2.7:1/dial?me";
const URL: &str = "https://smsp.example/sync-service";

const LISTED: &str = "QUPC_IN160102UK05 AA OK";
const GIVEN: &str = "QUPC_IN160104UK05 AA OK";

/// A world whose provider has a name.
fn world() -> World {
    named(World::new())
}

fn named(mut world: World) -> World {
    world.config.own_url = "https://smsp.example/smsp/scr".to_owned();
    world
}

/// What a test varies in a message.
#[derive(Clone)]
struct Sent {
    message: String,
    user: Option<&'static str>,
    profile: &'static str,
    job_role: &'static str,
    sender: &'static str,
    receiver: &'static str,
    dissent_override: u8,
}

/// By the user who may view, in their role.
fn asking() -> Sent {
    Sent {
        message: MESSAGE.to_owned(),
        user: Some(USER),
        profile: PROFILE_VIEW_ONLY,
        job_role: "S8000:G8000:R8000",
        sender: CLIENT_ASID,
        receiver: SPINE_ASID,
        dissent_override: 0,
    }
}

/// By the user, in the role that may set consent.
fn officer() -> Sent {
    Sent {
        profile: PROFILE_OFFICER,
        ..asking()
    }
}

impl Sent {
    fn numbered(self, number: u32) -> Self {
        Self {
            message: format!("5E7A0000-0000-4000-8000-{number:012}"),
            ..self
        }
    }

    fn list(&self) -> Vec<u8> {
        let query = DocumentListQuery {
            patient: patient(),
            dissent_override: self.dissent_override(),
            filter: ListFilter {
                from: Some(time("20000101000000")),
                to: Some(time("20300101000000")),
                ..ListFilter::default()
            },
        };
        self.write(|parts| psis::write_list_query(parts, &query))
    }

    fn document(&self) -> Vec<u8> {
        let query = DocumentQuery {
            patient: patient(),
            dissent_override: self.dissent_override(),
            selector: Selector::Document(id(DOCUMENT)),
        };
        self.write(|parts| psis::write_document_query(parts, &query))
    }

    fn consent(&self) -> Vec<u8> {
        let query = PermissionsQuery::all(patient());
        self.write(|parts| acs::write_query(parts, &query))
    }

    fn has(&self, functions: &[acs::ConsentFunction]) -> Vec<u8> {
        let query = HasQuery {
            patient: patient(),
            sets: functions
                .iter()
                .map(|function| acs::AccessControlSet::consent(*function))
                .collect(),
        };
        self.write(|parts| acs::write_has(parts, &query))
    }

    fn set(&self, setting: NewSetting) -> Vec<u8> {
        let permissions = SetPermissions {
            patient: patient(),
            setting,
        };
        self.write(|parts| acs::write_set(parts, &permissions))
    }

    fn dissent_override(&self) -> DissentOverride {
        DissentOverride {
            code: self.dissent_override,
            ..DissentOverride::none()
        }
    }

    fn write(&self, write: impl FnOnce(&RequestParts<'_>) -> Vec<u8>) -> Vec<u8> {
        let author = self.user.map(|user| Author {
            user: id(user),
            role_profile: id(self.profile),
            job_role: id(self.job_role),
        });
        write(&RequestParts {
            id: &self.message,
            now: "2026-03-02T09:00:00Z".parse().expect("a time"),
            to: URL,
            from: FROM,
            receiver: &id(self.receiver),
            sender: &id(self.sender),
            author: author.as_ref(),
        })
    }
}

/// What came back, and the event that was written for it.
struct Told {
    /// `QUPC_IN160102UK05 AA OK`, `MCCI_IN010000UK13 AE 420 420`, `fault 200 …`.
    line: String,
    body: String,
    event: AuditEvent,
}

impl Told {
    fn decision(&self) -> &str {
        self.event.decision.as_deref().unwrap_or_default()
    }
}

async fn send(message: &[u8], world: &World) -> Response {
    let face = Hl7Face::new(Arc::new(world.service()));
    face.handle(request(message, world)).await
}

fn request(message: &[u8], world: &World) -> Request {
    let text = String::from_utf8_lossy(message);
    let action = Interaction::ALL
        .into_iter()
        .map(Interaction::action)
        .find(|action| text.contains(&format!("<wsa:Action>{action}</wsa:Action>")));
    let mut headers = Headers::default();
    headers.add("content-type", "text/xml");
    if let Some(action) = action {
        headers.add("SOAPAction", &action);
    }
    Request {
        method: "POST".to_owned(),
        path: "/sync-service".to_owned(),
        query: String::new(),
        headers,
        body: Bytes::copy_from_slice(message),
        peer: world.peer(),
    }
}

/// Asks, and checks what holds for every answer: HTTP status and type, addressing, relation to
/// the request, the schema, and exactly one audit event that is true (after the one of what was
/// begun in the Spine).
async fn check(message: &[u8], world: &World) -> Told {
    let before = world.audit().await.len();
    let response = send(message, world).await;
    let body = String::from_utf8(response.body.to_vec()).expect("UTF-8");
    assert_eq!(response.header("content-type"), Some("text/xml"), "{body}");
    let mut events = world.audit().await.split_off(before);
    events.retain(|record| record.event.outcome != "begun");
    let [record] = events.try_into().expect("one event");
    let document = xml::Document::parse(body.as_bytes()).expect("well formed");
    let (line, data) = match hl7v3::soap::read_response(&document).expect("an answer") {
        SpineAnswer::Fault(fault) => {
            assert_eq!(response.status, 500);
            let error = &fault.errors[0];
            (format!("fault {} {}", error.code, error.description), false)
        }
        SpineAnswer::Message(answer) => {
            assert_eq!(response.status, 200);
            check_addressing(&document, answer.element, message);
            validate(answer.element, answer.interaction);
            let subject = answer
                .element
                .path(xml::ns::HL7, &["ControlActEvent", "subject"]);
            (line_of(&answer), subject.is_some())
        }
    };
    let event = record.event;
    assert_eq!(event.role, "smsp");
    assert_eq!(event.disclosed, data, "{line}");
    assert!(data || !body.contains("General Practice Summary"), "{line}");
    let decision = event.decision.as_deref().unwrap_or_default();
    assert!(!decision.contains(patient().as_str()), "{decision}");
    Told { line, body, event }
}

fn line_of(answer: &hl7v3::AnswerMessage<'_, '_>) -> String {
    let mut words = vec![answer.interaction.id().to_owned()];
    let kind = answer.acknowledgement.as_ref().map(|ack| ack.kind.code());
    words.push(kind.expect("an acknowledgement").to_owned());
    let issues = hl7v3::issue::read_issues(answer.element);
    words.extend(issues.into_iter().map(|issue| issue.code));
    let names = ["ControlActEvent", "queryAck", "queryResponseCode"];
    let code = answer.element.path(xml::ns::HL7, &names);
    words.extend(code.and_then(|c| c.attribute("code")).map(str::to_owned));
    words.join(" ")
}

/// The addresses and ids are those of this exchange, whatever the Spine's were.
fn check_addressing(document: &xml::Document<'_>, answer: xml::Element<'_, '_>, request: &[u8]) {
    let asked = xml::Document::parse(request).expect("well formed");
    let of_request = asked
        .root()
        .path(xml::ns::SOAP11, &["Header"])
        .and_then(|header| header.child(xml::ns::WSA_2004, "MessageID"))
        .map(|id| id.deep_text())
        .expect("an id");
    let header = document.root().child(xml::ns::SOAP11, "Header");
    let header = header.expect("a header");
    let text = |name: &'static str| {
        let found = header.one(xml::ns::WSA_2004, name).expect(name);
        found.deep_text().trim().to_owned()
    };
    assert_eq!(text("RelatesTo"), of_request);
    assert_eq!(text("To"), FROM, "echoed, never dialled");
    assert_eq!(text("From"), URL);
    let own = answer
        .child(xml::ns::HL7, "id")
        .and_then(|id| id.attribute("root"));
    assert_eq!(text("MessageID"), format!("uuid:{}", own.expect("an id")));
    for holder in [header, answer] {
        for (name, number) in [
            ("communicationFunctionRcv", CLIENT_ASID),
            ("communicationFunctionSnd", SPINE_ASID),
        ] {
            let id = holder
                .child(xml::ns::HL7, name)
                .and_then(|f| f.path(xml::ns::HL7, &["device", "id"]));
            assert_eq!(id.and_then(|id| id.attribute("extension")), Some(number));
        }
    }
    let refers = answer.path(xml::ns::HL7, &["acknowledgement", "messageRef", "id"]);
    let refers = refers.and_then(|id| id.attribute("root")).expect("an id");
    assert_eq!(format!("uuid:{refers}"), of_request);
}

fn validate(element: xml::Element<'_, '_>, interaction: Interaction) {
    let schema = format!(
        "schemas/spine-mim/TightenedSchemas/{}.xsd",
        interaction.id()
    );
    testkit::xsd::assert_valid(&schema, element.slice().bytes.as_bytes());
}

/// What is on record of the user in a role.
fn on_record(profile: &str, permission: bool, relationship: bool) -> Commit {
    let holder = CareProfessional {
        user: id(USER),
        role_profile: id(profile),
        organisation: id("RKE"),
    };
    let at = "2026-03-01T09:00:00Z".parse().expect("a time");
    let permission = permission.then(|| PermissionToView {
        patient: patient(),
        holder: holder.clone(),
        from: at,
        until: None,
        source: PermissionSource::CreatePtv,
        message: id("M1"),
    });
    let relationship = relationship.then(|| Relationship {
        patient: patient(),
        holder: holder.clone(),
        since: at,
        message: id("M2"),
    });
    Commit {
        permissions: permission.into_iter().collect(),
        relationships: relationship.into_iter().collect(),
        ..Commit::default()
    }
}

/// With permission and relationship of the usual user on record.
async fn with_standing(world: World) -> World {
    let standing = on_record(PROFILE_VIEW_ONLY, true, true);
    world.store.commit(standing).await.expect("written");
    world
}

/// Replaces exactly what is there, everywhere.
fn mutated(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(message.to_vec()).expect("UTF-8");
    assert!(text.contains(from), "{from} is not in {text}");
    text.replace(from, to).into_bytes()
}
