//! A client of the SCR mini services.
//!
//! [`ScrClient`] speaks ITK SOAP over any [`transport::Upstream`]: it writes the request, reads
//! the answer tolerantly (real providers leave out headers and use odd prefixes), and checks what
//! a client has to check, above all that the document it was given is that of the patient it
//! asked for. [`render`] turns a GP Summary into something people can read.

mod error;
mod identity;
pub mod render;
mod scr;

pub use error::ClientError;
pub use identity::ClientIdentity;
pub use scr::{
    ActivityQuery, Call, NewPermission, Outcome, QueryOptions, QueryOutcome, Refused, ScrClient,
    Status, StatusOutcome,
};

#[cfg(test)]
mod tests;
