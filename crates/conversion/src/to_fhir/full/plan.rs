//! Which resource each entry becomes, before any is made: entries refer to each other.

use std::collections::HashMap;

use fhir::{Reference, system};
use hl7v3::gp_summary::model::{Code, Entry, EntryKind, GpSummary};

use super::{Taken, is_id};
use crate::codes::{EntryResource, resource_of};

/// What an entry becomes.
pub(super) struct Planned<'a> {
    pub(super) entry: &'a Entry,
    /// The code of its section.
    pub(super) section: Option<&'a Code>,
    pub(super) resource: EntryResource,
    /// The id of its resource.
    pub(super) id: String,
    /// Where the findings of an organizer are planned.
    pub(super) members: Vec<usize>,
    /// Whether it stands in a section itself, not in another entry.
    pub(super) is_top: bool,
}

impl Planned<'_> {
    pub(super) fn reference(&self) -> Reference {
        Reference::to(self.resource.name(), &self.id)
    }
}

/// All entries, in the order of the document; the findings of an organizer follow it.
pub(super) struct Plan<'a> {
    pub(super) all: Vec<Planned<'a>>,
    /// Where each is, by its UUID in small letters. Of two with the same UUID the first counts.
    by_uuid: HashMap<String, usize>,
    taken: Taken,
}

impl<'a> Plan<'a> {
    pub(super) fn of(document: &'a GpSummary, ids: &mut dyn FnMut() -> String) -> Self {
        let mut plan = Self {
            all: Vec::new(),
            by_uuid: HashMap::new(),
            taken: Taken::new(),
        };
        for (section, entry) in document.entries() {
            plan.add(entry, section.code(), true, ids);
        }
        plan
    }

    fn add(
        &mut self,
        entry: &'a Entry,
        section: Option<&'a Code>,
        is_top: bool,
        ids: &mut dyn FnMut() -> String,
    ) -> usize {
        let resource = resource_of(entry.kind);
        let at = self.all.len();
        let uuid = entry.uuid().map(str::trim).filter(|id| is_id(id));
        if let Some(uuid) = uuid {
            self.by_uuid.entry(uuid.to_ascii_lowercase()).or_insert(at);
        }
        let free = uuid.filter(|id| self.taken.insert((resource.name(), (*id).to_owned())));
        self.all.push(Planned {
            entry,
            section,
            resource,
            id: free.map_or_else(&mut *ids, str::to_owned),
            members: Vec::new(),
            is_top,
        });
        for finding in entry.findings() {
            let member = self.add(finding, section, false, ids);
            if let Some(planned) = self.all.get_mut(at) {
                planned.members.push(member);
            }
        }
        at
    }

    /// The entry with this UUID.
    pub(super) fn find(&self, uuid: &str) -> Option<&Planned<'a>> {
        let at = self.by_uuid.get(&uuid.trim().to_ascii_lowercase())?;
        self.all.get(*at)
    }
}

/// A reference to an entry that is not in the document: by its UUID alone.
pub(super) fn by_uuid_alone(resource: Option<EntryResource>, uuid: &str) -> Reference {
    Reference {
        r#type: resource.map(|resource| resource.name().to_owned()),
        identifier: Some(fhir::Identifier::new(system::UUID, uuid).into()),
        ..Reference::default()
    }
}

/// The kind of an entry that is pointed at, when it is in the document.
pub(super) fn kind(planned: Option<&Planned<'_>>) -> Option<EntryKind> {
    planned.map(|planned| planned.entry.kind)
}
