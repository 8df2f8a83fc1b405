//! The strict reading of a request's DistributionEnvelope: its schema, and the checks of the
//! Toolkit's workbench.

use domain::{MessageId, oid};
use xml::{Element, XmlError, ns};

use super::{DistributionEnvelope, Identity};
use crate::{INTERACTION_KEY, strict, uuid};

/// A Toolkit identity's prefix (COR-DEH-04.2).
const IDENTITY_PREFIX: &str = "urn:nhs-uk:identity:";
/// An address's prefix.
const ADDRESS_PREFIX: &str = "urn:nhs-uk:addressing:";
/// The one user name whose requests need no interaction key: the workbench's own responder.
const RESPONDER: &str = "Responder User";

/// Reads the envelope and finds its one payload.
pub(crate) fn read<'d, 'i>(
    envelope: Element<'d, 'i>,
    username: &str,
) -> Result<(DistributionEnvelope, Element<'d, 'i>), XmlError> {
    let mut parts = strict::sequence(envelope, ns::ITK, &[])?;
    let header = parts.required("header")?;
    let payloads = parts.required("payloads")?;
    parts.end()?;

    let mut parts = strict::sequence(header, ns::ITK, &["service", "trackingid"])?;
    let service = header.required("service")?.to_owned();
    let tracking_id = tracking_id(&header)?;
    let addresses = parts
        .optional("addresslist")
        .map_or(Ok(Vec::new()), addresses)?;
    let identities = identities(parts.required("auditIdentity")?)?;
    let manifest = parts.required("manifest")?;
    let (item, profile_id) = manifest_item(manifest)?;
    let sender = parts.optional("senderAddress").map(sender).transpose()?;
    let interaction = parts
        .optional("handlingSpecification")
        .map(interaction)
        .transpose()?;
    parts.end()?;
    let interaction = interaction.flatten();
    if interaction.is_none() && username != RESPONDER {
        return Err(header.error(format!("handlingSpecification has no {INTERACTION_KEY}")));
    }

    let (payload_id, payload) = payload(payloads)?;
    if payload_id != item {
        return Err(payloads.error("the id of the payload is not the id of the manifestitem"));
    }
    let envelope = DistributionEnvelope {
        service,
        tracking_id,
        identities,
        sender,
        addresses,
        interaction,
        profile_id,
        payload_id: payload_id.to_owned(),
    };
    Ok((envelope, payload))
}

fn tracking_id(header: &Element<'_, '_>) -> Result<MessageId, XmlError> {
    let text = header.required("trackingid")?;
    let id = MessageId::parse(text).ok().filter(|_| uuid::is_upper(text));
    id.ok_or_else(|| header.error("attribute trackingid must be an upper-case UUID"))
}

fn addresses(list: Element<'_, '_>) -> Result<Vec<String>, XmlError> {
    let mut parts = strict::sequence(list, ns::ITK, &[])?;
    let mut addresses = vec![address(parts.required("address")?)?];
    for other in parts.many("address") {
        addresses.push(address(other)?);
    }
    parts.end()?;
    Ok(addresses)
}

fn address(element: Element<'_, '_>) -> Result<String, XmlError> {
    strict::empty(&element, &["type", "uri"])?;
    Ok(element.required("uri")?.to_owned())
}

fn sender(element: Element<'_, '_>) -> Result<String, XmlError> {
    let uri = address(element)?;
    let in_form = uri.strip_prefix(ADDRESS_PREFIX).is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))
    });
    if !in_form {
        return Err(element.error(format!(
            "the uri of senderAddress must begin {ADDRESS_PREFIX}"
        )));
    }
    Ok(uri)
}

fn identities(element: Element<'_, '_>) -> Result<Vec<Identity>, XmlError> {
    let mut parts = strict::sequence(element, ns::ITK, &[])?;
    let mut ids = vec![parts.required("id")?];
    ids.extend(parts.many("id"));
    parts.end()?;
    if ids.len() > 4 {
        return Err(element.error("auditIdentity takes at most four ids"));
    }
    ids.into_iter().map(identity).collect()
}

/// COR-DEH-04: a Toolkit identity is `urn:nhs-uk:identity:` and at least two tokens, its type
/// may be left out; any other identity must say its OID.
fn identity(element: Element<'_, '_>) -> Result<Identity, XmlError> {
    strict::empty(&element, &["type", "uri"])?;
    let uri = element.required("uri")?;
    let oid = element.attribute("type");
    match (oid, uri.strip_prefix(IDENTITY_PREFIX)) {
        (None | Some(oid::ITK_IDENTITY), Some(path)) => {
            let mut tokens = path.split(':');
            if path.split(':').count() < 2 || tokens.any(|token| token.trim().is_empty()) {
                return Err(element.error(format!(
                    "a Toolkit identity is {IDENTITY_PREFIX} and at least two tokens"
                )));
            }
        }
        (None | Some(oid::ITK_IDENTITY), None) => {
            return Err(element.error(format!("a Toolkit identity must begin {IDENTITY_PREFIX}")));
        }
        (Some(oid), Some(_)) if is_oid(oid) => {
            let toolkit = oid::ITK_IDENTITY;
            return Err(element.error(format!("the type of a Toolkit identity must be {toolkit}")));
        }
        (Some(oid), None) if is_oid(oid) => {}
        (Some(_), _) => return Err(element.error("attribute type must be an OID")),
    }
    Ok(Identity {
        oid: oid.map(str::to_owned),
        uri: uri.to_owned(),
    })
}

