//! The exact bytes of an element, and what they need around them to mean the same elsewhere.

use crate::Element;
use crate::names::split;
use crate::tree::{NONE, Tree, XML};

/// An element cut out of its document.
///
/// Cutting by bytes loses the namespace declarations of the elements around. They are kept
/// beside the bytes, and whoever writes the bytes elsewhere declares them on an element of its
/// own around them: the bytes never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<'input> {
    /// From the start tag to the end tag.
    pub bytes: &'input str,
    /// `(prefix, namespace)` that the bytes use and do not declare themselves, by prefix in
    /// ascending order. An empty prefix is the default namespace; an empty namespace with it says
    /// that there must be none. The prefix `xml` is never here: it needs no declaration.
    pub inherited: Vec<(String, String)>,
}

impl<'input> Slice<'input> {
    pub(crate) fn of(element: Element<'_, 'input>) -> Self {
        let (tree, index) = element.place();
        let mut inherited = Inherited {
            tree,
            own: tree.elements[index as usize].bindings_before,
            found: Vec::new(),
        };
        for at in index..tree.elements[index as usize].after {
            inherited.element(at);
        }
        Self {
            bytes: element.source(),
            inherited: inherited.named(),
        }
    }

    /// Copies of both parts, for keeping.
    pub fn to_owned_parts(&self) -> (Vec<u8>, Vec<(String, String)>) {
        (self.bytes.as_bytes().to_vec(), self.inherited.clone())
    }
}

/// The bindings that an element and all inside it use and do not make.
struct Inherited<'t, 'i> {
    tree: &'t Tree<'i>,
    /// The first binding that is made inside.
    own: u32,
    /// Those found, [`NONE`] for names without prefix that are in no namespace.
    found: Vec<u32>,
}

impl Inherited<'_, '_> {
    fn element(&mut self, index: u32) {
        let node = &self.tree.elements[index as usize];
        self.note(node.binding);
        for attribute in self.tree.attributes_of(index) {
            if attribute.prefix.is_empty() {
                continue;
            }
            self.note(attribute.binding);
            // Only `xsi:type` holds a name, but which prefix is XSI's is not asked here; taking
            // too many prefixes along does no harm.
            if attribute.name == "type" {
                let (prefix, _) = split(attribute.value.trim_ascii());
                let binding = self.tree.resolve(node.scope, prefix);
                // A colon in a value may only look like a prefix.
                if prefix.is_empty() || binding != NONE {
                    self.note(binding);
                }
            }
        }
    }

    fn note(&mut self, binding: u32) {
        let from_outside = binding < self.own || binding == NONE;
        if from_outside && binding != XML && !self.found.contains(&binding) {
            self.found.push(binding);
        }
    }

    /// As prefixes with their namespaces, in order.
    fn named(self) -> Vec<(String, String)> {
        let tree = self.tree;
        let mut named: Vec<_> = self
            .found
            .iter()
            .map(|binding| match tree.bindings.get(*binding as usize) {
                Some(binding) => (binding.prefix.to_owned(), binding.namespace.to_string()),
                // Names without prefix must stay in no namespace.
                None => (String::new(), String::new()),
            })
            .collect();
        named.sort_unstable();
        named.dedup();
        named
    }
}
