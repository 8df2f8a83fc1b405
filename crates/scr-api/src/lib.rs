//! The SCR FHIR API: get, upload, consent and alerts in FHIR R4, in front of a Spine.
//!
//! A client that knows FHIR and no HL7 V3 talks to [`ScrApi`]; behind it stands
//! [`mhs::SpineClient`], so that the Spine may be this house's or the national one. The paths,
//! parameters, headers, statuses and texts are those of the national "Summary Care Record - FHIR
//! API" version 3. Two [`Profile`]s tell how closely: `Compatible` answers as the national adaptor
//! does, its peculiarities included; `Full`, the default, mends what is wrong in it.
//!
//! A request passes through the same stations whatever it asks: its token ([`token`]), the
//! application and person behind that, the application's rate, which calls it may make, its headers,
//! its path and content; then one module per endpoint reads it, asks the Spine and answers. What
//! is answered is on audit first. A request that brings something is known again by its
//! `X-Request-ID` and gets its first answer again.
//!
//! Metrics: `minispine_scr_api_outcomes_total`, `minispine_scr_api_throttled_total`,
//! `minispine_scr_api_key_reloads_total`.

mod access;
mod alert;
mod caller;
mod config;
mod consent;
mod found;
mod headers;
mod issuer;
mod media;
mod metadata;
mod open;
pub mod openapi;
mod outcome;
mod query;
mod rate;
mod repeats;
mod retrieve;
mod route;
mod service;
mod spine;
pub mod token;
mod trail;
mod upload;

pub use config::{Application, Build, ConfigError, ScrApiConfig};
pub use conversion::Profile;
pub use issuer::{Issuer, IssuerError, Subject};
pub use rate::RateLimit;
pub use service::{Backend, JWKS_PATH, ScrApi};

/// Where the API is: the national path.
pub const BASE_PATH: &str = "/summary-care-record/FHIR/R4";
