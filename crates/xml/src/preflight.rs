//! The check before the tree: encoding, forbidden constructs and every cap, in one pass.
//!
//! The tree parser is strict but not frugal: its time grows with the square of the attributes of
//! one element, and with the namespaces in scope for every element. So nothing reaches it that
//! has not passed here. What passes here is not yet well-formed: the tree parser proves that.

use std::borrow::Cow;

use crate::encoding;
use crate::error::{Location, XmlError, XmlErrorKind};
use crate::limits::Limits;
use crate::tokens::{Flaw, Token, Tokens};

/// Checks, and gives the text without a byte-order mark.
pub(crate) fn preflight<'i>(bytes: &'i [u8], limits: &Limits) -> Result<&'i str, XmlError> {
    if bytes.len() > limits.bytes {
        return Err(XmlError {
            kind: XmlErrorKind::Limit,
            location: Location {
                line: 1,
                column: 1,
                path: String::new(),
            },
            message: format!("the document is longer than {} bytes", limits.bytes),
        });
    }
    let text = encoding::decode(bytes)?;
    let mut check = Check::new(limits);
    let mut tokens = Tokens::new(text);
    match check.all(&mut tokens) {
        Ok(()) => Ok(text),
        Err(flaw) => Err(XmlError {
            kind: flaw.kind,
            location: Location::in_text(text, flaw.at, check.open.iter().copied()),
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

struct Check<'i, 'l> {
    limits: &'l Limits,
    /// Open elements, outermost first.
    open: Vec<&'i str>,
    /// For each of them, the namespace declarations in scope inside.
    in_scope: Vec<usize>,
    /// Elements and other nodes so far.
    nodes: usize,
    /// Attributes and namespace declarations of the latest start tag.
    attributes: usize,
    namespaces: usize,
    default_namespace: bool,
    /// The squares of the declarations in scope, summed over the elements that declare some.
    namespace_work: usize,
    had_root: bool,
}

/// An element that declares a namespace makes the tree parser compare each declaration in scope
/// with each other. This much takes about a fifth of a second; a message in which 20,000 elements
/// declare below 20 others needs a twenty-fifth of it.
const MOST_NAMESPACE_WORK: usize = 200_000_000;

impl<'i, 'l> Check<'i, 'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            open: Vec::with_capacity(limits.depth.min(128)),
            in_scope: Vec::with_capacity(limits.depth.min(128)),
            nodes: 0,
            attributes: 0,
            namespaces: 0,
            default_namespace: false,
            namespace_work: 0,
            had_root: false,
        }
    }

    fn all(&mut self, tokens: &mut Tokens<'i>) -> Result<(), Flaw> {
        while let Some(token) = tokens.next()? {
            self.one(token, tokens.start())?;
        }
        if !self.open.is_empty() {
            return Err(malformed(
                tokens.start(),
                "the document ends before its elements do",
            ));
        }
        if !self.had_root {
            return Err(malformed(tokens.start(), "the document has no element"));
        }
        Ok(())
    }

    fn one(&mut self, token: Token<'i>, at: usize) -> Result<(), Flaw> {
        match token {
            Token::Text(text) => self.text(text, at),
            Token::Cdata(_) if self.open.is_empty() => {
                Err(malformed(at, "there is text outside the document element"))
            }
            Token::Instruction(text) => {
                if at > 0 && is_xml_declaration(text) {
                    return Err(malformed(
                        at,
                        "an XML declaration stands only at the very start",
                    ));
                }
                self.node(text, at)
            }
            Token::Comment(text) | Token::Cdata(text) => self.node(text, at),
            Token::Open(name) => self.open(name, at),
            Token::Attribute(name, value) => self.attribute(name, value, at),
            Token::Opened => self.settle(at),
            Token::Emptied => {
                self.settle(at)?;
                self.leave();
                Ok(())
            }
            Token::Close(name) => match self.open.last() {
                Some(open) if *open == name => {
                    self.leave();
                    Ok(())
                }
                Some(_) => Err(malformed(at, "an end tag does not match its start tag")),
                None => Err(malformed(at, "an end tag has no start tag")),
            },
        }
    }

    fn text(&mut self, text: &str, at: usize) -> Result<(), Flaw> {
        if text.len() > self.limits.text {
            return Err(limit(
                at,
                "a run of text is longer than",
                self.limits.text,
                "bytes",
            ));
        }
        let outside = self.open.is_empty();
        if outside
            && !text
                .bytes()
                .all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
        {
            return Err(malformed(at, "there is text outside the document element"));
        }
        Ok(())
    }

    fn node(&mut self, text: &str, at: usize) -> Result<(), Flaw> {
        if text.len() > self.limits.text {
            return Err(limit(
                at,
                "a comment, CDATA section or processing instruction is longer than",
                self.limits.text,
                "bytes",
            ));
        }
        self.count(at)
    }

    fn count(&mut self, at: usize) -> Result<(), Flaw> {
        self.nodes += 1;
        if self.nodes > self.limits.elements {
            return Err(limit(
                at,
                "there are more than",
                self.limits.elements,
                "elements and other nodes",
            ));
        }
        Ok(())
    }

    fn open(&mut self, name: &'i str, at: usize) -> Result<(), Flaw> {
        self.name(name, at)?;
        self.count(at)?;
        if self.open.len() >= self.limits.depth {
            return Err(limit(
                at,
                "elements are nested deeper than",
                self.limits.depth,
                "levels",
            ));
        }
        if self.open.is_empty() && self.had_root {
            return Err(malformed(at, "there is a second document element"));
        }
        self.had_root = true;
        self.in_scope
            .push(self.in_scope.last().copied().unwrap_or(0));
        self.open.push(name);
        self.attributes = 0;
        self.namespaces = 0;
        self.default_namespace = false;
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str, at: usize) -> Result<(), Flaw> {
        self.name(name, at)?;
        if value.len() > self.limits.text {
            return Err(limit(
                at,
                "an attribute's value is longer than",
                self.limits.text,
                "bytes",
            ));
        }
        if name == "xmlns" {
            // The tree parser takes the first of two; XML allows one.
            if std::mem::replace(&mut self.default_namespace, true) {
                return Err(malformed(at, "attribute xmlns is given twice"));
            }
            return self.namespace(at);
        }
        if name.starts_with("xmlns:") {
            if value.is_empty() {
                return Err(malformed(at, "a prefix is bound to an empty namespace"));
            }
            return self.namespace(at);
        }
        self.attributes += 1;
        if self.attributes > self.limits.attributes {
            return Err(limit(
                at,
                "an element has more than",
                self.limits.attributes,
                "attributes",
            ));
        }
        Ok(())
    }

    fn namespace(&mut self, at: usize) -> Result<(), Flaw> {
        self.namespaces += 1;
        if self.namespaces > self.limits.namespaces {
            return Err(limit(
                at,
                "an element has more than",
                self.limits.namespaces,
                "namespace declarations",
            ));
        }
        let most = self.limits.namespaces_in_scope();
        let in_scope = self.in_scope.last_mut().map(|count| {
            *count += 1;
            *count
        });
        if in_scope.is_some_and(|count| count > most) {
            return Err(limit(
                at,
                "there are more than",
                most,
                "namespace declarations in scope",
            ));
        }
        Ok(())
    }

    /// The start tag is complete: adds what its declarations will cost the tree parser.
    fn settle(&mut self, at: usize) -> Result<(), Flaw> {
        if self.namespaces == 0 {
            return Ok(());
        }
        let in_scope = self.in_scope.last().copied().unwrap_or(0);
        self.namespace_work = self
            .namespace_work
            .saturating_add(in_scope.saturating_mul(in_scope));
        if self.namespace_work > MOST_NAMESPACE_WORK {
            return Err(Flaw {
                at,
                kind: XmlErrorKind::Limit,
                message: "too many elements declare namespaces below too many others".into(),
            });
        }
        Ok(())
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

    fn leave(&mut self) {
        self.open.pop();
        self.in_scope.pop();
    }
}

/// Whether a processing instruction has the target `xml`, in any case.
fn is_xml_declaration(instruction: &str) -> bool {
    let target = instruction[2..]
        .split([' ', '\t', '\r', '\n', '?'])
        .next()
        .unwrap_or_default();
    target.eq_ignore_ascii_case("xml")
}

fn malformed(at: usize, message: &'static str) -> Flaw {
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
