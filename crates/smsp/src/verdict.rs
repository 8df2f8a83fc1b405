//! What an operation comes to, before it is committed and answered.

use domain::DocumentId;
use domain::code::smsp::ResponseCode;
use domain::consent::Consent;
use domain::record::DocumentBytes;
use itk::fault::Fault;
use itk::scr::get_rbac_status::RbacStatus;
use itk::scr::get_scr_status::Status;
use store::Commit;

/// What an operation comes to. A refusal is an [`Answer`] alone: it entails nothing.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) answer: Answer,
    /// What is to be recorded with it; the audit event and the marks of an answered message are
    /// added later.
    pub(crate) effects: Commit,
    /// Which marks.
    pub(crate) marks: Marks,
}

/// How a message that was answered is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marks {
    /// By its ids, now.
    Message,
    /// Its ids were taken before; only the answer is missing.
    Claimed,
    /// It is already.
    Nothing,
}

/// What is answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// SMSP-0000.
    Content(Content),
    /// A response code without content.
    Code(ResponseCode),
    /// A SOAP fault.
    Fault(Fault),
}

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

impl Answer {
    /// Whether anything of a patient's record, or of who looked at it, is in it.
    pub(crate) fn discloses(&self) -> bool {
        match self {
            Self::Content(content) => match content {
                Content::Status(_)
                | Content::Record(..)
                | Content::Report(_)
                | Content::Consent(_) => true,
                Content::Rights(_)
                | Content::Permission(_)
                | Content::Recorded
                | Content::ConsentSet => false,
            },
            Self::Code(_) | Self::Fault(_) => false,
        }
    }
}

impl From<Answer> for Verdict {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            effects: Commit::default(),
            marks: Marks::Message,
        }
    }
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

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
