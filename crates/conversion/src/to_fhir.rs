//! From HL7 V3: a document that was retrieved becomes the bundle of a search.

mod compatible;
mod error;
mod full;
mod narrative;

pub use error::ConversionError;

use fhir::{Bundle, BundleEntry, BundleSearch, Identifier, Resource, system};
use hl7v3::gp_summary::model::{GpSummary, Section};

use crate::{Profile, dates};

/// A document, and what the Spine's answer says around it.
#[derive(Debug, Clone, Copy)]
pub struct Retrieved<'a> {
    /// The document.
    pub document: &'a GpSummary,
    /// The id of the event that the document came by (`event/eventID`).
    pub event_id: &'a str,
    /// The id of the answer (`QUPC_IN210000UK04/id`).
    pub query_id: &'a str,
    /// When the answer was made (`creationTime`), as written.
    pub created: &'a str,
    /// Where this API is: what the full URLs of entries begin with, without a slash at the end.
    pub base_url: &'a str,
}

/// Converts a document to the bundle of a search: `total` resources, and in profile Full an
/// OperationOutcome after them (`search.mode` outcome) where something of the coded entries could not
/// be carried over. `ids` gives a new UUID in capitals with each call.
///
/// In profile Full only a document whose header is not one fails: status, time, author. In profile
/// Compatible everything fails that the national adaptor fails on; see
/// [`ConversionError::is_refusal`].
pub fn to_fhir(
    retrieved: &Retrieved<'_>,
    profile: Profile,
    ids: &mut dyn FnMut() -> String,
) -> Result<Bundle, ConversionError> {
    let converted = match profile {
        Profile::Full => full::convert(retrieved, ids)?,
        Profile::Compatible => compatible::convert(retrieved, ids)?,
    };
    let is_found = |resource: &&Resource| !matches!(resource, Resource::OperationOutcome(_));
    let found = converted.iter().filter(is_found).count();
    let entry = |resource: Resource| BundleEntry {
        full_url: full_url(retrieved.base_url, &resource),
        search: (!is_found(&&resource)).then(|| BundleSearch {
            mode: Some("outcome".to_owned()),
            ..BundleSearch::default()
        }),
        resource: Some(resource),
        ..BundleEntry::default()
    };
    Ok(Bundle {
        id: Some(ids()),
        identifier: Some(Identifier::new(system::UUID, retrieved.query_id)),
        r#type: Some("searchset".to_owned()),
        timestamp: Some(dates::to_instant(retrieved.created, profile)?),
        total: u32::try_from(found).ok(),
        entry: converted.into_iter().map(entry).collect(),
        ..Bundle::default()
    })
}

/// The coded entries alone, of sections that need not be of a whole document. Profile Compatible
/// maps here every kind that the national adaptor has a mapper for, whether or not anything reaches
/// it; profile Full adds the patient that all is about, of whom nothing is known.
pub fn sections_to_fhir(
    sections: &[Section],
    profile: Profile,
    ids: &mut dyn FnMut() -> String,
) -> Result<Vec<Resource>, ConversionError> {
    match profile {
        Profile::Compatible => compatible::convert_sections(sections, ids),
        Profile::Full => {
            let document = GpSummary {
                sections: sections.to_vec(),
                ..GpSummary::default()
            };
            Ok(full::convert_sections(&document, ids))
        }
    }
}

fn full_url(base: &str, resource: &Resource) -> Option<String> {
    let id = resource.id()?;
    Some([base, "/", resource.resource_type(), "/", id].concat())
}
