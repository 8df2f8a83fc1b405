//! What was done and said: procedures, communications, and the encounters that are entries
//! themselves.

use fhir::{
    Attachment, Coding, Communication, CommunicationPayload, Encounter, ExtensionValue,
    PayloadContent, Performed, Procedure, ProcedurePerformer, system,
};
use hl7v3::gp_summary::model::Data;

use super::concept::{required, simple};
use super::entry::Base;
use super::value::{is_text, span};
use super::{Work, code, said};
use crate::dates::When;
use crate::extension;

impl Work<'_, '_> {
    pub(super) fn procedure(&mut self, base: Base<'_>) {
        let is_planned = matches!(base.entry.mood.as_deref(), Some("INT" | "RQO" | "PRMS"));
        let status = match (base.status, is_planned) {
            ("completed" | "in-progress", true) => "preparation",
            (status, _) => status,
        };
        let performers = base
            .people
            .performers
            .into_iter()
            .map(|actor| ProcedurePerformer {
                actor: Some(actor),
                ..ProcedurePerformer::default()
            });
        self.finish(Procedure {
            id: base.id,
            meta: base.meta,
            extension: base.extension,
            identifier: base.identifier,
            status: Some(status.to_owned()),
            category: base.category,
            code: Some(base.code.unwrap_or_else(|| required(None))),
            subject: base.subject,
            encounter: base.encounter,
            performed: base.when.map(performed),
            recorder: base.people.authors.into_iter().next(),
            asserter: base.people.informants.into_iter().next(),
            performer: performers.collect(),
            reason_reference: base.links,
            note: base.note,
            ..Procedure::default()
        });
    }

    /// Letters and notes, and what patients and carers were told.
    pub(super) fn communication(&mut self, mut base: Base<'_>) {
        let entry = base.entry;
        let payload = match &entry.text {
            Some(data) if !data.content.trim().is_empty() || data.reference.is_some() => {
                content(data)
            }
            _ => None,
        };
        if entry
            .text
            .as_ref()
            .is_some_and(|it| payload.is_none() && !it.content.trim().is_empty())
        {
            self.unsaid("The text of the document is not carried over");
        }
        let title = entry.title.as_ref().and_then(|title| said(&title.content));
        let version = entry
            .version
            .as_ref()
            .and_then(|version| said(version.value.as_deref()?));
        let texts = [(extension::TITLE, title), (extension::VERSION, version)];
        base.extension.extend(
            texts
                .into_iter()
                .filter_map(|(url, text)| Some(simple(url, ExtensionValue::String(text?)))),
        );
        self.finish(Communication {
            id: base.id,
            meta: base.meta,
            extension: base.extension,
            identifier: base.identifier,
            status: Some(base.status.to_owned()),
            category: base.category.into_iter().collect(),
            subject: base.subject,
            topic: base.code,
            encounter: base.encounter,
            sent: base.when.as_ref().and_then(When::start).cloned(),
            recipient: base.people.receivers,
            sender: base.people.authors.into_iter().next(),
            payload: payload
                .map(|content| CommunicationPayload {
                    content: Some(content),
                    ..CommunicationPayload::default()
                })
                .into_iter()
                .collect(),
            note: base.note,
            ..Communication::default()
        });
    }

    /// A care event: an encounter that says itself who took part and where.
    pub(super) fn care_event(&mut self, at: usize) {
        let Some(base) = self.base(at) else { return };
        let attendance = self.attendance(base.entry);
        let start = base.when.as_ref().and_then(When::start).cloned();
        let end = base.when.as_ref().and_then(When::end).cloned();
        self.finish(Encounter {
            id: base.id,
            meta: base.meta,
            extension: base.extension,
            identifier: base.identifier,
            status: Some(base.status.to_owned()),
            class: Some(Coding::new(system::ACT_CODE, "GENRL", "General")),
            r#type: base.code.into_iter().collect(),
            subject: base.subject,
            participant: attendance.participants,
            period: base.when.map(|_| span(start, end)),
            location: attendance.locations,
            ..Encounter::default()
        });
    }
}

fn performed(when: When) -> Performed {
    match when {
        When::At(at) => Performed::DateTime(at),
        When::Span(start, end) => Performed::Period(span(start, end)),
    }
}

/// Text as text; anything else as an attachment, inside or elsewhere.
fn content(data: &Data) -> Option<PayloadContent> {
    let elsewhere = data
        .reference
        .as_ref()
        .and_then(|reference| said(reference.value.as_deref()?));
    if elsewhere.is_none() && is_text(data) {
        return said(&data.content).map(PayloadContent::String);
    }
    let inside: String = data.content.split_whitespace().collect();
    let is_base64 = data.representation.as_deref() == Some("B64");
    Some(PayloadContent::Attachment(Attachment {
        content_type: data.media_type.as_deref().and_then(code),
        language: data.language.as_deref().and_then(code),
        data: (is_base64 && !inside.is_empty()).then_some(inside),
        url: elsewhere,
        ..Attachment::default()
    }))
    .filter(|content| match content {
        PayloadContent::Attachment(it) => it.data.is_some() || it.url.is_some(),
        _ => true,
    })
}