fn is_oid(text: &str) -> bool {
    let is_arc = |arc: &[u8]| match arc {
        [] => false,
        [b'0', more @ ..] => more.is_empty(),
        digits => digits.iter().all(u8::is_ascii_digit),
    };
    let is_dot = |byte: &u8| *byte == b'.';
    text.contains('.') && text.as_bytes().split(is_dot).all(is_arc)
}

/// The interaction among the handling specifications.
fn interaction(element: Element<'_, '_>) -> Result<Option<String>, XmlError> {
    let mut parts = strict::sequence(element, ns::ITK, &[])?;
    let mut specs = vec![parts.required("spec")?];
    specs.extend(parts.many("spec"));
    parts.end()?;
    let mut interaction = None;
    for spec in specs {
        strict::empty(&spec, &["key", "value"])?;
        let (key, value) = (spec.required("key")?, spec.required("value")?);
        if key == INTERACTION_KEY && interaction.replace(value.to_owned()).is_some() {
            return Err(spec.error("the interaction is given twice"));
        }
    }
    Ok(interaction)
}

/// The id and the profile of the one manifest item.
fn manifest_item<'d>(manifest: Element<'d, '_>) -> Result<(&'d str, String), XmlError> {
    let mut parts = strict::sequence(manifest, ns::ITK, &["count"])?;
    let item = parts.required("manifestitem")?;
    let more = parts.many("manifestitem").len();
    parts.end()?;
    only_one(&manifest, more)?;
    for (namespace, name, _) in item.attributes() {
        let known = [
            "id",
            "mimetype",
            "profileid",
            "metadata",
            "compressed",
            "base64",
            "encrypted",
        ];
        if namespace != ns::ITK && (!namespace.is_empty() || !known.contains(&name)) {
            return Err(item.error(format!("attribute {name} is not allowed here")));
        }
    }
    strict::no_text(&item)?;
    strict::no_children(&item)?;
    if !item
        .required("mimetype")?
        .trim()
        .eq_ignore_ascii_case("text/xml")
    {
        return Err(item.error("attribute mimetype must be text/xml"));
    }
    for name in ["metadata", "compressed", "base64", "encrypted"] {
        if strict::boolean(&item, name)? {
            return Err(item.error(format!("{name} payloads are not taken: send plain XML")));
        }
    }
    Ok((part_id(&item)?, item.required("profileid")?.to_owned()))
}

fn payload<'d, 'i>(payloads: Element<'d, 'i>) -> Result<(&'d str, Element<'d, 'i>), XmlError> {
    let mut parts = strict::sequence(payloads, ns::ITK, &["count"])?;
    let payload = parts.required("payload")?;
    let more = parts.many("payload").len();
    parts.end()?;
    only_one(&payloads, more)?;
    strict::allow_attributes(&payload, &["id", "filename"])?;
    strict::no_text(&payload)?;
    let mut content = payload.children();
    match (content.next(), content.next()) {
        (Some(only), None) => Ok((part_id(&payload)?, only)),
        (None, _) => Err(payload.error("the payload is empty")),
        (_, Some(second)) => Err(second.error("a payload is one element")),
    }
}

fn only_one(list: &Element<'_, '_>, more: usize) -> Result<(), XmlError> {
    let count = list.required("count")?.trim();
    let count: usize = count
        .parse()
        .map_err(|_| list.error("attribute count must be a number"))?;
    if count != more + 1 {
        return Err(list.error(format!(
            "attribute count must be {}, as many as there are",
            more + 1
        )));
    }
    if more > 0 {
        return Err(list.error("this service takes one payload"));
    }
    Ok(())
}

/// `@id`: an XML name that ends in an upper-case UUID.
fn part_id<'d>(element: &Element<'d, '_>) -> Result<&'d str, XmlError> {
    let id = element.required("id")?;
    let named = id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let prefix_ok = |prefix: &str| {
        prefix
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    };
    match uuid::split(id) {
        Some((prefix, uuid)) if named && prefix_ok(prefix) && uuid::is_upper(uuid) => Ok(id),
        _ => Err(element.error("attribute id must be a prefix and an upper-case UUID")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oids_are_well_formed() {
        for fine in ["1.2", "1.2.826.0.1285.0.2.0.65", "2.16.840"] {
            assert!(is_oid(fine), "{fine}");
        }
        for wrong in ["", "1", "1.", ".1", "1..2", "1.02", "a.b", "1.2 "] {
            assert!(!is_oid(wrong), "{wrong}");
        }
    }
}
