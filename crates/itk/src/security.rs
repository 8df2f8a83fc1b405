//! The WS-Security header: a Timestamp within the clock's tolerance, a user name, and perhaps a
//! signature, which then must be right and made by the user name's certificate.

mod instant;
mod write;

use jiff::{SignedDuration, Timestamp};
use xml::{Element, XmlError, ns};

use crate::fault::Fault;
use crate::header::Envelope;
use crate::request::Rules;
use crate::signature::{self, Signed, Verified, certificate_subject_matches};
use crate::{strict, uuid};

pub(crate) use write::{Outgoing, write};

/// What the header says.
pub(crate) struct Security<'d> {
    pub(crate) username: String,
    pub(crate) created: Timestamp,
    pub(crate) expires: Timestamp,
    /// `wsu:Id` of the Timestamp.
    pub(crate) timestamp_id: Option<&'d str>,
    pub(crate) signature: Option<Verified>,
}

/// How old a message may be, whatever it says of its own end. A receiver that is to know a
/// repetition remembers messages for as long as it would take them, which must not be for ever.
pub(crate) const OLDEST: SignedDuration = SignedDuration::from_hours(24);

/// Reads the header and checks its times against the clock, and its signature. The tolerance of
/// the clock applies at both ends and is inclusive.
pub(crate) fn read<'d>(
    envelope: &Envelope<'d, '_>,
    rules: &Rules<'_>,
) -> Result<Security<'d>, Fault> {
    let security = envelope
        .block(ns::WSSE, "Security")?
        .ok_or_else(|| envelope.header().error("header Security is missing"))?;
    let timestamp = security.one(ns::WSU, "Timestamp")?;
    let timestamp_id = timestamp
        .attribute_ns(ns::WSU, "Id")
        .or_else(|| timestamp.attribute("Id"));
    if timestamp_id.is_some_and(|id| uuid::split(id).is_none()) {
        return Err(timestamp
            .error("the Id of Timestamp must hold a UUID")
            .into());
    }
    let (created, expires) = times(&timestamp, rules.now, rules.skew)?;
    let token = security.one(ns::WSSE, "UsernameToken")?;
    let username = username(&token)?;
    let signed = Signed {
        envelope,
        security,
        timestamp,
        username: token,
    };
    Ok(Security {
        signature: signature(&signed, &username, rules)?,
        username,
        created,
        expires,
        timestamp_id,
    })
}

fn times(
    timestamp: &Element<'_, '_>,
    now: Timestamp,
    skew: SignedDuration,
) -> Result<(Timestamp, Timestamp), XmlError> {
    let created_element = timestamp.one(ns::WSU, "Created")?;
    let expires_element = timestamp.one(ns::WSU, "Expires")?;
    let created = instant(&created_element)?;
    let expires = instant(&expires_element)?;
    if created >= expires {
        return Err(timestamp.error("Created must be before Expires"));
    }
    if created.duration_since(now) > skew {
        return Err(created_element.error("Created is in the future: check the clocks"));
    }
    if now.duration_since(expires) > skew {
        return Err(expires_element.error("the message has expired: check the clocks"));
    }
    if now.duration_since(created) > OLDEST.saturating_add(skew) {
        return Err(created_element.error("the message is more than a day old: make a new one"));
    }
    Ok((created, expires))
}

/// The signature, when there is one.
fn signature(
    signed: &Signed<'_, '_, '_>,
    username: &str,
    rules: &Rules<'_>,
) -> Result<Option<Verified>, Fault> {
    let Some(element) = signed.security.child(ns::DS, "Signature") else {
        return Ok(None);
    };
    let verified = signature::verify(signed, element, rules.sha1)?;
    match certificate_subject_matches(&verified.certificate, username) {
        true => Ok(Some(verified)),
        false => {
            let rule = "the subject of the signer's certificate is not the user name";
            Err(Fault::access_denied(element.error(rule).to_string()))
        }
    }
}

fn username(token: &Element<'_, '_>) -> Result<String, XmlError> {
    let name = token.one(ns::WSSE, "Username")?;
    strict::no_children(&name)?;
    let text = name.text();
    let text = text.trim();
    if text.is_empty() {
        return Err(name.error("Username is blank"));
    }
    if text.len() > 256 || strict::has_control(text) {
        return Err(name.error("Username must be at most 256 characters of plain text"));
    }
    Ok(text.to_owned())
}

fn instant(element: &Element<'_, '_>) -> Result<Timestamp, XmlError> {
    strict::no_children(element)?;
    instant::parse(element.text().trim()).ok_or_else(|| {
        element.error(format!(
            "{} must be like 2026-01-31T12:00:00Z",
            element.name()
        ))
    })
}
