//! `ds:Signature` taken apart: exactly the elements and attributes of the profile, in the order of
//! their schema.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use xml::{Element, XmlError, canonical, ns};

use super::algorithm::{Digest, Method};
use super::{Sha1, ids};
use crate::strict;

/// References of one signature: as many as there are elements that can be signed.
const MOST_REFERENCES: usize = 12;
/// Certificates that come with one signature.
const MOST_CERTIFICATES: usize = 4;
/// Prefixes of one `PrefixList`.
const MOST_PREFIXES: usize = 16;
/// Bytes of a signature of an RSA key of 8192 bits.
const LONGEST_SIGNATURE: usize = 1024;
/// Bytes of a SHA-512.
const LONGEST_DIGEST: usize = 64;
/// Bytes of a certificate.
const LONGEST_CERTIFICATE: usize = 16 * 1024;

/// A signature of the profile; nothing of it has been checked yet.
pub(super) struct Shape<'d, 'i> {
    /// What is signed, and which namespaces its canonical form keeps.
    pub(super) signed_info: Element<'d, 'i>,
    pub(super) prefixes: Vec<&'d str>,
    pub(super) method: Method,
    /// One or more.
    pub(super) references: Vec<Reference<'d, 'i>>,
    pub(super) value: Vec<u8>,
    pub(super) key: Key<'d, 'i>,
}

/// One thing that is signed.
pub(super) struct Reference<'d, 'i> {
    pub(super) element: Element<'d, 'i>,
    pub(super) id: &'d str,
    pub(super) prefixes: Vec<&'d str>,
    pub(super) digest: Digest,
    pub(super) value: Vec<u8>,
}

/// Where the certificate is.
pub(super) enum Key<'d, 'i> {
    /// In a BinarySecurityToken that has this id.
    Token {
        id: &'d str,
        reference: Element<'d, 'i>,
    },
    /// Here, DER: the signer's, then others.
    Certificates(Vec<Vec<u8>>),
}

pub(super) fn read<'d, 'i>(
    signature: Element<'d, 'i>,
    sha1: Sha1,
) -> Result<Shape<'d, 'i>, XmlError> {
    let mut parts = strict::sequence(signature, ns::DS, &["Id"])?;
    let signed_info = parts.required("SignedInfo")?;
    let value = parts.required("SignatureValue")?;
    let key_info = parts.required("KeyInfo")?;
    parts.end()?;

    let mut parts = strict::sequence(signed_info, ns::DS, &["Id"])?;
    let prefixes = exclusive_canonical(parts.required("CanonicalizationMethod")?)?;
    let method = parts.required("SignatureMethod")?;
    let references = parts.many("Reference");
    parts.end()?;

    strict::empty(&method, &["Algorithm"])?;
    let method = Method::accepted(method.required("Algorithm")?, sha1)
        .ok_or_else(|| method.error("this way of signing is not accepted"))?;
    if references.is_empty() {
        return Err(signed_info.error("element Reference is missing"));
    }
    if let Some(reference) = references.get(MOST_REFERENCES) {
        return Err(reference.error(format!("at most {MOST_REFERENCES} references are allowed")));
    }
    strict::allow_attributes(&value, &["Id"])?;
    Ok(Shape {
        signed_info,
        prefixes,
        method,
        references: references
            .into_iter()
            .map(|reference| read_reference(reference, sha1))
            .collect::<Result<_, _>>()?,
        value: binary(&value, LONGEST_SIGNATURE)?,
        key: key(key_info)?,
    })
}

fn read_reference<'d, 'i>(
    element: Element<'d, 'i>,
    sha1: Sha1,
) -> Result<Reference<'d, 'i>, XmlError> {
    let mut parts = strict::sequence(element, ns::DS, &["Id", "URI"])?;
    let transforms = parts.required("Transforms")?;
    let method = parts.required("DigestMethod")?;
    let value = parts.required("DigestValue")?;
    parts.end()?;

    let mut parts = strict::sequence(transforms, ns::DS, &[])?;
    let prefixes = exclusive_canonical(parts.required("Transform")?)?;
    parts.end()?;

    strict::empty(&method, &["Algorithm"])?;
    let digest = Digest::accepted(method.required("Algorithm")?, sha1)
        .ok_or_else(|| method.error("this digest is not accepted"))?;
    strict::allow_attributes(&value, &[])?;
    Ok(Reference {
        element,
        id: ids::fragment(&element)?,
        prefixes,
        digest,
        value: binary(&value, LONGEST_DIGEST)?,
    })
}

