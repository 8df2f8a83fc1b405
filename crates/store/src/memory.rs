//! The model: the contract in its simplest form, in memory.
//!
//! It is what other adapters are compared with, and a quick store for tests of services. It keeps
//! nothing after the process.

mod cpis;
mod mail;
mod read;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::activity::ScrAccess;
use domain::cpis::Demographics;
use domain::permission::{CareProfessional, PermissionToView, Relationship};
use domain::record::{DocumentBytes, DocumentPointer, DocumentState};
use domain::relationship::LegitimateRelationship;
use domain::{DocumentId, MessageId, NhsNumber, OdsCode};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use self::cpis::Cpis;
use self::mail::Mail;
use crate::commit::cut;
use crate::delivery::with_mark;
use crate::{
    AccessFilter, AccessNotice, AccessPage, AlertFilter, AuditFilter, AuditRecord, Commit,
    ConsentChange, ConsentRecord, Counts, CpisBatch, CpisRecord, Direction, InactiveNotice,
    MailFilter, MailMessage, MessageFilter, MessageRecord, NewDocument, NoticeFilter, OutboxEntry,
    OutboxFilter, Outcome, OutcomeChange, PatientRecord, PlanKey, Precondition, Receipt,
    ReceivedAlert, SeenKey, SeenMessage, Standing, StateChange, Store, StoreError, StoreFuture,
    Upload, audit,
};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    filled: Notify,
}

impl MemoryStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A commit is checked whole before anything is changed, so a panic leaves no half of it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type DocumentKey = (NhsNumber, DocumentId);
type MessageKey = (MessageId, String, Direction);

#[derive(Debug, Default)]
struct State {
    documents: BTreeMap<DocumentKey, (DocumentPointer, DocumentBytes)>,
    consents: BTreeMap<NhsNumber, Vec<ConsentRecord>>,
    permissions: Vec<PermissionToView>,
    relationships: Vec<Relationship>,
    seen: BTreeMap<SeenKey, SeenMessage>,
    outbox: BTreeMap<String, OutboxEntry>,
    accesses: Vec<ScrAccess>,
    alerts: BTreeMap<MessageId, ReceivedAlert>,
    legitimate: BTreeMap<MessageId, LegitimateRelationship>,
    messages: BTreeMap<MessageKey, MessageRecord>,
    cpis: Cpis,
    mail: Mail,
    audit: Vec<AuditRecord>,
}

