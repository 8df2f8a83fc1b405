//! The marks of an XML text, one after the other, without a tree and without allocation.
//!
//! This reader checks everything that is a matter of one mark: quotes, references, characters,
//! the ends of comments, the blanks between attributes. What is a matter of several (which end tag
//! belongs to which start tag, what a prefix is bound to) is for whoever pulls from here.

use std::borrow::Cow;

use crate::XmlErrorKind;
use crate::names::{Name, is_end};
use crate::words;

/// One mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'i> {
    /// A run of text, references not replaced.
    Text(&'i str),
    /// A CDATA section, with its brackets.
    Cdata(&'i str),
    /// A comment, with its brackets.
    Comment(&'i str),
    /// A processing instruction or the XML declaration, with its brackets.
    Instruction(&'i str),
    /// `<name`, before the attributes.
    Open(&'i str),
    /// `name="value"`, references not replaced.
    Attribute(&'i str, &'i str),
    /// `>` of a start tag.
    Opened,
    /// `/>` of an empty element.
    Emptied,
    /// `</name>`
    Close(&'i str),
}

/// One mark outside of a start tag. Those without a part of their own are [`Tokens::latest`].
pub(crate) enum Outside<'i> {
    Text,
    Cdata,
    Comment,
    Instruction,
    /// `<name`: what follows is inside the start tag.
    Open(Name<'i>),
    /// `</`: the rest is for [`Tokens::closes`] and [`Tokens::close`].
    Close,
    /// There is no more.
    End,
}

/// One mark inside a start tag.
pub(crate) enum Inside<'i> {
    Attribute(Attribute<'i>),
    /// `>`, and what follows is outside, as after [`Self::Emptied`].
    Opened,
    Emptied,
}

/// `name="value"`
pub(crate) struct Attribute<'i> {
    pub(crate) name: Name<'i>,
    /// References not replaced.
    pub(crate) value: &'i str,
    /// Whether there are references or line ends in it, or tabs: whether it means something else
    /// than is written.
    pub(crate) is_coded: bool,
}

/// What is wrong, and at which byte.
#[derive(Debug)]
pub(crate) struct Flaw {
    pub(crate) at: usize,
    pub(crate) kind: XmlErrorKind,
    pub(crate) message: Cow<'static, str>,
}

/// Reads marks from a text.
pub(crate) struct Tokens<'i> {
    text: &'i str,
    /// The next byte to read.
    at: usize,
    /// Where the latest mark began.
    start: usize,
    /// For [`Self::next`]; who reads by the two other ways knows it.
    inside_tag: bool,
}

impl<'i> Tokens<'i> {
    pub(crate) fn new(text: &'i str) -> Self {
        Self {
            text,
            at: 0,
            start: 0,
            inside_tag: false,
        }
    }

    /// Where the latest mark began, in bytes.
    #[inline(always)]
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Where the latest mark ended, in bytes.
    #[inline(always)]
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The latest mark as it is written.
    pub(crate) fn latest(&self) -> &'i str {
        &self.text[self.start..self.at]
    }

    /// The next mark; `None` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Token<'i>>, Flaw> {
        if self.inside_tag {
            let inside = self.inside()?;
            self.inside_tag = matches!(inside, Inside::Attribute(_));
            return Ok(Some(match inside {
                Inside::Attribute(a) => Token::Attribute(a.name.whole, a.value),
                Inside::Opened => Token::Opened,
                Inside::Emptied => Token::Emptied,
            }));
        }
        let outside = self.outside()?;
        self.inside_tag = matches!(outside, Outside::Open(_));
        Ok(match outside {
            Outside::Text => Some(Token::Text(self.latest())),
            Outside::Cdata => Some(Token::Cdata(self.latest())),
            Outside::Comment => Some(Token::Comment(self.latest())),
            Outside::Instruction => Some(Token::Instruction(self.latest())),
            Outside::Open(name) => Some(Token::Open(name.whole)),
            Outside::Close => Some(Token::Close(self.close()?)),
            Outside::End => None,
        })
    }

    /// The next mark outside of a start tag. Inlined with what it calls for every tag, like
    /// [`Self::inside`]: the caller takes each mark apart at once, and passing it through memory
    /// costs as much as finding it.
    #[inline(always)]
    pub(crate) fn outside(&mut self) -> Result<Outside<'i>, Flaw> {
        self.start = self.at;
        let rest = self.rest();
        match rest {
            [b'<', next, ..] => match next {
                b'/' => Ok(Outside::Close),
                b'!' => self.declaration(),
                b'?' => self.until(2, "?>").map(|()| Outside::Instruction),
                _ => {
                    self.at += 1;
                    self.name().map(Outside::Open)
                }
            },
            [b'<'] => {
                self.at += 1;
                Err(self.cut_short())
            }
            [] => Ok(Outside::End),
            _ => self.run().map(|()| Outside::Text),
        }
    }

    /// The next mark inside a start tag.
    #[inline(always)]
    pub(crate) fn inside(&mut self) -> Result<Inside<'i>, Flaw> {
        let tag = self.at;
        self.blanks();
        self.start = self.at;
        match self.rest() {
            [b'>', ..] => {
                self.at += 1;
                Ok(Inside::Opened)
            }
            [b'/', b'>', ..] => {
                self.at += 2;
                Ok(Inside::Emptied)
            }
            [] => Err(self.cut_short()),
            _ if self.at == tag => Err(self.malformed("a blank is missing before an attribute")),
            _ => self.attribute().map(Inside::Attribute),
        }
    }

    /// Passes the end tag that begins here if it is that of a start tag with this name, and written
    /// without blanks. The name was looked at before: it only has to be the same.
    #[inline(always)]
    pub(crate) fn closes(&mut self, name: &str) -> bool {
        let from = self.at + 2;
        let end = from + name.len();
        let bytes = self.text.as_bytes();
        let is_same =
            bytes.get(end) == Some(&b'>') && bytes.get(from..end) == Some(name.as_bytes());
        if is_same {
            self.at = end + 1;
        }
        is_same
    }

    /// Passes the end tag that begins here, and gives its name.
    pub(crate) fn close(&mut self) -> Result<&'i str, Flaw> {
        self.at += 2;
        let name = self.name()?;
        self.blanks();
        self.expect(b'>', "the end tag is not closed by '>'")?;
        Ok(name.whole)
    }

    #[inline(always)]
    fn attribute(&mut self) -> Result<Attribute<'i>, Flaw> {
        let name = self.name()?;
        let quote = match self.rest() {
            [b'=', quote @ (b'"' | b'\''), ..] => {
                self.at += 2;
                *quote
            }
            _ => self.equals()?,
        };
        let start = self.at;
        let is_coded = self.value(quote)?;
        let value = &self.text[start..self.at];
        self.at += 1;
        Ok(Attribute {
            name,
            value,
            is_coded,
        })
    }

    /// From an attribute's name into its value, past the quotation mark, which is the answer.
    #[cold]
    fn equals(&mut self) -> Result<u8, Flaw> {
        self.blanks();
        self.expect(b'=', "an equals sign is missing after the attribute's name")?;
        self.blanks();
        let quote = match self.peek() {
            Some(quote @ (b'"' | b'\'')) => quote,
            Some(_) => return Err(self.malformed("the attribute's value is not in quotes")),
            None => return Err(self.cut_short()),
        };
        self.at += 1;
        Ok(quote)
    }

    fn declaration(&mut self) -> Result<Outside<'i>, Flaw> {
        let rest = &self.text[self.at..];
        if rest.starts_with("<!--") {
            return self.comment().map(|()| Outside::Comment);
        }
        if rest.starts_with("<![CDATA[") {
            return self.until(9, "]]>").map(|()| Outside::Cdata);
        }
        if "<!--".starts_with(rest) || "<![CDATA[".starts_with(rest) {
            return Err(self.malformed(CUT_SHORT));
        }
        Err(Flaw {
            at: self.at,
            kind: XmlErrorKind::Forbidden,
            message: "a DOCTYPE or other markup declaration is not allowed".into(),
        })
    }

    fn comment(&mut self) -> Result<(), Flaw> {
        let inside = &self.text[self.at + 4..];
        let found = inside
            .find("--")
            .map(|at| (at, inside.as_bytes().get(at + 2)));
        match found {
            Some((at, Some(b'>'))) => self.take(4 + at + 3),
            None | Some((_, None)) => Err(self.malformed(CUT_SHORT)),
            Some(_) => Err(self.malformed("a comment contains two hyphens")),
        }
    }

    /// From here to the end of `mark`, which is sought after `skip` bytes.
    fn until(&mut self, skip: usize, mark: &str) -> Result<(), Flaw> {
        match self.text[self.at + skip..].find(mark) {
            Some(found) => self.take(skip + found + mark.len()),
            None => Err(self.malformed(CUT_SHORT)),
        }
    }

    /// So many bytes, which must all be characters.
    fn take(&mut self, length: usize) -> Result<(), Flaw> {
        let taken = &self.text[self.at..self.at + length];
        let wrong = taken.bytes().enumerate().find(|(at, byte)| match byte {
            b'\t' | b'\n' | b'\r' => false,
            0xEF => is_no_character(&taken.as_bytes()[*at..]),
            byte => *byte < 0x20,
        });
        if let Some((at, _)) = wrong {
            self.at += at;
            return Err(self.malformed(NO_CHARACTER));
        }
        self.at += length;
        Ok(())
    }

    /// Moves to the end of a run of text; what is in it is checked. Most have nothing to check, or
    /// are only a line end before the next tag.
    #[inline(always)]
    fn run(&mut self) -> Result<(), Flaw> {
        self.pass(|b| matches!(b, b'\t' | b'\n' | b'\r'));
        self.at = words::find(self.text.as_bytes(), self.at, words::markup);
        match self.peek() {
            Some(b'<') => Ok(()),
            _ => self.run_on(),
        }
    }

    fn run_on(&mut self) -> Result<(), Flaw> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                None | Some(b'<') => return Ok(()),
                Some(b'\t' | b'\n' | b'\r') => self.pass(|b| matches!(b, b'\t' | b'\n' | b'\r')),
                Some(b'&') => self.reference()?,
                Some(b'>') if bytes[self.start..self.at].ends_with(b"]]") => {
                    return Err(self.malformed("text contains ']]>'"));
                }
                Some(b'>') => self.at += 1,
                Some(_) => self.beyond_ascii()?,
            }
            self.at = words::find(bytes, self.at, words::markup);
        }
    }

    /// Moves to the quotation mark that ends a value, and says whether [`Attribute::is_coded`].
    #[inline(always)]
    fn value(&mut self, quote: u8) -> Result<bool, Flaw> {
        self.at = self.value_end(quote);
        match self.peek() {
            Some(found) if found == quote => Ok(false),
            _ => self.value_on(quote),
        }
    }

    fn value_on(&mut self, quote: u8) -> Result<bool, Flaw> {
        let bytes = self.text.as_bytes();
        let mut is_coded = false;
        loop {
            match bytes.get(self.at) {
                Some(b'"' | b'\'') => return Ok(is_coded),
                Some(b'<') => return Err(self.malformed("a value contains an unescaped '<'")),
                None => return Err(self.cut_short()),
                Some(b'&') => {
                    is_coded = true;
                    self.reference()?;
                }
                Some(b'\t' | b'\n' | b'\r') => {
                    is_coded = true;
                    self.at += 1;
                }
                Some(_) => self.beyond_ascii()?,
            }
            self.at = self.value_end(quote);
        }
    }

    #[inline(always)]
    fn value_end(&self, quote: u8) -> usize {
        let bytes = self.text.as_bytes();
        match quote {
            b'"' => words::find(bytes, self.at, words::double_quoted),
            _ => words::find(bytes, self.at, words::single_quoted),
        }
    }

    /// Passes what is not ASCII; a control character or noncharacter is a flaw.
    fn beyond_ascii(&mut self) -> Result<(), Flaw> {
        let rest = self.rest();
        match rest {
            [0xEF, ..] if is_no_character(rest) => Err(self.malformed(NO_CHARACTER)),
            [first, ..] if *first >= 0x80 => {
                self.at += 1;
                self.pass(|b| b >= 0x80 && b != 0xEF);
                Ok(())
            }
            _ => Err(self.malformed(NO_CHARACTER)),
        }
    }

    /// Moves past all bytes of a kind.
    #[inline(always)]
    fn pass(&mut self, is_of_kind: impl Fn(u8) -> bool) {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while bytes.get(at).is_some_and(|b| is_of_kind(*b)) {
            at += 1;
        }
        self.at = at;
    }

    /// Checks and passes `&…;`.
    fn reference(&mut self) -> Result<(), Flaw> {
        const LONGEST: usize = 64;
        let rest = &self.text.as_bytes()[self.at + 1..];
        let end = rest.iter().take(LONGEST).position(|b| *b == b';');
        let Some(name) = end.map(|end| &rest[..end]) else {
            return Err(self.malformed("an ampersand begins no reference"));
        };
        match name {
            b"amp" | b"lt" | b"gt" | b"quot" | b"apos" => {}
            [b'#', number @ ..] => {
                if !is_character(number) {
                    return Err(self.malformed("a reference names no XML character"));
                }
            }
            [b'A'..=b'Z' | b'a'..=b'z' | b'_' | b':' | 0x80.., tail @ ..]
                if !tail.iter().any(|b| is_end(*b)) =>
            {
                return Err(Flaw {
                    at: self.at,
                    kind: XmlErrorKind::Forbidden,
                    message: "an entity beyond the predefined five is not allowed".into(),
                });
            }
            _ => return Err(self.malformed("an ampersand begins no reference")),
        }
        self.at += name.len() + 2;
        Ok(())
    }

    #[inline(always)]
    fn name(&mut self) -> Result<Name<'i>, Flaw> {
        match Name::read(self.text, self.at) {
            None => Err(self.cut_short()),
            Some(name) if name.whole.is_empty() => Err(self.malformed("a name is missing")),
            Some(name) => {
                self.at += name.whole.len();
                Ok(name)
            }
        }
    }

    #[inline(always)]
    fn blanks(&mut self) {
        self.pass(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
    }

    #[inline(always)]
    fn rest(&self) -> &'i [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, byte: u8, message: &'static str) -> Result<(), Flaw> {
        match self.peek() {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.malformed(message)),
            None => Err(self.cut_short()),
        }
    }

    #[cold]
    fn malformed(&self, message: &'static str) -> Flaw {
        Flaw {
            at: self.at,
            kind: XmlErrorKind::Malformed,
            message: message.into(),
        }
    }

    #[cold]
    fn cut_short(&self) -> Flaw {
        Flaw {
            at: self.text.len(),
            kind: XmlErrorKind::Malformed,
            message: "the document ends inside a tag".into(),
        }
    }
}

