//! Instance identifiers and the identifiers of FHIR.

use domain::oid;
use fhir::{Identifier, system};
use hl7v3::gp_summary::model::Id;

/// Numberings that have a name in FHIR other than their OID.
const NUMBERINGS: [(&str, &str); 5] = [
    (oid::NHS_NUMBER, system::NHS_NUMBER),
    (oid::SDS_USER, system::SDS_USER),
    (oid::SDS_ROLE_PROFILE, system::SDS_ROLE_PROFILE),
    (oid::ODS, system::ODS),
    (oid::ASID, system::ASID),
];

const OID_URN: &str = "urn:oid:";

/// An identifier: a UUID of its own, or a number of a numbering. `None` for one that says nothing.
pub fn identifier_to_fhir(id: &Id) -> Option<Identifier> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    match (filled(&id.root), filled(&id.extension)) {
        (Some(root), Some(extension)) => Some(Identifier {
            system: numbering(&root),
            ..Identifier::of(&extension)
        }),
        (Some(root), None) => Some(Identifier::new(system::UUID, &root)),
        (None, Some(extension)) => Some(Identifier::of(&extension)),
        (None, None) => None,
    }
}

fn numbering(root: &str) -> Option<String> {
    let known = NUMBERINGS.iter().find(|row| row.0 == root);
    match known {
        Some((_, uri)) => Some((*uri).to_owned()),
        None => super::is_oid(root).then(|| [OID_URN, root].concat()),
    }
}

/// The instance identifier that an identifier stands for; `None` for one without a value. One of a
/// system that has no OID here is taken for a UUID, as the national service does.
pub fn identifier_to_v3(identifier: &Identifier) -> Option<Id> {
    let value = identifier.value.as_deref()?;
    let Some(uri) = identifier.system.as_deref() else {
        return Some(Id::uuid(value));
    };
    let known = NUMBERINGS.iter().find(|row| row.1 == uri).map(|row| row.0);
    let root = known.or_else(|| uri.strip_prefix(OID_URN).filter(|oid| super::is_oid(oid)));
    Some(match root {
        Some(root) => Id::of(root, value),
        None => Id::uuid(value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        for (id, uri) in [
            (Id::of(oid::ODS, "A20047"), Some(system::ODS)),
            (Id::of("1.2.3", "7"), Some("urn:oid:1.2.3")),
            (
                Id::uuid("6F7C0A52-5B55-4B0E-9D3B-7B7A2C0F4E11"),
                Some(system::UUID),
            ),
        ] {
            let identifier = identifier_to_fhir(&id);
            assert_eq!(identifier.as_ref().and_then(|it| it.system.as_deref()), uri);
            let back = identifier.as_ref().and_then(identifier_to_v3);
            assert!(back == Some(id), "{uri:?}");
        }
        assert!(identifier_to_fhir(&Id::default()).is_none());
        assert!(identifier_to_v3(&Identifier::default()).is_none());
    }
}
