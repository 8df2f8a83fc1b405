//! A message whose ids were used before: the same one again, or another.

use itk::fault::Fault;
use store::Commit;

use super::refusing::fault;
use super::{Provider, store_failed};
use crate::duplicates::{AT_WORK, Earlier};
use crate::face::{AnswerOf, Asked, Face, First};
use crate::trail::Trail;

impl Provider {
    /// Whether nobody has used the ids of a message for another, as far as is known before the Spine
    /// is asked. What is being answered at this moment, and what is done here alone, is found at the
    /// commit ([`Self::repeat`]).
    pub(super) async fn is_new<F: Face>(
        &self,
        trail: &mut Trail,
        what: &F::What,
    ) -> Result<(), AnswerOf<F>> {
        let identity = trail.identity.as_ref();
        let Some(identity) = identity.filter(|_| F::asks_the_spine(what)) else {
            return Ok(());
        };
        match identity.clash(self.store.as_ref(), trail.at).await {
            Ok(None) => Ok(()),
            Ok(Some(rule)) => Err(fault(trail, Fault::invalid(rule))),
            Err(error) => Err(store_failed(trail, &error)),
        }
    }

    /// What is answered to a message whose ids were used before, and what is committed with that.
    /// `fresh` is what it came to under the rules as they are now.
    pub(super) async fn repeat<F: Face>(
        &self,
        face: &F,
        trail: &mut Trail,
        asked: Option<&Asked<F::What>>,
        fresh: AnswerOf<F>,
    ) -> (AnswerOf<F>, Commit) {
        let mut effects = Commit::default();
        // Only a message with an identity has marks that can be refused.
        let Some(identity) = trail.identity.clone() else {
            return (Fault::retryable(AT_WORK).into(), effects);
        };
        // What it came to now is not what is shown, until it is.
        trail.document = None;
        let store = self.store.as_ref();
        let earlier = identity.earlier(store, trail.at, F::is_claim).await;
        let answer = match earlier {
            Err(error) => store_failed(trail, &error),
            Ok(Earlier::Nothing) => fault(trail, Fault::retryable(AT_WORK)),
            Ok(Earlier::Other(rule)) => fault(trail, Fault::invalid(rule)),
            Ok(Earlier::Same {
                remembered,
                at,
                new_message,
            }) => {
                if new_message {
                    let mark = identity.message_mark(trail.at, self.config.retention);
                    effects.seen.push(mark);
                }
                trail.repeats();
                let first = First { remembered, at };
                face.again(trail, asked, fresh, first).await
            }
        };
        (answer, effects)
    }
}
