//! From bytes to a tree: encoding, forbidden constructs, every cap and well-formedness, in one
//! pass.
//!
//! What each mark costs is bounded: a prefix is sought among at most
//! [`Limits::namespaces_in_scope`] declarations, an attribute compared with at most
//! [`Limits::attributes`] others.

use std::borrow::Cow;
use std::ops::Range;

use crate::error::{Location, XmlError, XmlErrorKind};
use crate::limits::Limits;
use crate::names::{Name, is_plain};
use crate::tokens::{self, Flaw, Inside, Outside, Token, Tokens};
use crate::tree::{Attribute, Binding, NONE, Node, Tree, XML, resolve};
use crate::words::same;
use crate::{decode, encoding, ns};

/// Checks a document and builds its tree.
pub(crate) fn scan<'i>(bytes: &'i [u8], limits: &Limits) -> Result<Tree<'i>, XmlError> {
    // Places in a text are kept in 32 bits.
    let most = limits.bytes.min(u32::MAX as usize);
    if bytes.len() > most {
        return Err(XmlError {
            kind: XmlErrorKind::Limit,
            location: Location {
                line: 1,
                column: 1,
                path: String::new(),
            },
            message: format!("the document is longer than {most} bytes"),
        });
    }
    let text = encoding::decode(bytes)?;
    let mut scan = Scan::new(text, limits);
    let mut tokens = Tokens::new(text);
    match scan.all(&mut tokens) {
        Ok(()) => Ok(scan.tree),
        Err(flaw) => Err(XmlError {
            kind: flaw.kind,
            location: Location::in_text(text, flaw.at, scan.open.iter().map(|open| open.name)),
            message: flaw.message.into_owned(),
        }),
    }
}

/// The names of the elements that are open at a byte of a text, outermost first.
pub(crate) fn open_at(text: &str, at: usize) -> Vec<&str> {
    let mut tokens = Tokens::new(text);
    let mut open = Vec::new();
    while let Ok(Some(token)) = tokens.next() {
        if tokens.start() >= at {
            break;
        }
        match token {
            Token::Open(name) => open.push(name),
            Token::Emptied | Token::Close(_) => drop(open.pop()),
            _ => {}
        }
    }
    open
}

/// An element whose end tag has not been met.
struct Open<'i> {
    /// Its name as written.
    name: &'i str,
    index: u32,
    /// The innermost binding in force inside it.
    scope: u32,
    /// The binding of names without prefix inside it.
    default: u32,
    /// How many bindings are in force inside it, each redeclaration counted again.
    in_scope: u32,
}

struct Scan<'i, 'l> {
    limits: &'l Limits,
    tree: Tree<'i>,
    /// Open elements, outermost first.
    open: Vec<Open<'i>>,
    /// Elements and other nodes so far.
    nodes: usize,
    /// Of the latest start tag: where its attributes and its declarations begin.
    first_attribute: usize,
    first_binding: usize,
}

impl<'i, 'l> Scan<'i, 'l> {
    fn new(text: &'i str, limits: &'l Limits) -> Self {
        // The densest records have an element for every 50 bytes, and an attribute for every 45.
        let expected = text.len() / 40 + 16;
        let mut bindings = Vec::with_capacity(16);
        bindings.push(Binding {
            prefix: "xml",
            namespace: Cow::Borrowed(ns::XML),
            outer: NONE,
        });
        Self {
            limits,
            tree: Tree {
                text,
                elements: Vec::with_capacity(expected),
                attributes: Vec::with_capacity(expected),
                bindings,
            },
            open: Vec::with_capacity(limits.depth.min(64)),
            nodes: 0,
            first_attribute: 0,
            first_binding: 0,
        }
    }

    fn all(&mut self, tokens: &mut Tokens<'i>) -> Result<(), Flaw> {
        loop {
            match tokens.outside()? {
                Outside::Open(name) => self.element(name, tokens)?,
                Outside::Text => self.text(tokens)?,
                Outside::Close => self.close(tokens)?,
                Outside::Cdata if self.open.is_empty() => {
                    let rule = "there is text outside the document element";
                    return Err(malformed(tokens.start(), rule));
                }
                Outside::Instruction => {
                    instruction(tokens.latest(), tokens.start())?;
                    self.node(tokens)?;
                }
                Outside::Cdata | Outside::Comment => self.node(tokens)?,
                Outside::End => return self.end(tokens.start()),
            }
        }
    }

