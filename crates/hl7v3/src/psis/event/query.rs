//! The event queries. Their parameters have the value first and what it means second, the other
//! way round than the document queries (QUPC_MT130101UK04, QUPC_MT140101UK04).

use domain::{DocumentId, NhsNumber, oid};
use xml::Writer;
use xml::ns::HL7;

use super::{EventListQuery, EventQuery};
use crate::psis::DissentOverride;
use crate::psis::query::{FIELD_MISSING, open, read_patient, write_override_value};
use crate::soap::{self, RequestParts, SpineRequest};
use crate::wrapper::write_send;
use crate::{Interaction, Invalid};

/// Reads an event list query of either interaction.
pub fn read_event_list_query(request: &SpineRequest<'_, '_>) -> Result<EventListQuery, Invalid> {
    let (query, dissent_override) = open(request)?;
    Ok(EventListQuery {
        patient: read_patient(query)?,
        dissent_override,
    })
}

/// Reads an event query. Spine 2 does not ask for the event; without it there is nothing to give.
pub fn read_event_query(request: &SpineRequest<'_, '_>) -> Result<EventQuery, Invalid> {
    let (query, dissent_override) = open(request)?;
    let patient = read_patient(query)?;
    let event = query
        .one(HL7, "eventRecord")
        .and_then(|parameter| parameter.one(HL7, "value"))
        .ok()
        .and_then(|value| DocumentId::parse(value.attribute("root")?.trim()).ok())
        .ok_or_else(|| Invalid::new(FIELD_MISSING, "eventRecord"))?;
    Ok(EventQuery {
        patient,
        dissent_override,
        event,
    })
}

/// Writes an event list query; `sm` asks for the consent as well (QUPC_IN180000SM04).
pub fn write_event_list_query(
    parts: &RequestParts<'_>,
    query: &EventListQuery,
    sm: bool,
) -> Vec<u8> {
    let interaction = match sm {
        true => Interaction::EventListQuerySm,
        false => Interaction::EventListQuery,
    };
    let dissent_override = &query.dissent_override;
    write(parts, interaction, dissent_override, &query.patient, |_| {})
}

/// Writes an event query.
pub fn write_event_query(parts: &RequestParts<'_>, query: &EventQuery) -> Vec<u8> {
    write(
        parts,
        Interaction::EventQuery,
        &query.dissent_override,
        &query.patient,
        |w| {
            parameter(w, "eventRecord", "EventRecord", |w| {
                w.empty("value", &[("root", query.event.as_str())]);
            });
        },
    )
}

/// Writes a query; `event` writes what stands between the override and the patient.
fn write(
    parts: &RequestParts<'_>,
    interaction: Interaction,
    dissent_override: &DissentOverride,
    patient: &NhsNumber,
    event: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    soap::write_request(parts, interaction, |w| {
        write_send(w, interaction, &parts.outgoing(), parts.author, |w| {
            w.element("query", &[], |w| {
                parameter(w, "dissentOverride", "DissentOverride", |w| {
                    write_override_value(w, dissent_override);
                });
                event(w);
                let value = [("root", oid::NHS_NUMBER), ("extension", patient.as_str())];
                parameter(w, "nHSNumber", "NHSNumber", |w| w.empty("value", &value));
            });
        });
    })
}

fn parameter(w: &mut Writer, name: &str, semantics: &str, value: impl FnOnce(&mut Writer)) {
    w.element(name, &[], |w| {
        value(w);
        w.text_element("semanticsText", &[], semantics);
    });
}
