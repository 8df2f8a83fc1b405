//! Exclusive XML Canonicalization 1.0, without comments, of one element and all inside it.
//!
//! Two texts that mean the same XML become the same bytes, and those are what a signature is made
//! over. "Exclusive" means that of the namespaces around an element only those are kept that it
//! uses, so that it can be moved into another message and its signature still holds
//! (<https://www.w3.org/TR/xml-exc-c14n/>).
//!
//! It reads the marks of the element's own text once more rather than the tree: all that is
//! written there is signed, and the tree does not keep all.

use std::borrow::Cow;

use crate::names::split;
use crate::tokens::{Flaw, Token, Tokens};
use crate::{Element, Limits, XmlError, XmlErrorKind, decode, ns, words};

/// The name of the algorithm, which is also the namespace of its `InclusiveNamespaces`.
pub const ALGORITHM: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// The most bytes that come out. Every element may have to repeat a namespace that is declared
/// once, outside: without a bound a small message could ask for any amount.
const LONGEST: usize = 2 * Limits::MESSAGE.bytes;

/// The most bytes of a namespace: they are compared at every element.
const LONGEST_NAMESPACE: usize = 512;

/// The bytes to sign, or to digest.
///
/// `inclusive_prefixes` are those that `InclusiveNamespaces/@PrefixList` names: they are kept
/// wherever they are in scope, used or not. `#default` stands for the default namespace.
///
/// An error of kind [`XmlErrorKind::Limit`] when more than 16 MiB would come out, or when a
/// namespace is longer than 512 bytes.
pub fn exclusive(
    element: &Element<'_, '_>,
    inclusive_prefixes: &[&str],
) -> Result<Vec<u8>, XmlError> {
    let source = element.source();
    let mut canonical = Canonical {
        out: Vec::with_capacity(source.len() + 512),
        inclusive: inclusive_prefixes
            .iter()
            .map(|prefix| if *prefix == "#default" { "" } else { prefix })
            .collect(),
        open: Vec::new(),
        attributes: Vec::new(),
        scope: Vec::new(),
        rendered: Vec::new(),
    };
    let all = || -> Result<Vec<u8>, Flaw> {
        for (prefix, namespace) in element.namespaces() {
            canonical.declare(prefix, namespace.into(), 0)?;
        }
        let mut tokens = Tokens::new(source);
        while let Some(token) = tokens.next()? {
            canonical.token(token, tokens.start())?;
        }
        Ok(canonical.out)
    };
    all().map_err(|flaw| XmlError {
        kind: flaw.kind,
        location: element.location(),
        message: flaw.message.into_owned(),
    })
}

/// What has been read so far, and written of it.
struct Canonical<'e> {
    out: Vec<u8>,
    /// Prefixes to keep; the empty one is the default namespace.
    inclusive: Vec<&'e str>,
    /// Elements that are open, the one whose start tag is being read included.
    open: Vec<Open<'e>>,
    /// Of the start tag that is being read: names as written.
    attributes: Vec<(&'e str, Cow<'e, str>)>,
    /// The declarations in scope, those further inside later.
    scope: Vec<Declaration<'e>>,
    /// The declarations written on elements that are open.
    rendered: Vec<Declaration<'e>>,
}

/// An element that is open.
struct Open<'e> {
    name: &'e str,
    /// How many declarations there were before it.
    scope: usize,
    rendered: usize,
}

/// A prefix and its namespace, either of which may be empty.
type Declaration<'e> = (&'e str, Cow<'e, str>);

impl<'e> Canonical<'e> {
    fn token(&mut self, token: Token<'e>, at: usize) -> Result<(), Flaw> {
        match token {
            Token::Text(raw) => escape(&decode::text(raw), Place::Text, &mut self.out),
            Token::Cdata(raw) => {
                let inside = raw.strip_prefix("<![CDATA[").unwrap_or(raw);
                let inside = inside.strip_suffix("]]>").unwrap_or(inside);
                escape(&decode::literal(inside), Place::Text, &mut self.out);
            }
            Token::Comment(_) => {}
            Token::Instruction(raw) => self.instruction(raw),
            Token::Open(name) => self.open.push(Open {
                name,
                scope: self.scope.len(),
                rendered: self.rendered.len(),
            }),
            Token::Attribute(name, raw) => {
                let value = decode::value(raw);
                match split(name) {
                    ("", "xmlns") => self.declare("", value, at)?,
                    ("xmlns", prefix) => self.declare(prefix, value, at)?,
                    _ => self.attributes.push((name, value)),
                }
            }
            Token::Opened => self.start_tag(),
            Token::Emptied => {
                self.start_tag();
                self.end_tag();
            }
            Token::Close(_) => self.end_tag(),
        }
        match self.out.len() > LONGEST {
            true => Err(limit(at, "the canonical form of the element is too long")),
            false => Ok(()),
        }
    }

