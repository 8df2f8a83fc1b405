//! Committing what a verdict entails: the one place where an answer becomes durable before it leaves.

use store::{Commit, Precondition, StoreError};
use transport::Response;

use super::refusing::withheld;
use super::{Asked, ScrService};
use crate::duplicates::Remembered;
use crate::trail::Trail;
use crate::verdict::{Answer, Marks, Verdict};
use crate::watched::Watched;

/// How often a commit is tried that others forestall. The second try settles it; the third is for
/// a repetition that is repeated at the same moment.
const ATTEMPTS: usize = 3;

impl ScrService {
    /// Commits what the verdict entails together with its audit event, and only then answers.
    pub(super) async fn settle(
        &self,
        mut trail: Watched,
        asked: Option<&Asked>,
        verdict: Verdict,
    ) -> Response {
        let answer = self.commit(&mut trail, asked, verdict).await;
        trail.settled();
        let error_id = self.env.uuid();
        trail.log(&self.env, &self.outcome(&answer), &answer, &error_id);
        self.write(&trail, &answer, &error_id)
    }

    async fn commit(&self, trail: &mut Trail, asked: Option<&Asked>, verdict: Verdict) -> Answer {
        let Verdict {
            mut answer,
            mut effects,
            marks,
        } = verdict;
        self.mark(trail, &answer, &mut effects, marks);
        for _ in 0..ATTEMPTS {
            let event = trail.event(&self.outcome(&answer), answer.discloses());
            effects.audit.push(event);
            match self.store.commit(effects).await {
                Ok(_) => return answer,
                Err(StoreError::Precondition(Precondition::MessageUnseen(_))) => {}
                Err(error) => {
                    tracing::error!(%error, operation = trail.name(), "audit failed, so the answer is withheld");
                    return withheld(trail, &error);
                }
            }
            (answer, effects) = self.again(trail, asked, answer).await;
        }
        withheld(trail, &StoreError::Busy)
    }

    /// Adds the marks of an answered message, if this is an answer.
    fn mark(&self, trail: &Trail, answer: &Answer, effects: &mut Commit, marks: Marks) {
        let (Some(identity), Some(remembered)) = (&trail.identity, Remembered::of(answer)) else {
            return;
        };
        let retention = self.config.retention;
        effects.seen = match marks {
            Marks::Message => identity.marks(&remembered, trail.at, retention),
            Marks::Claimed => vec![identity.answer_mark(&remembered, trail.at, retention)],
            Marks::Nothing => Vec::new(),
        };
    }
}
