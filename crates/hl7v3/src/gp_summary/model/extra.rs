//! What the model has no name for, kept so that nothing of a document is lost.

use std::borrow::Cow;
use std::fmt;

use xml::{Content, Element, Writer, ns};

/// An attribute that the model has no field for.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its namespace; empty when there is none.
    pub namespace: String,
    /// Its local name.
    pub name: String,
    /// Its value. Of `xsi:type`, the name without the prefix where the prefix stands for HL7.
    pub value: String,
}

/// An element that the model has no type for, with everything inside. Comments are left out.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw {
    /// Its namespace; empty when there is none.
    pub namespace: String,
    /// Its local name.
    pub name: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Its text and elements, in order, white space included.
    pub content: Vec<Piece>,
}

/// A piece of content.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text.
    Text(String),
    /// An element.
    Element(Raw),
}

/// What a node of the model holds beside its fields: unknown attributes and pieces, which of
/// the fixed parts it lacks, and the order of its children where that is not the schema's.
///
/// A node that is built rather than read has none of it, and is then written as the schema has it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Extra(Option<Box<Kept>>);

#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Kept {
    pub(super) attributes: Vec<Attribute>,
    /// With how many other children and pieces stand before each.
    pub(super) pieces: Vec<(usize, Piece)>,
    /// Fixed attributes (`@classCode`) and fixed children (`templateId`) that are not there, or
    /// not as they should be.
    pub(super) lacks: Vec<String>,
    /// Of every known child, in the schema's order, its rank among them; empty when that is
    /// simply 0, 1, 2…
    pub(super) order: Vec<usize>,
}

macro_rules! no_content_in_debug {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            /// Nothing of the content: it is a patient's.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
no_content_in_debug!(Attribute Raw Piece Extra);

impl Extra {
    pub(super) fn of(kept: Kept) -> Self {
        let Kept {
            attributes,
            pieces,
            lacks,
            order,
        } = &kept;
        let is_nothing =
            attributes.is_empty() && pieces.is_empty() && lacks.is_empty() && order.is_empty();
        Self((!is_nothing).then(|| Box::new(kept)))
    }

    /// Whether there is nothing of the kind.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The attributes that the node has no field for.
    pub fn attributes(&self) -> &[Attribute] {
        self.0.as_ref().map_or(&[], |kept| &kept.attributes)
    }

    /// The value of such an attribute.
    pub fn attribute(&self, namespace: &str, name: &str) -> Option<&str> {
        let mut attributes = self.attributes().iter();
        attributes
            .find(|a| a.namespace == namespace && a.name == name)
            .map(|a| a.value.as_str())
    }

    /// The elements and stray texts that the node has no field for.
    pub fn pieces(&self) -> impl Iterator<Item = &Piece> {
        let kept = self.0.as_deref();
        kept.into_iter()
            .flat_map(|kept| kept.pieces.iter().map(|(_, piece)| piece))
    }

    /// Adds an attribute, or gives it another value.
    pub fn set_attribute(&mut self, namespace: &str, name: &str, value: &str) {
        let attributes = &mut self.0.get_or_insert_default().attributes;
        attributes.retain(|a| !(a.namespace == namespace && a.name == name));
        attributes.push(Attribute {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }

    /// Gives an attribute that the schema fixes (`classCode`) another value: some senders do.
    pub fn set_fixed_attribute(&mut self, name: &str, value: &str) {
        self.set_attribute("", name, value);
        let lacks = &mut self.0.get_or_insert_default().lacks;
        let lacking = ["@", name].concat();
        if !lacks.contains(&lacking) {
            lacks.push(lacking);
        }
    }

    pub(super) fn lacks(&self, fixed: impl Fn(&str) -> bool) -> bool {
        let kept = self.0.as_ref();
        kept.is_some_and(|kept| kept.lacks.iter().any(|lacking| fixed(lacking)))
    }

    pub(super) fn order(&self) -> &[usize] {
        self.0.as_ref().map_or(&[], |kept| &kept.order)
    }

    pub(super) fn placed(&self) -> &[(usize, Piece)] {
        self.0.as_ref().map_or(&[], |kept| &kept.pieces)
    }
}

impl Attribute {
    pub(super) fn of(
        element: Element<'_, '_>,
        (namespace, name, value): (&str, &str, &str),
    ) -> Self {
        let value = match (namespace, name) {
            (ns::XSI, "type") => without_hl7_prefix(element, value),
            _ => value,
        };
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// The name of a type. Ours are written where the default namespace is HL7's.
pub(super) fn without_hl7_prefix<'v>(element: Element<'_, '_>, value: &'v str) -> &'v str {
    let value = value.trim();
    match value.split_once(':') {
        Some((prefix, local)) if element.namespaces().any(|it| it == (prefix, ns::HL7)) => local,
        _ => value,
    }
}

impl Raw {
    /// Copies an element with everything inside.
    pub fn of(element: Element<'_, '_>) -> Self {
        let mut content = Vec::new();
        for piece in element.content() {
            match piece {
                Content::Text(text) => push_text(&mut content, &text),
                Content::Element(child) => content.push(Piece::Element(Self::of(child))),
            }
        }
        let attributes = element.attributes();
        Self {
            namespace: element.namespace().to_owned(),
            name: element.name().to_owned(),
            attributes: attributes.map(|a| Attribute::of(element, a)).collect(),
            content,
        }
    }

    /// Writes it where `around` is the default namespace.
    pub(super) fn write(&self, w: &mut Writer, around: &str) {
        let mut attributes: Vec<(Cow<'_, str>, &str)> = Vec::new();
        if self.namespace != around {
            attributes.push((Cow::Borrowed("xmlns"), &self.namespace));
        }
        push_attributes(&self.attributes, &mut attributes);
        let attributes: Vec<(&str, &str)> = attributes
            .iter()
            .map(|(name, value)| (name.as_ref(), *value))
            .collect();
        if self.content.is_empty() {
            return w.empty(&self.name, &attributes);
        }
        w.element(&self.name, &attributes, |w| {
            for piece in &self.content {
                piece.write(w, &self.namespace);
            }
        });
    }
}

impl Piece {
    pub(super) fn write(&self, w: &mut Writer, around: &str) {
        match self {
            Self::Text(text) => w.text(text),
            Self::Element(raw) => raw.write(w, around),
        }
    }
}

/// Adds text, joined to text that comes just before.
fn push_text(content: &mut Vec<Piece>, text: &str) {
    match content.last_mut() {
        Some(Piece::Text(before)) => before.push_str(text),
        _ => content.push(Piece::Text(text.to_owned())),
    }
}

/// Attributes under names they can be written with: namespaces other than those that every
/// document of ours declares get a prefix of their own.
pub(super) fn push_attributes<'a>(
    attributes: &'a [Attribute],
    written: &mut Vec<(Cow<'a, str>, &'a str)>,
) {
    for (at, attribute) in attributes.iter().enumerate() {
        let Attribute {
            namespace,
            name,
            value,
        } = attribute;
        let name = match namespace.as_str() {
            "" => Cow::Borrowed(name.as_str()),
            ns::XSI => Cow::Owned(["xsi:", name].concat()),
            ns::XML => Cow::Owned(["xml:", name].concat()),
            other => {
                let prefix = format!("a{at}");
                written.push((Cow::Owned(["xmlns:", &prefix].concat()), other));
                Cow::Owned([&prefix, ":", name].concat())
            }
        };
        written.push((name, value));
    }
}
