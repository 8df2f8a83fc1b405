//! The marks of an XML text, one after the other, without a tree and without allocation.
//!
//! This reader checks everything that is a matter of one mark: quotes, references, characters,
//! the ends of comments, the blanks between attributes. What is a matter of several (which end tag
//! belongs to which start tag, what a prefix is bound to) is for whoever pulls from here.

use std::borrow::Cow;

use crate::XmlErrorKind;

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
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Where the latest mark ended, in bytes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The next mark; `None` at the end. Inlined with what it calls for every tag: its callers
    /// take each mark apart at once, and passing it through memory costs as much as finding it.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Option<Token<'i>>, Flaw> {
        self.start = self.at;
        if self.inside_tag {
            return self.inside_tag().map(Some);
        }
        let rest = &self.text.as_bytes()[self.at..];
        match rest {
            [] => Ok(None),
            [b'<', b'/', ..] => self.close().map(Some),
            [b'<', b'!', ..] => self.declaration().map(Some),
            [b'<', b'?', ..] => self.until(2, "?>").map(|t| Some(Token::Instruction(t))),
            [b'<', ..] => {
                self.at += 1;
                self.inside_tag = true;
                self.name().map(|name| Some(Token::Open(name)))
            }
            _ => {
                self.run(TEXT)?;
                Ok(Some(Token::Text(&self.text[self.start..self.at])))
            }
        }
    }

    #[inline(always)]
    fn inside_tag(&mut self) -> Result<Token<'i>, Flaw> {
        self.blanks();
        let apart = self.at > self.start;
        self.start = self.at;
        match &self.text.as_bytes()[self.at..] {
            [b'>', ..] => {
                self.at += 1;
                self.inside_tag = false;
                Ok(Token::Opened)
            }
            [b'/', b'>', ..] => {
                self.at += 2;
                self.inside_tag = false;
                Ok(Token::Emptied)
            }
            [] => Err(self.cut_short()),
            _ if !apart => Err(self.malformed("a blank is missing before an attribute")),
            _ => self.attribute(),
        }
    }

    #[inline(always)]
    fn attribute(&mut self) -> Result<Token<'i>, Flaw> {
        let name = self.name()?;
        self.blanks();
        self.expect(b'=', "an equals sign is missing after the attribute's name")?;
        self.blanks();
        let quote = match self.peek() {
            Some(quote @ (b'"' | b'\'')) => quote,
            Some(_) => return Err(self.malformed("the attribute's value is not in quotes")),
            None => return Err(self.cut_short()),
        };
        self.at += 1;
        let start = self.at;
        let class = if quote == b'"' { IN_DOUBLE } else { IN_SINGLE };
        self.run(class)?;
        let value = &self.text[start..self.at];
        match self.peek() {
            Some(found) if found == quote => self.at += 1,
            Some(_) => return Err(self.malformed("a value contains an unescaped '<'")),
            None => return Err(self.cut_short()),
        }
        Ok(Token::Attribute(name, value))
    }

    fn close(&mut self) -> Result<Token<'i>, Flaw> {
        self.at += 2;
        let name = self.name()?;
        self.blanks();
        self.expect(b'>', "the end tag is not closed by '>'")?;
        Ok(Token::Close(name))
    }

    fn declaration(&mut self) -> Result<Token<'i>, Flaw> {
        let rest = &self.text[self.at..];
        if rest.starts_with("<!--") {
            return self.comment().map(Token::Comment);
        }
        if rest.starts_with("<![CDATA[") {
            return self.until(9, "]]>").map(Token::Cdata);
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

    fn comment(&mut self) -> Result<&'i str, Flaw> {
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
    fn until(&mut self, skip: usize, mark: &str) -> Result<&'i str, Flaw> {
        match self.text[self.at + skip..].find(mark) {
            Some(found) => self.take(skip + found + mark.len()),
            None => Err(self.malformed(CUT_SHORT)),
        }
    }

    /// So many bytes, which must all be characters.
    fn take(&mut self, length: usize) -> Result<&'i str, Flaw> {
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
        Ok(taken)
    }

    /// Moves to the first byte of the class that is no reference; references are checked.
    fn run(&mut self, class: u8) -> Result<(), Flaw> {
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let Some(found) = rest
                .iter()
                .position(|b| CLASSES[usize::from(*b)] & class != 0)
            else {
                self.at = self.text.len();
                return Ok(());
            };
            self.at += found;
            match rest[found] {
                b'&' => self.reference()?,
                b'<' | b'"' | b'\'' => return Ok(()),
                b'>' if self.text[self.start..self.at].ends_with("]]") => {
                    return Err(self.malformed("text contains ']]>'"));
                }
                0xEF if is_no_character(&rest[found..]) => {
                    return Err(self.malformed(NO_CHARACTER));
                }
                b'>' | 0xEF => self.at += 1,
                _ => return Err(self.malformed(NO_CHARACTER)),
            }
        }
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
                if tail
                    .iter()
                    .all(|b| CLASSES[usize::from(*b)] & NAME_END == 0) =>
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

    fn name(&mut self) -> Result<&'i str, Flaw> {
        let rest = &self.text[self.at..];
        let end = rest
            .bytes()
            .position(|b| CLASSES[usize::from(b)] & NAME_END != 0)
            .ok_or_else(|| self.cut_short())?;
        if end == 0 {
            return Err(self.malformed("a name is missing"));
        }
        self.at += end;
        Ok(&rest[..end])
    }

    fn blanks(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let end = rest
            .iter()
            .position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
        self.at += end.unwrap_or(rest.len());
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

    fn malformed(&self, message: &'static str) -> Flaw {
        Flaw {
            at: self.at,
            kind: XmlErrorKind::Malformed,
            message: message.into(),
        }
    }

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

const TEXT: u8 = 1;
const IN_DOUBLE: u8 = 2;
const IN_SINGLE: u8 = 4;
const NAME_END: u8 = 8;

/// What each byte ends.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        classes[control] = TEXT | IN_DOUBLE | IN_SINGLE | NAME_END;
        control += 1;
    }
    classes[b'\t' as usize] = NAME_END;
    classes[b'\n' as usize] = NAME_END;
    classes[b'\r' as usize] = NAME_END;
    classes[b' ' as usize] = NAME_END;
    classes[b'=' as usize] = NAME_END;
    classes[b'/' as usize] = NAME_END;
    classes[b'>' as usize] = TEXT | NAME_END;
    classes[0xEF] = TEXT | IN_DOUBLE | IN_SINGLE;
    classes[b'"' as usize] = IN_DOUBLE | NAME_END;
    classes[b'\'' as usize] = IN_SINGLE | NAME_END;
    classes[b'<' as usize] = TEXT | IN_DOUBLE | IN_SINGLE | NAME_END;
    classes[b'&' as usize] = TEXT | IN_DOUBLE | IN_SINGLE | NAME_END;
    classes
};

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
