//! Writing the header: a Timestamp, for requests a user name, and a signature if one is wanted.

use jiff::{SignedDuration, Timestamp, Unit};
use xml::{Writer, ns};

use crate::signature::{self, Signer};

/// What the header of a message says.
pub(crate) struct Outgoing<'a> {
    pub(crate) message_id: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) expires_after: SignedDuration,
    pub(crate) username: Option<&'a str>,
    pub(crate) signer: Option<&'a Signer>,
}

/// Writes the header. Should the crypto library refuse to sign (it did sign once, when the key
/// was read), the message goes out without a signature, and a receiver that wants one says so.
pub(crate) fn write(w: &mut Writer, header: &Outgoing<'_>) {
    let until = header.now.saturating_add(header.expires_after);
    let created = milliseconds(header.now);
    let expires = milliseconds(until.unwrap_or(Timestamp::MAX));
    let signed = header
        .signer
        .and_then(|signer| signature::parts(signer, header.message_id, &created, &expires));
    w.element("wsse:Security", &[("xmlns:wsse", ns::WSSE)], |w| {
        match &signed {
            Some(parts) => {
                w.written(&parts.token);
                w.written(&parts.timestamp);
            }
            None => w.element("wsu:Timestamp", &[("xmlns:wsu", ns::WSU)], |w| {
                w.text_element("wsu:Created", &[], &created);
                w.text_element("wsu:Expires", &[], &expires);
            }),
        }
        if let Some(username) = header.username {
            w.element("wsse:UsernameToken", &[], |w| {
                w.text_element("wsse:Username", &[], username);
            });
        }
        if let Some(parts) = &signed {
            w.written(&parts.signature);
        }
    });
}

/// `2026-01-31T12:00:00.000Z`: to the millisecond and rounded down, so that Created is never
/// after the moment it was written.
fn milliseconds(instant: Timestamp) -> String {
    let down = jiff::TimestampRound::new()
        .smallest(Unit::Millisecond)
        .mode(jiff::RoundMode::Trunc);
    format!("{:.3}", instant.round(down).unwrap_or(instant))
}