impl Store for MemoryStore {
    fn commit(&self, mut commit: Commit) -> StoreFuture<'_, Receipt> {
        Box::pin(async move {
            commit.cut_times();
            let fills_outbox = commit.fills_outbox();
            let receipt = {
                let mut state = self.state();
                state.check(&commit)?;
                state.apply(commit)?
            };
            if fills_outbox {
                self.filled.notify_waiters();
            }
            Ok(receipt)
        })
    }

    fn outbox_filled(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.filled.notified())
    }

    fn patient_record(
        &self,
        patient: NhsNumber,
        document: Option<DocumentId>,
    ) -> StoreFuture<'_, PatientRecord> {
        Box::pin(async move { Ok(self.state().patient_record(patient, document)) })
    }

    fn consent_history(&self, patient: NhsNumber) -> StoreFuture<'_, Vec<ConsentRecord>> {
        Box::pin(async move {
            Ok(self
                .state()
                .consents
                .get(&patient)
                .cloned()
                .unwrap_or_default())
        })
    }

    fn standing(
        &self,
        patient: NhsNumber,
        holder: CareProfessional,
        at: Timestamp,
    ) -> StoreFuture<'_, Standing> {
        Box::pin(async move { Ok(self.state().standing(patient, &holder, cut(at))) })
    }

    fn seen(&self, key: SeenKey) -> StoreFuture<'_, Option<SeenMessage>> {
        Box::pin(async move { Ok(self.state().seen.get(&key).cloned()) })
    }

    fn outbox(&self, filter: OutboxFilter) -> StoreFuture<'_, Vec<OutboxEntry>> {
        Box::pin(async move { Ok(self.state().outbox(&filter)) })
    }

    fn messages(&self, filter: MessageFilter) -> StoreFuture<'_, Vec<MessageRecord>> {
        Box::pin(async move { Ok(self.state().messages(&filter)) })
    }

    fn legitimate_relationships(
        &self,
        patient: NhsNumber,
    ) -> StoreFuture<'_, Vec<LegitimateRelationship>> {
        Box::pin(async move {
            let state = self.state();
            let all = state.legitimate.values();
            let mut found: Vec<_> = all.filter(|one| one.patient == patient).cloned().collect();
            found.sort_by_key(|one| one.since);
            Ok(found)
        })
    }

    fn dead_letters(&self, limit: usize) -> StoreFuture<'_, Vec<OutboxEntry>> {
        Box::pin(async move {
            let state = self.state();
            let dead = state.outbox.values().filter(|entry| entry.dead);
            let mut entries: Vec<_> = dead.cloned().collect();
            entries.sort_by_key(|entry| entry.queued_at);
            entries.truncate(limit);
            Ok(entries)
        })
    }

    fn accesses(&self, filter: AccessFilter) -> StoreFuture<'_, AccessPage> {
        Box::pin(async move { Ok(self.state().accesses(&filter)) })
    }

    fn alerts(&self, filter: AlertFilter) -> StoreFuture<'_, Vec<ReceivedAlert>> {
        Box::pin(async move { Ok(self.state().alerts(&filter)) })
    }

    fn cpis_record(
        &self,
        patient: NhsNumber,
        author: Option<String>,
    ) -> StoreFuture<'_, CpisRecord> {
        Box::pin(async move { Ok(self.state().cpis.record(patient, author.as_deref())) })
    }

    fn cpis_batch(&self, keys: Vec<PlanKey>) -> StoreFuture<'_, CpisBatch> {
        Box::pin(async move { Ok(self.state().cpis.batch(&keys)) })
    }

    fn cpis_notices(&self, filter: NoticeFilter) -> StoreFuture<'_, Vec<AccessNotice>> {
        Box::pin(async move { Ok(self.state().cpis.notices(&filter)) })
    }

    fn cpis_inactive(&self, filter: NoticeFilter) -> StoreFuture<'_, Vec<InactiveNotice>> {
        Box::pin(async move { Ok(self.state().cpis.inactive(&filter)) })
    }

    fn cpis_upload(&self, authority: OdsCode, file: String) -> StoreFuture<'_, Option<Upload>> {
        Box::pin(async move { Ok(self.state().cpis.uploads.get(&(authority, file)).cloned()) })
    }

    fn person(&self, number: NhsNumber) -> StoreFuture<'_, Option<Demographics>> {
        Box::pin(async move { Ok(self.state().cpis.people.get(&number).cloned()) })
    }

    fn knows_people(&self) -> StoreFuture<'_, bool> {
        Box::pin(async move { Ok(!self.state().cpis.people.is_empty()) })
    }

    fn mail(&self, filter: MailFilter) -> StoreFuture<'_, Vec<MailMessage>> {
        Box::pin(async move { Ok(self.state().mail.find(&filter)) })
    }

    fn mail_chunk(&self, message: String, number: u32) -> StoreFuture<'_, Option<Vec<u8>>> {
        Box::pin(async move { Ok(self.state().mail.chunk(message, number)) })
    }

    fn audit_records(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<AuditRecord>> {
        Box::pin(async move {
            let after = usize::try_from(after).unwrap_or(usize::MAX);
            Ok(self
                .state()
                .audit
                .iter()
                .skip(after)
                .take(limit)
                .cloned()
                .collect())
        })
    }

    fn audit_search(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>> {
        Box::pin(async move {
            let state = self.state();
            let mut found: Vec<_> = state
                .audit
                .iter()
                .filter(|record| meets(record, &filter))
                .cloned()
                .collect();
            found.sort_by_key(|record| std::cmp::Reverse((cut(record.event.at), record.sequence)));
            found.truncate(filter.limit);
            Ok(found)
        })
    }

    fn patients(&self, after: Option<NhsNumber>, limit: usize) -> StoreFuture<'_, Vec<NhsNumber>> {
        Box::pin(async move {
            let state = self.state();
            let mut patients: Vec<_> = state
                .documents
                .values()
                .filter(|(pointer, _)| pointer.state == DocumentState::Normal)
                .map(|(pointer, _)| pointer.filed_under)
                .filter(|patient| after.is_none_or(|after| *patient > after))
                .collect();
            patients.dedup();
            patients.truncate(limit);
            Ok(patients)
        })
    }

    fn counts(&self) -> StoreFuture<'_, Counts> {
        Box::pin(async move {
            let state = self.state();
            Ok(Counts {
                documents: state.documents.len() as u64,
                audit: state.audit.len() as u64,
                outbox: state.outbox.values().filter(|entry| !entry.dead).count() as u64,
                dead_letters: state.outbox.values().filter(|entry| entry.dead).count() as u64,
                plans: state.cpis.plans.len() as u64,
                cpis_accesses: state.cpis.accesses.len() as u64,
                mail: state.mail.messages.len() as u64,
            })
        })
    }
}

