//! Committing what a verdict entails: the one place where an answer becomes durable before it leaves.

use store::{Commit, Precondition, StoreError};
use transport::Response;

use super::refusing::withheld;
use super::{Provider, outcome};
use crate::face::{AnswerOf, Asked, Face, VerdictOf};
use crate::outcome::{Answer, Marks, Verdict};
use crate::trail::Trail;
use crate::watched::Watched;

/// How often a commit is tried that others forestall. The second try settles it; the third is for
/// a repetition that is repeated at the same moment.
const ATTEMPTS: usize = 3;

impl Provider {
    /// Commits what the verdict entails together with its audit event, and only then answers.
    pub(super) async fn settle<F: Face>(
        &self,
        face: &F,
        mut trail: Watched,
        operation: Option<F::Operation>,
        asked: Option<&Asked<F::What>>,
        verdict: VerdictOf<F>,
    ) -> Response {
        let answer = self.commit(face, &mut trail, asked, verdict).await;
        trail.settled();
        let error_id = self.env.uuid();
        let fault = match &answer {
            Answer::Fault(fault) => Some((fault, error_id.as_str())),
            _ => None,
        };
        trail.log(&self.env, outcome(face, &answer), fault);
        self.write(face, &trail, operation, &answer, &error_id)
    }

    async fn commit<F: Face>(
        &self,
        face: &F,
        trail: &mut Trail,
        asked: Option<&Asked<F::What>>,
        verdict: VerdictOf<F>,
    ) -> AnswerOf<F> {
        let Verdict {
            mut answer,
            mut effects,
            marks,
        } = verdict;
        self.mark::<F>(trail, &answer, &mut effects, marks);
        for _ in 0..ATTEMPTS {
            let discloses = match &answer {
                Answer::Content(content) => F::discloses(content),
                Answer::Code(_) | Answer::Fault(_) => false,
            };
            let event = trail.event(&outcome(face, &answer), discloses);
            effects.audit.push(event);
            match self.store.commit(effects).await {
                Ok(_) => return answer,
                Err(StoreError::Precondition(Precondition::MessageUnseen(_))) => {}
                Err(error) => {
                    tracing::error!(%error, operation = trail.name(), "audit failed, so the answer is withheld");
                    return withheld(trail.operation.is_some(), &error);
                }
            }
            (answer, effects) = self.repeat(face, trail, asked, answer).await;
        }
        withheld(trail.operation.is_some(), &StoreError::Busy)
    }

    /// Adds the marks of an answered message, if this is an answer.
    fn mark<F: Face>(
        &self,
        trail: &Trail,
        answer: &AnswerOf<F>,
        effects: &mut Commit,
        marks: Marks,
    ) {
        let (Some(identity), Some(remembered)) = (&trail.identity, F::remember(answer)) else {
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
