//! The tree: what one strict pass over a text leaves behind.
//!
//! Kept are elements, attributes and namespace declarations, as places in the text. Text is
//! checked in passing and not looked at again until somebody asks for it: of a patient's record
//! most is only passed on.

use std::borrow::Cow;

use crate::decode;
use crate::tokens::{Token, Tokens};
use crate::words::same;

/// No element, no binding.
pub(crate) const NONE: u32 = u32::MAX;

/// The binding of the prefix `xml`, which is there without a declaration.
pub(crate) const XML: u32 = 0;

/// A checked text and its elements in document order.
#[derive(Debug)]
pub(crate) struct Tree<'i> {
    pub(crate) text: &'i str,
    pub(crate) elements: Vec<Node<'i>>,
    pub(crate) attributes: Vec<Attribute<'i>>,
    pub(crate) bindings: Vec<Binding<'i>>,
}

/// An element.
#[derive(Debug)]
pub(crate) struct Node<'i> {
    /// Its local name.
    pub(crate) name: &'i str,
    /// The binding of its prefix; [`NONE`] for no namespace.
    pub(crate) binding: u32,
    /// The innermost binding in force inside it.
    pub(crate) scope: u32,
    /// How many bindings there were before it: its own and later ones have this index or more.
    pub(crate) bindings_before: u32,
    /// Its attributes, from and to.
    pub(crate) attributes: (u32, u32),
    pub(crate) parent: u32,
    /// The first element after everything inside it.
    pub(crate) after: u32,
    /// Bytes: its start tag, what follows the start tag, its end tag, what follows that.
    pub(crate) start: u32,
    pub(crate) inner: u32,
    pub(crate) close: u32,
    pub(crate) end: u32,
}

/// An attribute that is no declaration.
#[derive(Debug)]
pub(crate) struct Attribute<'i> {
    pub(crate) prefix: &'i str,
    /// Its local name.
    pub(crate) name: &'i str,
    /// The binding of its prefix; [`NONE`] for no namespace.
    pub(crate) binding: u32,
    pub(crate) value: Cow<'i, str>,
    /// Where it is written.
    pub(crate) at: u32,
}

/// A namespace declaration.
#[derive(Debug)]
pub(crate) struct Binding<'i> {
    /// Empty for the default namespace.
    pub(crate) prefix: &'i str,
    /// Empty when the default namespace is undone.
    pub(crate) namespace: Cow<'i, str>,
    /// The next one outwards.
    pub(crate) outer: u32,
}

impl<'i> Tree<'i> {
    /// The namespace of a binding.
    pub(crate) fn namespace(&self, binding: u32) -> &str {
        self.bindings
            .get(binding as usize)
            .map_or("", |binding| &binding.namespace)
    }

    /// The binding of a prefix, seen from a scope; [`NONE`] when there is none.
    pub(crate) fn resolve(&self, scope: u32, prefix: &str) -> u32 {
        resolve(&self.bindings, scope, prefix)
    }

    pub(crate) fn attributes_of(&self, element: u32) -> &[Attribute<'i>] {
        let (from, to) = self.elements[element as usize].attributes;
        &self.attributes[from as usize..to as usize]
    }

    /// The text directly inside an element and its child elements, in order.
    pub(crate) fn pieces(&self, element: u32) -> Pieces<'_, 'i> {
        let node = &self.elements[element as usize];
        Pieces {
            tree: self,
            at: node.inner,
            child: element + 1,
            after: node.after,
            close: node.close,
            gap: None,
        }
    }
}

/// Finds the binding of a prefix from the inside out.
pub(crate) fn resolve(bindings: &[Binding<'_>], mut scope: u32, prefix: &str) -> u32 {
    while let Some(binding) = bindings.get(scope as usize) {
        if same(binding.prefix, prefix) {
            return scope;
        }
        scope = binding.outer;
    }
    NONE
}

/// A piece of an element's content.
pub(crate) enum Piece<'i> {
    Text(Cow<'i, str>),
    Element(u32),
}

/// The pieces of one element's content, comments and instructions left out.
pub(crate) struct Pieces<'t, 'i> {
    tree: &'t Tree<'i>,
    at: u32,
    child: u32,
    after: u32,
    close: u32,
    /// The marks between two child elements.
    gap: Option<Tokens<'i>>,
}

impl<'i> Iterator for Pieces<'_, 'i> {
    type Item = Piece<'i>;

    fn next(&mut self) -> Option<Piece<'i>> {
        loop {
            if let Some(text) = self.gap.as_mut().and_then(next_text) {
                return Some(Piece::Text(text));
            }
            self.gap = None;
            let child = (self.child < self.after).then(|| &self.tree.elements[self.child as usize]);
            let until = child.map_or(self.close, |child| child.start);
            if self.at < until {
                let gap = &self.tree.text[self.at as usize..until as usize];
                self.at = until;
                self.gap = Some(Tokens::new(gap));
                continue;
            }
            let child = child?;
            let index = self.child;
            self.at = child.end;
            self.child = child.after;
            return Some(Piece::Element(index));
        }
    }
}

/// The next run of text or CDATA section, decoded. The text was checked, so its marks end at its
/// end and not at a flaw.
pub(crate) fn next_text<'i>(tokens: &mut Tokens<'i>) -> Option<Cow<'i, str>> {
    while let Ok(Some(token)) = tokens.next() {
        match token {
            Token::Text(raw) => return Some(decode::text(raw)),
            Token::Cdata(raw) => return Some(decode::literal(&raw[9..raw.len() - 3])),
            _ => {}
        }
    }
    None
}