const CUT_SHORT: &str =
    "the document ends inside a comment, CDATA section or processing instruction";

/// Whether the digits after `&#` name a character that XML allows.
fn is_character(number: &[u8]) -> bool {
    let (digits, radix) = match number {
        [b'x', hex @ ..] => (hex, 16),
        decimal => (decimal, 10),
    };
    let code = digits.iter().try_fold(0u32, |code, digit| {
        Some(
            code.saturating_mul(radix)
                .saturating_add(char::from(*digit).to_digit(radix)?),
        )
    });
    !digits.is_empty()
        && matches!(
            code,
            Some(0x9 | 0xA | 0xD | 0x20..=0xD7FF | 0xE000..=0xFFFD | 0x1_0000..=0x10_FFFF)
        )
}

const NO_CHARACTER: &str = "a control character or noncharacter is not allowed in XML";

/// Whether UTF-8 that begins here is U+FFFE or U+FFFF.
fn is_no_character(bytes: &[u8]) -> bool {
    matches!(bytes, [0xEF, 0xBF, 0xBE | 0xBF, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[Token<'_>]) {
        let mut tokens = Tokens::new(text);
        let mut found = Vec::new();
        while let Some(token) = tokens.next().expect("no flaw") {
            found.push(token);
        }
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_mark_is_found() {
        check("", &[]);
        check(
            "<?xml version='1.0'?><a:b c = \"d>'\" e='\"'><!-- <x> --> f &amp; &#x41;<g /></a:b >",
            &[
                Token::Instruction("<?xml version='1.0'?>"),
                Token::Open("a:b"),
                Token::Attribute("c", "d>'"),
                Token::Attribute("e", "\""),
                Token::Opened,
                Token::Comment("<!-- <x> -->"),
                Token::Text(" f &amp; &#x41;"),
                Token::Open("g"),
                Token::Emptied,
                Token::Close("a:b"),
            ],
        );
        check(
            "<a><![CDATA[<b>&c;]]></a>",
            &[
                Token::Open("a"),
                Token::Opened,
                Token::Cdata("<![CDATA[<b>&c;]]>"),
                Token::Close("a"),
            ],
        );
    }

    #[test]
    fn characters_by_number() {
        for good in ["9", "10", "x41", "xD7FF", "x10FFFF", "0000000065"] {
            assert!(is_character(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "x",
            "0",
            "8",
            "xD800",
            "xFFFE",
            "x110000",
            "4a",
            "-1",
            "99999999999999",
        ] {
            assert!(!is_character(bad.as_bytes()), "{bad}");
        }
    }
}
