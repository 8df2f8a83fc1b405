//! `POST /clinical/alert`: a privacy alert. It is kept as one that comes in ebXML is, and known
//! again whichever way it comes.

use domain::audit::AuditEvent;
use domain::{Asid, DocumentId, MessageId, PrivacyAlert, RoleProfileId};
use hl7v3::Interaction;
use sds::System;
use store::{Commit, Direction, MessageRecord, Precondition, ReceivedAlert, StoreError};
use transport::{Request, Response};

use super::audit_event::{self, Beside};
use super::outcome::{self, Issue};
use super::{ClinicalService, Refusal};
use crate::LANE;
use crate::reliable::alert::{mark, note, said};
use crate::stranger;

/// The header with the user's role profile.
const URID: &str = "NHSD-Session-URID";

/// What it is called in audit, logs and metrics.
pub(super) const OPERATION: &str = "AuditEvent";

/// The largest AuditEvent: a thousand times the published example.
const MAX_BYTES: usize = 1024 * 1024;

/// The service that alerts belong to, whichever way they come.
const SERVICE: &str = "urn:nhs:names:services:alerts";

impl ClinicalService {
    /// Everything up to the 200, before which the alert is durable.
    pub(super) async fn take_alert(
        &self,
        http: &Request,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let system = self
            .system(http, event)
            .map_err(|why| forbidden(&why, http))?;
        if !is_json(http.header("Content-Type").unwrap_or_default()) {
            let why = "the content type is not application/fhir+json";
            return Err(refused(415, Issue::NotSupported, why));
        }
        if http.body.len() > MAX_BYTES {
            let why = format!("an AuditEvent has at most {MAX_BYTES} bytes");
            return Err(refused(413, Issue::TooLong, &why));
        }
        let fresh = self.node.env.uuid();
        let beside = self.beside(http, &system, &fresh)?;
        let mut alert = audit_event::read(&http.body, &beside)
            .map_err(|wrong| refused(400, Issue::Value, &wrong.to_string()))?;
        event.asid = Some(alert.asid.clone());
        note(event, &alert);
        let may = system.may_send(&alert.asid, Interaction::Alert.id());
        may.map_err(|why| forbidden(&why, http))?;
        let message = request_id(http).or_else(|| MessageId::parse(&fresh).ok());
        let message = message.unwrap_or_else(|| alert.id.clone());
        event.message = Some(message.clone());
        event.outcome = "200".to_owned();
        if !self.keep_alert(http, event, &alert, &message).await? {
            // Clients are met that give every event one id. Nothing is lost for that, and the same
            // alert is known again: it is kept by what it says.
            alert.id = id_of(&mark(&alert, event.at).digest);
            if !self.keep_alert(http, event, &alert, &message).await? {
                // Two alerts of one SHA-256. Whatever it is, it is not acknowledged.
                let why = "Invalid value in field 'id': it was used before, for another alert";
                return Err(refused(400, Issue::Value, why));
            }
        }
        Ok(done())
    }

    /// Keeps the alert, or finds it kept; false says that its id is that of another one.
    async fn keep_alert(
        &self,
        http: &Request,
        event: &mut AuditEvent,
        alert: &PrivacyAlert,
        message: &MessageId,
    ) -> Result<bool, Refusal> {
        event.decision = Some(said(alert));
        let mark = mark(alert, event.at);
        let received = ReceivedAlert {
            alert: alert.clone(),
            received_at: event.at,
            message: message.clone(),
        };
        let commit = Commit {
            seen: vec![mark.clone()],
            alerts: vec![received],
            messages: vec![self.alert_record(http, event, message)],
            audit: vec![event.clone()],
            ..Commit::default()
        };
        match self.node.store.commit(commit).await {
            Ok(_) => Ok(true),
            Err(StoreError::Precondition(Precondition::MessageUnseen(_))) => {
                self.known_alert(&mark, event).await
            }
            Err(error) => Err(Refusal::storage(&error)),
        }
    }

