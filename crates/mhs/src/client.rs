//! A client of a Spine: for the command line, for other faces, for whoever has no handler of their
//! own.
//!
//! Questions are asked in synchronous SOAP. What brings something is [`Prepared`] first: from then
//! on it has its id and its bytes, so that whoever does not know what became of it sends the very
//! same again. It goes in one of three ways: posted, with its answer polled for
//! ([`SpineClient::post`]); sent reliably, with its answer coming to an [`crate::Inbound`]
//! ([`SpineClient::send`]); or put in the outbox ([`Prepared::outgoing`]), which loses nothing.
//!
//! Whatever comes back is checked before it is believed: it answers this very message, is about
//! this patient, and, of a document, is the one that was asked for.

mod ask;
mod error;
mod upload;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Asid, PartyKey};
use hl7v3::SoapFault;
use transport::{Environment, Upstream, UpstreamRequest, UpstreamResponse};
use xml::Document;

pub use ask::{FetchedDocument, FetchedEvent};
pub use error::{AtFault, SpineError};
pub use upload::{Prepared, UploadOutcome};

/// Who asks, and whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Our ASID.
    pub asid: Asid,
    /// The Spine's ASID.
    pub spine_asid: Asid,
    /// Our party key.
    pub party_key: PartyKey,
    /// The Spine's party key.
    pub spine_party_key: PartyKey,
    /// The agreement that messages go out under.
    pub cpa_id: String,
}

/// Where the services are, and for how long answers are polled for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSettings {
    /// Synchronous SOAP. Default `/sync-service`.
    pub sync_path: String,
    /// Uploads whose answers are polled for. Default `/clinical`.
    pub clinical_path: String,
    /// Reliable messages. Default `/reliablemessaging/reliablerequest`.
    pub reliable_path: String,
    /// From the post to the answer. Default 60 s.
    pub answer_within: Duration,
    /// The shortest pause between two polls, whatever the Spine says. Default 50 ms.
    pub shortest_pause: Duration,
    /// The longest pause between two polls, whatever the Spine says. Default 5 s.
    pub longest_pause: Duration,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            sync_path: "/sync-service".to_owned(),
            clinical_path: "/clinical".to_owned(),
            reliable_path: crate::contract::RELIABLE_PATH.to_owned(),
            answer_within: Duration::from_secs(60),
            shortest_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(5),
        }
    }
}

/// A client of one Spine.
#[derive(Clone)]
pub struct SpineClient {
    identity: Identity,
    settings: ClientSettings,
    upstream: Arc<dyn Upstream>,
    env: Environment,
}

impl SpineClient {
    /// A client with the usual paths. Requests have a path of their own, so the one of the
    /// upstream's URL is not used.
    pub fn new(identity: Identity, upstream: Arc<dyn Upstream>, env: Environment) -> Self {
        Self {
            identity,
            settings: ClientSettings::default(),
            upstream,
            env,
        }
    }

    /// With other paths and times.
    #[must_use]
    pub fn with_settings(mut self, settings: ClientSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Who asks.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    async fn exchange(&self, request: UpstreamRequest) -> Result<UpstreamResponse, SpineError> {
        self.upstream
            .send(request)
            .await
            .map_err(SpineError::Unreachable)
    }
}

impl fmt::Debug for SpineClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpineClient")
            .field("identity", &self.identity)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The SOAP fault in an answer, if it is one.
fn fault(body: &Bytes) -> Option<SoapFault> {
    let document = Document::parse_answer(body.trim_ascii_start()).ok()?;
    SoapFault::read(&document)
}
