//! Giving a repetition its first answer, and claiming a message that must not be done twice.

use domain::DocumentId;
use domain::code::smsp::ResponseCode;
use itk::fault::Fault;
use jiff::Timestamp;
use store::{Commit, StoreError};

use super::{Asked, ScrService, What};
use crate::duplicates::{AT_WORK, Earlier};
use crate::face::First;
use crate::provider::fault;
use crate::remembered::{Begun, Claim, Remembered};
use crate::trail::Trail;
use crate::upstream::Sender;
use crate::verdict::{Answer, Content};
use crate::{query_scr, query_scr_activity};

impl ScrService {
    /// The first answer again. What tells something is told only if the rules allow it now, and a
    /// record or a report is read again: no copy of either is kept.
    pub(super) async fn first_answer(
        &self,
        trail: &mut Trail,
        asked: Option<&Asked>,
        fresh: Answer,
        first: First<Remembered>,
    ) -> Answer {
        let First { remembered, at } = first;
        if remembered.tells() && !matches!(fresh, Answer::Content(_)) {
            return fresh;
        }
        match (remembered, fresh) {
            (Remembered::Record(first), Answer::Content(Content::Record(id, document)))
                if first == id =>
            {
                trail.document = Some(id.clone());
                Content::Record(id, document).into()
            }
            (Remembered::Record(first), _) => {
                let again = self.document_again(trail, &first).await;
                again.unwrap_or_else(|failed| failed)
            }
            (Remembered::Report, fresh) => {
                self.report_again(trail, asked, at).await.unwrap_or(fresh)
            }
            (remembered, fresh) => remembered.answer().unwrap_or(fresh),
        }
    }

    /// The document that was shown first, though the patient has a newer one by now.
    async fn document_again(
        &self,
        trail: &mut Trail,
        first: &DocumentId,
    ) -> Result<Answer, Answer> {
        let (Some(client), Some(professional), Some(patient)) = (
            trail.client.clone(),
            trail.professional.clone(),
            trail.patient,
        ) else {
            return Err(ResponseCode::Failure.into());
        };
        let sender = Sender {
            asid: &client.asid,
            author: Some(&professional),
        };
        query_scr::document(self, trail, sender, patient, first).await
    }

    /// The report as it stood when it was given first.
    async fn report_again(
        &self,
        trail: &mut Trail,
        asked: Option<&Asked>,
        at: Timestamp,
    ) -> Option<Answer> {
        let What::Activity(request) = &asked?.what else {
            return None;
        };
        let organisation = trail.professional.as_ref()?.holder.organisation.clone();
        let report = query_scr_activity::report(self, trail, organisation, request, at).await;
        Some(report.unwrap_or_else(|failed| failed))
    }

    /// Takes a message for one request alone, before anything is done that no commit of ours can
    /// take back. A message that was claimed and not answered is finished by whoever sends it
    /// again, with the message to the Spine that was begun.
    pub(crate) async fn claim(&self, trail: &mut Trail) -> Result<Claim, Answer> {
        let Some(identity) = trail.identity.clone() else {
            return Err(ResponseCode::Failure.into());
        };
        let begun = Begun {
            spine_message: self.provider.env.uuid(),
            at: trail.at,
        };
        let remembered = Remembered::Begun(begun.clone());
        let claim = Commit {
            seen: identity.marks(&remembered, trail.at, self.provider.config.retention),
            audit: vec![trail.begun(&begun)],
            ..Commit::default()
        };
        match self.provider.store.commit(claim).await {
            Ok(_) => return Ok(Claim::Held(begun)),
            Err(StoreError::Precondition(_)) => {}
            Err(error) => return Err(self.store_failed(trail, &error)),
        }
        match identity
            .earlier(self.provider.store.as_ref(), trail.at, Remembered::is_claim)
            .await
        {
            Err(error) => Err(self.store_failed(trail, &error)),
            Ok(Earlier::Nothing) => Err(fault(trail, Fault::retryable(AT_WORK))),
            Ok(Earlier::Other(rule)) => Err(fault(trail, Fault::invalid(rule))),
            Ok(Earlier::Same {
                remembered: Remembered::Begun(begun),
                ..
            }) => {
                trail.note("begun before and not finished: taken up again");
                Ok(Claim::Held(begun))
            }
            Ok(Earlier::Same { remembered, .. }) => {
                trail.repeats();
                let answer = remembered.answer();
                answer
                    .map(Claim::Answered)
                    .ok_or_else(|| Fault::retryable(AT_WORK).into())
            }
        }
    }
}
