//! A request that is never answered is on record too.
//!
//! The caller hangs up, the listener has waited long enough, the handler panics: then a request
//! ends wherever it is, and nothing is answered. But the Spine may have been asked by then, in
//! somebody's name and about somebody. So whatever is known of the request is audited as it goes.
//! If it goes while its own event is being written, both stand: what was done, and that nobody was
//! told.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use domain::identifier::MessageId;
use store::{Commit, Store};
use tokio::runtime::Handle;

use crate::trail::Trail;

/// The outcome of a request that was not answered, as the audit has it.
const GIVEN_UP: &str = "given up";

/// The trail of a request until its end is on record.
pub(crate) struct Watched {
    trail: Trail,
    store: Arc<dyn Store>,
    recorded: bool,
}

impl Watched {
    pub(crate) fn new(trail: Trail, store: &Arc<dyn Store>) -> Self {
        Self {
            trail,
            store: Arc::clone(store),
            recorded: false,
        }
    }

    /// Its end has been settled: on record, or the answer is withheld because that is impossible.
    pub(crate) fn settled(&mut self) {
        self.recorded = true;
    }
}

impl Deref for Watched {
    type Target = Trail;

    fn deref(&self) -> &Trail {
        &self.trail
    }
}

impl DerefMut for Watched {
    fn deref_mut(&mut self) -> &mut Trail {
        &mut self.trail
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Without a runtime nobody could write it: the process is ending.
        let (false, Ok(runtime)) = (self.recorded, Handle::try_current()) else {
            return;
        };
        tracing::warn!(
            message_id = self.trail.message.as_ref().map(MessageId::as_str),
            operation = self.trail.name(),
            "a request was given up before it was answered"
        );
        let mut event = self.trail.event(GIVEN_UP, false);
        // Whatever was read, nobody was shown it.
        event.document = None;
        let commit = Commit {
            audit: vec![event],
            ..Commit::default()
        };
        let store = Arc::clone(&self.store);
        runtime.spawn(async move {
            if let Err(error) = store.commit(commit).await {
                tracing::error!(%error, "a request that was given up could not be recorded");
            }
        });
    }
}
