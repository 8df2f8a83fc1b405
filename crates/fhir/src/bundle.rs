//! Finding one's way in a bundle.

use std::collections::HashMap;

use crate::resource::{Bundle, Resource, ResourceType};

impl Bundle {
    /// The resources of one type, in order.
    pub fn all<'a, T: ResourceType + 'a>(&'a self) -> impl Iterator<Item = &'a T> {
        self.entry
            .iter()
            .filter_map(|entry| T::of(entry.resource.as_ref()?))
    }

    /// An index for resolving references.
    pub fn index(&self) -> Index<'_> {
        Index::new(self)
    }
}

/// The resources of a bundle by their addresses.
#[derive(Debug)]
pub struct Index<'a> {
    by_address: HashMap<String, &'a Resource>,
}

impl<'a> Index<'a> {
    /// Of all entries. Of two with the same address the first counts.
    pub fn new(bundle: &'a Bundle) -> Self {
        let mut by_address = HashMap::new();
        for entry in &bundle.entry {
            let Some(resource) = &entry.resource else {
                continue;
            };
            if let Some(id) = resource.id() {
                let address = format!("{}/{id}", resource.resource_type());
                by_address.entry(address).or_insert(resource);
            }
            if let Some(full_url) = &entry.full_url {
                by_address.entry(full_url.clone()).or_insert(resource);
            }
        }
        Self { by_address }
    }

    /// The resource that a reference leads to: by `fullUrl` (`urn:uuid:…` too), or by `Type/id`,
    /// with or without a base or a version.
    pub fn resolve(&self, reference: &str) -> Option<&'a Resource> {
        self.by_address.get(reference).copied()
    }

    /// The resource of this type that a reference leads to.
    pub fn resolve_as<T: ResourceType>(&self, reference: &str) -> Option<&'a T> {
        T::of(self.resolve(reference)?)
    }
}
