//! Checking a signature: what it refers to, the digests, the key, and the signature itself.

use xml::{Element, XmlError, canonical, ns};

use super::algorithm::Method;
use super::shape::{self, Key, Shape};
use super::{Covers, Sha1, Verified, certificate, ids};
use crate::fault::Fault;
use crate::header::Envelope;

/// `BinarySecurityToken/@ValueType`
pub(super) const X509_V3: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";
/// `BinarySecurityToken/@EncodingType`
pub(super) const BASE64: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

/// What the reader uses of a message, and so what may be signed.
pub(crate) struct Signed<'e, 'd, 'i> {
    pub(crate) envelope: &'e Envelope<'d, 'i>,
    pub(crate) security: Element<'d, 'i>,
    pub(crate) timestamp: Element<'d, 'i>,
    pub(crate) username: Element<'d, 'i>,
}

/// Checks the signature of a Security header. A message that breaks the profile is invalid (fault
/// 1000); one that keeps it and is not signed by that key is denied access (fault 3000).
pub(crate) fn verify(
    signed: &Signed<'_, '_, '_>,
    signature: Element<'_, '_>,
    sha1: Sha1,
) -> Result<Verified, Fault> {
    let token = signed.token(signature)?;
    let shape = shape::read(signature, sha1)?;
    let targets = targets(signed, &shape, token)?;
    let covers = covers(signed, &shape, &targets, token)?;

    let (leaf, chain) = match (&shape.key, token) {
        (Key::Certificates(all), _) => match all.split_first() {
            Some((leaf, chain)) => (leaf.clone(), chain.to_vec()),
            None => return Err(signature.error("there is no certificate").into()),
        },
        (Key::Token { .. }, Some(token)) => (shape::certificate(&token)?, Vec::new()),
        (Key::Token { reference, .. }, None) => {
            return Err(reference.error("there is no BinarySecurityToken").into());
        }
    };
    check_digests(&shape, &targets)?;
    check_value(&shape, signature, &leaf)?;
    Ok(Verified {
        certificate: leaf,
        chain,
        covers,
    })
}

impl<'d, 'i> Signed<'_, 'd, 'i> {
    /// The token of the header, if it has one. A signed header has nothing in it that is not
    /// known here: what is unknown might mean something to somebody else.
    fn token(&self, signature: Element<'d, 'i>) -> Result<Option<Element<'d, 'i>>, XmlError> {
        let token = self.security.optional(ns::WSSE, "BinarySecurityToken")?;
        self.security.one(ns::DS, "Signature")?;
        let known = |child: &Element<'d, 'i>| {
            [self.timestamp, self.username, signature].contains(child) || Some(*child) == token
        };
        match self.security.children().find(|child| !known(child)) {
            Some(other) => Err(other.error(format!(
                "{} is not known in a signed Security header",
                other.name()
            ))),
            None => Ok(token),
        }
    }

    /// The addressing header of this name that is read.
    fn addressing(&self, name: &str) -> Option<Element<'d, 'i>> {
        let mut blocks = self.envelope.blocks.iter();
        blocks.find(|block| block.is(ns::WSA_2005, name)).copied()
    }

    /// Whether the reader uses this element: only then does a signature of it mean anything.
    fn uses(&self, element: &Element<'d, 'i>) -> bool {
        let addressing = || {
            element.namespace() == ns::WSA_2005 && self.addressing(element.name()) == Some(*element)
        };
        [self.timestamp, self.username, self.envelope.body].contains(element) || addressing()
    }
}

/// The elements that are signed, in the order of the references. The token, when it is referred
/// to for the key, must be the header's.
fn targets<'d, 'i>(
    signed: &Signed<'_, 'd, 'i>,
    shape: &Shape<'d, 'i>,
    token: Option<Element<'d, 'i>>,
) -> Result<Vec<Element<'d, 'i>>, XmlError> {
    let mut wanted: Vec<_> = shape
        .references
        .iter()
        .map(|reference| (reference.id, reference.element))
        .collect();
    if let Key::Token { id, reference } = shape.key {
        wanted.push((id, reference));
    }
    let body = signed.envelope.body;
    let root = body
        .parent()
        .ok_or_else(|| body.error("there is no Envelope"))?;
    let mut found = ids::resolve(root, &wanted)?;
    if let Key::Token { reference, .. } = shape.key {
        let meant = found.pop();
        if token.is_none() || meant != token {
            return Err(reference.error("this is no BinarySecurityToken of the same header"));
        }
        token.iter().try_for_each(check_token)?;
    }
    Ok(found)
}

fn check_token(token: &Element<'_, '_>) -> Result<(), XmlError> {
    if token
        .attribute("ValueType")
        .is_some_and(|kind| kind != X509_V3)
    {
        return Err(token.error(format!("ValueType must be {X509_V3}")));
    }
    if token
        .attribute("EncodingType")
        .is_some_and(|kind| kind != BASE64)
    {
        return Err(token.error(format!("EncodingType must be {BASE64}")));
    }
    Ok(())
}

/// Every reference must be to something that is used, each to another; the Timestamp always.
fn covers<'d, 'i>(
    signed: &Signed<'_, 'd, 'i>,
    shape: &Shape<'d, 'i>,
    targets: &[Element<'d, 'i>],
    token: Option<Element<'d, 'i>>,
) -> Result<Covers, XmlError> {
    for (at, (target, reference)) in targets.iter().zip(&shape.references).enumerate() {
        if targets[..at].contains(target) {
            return Err(reference.element.error("this is referred to twice"));
        }
        // The token is used as well: a signature may say that it was made with this one.
        if !signed.uses(target) && Some(*target) != token {
            return Err(reference.element.error(
                "only the Timestamp, the UsernameToken, the Body and the addressing headers \
                 that are used may be signed",
            ));
        }
    }
    if !targets.contains(&signed.timestamp) {
        return Err(shape.signed_info.error("the Timestamp must be signed"));
    }
    let addressing = ["MessageID", "Action", "To"];
    Ok(Covers {
        body: targets.contains(&signed.envelope.body),
        username: targets.contains(&signed.username),
        addressing: addressing.iter().all(|name| {
            let header = signed.addressing(name);
            header.is_some_and(|header| targets.contains(&header))
        }),
    })
}

fn check_digests(shape: &Shape<'_, '_>, targets: &[Element<'_, '_>]) -> Result<(), Fault> {
    for (target, reference) in targets.iter().zip(&shape.references) {
        let bytes = canonical::exclusive(target, &reference.prefixes)?;
        if reference.digest.of(&bytes).as_ref() != reference.value {
            let what = format!("the digest of {} is not right", target.name());
            return Err(denied(&reference.element, &what));
        }
    }
    Ok(())
}

fn check_value(
    shape: &Shape<'_, '_>,
    signature: Element<'_, '_>,
    leaf: &[u8],
) -> Result<(), Fault> {
    let unfit = |why: &str| signature.error(format!("the signer's certificate {why}"));
    let certificate = certificate::parse(leaf).ok_or_else(|| unfit("cannot be read"))?;
    let key = certificate::signing_key(&certificate).map_err(unfit)?;
    if !Method::is_for(shape.method, &key) {
        return Err(unfit("has another kind of key than SignatureMethod says").into());
    }
    let bytes = canonical::exclusive(&shape.signed_info, &shape.prefixes)?;
    match shape.method.holds(&key, &bytes, &shape.value) {
        true => Ok(()),
        false => Err(denied(&signature, "the signature is not right")),
    }
}

fn denied(element: &Element<'_, '_>, what: &str) -> Fault {
    Fault::access_denied(element.error(what).to_string())
}
