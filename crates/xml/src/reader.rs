//! Reading: a strict, read-only tree that borrows from its input.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::error::{Location, XmlError, XmlErrorKind};
use crate::scan::scan;
use crate::tokens::Tokens;
use crate::tree::{NONE, Node, Piece, Tree, XML, next_text};
use crate::words::same;
use crate::{Limits, Slice};

/// A parsed document. It borrows the text it was parsed from.
pub struct Document<'input> {
    tree: Tree<'input>,
}

/// An element of a [`Document`]; cheap to copy.
#[derive(Clone, Copy)]
pub struct Element<'doc, 'input> {
    tree: &'doc Tree<'input>,
    index: u32,
}

/// A piece of mixed content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content<'doc, 'input> {
    /// Text, references resolved.
    Text(Cow<'input, str>),
    /// An element.
    Element(Element<'doc, 'input>),
}

impl<'input> Document<'input> {
    /// Parses a message within [`Limits::MESSAGE`].
    pub fn parse(bytes: &'input [u8]) -> Result<Self, XmlError> {
        Self::parse_within(bytes, &Limits::MESSAGE)
    }

    /// Parses what may have a record in it that was taken as a message: within [`Limits::ANSWER`].
    pub fn parse_answer(bytes: &'input [u8]) -> Result<Self, XmlError> {
        Self::parse_within(bytes, &Limits::ANSWER)
    }

    /// Parses within other limits. A byte-order mark in front is set aside.
    pub fn parse_within(bytes: &'input [u8], limits: &Limits) -> Result<Self, XmlError> {
        let tree = scan(bytes, limits)?;
        Ok(Self { tree })
    }

    /// The document element.
    pub fn root(&self) -> Element<'_, 'input> {
        Element {
            tree: &self.tree,
            index: 0,
        }
    }

    /// The text it was parsed from, without a byte-order mark.
    pub fn source(&self) -> &'input str {
        self.tree.text
    }
}

impl fmt::Debug for Document<'_> {
    /// Nothing of the content: it may be a patient's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("bytes", &self.tree.text.len())
            .field("elements", &self.tree.elements.len())
            .finish()
    }
}

impl fmt::Debug for Element<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({})", self.name())
    }
}

/// The same element of the same document.
impl PartialEq for Element<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree.text, other.tree.text) && self.index == other.index
    }
}

impl Eq for Element<'_, '_> {}

impl<'doc, 'input> Element<'doc, 'input> {
    fn node(&self) -> &'doc Node<'input> {
        &self.tree.elements[self.index as usize]
    }

    fn at(&self, index: u32) -> Self {
        Self {
            tree: self.tree,
            index,
        }
    }

    /// The tree it belongs to, and its place in it.
    pub(crate) fn place(&self) -> (&'doc Tree<'input>, u32) {
        (self.tree, self.index)
    }

