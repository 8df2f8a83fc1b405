//! SET_RESOURCE_PERMISSIONS_INUK01: a patient's consent is to be so from now on.
//!
//! Decided on one reading of the consent and written only if it still is as it was read; every
//! consent a patient ever had is kept. A message is taken once: repeated with the same content it
//! gets the first answer again, byte for byte; an id that was used for something else is refused
//! (401).

use domain::code::psis;
use domain::{Asid, Consent, MessageId, NhsNumber};
use hl7v3::acs::{self, NewSetting, SetPermissions};
use hl7v3::wrapper::Author;
use hl7v3::{Interaction, Invalid, SpineRequest};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use store::{Commit, ConsentChange, Precondition, SeenKey, SeenMessage, Store, StoreError};

use crate::answer::Answer;

/// How long a message is remembered: as long as senders of reliable messages try again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(5 * 24);

/// A request that passed every check of its interaction.
#[derive(Debug)]
pub(crate) struct SetRequest {
    pub(crate) permissions: SetPermissions,
    message: MessageId,
    sender: Asid,
    author: Option<Author>,
}

/// A change of consent as decided, not yet made.
#[derive(Debug)]
pub(crate) struct Change {
    request: SetRequest,
    before: Consent,
    version: u64,
}

impl SetRequest {
    pub(crate) fn read(request: &SpineRequest<'_, '_>) -> Result<Self, Invalid> {
        Ok(Self {
            permissions: acs::read_set(request)?,
            message: request.transmission.id.clone(),
            sender: request.sender.clone(),
            author: request.author.clone(),
        })
    }

    pub(crate) fn patient(&self) -> NhsNumber {
        self.permissions.patient
    }

    /// Answers it: with the change to make, or with what was answered before.
    pub(crate) async fn answer(
        self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let seen = store.seen(self.key()).await?;
        if let Some(first) = seen.filter(|seen| now < seen.expires) {
            return Ok(match first.digest == self.digest() {
                true => Answer::Repeated(first.answer),
                false => Answer::Refused(vec![psis::duplicate_message()]),
            });
        }
        let record = store.patient_record(self.patient(), None).await?.consent;
        Ok(Answer::Accepted(Box::new(Change {
            before: record.as_ref().map(|r| r.consent).unwrap_or_default(),
            version: record.map_or(0, |record| record.version),
            request: self,
        })))
    }

    fn key(&self) -> SeenKey {
        let id = self.message.as_str().to_ascii_uppercase();
        SeenKey {
            sender: self.sender.as_str().to_owned(),
            interaction: Interaction::SetPermissions.id().to_owned(),
            message: MessageId::parse(&id).unwrap_or_else(|_| self.message.clone()),
        }
    }

    /// What it says: of whom, what, and on whose behalf. When it was written is no part of that.
    fn digest(&self) -> [u8; 32] {
        let author = self.author.as_ref();
        let parts = [
            self.permissions.patient.as_str(),
            self.permissions.setting.code(),
            author.map_or("", |author| author.user.as_str()),
            author.map_or("", |author| author.role_profile.as_str()),
            author.map_or("", |author| author.job_role.as_str()),
        ];
        let mut hash = Sha256::new();
        for part in parts {
            // The length first, so that no two lists of parts run into the same bytes.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

impl Change {
    /// What is written with the answer it gets, provided that nobody was faster.
    pub(crate) fn commit(&self, answer: &[u8], at: Timestamp) -> Commit {
        let request = &self.request;
        let patient = request.patient();
        Commit {
            preconditions: vec![Precondition::ConsentVersion {
                patient,
                version: self.version,
            }],
            consents: vec![ConsentChange {
                patient,
                consent: Consent::both(request.permissions.setting.setting()),
                at,
                message: request.message.clone(),
                // The message names a person and a role, but no organisation: the audit has them.
                author: None,
            }],
            seen: vec![SeenMessage {
                key: request.key(),
                digest: request.digest(),
                answer: answer.to_vec(),
                at,
                expires: at.saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX),
            }],
            ..Commit::default()
        }
    }

    /// What it comes to, for the audit.
    pub(crate) fn decision(&self) -> String {
        let Consent { view, store } = self.before;
        let setting = match self.request.permissions.setting {
            NewSetting::Yes => "Yes",
            NewSetting::No => "No",
            NewSetting::Clear => "Ask",
        };
        format!("consent set to {setting}; before, view {view:?} and store {store:?}")
    }
}
