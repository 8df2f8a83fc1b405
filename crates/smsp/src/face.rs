//! What is one mini service's own between the stations that every request passes ([`Provider`]).

use std::future::Future;
use std::sync::Arc;

use domain::identifier::MessageId;
use itk::envelope::{Caller, DistributionEnvelope};
use itk::fault::Fault;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use xml::{Element, Writer};

use crate::outcome::{Answer, Code, Verdict};
use crate::provider::Provider;
use crate::registry::RegisteredClient;
use crate::trail::Trail;

/// A mini service: what it takes, what it does, and what it says.
pub(crate) trait Face: Send + Sync + 'static {
    /// Its operations.
    type Operation: Copy + Into<itk::Operation> + Send + Sync;
    /// What is asked, as its payloads say it.
    type What: Send + Sync;
    /// What an answer with SMSP-0000 says.
    type Content: Send + Sync;
    /// Its response codes.
    type Code: Code;
    /// What is kept of the first answer to a message.
    type Remembered: Serialize + DeserializeOwned + Send + Sync;

    /// What it has in common with the others.
    fn provider(&self) -> &Provider;

    /// Where it is.
    fn place(&self) -> Place<'_>;

    /// Which of its operations a request asks for.
    fn operation(
        envelope: &DistributionEnvelope,
        payload: &Element<'_, '_>,
    ) -> Result<Self::Operation, Fault>;

    /// What the payload asks.
    fn what(
        &self,
        trail: &mut Trail,
        operation: Self::Operation,
        payload: &Element<'_, '_>,
    ) -> Result<Self::What, AnswerOf<Self>>;

    /// Whether somebody else is asked for it, which leaves something there that no refusal takes back.
    fn asks_the_spine(what: &Self::What) -> bool;

    /// From the request to the verdict.
    fn run(
        &self,
        trail: &mut Trail,
        asked: &Asked<Self::What>,
    ) -> impl Future<Output = VerdictOf<Self>> + Send;

    /// A response code and its display name.
    fn code(&self, code: Self::Code) -> (&'static str, &'static str);

    /// Whether anything of a patient, or of who looked, is told.
    fn discloses(content: &Self::Content) -> bool;

    /// What is kept of an answer; `None` of what is no answer.
    fn remember(answer: &AnswerOf<Self>) -> Option<Self::Remembered>;

    /// Whether the message is only claimed: its answer stands on a mark of its own.
    fn is_claim(remembered: &Self::Remembered) -> bool;

    /// What a repetition is answered, of whose first answer this is remembered. `fresh` is what it
    /// came to under the rules as they are now.
    fn again(
        &self,
        trail: &mut Trail,
        asked: Option<&Asked<Self::What>>,
        fresh: AnswerOf<Self>,
        first: First<Self::Remembered>,
    ) -> impl Future<Output = AnswerOf<Self>> + Send;

    /// Writes the payload of an answer: with its content when there is some.
    fn payload(&self, w: &mut Writer, said: &Said<'_, Self>);
}

/// What a face answers.
pub(crate) type AnswerOf<F> = Answer<<F as Face>::Content, <F as Face>::Code>;
/// What a request to a face comes to.
pub(crate) type VerdictOf<F> = Verdict<<F as Face>::Content, <F as Face>::Code>;

/// Where a mini service is.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) face: itk::Face,
    /// The path it is served at.
    pub(crate) path: &'static str,
    /// The address its clients see.
    pub(crate) url: &'a str,
}

/// A request that was read, from a client that may make it.
pub(crate) struct Asked<W> {
    pub(crate) at: Timestamp,
    /// `wsa:MessageID` as sent.
    pub(crate) message: MessageId,
    pub(crate) client: Arc<RegisteredClient>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) what: W,
}

/// The first answer to a message that came again.
pub(crate) struct First<R> {
    pub(crate) remembered: R,
    pub(crate) at: Timestamp,
}

/// An answer to be written.
pub(crate) struct Said<'a, F: Face + ?Sized> {
    pub(crate) operation: F::Operation,
    /// What is known of the request.
    pub(crate) trail: &'a Trail,
    /// The id of the payload.
    pub(crate) id: &'a str,
    /// Which code.
    pub(crate) code: F::Code,
    /// What there is with SMSP-0000.
    pub(crate) content: Option<&'a F::Content>,
}
