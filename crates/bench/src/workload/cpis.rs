//! What the CP-IS mini service is asked.

use std::sync::Arc;

use anyhow::Result;
use client::{ClientIdentity, CpisClient};
use domain::NhsNumber;
use domain::cpis::{Author, JobTitle, Organisation, Person, PersonName};
use transport::Environment;

use super::{Nowhere, VALID_FOR, copies, next, to_mini_service};
use crate::measure::MakeRequest;
use crate::peer::Peer;
use crate::template::{Ids, Template};

/// A MessageID, a trackingid, the ids of payload and query.
const IDS: usize = 4;

/// A query by the user of the peer. All are by one author, so of each child the first is an access;
/// each is on audit.
pub(super) fn query(peer: &Peer, children: &[NhsNumber], env: &Environment) -> Result<MakeRequest> {
    let identity = ClientIdentity {
        url: peer.cpis_url.clone(),
        ..peer.identity.clone()
    };
    let client = CpisClient::new(identity, Arc::new(Nowhere), env.clone());
    let child = next(children, 0);
    let query = client.asked_by(author(peer), child);
    let bytes = client.request_bytes(&query, VALID_FOR);
    let template = Template::new(bytes, Ids::Own(IDS), child)?;
    Ok(copies(template, children, to_mini_service()))
}

fn author(peer: &Peer) -> Author {
    Author::Person(Person {
        role: JobTitle {
            code: peer.author.job_role.to_string(),
            display_name: "Clinical Practitioner".to_owned(),
        },
        user: peer.author.user.to_string(),
        role_profile: Some(peer.author.role_profile.to_string()),
        name: PersonName {
            given: vec!["Bench".to_owned()],
            family: vec!["Example".to_owned()],
            ..PersonName::default()
        },
        organisation: Organisation {
            code: peer.identity.ods.to_string(),
            site: false,
            name: "Example Hospital".to_owned(),
        },
    })
}
