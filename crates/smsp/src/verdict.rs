//! What the SCR mini services say.

use domain::DocumentId;
use domain::code::smsp::ResponseCode;
use domain::consent::Consent;
use domain::record::DocumentBytes;
use itk::scr::get_rbac_status::RbacStatus;
use itk::scr::get_scr_status::Status;

use crate::outcome::{self, Code};

pub(crate) use crate::outcome::Marks;

/// What an SCR operation comes to.
pub(crate) type Verdict = outcome::Verdict<Content, ResponseCode>;
/// What it answers.
pub(crate) type Answer = outcome::Answer<Content, ResponseCode>;

/// What an answer with SMSP-0000 says.
#[derive(Debug)]
pub(crate) enum Content {
    /// Of getSCRStatus.
    Status(Status),
    /// Of getRBACStatus.
    Rights(RbacStatus),
    /// Of queryPTV: whether there is permission.
    Permission(bool),
    /// Of createPTV: nothing more.
    Recorded,
    /// Of querySCR.
    Record(DocumentId, DocumentBytes),
    /// Of querySCRActivity: the report, as CSV.
    Report(Vec<u8>),
    /// Of getSCRConsent.
    Consent(Consent),
    /// Of setSCRConsent: nothing more.
    ConsentSet,
}

impl Content {
    /// Whether anything of a patient's record, or of who looked at it, is in it.
    pub(crate) fn discloses(&self) -> bool {
        match self {
            Self::Status(_) | Self::Record(..) | Self::Report(_) | Self::Consent(_) => true,
            Self::Rights(_) | Self::Permission(_) | Self::Recorded | Self::ConsentSet => false,
        }
    }
}

impl Code for ResponseCode {
    const SUCCESS: Self = Self::Success;
    const RESPONSE: Self = Self::ResponseValidation;
    const FAILURE: Self = Self::Failure;
}

impl From<Content> for Answer {
    fn from(content: Content) -> Self {
        Self::Content(content)
    }
}

impl From<ResponseCode> for Answer {
    fn from(code: ResponseCode) -> Self {
        Self::Code(code)
    }
}