    fn end(&self, at: usize) -> Result<(), Flaw> {
        if !self.open.is_empty() {
            return Err(malformed(at, "the document ends before its elements do"));
        }
        if self.tree.elements.is_empty() {
            return Err(malformed(at, "the document has no element"));
        }
        Ok(())
    }

    /// A start tag, or that of an empty element.
    #[inline(always)]
    fn element(&mut self, name: Name<'i>, tokens: &mut Tokens<'i>) -> Result<(), Flaw> {
        let start = tokens.start();
        let parent = self.open(name.whole, start)?;
        loop {
            match tokens.inside()? {
                Inside::Attribute(attribute) => self.attribute(attribute, tokens.start())?,
                Inside::Opened => return self.settle(name, parent, start..tokens.position()),
                Inside::Emptied => {
                    self.settle(name, parent, start..tokens.position())?;
                    self.leave(tokens.position(), tokens.position());
                    return Ok(());
                }
            }
        }
    }

    #[inline(always)]
    fn close(&mut self, tokens: &mut Tokens<'i>) -> Result<(), Flaw> {
        let at = tokens.start();
        let open = self.open.last().map(|open| open.name);
        let is_same = open.is_some_and(|name| tokens.closes(name));
        if !is_same {
            let name = tokens.close()?;
            match open {
                Some(open) if same(open, name) => {}
                Some(_) => return Err(malformed(at, "an end tag does not match its start tag")),
                None => return Err(malformed(at, "an end tag has no start tag")),
            }
        }
        self.leave(at, tokens.position());
        Ok(())
    }

    #[inline(always)]
    fn text(&self, tokens: &Tokens<'i>) -> Result<(), Flaw> {
        let at = tokens.start();
        if tokens.position() - at > self.limits.text {
            let what = "a run of text is longer than";
            return Err(limit(at, what, self.limits.text, "bytes"));
        }
        let blank = |b: u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
        if self.open.is_empty() && !tokens.latest().bytes().all(blank) {
            return Err(malformed(at, "there is text outside the document element"));
        }
        Ok(())
    }

    /// A comment, a CDATA section, a processing instruction.
    fn node(&mut self, tokens: &Tokens<'i>) -> Result<(), Flaw> {
        let at = tokens.start();
        if tokens.position() - at > self.limits.text {
            let what = "a comment, CDATA section or processing instruction is longer than";
            return Err(limit(at, what, self.limits.text, "bytes"));
        }
        self.count(at)
    }

    fn count(&mut self, at: usize) -> Result<(), Flaw> {
        self.nodes += 1;
        if self.nodes > self.limits.elements {
            let of = "elements and other nodes";
            return Err(limit(at, "there are more than", self.limits.elements, of));
        }
        Ok(())
    }

    fn open(&mut self, name: &'i str, at: usize) -> Result<u32, Flaw> {
        self.name(name, at)?;
        self.count(at)?;
        if self.open.len() >= self.limits.depth {
            let what = "elements are nested deeper than";
            return Err(limit(at, what, self.limits.depth, "levels"));
        }
        if self.open.is_empty() && !self.tree.elements.is_empty() {
            return Err(malformed(at, "there is a second document element"));
        }
        let (parent, scope, default, in_scope) = match self.open.last() {
            Some(open) => (open.index, open.scope, open.default, open.in_scope),
            None => (NONE, XML, NONE, 0),
        };
        self.open.push(Open {
            name,
            index: small(self.tree.elements.len()),
            scope,
            default,
            in_scope,
        });
        self.first_attribute = self.tree.attributes.len();
        self.first_binding = self.tree.bindings.len();
        Ok(parent)
    }

    #[inline(always)]
    fn attribute(&mut self, attribute: tokens::Attribute<'i>, at: usize) -> Result<(), Flaw> {
        let tokens::Attribute {
            name,
            value,
            is_coded,
        } = attribute;
        self.name(name.whole, at)?;
        if value.len() > self.limits.text {
            let what = "an attribute's value is longer than";
            return Err(limit(at, what, self.limits.text, "bytes"));
        }
        if !name.is_sound() {
            return Err(malformed(at, "a name is not a valid XML name"));
        }
        let (prefix, local) = name.parts();
        if prefix == "xmlns" {
            return self.declare(local, meaning(value, is_coded), at);
        }
        if name.whole == "xmlns" {
            return self.declare("", meaning(value, is_coded), at);
        }
        let before = self.tree.attributes.len() - self.first_attribute;
        if before >= self.limits.attributes {
            let what = "an element has more than";
            return Err(limit(at, what, self.limits.attributes, "attributes"));
        }
        self.tree.attributes.push(Attribute {
            prefix,
            name: local,
            binding: NONE,
            value: meaning(value, is_coded),
            at: small(at),
        });
        Ok(())
    }

