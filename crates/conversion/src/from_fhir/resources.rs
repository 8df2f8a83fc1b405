//! The resources of a bundle: in order, by reference, and where each stands.

use std::collections::HashMap;

use fhir::{Bundle, Reference, Resource, ResourceType};

use crate::Profile;

/// A resource and the number of its entry.
pub(super) struct Found<'a, T> {
    /// The resource.
    pub(super) resource: &'a T,
    /// Which entry, from 0.
    pub(super) at: usize,
}

impl<T> Clone for Found<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Found<'_, T> {}

impl<T> Found<'_, T> {
    /// The FHIRPath of an element of it.
    pub(super) fn path(&self, element: &str) -> String {
        path(self.at, element)
    }
}

/// The FHIRPath of an element of the resource of an entry; of the resource, where the element is
/// empty.
pub(super) fn path(at: usize, element: &str) -> String {
    let dot = if element.is_empty() { "" } else { "." };
    format!("Bundle.entry[{at}].resource{dot}{element}")
}

/// Where a reference leads.
pub(super) enum Led<'a, T> {
    /// To this.
    To(Found<'a, T>),
    /// To a resource of another type.
    OtherType,
    /// Nowhere.
    Nowhere,
}

/// An index of a bundle.
pub(super) struct Resources<'a> {
    bundle: &'a Bundle,
    by_address: HashMap<String, usize>,
    profile: Profile,
}

impl<'a> Resources<'a> {
    /// Of every entry. Of two with the same address, the first counts.
    ///
    /// Nationally, references are `Type/id` and nothing else; in full, the URL of an entry is an
    /// address too.
    pub(super) fn new(bundle: &'a Bundle, profile: Profile) -> Self {
        let mut by_address = HashMap::new();
        for (at, entry) in bundle.entry.iter().enumerate() {
            let Some(resource) = &entry.resource else {
                continue;
            };
            if let Some(id) = resource.id() {
                let address = format!("{}/{id}", resource.resource_type());
                by_address.entry(address).or_insert(at);
            }
            if let (Some(url), Profile::Full) = (&entry.full_url, profile) {
                by_address.entry(url.clone()).or_insert(at);
            }
        }
        Self {
            bundle,
            by_address,
            profile,
        }
    }

    /// Every resource of a type.
    pub(super) fn all<T: ResourceType + 'a>(
        &self,
    ) -> impl Iterator<Item = Found<'a, T>> + use<'a, T> {
        let entries = self.bundle.entry.iter().enumerate();
        entries.filter_map(|(at, entry)| {
            let resource = T::of(entry.resource.as_ref()?)?;
            Some(Found { resource, at })
        })
    }

    /// Every resource, with the number of its entry.
    pub(super) fn every(&self) -> impl Iterator<Item = (usize, &'a Resource)> + use<'a> {
        let entries = self.bundle.entry.iter().enumerate();
        entries.filter_map(|(at, entry)| Some((at, entry.resource.as_ref()?)))
    }

    /// The number of the entry that a reference leads to.
    pub(super) fn place(&self, reference: &str) -> Option<usize> {
        let plain = match reference.split_once("/_history/") {
            Some((plain, _)) if self.profile == Profile::Full => plain,
            _ => reference,
        };
        self.by_address.get(plain).copied()
    }

    /// The resource that a reference leads to.
    pub(super) fn any(&self, reference: &str) -> Option<(usize, &'a Resource)> {
        let at = self.place(reference)?;
        Some((at, self.at(at)?))
    }

    /// The resource of an entry.
    pub(super) fn at(&self, at: usize) -> Option<&'a Resource> {
        self.bundle.entry.get(at)?.resource.as_ref()
    }

    /// The resource of this type that a reference leads to.
    pub(super) fn lead<T: ResourceType>(&self, reference: &str) -> Led<'a, T> {
        if let Some((at, resource)) = self.any(reference) {
            return match T::of(resource) {
                Some(resource) => Led::To(Found { resource, at }),
                None => Led::OtherType,
            };
        }
        match type_of(reference) {
            Some(name) if name != T::NAME => Led::OtherType,
            _ => Led::Nowhere,
        }
    }

    /// The same, of a reference that may be none.
    pub(super) fn follow<T: ResourceType>(
        &self,
        reference: Option<&Reference>,
    ) -> Option<Found<'a, T>> {
        match self.lead(literal(reference)?) {
            Led::To(found) => Some(found),
            _ => None,
        }
    }
}

/// The type that a reference `Type/id` names.
fn type_of(reference: &str) -> Option<&str> {
    let (name, _) = reference.split_once('/')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase());
    is_name.then_some(name)
}

/// The text of a reference.
pub(super) fn literal(reference: Option<&Reference>) -> Option<&str> {
    let text = reference?.reference.as_deref()?;
    Some(text).filter(|text| !text.is_empty())
}
