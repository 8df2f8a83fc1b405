//! Reading the model.

use domain::activity::ScrAccess;
use domain::permission::CareProfessional;
use domain::record::DocumentPointer;
use domain::{DocumentId, NhsNumber};
use jiff::Timestamp;

use super::State;
use crate::commit::cut;
use crate::{
    AccessFilter, AccessPage, AlertFilter, MessageFilter, MessageRecord, OutboxEntry, OutboxFilter,
    PatientRecord, ReceivedAlert, Standing,
};

impl State {
    pub(super) fn patient_record(
        &self,
        patient: NhsNumber,
        document: Option<DocumentId>,
    ) -> PatientRecord {
        let mut documents: Vec<_> = self.filed_under(patient).cloned().collect();
        documents.sort_by_key(|pointer| {
            let effective = cut(pointer.header.effective.first_instant());
            std::cmp::Reverse((effective, pointer.stored_at, pointer.header.id.clone()))
        });
        let bytes = document.and_then(|id| self.documents.get(&(patient, id)));
        PatientRecord {
            documents,
            consent: self
                .consents
                .get(&patient)
                .and_then(|history| history.last())
                .cloned(),
            document: bytes.map(|(_, bytes)| bytes.clone()),
        }
    }

    pub(super) fn filed_under(&self, patient: NhsNumber) -> impl Iterator<Item = &DocumentPointer> {
        let pointers = self.documents.values().map(|(pointer, _)| pointer);
        pointers.filter(move |pointer| pointer.filed_under == patient)
    }

    pub(super) fn standing(
        &self,
        patient: NhsNumber,
        holder: &CareProfessional,
        at: Timestamp,
    ) -> Standing {
        let mut permissions: Vec<_> = self
            .permissions
            .iter()
            .filter(|permission| permission.patient == patient && permission.holder == *holder)
            .filter(|permission| {
                let until = permission.until;
                until.is_none_or(|until| at <= until && permission.from <= until)
            })
            .cloned()
            .collect();
        permissions.sort_by_key(|permission| permission.from);
        let relationship = self
            .relationships
            .iter()
            .find(|relationship| relationship.patient == patient && relationship.holder == *holder)
            .cloned();
        Standing {
            permissions,
            relationship,
        }
    }

    pub(super) fn outbox(&self, filter: &OutboxFilter) -> Vec<OutboxEntry> {
        let wanted = |entry: &&OutboxEntry| {
            let (lane, id) = (filter.lane.as_ref(), filter.id.as_ref());
            id.map_or(!entry.dead, |id| entry.id == *id)
                && lane.is_none_or(|lane| entry.lane == *lane)
                && filter.due.is_none_or(|due| entry.next_try <= cut(due))
        };
        let mut entries: Vec<_> = self.outbox.values().filter(wanted).cloned().collect();
        entries.sort_by_key(|entry| entry.next_try);
        entries.truncate(filter.limit);
        entries
    }

    pub(super) fn messages(&self, filter: &MessageFilter) -> Vec<MessageRecord> {
        fn same<T: PartialEq>(wanted: &Option<T>, found: &Option<T>) -> bool {
            wanted.is_none() || wanted == found
        }
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        let wanted = |record: &&MessageRecord| {
            is(&filter.owner, &record.owner)
                && is(&filter.interaction, &record.interaction)
                && filter.direction.is_none_or(|way| record.direction == way)
                && filter
                    .message
                    .as_ref()
                    .is_none_or(|id| record.message == *id)
                && same(&filter.ref_to, &record.ref_to)
                && same(&filter.conversation, &record.conversation)
                && same(&filter.patient, &record.patient)
                && filter.from.is_none_or(|from| cut(from) <= record.at)
                && filter.to.is_none_or(|to| record.at <= cut(to))
        };
        // By id, owner and direction from the greatest on; then the newest first.
        let all = self.messages.values().rev();
        let mut found: Vec<_> = all.filter(wanted).cloned().collect();
        found.sort_by_key(|record| std::cmp::Reverse(record.at));
        found.truncate(filter.limit);
        found
    }

    pub(super) fn accesses(&self, filter: &AccessFilter) -> AccessPage {
        let wanted = |access: &&ScrAccess| {
            access.organisation == filter.organisation
                && (cut(filter.from)..=cut(filter.to)).contains(&access.at)
                && filter
                    .patient
                    .is_none_or(|patient| access.patient == patient)
                && filter.user.as_ref().is_none_or(|user| access.user == *user)
        };
        let mut rows: Vec<_> = self.accesses.iter().filter(wanted).cloned().collect();
        let matching = rows.len() as u64;
        rows.sort_by_key(|access| access.at);
        rows.truncate(filter.limit);
        AccessPage { rows, matching }
    }

    pub(super) fn alerts(&self, filter: &AlertFilter) -> Vec<ReceivedAlert> {
        let place = |received: &ReceivedAlert| (received.alert.at, received.alert.id.clone());
        let after = match &filter.after {
            Some(id) => match self.alerts.get(id) {
                Some(received) => Some(place(received)),
                None => return Vec::new(),
            },
            None => None,
        };
        let wanted = |received: &&ReceivedAlert| {
            let alert = &received.alert;
            let organisation = filter.organisation.as_ref();
            organisation.is_none_or(|code| alert.organisation == *code)
                && filter.from.is_none_or(|from| cut(from) <= alert.at)
                && filter.to.is_none_or(|to| alert.at <= cut(to))
                && after.as_ref().is_none_or(|after| place(received) < *after)
        };
        let mut found: Vec<_> = self.alerts.values().filter(wanted).cloned().collect();
        found.sort_by_key(|received| std::cmp::Reverse(place(received)));
        found.truncate(filter.limit);
        found
    }
}
