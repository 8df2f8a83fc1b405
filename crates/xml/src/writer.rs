//! Writing: every element that is opened is closed, every value is escaped.

use std::borrow::Cow;

use crate::names::split;
use crate::words::{self, same};

/// Builds one XML document or fragment.
///
/// ```
/// let mut w = xml::Writer::new();
/// w.element("a", &[("b", "1 < 2")], |w| {
///     w.text_element("c", &[], "x & y");
///     w.empty("d", &[]);
/// });
/// assert_eq!(w.finish(), b"<a b=\"1 &lt; 2\"><c>x &amp; y</c><d/></a>");
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
    scope: Scope,
}

impl Writer {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty document that is expected to grow to this many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            out: Vec::with_capacity(bytes),
            scope: Scope::default(),
        }
    }

    /// Writes the XML declaration (`version 1.0`, `UTF-8`) and a line end.
    pub fn declaration(&mut self) {
        self.out
            .extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    }

    /// An element with content. Names come from our own code, never from messages.
    pub fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Self),
    ) {
        write_start(&mut self.out, name, attributes);
        self.out.push(b'>');
        let outside = self.scope.enter(attributes);
        content(self);
        self.scope.leave(outside);
        write_end(&mut self.out, name);
    }

    /// An element without content.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        write_start(&mut self.out, name, attributes);
        self.out.extend_from_slice(b"/>");
    }

    /// An element with text.
    pub fn text_element(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.element(name, attributes, |w| w.text(text));
    }

    /// Text. Line feeds and tabs stay as they are; a carriage return becomes a reference, which
    /// a reader would else turn into a line feed.
    pub fn text(&mut self, text: &str) {
        match words::is_free(text.as_bytes(), words::markup) {
            true => self.out.extend_from_slice(text.as_bytes()),
            false => escape(text, Place::Text, &mut self.out),
        }
    }

    /// An element of ours around a piece of somebody else's XML, whose bytes go out untouched:
    /// the namespaces they inherit are declared on our element, after its own attributes.
    ///
    /// The piece comes first: where it needs a prefix (or the default namespace) that means
    /// something else on our element, our element's own names move to a new prefix `ns1`, `ns2`…
    /// with the same namespace. The namespace is looked up in the attributes given here, then in
    /// the elements that this writer has open; so a prefix that can be taken has to be declared
    /// with this writer. Values of attributes are not looked into. One case cannot be written at all: an element of ours in no namespace
    /// around a piece that inherits a default namespace. Give the element a prefix.
    pub fn slice(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        bytes: &[u8],
        inherited: &[(String, String)],
    ) {
        let wrapper = Wrapper::new(name, attributes, inherited, &self.scope);
        let attributes: Vec<(&str, &str)> = wrapper
            .attributes
            .iter()
            .map(|(name, value)| (name.as_ref(), *value))
            .collect();
        write_start(&mut self.out, &wrapper.name, &attributes);
        self.out.push(b'>');
        self.out.extend_from_slice(bytes);
        write_end(&mut self.out, &wrapper.name);
    }

    /// Bytes this house wrote earlier with a [`Writer`] of its own.
    pub fn written(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}

/// What the elements that are open declare.
#[derive(Debug, Default)]
struct Scope {
    /// Prefixes and namespaces, one after the other: with the room of those that were closed the
    /// next are kept.
    text: String,
    /// Where in it a prefix and its namespace end, outermost first.
    ends: Vec<(usize, usize)>,
}

impl Scope {
    /// Takes up the declarations of an element. How many there were before is for [`Self::leave`].
    #[inline]
    fn enter(&mut self, attributes: &[(&str, &str)]) -> usize {
        let outside = self.ends.len();
        for (prefix, namespace) in declarations(attributes) {
            self.declare(prefix, namespace);
        }
        outside
    }

    fn declare(&mut self, prefix: &str, namespace: &str) {
        self.text.push_str(prefix);
        let end = self.text.len();
        self.text.push_str(namespace);
        self.ends.push((end, self.text.len()));
    }

    #[inline]
    fn leave(&mut self, outside: usize) {
        if self.ends.len() > outside {
            self.ends.truncate(outside);
            self.text.truncate(self.start_of(outside));
        }
    }

    /// The namespace of a prefix where the writer is.
    fn namespace_of(&self, prefix: &str) -> Option<&str> {
        let mut inwards = self.ends.iter().enumerate().rev();
        inwards.find_map(|(index, (middle, end))| {
            let declared = &self.text[self.start_of(index)..*middle];
            same(declared, prefix).then_some(&self.text[*middle..*end])
        })
    }

    fn start_of(&self, index: usize) -> usize {
        let before = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        before.map_or(0, |(_, end)| *end)
    }
}

/// A start tag without its end.
fn write_start(out: &mut Vec<u8>, name: &str, attributes: &[(&str, &str)]) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    for (key, value) in attributes {
        out.push(b' ');
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"=\"");
        match words::is_free(value.as_bytes(), words::escaped) {
            true => out.extend_from_slice(value.as_bytes()),
            false => escape(value, Place::Value, out),
        }
        out.push(b'"');
    }
}

fn write_end(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}

/// The namespace declarations among attributes, as `(prefix, namespace)`.
fn declarations<'a>(attributes: &[(&'a str, &'a str)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    attributes
        .iter()
        .filter_map(|(name, value)| Some((declared_prefix(name)?, *value)))
}

