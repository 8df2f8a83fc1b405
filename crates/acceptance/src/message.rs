//! Writing what a step sends.

mod edit;
mod payload;

use domain::{NhsNumber, SdsUserId};
use itk::Operation;
use itk::client_request::{self, Parts};
use itk::envelope::Caller;
use jiff::{SignedDuration, Timestamp};
use transport::Environment;

use crate::scenario::{Ask, Reuse, Speaker, Step, Who};
use crate::target::Target;

pub(crate) use edit::EditError;
pub(crate) use payload::Settings;

/// How long a request is good for.
const VALID_FOR: SignedDuration = SignedDuration::from_secs(300);

/// A user id in the right form that no directory holds.
const UNKNOWN_USER: &str = "999999999999";

/// A message that is sent, and what its answer is held against.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ids: Ids,
    pub(crate) created: Timestamp,
    /// `None` when it is no request.
    pub(crate) operation: Option<Operation>,
    /// Whom it asks about.
    pub(crate) patient: Option<NhsNumber>,
    /// What was asked, aliases resolved.
    pub(crate) ask: Ask,
}

/// The ids of a message.
#[derive(Clone)]
pub(crate) struct Ids {
    pub(crate) message: String,
    pub(crate) tracking: String,
    pub(crate) payload: String,
}

/// Why a step cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CannotSend {
    /// Something of the target is missing: the scenario is skipped.
    Missing(&'static str),
    /// No client can bring it about.
    Impossible(&'static str),
    /// The scenario itself is wrong, which is our fault.
    Broken(String),
}

/// What is known when a step is written.
pub(crate) struct Context<'a> {
    pub(crate) env: &'a Environment,
    pub(crate) target: &'a Target,
    /// The message of the step before.
    pub(crate) before: Option<&'a Message>,
    /// What a getSCRConsent of this scenario found.
    pub(crate) settings: Option<Settings>,
}

impl Context<'_> {
    /// Writes the message of a step.
    pub(crate) fn message(&self, step: &Step) -> Result<Message, CannotSend> {
        let ids = Ids {
            message: self.env.uuid(),
            tracking: self.env.uuid(),
            payload: self.env.uuid(),
        };
        match step.ask {
            Ask::Again => self.before().cloned(),
            Ask::Reusing(reuse, ask) => {
                let before = self.before()?;
                let ids = match reuse {
                    Reuse::TrackingId => Ids {
                        tracking: before.ids.tracking.clone(),
                        ..ids
                    },
                    Reuse::MessageId => Ids {
                        message: before.ids.message.clone(),
                        ..ids
                    },
                };
                self.request(step, *ask, ids)
            }
            Ask::Bytes(bytes) => Ok(self.raw(step.ask, ids, bytes.to_vec())),
            Ask::Nothing => Ok(self.raw(step.ask, ids, Vec::new())),
            Ask::Impossible(why) => Err(CannotSend::Impossible(why)),
            Ask::Oversize => {
                let body = vec![b' '; self.target.limits.oversize_bytes];
                Ok(self.raw(step.ask, ids, body))
            }
            Ask::Base if self.target.patients.with_record.is_some() => {
                self.request(step, Ask::Status(Who::WithRecord), ids)
            }
            Ask::Base => self.request(step, Ask::Rights, ids),
            ask => self.request(step, ask, ids),
        }
    }

    fn before(&self) -> Result<&Message, CannotSend> {
        let none = || CannotSend::Broken("there is no step before".to_owned());
        self.before.ok_or_else(none)
    }

    fn raw(&self, ask: Ask, ids: Ids, bytes: Vec<u8>) -> Message {
        Message {
            bytes,
            ids,
            created: self.env.now(),
            operation: None,
            patient: None,
            ask,
        }
    }

    fn caller(&self, speaker: Speaker) -> Caller {
        let target = self.target;
        let nobody = Caller {
            organisation: target.organisation.clone(),
            user: None,
            role_profile: None,
            job_role: None,
        };
        match speaker {
            Speaker::User => Caller {
                user: target.user.clone(),
                role_profile: target.role_profile.clone(),
                job_role: target.job_role.clone(),
                ..nobody
            },
            Speaker::Nobody => nobody,
            Speaker::Unknown => Caller {
                user: SdsUserId::parse(UNKNOWN_USER).ok(),
                ..nobody
            },
        }
    }

    fn request(&self, step: &Step, ask: Ask, ids: Ids) -> Result<Message, CannotSend> {
        let payload = self.payload(ask, &ids.payload)?;
        let target = self.target;
        let caller = self.caller(step.carry.speaker);
        let signer = match (step.carry.signed, target.signer.as_deref()) {
            (false, _) => None,
            (true, Some(signer)) => Some(signer),
            (true, None) => return Err(CannotSend::Missing("something to sign with")),
        };
        let now = self.env.now();
        let to = target.url_of(step.carry.face);
        let parts = Parts {
            message_id: &ids.message,
            to: &to,
            now,
            expires_after: VALID_FOR,
            username: &target.username,
            tracking_id: &ids.tracking,
            payload_id: &ids.payload,
            operation: payload.operation,
            caller: &caller,
            signer,
        };
        let bytes = client_request::write(&parts, |w| w.written(&payload.bytes));
        let bytes = edit::apply(bytes, step.edits, &ids, now)
            .map_err(|EditError(why)| CannotSend::Broken(why))?;
        Ok(Message {
            bytes,
            ids,
            created: now,
            operation: Some(payload.operation),
            patient: payload.patient,
            ask,
        })
    }
}
