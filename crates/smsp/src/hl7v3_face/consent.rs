//! GET, HAS and SET_RESOURCE_PERMISSIONS_INUK01: the patient's consent, read and set.
//!
//! Setting is done in the Spine, where no commit of ours can take it back. So, as in the mini
//! service, the message is claimed first ([`crate::duplicates`]), and however often it comes, the
//! Spine gets one message.

use domain::consent::Consent;
use domain::nhs_number::NhsNumber;
use hl7v3::SoapFault;
use hl7v3::acs::{HasQuery, PermissionsQuery, SetPermissions};
use itk::scr::Operation;
use store::{Commit, Precondition, StoreError};

use super::reply::Reply;
use super::{Asked, Hl7Face};
use crate::duplicates::{AT_WORK, Earlier, Identity};
use crate::remembered::{Begun, Remembered};
use crate::trail::Trail;
use crate::upstream::{Said, Sender};
use crate::users::Professional;

const REPETITION: &str = "a repetition: the first answer again, and nothing done twice";

impl Hl7Face {
    pub(super) async fn consent(
        &self,
        trail: &mut Trail,
        asked: &Asked,
        query: &PermissionsQuery,
    ) -> Reply {
        match self.kept(trail, asked, query.patient).await {
            Ok(consent) => Reply::Consent(query.clone(), consent),
            Err(refused) => refused,
        }
    }

    pub(super) async fn has(&self, trail: &mut Trail, asked: &Asked, query: &HasQuery) -> Reply {
        match self.kept(trail, asked, query.patient).await {
            Ok(consent) => Reply::Has(query.clone(), consent),
            Err(refused) => refused,
        }
    }

    /// The consent as the Spine keeps it; both questions are about parts of it.
    async fn kept(
        &self,
        trail: &mut Trail,
        asked: &Asked,
        patient: NhsNumber,
    ) -> Result<Consent, Reply> {
        trail.patient = Some(patient);
        let who = self.professional_if_any(trail, asked)?;
        let sender = Sender {
            asid: &asked.client.asid,
            author: who.as_deref(),
        };
        let spine = &self.service.spine;
        let said = spine
            .pass_consent(sender, patient, &mut trail.spine_messages)
            .await;
        match said.map_err(|failure| Reply::spine_failed(trail, &failure))? {
            Said::Data(consent) => {
                trail.note(format!(
                    "consent to view {:?}, to store {:?}",
                    consent.view, consent.store
                ));
                Ok(consent)
            }
            // Of a patient without a record nothing was ever set.
            Said::Refused(refusal) if refusal.is_no_record() => Ok(Consent::default()),
            other => Err(Reply::not_data(trail, other)),
        }
    }

    pub(super) async fn set(
        &self,
        trail: &mut Trail,
        asked: &Asked,
        permissions: &SetPermissions,
    ) -> (Reply, Commit) {
        let set = self.set_once(trail, asked, permissions).await;
        set.unwrap_or_else(|refused| (refused, Commit::default()))
    }

    async fn set_once(
        &self,
        trail: &mut Trail,
        asked: &Asked,
        permissions: &SetPermissions,
    ) -> Result<(Reply, Commit), Reply> {
        trail.patient = Some(permissions.patient);
        let who = self.professional(trail, asked)?;
        if !who.duties.consent {
            let why = "the role profile lacks the right to control consent (B0020)";
            return Err(Reply::access_refused(trail, why));
        }
        let identity = identity(asked, permissions, &who);
        let Some(begun) = self.claim(trail, &identity).await? else {
            trail.note(REPETITION);
            return Ok((Reply::Set, Commit::default()));
        };
        let sender = Sender {
            asid: &asked.client.asid,
            author: Some(&who),
        };
        let spine = &self.service.spine;
        let said = spine
            .pass_setting(sender, permissions, &begun, &mut trail.spine_messages)
            .await;
        match said.map_err(|failure| Reply::spine_failed(trail, &failure))? {
            Said::Data(()) => {}
            other => return Err(Reply::not_data(trail, other)),
        }
        trail.note(format!("consent set to {}", permissions.setting.code()));
        let retention = self.service.provider.config.retention;
        let answered = identity.answer_mark(&Remembered::ConsentSet, asked.at, retention);
        let effects = Commit {
            seen: vec![answered],
            ..Commit::default()
        };
        Ok((Reply::Set, effects))
    }

    /// Takes the message for this request alone, with the message to the Spine that it leads to;
    /// `None` when it has been answered before.
    async fn claim(&self, trail: &mut Trail, identity: &Identity) -> Result<Option<Begun>, Reply> {
        let service = &self.service;
        let begun = Begun {
            spine_message: service.provider.env.uuid(),
            at: trail.at,
        };
        let remembered = Remembered::Begun(begun.clone());
        let claim = Commit {
            seen: identity.marks(&remembered, trail.at, service.provider.config.retention),
            audit: vec![trail.begun(&begun)],
            ..Commit::default()
        };
        match service.provider.store.commit(claim).await {
            Ok(_) => return Ok(Some(begun)),
            Err(StoreError::Precondition(Precondition::MessageUnseen(_))) => {}
            Err(error) => return Err(Reply::store_failed(trail, &error)),
        }
        let store = service.provider.store.as_ref();
        let earlier = identity.earlier(store, trail.at, Remembered::is_claim);
        match earlier.await {
            Err(error) => Err(Reply::store_failed(trail, &error)),
            Ok(Earlier::Same {
                remembered: Remembered::Begun(begun),
                ..
            }) => {
                trail.note("begun before and not finished: taken up again");
                Ok(Some(begun))
            }
            Ok(Earlier::Same {
                remembered: Remembered::ConsentSet,
                ..
            }) => Ok(None),
            Ok(Earlier::Same { .. } | Earlier::Other(_)) => Err(Reply::duplicate(trail)),
            Ok(Earlier::Nothing) => Err(Reply::fault(trail, SoapFault::processing(AT_WORK))),
        }
    }
}

/// What makes the message itself: whom it is about, what it says, and on whose behalf. When it
/// was written is no part of that.
fn identity(asked: &Asked, permissions: &SetPermissions, who: &Professional) -> Identity {
    let content = [
        permissions.patient.as_str(),
        permissions.setting.code(),
        who.holder.user.as_str(),
        who.holder.role_profile.as_str(),
    ];
    Identity::new(
        &asked.client,
        Operation::SetScrConsent,
        &asked.hl7_id,
        &asked.message,
        &[],
        &content.join(" "),
    )
}
