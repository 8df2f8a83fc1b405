//! `eb:Manifest`: what a message says it carries.

use xml::{Element, XmlError};

use crate::names::{EB, XLINK};

/// An entry of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What it points at: `cid:` and the id of a part, or `mid:` and the id of another message.
    /// Empty when it says nothing, which breaks a rule of every pattern.
    pub href: String,
    /// The document's own id, if the sender gave one.
    pub document_id: Option<String>,
    /// What the sender says about it; of attachments often `key=value` pairs, which are the
    /// business layer's to read.
    pub description: Option<String>,
}

impl Reference {
    /// The id of the part it points at, percent-encoding resolved.
    pub fn content_id(&self) -> Option<String> {
        let id = self.scheme("cid:")?;
        Some(percent_decoded(id))
    }

    /// The id of the message it points at, for content that travels apart.
    pub fn message_id(&self) -> Option<&str> {
        self.scheme("mid:")
    }

    fn scheme(&self, scheme: &str) -> Option<&str> {
        let (head, rest) = self.href.split_at_checked(scheme.len())?;
        (head.eq_ignore_ascii_case(scheme) && !rest.is_empty()).then_some(rest)
    }

    pub(crate) fn read(element: Element<'_, '_>) -> Result<Self, XmlError> {
        let href = element.attribute_ns(XLINK, "href").unwrap_or_default();
        let description = element.optional(EB, "Description")?;
        let description = description.map(|e| e.text().trim().to_owned());
        Ok(Self {
            href: href.trim().to_owned(),
            document_id: element.attribute_ns(EB, "id").map(str::to_owned),
            description: description.filter(|text| !text.is_empty()),
        })
    }
}

/// Resolves `%41`; what is not such an escape stays.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let hex = escaped.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let value = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(value.unwrap_or(*byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_point_at_parts_or_messages() {
        for (href, cid, mid) in [
            ("cid:A@b", Some("A@b"), None),
            ("CID:A%40b", Some("A@b"), None),
            ("cid:100%", Some("100%"), None),
            ("cid:%ff", Some("%ff"), None),
            ("cid:%+f", Some("%+f"), None),
            ("mid:A@b", None, Some("A@b")),
            ("cid:", None, None),
            ("A@b", None, None),
            ("c", None, None),
            ("", None, None),
        ] {
            let reference = Reference {
                href: href.to_owned(),
                document_id: None,
                description: None,
            };
            assert_eq!(reference.content_id().as_deref(), cid, "{href}");
            assert_eq!(reference.message_id(), mid, "{href}");
        }
    }
}