    /// The local name.
    pub fn name(&self) -> &'doc str {
        self.node().name
    }

    /// The namespace; empty when there is none.
    pub fn namespace(&self) -> &'doc str {
        self.tree.namespace(self.node().binding)
    }

    /// Whether it is this element.
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        same(self.name(), name) && same(self.namespace(), namespace)
    }

    /// An attribute without namespace.
    pub fn attribute(&self, name: &str) -> Option<&'doc str> {
        self.attribute_ns("", name)
    }

    /// An attribute in a namespace.
    pub fn attribute_ns(&self, namespace: &str, name: &str) -> Option<&'doc str> {
        let tree = self.tree;
        let mut attributes = tree.attributes_of(self.index).iter();
        attributes
            .find(|a| same(a.name, name) && same(tree.namespace(a.binding), namespace))
            .map(|a| &*a.value)
    }

    /// All attributes as `(namespace, name, value)`; the namespace is empty when there is none.
    pub fn attributes(
        &self,
    ) -> impl Iterator<Item = (&'doc str, &'doc str, &'doc str)> + use<'doc, 'input> {
        let tree = self.tree;
        tree.attributes_of(self.index)
            .iter()
            .map(|a| (tree.namespace(a.binding), a.name, &*a.value))
    }

    /// The child elements, in order.
    pub fn children(&self) -> impl Iterator<Item = Element<'doc, 'input>> + use<'doc, 'input> {
        let parent = *self;
        let after = self.node().after;
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            let child = (next < after).then(|| parent.at(next))?;
            next = child.node().after;
            Some(child)
        })
    }

    /// The child elements of this name, in order.
    pub fn children_named<'n>(
        &self,
        namespace: &'n str,
        name: &'n str,
    ) -> impl Iterator<Item = Element<'doc, 'input>> + use<'doc, 'input, 'n> {
        self.children()
            .filter(move |child| child.is(namespace, name))
    }

    /// The first child element of this name.
    pub fn child(&self, namespace: &str, name: &str) -> Option<Element<'doc, 'input>> {
        self.children().find(|child| child.is(namespace, name))
    }

    /// Walks down by first children of one namespace.
    pub fn path(&self, namespace: &str, names: &[&str]) -> Option<Element<'doc, 'input>> {
        names
            .iter()
            .try_fold(*self, |element, name| element.child(namespace, name))
    }

    /// Text and child elements in document order, comments left out: for mixed content.
    pub fn content(&self) -> impl Iterator<Item = Content<'doc, 'input>> + use<'doc, 'input> {
        let parent = *self;
        self.tree.pieces(self.index).map(move |piece| match piece {
            Piece::Text(text) => Content::Text(text),
            Piece::Element(index) => Content::Element(parent.at(index)),
        })
    }

    /// The only child element of this name: an error when there is none or more than one.
    pub fn one(&self, namespace: &str, name: &str) -> Result<Element<'doc, 'input>, XmlError> {
        let mut found = self.children_named(namespace, name);
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(self.error(format!("element {name} is missing"))),
            (_, Some(second)) => Err(second.error(format!("element {name} is given twice"))),
        }
    }

    /// At most one child element of this name: an error when there is more than one.
    pub fn optional(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Element<'doc, 'input>>, XmlError> {
        let mut found = self.children_named(namespace, name);
        match (found.next(), found.next()) {
            (_, Some(second)) => Err(second.error(format!("element {name} is given twice"))),
            (first, None) => Ok(first),
        }
    }

    /// An attribute without namespace that must be there and not be blank.
    pub fn required(&self, attribute: &str) -> Result<&'doc str, XmlError> {
        match self.attribute(attribute) {
            Some(value) if !value.trim().is_empty() => Ok(value),
            Some(_) => Err(self.error(format!("attribute {attribute} is blank"))),
            None => Err(self.error(format!("attribute {attribute} is missing"))),
        }
    }

    /// The first element of this name at any depth, this one included, in document order.
    pub fn find(&self, namespace: &str, name: &str) -> Option<Element<'doc, 'input>> {
        self.descendants()
            .find(|element| element.is(namespace, name))
    }

    /// This element and all below it, in document order.
    pub fn descendants(&self) -> impl Iterator<Item = Element<'doc, 'input>> + use<'doc, 'input> {
        let first = *self;
        (self.index..self.node().after).map(move |index| first.at(index))
    }

    /// The element around this one.
    pub fn parent(&self) -> Option<Element<'doc, 'input>> {
        match self.node().parent {
            NONE => None,
            parent => Some(self.at(parent)),
        }
    }

    /// Its own text: all text directly inside, comments and child elements left out.
    pub fn text(&self) -> Cow<'input, str> {
        let pieces = self.tree.pieces(self.index);
        joined(pieces.filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Element(_) => None,
        }))
    }

    /// All text inside, at any depth, comments left out.
    pub fn deep_text(&self) -> String {
        let node = self.node();
        let inside = &self.tree.text[node.inner as usize..node.close as usize];
        let mut tokens = Tokens::new(inside);
        std::iter::from_fn(|| next_text(&mut tokens)).collect()
    }

    /// The namespaces in scope, innermost first, as `(prefix, namespace)`; the default
    /// namespace has an empty prefix. The prefix `xml`, which is always there, is left out.
    pub fn namespaces(&self) -> impl Iterator<Item = (&'doc str, &'doc str)> + use<'doc, 'input> {
        let tree = self.tree;
        let scope = self.node().scope;
        let mut at = scope;
        std::iter::from_fn(move || {
            loop {
                let binding = tree.bindings.get(at as usize).filter(|_| at != XML)?;
                let index = std::mem::replace(&mut at, binding.outer);
                // One that is declared anew further inside, or undone, is not in force here.
                let in_force = tree.resolve(scope, binding.prefix) == index;
                if in_force && !binding.namespace.is_empty() && binding.prefix != "xml" {
                    return Some((binding.prefix, &*binding.namespace));
                }
            }
        })
    }

    /// Where it starts and ends in [`Document::source`], in bytes.
    pub fn range(&self) -> Range<usize> {
        self.node().start as usize..self.node().end as usize
    }

    /// Its exact text, from its start tag to its end tag.
    pub fn source(&self) -> &'input str {
        &self.tree.text[self.range()]
    }

    /// Its exact bytes with what they inherit: see [`Slice`].
    pub fn slice(&self) -> Slice<'input> {
        Slice::of(*self)
    }

    /// Where it is.
    pub fn location(&self) -> Location {
        let mut names = vec![self.name()];
        names.extend(std::iter::successors(self.parent(), Element::parent).map(|e| e.name()));
        names.reverse();
        Location::in_text(self.tree.text, self.range().start, names)
    }

    /// An error of content, at this element.
    pub fn error(&self, message: impl Into<String>) -> XmlError {
        XmlError {
            kind: XmlErrorKind::Content,
            location: self.location(),
            message: message.into(),
        }
    }
}

/// Pieces of text as one; mostly there is one, and nothing is copied.
fn joined<'i>(mut pieces: impl Iterator<Item = Cow<'i, str>>) -> Cow<'i, str> {
    match (pieces.next(), pieces.next()) {
        (None, _) => Cow::Borrowed(""),
        (Some(only), None) => only,
        (Some(first), Some(second)) => {
            let mut all = first.into_owned() + &second;
            pieces.for_each(|piece| all.push_str(&piece));
            Cow::Owned(all)
        }
    }
}
