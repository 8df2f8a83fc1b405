//! Filing a GP Summary: which version it becomes, decided before anything is written.
//!
//! A patient has at most one document in state Normal: the one with the newest effective time.
//! A document that arrives late (an import of history, say) is filed behind the newer ones and is
//! Replaced from the start. The decision is made on one reading of the patient's list, and the
//! commit carries that reading as its precondition: if another document got in between, the
//! store refuses and the decision is made again.

use domain::audit::AuditEvent;
use domain::record::{DocumentBytes, DocumentHeader, DocumentPointer, DocumentState};
use domain::{DocumentId, NhsNumber};
use sha2::{Digest, Sha256};
use store::{Commit, NewDocument, Precondition, StateChange, Store, StoreError};
use transport::Environment;

/// How often a filing is decided anew when others file for the same patient meanwhile.
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

/// Files a document under a patient, together with its audit event.
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
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let listed = store.patient_record(filed_under, None).await?.documents;
        if let Some(same) = listed.iter().find(|known| known.header.id == header.id) {
            return match same.sha256 == digest {
                true => Ok(Filed::AlreadyThere),
                false => Err(FilingError::DuplicateId(header.id)),
            };
        }
        let place = place(&listed, &header);
        let commit = commit(
            env,
            filed_under,
            &header,
            &bytes,
            &listed,
            &place,
            audit.clone(),
        );
        match store.commit(commit).await {
            Ok(_) => return Ok(place.filed()),
            Err(error @ StoreError::Precondition(_)) => last = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(FilingError::Store(last.unwrap_or(StoreError::Busy)))
}

/// Where a document belongs among those that are there.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// The newer document that has already replaced it, if any.
    replaced_by: Option<DocumentId>,
    /// Older documents in state Normal, which it replaces.
    replaces: Vec<DocumentId>,
}

impl Place {
    fn filed(&self) -> Filed {
        if self.replaced_by.is_some() {
            Filed::Earlier
        } else {
            Filed::Current
        }
    }
}

/// `listed` is newest first. Of two with the same effective time, the one filed later counts as
/// newer.
fn place(listed: &[DocumentPointer], header: &DocumentHeader) -> Place {
    let effective = header.effective.first_instant();
    let is_newer = |known: &&DocumentPointer| known.header.effective.first_instant() > effective;
    let replaced_by = listed
        .iter()
        .filter(|known| known.state != DocumentState::Withdrawn)
        .filter(is_newer)
        .min_by_key(|known| known.header.effective.first_instant())
        .map(|known| known.header.id.clone());
    let replaces = match replaced_by {
        Some(_) => Vec::new(),
        None => listed
            .iter()
            .filter(|known| known.state == DocumentState::Normal)
            .map(|known| known.header.id.clone())
            .collect(),
    };
    Place {
        replaced_by,
        replaces,
    }
}

fn commit(
    env: &Environment,
    patient: NhsNumber,
    header: &DocumentHeader,
    bytes: &DocumentBytes,
    listed: &[DocumentPointer],
    place: &Place,
    audit: AuditEvent,
) -> Commit {
    let states = place.replaces.iter().map(|document| StateChange {
        patient,
        document: document.clone(),
        to: DocumentState::Replaced,
        by: Some(header.id.clone()),
    });
    Commit {
        preconditions: vec![Precondition::DocumentCount {
            patient,
            count: listed.len(),
        }],
        states: states.collect(),
        documents: vec![NewDocument {
            filed_under: patient,
            header: header.clone(),
            stored_at: env.now(),
            state: match place.replaced_by {
                Some(_) => DocumentState::Replaced,
                None => DocumentState::Normal,
            },
            replaced_by: place.replaced_by.clone(),
            bytes: bytes.clone(),
        }],
        audit: vec![audit],
        ..Commit::default()
    }
}