    fn beside<'a>(
        &self,
        http: &Request,
        system: &'a System,
        fresh_id: &'a str,
    ) -> Result<Beside<'a>, Refusal> {
        let named = http
            .header("nhsd-asid")
            .map(|text| Asid::parse(text.trim()));
        let asid = match (named, system.asids.as_slice()) {
            (Some(Ok(asid)), _) => Some(asid),
            (Some(Err(_)), _) => {
                return Err(refused(
                    400,
                    Issue::Value,
                    "Invalid value in header 'nhsd-asid'",
                ));
            }
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
        };
        if let Some(asid) = &asid {
            let may = system.may_send(asid, Interaction::Alert.id());
            may.map_err(|why| forbidden(&why, http))?;
        }
        let role_profile = match http.header(URID).map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(RoleProfileId::parse(text).map_err(|_| malformed(URID))?),
        };
        let ask = self.job_roles.as_ref();
        let job_role = ask.zip(role_profile.as_ref());
        Ok(Beside {
            asid,
            system: &system.name,
            job_role: job_role.and_then(|(ask, profile)| ask(profile)),
            role_profile,
            fresh_id,
        })
    }

    fn alert_record(
        &self,
        http: &Request,
        event: &AuditEvent,
        message: &MessageId,
    ) -> MessageRecord {
        let from = event.asid.as_ref().map(Asid::as_str).unwrap_or_default();
        MessageRecord {
            owner: LANE.to_owned(),
            direction: Direction::In,
            message: message.clone(),
            conversation: http.header("NHSD-Correlation-ID").map(str::to_owned),
            ref_to: None,
            service: SERVICE.to_owned(),
            interaction: OPERATION.to_owned(),
            from: from.to_owned(),
            to: self.node.own.asid.as_str().to_owned(),
            patient: event.patient,
            document: None,
            at: event.at,
            outcome: event.outcome.clone(),
            body: Some(http.body.to_vec()),
        }
    }

    /// An alert of an id that is known: whether it is the same alert.
    async fn known_alert(
        &self,
        mark: &store::SeenMessage,
        event: &mut AuditEvent,
    ) -> Result<bool, Refusal> {
        let first = self.node.store.seen(mark.key.clone()).await;
        let first = first.map_err(|error| Refusal::storage(&error))?;
        if first.is_none_or(|first| first.digest != mark.digest) {
            return Ok(false);
        }
        let what = event.decision.take().unwrap_or_default();
        event.decision = Some(format!("{what}: known already"));
        self.record(event).await?;
        Ok(true)
    }
}

/// A UUID (version 8 of RFC 9562) of the first half of a digest.
fn id_of(digest: &[u8; 32]) -> MessageId {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    let id = uuid::Builder::from_custom_bytes(half).into_uuid();
    let id = id.hyphenated().to_string().to_ascii_uppercase();
    // invariant: a UUID in capitals is a message id, whatever its digits.
    MessageId::parse(&id).expect("a UUID is a message id")
}

fn done() -> Response {
    Response::new(200, "application/fhir+json", Vec::new())
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    ["application/fhir+json", "application/json"]
        .iter()
        .any(|json| media_type.eq_ignore_ascii_case(json))
}

/// The id that the caller gave the request, in upper case.
fn request_id(http: &Request) -> Option<MessageId> {
    let id = http.header("NHSD-Request-ID")?.trim();
    let id = DocumentId::parse(id)
        .is_ok()
        .then(|| id.to_ascii_uppercase())?;
    MessageId::parse(&id).ok()
}

fn refused(status: u16, issue: Issue, why: &str) -> Refusal {
    Refusal::Http(outcome::response(status, issue, why), why.to_owned())
}

/// A header that holds something else than it should.
fn malformed(header: &str) -> Refusal {
    refused(
        400,
        Issue::Value,
        &format!("Invalid value in header '{header}'"),
    )
}

fn forbidden(why: &sds::Unregistered, http: &Request) -> Refusal {
    stranger::tell(why, http);
    refused(403, Issue::Forbidden, &why.to_string())
}
