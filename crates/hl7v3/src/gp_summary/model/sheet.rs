//! Writing one element: its known parts in the schema's order or, where it was read in another,
//! in that, and its unknown parts in between, where they stood.

use std::borrow::Cow;

use xml::{Writer, ns};

use super::extra::{Extra, Piece, push_attributes};
use super::node::{Fixed, Node};

/// An element that is being put together.
pub(super) struct Sheet<'a> {
    extra: &'a Extra,
    attributes: Vec<(&'a str, &'a str)>,
    text: &'a str,
    children: Vec<Child<'a>>,
}

#[derive(Clone, Copy)]
enum Child<'a> {
    Node(&'a str, &'a dyn Node),
    Fixed(&'a Fixed),
    Piece(&'a Piece),
}

impl<'a> Sheet<'a> {
    pub(super) fn new(extra: &'a Extra) -> Self {
        Self {
            extra,
            attributes: Vec::new(),
            text: "",
            children: Vec::new(),
        }
    }

    pub(super) fn fixed(&mut self, name: &'a str, value: &'a str) {
        let is_it = |lacking: &str| lacking.strip_prefix('@') == Some(name);
        if !self.extra.lacks(is_it) {
            self.attribute(name, Some(value));
        }
    }

    pub(super) fn attribute(&mut self, name: &'a str, value: Option<&'a str>) {
        self.attributes.extend(value.map(|value| (name, value)));
    }

    pub(super) fn text(&mut self, text: &'a str) {
        self.text = text;
    }

    pub(super) fn fixed_child(&mut self, fixed: &'a Fixed) {
        if !self.extra.lacks(|lacking| lacking == fixed.name) {
            self.children.push(Child::Fixed(fixed));
        }
    }

    pub(super) fn child(&mut self, name: &'a str, node: &'a dyn Node) {
        self.children.push(Child::Node(name, node));
    }

    pub(super) fn write(mut self, w: &mut Writer, name: &str) {
        let text = self.text;
        let children = self.arranged();
        self.with_attributes(|attributes| {
            if children.is_empty() && text.is_empty() {
                return w.empty(name, attributes);
            }
            w.element(name, attributes, |w| {
                w.text(text);
                for child in children {
                    child.write(w);
                }
            });
        });
    }

    /// Hands over the attributes. The type comes first, as people expect it; of the others,
    /// those that nobody has a field for come last.
    pub(super) fn with_attributes(self, then: impl FnOnce(&[(&str, &str)])) {
        let others = self.extra.attributes();
        if others.is_empty() {
            return then(&self.attributes);
        }
        let known = self.attributes.into_iter();
        let mut all: Vec<_> = known
            .map(|(name, value)| (Cow::Borrowed(name), value))
            .collect();
        push_attributes(others, &mut all);
        all.sort_by_key(|(name, _)| name != "xsi:type");
        let all: Vec<(&str, &str)> = all
            .iter()
            .map(|(name, value)| (name.as_ref(), *value))
            .collect();
        then(&all);
    }

    /// The children, with the unknown ones in their places.
    fn arranged(&mut self) -> Vec<Child<'a>> {
        let mut known = std::mem::take(&mut self.children);
        let order = self.extra.order();
        if order.len() == known.len() {
            let mut ranked: Vec<_> = order.iter().zip(known).collect();
            ranked.sort_by_key(|(rank, _)| **rank);
            known = ranked.into_iter().map(|(_, child)| child).collect();
        }
        let placed = self.extra.placed();
        if placed.is_empty() {
            return known;
        }
        let mut all = Vec::with_capacity(known.len() + placed.len());
        let mut known = known.into_iter();
        for (place, piece) in placed {
            let missing = place.saturating_sub(all.len());
            all.extend(known.by_ref().take(missing));
            all.push(Child::Piece(piece));
        }
        all.extend(known);
        all
    }
}

impl Child<'_> {
    fn write(&self, w: &mut Writer) {
        match self {
            Self::Node(name, node) => node.write(w, name),
            Self::Fixed(fixed) => w.empty(fixed.name, fixed.attributes),
            Self::Piece(piece) => piece.write(w, ns::HL7),
        }
    }
}
