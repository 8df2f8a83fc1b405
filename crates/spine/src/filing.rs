//! Filing a GP Summary: which version it becomes, decided before anything is written.
//!
//! The documents of a patient that are not withdrawn form one chain, in the order in which lists
//! show them: by effective time, then by time stored, then by id. The newest is in state Normal,
//! every other is Replaced by the one that follows it. A document that arrives late (an import of
//! history, say) takes its place in the chain: it is Replaced from the start, and the document
//! before it is from then on Replaced by it. So the same documents give the same chain in
//! whatever order they arrive, and "replaced by" always names the next one to look at, never a
//! withdrawn one. Of two with the same effective time, the one filed later is the newer.
//!
//! Uploads chain documents otherwise: by the order in which they come. Where they did so against
//! the order of effective times, the current document is not the newest by date. A document filed
//! among such a patient's never takes the place of the current one, unless it is newer than all.
//!
//! The decision is made on one reading of the patient's list, and the commit carries that reading
//! as its preconditions: if somebody else got in between, the store refuses and the decision is
//! made again.

use domain::audit::AuditEvent;
use domain::record::{DocumentBytes, DocumentHeader, DocumentPointer, DocumentState};
use domain::{DocumentId, NhsNumber};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{Commit, NewDocument, Precondition, StateChange, Store, StoreError};
use transport::Environment;

/// How often a filing is decided anew when others file for the same patient meanwhile. Each time
/// somebody else has succeeded, so it takes as many at once to run out of attempts.
const ATTEMPTS: usize = 20;

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filed {
    /// It is the patient's current GP Summary.
    Current,
    /// It is kept as an earlier version.
    Earlier,
    /// The same document, byte for byte, was there already; nothing was written.
    AlreadyThere,
}

/// Why a document was not filed.
#[derive(Debug, thiserror::Error)]
pub enum FilingError {
    /// The patient already has a document of this id, and stored documents never change.
    #[error(
        "document {0} is already stored with other content, and a stored document never changes"
    )]
    DuplicateId(DocumentId),
    /// The store failed, or other writers got in between too often.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Files a document under a patient, together with its audit event, in which the patient and the
/// document are filled in.
pub async fn file(
    store: &dyn Store,
    env: &Environment,
    filed_under: NhsNumber,
    header: DocumentHeader,
    bytes: DocumentBytes,
    mut audit: AuditEvent,
) -> Result<Filed, FilingError> {
    let digest: [u8; 32] = Sha256::digest(&bytes.bytes).into();
    audit.patient = Some(filed_under);
    audit.document = Some(header.id.clone());
    let mut overtaken = StoreError::Busy;
    for _ in 0..ATTEMPTS {
        let listed = store.patient_record(filed_under, None).await?.documents;
        if let Some(known) = listed.iter().find(|known| known.header.id == header.id) {
            return match known.sha256 == digest {
                true => Ok(Filed::AlreadyThere),
                false => Err(FilingError::DuplicateId(header.id)),
            };
        }
        let new = NewDocument {
            filed_under,
            header: header.clone(),
            stored_at: env.now(),
            state: DocumentState::Normal,
            replaced_by: None,
            bytes: bytes.clone(),
        };
        let place = Place::among(&listed, &new);
        let commit = place.commit(new, listed.len(), audit.clone());
        match store.commit(commit).await {
            Ok(_) => return Ok(place.filed()),
            Err(error @ StoreError::Precondition(_)) => overtaken = error,
            Err(error) => return Err(error.into()),
        }
    }
    Err(overtaken.into())
}

/// A place in a patient's chain: between which documents.
struct Place<'a> {
    newer: Option<&'a DocumentPointer>,
    /// Those that it replaces: the one before it, and whatever else is current when it becomes so.
    older: Vec<&'a DocumentPointer>,
}

impl<'a> Place<'a> {
    /// The place of a new document. `listed` is newest first, as the store lists it.
    fn among(listed: &'a [DocumentPointer], new: &NewDocument) -> Self {
        let own = rank(&new.header, new.stored_at);
        let chain = listed
            .iter()
            .filter(|known| known.state != DocumentState::Withdrawn);
        let (newer, older): (Vec<_>, Vec<_>) =
            chain.partition(|known| rank(&known.header, known.stored_at) > own);
        let is_current = |known: &DocumentPointer| known.state == DocumentState::Normal;
        let newer = newer.last().copied();
        let mut replaced: Vec<_> = older.first().copied().into_iter().collect();
        match newer {
            // What is current although it is older by date stays so.
            Some(_) => replaced.retain(|known| !is_current(known)),
            None => replaced.extend(older.into_iter().skip(1).filter(|known| is_current(known))),
        }
        Self {
            newer,
            older: replaced,
        }
    }

    fn filed(&self) -> Filed {
        match self.newer {
            Some(_) => Filed::Earlier,
            None => Filed::Current,
        }
    }

    /// The change that puts a document in this place, provided that the patient still has `count`
    /// documents and those beside the place are as they were read.
    fn commit(&self, mut new: NewDocument, count: usize, audit: AuditEvent) -> Commit {
        let patient = new.filed_under;
        let mut preconditions = vec![Precondition::DocumentCount { patient, count }];
        let beside = self.newer.iter().chain(&self.older);
        preconditions.extend(beside.map(|known| Precondition::DocumentInState {
            patient,
            document: known.header.id.clone(),
            state: known.state,
        }));
        let states = self.older.iter().map(|older| StateChange {
            patient,
            document: older.header.id.clone(),
            to: DocumentState::Replaced,
            by: Some(new.header.id.clone()),
        });
        if let Some(newer) = self.newer {
            new.state = DocumentState::Replaced;
            new.replaced_by = Some(newer.header.id.clone());
        }
        Commit {
            preconditions,
            states: states.collect(),
            documents: vec![new],
            audit: vec![audit],
            ..Commit::default()
        }
    }
}

/// The order of lists, oldest first, at the precision that stores keep.
fn rank(header: &DocumentHeader, stored_at: Timestamp) -> (i64, i64, &DocumentId) {
    let effective = header.effective.first_instant();
    (
        effective.as_microsecond(),
        stored_at.as_microsecond(),
        &header.id,
    )
}
