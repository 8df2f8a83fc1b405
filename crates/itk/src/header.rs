//! The SOAP envelope and its WS-Addressing header.

use xml::{Element, XmlError, ns};

use crate::fault::Fault;
use crate::{ANONYMOUS, strict, uuid};

/// The role of the next node, which every receiver plays (SOAP 1.1 §4.2.2).
const NEXT: &str = "http://schemas.xmlsoap.org/soap/actor/next";
/// The headers of WS-Addressing that are understood here.
const ADDRESSING: [&str; 7] = [
    "MessageID",
    "Action",
    "To",
    "From",
    "ReplyTo",
    "FaultTo",
    "RelatesTo",
];

/// A SOAP 1.1 envelope taken apart.
pub(crate) struct Envelope<'d, 'i> {
    /// The header blocks that are meant for us.
    pub(crate) blocks: Vec<Element<'d, 'i>>,
    /// The body.
    pub(crate) body: Element<'d, 'i>,
}

/// WS-Addressing 2005/08, as a request carries it.
pub(crate) struct Addressing {
    pub(crate) message_id: String,
    pub(crate) action: String,
    pub(crate) to: String,
}

impl<'d, 'i> Envelope<'d, 'i> {
    /// Takes an envelope apart: SOAP 1.1, a header, a body and nothing else; every header that
    /// must be understood is.
    pub(crate) fn read(root: Element<'d, 'i>) -> Result<Self, Fault> {
        if root.name() != "Envelope" {
            return Err(root
                .error("the document element must be a SOAP Envelope")
                .into());
        }
        if root.namespace() != ns::SOAP11 {
            return Err(Fault::version_mismatch());
        }
        strict::no_text(&root)?;
        let mut children = root.children().peekable();
        let header = children
            .next_if(|child| child.is(ns::SOAP11, "Header"))
            .ok_or_else(|| root.error("element Header is missing"))?;
        let body = children
            .next_if(|child| child.is(ns::SOAP11, "Body"))
            .ok_or_else(|| root.error("element Body is missing after Header"))?;
        if let Some(other) = children.next() {
            return Err(other
                .error("only Header and Body belong in an Envelope")
                .into());
        }
        let mut blocks = Vec::new();
        for block in header.children() {
            if !meant_for_us(&block) {
                continue;
            }
            if must_understand(&block)? && !is_understood(&block) {
                return Err(Fault::must_understand(&block));
            }
            blocks.push(block);
        }
        Ok(Self { blocks, body })
    }

    /// The only header block of this name, if there is one.
    pub(crate) fn block(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Element<'d, 'i>>, XmlError> {
        let mut found = self.blocks.iter().filter(|block| block.is(namespace, name));
        match (found.next(), found.next()) {
            (_, Some(second)) => Err(second.error(format!("header {name} is given twice"))),
            (first, None) => Ok(first.copied()),
        }
    }

    fn required(&self, namespace: &str, name: &str) -> Result<Element<'d, 'i>, XmlError> {
        self.block(namespace, name)?
            .ok_or_else(|| self.header().error(format!("header {name} is missing")))
    }

    /// The place to name when a header is missing.
    pub(crate) fn header(&self) -> Element<'d, 'i> {
        self.body
            .parent()
            .and_then(|root| root.child(ns::SOAP11, "Header"))
            .unwrap_or(self.body)
    }

    /// Reads and checks the WS-Addressing headers of a synchronous request.
    pub(crate) fn addressing(&self) -> Result<Addressing, XmlError> {
        let id = self.required(ns::WSA_2005, "MessageID")?;
        let message_id = word(&id)?;
        let in_form = |prefix: &str| {
            prefix
                .bytes()
                .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b':'))
        };
        if !uuid::split(&message_id).is_some_and(|(prefix, _)| in_form(prefix)) {
            return Err(id.error("MessageID must be a UUID, bare or after a prefix like urn:uuid:"));
        }
        let action = word(&self.required(ns::WSA_2005, "Action")?)?;
        let to_header = self.required(ns::WSA_2005, "To")?;
        let to = word(&to_header)?;
        if !is_absolute_uri(&to) {
            return Err(to_header.error("To must be the URL of the service"));
        }
        for name in ["ReplyTo", "FaultTo"] {
            if let Some(endpoint) = self.block(ns::WSA_2005, name)? {
                anonymous(&endpoint)?;
            }
        }
        if let Some(from) = self.block(ns::WSA_2005, "From")? {
            no_reference_parts(&from)?;
        }
        Ok(Addressing {
            message_id,
            action,
            to,
        })
    }
}

/// The text of a header that holds one word.
fn word(element: &Element<'_, '_>) -> Result<String, XmlError> {
    strict::no_children(element)?;
    let text = element.text();
    let text = text.trim();
    if text.is_empty() {
        return Err(element.error(format!("{} is blank", element.name())));
    }
    if strict::has_control(text) || text.contains(char::is_whitespace) {
        return Err(element.error(format!("{} must be one word", element.name())));
    }
    Ok(text.to_owned())
}

fn meant_for_us(block: &Element<'_, '_>) -> bool {
    match block.attribute_ns(ns::SOAP11, "actor").map(str::trim) {
        None | Some("" | NEXT) => true,
        Some(_) => false,
    }
}

/// The Toolkit's own test messages write the attribute without a namespace, so both count.
fn must_understand(block: &Element<'_, '_>) -> Result<bool, XmlError> {
    let qualified = block.attribute_ns(ns::SOAP11, "mustUnderstand");
    match qualified
        .or_else(|| block.attribute("mustUnderstand"))
        .map(str::trim)
    {
        None | Some("0" | "false") => Ok(false),
        Some("1" | "true") => Ok(true),
        Some(_) => Err(block.error("attribute mustUnderstand must be 0 or 1")),
    }
}

fn is_understood(block: &Element<'_, '_>) -> bool {
    match block.namespace() {
        ns::WSA_2005 => ADDRESSING.contains(&block.name()),
        ns::WSSE => block.name() == "Security",
        _ => false,
    }
}

/// An answer goes back on the connection the request came on and nowhere else.
fn anonymous(endpoint: &Element<'_, '_>) -> Result<(), XmlError> {
    no_reference_parts(endpoint)?;
    let address = endpoint.one(ns::WSA_2005, "Address")?;
    if word(&address)? == ANONYMOUS {
        return Ok(());
    }
    Err(address.error(format!("{} must be absent or {ANONYMOUS}", endpoint.name())))
}

fn no_reference_parts(endpoint: &Element<'_, '_>) -> Result<(), XmlError> {
    let part = endpoint
        .children()
        .find(|child| matches!(child.name(), "ReferenceProperties" | "ReferenceParameters"));
    match part {
        Some(part) => Err(part.error(format!("{} is not used", part.name()))),
        None => Ok(()),
    }
}

/// `scheme:rest` as RFC 3986 has it; `http` and `https` need a host.
fn is_absolute_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    if !scheme_ok || rest.is_empty() {
        return false;
    }
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return true;
    }
    rest.strip_prefix("//")
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_told_from_nonsense() {
        for fine in [
            "https://host:1/smsp/scr",
            "HTTP://h",
            "urn:nhs:x",
            ANONYMOUS,
        ] {
            assert!(is_absolute_uri(fine), "{fine}");
        }
        for wrong in [
            "http//:this.is.invalid/address",
            "",
            "host",
            "http:host",
            "http://",
            "1a:b",
        ] {
            assert!(!is_absolute_uri(wrong), "{wrong}");
        }
    }
}
