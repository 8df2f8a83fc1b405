//! What an operation comes to, before it is committed and answered.

use domain::code::smsp::ResponseCode;
use domain::record::DocumentBytes;
use itk::fault::Fault;
use itk::scr::get_scr_status::Status;
use store::Commit;

/// What an operation comes to. A refusal is an [`Answer`] alone: it entails nothing.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) answer: Answer,
    /// What is to be recorded with it; the audit event is added later.
    pub(crate) effects: Commit,
}

/// What is answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// SMSP-0000 to getSCRStatus.
    Status(Status),
    /// SMSP-0000 to querySCR.
    Record(DocumentBytes),
    /// A response code without content.
    Code(ResponseCode),
    /// A SOAP fault.
    Fault(Fault),
}

impl Answer {
    /// Whether anything of the patient's record is in it.
    pub(crate) fn discloses(&self) -> bool {
        matches!(self, Self::Status(_) | Self::Record(_))
    }
}

impl From<Answer> for Verdict {
    fn from(answer: Answer) -> Self {
        Self {
            answer,
            effects: Commit::default(),
        }
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