    fn declare(&mut self, prefix: &'e str, namespace: Cow<'e, str>, at: usize) -> Result<(), Flaw> {
        if namespace.len() > LONGEST_NAMESPACE {
            return Err(limit(at, "a namespace is too long for a signature"));
        }
        self.scope.push((prefix, namespace));
        Ok(())
    }

    /// `<?target data?>`, with one space before the data.
    fn instruction(&mut self, raw: &str) {
        let inside = raw.strip_prefix("<?").unwrap_or(raw);
        let inside = inside.strip_suffix("?>").unwrap_or(inside);
        let (target, data) = inside
            .find(BLANKS)
            .map_or((inside, ""), |end| inside.split_at(end));
        let data = data.trim_start_matches(BLANKS);
        self.out.extend_from_slice(b"<?");
        self.out.extend_from_slice(target.as_bytes());
        if !data.is_empty() {
            self.out.push(b' ');
            self.out.extend_from_slice(decode::literal(data).as_bytes());
        }
        self.out.extend_from_slice(b"?>");
    }

    /// The namespaces that are to be declared, by prefix, then the attributes, by namespace and
    /// local name.
    fn start_tag(&mut self) {
        let Some(name) = self.open.last().map(|open| open.name) else {
            return;
        };
        let mut attributes = std::mem::take(&mut self.attributes);
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());

        let first = self.rendered.len();
        self.render(split(name).0);
        for (name, _) in &attributes {
            // An attribute without a prefix is in no namespace, whatever the default is.
            match split(name).0 {
                "" => {}
                prefix => self.render(prefix),
            }
        }
        for index in 0..self.inclusive.len() {
            self.render(self.inclusive[index]);
        }
        self.rendered[first..].sort_unstable();
        for (prefix, namespace) in &self.rendered[first..] {
            self.out.extend_from_slice(b" xmlns");
            if !prefix.is_empty() {
                self.out.push(b':');
                self.out.extend_from_slice(prefix.as_bytes());
            }
            value(namespace, &mut self.out);
        }

        attributes.sort_by_cached_key(|(name, _)| {
            let (prefix, local) = split(name);
            (self.attribute_namespace(prefix).to_owned(), local)
        });
        for (name, text) in &attributes {
            self.out.push(b' ');
            self.out.extend_from_slice(name.as_bytes());
            value(text, &mut self.out);
        }
        self.out.push(b'>');
    }

    fn end_tag(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(open.name.as_bytes());
        self.out.push(b'>');
        self.scope.truncate(open.scope);
        self.rendered.truncate(open.rendered);
    }

    /// Declares a prefix here, unless what is written around says the same already. No default
    /// namespace is the same as an empty one; `xml` is never declared.
    fn render(&mut self, prefix: &'e str) {
        let wanted = innermost(&self.scope, prefix);
        let written = innermost(&self.rendered, prefix).unwrap_or_default();
        match wanted {
            // A prefix of the inclusive list that is not in scope here.
            None if !prefix.is_empty() => {}
            _ if prefix == "xml" || wanted.unwrap_or_default() == written => {}
            _ => {
                let namespace = wanted.unwrap_or_default().to_owned();
                self.rendered.push((prefix, namespace.into()));
            }
        }
    }

    fn attribute_namespace(&self, prefix: &str) -> &str {
        match prefix {
            "" => "",
            "xml" => ns::XML,
            prefix => innermost(&self.scope, prefix).unwrap_or_default(),
        }
    }
}

/// What a prefix stands for.
fn innermost<'d>(declarations: &'d [Declaration<'_>], prefix: &str) -> Option<&'d str> {
    let mut inwards = declarations.iter().rev();
    inwards
        .find(|(declared, _)| *declared == prefix)
        .map(|(_, namespace)| &**namespace)
}

/// What separates names in XML.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

fn limit(at: usize, message: &'static str) -> Flaw {
    Flaw {
        at,
        kind: XmlErrorKind::Limit,
        message: message.into(),
    }
}

fn value(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"=\"");
    escape(text, Place::Value, out);
    out.push(b'"');
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Value,
}

fn escape(text: &str, place: Place, out: &mut Vec<u8>) {
    if words::is_free(text.as_bytes(), words::escaped) {
        return out.extend_from_slice(text.as_bytes());
    }
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let written: &[u8] = match (byte, place) {
            (b'&', _) => b"&amp;",
            (b'<', _) => b"&lt;",
            (b'\r', _) => b"&#xD;",
            (b'>', Place::Text) => b"&gt;",
            (b'"', Place::Value) => b"&quot;",
            (b'\t', Place::Value) => b"&#x9;",
            (b'\n', Place::Value) => b"&#xA;",
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[from..at]);
        out.extend_from_slice(written);
        from = at + 1;
    }
    out.extend_from_slice(&text.as_bytes()[from..]);
}
