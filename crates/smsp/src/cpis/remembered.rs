//! What is kept of the first answer to a query.

use domain::code::cpis::ResponseCode;
use serde::{Deserialize, Serialize};

use super::Answer;

/// The first answer, as far as it is kept: nothing of a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Remembered {
    /// The query was refused here, with this code.
    Refused(String),
    /// The Spine was asked, and said what there is, or that there is nothing. It is asked again.
    Asked,
}

impl Remembered {
    /// What is kept of an answer; `None` of what is no answer: failures of the Spine and of ours may
    /// have passed when the message is sent again.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        match answer {
            Answer::Content(_) | Answer::Code(ResponseCode::NoRecord) => Some(Self::Asked),
            Answer::Code(code) => match code {
                ResponseCode::InputValidation
                | ResponseCode::NoSuchPatient
                | ResponseCode::AuthorCredentials => Some(Self::Refused(code.code().0.to_owned())),
                _ => None,
            },
            Answer::Fault(_) => None,
        }
    }

    /// The answer it stands for; `None` when that has to be made anew.
    pub(super) fn answer(&self) -> Option<Answer> {
        match self {
            Self::Refused(code) => ResponseCode::of(code).map(Answer::Code),
            Self::Asked => None,
        }
    }
}
