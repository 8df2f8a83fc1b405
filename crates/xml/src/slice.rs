//! The exact bytes of an element, and what they need around them to mean the same elsewhere.

use crate::Element;
use crate::tokens::{Token, Tokens};

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
        let bytes = element.source();
        let around: Vec<(&str, &str)> = element
            .parent()
            .map(|parent| parent.namespaces().collect())
            .unwrap_or_default();
        let namespace_of = |prefix: &str| {
            around
                .iter()
                .find(|(p, _)| *p == prefix)
                .map(|(_, uri)| *uri)
        };

        let mut used = Prefixes::default();
        used.read(bytes);
        if used.any {
            used.free.extend(around.iter().map(|(prefix, _)| *prefix));
        }
        used.free.sort_unstable();
        used.free.dedup();
        let inherited = used
            .free
            .iter()
            .filter_map(|prefix| match namespace_of(prefix) {
                Some(namespace) => Some((String::from(*prefix), namespace.to_owned())),
                // Nothing is bound to it out there: names without prefix must stay in no namespace.
                None if prefix.is_empty() => Some((String::new(), String::new())),
                // `xml`, or a colon in a value that only looked like a prefix.
                None => None,
            });
        Self {
            bytes,
            inherited: inherited.collect(),
        }
    }

    /// Copies of both parts, for keeping.
    pub fn to_owned_parts(&self) -> (Vec<u8>, Vec<(String, String)>) {
        (self.bytes.as_bytes().to_vec(), self.inherited.clone())
    }
}

/// The prefixes that a piece of XML uses outside the reach of its own declarations.
#[derive(Default)]
struct Prefixes<'i> {
    /// The result; an empty one is the default namespace.
    free: Vec<&'i str>,
    /// A value could not be told without decoding it, so any prefix may be used.
    any: bool,
    /// Declarations in force, each with the depth it was made at.
    declared: Vec<(usize, &'i str)>,
    /// Prefixes of the start tag being read: its declarations may yet follow.
    pending: Vec<&'i str>,
}

impl<'i> Prefixes<'i> {
    fn read(&mut self, text: &'i str) {
        let mut tokens = Tokens::new(text);
        let mut depth = 0;
        // The text comes from a parsed document, so the loop ends at its end and not at a flaw.
        while let Ok(Some(token)) = tokens.next() {
            match token {
                Token::Open(name) => {
                    depth += 1;
                    self.pending.push(split(name).0);
                }
                Token::Attribute(name, value) => self.attribute(name, value, depth),
                Token::Opened => self.settle(),
                Token::Emptied => {
                    self.settle();
                    self.leave(&mut depth);
                }
                Token::Close(_) => self.leave(&mut depth),
                _ => {}
            }
        }
    }

    fn attribute(&mut self, name: &'i str, value: &'i str, depth: usize) {
        match split(name) {
            ("", "xmlns") => self.declared.push((depth, "")),
            ("xmlns", prefix) => self.declared.push((depth, prefix)),
            ("", _) => {}
            (prefix, local) => {
                self.pending.push(prefix);
                // Only `xsi:type` holds a name, but which prefix is XSI's is not known here;
                // taking too many prefixes along does no harm.
                if local == "type" {
                    self.any |= value.contains('&');
                    self.pending.push(split(value.trim_ascii()).0);
                }
            }
        }
    }

    fn settle(&mut self) {
        for prefix in self.pending.drain(..) {
            let mut declared = self.declared.iter().map(|(_, prefix)| prefix);
            if !declared.any(|declared| same(declared, prefix))
                && !self.free.iter().any(|free| same(free, prefix))
            {
                self.free.push(prefix);
            }
        }
    }

    fn leave(&mut self, depth: &mut usize) {
        while self.declared.last().is_some_and(|(at, _)| *at >= *depth) {
            self.declared.pop();
        }
        *depth = depth.saturating_sub(1);
    }
}

/// Whether two prefixes are equal. Most are empty, and a comparison of nothing with nothing by the
/// C library is slow on some processors: it looks, masked, at addresses that are not there.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

/// `(prefix, local name)`; the prefix is empty when there is none.
pub(crate) fn split(name: &str) -> (&str, &str) {
    // Names are short: a plain loop finds a colon sooner than a search that has to be set up.
    match name.bytes().position(|byte| byte == b':') {
        Some(colon) => (&name[..colon], &name[colon + 1..]),
        None => ("", name),
    }
}
