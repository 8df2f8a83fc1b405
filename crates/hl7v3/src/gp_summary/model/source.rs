//! Reading one element: what is asked for is taken, what is left is kept.

use xml::{Content, Element, ns};

use super::extra::{Attribute, Extra, Kept, Piece, Raw};
use super::node::{Fixed, Node};

/// An element that is being read.
pub(super) struct Source<'d, 'i> {
    element: Element<'d, 'i>,
    items: Vec<Item<'d, 'i>>,
    /// Names of attributes without namespace that were asked for and found.
    attributes: Vec<&'d str>,
    lacks: Vec<String>,
    /// The places of the children that were taken, in the order they were asked for.
    places: Vec<usize>,
}

/// A child that has not been taken, or that has.
enum Item<'d, 'i> {
    Element(Element<'d, 'i>),
    /// Text that is not blank.
    Text(String),
    Taken,
}

impl<'d, 'i> Source<'d, 'i> {
    pub(super) fn of(element: Element<'d, 'i>) -> Self {
        let mut items: Vec<Item<'_, '_>> = Vec::new();
        for piece in element.content() {
            match (piece, items.last_mut()) {
                (Content::Text(text), Some(Item::Text(before))) => before.push_str(&text),
                (Content::Text(text), _) => items.push(Item::Text(text.into_owned())),
                (Content::Element(child), _) => items.push(Item::Element(child)),
            }
        }
        items.retain(|item| !matches!(item, Item::Text(text) if text.trim().is_empty()));
        Self {
            element,
            items,
            attributes: Vec::new(),
            lacks: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Takes an attribute.
    pub(super) fn attribute(&mut self, name: &'static str) -> Option<String> {
        let value = self.element.attribute(name)?;
        self.attributes.push(name);
        Some(value.to_owned())
    }

    /// Takes an attribute that should have this value.
    pub(super) fn fixed(&mut self, name: &'static str, value: &str) {
        if self.element.attribute(name) == Some(value) {
            self.attributes.push(name);
        } else {
            self.lacks.push(["@", name].concat());
        }
    }

    /// Takes all text, exactly as it is, where there is nothing but text.
    pub(super) fn text(&mut self) -> String {
        if self.element.children().next().is_some() {
            return String::new();
        }
        self.items.clear();
        self.element.text().into_owned()
    }

    /// Takes a child that should say this.
    pub(super) fn fixed_child(&mut self, fixed: &Fixed) {
        let says = |child: Element<'_, '_>| {
            let attributes = fixed.attributes.iter();
            child.attributes().count() == fixed.attributes.len()
                && child.content().next().is_none()
                && attributes
                    .into_iter()
                    .all(|(name, value)| child.attribute(name) == Some(value))
        };
        let place = self.first(|child| child.name() == fixed.name);
        match place.and_then(|place| Some((place, self.element_at(place)?))) {
            Some((place, child)) if says(child) => {
                self.take(place);
            }
            _ => self.lacks.push(fixed.name.to_owned()),
        }
    }

    /// Takes the first child that is one of these.
    pub(super) fn child<T: Node>(&mut self, is: impl Fn(Element<'_, '_>) -> bool) -> Option<T> {
        let place = self.first(is)?;
        self.take(place).map(T::read)
    }

    /// Takes every child that is one of these.
    pub(super) fn children<T: Node>(&mut self, is: impl Fn(Element<'_, '_>) -> bool) -> Vec<T> {
        let mut taken = Vec::new();
        for place in 0..self.items.len() {
            if self.element_at(place).is_some_and(&is) {
                taken.extend(self.take(place).map(T::read));
            }
        }
        taken
    }

    /// The place of the first child of the HL7 namespace that is one of these.
    fn first(&self, is: impl Fn(Element<'_, '_>) -> bool) -> Option<usize> {
        (0..self.items.len()).find(|place| self.element_at(*place).is_some_and(&is))
    }

    /// A child of the HL7 namespace that has not been taken.
    fn element_at(&self, place: usize) -> Option<Element<'d, 'i>> {
        match self.items.get(place) {
            Some(Item::Element(child)) if child.namespace() == ns::HL7 => Some(*child),
            _ => None,
        }
    }

    fn take(&mut self, place: usize) -> Option<Element<'d, 'i>> {
        let child = self.element_at(place)?;
        *self.items.get_mut(place)? = Item::Taken;
        self.places.push(place);
        Some(child)
    }

    /// Everything that nobody asked for.
    pub(super) fn extra(self) -> Extra {
        let element = self.element;
        let asked =
            |namespace: &str, name: &str| namespace.is_empty() && self.attributes.contains(&name);
        let attributes = element
            .attributes()
            .filter(|(namespace, name, _)| !asked(namespace, name))
            .map(|attribute| Attribute::of(element, attribute))
            .collect();
        let pieces = self.items.into_iter().enumerate();
        let pieces = pieces.filter_map(|(place, item)| match item {
            Item::Element(child) => Some((place, Piece::Element(Raw::of(child)))),
            Item::Text(text) => Some((place, Piece::Text(text))),
            Item::Taken => None,
        });
        Extra::of(Kept {
            attributes,
            pieces: pieces.collect(),
            lacks: self.lacks,
            order: ranks(&self.places),
        })
    }
}

/// The rank of each place among all; nothing when they only rise.
fn ranks(places: &[usize]) -> Vec<usize> {
    if places.is_sorted() {
        return Vec::new();
    }
    let mut by_place: Vec<usize> = (0..places.len()).collect();
    by_place.sort_unstable_by_key(|child| places.get(*child));
    let mut ranks = vec![0; places.len()];
    for (rank, child) in by_place.into_iter().enumerate() {
        if let Some(slot) = ranks.get_mut(child) {
            *slot = rank;
        }
    }
    ranks
}
