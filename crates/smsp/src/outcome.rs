//! What a request comes to, before it is committed and answered: the same for every mini service.

use itk::fault::Fault;
use store::Commit;

/// What a request comes to. A refusal is an [`Answer`] alone: it entails nothing.
#[derive(Debug)]
pub(crate) struct Verdict<T, C> {
    pub(crate) answer: Answer<T, C>,
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

/// What is answered: with content `T`, or with one of the response codes `C`.
#[derive(Debug)]
pub(crate) enum Answer<T, C> {
    /// SMSP-0000.
    Content(T),
    /// A response code without content.
    Code(C),
    /// A SOAP fault.
    Fault(Fault),
}

/// The codes that every mini service has.
pub(crate) trait Code: Copy + Send + Sync + 'static {
    /// SMSP-0000.
    const SUCCESS: Self;
    /// SMSP-0002: what came from elsewhere is at fault.
    const RESPONSE: Self;
    /// SMSP-9999: we are.
    const FAILURE: Self;
}

impl<T, C> From<Answer<T, C>> for Verdict<T, C> {
    fn from(answer: Answer<T, C>) -> Self {
        Self {
            answer,
            effects: Commit::default(),
            marks: Marks::Message,
        }
    }
}

impl<T, C> From<Fault> for Answer<T, C> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
