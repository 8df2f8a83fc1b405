//! The audit chain: how records are hashed, and how tampering shows.
//!
//! A record's hash is SHA-256 of the previous record's hash followed by its own text; the first
//! record follows 32 zero bytes. Nothing but SHA-256 is needed to verify it, by anybody, offline.
//! A chain does not show that its end was cut off or that all of it was written anew: against
//! that, keep an earlier [`Verified`] elsewhere and compare ([`Chain::expecting`]).

use domain::audit::AuditEvent;
use sha2::{Digest, Sha256};

use crate::{AuditRecord, StoreError};

/// What the first record follows.
pub const START: [u8; 32] = [0; 32];

/// What nearly every event's text has room in.
const USUAL_BYTES: usize = 768;

/// A chain that was found whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many records.
    pub count: u64,
    /// The hash of the last one; [`START`] when there is none.
    pub head: [u8; 32],
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("audit record {sequence}: {reason}")]
pub struct Broken {
    /// The first record that is wrong or missing.
    pub sequence: u64,
    /// In what way.
    pub reason: String,
}

/// The hash of a record.
pub fn hash(previous: &[u8; 32], text: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(previous)
        .chain_update(text)
        .finalize()
        .into()
}

/// The text of an event: compact JSON, members in the order of the type, absent ones left out.
pub fn text(event: &AuditEvent) -> Result<String, StoreError> {
    // Writing plain strings and times to memory does not fail; if it ever did, better no answer
    // than no audit. The cause is not repeated, since it could quote the event.
    let failed = || StoreError::Failed("an audit event could not be written as JSON".to_owned());
    let mut text = Vec::with_capacity(USUAL_BYTES);
    serde_json::to_writer(&mut text, event).map_err(|_| failed())?;
    String::from_utf8(text).map_err(|_| failed())
}

/// Verifies a whole chain, given from its first record on.
pub fn verify(records: impl IntoIterator<Item = AuditRecord>) -> Result<Verified, Broken> {
    let mut chain = Chain::new();
    for record in records {
        chain.follow(
            record.sequence,
            &record.previous,
            &record.hash,
            &record.text,
        )?;
        if text(&record.event).ok().as_ref() != Some(&record.text) {
            return Err(chain.broken("the event is not what its text says"));
        }
    }
    chain.end()
}

/// A chain being verified record by record, in constant memory.
#[derive(Debug, Clone)]
pub struct Chain {
    so_far: Verified,
    expected: Option<Verified>,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    /// Before the first record.
    pub fn new() -> Self {
        Self {
            so_far: Verified {
                count: 0,
                head: START,
            },
            expected: None,
        }
    }

    /// Before the first record, and with what an earlier verification found: the chain must go
    /// through that record, with that hash.
    pub fn expecting(earlier: Verified) -> Self {
        Self {
            expected: Some(earlier),
            ..Self::new()
        }
    }

    /// Takes the next record.
    pub fn follow(
        &mut self,
        sequence: u64,
        previous: &[u8; 32],
        found: &[u8; 32],
        text: &str,
    ) -> Result<(), Broken> {
        let next = self.so_far.count + 1;
        let broken = |reason: &str| {
            Err(Broken {
                sequence: next,
                reason: reason.to_owned(),
            })
        };
        if sequence != next {
            return broken("it is missing");
        }
        if *previous != self.so_far.head {
            return broken("it does not follow the record before");
        }
        if *found != hash(previous, text) {
            return broken("its text is not what was hashed");
        }
        if let Some(expected) = self.expected
            && expected.count == next
            && expected.head != *found
        {
            return broken("its hash is not the one found earlier");
        }
        self.so_far = Verified {
            count: next,
            head: *found,
        };
        Ok(())
    }

    /// What has been found whole so far.
    pub fn so_far(&self) -> Verified {
        self.so_far
    }

    /// There are no more records.
    pub fn end(&self) -> Result<Verified, Broken> {
        match self.expected {
            Some(expected) if expected.count > self.so_far.count => Err(Broken {
                sequence: self.so_far.count + 1,
                reason: format!(
                    "it is missing: {} records were there earlier",
                    expected.count
                ),
            }),
            _ => Ok(self.so_far),
        }
    }

    /// The last record taken is wrong for this reason.
    pub(crate) fn broken(&self, reason: &str) -> Broken {
        Broken {
            sequence: self.so_far.count,
            reason: reason.to_owned(),
        }
    }
}
