//! Finding one's way in a bundle.

use std::collections::HashMap;

use crate::resource::{Bundle, BundleEntry, Resource, ResourceType};

impl Bundle {
    /// The resources of one type, in order.
    pub fn all<'a, T: ResourceType + 'a>(&'a self) -> impl Iterator<Item = &'a T> {
        self.entry
            .iter()
            .filter_map(|entry| T::of(entry.resource.as_ref()?))
    }

    /// The resources of one type with the places of their entries, for expressions like
    /// `Bundle.entry[3].resource`.
    pub fn all_placed<'a, T: ResourceType + 'a>(&'a self) -> impl Iterator<Item = (usize, &'a T)> {
        self.entry
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| Some((at, T::of(entry.resource.as_ref()?)?)))
    }

    /// An index for resolving references.
    pub fn index(&self) -> Index<'_> {
        Index::new(self)
    }
}

impl BundleEntry {
    /// An entry with this URL and resource.
    pub fn new(full_url: impl Into<String>, resource: impl Into<Resource>) -> Self {
        Self {
            full_url: Some(full_url.into()),
            resource: Some(resource.into()),
            ..Self::default()
        }
    }
}

/// The resources of a bundle by their addresses.
#[derive(Debug)]
pub struct Index<'a> {
    by_address: HashMap<String, usize>,
    bundle: &'a Bundle,
}

impl<'a> Index<'a> {
    /// Of all entries. Of two with the same address the first counts.
    pub fn new(bundle: &'a Bundle) -> Self {
        let mut by_address = HashMap::new();
        for (at, entry) in bundle.entry.iter().enumerate() {
            for address in addresses(entry) {
                by_address.entry(address).or_insert(at);
            }
        }
        Self { by_address, bundle }
    }

    /// The place of the entry that a reference leads to.
    pub fn place(&self, reference: &str) -> Option<usize> {
        let unversioned = match reference.split_once("/_history/") {
            Some((before, _)) => before,
            None => reference,
        };
        self.by_address.get(normal(unversioned).as_str()).copied()
    }

    /// The resource that a reference leads to: by `fullUrl` (`urn:uuid:…` too, in whatever case), or
    /// by `Type/id`. A version is not looked at.
    pub fn resolve(&self, reference: &str) -> Option<&'a Resource> {
        self.bundle
            .entry
            .get(self.place(reference)?)?
            .resource
            .as_ref()
    }

    /// The resource of this type that a reference leads to.
    pub fn resolve_as<T: ResourceType>(&self, reference: &str) -> Option<&'a T> {
        T::of(self.resolve(reference)?)
    }
}

/// How an entry may be referred to: as it says itself, by the type and id of its resource, and by
/// those at the end of its URL.
fn addresses(entry: &BundleEntry) -> Vec<String> {
    let Some(resource) = &entry.resource else {
        return Vec::new();
    };
    let kind = resource.resource_type();
    let mut found = Vec::new();
    if let Some(full_url) = &entry.full_url {
        found.push(normal(full_url));
        let mut parts = full_url.rsplit('/');
        if let (Some(id), Some(of)) = (parts.next(), parts.next())
            && of == kind
        {
            found.push(format!("{of}/{id}"));
        }
    }
    if let Some(id) = resource.id() {
        found.push(format!("{kind}/{id}"));
    }
    found
}

fn normal(address: &str) -> String {
    let is_uuid = address
        .get(..9)
        .is_some_and(|start| start.eq_ignore_ascii_case("urn:uuid:"));
    if is_uuid {
        address.to_ascii_lowercase()
    } else {
        address.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Patient;

    fn entry(full_url: Option<&str>, id: Option<&str>) -> BundleEntry {
        BundleEntry {
            full_url: full_url.map(str::to_owned),
            resource: Some(
                Patient {
                    id: id.map(str::to_owned),
                    ..Patient::default()
                }
                .into(),
            ),
            ..BundleEntry::default()
        }
    }

    #[test]
    fn where_references_lead() {
        let bundle = Bundle {
            entry: vec![
                entry(None, Some("a")),
                entry(Some("https://x/Patient/b"), None),
                entry(
                    Some("urn:uuid:0A1B2C3D-0000-4000-8000-00000000000F"),
                    Some("c"),
                ),
                entry(Some("https://y/Patient/a"), Some("a")),
            ],
            ..Bundle::default()
        };
        let index = bundle.index();
        let cases = [
            ("Patient/a", Some(0)),
            ("Patient/a/_history/2", Some(0)),
            ("https://y/Patient/a", Some(3)),
            ("https://z/Patient/a", None),
            ("Patient/b", Some(1)),
            ("Patient/c", Some(2)),
            ("urn:uuid:0a1b2c3d-0000-4000-8000-00000000000f", Some(2)),
            ("Practitioner/a", None),
            ("", None),
        ];
        for (reference, place) in cases {
            assert_eq!(index.place(reference), place, "{reference}");
        }
        assert_eq!(bundle.all::<Patient>().count(), 4);
    }
}
