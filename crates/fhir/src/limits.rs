//! What a resource may cost us before we have understood it.

/// Upper bounds on one resource in JSON. Every bound is inclusive. XML has those of crate `xml`, and
/// may not become deeper than JSON may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole text.
    pub bytes: usize,
    /// Objects and arrays that are open at one time.
    pub depth: usize,
    /// Values of every kind together.
    pub values: usize,
    /// Items of one array.
    pub items: usize,
    /// Members of one object.
    pub members: usize,
    /// Characters of one number.
    pub number: usize,
}

impl Limits {
    /// For any message of this house: the largest published bundle is under 200 KB, and none is
    /// deeper than 11. What is 48 deep needs less than half the stack of a worker thread.
    pub const MESSAGE: Self = Self {
        bytes: 8 << 20,
        depth: 48,
        values: 400_000,
        items: 20_000,
        members: 256,
        number: 64,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::MESSAGE
    }
}
