//! Signatures: what is accepted, what is refused, what an attacker does with a good one, and what
//! a foreign implementation says.

mod accepted;
mod changed;
mod foreign;
mod making;
mod moved_about;
mod refused;
mod subjects;
mod wrapping;

use itk::fault::{ErrorCode, Fault};
use itk::request::Rules;
use itk::signature::Verified;
use xml::canonical;

use crate::support::rules;

/// What a reader takes from a message.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Taken {
    message_id: String,
    to: String,
    username: String,
    created: jiff::Timestamp,
    expires: jiff::Timestamp,
    /// The payload in its canonical form.
    payload: String,
    signature: Option<Verified>,
}

fn read(text: &str) -> Result<Taken, Fault> {
    read_by(text, &rules())
}

fn read_by(text: &str, rules: &Rules<'_>) -> Result<Taken, Fault> {
    let doc = xml::Document::parse(text.as_bytes())?;
    let request = itk::request::read(&doc, rules)?;
    let payload = canonical::exclusive(&request.payload, &[])?;
    Ok(Taken {
        message_id: request.message_id.into(),
        to: request.to,
        username: request.username,
        created: request.created,
        expires: request.expires,
        payload: String::from_utf8(payload).expect("UTF-8"),
        signature: request.signature,
    })
}

/// The message is refused with this code, and the diagnostic names this.
fn check_refused(name: &str, text: &str, code: ErrorCode, names: &str) {
    let fault = match read(text) {
        Ok(taken) => panic!("{name}: {:?} in {text}", taken.signature),
        Err(fault) => fault,
    };
    assert_eq!(fault.code, Some(code), "{name}: {fault}");
    assert!(fault.diagnostic.contains(names), "{name}: {fault}");
}
