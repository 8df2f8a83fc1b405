//! What a message may cost us before we have understood it.

/// Upper bounds on one XML document. Every bound is inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Open elements at one time.
    pub depth: usize,
    /// Elements, and comments, processing instructions and CDATA sections with them.
    pub elements: usize,
    /// Attributes of one element, namespace declarations not counted.
    pub attributes: usize,
    /// Namespace declarations of one element. Four times as many may be in scope at one place,
    /// each redeclaration counted again.
    pub namespaces: usize,
    /// Bytes of one element or attribute name, prefix included.
    pub name: usize,
    /// Bytes of one run of text, attribute value, comment, processing instruction or CDATA
    /// section, as written.
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
        text: 5 << 20,
    };

    /// For an answer with a record in it. It stands deeper there than in the message that brought it,
    /// and what was taken must be given.
    pub const ANSWER: Self = Self {
        bytes: Self::MESSAGE.bytes + (64 << 10),
        depth: Self::MESSAGE.depth + 30,
        elements: Self::MESSAGE.elements + 1_000,
        ..Self::MESSAGE
    };

    /// Namespace declarations in scope at one place: they are searched for every prefix.
    pub(crate) fn namespaces_in_scope(&self) -> usize {
        self.namespaces.saturating_mul(4)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::MESSAGE
    }
}