fn meets(record: &AuditRecord, filter: &AuditFilter) -> bool {
    fn same<T: PartialEq>(wanted: &Option<T>, found: &Option<T>) -> bool {
        wanted.is_none() || wanted == found
    }
    let at = cut(record.event.at);
    same(&filter.patient, &record.event.patient)
        && same(&filter.user, &record.event.user)
        && same(&filter.message, &record.event.message)
        && same(&filter.organisation, &record.event.organisation)
        && filter.from.is_none_or(|from| cut(from) <= at)
        && filter.to.is_none_or(|to| at <= cut(to))
}

/// Checking: after this nothing can fail.
impl State {
    fn check(&self, commit: &Commit) -> Result<(), StoreError> {
        commit.check_sizes()?;
        for precondition in &commit.preconditions {
            if !self.holds(precondition, commit) {
                return Err(StoreError::Precondition(precondition.clone()));
            }
        }
        for (at, new) in commit.documents.iter().enumerate() {
            let same = |other: &NewDocument| {
                other.filed_under == new.filed_under && other.header.id == new.header.id
            };
            let key = (new.filed_under, new.header.id.clone());
            if self.documents.contains_key(&key) || commit.documents.iter().take(at).any(same) {
                return Err(StoreError::Precondition(Precondition::DocumentAbsent(
                    key.1,
                )));
            }
        }
        for change in &commit.states {
            let key = (change.patient, change.document.clone());
            let is_new = |new: &NewDocument| new.filed_under == key.0 && new.header.id == key.1;
            if !self.documents.contains_key(&key) && !commit.documents.iter().any(is_new) {
                return Err(crate::no_such_document(&key.1));
            }
        }
        for (at, new) in commit.seen.iter().enumerate() {
            let known = self.seen.get(&new.key);
            let twice = commit
                .seen
                .iter()
                .take(at)
                .any(|other| other.key == new.key);
            if twice || known.is_some_and(|known| known.expires > new.at) {
                let unseen = Precondition::MessageUnseen(new.key.clone());
                return Err(StoreError::Precondition(unseen));
            }
        }
        Ok(())
    }

    fn holds(&self, precondition: &Precondition, commit: &Commit) -> bool {
        match precondition {
            Precondition::DocumentAbsent(id) => {
                !self.documents.keys().any(|(_, other)| other == id)
            }
            Precondition::DocumentInState {
                patient,
                document,
                state,
            } => self
                .documents
                .get(&(*patient, document.clone()))
                .is_some_and(|(pointer, _)| pointer.state == *state),
            Precondition::DocumentCount { patient, count } => {
                self.filed_under(*patient).count() == *count
            }
            Precondition::ConsentVersion { patient, version } => {
                self.consents.get(patient).map_or(0, Vec::len) as u64 == *version
            }
            Precondition::MessageUnseen(key) => self.seen.get(key).is_none_or(|known| {
                commit
                    .seen
                    .iter()
                    .any(|new| new.key == *key && known.expires <= new.at)
            }),
            Precondition::OutboxAt { id, tries } => self
                .outbox
                .get(id)
                .is_some_and(|entry| !entry.dead && entry.tries == *tries),
            Precondition::CpisAccesses { patient, count } => self.cpis.count(*patient) == *count,
            Precondition::UploadAt {
                authority,
                file,
                read,
            } => {
                let upload = self.cpis.uploads.get(&(authority.clone(), file.clone()));
                upload.map(|upload| upload.outcomes.len() as u64) == *read
            }
            Precondition::MailInState { id, state } => self.mail.is_in(id, *state),
        }
    }
}

