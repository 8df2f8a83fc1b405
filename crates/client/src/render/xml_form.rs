//! A document as XML that stands alone.

use domain::record::DocumentBytes;

/// The document with the namespaces it inherits declared on its root element. Everything else
/// is byte for byte as stored. Line feed at the end, no XML declaration: the encoding is UTF-8.
pub fn xml(document: &DocumentBytes) -> Vec<u8> {
    let bytes = &document.bytes;
    let name_ends = bytes
        .iter()
        .position(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>'))
        .unwrap_or(bytes.len());
    let mut out = Vec::with_capacity(bytes.len() + 256);
    out.extend_from_slice(&bytes[..name_ends]);
    for (prefix, namespace) in &document.inherited {
        let colon = if prefix.is_empty() { "" } else { ":" };
        let namespace = super::html::escape(namespace);
        out.extend_from_slice(format!(" xmlns{colon}{prefix}=\"{namespace}\"").as_bytes());
    }
    out.extend_from_slice(&bytes[name_ends..]);
    out.push(b'\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inherited_namespaces_are_declared_on_the_root() {
        for (bytes, expected) in [
            (
                "<a b='1'><p:c/></a>",
                "<a xmlns=\"urn:x\" xmlns:p=\"urn:y?a&amp;b\" b='1'><p:c/></a>\n",
            ),
            (
                "<p:a/>",
                "<p:a xmlns=\"urn:x\" xmlns:p=\"urn:y?a&amp;b\"/>\n",
            ),
            (
                "<a\n\tb='1'/>",
                "<a xmlns=\"urn:x\" xmlns:p=\"urn:y?a&amp;b\"\n\tb='1'/>\n",
            ),
        ] {
            let document = DocumentBytes {
                bytes: bytes.as_bytes().to_vec(),
                inherited: vec![
                    (String::new(), "urn:x".to_owned()),
                    ("p".to_owned(), "urn:y?a&b".to_owned()),
                ],
            };
            assert_eq!(String::from_utf8(xml(&document)).as_deref(), Ok(expected));
            assert!(xml::Document::parse(&xml(&document)).is_ok());
        }
    }
}
