//! What a Spine is asked, and what it is sent.

use anyhow::{Context, Result};
use domain::record::DocumentBytes;
use domain::{DocumentId, MessageId, NhsNumber};
use ebxml::{Actor, Form, MessageHeader, Outbound};
use hl7v3::psis::event::{EventListQuery, EventQuery};
use hl7v3::psis::event::{write_event_list_query, write_event_query};
use hl7v3::psis::{DissentOverride, DocumentListQuery, ListFilter, write_list_query};
use hl7v3::wrapper::Outgoing;
use hl7v3::{Interaction, RequestParts};
use transport::Environment;

use super::{copies, next};
use crate::measure::MakeRequest;
use crate::patients::{OF_20_KB, SEED};
use crate::peer::Peer;
use crate::template::{Ids, Template};

/// A query of the Spine has one id of its own.
const QUERY_IDS: usize = 1;

/// QUPC_IN160101UK05.
pub(super) fn document_list(
    peer: &Peer,
    patients: &[NhsNumber],
    env: &Environment,
) -> Result<MakeRequest> {
    let patient = next(patients, 0);
    let query = DocumentListQuery {
        patient,
        dissent_override: DissentOverride::none(),
        filter: ListFilter {
            to: Some(domain::Hl7Timestamp::from_instant(env.now())),
            ..ListFilter::default()
        },
    };
    let bytes = ask(peer, env, |parts| write_list_query(parts, &query));
    let template = Template::new(bytes, Ids::Own(QUERY_IDS), patient)?;
    let headers = soap(Interaction::DocumentListQuery);
    Ok(copies(template, patients, headers))
}

/// QUPC_IN180000UK04.
pub(super) fn event_list(
    peer: &Peer,
    patients: &[NhsNumber],
    env: &Environment,
) -> Result<MakeRequest> {
    let patient = next(patients, 0);
    let query = EventListQuery {
        patient,
        dissent_override: DissentOverride::none(),
    };
    let bytes = ask(peer, env, |parts| {
        write_event_list_query(parts, &query, false)
    });
    let template = Template::new(bytes, Ids::Own(QUERY_IDS), patient)?;
    Ok(copies(
        template,
        patients,
        soap(Interaction::EventListQuery),
    ))
}

/// QUPC_IN190000UK04, for one patient's document: its id would have to change with the patient.
pub(super) fn event(peer: &Peer, patients: &[NhsNumber], env: &Environment) -> Result<MakeRequest> {
    let population = synthetic::population(SEED);
    let patient = population.patient(OF_20_KB);
    let query = EventQuery {
        patient: patient.nhs_number,
        dissent_override: DissentOverride::none(),
        event: document_of(&patient.summary_of_size(20 << 10))?,
    };
    let only = patients
        .iter()
        .position(|number| *number == patient.nhs_number)
        .context("the patient is one of them")?;
    let bytes = ask(peer, env, |parts| write_event_query(parts, &query));
    let template = Template::new(bytes, Ids::First, patient.nhs_number)?;
    let headers = soap(Interaction::EventQuery);
    Ok(copies(template, &patients[only..=only], headers))
}

/// REPC_IN150016UK05 in reliable ebXML: a new document for the next patient each time. When a
/// patient's turn comes again it replaces the one before.
pub(super) fn upload(
    peer: &Peer,
    patients: &[NhsNumber],
    bytes: usize,
    env: &Environment,
) -> Result<MakeRequest> {
    let written = synthetic::population(SEED)
        .patient(0)
        .summary_of_size(bytes);
    let first = next(patients, 0);
    let of = synthetic::population(SEED).patient(0).nhs_number;
    let summary = String::from_utf8(written)?.replace(of.as_str(), first.as_str());
    let id = MessageId::parse(&env.uuid())?;
    let out = Outgoing {
        id: id.as_str(),
        now: env.now(),
        receiver: &peer.spine_asid,
        sender: &peer.asid,
    };
    let summary = DocumentBytes {
        bytes: without_declaration(&summary).as_bytes().to_vec(),
        inherited: Vec::new(),
    };
    let payload = hl7v3::upload::write(Interaction::Summary, &out, Some(&peer.author), &summary);
    let header = MessageHeader {
        from_party: peer.party.clone(),
        to_party: peer.spine_party.clone(),
        cpa_id: peer.cpa_id.clone(),
        conversation: id.as_str().to_owned(),
        service: "urn:nhs:names:services:psis".to_owned(),
        action: Interaction::Summary.id().to_owned(),
        message_id: id,
        timestamp: env.now(),
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
    })?;
    let headers = vec![
        ("Content-Type", written.content_type),
        ("SOAPAction", written.soap_action),
    ];
    let template = Template::new(written.body, Ids::All, first)?;
    Ok(copies(template, patients, headers))
}

fn ask(
    peer: &Peer,
    env: &Environment,
    write: impl FnOnce(&RequestParts<'_>) -> Vec<u8>,
) -> Vec<u8> {
    let id = env.uuid();
    write(&RequestParts {
        id: &id,
        now: env.now(),
        to: &peer.sync_url,
        from: "",
        receiver: &peer.spine_asid,
        sender: &peer.asid,
        author: Some(&peer.author),
    })
}

fn soap(interaction: Interaction) -> Vec<(&'static str, String)> {
    vec![
        ("Content-Type", "text/xml; charset=utf-8".to_owned()),
        ("SOAPAction", interaction.action()),
    ]
}

fn document_of(summary: &[u8]) -> Result<DocumentId> {
    let document = xml::Document::parse(summary)?;
    Ok(hl7v3::gp_summary::header(document.root())?.id)
}

fn without_declaration(document: &str) -> &str {
    match document
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
    {
        Some((_, rest)) => rest.trim_start(),
        None => document,
    }
}
