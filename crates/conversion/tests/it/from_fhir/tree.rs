//! XML as a tree that can be compared: without prefixes, white space around text and the order of
//! attributes.

use xml::{Content, Element};

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Tree>,
}

impl Tree {
    pub(crate) fn of(element: Element<'_, '_>) -> Self {
        let mut attributes: Vec<_> = element
            .attributes()
            .filter(|(_, name, _)| *name != "schemaLocation")
            .map(|(_, name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        attributes.sort();
        let (mut text, mut children) = (String::new(), Vec::new());
        for piece in element.content() {
            match piece {
                Content::Text(part) => text.push_str(&part),
                Content::Element(child) => children.push(Self::of(child)),
            }
        }
        Self {
            name: element.name().to_owned(),
            attributes,
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            children,
        }
    }

    /// The names of the elements, as they stand in each other.
    pub(crate) fn names(&self) -> String {
        let children: Vec<String> = self.children.iter().map(Self::names).collect();
        format!("{}({})", self.name, children.join(" "))
    }

    /// Where two trees differ first.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let here = |what: &str, a: &dyn std::fmt::Debug, b: &dyn std::fmt::Debug| {
            Some(format!("{} {what}: {a:?} != {b:?}", self.name))
        };
        if self.name != other.name {
            return here("name", &self.name, &other.name);
        }
        if self.attributes != other.attributes {
            return here("attributes", &self.attributes, &other.attributes);
        }
        if self.text != other.text {
            return here("text", &self.text, &other.text);
        }
        let names = |tree: &Self| -> Vec<String> {
            tree.children
                .iter()
                .map(|child| child.name.clone())
                .collect()
        };
        if self.children.len() != other.children.len() {
            return here("children", &names(self), &names(other));
        }
        let mut pairs = self.children.iter().zip(&other.children);
        pairs.find_map(|(a, b)| Some(format!("{}/{}", self.name, a.difference(b)?)))
    }
}
