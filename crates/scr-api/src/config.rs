//! What the service is told about itself and the applications that call it.

use std::time::Duration;

use domain::{Asid, OdsCode, PartyKey};
use hl7v3::wrapper::Author;
use jiff::SignedDuration;

use crate::rate::RateLimit;
use crate::token::TokenPolicy;
use conversion::Profile;

/// Everything that may be set. [`ScrApiConfig::new`] has the defaults.
#[derive(Debug, Clone)]
pub struct ScrApiConfig {
    /// Where clients find the API, base path included:
    /// `https://scr.example/summary-care-record/FHIR/R4`. It goes into links and `fullUrl`s.
    pub base_url: String,
    /// How closely the national adaptor is followed, where an application does not say otherwise.
    pub profile: Profile,
    /// Which tokens are believed.
    pub tokens: TokenPolicy,
    /// Who may call.
    pub applications: Vec<Application>,
    /// How often each may, where it does not say otherwise.
    pub rate: RateLimit,
    /// The `apikey` that `_status` is asked with; without one it answers nobody.
    pub status_key: Option<String>,
    /// The origins whose pages may call from a browser, `*` for any. None by default: CORS is off.
    pub origins: Vec<String>,
    /// How long the result of an upload is polled for. Default 50 s.
    pub poll_within: Duration,
    /// How long an upload may take altogether. Default 60 s; the listener must wait longer.
    pub upload_within: Duration,
    /// Whether an upload is refused here when the patient does not consent to a record being
    /// stored. Full profile only. Default yes.
    pub refuse_dissent_to_store: bool,
    /// How long the answer to a request with an `X-Request-ID` is remembered. Default 24 h, which
    /// is longer than the seven tries that the national API recommends take before their last
    /// pause.
    pub remember: SignedDuration,
    /// The largest body. Default 10 MiB; the listener must take as much.
    pub body_bytes: usize,
    /// What `_ping` and `_status` tell of this build.
    pub build: Build,
}

/// An application that is registered to call.
#[derive(Debug, Clone)]
pub struct Application {
    /// The id that its tokens carry.
    pub client_id: String,
    /// Its name, for audit and logs.
    pub name: String,
    /// Its accredited system id.
    pub asid: Asid,
    /// Its organisation.
    pub organisation: OdsCode,
    /// Its party key, if its uploads do not go out under this service's own.
    pub party_key: Option<PartyKey>,
    /// Who its uploads are by when no user is logged in; without one it can upload only for users.
    pub author: Option<Author>,
    /// How often it may call, if not as often as the others.
    pub rate: Option<RateLimit>,
    /// How closely the national adaptor is followed for it, if not as for the others.
    pub profile: Option<Profile>,
}

/// What is told of this build.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// Such as `0.1.0`.
    pub version: String,
    /// Which deployment of it.
    pub revision: String,
    /// The release.
    pub release_id: String,
    /// The commit.
    pub commit_id: String,
}

/// What makes no sense in a configuration; the operator is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Two applications with one id.
    #[error("application {0:?} is listed twice")]
    ListedTwice(String),
    /// An application's id or name is empty.
    #[error("an application needs a client id and a name")]
    Nameless,
    /// The base URL cannot go into links.
    #[error(
        "base_url must begin with http:// or https:// and end with {}",
        crate::BASE_PATH
    )]
    BaseUrl,
    /// No issuer, audience or algorithm: no token would ever be believed.
    #[error("tokens need at least one issuer, one audience and one algorithm")]
    Tokens,
    /// A time of zero.
    #[error("{0} must be longer than nothing")]
    Time(&'static str),
    /// An origin that is none.
    #[error("origin {0:?} must be * or like https://app.example")]
    Origin(String),
}

impl ScrApiConfig {
    /// The defaults, with nobody who may call.
    pub fn new(base_url: impl Into<String>, tokens: TokenPolicy) -> Self {
        Self {
            base_url: base_url.into(),
            profile: Profile::default(),
            tokens,
            applications: Vec::new(),
            rate: RateLimit::default(),
            status_key: None,
            origins: Vec::new(),
            poll_within: Duration::from_secs(50),
            upload_within: Duration::from_secs(60),
            refuse_dissent_to_store: true,
            remember: SignedDuration::from_hours(24),
            body_bytes: 10 << 20,
            build: Build::default(),
        }
    }

    /// What makes no sense in it.
    pub fn check(&self) -> Result<(), ConfigError> {
        for (at, application) in self.applications.iter().enumerate() {
            if application.client_id.is_empty() || application.name.is_empty() {
                return Err(ConfigError::Nameless);
            }
            let mut before = self.applications.iter().take(at);
            if before.any(|other| other.client_id == application.client_id) {
                return Err(ConfigError::ListedTwice(application.client_id.clone()));
            }
        }
        let is_url = ["http://", "https://"]
            .iter()
            .any(|s| self.base_url.starts_with(s));
        if !is_url || !self.base_url.ends_with(crate::BASE_PATH) {
            return Err(ConfigError::BaseUrl);
        }
        let tokens = &self.tokens;
        if tokens.issuers.is_empty() || tokens.audiences.is_empty() || tokens.algorithms.is_empty()
        {
            return Err(ConfigError::Tokens);
        }
        let times = [
            ("poll_within", self.poll_within.is_zero()),
            ("upload_within", self.upload_within.is_zero()),
            ("remember", !self.remember.is_positive()),
        ];
        if let Some((name, _)) = times.iter().find(|(_, nothing)| *nothing) {
            return Err(ConfigError::Time(name));
        }
        let is_origin = |origin: &&String| {
            let host = origin.split_once("://").map(|(_, host)| host);
            origin.as_str() == "*"
                || host.is_some_and(|h| {
                    !h.is_empty() && h.bytes().all(|b| b.is_ascii_graphic() && b != b'/')
                })
        };
        match self.origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(ConfigError::Origin(origin.clone())),
            None => Ok(()),
        }
    }
}