/// Writing.
impl State {
    fn apply(&mut self, commit: Commit) -> Result<Receipt, StoreError> {
        let texts: Result<Vec<_>, _> = commit.audit.iter().map(audit::text).collect();
        let texts = texts?;
        commit
            .documents
            .into_iter()
            .for_each(|new| self.add_document(new));
        commit
            .states
            .into_iter()
            .for_each(|change| self.change_state(change));
        commit
            .consents
            .into_iter()
            .for_each(|change| self.change_consent(change));
        for new in commit.permissions {
            self.permissions.retain(|old| {
                (old.patient, &old.holder, old.from) != (new.patient, &new.holder, new.from)
            });
            self.permissions.push(new);
        }
        for new in commit.relationships {
            let same =
                |old: &Relationship| (old.patient, &old.holder) == (new.patient, &new.holder);
            if !self.relationships.iter().any(same) {
                self.relationships.push(new);
            }
        }
        commit.seen.into_iter().for_each(|seen| self.remember(seen));
        self.outbox.extend(
            commit
                .outbox
                .into_iter()
                .map(|entry| (entry.id.clone(), entry)),
        );
        for id in &commit.outbox_done {
            self.outbox.remove(id);
        }
        self.accesses.extend(commit.accesses);
        for new in commit.alerts {
            self.alerts.entry(new.alert.id.clone()).or_insert(new);
        }
        for new in commit.legitimate {
            self.legitimate.entry(new.id.clone()).or_insert(new);
        }
        for new in commit.messages {
            let key = (new.message.clone(), new.owner.clone(), new.direction);
            self.messages.insert(key, new);
        }
        for change in commit.outcomes {
            self.change_outcome(change);
        }
        self.cpis.apply(commit.cpis);
        self.mail.apply(commit.mail);
        let has_audit = !texts.is_empty();
        for (event, text) in commit.audit.into_iter().zip(texts) {
            let previous = self.audit.last().map_or(audit::START, |record| record.hash);
            let hash = audit::hash(&previous, &text);
            let sequence = self.audit.len() as u64 + 1;
            self.audit.push(AuditRecord {
                sequence,
                previous,
                hash,
                event,
                text,
            });
        }
        Ok(Receipt {
            last_audit: has_audit.then_some(self.audit.len() as u64),
        })
    }

    fn add_document(&mut self, new: NewDocument) {
        let pointer = DocumentPointer {
            filed_under: new.filed_under,
            stored_at: new.stored_at,
            state: new.state,
            replaced_by: new.replaced_by,
            withdrawn_by: None,
            size: new.bytes.bytes.len() as u64,
            sha256: Sha256::digest(&new.bytes.bytes).into(),
            header: new.header,
        };
        let key = (pointer.filed_under, pointer.header.id.clone());
        self.documents.insert(key, (pointer, new.bytes));
    }

    fn change_state(&mut self, change: StateChange) {
        let Some((pointer, _)) = self.documents.get_mut(&(change.patient, change.document)) else {
            return;
        };
        pointer.state = change.to;
        match change.to {
            DocumentState::Normal => (pointer.replaced_by, pointer.withdrawn_by) = (None, None),
            DocumentState::Replaced => pointer.replaced_by = change.by,
            DocumentState::Withdrawn => pointer.withdrawn_by = change.by,
        }
    }

    fn change_outcome(&mut self, change: OutcomeChange) {
        let key = (change.message, change.owner, change.direction);
        let Some(record) = self.messages.get_mut(&key) else {
            return;
        };
        record.outcome = match change.outcome {
            Outcome::Becomes(outcome) => outcome,
            Outcome::Adds(mark) => with_mark(&record.outcome, &mark),
        };
    }

    fn change_consent(&mut self, change: ConsentChange) {
        let history = self.consents.entry(change.patient).or_default();
        history.push(ConsentRecord {
            consent: change.consent,
            version: history.len() as u64 + 1,
            changed_at: change.at,
            message: change.message,
            author: change.author,
        });
    }

    fn remember(&mut self, new: SeenMessage) {
        self.seen.retain(|_, known| known.expires > new.at);
        self.seen.insert(new.key.clone(), new);
    }
}
