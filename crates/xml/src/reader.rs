//! Reading: a strict, read-only tree that borrows from its input.

use std::borrow::Cow;
use std::ops::Range;

use crate::error::{Location, XmlError, XmlErrorKind, path};
use crate::malformed::malformed;
use crate::preflight::preflight;
use crate::{Limits, Slice};

/// A parsed document. It borrows the text it was parsed from.
#[derive(Debug)]
pub struct Document<'input> {
    tree: roxmltree::Document<'input>,
}

/// An element of a [`Document`]; cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'doc, 'input> {
    node: roxmltree::Node<'doc, 'input>,
}

/// A piece of mixed content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'doc, 'input> {
    /// Text, references resolved.
    Text(&'doc str),
    /// An element.
    Element(Element<'doc, 'input>),
}

impl<'input> Document<'input> {
    /// Parses a message within [`Limits::MESSAGE`].
    pub fn parse(bytes: &'input [u8]) -> Result<Self, XmlError> {
        Self::parse_within(bytes, &Limits::MESSAGE)
    }

    /// Parses within other limits. A byte-order mark in front is set aside.
    pub fn parse_within(bytes: &'input [u8], limits: &Limits) -> Result<Self, XmlError> {
        let text = preflight(bytes, limits)?;
        let options = roxmltree::ParsingOptions {
            allow_dtd: false,
            ..Default::default()
        };
        let tree = roxmltree::Document::parse_with_options(text, options)
            .map_err(|error| malformed(text, &error))?;
        Ok(Self { tree })
    }

    /// The document element.
    pub fn root(&self) -> Element<'_, 'input> {
        Element {
            node: self.tree.root_element(),
        }
    }

    /// The text it was parsed from, without a byte-order mark.
    pub fn source(&self) -> &'input str {
        self.tree.input_text()
    }
}

impl<'doc, 'input> Element<'doc, 'input> {
    /// The local name.
    pub fn name(&self) -> &'doc str {
        self.node.tag_name().name()
    }

    /// The namespace; empty when there is none.
    pub fn namespace(&self) -> &'doc str {
        self.node.tag_name().namespace().unwrap_or_default()
    }

    /// Whether it is this element.
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.name() == name && self.namespace() == namespace
    }

    /// An attribute without namespace.
    pub fn attribute(&self, name: &str) -> Option<&'doc str> {
        self.node.attribute(name)
    }

    /// An attribute in a namespace.
    pub fn attribute_ns(&self, namespace: &str, name: &str) -> Option<&'doc str> {
        self.node.attribute((namespace, name))
    }

    /// All attributes as `(namespace, name, value)`; the namespace is empty when there is none.
    pub fn attributes(
        &self,
    ) -> impl Iterator<Item = (&'doc str, &'doc str, &'doc str)> + use<'doc, 'input> {
        self.node
            .attributes()
            .map(|a| (a.namespace().unwrap_or_default(), a.name(), a.value()))
    }

    /// The child elements, in order.
    pub fn children(&self) -> impl Iterator<Item = Element<'doc, 'input>> + use<'doc, 'input> {
        self.node
            .children()
            .filter(roxmltree::Node::is_element)
            .map(|node| Element { node })
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
        self.node
            .children()
            .filter_map(|node| match node.is_element() {
                true => Some(Content::Element(Element { node })),
                false if node.is_text() => node.text().map(Content::Text),
                false => None,
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
        self.node
            .descendants()
            .filter(roxmltree::Node::is_element)
            .map(|node| Element { node })
    }

    /// The element around this one.
    pub fn parent(&self) -> Option<Element<'doc, 'input>> {
        self.node.parent_element().map(|node| Element { node })
    }

    /// Its own text: all text directly inside, comments and child elements left out.
    pub fn text(&self) -> Cow<'doc, str> {
        let mut pieces = self.node.children().filter(roxmltree::Node::is_text);
        match (
            pieces.next().and_then(|n| n.text()),
            pieces.next().and_then(|n| n.text()),
        ) {
            (None, _) => Cow::Borrowed(""),
            (Some(only), None) => Cow::Borrowed(only),
            (Some(first), Some(second)) => {
                let rest = pieces.filter_map(|n| n.text());
                Cow::Owned([first, second].into_iter().chain(rest).collect())
            }
        }
    }

    /// All text inside, at any depth, comments left out.
    pub fn deep_text(&self) -> String {
        self.node
            .descendants()
            .filter(roxmltree::Node::is_text)
            .filter_map(|n| n.text())
            .collect()
    }

    /// The namespaces in scope, innermost first, as `(prefix, namespace)`; the default
    /// namespace has an empty prefix.
    pub fn namespaces(&self) -> impl Iterator<Item = (&'doc str, &'doc str)> + use<'doc, 'input> {
        self.node
            .namespaces()
            .map(|n| (n.name().unwrap_or_default(), n.uri()))
    }

    /// Where it starts and ends in [`Document::source`], in bytes.
    pub fn range(&self) -> Range<usize> {
        self.node.range()
    }

    /// Its exact text, from its start tag to its end tag.
    pub fn source(&self) -> &'input str {
        &self.node.document().input_text()[self.range()]
    }

    /// Its exact bytes with what they inherit: see [`Slice`].
    pub fn slice(&self) -> Slice<'input> {
        Slice::of(*self)
    }

    /// Where it is.
    pub fn location(&self) -> Location {
        let at = self.node.document().text_pos_at(self.range().start);
        let mut names: Vec<_> = self
            .node
            .ancestors()
            .filter(roxmltree::Node::is_element)
            .map(|n| n.tag_name().name())
            .collect();
        names.reverse();
        Location {
            line: at.row,
            column: at.col,
            path: path(names),
        }
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