/// An element that must name exclusive canonicalization without comments; gives its `PrefixList`.
fn exclusive_canonical<'d>(element: Element<'d, '_>) -> Result<Vec<&'d str>, XmlError> {
    if element.required("Algorithm")? != canonical::ALGORITHM {
        let name = element.name();
        return Err(element.error(format!("{name} must be {}", canonical::ALGORITHM)));
    }
    let mut parts = strict::sequence(element, canonical::ALGORITHM, &["Algorithm"])?;
    let inclusive = parts.optional("InclusiveNamespaces");
    parts.end()?;
    let Some(inclusive) = inclusive else {
        return Ok(Vec::new());
    };
    strict::empty(&inclusive, &["PrefixList"])?;
    let list = inclusive.attribute("PrefixList").unwrap_or_default();
    let prefixes: Vec<_> = list.split_ascii_whitespace().collect();
    match prefixes.len() > MOST_PREFIXES {
        true => Err(inclusive.error(format!("at most {MOST_PREFIXES} prefixes are allowed"))),
        false => Ok(prefixes),
    }
}

fn key<'d, 'i>(key_info: Element<'d, 'i>) -> Result<Key<'d, 'i>, XmlError> {
    strict::allow_attributes(&key_info, &["Id"])?;
    let only = only_child(&key_info)?;
    if only.is(ns::WSSE, "SecurityTokenReference") {
        let reference = only_child(&only)?;
        if !reference.is(ns::WSSE, "Reference") {
            return Err(reference.error("a security token must be referred to by wsse:Reference"));
        }
        strict::empty(&reference, &["URI", "ValueType"])?;
        let id = ids::fragment(&reference)?;
        return Ok(Key::Token { id, reference });
    }
    if only.is(ns::DS, "X509Data") {
        return certificates(only).map(Key::Certificates);
    }
    Err(only.error("the key must be a security token's or an X.509 certificate"))
}

fn certificates(data: Element<'_, '_>) -> Result<Vec<Vec<u8>>, XmlError> {
    // What else an X509Data may hold is a way to find a certificate elsewhere.
    let mut parts = strict::sequence(data, ns::DS, &[])?;
    let found = parts.many("X509Certificate");
    parts.end()?;
    match found.len() {
        0 => Err(data.error("element X509Certificate is missing")),
        1..=MOST_CERTIFICATES => found.iter().map(certificate).collect(),
        _ => Err(data.error(format!(
            "at most {MOST_CERTIFICATES} certificates are allowed"
        ))),
    }
}

/// The certificate (DER) that an element holds in base64.
pub(super) fn certificate(element: &Element<'_, '_>) -> Result<Vec<u8>, XmlError> {
    binary(element, LONGEST_CERTIFICATE)
}

fn only_child<'d, 'i>(parent: &Element<'d, 'i>) -> Result<Element<'d, 'i>, XmlError> {
    strict::no_text(parent)?;
    let mut children = parent.children();
    match (children.next(), children.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(parent.error(format!("{} is empty", parent.name()))),
        (_, Some(second)) => Err(second.error(format!("{} must hold one element", parent.name()))),
    }
}

/// Base64 with any blanks in it, of so many bytes at most.
fn binary(element: &Element<'_, '_>, longest: usize) -> Result<Vec<u8>, XmlError> {
    strict::no_children(element)?;
    let text = element.text();
    let name = element.name();
    // Base64 needs four thirds; the rest is for blanks and line ends.
    if text.len() > longest * 3 {
        return Err(element.error(format!("{name} has more than {longest} bytes")));
    }
    let packed: String = text.split_ascii_whitespace().collect();
    match STANDARD.decode(packed) {
        Ok(bytes) if bytes.len() > longest => {
            Err(element.error(format!("{name} has more than {longest} bytes")))
        }
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        _ => Err(element.error(format!("{name} must be base64"))),
    }
}