    fn declare(&mut self, prefix: &'i str, namespace: Cow<'i, str>, at: usize) -> Result<(), Flaw> {
        let own = &self.tree.bindings[self.first_binding..];
        if own.len() >= self.limits.namespaces {
            let of = "namespace declarations";
            return Err(limit(
                at,
                "an element has more than",
                self.limits.namespaces,
                of,
            ));
        }
        if own.iter().any(|binding| same(binding.prefix, prefix)) {
            return Err(match prefix {
                "" => malformed(at, "attribute xmlns is given twice"),
                _ => malformed(at, format!("prefix {prefix} is declared twice")),
            });
        }
        check_declaration(prefix, &namespace, at)?;
        let most = self.limits.namespaces_in_scope();
        let Some(open) = self.open.last_mut() else {
            return Err(malformed(at, "a declaration stands outside an element"));
        };
        open.in_scope += 1;
        if open.in_scope as usize > most {
            let of = "namespace declarations in scope";
            return Err(limit(at, "there are more than", most, of));
        }
        let index = small(self.tree.bindings.len());
        self.tree.bindings.push(Binding {
            prefix,
            namespace,
            outer: open.scope,
        });
        open.scope = index;
        if prefix.is_empty() {
            open.default = index;
        }
        Ok(())
    }

    /// The start tag is complete: its prefixes can be resolved.
    #[inline(always)]
    fn settle(&mut self, name: Name<'i>, parent: u32, tag: Range<usize>) -> Result<(), Flaw> {
        let Some(open) = self.open.last() else {
            return Ok(());
        };
        let name_at = tag.start + 1;
        if !name.is_sound() {
            return Err(malformed(name_at, "a name is not a valid XML name"));
        }
        let (prefix, local) = name.parts();
        let binding = match prefix {
            "" => open.default,
            "xmlns" => {
                let rule = "a reserved prefix or namespace is misused";
                return Err(malformed(name_at, rule));
            }
            prefix => bound(&self.tree.bindings, open.scope, prefix, name_at)?,
        };
        let node = Node {
            name: local,
            binding,
            scope: open.scope,
            bindings_before: small(self.first_binding),
            attributes: (
                small(self.first_attribute),
                small(self.tree.attributes.len()),
            ),
            parent,
            // The rest is known when the element ends.
            after: 0,
            start: small(tag.start),
            inner: small(tag.end),
            close: 0,
            end: 0,
        };
        self.resolve_attributes(node.scope)?;
        self.tree.elements.push(node);
        Ok(())
    }

    /// Finds the namespaces of the latest start tag's attributes, which are to differ.
    #[inline(always)]
    fn resolve_attributes(&mut self, scope: u32) -> Result<(), Flaw> {
        let own = &self.tree.attributes[self.first_attribute..];
        if own.is_empty() || differ_by_name(own) {
            return Ok(());
        }
        for index in self.first_attribute..self.tree.attributes.len() {
            self.resolve_attribute(index, scope)?;
        }
        Ok(())
    }

    fn resolve_attribute(&mut self, index: usize, scope: u32) -> Result<(), Flaw> {
        let (before, rest) = self.tree.attributes.split_at_mut(index);
        let Some(attribute) = rest.first_mut() else {
            return Ok(());
        };
        let at = attribute.at as usize;
        let before = &before[self.first_attribute..];
        if !attribute.prefix.is_empty() {
            // Where there are many attributes, their prefixes are mostly the same.
            attribute.binding = match before.last() {
                Some(last) if same(last.prefix, attribute.prefix) => last.binding,
                _ => bound(&self.tree.bindings, scope, attribute.prefix, at)?,
            };
        }
        let namespace_of = |binding: u32| {
            let binding = self.tree.bindings.get(binding as usize);
            binding.map_or("", |binding| &*binding.namespace)
        };
        let twice = before.iter().any(|other| {
            same(other.name, attribute.name)
                && (other.binding == attribute.binding
                    || namespace_of(other.binding) == namespace_of(attribute.binding))
        });
        match twice {
            true => Err(malformed(
                at,
                format!("attribute {} is given twice", attribute.name),
            )),
            false => Ok(()),
        }
    }

    fn name(&self, name: &str, at: usize) -> Result<(), Flaw> {
        if name.len() > self.limits.name {
            return Err(limit(
                at,
                "a name is longer than",
                self.limits.name,
                "bytes",
            ));
        }
        Ok(())
    }

