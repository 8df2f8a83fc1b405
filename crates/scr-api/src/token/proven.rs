//! Tokens whose signatures have been checked: an application sends the same one again and again, and
//! checking its signature costs more than looking up where the patient's record is.
//!
//! What is remembered belongs to the set of keys that it was checked with and goes with it, so that a
//! token is not believed for a moment longer than its key. Method, times, issuer and audience are
//! looked at each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::{Algorithm, Claims};

/// How many are remembered. When there are more, it begins anew.
const MOST: usize = 1024;

/// The SHA-256 of a whole token, signature included.
pub(super) type TokenDigest = [u8; 32];

/// What tokens said that were proven, and by which method.
#[derive(Default)]
pub(super) struct Proven(Mutex<HashMap<TokenDigest, (Algorithm, Claims)>>);

impl Proven {
    pub(super) fn digest(token: &str) -> TokenDigest {
        Sha256::digest(token).into()
    }

    /// What the token said, if it has been proven.
    pub(super) fn claims(&self, digest: &TokenDigest) -> Option<(Algorithm, Claims)> {
        self.all().get(digest).cloned()
    }

    /// Remembers a token.
    pub(super) fn remember(&self, digest: TokenDigest, by: Algorithm, claims: &Claims) {
        let mut all = self.all();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(digest, (by, claims.clone()));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<TokenDigest, (Algorithm, Claims)>> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Proven {
    /// Nothing: tokens name people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proven").finish_non_exhaustive()
    }
}
