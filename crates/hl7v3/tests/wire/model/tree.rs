//! A document as a plain tree, to compare and to damage: independent of the model.

use std::fmt;

use xml::{Content, Element, Writer, ns};

/// An element with everything inside, prefixes resolved, blank text left out.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Tree {
    namespace: String,
    name: String,
    /// Sorted.
    attributes: Vec<(String, String, String)>,
    content: Vec<Node>,
}

#[derive(Clone, PartialEq, Eq)]
enum Node {
    Text(String),
    Element(Tree),
}

impl Tree {
    pub(super) fn of(element: Element<'_, '_>) -> Self {
        let mut attributes: Vec<_> = element
            .attributes()
            .map(|(namespace, name, value)| {
                let value = match (namespace, name) {
                    (ns::XSI, "type") => unprefixed(element, value),
                    _ => value.to_owned(),
                };
                (namespace.to_owned(), name.to_owned(), value)
            })
            .collect();
        attributes.sort();
        let mut content: Vec<Node> = Vec::new();
        for piece in element.content() {
            match (piece, content.last_mut()) {
                (Content::Text(text), Some(Node::Text(before))) => before.push_str(&text),
                (Content::Text(text), _) => content.push(Node::Text(text.into_owned())),
                (Content::Element(child), _) => content.push(Node::Element(Self::of(child))),
            }
        }
        content.retain(|node| !matches!(node, Node::Text(text) if text.trim().is_empty()));
        Self {
            namespace: element.namespace().to_owned(),
            name: element.name().to_owned(),
            attributes,
            content,
        }
    }

    /// The first place where two differ, and what comes before it.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let (ours, theirs) = (self.to_string(), other.to_string());
        if self == other {
            return None;
        }
        let common = ours
            .lines()
            .zip(theirs.lines())
            .take_while(|(a, b)| a == b)
            .count();
        let lines = |text: &str, from: usize, to: usize| -> Vec<String> {
            text.lines()
                .skip(from)
                .take(to - from)
                .map(str::to_owned)
                .collect()
        };
        let before = lines(&ours, common.saturating_sub(20), common).join("\n");
        let (ours, theirs) = (
            lines(&ours, common, common + 4),
            lines(&theirs, common, common + 4),
        );
        Some(format!("{before}\nwritten: {ours:#?}\nread: {theirs:#?}"))
    }

    /// The document, written.
    pub(super) fn written(&self) -> String {
        let mut w = Writer::new();
        self.write(&mut w, "");
        String::from_utf8(w.finish()).expect("UTF-8")
    }

    fn write(&self, w: &mut Writer, around: &str) {
        let mut attributes = Vec::new();
        if self.namespace != around {
            attributes.push(("xmlns".to_owned(), self.namespace.clone()));
        }
        for (at, (namespace, name, value)) in self.attributes.iter().enumerate() {
            if namespace.is_empty() {
                attributes.push((name.clone(), value.clone()));
            } else if namespace == ns::XML {
                attributes.push((format!("xml:{name}"), value.clone()));
            } else {
                attributes.push((format!("xmlns:n{at}"), namespace.clone()));
                attributes.push((format!("n{at}:{name}"), value.clone()));
            }
        }
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        w.element(&self.name, &attributes, |w| {
            for node in &self.content {
                match node {
                    Node::Text(text) => w.text(text),
                    Node::Element(tree) => tree.write(w, &self.namespace),
                }
            }
        });
    }

    /// Changes something somewhere below the header; `what` says what and where.
    pub(super) fn change(&mut self, [place, what, which, other]: [u16; 4]) {
        let mut nodes = Vec::new();
        for node in &mut self.content {
            if let Node::Element(tree) = node
                && matches!(tree.name.as_str(), "excerptFrom" | "pertinentInformation2")
            {
                nodes.push(tree);
            }
        }
        let at = usize::from(which) % nodes.len();
        let mut node = nodes.swap_remove(at);
        // Down by the digits of `place`, until they are used up or there is nothing below.
        let mut place = usize::from(place);
        while place > 0 {
            let below = node
                .content
                .iter()
                .filter(|n| matches!(n, Node::Element(_)))
                .count();
            if below == 0 {
                break;
            }
            let next = place % below;
            place /= 2;
            let mut children = node.content.iter_mut().filter_map(|child| match child {
                Node::Element(tree) => Some(tree),
                Node::Text(_) => None,
            });
            node = children.nth(next).expect("counted");
        }
        node.damage(what, usize::from(other));
    }

    fn damage(&mut self, what: u16, other: usize) {
        let at = other % (self.content.len() + 1);
        let new = |namespace: &str, name: &str| {
            Node::Element(Self {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                attributes: vec![(String::new(), "a".to_owned(), other.to_string())],
                content: vec![Node::Text(" words ".to_owned())],
            })
        };
        match what % 10 {
            0 => self.content.insert(at, new(ns::HL7, "unknown")),
            1 => self.content.insert(at, new("urn:other", "id")),
            2 => self.content.insert(at, new("", "code")),
            3 => self.content.insert(at, Node::Text(" stray ".to_owned())),
            4 => {
                let again = self.content.get(at).cloned();
                self.content.extend(again);
            }
            5 => self.content.reverse(),
            6 if !self.content.is_empty() => {
                let by = at % self.content.len();
                self.content.rotate_left(by);
            }
            7 => drop(self.content.pop()),
            8 => drop(self.attributes.pop()),
            _ => {
                let namespace = ["", "urn:other", ns::XSI, ns::XML][other % 4];
                let key = (namespace.to_owned(), "typeCode".to_owned());
                self.attributes
                    .retain(|(namespace, name, _)| (namespace, name) != (&key.0, &key.1));
                self.attributes.push((key.0, key.1, "é \"<\n".to_owned()));
                self.attributes.sort();
            }
        }
        // Two texts in a row would be one when read.
        self.content.dedup_by(|b, a| match (a, b) {
            (Node::Text(a), Node::Text(b)) => {
                a.push_str(b);
                true
            }
            _ => false,
        });
    }
}

fn unprefixed(element: Element<'_, '_>, value: &str) -> String {
    let value = value.trim();
    match value.split_once(':') {
        Some((prefix, local)) if element.namespaces().any(|it| it == (prefix, ns::HL7)) => {
            local.to_owned()
        }
        _ => value.to_owned(),
    }
}

impl fmt::Display for Tree {
    /// One line for each thing, so that a difference is found.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn show(tree: &Tree, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            writeln!(f, "{:depth$}{{{}}}{}", "", tree.namespace, tree.name)?;
            for (namespace, name, value) in &tree.attributes {
                writeln!(f, "{:depth$} @{{{namespace}}}{name}={value:?}", "")?;
            }
            for node in &tree.content {
                match node {
                    Node::Text(text) => writeln!(f, "{:depth$} {text:?}", "")?,
                    Node::Element(tree) => show(tree, depth + 1, f)?,
                }
            }
            Ok(())
        }
        show(self, 0, f)
    }
}
