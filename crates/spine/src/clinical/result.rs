//! `GET /clinical/ID`: what came of an upload.

use domain::audit::AuditEvent;
use domain::{Asid, MessageId};
use ebxml::{Actor, Form, MessageHeader, Outbound};
use hl7v3::SoapFault;
use sds::{System, Unregistered};
use store::{Direction, MessageFilter, MessageRecord};
use transport::{Request, Response};

use super::upload::TAKES;
use super::{ALERT_PATH, ClinicalService, PATH, Refusal, turned_away};
use crate::LANE;
use crate::reliable::incoming::upper;

/// What it is called in audit, logs and metrics.
pub(super) const OPERATION: &str = "clinical result";

/// After how long it is worth asking again, in milliseconds: the unit that this interface has,
/// unlike HTTP's own.
const RETRY_AFTER_MS: &str = "100";

/// The most results of one message id that are looked at: ids are unique per party only.
const MOST: usize = 16;

/// The message whose result is at this path.
pub(super) fn id_of(path: &str) -> Option<MessageId> {
    let id = path.strip_prefix(PATH)?.strip_prefix('/')?;
    let id = MessageId::parse(id).ok()?;
    (path != ALERT_PATH && stands_in_a_path(&id)).then_some(id)
}

/// Whether an id may stand in a location as it is.
pub(super) fn stands_in_a_path(id: &MessageId) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    id.as_str().bytes().all(plain)
}

/// Where the result of a message is.
pub(super) fn location(message: &MessageId) -> String {
    format!("{PATH}/{message}")
}

/// There is no result yet, or none that has been asked for.
pub(super) fn pending(message: &MessageId) -> Response {
    Response::new(202, "text/xml", Vec::new())
        .with_header("Content-Location", location(message))
        .with_header("Retry-After", RETRY_AFTER_MS)
}

impl ClinicalService {
    /// The result of a message that this very system sent; of any other, nothing is known.
    pub(super) async fn result(
        &self,
        http: &Request,
        event: &mut AuditEvent,
    ) -> Result<Response, Refusal> {
        let refuse = |why: Unregistered| turned_away(&why, http);
        let system = self.system(http, event).map_err(refuse)?;
        if let Some(named) = http.header("nhsd-asid").map(str::trim) {
            let asid = Asid::parse(named).map_err(|_| refuse(Unregistered::Asid))?;
            let allowed = TAKES.iter().map(|sent| system.may_send(&asid, sent.id()));
            allowed
                .reduce(Result::or)
                .unwrap_or(Err(Unregistered::Asid))
                .map_err(refuse)?;
        }
        let message = id_of(&http.path).map(|id| upper(&id));
        event.message.clone_from(&message);
        let found = match &message {
            Some(message) => self.answer_to(message, &system).await?,
            None => None,
        };
        let Some((message, record)) = message.zip(found) else {
            let response = Response::text(404, "no message of that id was uploaded\n");
            let why = "no message of this system has that id".to_owned();
            return Err(Refusal::Http(response, why));
        };
        event.related = vec![record.message.clone()];
        event.patient = record.patient;
        let response = match event.at < record.at {
            true => pending(&message),
            false => self.written(&record)?,
        };
        event.outcome = response.status.to_string();
        self.record(event).await?;
        Ok(response)
    }

    async fn answer_to(
        &self,
        message: &MessageId,
        system: &System,
    ) -> Result<Option<MessageRecord>, Refusal> {
        let filter = MessageFilter {
            owner: Some(LANE.to_owned()),
            direction: Some(Direction::Out),
            ref_to: Some(message.clone()),
            limit: MOST,
            ..MessageFilter::default()
        };
        let found = self.node.store.messages(filter).await;
        let mut found = found.map_err(|error| Refusal::storage(&error))?.into_iter();
        let own = system.party_key.as_ref().map(|party| party.as_str());
        Ok(found.find(|record| own == Some(record.to.as_str()) && record.body.is_some()))
    }

    /// The application acknowledgement in ebXML, as the Spine writes its answers.
    fn written(&self, record: &MessageRecord) -> Result<Response, Refusal> {
        let broken = || SoapFault::processing("the result cannot be written");
        let to_party = domain::PartyKey::parse(&record.to).map_err(|_| broken())?;
        let header = MessageHeader {
            from_party: self.node.own.party_key.clone(),
            to_party,
            cpa_id: self.node.own.cpa_id.clone(),
            conversation: record.conversation.clone().unwrap_or_default(),
            service: record.service.clone(),
            action: record.interaction.clone(),
            message_id: record.message.clone(),
            timestamp: record.at,
            ref_to: record.ref_to.clone(),
            duplicate_elimination: true,
            ack_requested: Some(Actor::ToParty),
            sync_reply: true,
        };
        let written = ebxml::write(&Outbound {
            header: &header,
            form: Form::Spine,
            payload: record.body.as_deref().unwrap_or_default(),
            attachments: &[],
            external: &[],
        })
        .map_err(|_| broken())?;
        let mut response = Response::text(200, "");
        response.headers = vec![
            ("content-type", written.content_type),
            ("SOAPAction", written.soap_action),
        ];
        response.body = written.body.into();
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_one_message_or_none() {
        for (path, expected) in [
            ("/clinical/94C77A1C-9249-4C40-B1FD-5A323F201F67", true),
            ("/clinical/m1", true),
            ("/clinical", false),
            ("/clinical/", false),
            ("/clinical/alert", false),
            ("/clinical/a/b", false),
            ("/clinicals/a", false),
            ("/clinical/%00", false),
            ("/other/a", false),
        ] {
            assert_eq!(id_of(path).is_some(), expected, "{path}");
        }
    }
}
