//! What the SCR FHIR API is asked, and what is uploaded to it.

use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use bytes::Bytes;
use conversion::{Profile, Retrieved, to_fhir};
use domain::NhsNumber;
use fhir::Resource;
use hl7v3::gp_summary::model;
use transport::{Environment, Method, UpstreamRequest};

use super::{copies, next};
use crate::measure::MakeRequest;
use crate::patients::{OF_64_KB, SEED};
use crate::peer::Peer;
use crate::template::{Ids, Template};

const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number%7C";

/// Which document does the patient have?
pub(super) fn identifier(peer: &Peer, patients: &[NhsNumber]) -> MakeRequest {
    let paths = patients.iter().map(|patient| {
        let patient = patient.as_str();
        format!(
            "{}/DocumentReference?patient={NHS_NUMBER}{patient}",
            path(peer)
        )
    });
    gets(peer, paths.collect())
}

/// The document itself.
pub(super) fn get(peer: &Peer, patients: &[NhsNumber]) -> Result<MakeRequest> {
    let population = synthetic::population(SEED);
    let mut paths = Vec::new();
    for (index, patient) in (OF_64_KB..).zip(patients) {
        let summary = population.patient(index).summary_of_size(64 << 10);
        let document = xml::Document::parse(&summary)?;
        let header = hl7v3::gp_summary::header(document.root())?;
        if header.patient != *patient {
            bail!("the documents are of other patients");
        }
        paths.push(format!(
            "{}/Bundle?composition.identifier={}&composition.subject:Patient.identifier={NHS_NUMBER}{}",
            path(peer),
            header.id,
            patient.as_str()
        ));
    }
    Ok(gets(peer, paths))
}

/// A new document for the next patient each time.
pub(super) fn upload(
    peer: &Peer,
    patients: &[NhsNumber],
    env: &Environment,
) -> Result<MakeRequest> {
    let first = next(patients, 0);
    let person = synthetic::population(SEED).patient(0);
    let written = String::from_utf8(person.summary_of_size(20 << 10))?;
    let written = written.replace(person.nhs_number.as_str(), first.as_str());
    let document = xml::Document::parse(written.as_bytes())?;
    let summary = model::read(document.root())?;
    let (event, query) = (env.uuid(), env.uuid());
    let retrieved = Retrieved {
        document: &summary,
        event_id: &event,
        query_id: &query,
        created: "20260101120000",
        base_url: &peer.api_url,
    };
    let bundle = to_fhir(&retrieved, Profile::Full, &mut || env.uuid());
    let bundle = bundle.map_err(|error| anyhow!("{error}"))?;
    let json = String::from_utf8(fhir::json::write(&Resource::Bundle(bundle)))?;
    let json = json.replacen("\"searchset\"", "\"document\"", 1);
    // Of an id that no earlier round used.
    let header = hl7v3::gp_summary::header(document.root())?;
    let json = json.replace(header.id.as_str(), &env.uuid().to_ascii_uppercase());
    let template = Template::new(json.into_bytes(), Ids::All, first)?;
    let mut headers = headers(peer);
    headers.push(("Content-Type", "application/fhir+json".to_owned()));
    Ok(copies(template, patients, headers))
}

fn gets(peer: &Peer, paths: Vec<String>) -> MakeRequest {
    let headers = headers(peer);
    Arc::new(move |number| UpstreamRequest {
        method: Method::Get,
        path: paths[(number % paths.len() as u64) as usize].clone(),
        headers: headers.clone(),
        body: Bytes::new(),
        safe: true,
    })
}

fn headers(peer: &Peer) -> Vec<(&'static str, String)> {
    vec![
        ("Authorization", format!("Bearer {}", peer.token)),
        (
            "NHSD-Session-URID",
            peer.author.role_profile.as_str().to_owned(),
        ),
    ]
}

/// The API's path at its host.
fn path(peer: &Peer) -> &str {
    let rest = peer.api_url.split_once("://").map_or("", |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}