/// The prefix that an attribute of this name declares; empty for the default namespace.
#[inline]
fn declared_prefix(attribute: &str) -> Option<&str> {
    match attribute.strip_prefix("xmlns")? {
        "" => Some(""),
        prefix => prefix.strip_prefix(':'),
    }
}

/// The element around a slice, its names settled: see [`Writer::slice`].
struct Wrapper<'a> {
    name: Cow<'a, str>,
    attributes: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Wrapper<'a> {
    fn new(
        name: &'a str,
        attributes: &[(&'a str, &'a str)],
        inherited: &'a [(String, String)],
        scope: &'a Scope,
    ) -> Self {
        let own: Vec<(&str, &str)> = declarations(attributes).collect();
        let namespace_of = |prefix: &str| {
            let given = own.iter().find(|(p, _)| *p == prefix).map(|(_, uri)| *uri);
            given.or_else(|| scope.namespace_of(prefix))
        };
        let is_inherited = |prefix: &str| inherited.iter().any(|(p, _)| p == prefix);

        let names = std::iter::once(name).chain(attributes.iter().map(|(name, _)| *name));
        let ours = names.flat_map(|name| [split(name).0, declared_prefix(name).unwrap_or("")]);
        let theirs = inherited.iter().map(|(prefix, _)| prefix.as_str());
        let mut moved = Moved {
            taken: ours.chain(theirs).collect(),
            prefixes: Vec::new(),
        };
        let mut settle = |name: &'a str, is_element: bool| {
            let (prefix, local) = split(name);
            // An attribute without prefix is in no namespace, whatever the default is.
            let may_clash = is_element || !prefix.is_empty();
            let namespace = namespace_of(prefix).filter(|namespace| !namespace.is_empty());
            let needed = inherited
                .iter()
                .find(|(p, _)| p == prefix)
                .map(|(_, uri)| uri.as_str());
            match (needed, namespace) {
                (Some(needed), Some(namespace)) if may_clash && needed != namespace => {
                    Cow::Owned(format!("{}:{local}", moved.prefix_for(namespace)))
                }
                _ => Cow::Borrowed(name),
            }
        };

        let name = settle(name, true);
        let mut settled = Vec::with_capacity(attributes.len() + inherited.len());
        for (name, value) in attributes {
            match declared_prefix(name) {
                Some(prefix) if is_inherited(prefix) => {}
                Some(_) => settled.push((Cow::Borrowed(*name), *value)),
                None => settled.push((settle(name, false), *value)),
            }
        }
        for (prefix, namespace) in inherited {
            settled.push((declaration_of(prefix), namespace));
        }
        for (prefix, namespace) in moved.prefixes {
            settled.push((declaration_of(&prefix).into_owned().into(), namespace));
        }
        Self {
            name,
            attributes: settled,
        }
    }
}

fn declaration_of(prefix: &str) -> Cow<'static, str> {
    match prefix {
        "" => Cow::Borrowed("xmlns"),
        prefix => Cow::Owned(format!("xmlns:{prefix}")),
    }
}

/// New prefixes for names of ours whose own prefix the slice needs.
struct Moved<'a> {
    taken: Vec<&'a str>,
    /// `(prefix, namespace)`
    prefixes: Vec<(String, &'a str)>,
}

impl<'a> Moved<'a> {
    fn prefix_for(&mut self, namespace: &'a str) -> String {
        if let Some((prefix, _)) = self.prefixes.iter().find(|(_, uri)| *uri == namespace) {
            return prefix.clone();
        }
        let mut number = self.prefixes.len() + 1;
        let mut prefix = format!("ns{number}");
        while self.taken.contains(&prefix.as_str())
            || self.prefixes.iter().any(|(given, _)| *given == prefix)
        {
            number += 1;
            prefix = format!("ns{number}");
        }
        self.prefixes.push((prefix.clone(), namespace));
        prefix
    }
}

/// Where something is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Value,
}

/// Escapes: runs that stand for themselves are copied whole. Characters XML cannot carry at all
/// become U+FFFD.
#[cold]
fn escape(text: &str, place: Place, out: &mut Vec<u8>) {
    const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
    let text = text.as_bytes();
    let (mut from, mut at) = (0, 0);
    loop {
        at = match place {
            Place::Text => words::find(text, at, words::markup),
            Place::Value => words::find(text, at, words::escaped),
        };
        let (written, length): (&[u8], usize) = match &text[at..] {
            [] => break,
            [b'&', ..] => (b"&amp;", 1),
            [b'<', ..] => (b"&lt;", 1),
            [b'>', ..] => (b"&gt;", 1),
            [b'"', ..] => (b"&quot;", 1),
            [b'\r', ..] => (b"&#13;", 1),
            [b'\n', ..] if place == Place::Value => (b"&#10;", 1),
            [b'\t', ..] if place == Place::Value => (b"&#9;", 1),
            [0xEF, 0xBF, 0xBE | 0xBF, ..] => (REPLACEMENT, 3),
            [b'\n' | b'\t' | 0x80..=0xFF, rest @ ..] => {
                // Where there is one there are more: blanks, or letters beyond ASCII.
                let blank = |b: u8| place == Place::Text && matches!(b, b'\n' | b'\t');
                let passed = |b: &&u8| blank(**b) || (**b >= 0x80 && **b != 0xEF);
                at += 1 + rest.iter().take_while(passed).count();
                continue;
            }
            _ => (REPLACEMENT, 1),
        };
        out.extend_from_slice(&text[from..at]);
        out.extend_from_slice(written);
        at += length;
        from = at;
    }
    out.extend_from_slice(&text[from..]);
}
