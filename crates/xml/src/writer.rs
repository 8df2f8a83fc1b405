//! Writing: every element that is opened is closed, every value is escaped.

use std::borrow::Cow;

use crate::names::split;

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
    /// `(prefix, namespace)` declared by the elements that are open, outermost first.
    scope: Vec<(String, String)>,
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
            scope: Vec::new(),
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
        write_start(&mut self.out, name, attributes, b">");
        let outside = self.scope.len();
        self.scope.extend(
            declarations(attributes).map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned())),
        );
        content(self);
        self.scope.truncate(outside);
        write_end(&mut self.out, name);
    }

    /// An element without content.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        write_start(&mut self.out, name, attributes, b"/>");
    }

    /// An element with text.
    pub fn text_element(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.element(name, attributes, |w| w.text(text));
    }

    /// Text. Line feeds and tabs stay as they are; a carriage return becomes a reference, which
    /// a reader would else turn into a line feed.
    pub fn text(&mut self, text: &str) {
        escape(text, IN_TEXT, &mut self.out);
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
        write_start(&mut self.out, &wrapper.name, &attributes, b">");
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

fn write_start(out: &mut Vec<u8>, name: &str, attributes: &[(&str, &str)], end: &[u8]) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    for (key, value) in attributes {
        out.push(b' ');
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b"=\"");
        escape(value, IN_VALUE, out);
        out.push(b'"');
    }
    out.extend_from_slice(end);
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
fn declared_prefix(attribute: &str) -> Option<&str> {
    match split(attribute) {
        ("", "xmlns") => Some(""),
        ("xmlns", prefix) => Some(prefix),
        _ => None,
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
        scope: &'a [(String, String)],
    ) -> Self {
        let own: Vec<(&str, &str)> = declarations(attributes).collect();
        let namespace_of = |prefix: &str| {
            let given = own.iter().find(|(p, _)| *p == prefix).map(|(_, uri)| *uri);
            let around = || {
                scope
                    .iter()
                    .rev()
                    .find(|(p, _)| p == prefix)
                    .map(|(_, u)| u.as_str())
            };
            given.or_else(around)
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

const IN_TEXT: u8 = 1;
const IN_VALUE: u8 = 2;

/// In which places a byte does not stand for itself.
const ESCAPED: [u8; 256] = {
    let mut classes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        classes[control] = IN_TEXT | IN_VALUE;
        control += 1;
    }
    classes[b'\n' as usize] = IN_VALUE;
    classes[b'\t' as usize] = IN_VALUE;
    classes[b'"' as usize] = IN_VALUE;
    classes[b'&' as usize] = IN_TEXT | IN_VALUE;
    classes[b'<' as usize] = IN_TEXT | IN_VALUE;
    classes[b'>' as usize] = IN_TEXT | IN_VALUE;
    // The first byte of U+FFFE and U+FFFF, and of much else.
    classes[0xEF] = IN_TEXT | IN_VALUE;
    classes
};

/// Escapes: runs that stand for themselves are copied whole. Characters XML cannot carry at all
/// become U+FFFD.
fn escape(text: &str, place: u8, out: &mut Vec<u8>) {
    const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
    let mut rest = text.as_bytes();
    while let Some(at) = rest
        .iter()
        .position(|b| ESCAPED[usize::from(*b)] & place != 0)
    {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let (written, length): (&[u8], usize) = match rest {
            [b'&', ..] => (b"&amp;", 1),
            [b'<', ..] => (b"&lt;", 1),
            [b'>', ..] => (b"&gt;", 1),
            [b'"', ..] => (b"&quot;", 1),
            [b'\r', ..] => (b"&#13;", 1),
            [b'\n', ..] => (b"&#10;", 1),
            [b'\t', ..] => (b"&#9;", 1),
            [0xEF, 0xBF, 0xBE | 0xBF, ..] => (REPLACEMENT, 3),
            [0xEF, ..] => (&rest[..1], 1),
            _ => (REPLACEMENT, 1),
        };
        out.extend_from_slice(written);
        rest = &rest[length..];
    }
    out.extend_from_slice(rest);
}