    fn leave(&mut self, close: usize, end: usize) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let after = small(self.tree.elements.len());
        let node = &mut self.tree.elements[open.index as usize];
        node.after = after;
        node.close = small(close);
        node.end = small(end);
    }
}

/// A place or an index: the length of the text was checked, and nothing is more than its bytes.
fn small(number: usize) -> u32 {
    debug_assert!(u32::try_from(number).is_ok(), "the length was checked");
    number as u32
}

/// Whether these have no prefixes and different names, as mostly they do.
#[inline(always)]
fn differ_by_name(attributes: &[Attribute<'_>]) -> bool {
    let mut rest = attributes;
    while let [one, others @ ..] = rest {
        if !one.prefix.is_empty() || others.iter().any(|other| other.name == one.name) {
            return false;
        }
        rest = others;
    }
    true
}

/// What a value of an attribute means.
#[inline(always)]
fn meaning(value: &str, is_coded: bool) -> Cow<'_, str> {
    match is_coded {
        true => decode::value(value),
        false => Cow::Borrowed(value),
    }
}

fn bound(bindings: &[Binding<'_>], scope: u32, prefix: &str, at: usize) -> Result<u32, Flaw> {
    match resolve(bindings, scope, prefix) {
        NONE => Err(malformed(
            at,
            format!("prefix {prefix} is bound to no namespace"),
        )),
        binding => Ok(binding),
    }
}

/// The constraints of Namespaces in XML on what may be declared.
fn check_declaration(prefix: &str, namespace: &str, at: usize) -> Result<(), Flaw> {
    if !prefix.is_empty() && namespace.is_empty() {
        return Err(malformed(at, "a prefix is bound to an empty namespace"));
    }
    let misused =
        prefix == "xmlns" || namespace == ns::XMLNS || (prefix == "xml") != (namespace == ns::XML);
    match misused {
        true => Err(malformed(at, "a reserved prefix or namespace is misused")),
        false => Ok(()),
    }
}

/// A processing instruction has a target; the XML declaration stands at the very start.
fn instruction(text: &str, at: usize) -> Result<(), Flaw> {
    let inside = &text[2..text.len() - 2];
    let end = inside.find([' ', '\t', '\r', '\n']).unwrap_or(inside.len());
    let target = &inside[..end];
    if target.eq_ignore_ascii_case("xml") {
        return match at {
            0 if is_declaration(&inside[end..]) && target == "xml" => Ok(()),
            0 => Err(malformed(at, "the XML declaration is not well formed")),
            _ => Err(malformed(
                at,
                "an XML declaration stands only at the very start",
            )),
        };
    }
    match is_plain(target) {
        true => Ok(()),
        false => Err(malformed(at, "a name is not a valid XML name")),
    }
}

/// ` version="1.0"`, then perhaps an encoding, then perhaps `standalone`.
fn is_declaration(mut rest: &str) -> bool {
    let mut part = |name: &str, sound: fn(&str) -> bool| {
        let found = take_part(rest, name)?;
        rest = found.1;
        Some(sound(found.0))
    };
    let version = part("version", |v| {
        let minor = v.strip_prefix("1.").unwrap_or_default();
        !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit())
    })
    .unwrap_or(false);
    let encoding = part("encoding", |e| {
        e.starts_with(|c: char| c.is_ascii_alphabetic())
            && e.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    });
    let standalone = part("standalone", |s| matches!(s, "yes" | "no"));
    version
        && encoding.unwrap_or(true)
        && standalone.unwrap_or(true)
        && rest.trim_matches([' ', '\t', '\r', '\n']).is_empty()
}

/// `name = "value"` after blanks: the value, and what follows.
fn take_part<'i>(text: &'i str, name: &str) -> Option<(&'i str, &'i str)> {
    let blanks = [' ', '\t', '\r', '\n'];
    let trimmed = text.trim_start_matches(blanks);
    let named = trimmed
        .strip_prefix(name)
        .filter(|_| trimmed.len() < text.len())?;
    let value = named
        .trim_start_matches(blanks)
        .strip_prefix('=')?
        .trim_start_matches(blanks);
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote)
}

fn malformed(at: usize, message: impl Into<Cow<'static, str>>) -> Flaw {
    Flaw {
        at,
        kind: XmlErrorKind::Malformed,
        message: message.into(),
    }
}

fn limit(at: usize, what: &str, most: usize, of: &str) -> Flaw {
    Flaw {
        at,
        kind: XmlErrorKind::Limit,
        message: Cow::Owned(format!("{what} {most} {of}")),
    }
}
