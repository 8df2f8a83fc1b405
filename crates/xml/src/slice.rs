//! The exact bytes of an element, and what they need around them to mean the same elsewhere.

use crate::Element;

/// An element cut out of its document.
///
/// Cutting by bytes loses the namespace declarations of the elements around. They are kept
/// beside the bytes, and whoever writes the bytes elsewhere declares them on an element of its
/// own around them: the bytes never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<'input> {
    /// From the start tag to the end tag.
    pub bytes: &'input str,
    /// `(prefix, namespace)` that the bytes use and do not declare themselves. An empty prefix
    /// is the default namespace; an empty namespace with it says that there must be none.
    pub inherited: Vec<(String, String)>,
}

impl<'input> Slice<'input> {
    pub(crate) fn of(element: Element<'_, 'input>) -> Self {
        Self { bytes: element.source(), inherited: Vec::new() }
    }
}
