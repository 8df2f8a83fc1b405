//! The end of every request: on audit, and then answered.

use conversion::Profile;
use store::{Commit, Precondition, SeenMessage, StoreError};
use transport::Response;

use super::{Answer, ScrApi};
use crate::media::Format;
use crate::outcome::Refusal;
use crate::repeats::{Held, Kept, storage};
use crate::trail::Trail;

impl ScrApi {
    /// Puts the outcome on audit, and then makes it the answer.
    pub(super) async fn settle(
        &self,
        outcome: Result<Answer, Refusal>,
        trail: &mut Trail,
        settled: Settled,
        profile: Profile,
    ) -> Response {
        let inner = &*self.0;
        let (status, brief, disclosed) = match &outcome {
            Ok(answer) => (answer.status, answer.brief.to_owned(), answer.disclosed),
            Err(refusal) => (refusal.status, refusal.brief.clone().into_owned(), false),
        };
        trail.note(brief.clone());
        // Whoever has no token that is believed, or has used up their rate, has asked for nobody's
        // record yet; they are in the log, and cannot fill the audit.
        let is_audited = trail.caller.is_some() && !settled.unaudited;
        if is_audited
            && let Err(error) = self
                .record(&outcome, trail, &settled, status, disclosed, profile)
                .await
        {
            let refusal = storage(&error, trail, profile);
            trail.log(&inner.env, refusal.status, &refusal.brief);
            return refusal.response(profile, settled.format);
        }
        trail.log(&inner.env, status, &brief);
        match outcome {
            Ok(answer) => answer.response(settled.format),
            Err(refusal) => told(refusal, trail, profile).response(profile, settled.format),
        }
    }

    async fn record(
        &self,
        outcome: &Result<Answer, Refusal>,
        trail: &Trail,
        settled: &Settled,
        status: u16,
        disclosed: bool,
        profile: Profile,
    ) -> Result<(), StoreError> {
        let inner = &*self.0;
        let mut seen = settled.marks.clone();
        if let Some(held) = &settled.held {
            let json = match outcome {
                Ok(answer) => answer.json.clone(),
                Err(refusal) => refusal.json(profile),
            };
            let json = String::from_utf8(json).unwrap_or_default();
            let kept = Kept { status, json };
            seen.extend(inner.repeats.answered(held, &kept, trail.at));
        }
        let commit = Commit {
            seen,
            audit: vec![trail.event(&status.to_string(), disclosed)],
            ..Commit::default()
        };
        let bare = Commit {
            audit: commit.audit.clone(),
            ..Commit::default()
        };
        match inner.store.commit(commit).await {
            // Somebody was quicker: what they noted stands.
            Err(StoreError::Precondition(Precondition::MessageUnseen(_))) => {
                inner.store.commit(bare).await.map(|_| ())
            }
            other => other.map(|_| ()),
        }
    }
}

/// What is told of a refusal: the national gateway puts its own words in the place of its service's
/// where something failed.
fn told(refusal: Refusal, trail: &Trail, profile: Profile) -> Refusal {
    if profile == Profile::Full || ![500, 502].contains(&refusal.status) {
        return refusal;
    }
    let message = trail.ids.as_ref().map_or("", |ids| ids.request.as_str());
    Refusal {
        status: refusal.status,
        ..Refusal::failure(profile, message, "failed")
    }
}

/// What a request gathers for its end.
pub(super) struct Settled {
    /// The form that the answer has.
    pub(super) format: Format,
    /// The form that the body has.
    pub(super) body: Format,
    pub(super) held: Option<Held>,
    pub(super) marks: Vec<SeenMessage>,
    pub(super) unaudited: bool,
}

impl Default for Settled {
    fn default() -> Self {
        Self {
            format: Format::Json,
            body: Format::Json,
            held: None,
            marks: Vec::new(),
            unaudited: false,
        }
    }
}
