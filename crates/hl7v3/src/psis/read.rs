//! What a client makes of an answer.

use domain::record::{DocumentAuthor, DocumentState};
use domain::{DocumentId, Hl7Timestamp, NhsNumber, RoleProfileId, SdsUserId, oid};
use xml::{Document, Element};

use super::{DocumentList, ListedDocument, QueryAnswer, RetrievedDocument};
use crate::Interaction;
use crate::issue::{Refusal, read_issues};
use crate::lenient::{attribute, child, children, name_text, normal, path};
use crate::soap::{AnswerError, AnswerMessage, SpineAnswer, read_response};
use crate::wrapper::AcknowledgementKind;

const COLLECTION: &str = "DocumentCollection";

/// Reads the answer to a list query.
pub fn read_list_answer(doc: &Document<'_>) -> Result<QueryAnswer<DocumentList>, AnswerError> {
    let expected = [Interaction::DocumentListAnswer];
    read_answer(doc, &expected, COLLECTION, |collection| {
        let documents = children(collection, "component")
            .filter_map(|component| child(component, "pSISDocMetaData"))
            .map(read_listed)
            .collect::<Result<_, _>>()?;
        Ok(DocumentList {
            patient: read_patient(collection),
            documents,
        })
    })
}

/// Reads the answer to a document query.
pub fn read_document_answer<'d, 'i>(
    doc: &'d Document<'i>,
) -> Result<QueryAnswer<RetrievedDocument<'d, 'i>>, AnswerError> {
    let expected = [Interaction::DocumentAnswer];
    read_answer(doc, &expected, COLLECTION, |collection| {
        let metadata = path(collection, &["component", "pSISDocMetaData"])
            .ok_or_else(|| collection.error("component/pSISDocMetaData is missing"))?;
        let holder = child(metadata, "component7")
            .ok_or_else(|| metadata.error("component7, which holds the document, is missing"))?;
        let mut held = holder.children();
        let (Some(document), None) = (held.next(), held.next()) else {
            return Err(holder
                .error("component7 must hold exactly one document")
                .into());
        };
        Ok(RetrievedDocument {
            patient: read_patient(collection),
            listed: read_listed(metadata)?,
            document,
        })
    })
}

/// Reads an answer of one of the expected interactions; `data` reads the element of this name
/// inside its subject.
pub(super) fn read_answer<'d, 'i, T>(
    doc: &'d Document<'i>,
    expected: &[Interaction],
    content: &str,
    data: impl FnOnce(Element<'d, 'i>) -> Result<T, AnswerError>,
) -> Result<QueryAnswer<T>, AnswerError> {
    let message = match read_response(doc)? {
        SpineAnswer::Fault(fault) => return Ok(QueryAnswer::Fault(fault)),
        SpineAnswer::Message(message) => message,
    };
    if matches!(
        message.interaction,
        Interaction::QueryFailed | Interaction::Acknowledgement
    ) {
        return Ok(QueryAnswer::Refused(refusal(&message)));
    }
    if !expected.contains(&message.interaction) {
        return Err(AnswerError::Unexpected(message.interaction.id()));
    }
    let accepted = message
        .acknowledgement
        .as_ref()
        .is_none_or(|acknowledgement| acknowledgement.kind == AcknowledgementKind::Accept);
    let names = ["ControlActEvent", "subject", content];
    match path(message.element, &names).filter(|_| accepted) {
        Some(content) => data(content).map(QueryAnswer::Data),
        None if accepted && response_code(message.element) == Some("NF") => {
            Ok(QueryAnswer::NotFound)
        }
        None => Ok(QueryAnswer::Refused(refusal(&message))),
    }
}

fn refusal(message: &AnswerMessage<'_, '_>) -> Refusal {
    Refusal {
        interaction: message.interaction,
        acknowledgement: message.acknowledgement.as_ref().map(|ack| ack.kind),
        issues: read_issues(message.element),
    }
}

fn response_code<'d>(message: Element<'d, '_>) -> Option<&'d str> {
    attribute(
        message,
        &["ControlActEvent", "queryAck", "queryResponseCode"],
        "code",
    )
}

pub(super) fn read_patient(collection: Element<'_, '_>) -> Option<NhsNumber> {
    let id = path(collection, &["recordTarget", "patient", "id"])?;
    NhsNumber::parse(id.attribute("extension")?).ok()
}

fn read_listed(metadata: Element<'_, '_>) -> Result<ListedDocument, AnswerError> {
    let root = attribute(metadata, &["id"], "root");
    let id = root
        .and_then(|root| DocumentId::parse(root).ok())
        .ok_or_else(|| metadata.error("id/@root must be the document's UUID"))?;
    let described = path(metadata, &["component3", "documentMetaData"]);
    let detail = |names: &[&str], name: &str| described.and_then(|d| attribute(d, names, name));
    let uuid = |names: &[&str]| {
        attribute(metadata, names, "root").and_then(|root| DocumentId::parse(root).ok())
    };
    Ok(ListedDocument {
        id,
        kind_code: detail(&["code"], "code").unwrap_or_default().to_owned(),
        title: described
            .and_then(|d| child(d, "title"))
            .map(|title| normal(&title.text())),
        state: attribute(metadata, &["component1", "documentState", "value"], "code")
            .and_then(DocumentState::from_code),
        effective: time(detail(&["effectiveTime"], "value")),
        stored: time(attribute(metadata, &["availabilityTime"], "value")),
        size: attribute(metadata, &["component14", "estDocSize", "value"], "value")
            .and_then(|size| size.parse().ok()),
        message_type: attribute(metadata, &["messageType"], "extension").map(str::to_owned),
        author: described
            .and_then(|d| path(d, &["author2", "documentAuthor"]))
            .map(read_author)
            .unwrap_or_default(),
        replaced_by: uuid(&["component2", "replacingDocUUID", "value"]),
        withdrawn_by: uuid(&["component4", "withdrawingDocUUID", "value"]),
    })
}

pub(super) fn time(value: Option<&str>) -> Option<Hl7Timestamp> {
    value.and_then(|value| Hl7Timestamp::parse(value).ok())
}

fn read_author(author: Element<'_, '_>) -> DocumentAuthor {
    let id = |root: &str| {
        children(author, "id")
            .find(|id| id.attribute("root") == Some(root))
            .and_then(|id| id.attribute("extension"))
    };
    DocumentAuthor {
        user: id(oid::SDS_USER).and_then(|id| SdsUserId::parse(id).ok()),
        role_profile: id(oid::SDS_ROLE_PROFILE).and_then(|id| RoleProfileId::parse(id).ok()),
        organisation: id(oid::ODS)
            .or_else(|| id(oid::SDS_WORK_GROUP))
            .map(str::to_owned),
        name: path(author, &["agentPlayingAuthor", "name"]).and_then(name_text),
        element: None,
    }
}
