//! QUPC_IN160101UK05 and QUPC_IN160103UK05: the list of a patient's documents, and one of them.
//!
//! Both are looking at a record, so both come to the decision of [`crate::viewing`]. In the order
//! of its checks: credentials, rights, relationship, then the Spine is asked, and its answer says
//! whether the patient consents, then permission. Whatever the Spine says is passed on only to
//! who may see the record.

use std::sync::Arc;

use domain::access;
use domain::consent::ConsentSetting;
use domain::nhs_number::NhsNumber;
use hl7v3::psis::{DissentOverride, DocumentListQuery, DocumentQuery};
use store::{Commit, Standing};

use super::reply::Reply;
use super::{Asked, Hl7Face};
use crate::trail::Trail;
use crate::upstream::{Said, Sender, SpineFailure};
use crate::users::Professional;
use crate::viewing::{Claim, Viewing, consent_of};

impl Hl7Face {
    pub(super) async fn list(
        &self,
        trail: &mut Trail,
        asked: &Asked,
        query: &DocumentListQuery,
    ) -> (Reply, Commit) {
        let (who, standing) = match self
            .admit(trail, asked, query.patient, &query.dissent_override)
            .await
        {
            Ok(admitted) => admitted,
            Err(refused) => return (refused, Commit::default()),
        };
        let viewing = viewing(asked, &who, query.patient);
        let spine = &self.service.spine;
        let said = spine
            .pass_list(sender(asked, &who), query, &mut trail.spine_messages)
            .await;
        let reply = match said_under(trail, &viewing, &standing, said) {
            Ok((passed, _)) => Reply::Passed(passed),
            Err(refused) => refused,
        };
        (reply, Commit::default())
    }

    pub(super) async fn document(
        &self,
        trail: &mut Trail,
        asked: &Asked,
        query: &DocumentQuery,
    ) -> (Reply, Commit) {
        let (who, standing) = match self
            .admit(trail, asked, query.patient, &query.dissent_override)
            .await
        {
            Ok(admitted) => admitted,
            Err(refused) => return (refused, Commit::default()),
        };
        let viewing = viewing(asked, &who, query.patient);
        let spine = &self.service.spine;
        let said = spine
            .pass_document(sender(asked, &who), query, &mut trail.spine_messages)
            .await;
        let (document, grant) = match said_under(trail, &viewing, &standing, said) {
            Ok(data) => data,
            Err(refused) => return (refused, Commit::default()),
        };
        let Some(effects) = viewing.effects(&self.service, &standing, &grant) else {
            return (Reply::failed(), Commit::default());
        };
        trail.document = Some(document.id);
        (Reply::Passed(document.answer), effects)
    }

    /// All that can refuse a view before the Spine is asked.
    async fn admit(
        &self,
        trail: &mut Trail,
        asked: &Asked,
        patient: NhsNumber,
        dissent: &DissentOverride,
    ) -> Result<(Arc<Professional>, Standing), Reply> {
        trail.patient = Some(patient);
        let who = self.professional(trail, asked)?;
        if dissent.overrides() {
            let why = "dissent is not overridden here: dissentOverride must be 0";
            return Err(Reply::access_refused(trail, why));
        }
        let viewing = viewing(asked, &who, patient);
        let standing = viewing.standing(self.service.provider.store.as_ref()).await;
        let standing = standing.map_err(|error| Reply::store_failed(trail, &error))?;
        viewing
            .admit(&standing)
            .map_err(|refusal| Reply::view_refused(trail, refusal))?;
        Ok((who, standing))
    }
}

/// A message can claim nothing, so only what is on record counts.
fn viewing<'a>(asked: &'a Asked, who: &'a Professional, patient: NhsNumber) -> Viewing<'a> {
    Viewing {
        at: asked.at,
        message: &asked.message,
        client: &asked.client,
        who,
        patient,
        claim: Claim::default(),
    }
}

fn sender<'a>(asked: &'a Asked, who: &'a Professional) -> Sender<'a> {
    Sender {
        asid: &asked.client.asid,
        author: Some(who),
    }
}

/// What the Spine said, once the decision has been made with what that says of consent: first
/// whether it may be seen at all, then what it is.
fn said_under<T>(
    trail: &mut Trail,
    viewing: &Viewing<'_>,
    standing: &Standing,
    said: Result<Said<T>, SpineFailure>,
) -> Result<(T, access::Grant), Reply> {
    let said = said.map_err(|failure| Reply::spine_failed(trail, &failure))?;
    let refusal = match &said {
        Said::Refused(refusal) => Err(SpineFailure::from(refusal.clone())),
        _ => Ok(()),
    };
    // Any other refusal says nothing of consent, and shows nothing whoever gets it.
    let consent = consent_of(refusal).map_or(ConsentSetting::Ask, |((), consent)| consent);
    let grant = viewing.decide(standing, consent);
    let grant = grant.map_err(|refusal| Reply::view_refused(trail, refusal))?;
    match said {
        Said::Data(data) => {
            trail.note(viewing.path(standing, &grant));
            Ok((data, grant))
        }
        other => Err(Reply::not_data(trail, other)),
    }
}
