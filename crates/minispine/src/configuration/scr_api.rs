//! `[scr_api]`: the SCR FHIR API.

use std::net::SocketAddr;
use std::path::PathBuf;

use domain::{Asid, JobRole, OdsCode, PartyKey, RoleProfileId, SdsUserId};
use serde::{Deserialize, Serialize};

use super::{Limits, Tls};

/// `[scr_api]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScrApi {
    /// Address and port to listen on.
    pub(crate) address: SocketAddr,
    /// Where clients find it, without the path: `https://scr.example`. It goes into links.
    pub(crate) url: String,
    /// Our certificate; plain HTTP when absent, for a proxy in front that speaks TLS. Clients show a
    /// token and no certificate, so that `authorities` are not looked at.
    pub(crate) tls: Option<Tls>,
    /// Limits of the listener.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// Answer exactly as the national adaptor does, its peculiarities included.
    #[serde(default)]
    pub(crate) compatible: bool,
    /// `[scr_api.tokens]`: which bearer tokens are believed.
    pub(crate) tokens: Tokens,
    /// `[scr_api.spine]`: the Spine behind it.
    pub(crate) spine: SpineBehind,
    /// `[[scr_api.applications]]`: who may call.
    #[serde(default)]
    pub(crate) applications: Vec<Application>,
    /// The users, for job roles that tokens leave out (TOML or CSV, read again when it changes).
    pub(crate) users_file: Option<PathBuf>,
    /// Requests in a second that an application may make.
    #[serde(default = "per_second")]
    pub(crate) per_second: u32,
    /// Requests in a minute.
    #[serde(default = "per_minute")]
    pub(crate) per_minute: u32,
    /// Origins whose pages may call from a browser; none when absent.
    #[serde(default)]
    pub(crate) origins: Vec<String>,
    /// The key that `_status` is asked with; nobody gets an answer when absent.
    pub(crate) status_key: Option<String>,
    /// Longest an upload may take altogether, seconds.
    #[serde(default = "upload_seconds")]
    pub(crate) upload_seconds: u64,
    /// For how long a request is known again by its X-Request-ID, seconds.
    #[serde(default = "remember_seconds")]
    pub(crate) remember_seconds: u64,
}

/// `[scr_api.tokens]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tokens {
    /// Who may have made them (`iss`).
    pub(crate) issuers: Vec<String>,
    /// Whom they must be for (`aud`).
    pub(crate) audiences: Vec<String>,
    /// The issuer's public keys, as a key set in JSON; read again when it changes.
    pub(crate) keys_file: Option<PathBuf>,
    /// Or where they are fetched, and how we connect to it.
    pub(crate) keys: Option<KeyService>,
    /// How far clocks may differ, seconds.
    #[serde(default = "leeway_seconds")]
    pub(crate) leeway_seconds: i64,
}

/// `[scr_api.tokens.keys]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyService {
    /// `https://issuer.example/.well-known/jwks.json`
    pub(crate) url: String,
    /// Our certificate, and the authorities of the issuer's.
    pub(crate) tls: Tls,
}

/// `[scr_api.spine]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpineBehind {
    /// `https://host:port`
    pub(crate) url: String,
    /// The Spine's ASID.
    pub(crate) asid: Asid,
    /// The Spine's party key.
    pub(crate) party_key: PartyKey,
    /// Our party key.
    pub(crate) own_party_key: PartyKey,
    /// The agreement that uploads go out under.
    pub(crate) cpa_id: String,
    /// Our certificate towards the Spine, and its authorities.
    pub(crate) tls: Tls,
}

/// `[[scr_api.applications]]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    /// The id that its tokens carry.
    pub(crate) client_id: String,
    /// A name for logs and audit.
    pub(crate) name: String,
    /// Its ASID.
    pub(crate) asid: Asid,
    /// Its organisation.
    pub(crate) ods: OdsCode,
    /// Its party key, if its uploads are to go out as a party of their own.
    pub(crate) party_key: Option<PartyKey>,
    /// Who its uploads are by when no user is logged in; without one it uploads only for users.
    pub(crate) author: Option<Author>,
    /// Requests in a second, if not as many as the others.
    pub(crate) per_second: Option<u32>,
    /// Requests in a minute, if not as many as the others.
    pub(crate) per_minute: Option<u32>,
    /// Whether it is answered exactly as by the national adaptor, if not like the others.
    pub(crate) compatible: Option<bool>,
}

/// `author` of an application
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Author {
    /// SDS user id.
    pub(crate) user_id: SdsUserId,
    /// SDS role profile.
    pub(crate) role_profile_id: RoleProfileId,
    /// Job role.
    pub(crate) job_role: JobRole,
}

fn per_second() -> u32 {
    scr_api::RateLimit::default().per_second
}

fn per_minute() -> u32 {
    scr_api::RateLimit::default().per_minute
}

fn upload_seconds() -> u64 {
    60
}

fn remember_seconds() -> u64 {
    86_400
}

fn leeway_seconds() -> i64 {
    30
}
