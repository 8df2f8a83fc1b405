//! A client of the mini services: of the Summary Care Record, and of CP-IS.
//!
//! [`ScrClient`] and [`CpisClient`] speak ITK SOAP over any [`transport::Upstream`]: they write the request, read
//! the answer tolerantly (real providers leave out headers and use odd prefixes), and check what
//! a client has to check, above all that the document it was given is that of the patient it
//! asked for. [`render`] turns a GP Summary into something people can read.

mod ask;
mod cpis;
mod error;
mod identity;
pub mod render;
mod scr;

pub use cpis::{ChildProtection, CpisClient, CpisOutcome};
pub use error::ClientError;
pub use identity::ClientIdentity;
pub use scr::{
    ActivityQuery, Call, NewPermission, Outcome, QueryOptions, QueryOutcome, Refused, ScrClient,
    Status, StatusOutcome,
};

#[cfg(test)]
mod tests;
