//! What is kept of the first answer to a message of the SCR mini services.

use domain::DocumentId;
use domain::code::smsp::ResponseCode;
use domain::consent::{Consent, ConsentSetting};
use itk::scr::get_rbac_status::RbacStatus;
use itk::scr::get_scr_status::Status;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::verdict::{Answer, Content};

/// The first answer, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Remembered {
    /// None yet: the message is claimed.
    Begun(Begun),
    Code(String),
    Status {
        exists: bool,
        consent: ConsentSetting,
    },
    Rights {
        with_ptv: bool,
        in_emergency: bool,
    },
    Permission(bool),
    Recorded,
    Record(DocumentId),
    Report,
    Consent(Consent),
    ConsentSet,
}

/// The one message to the Spine that a claimed message leads to, however often it is tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begun {
    /// Its id.
    pub(crate) spine_message: String,
    /// When it was written.
    pub(crate) at: Timestamp,
}

/// What came of claiming a message.
pub(crate) enum Claim {
    /// It is ours to do, or to finish.
    Held(Begun),
    /// It was answered before.
    Answered(Answer),
}

impl Remembered {
    /// What is kept of an answer; `None` of what is no answer.
    pub(crate) fn of(answer: &Answer) -> Option<Self> {
        Some(match answer {
            Answer::Fault(_) => return None,
            Answer::Code(code) if !is_final(*code) => return None,
            Answer::Code(code) => Self::Code(code.code().0.to_owned()),
            Answer::Content(content) => match content {
                Content::Status(status) => Self::Status {
                    exists: status.exists,
                    consent: status.consent,
                },
                Content::Rights(rights) => Self::Rights {
                    with_ptv: rights.with_ptv,
                    in_emergency: rights.in_emergency,
                },
                Content::Permission(permitted) => Self::Permission(*permitted),
                Content::Recorded => Self::Recorded,
                Content::Record(document, _) => Self::Record(document.clone()),
                Content::Report(_) => Self::Report,
                Content::Consent(consent) => Self::Consent(*consent),
                Content::ConsentSet => Self::ConsentSet,
            },
        })
    }

    /// Whether the message is only claimed.
    pub(crate) fn is_claim(&self) -> bool {
        matches!(self, Self::Begun(_))
    }

    /// Whether it tells something, rather than that something was done or refused.
    pub(crate) fn tells(&self) -> bool {
        match self {
            Self::Status { .. }
            | Self::Rights { .. }
            | Self::Permission(_)
            | Self::Record(_)
            | Self::Report
            | Self::Consent(_) => true,
            Self::Begun(_) | Self::Code(_) | Self::Recorded | Self::ConsentSet => false,
        }
    }

    /// The answer it stands for; `None` when that has to be made anew.
    pub(crate) fn answer(&self) -> Option<Answer> {
        let content = match self {
            Self::Begun(_) | Self::Record(_) | Self::Report => return None,
            Self::Code(code) => {
                let mut all = ResponseCode::ALL.into_iter();
                return all.find(|known| known.code().0 == code).map(Answer::Code);
            }
            Self::Status { exists, consent } => Content::Status(Status {
                exists: *exists,
                consent: *consent,
            }),
            Self::Rights {
                with_ptv,
                in_emergency,
            } => Content::Rights(RbacStatus {
                with_ptv: *with_ptv,
                in_emergency: *in_emergency,
            }),
            Self::Permission(permitted) => Content::Permission(*permitted),
            Self::Recorded => Content::Recorded,
            Self::Consent(consent) => Content::Consent(*consent),
            Self::ConsentSet => Content::ConsentSet,
        };
        Some(content.into())
    }
}

/// Whether sending the same message again could not come out otherwise for a good reason: failures
/// of the Spine and of ours may have passed by then.
fn is_final(code: ResponseCode) -> bool {
    !matches!(
        code,
        ResponseCode::ResponseValidation | ResponseCode::NoSpine | ResponseCode::Failure
    )
}
