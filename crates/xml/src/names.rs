//! Names as XML with namespaces allows them.

/// A name of an element or attribute as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name<'i> {
    /// All of it.
    pub(crate) whole: &'i str,
    /// Where its colon is; 0 when there is none.
    colon: usize,
}

/// Instead of the place of a colon: no name that XML with namespaces allows.
const UNSOUND: usize = usize::MAX;

impl<'i> Name<'i> {
    /// The name that begins here; `None` when the text ends before it does. It may be empty.
    #[inline(always)]
    pub(crate) fn read(text: &'i str, from: usize) -> Option<Self> {
        let bytes = &text.as_bytes()[from..];
        let (end, colon) = match end_of_plain(bytes) {
            Some(end) => end,
            None => end_of_any(text, from)?,
        };
        Some(Self {
            whole: &text[from..from + end],
            colon,
        })
    }

    /// Whether it is one that XML with namespaces allows.
    #[inline(always)]
    pub(crate) fn is_sound(&self) -> bool {
        self.colon != UNSOUND
    }

    /// `(prefix, local name)` of a sound name; the prefix is empty when there is none.
    #[inline(always)]
    pub(crate) fn parts(&self) -> (&'i str, &'i str) {
        match self.colon {
            0 => ("", self.whole),
            colon => (&self.whole[..colon], &self.whole[colon + 1..]),
        }
    }
}

/// Where a sound name in ASCII ends, and where its colon is or 0; `None` when there is none.
#[inline(always)]
fn end_of_plain(bytes: &[u8]) -> Option<(usize, usize)> {
    let is_start = |byte: Option<&u8>| byte.is_some_and(|b| class(*b) == START);
    if !is_start(bytes.first()) {
        return None;
    }
    let mut rest = after_plain(bytes);
    let mut colon = 0;
    if let [b':', local @ ..] = rest
        && is_start(local.first())
    {
        colon = bytes.len() - rest.len();
        rest = after_plain(local);
    }
    let is_end = rest.first().is_some_and(|b| is_end(*b));
    is_end.then_some((bytes.len() - rest.len(), colon))
}

/// What follows the bytes that may be in an ASCII name without a colon.
#[inline(always)]
fn after_plain(mut bytes: &[u8]) -> &[u8] {
    while let Some((word, after)) = bytes.split_first_chunk::<8>() {
        if let Some(end) = word.iter().position(|b| !is_plain_byte(*b)) {
            return &bytes[end..];
        }
        bytes = after;
    }
    let end = bytes.iter().position(|b| !is_plain_byte(*b));
    &bytes[end.unwrap_or(bytes.len())..]
}

/// The same for any name: one with characters beyond ASCII, or with a flaw.
#[cold]
fn end_of_any(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = &text[from..];
    let end = rest.bytes().position(is_end)?;
    let colon = qualified(&rest[..end]).map_or(UNSOUND, |(prefix, _)| prefix.len());
    Some((end, colon))
}

/// `(prefix, local name)` of a name, the prefix empty when there is none; `None` when it is not a
/// valid one.
fn qualified(name: &str) -> Option<(&str, &str)> {
    let (prefix, local) = split(name);
    let sound =
        is_plain(local) && (prefix.is_empty() && local.len() == name.len() || is_plain(prefix));
    sound.then_some((prefix, local))
}

/// Whether it is a name without a colon.
pub(crate) fn is_plain(name: &str) -> bool {
    let bytes = name.as_bytes();
    let Some(first) = bytes.first() else {
        return false;
    };
    if class(*first) == START && bytes.iter().all(|b| is_plain_byte(*b)) {
        return true;
    }
    !name.is_ascii()
        && name.chars().enumerate().all(|(at, c)| match at {
            0 => is_start(c),
            _ => is_start(c) || is_further(c),
        })
}

/// `(prefix, local name)` at the first colon; the prefix is empty when there is none.
pub(crate) fn split(name: &str) -> (&str, &str) {
    // Names are short: a plain loop finds a colon sooner than a search that has to be set up.
    match name.bytes().position(|byte| byte == b':') {
        Some(colon) => (&name[..colon], &name[colon + 1..]),
        None => ("", name),
    }
}

/// Of a name and what follows it: a byte that may begin a name, one that may only go on with it,
/// one that ends it. The rest are the colon, what is not ASCII, and what no name may contain.
const START: u8 = 1;
const FURTHER: u8 = 2;
const END: u8 = 4;

#[inline(always)]
fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

#[inline(always)]
fn is_plain_byte(byte: u8) -> bool {
    class(byte) & (START | FURTHER) != 0
}

/// Whether a name ends before this byte.
#[inline(always)]
pub(crate) fn is_end(byte: u8) -> bool {
    class(byte) == END
}

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        classes[control] = END;
        control += 1;
    }
    classes[b' ' as usize] = END;
    classes[b'=' as usize] = END;
    classes[b'/' as usize] = END;
    classes[b'>' as usize] = END;
    classes[b'<' as usize] = END;
    classes[b'&' as usize] = END;
    classes[b'"' as usize] = END;
    classes[b'\'' as usize] = END;
    let mut letter = 0;
    while letter < 26 {
        classes[b'A' as usize + letter] = START;
        classes[b'a' as usize + letter] = START;
        letter += 1;
    }
    classes[b'_' as usize] = START;
    let mut digit = 0;
    while digit < 10 {
        classes[b'0' as usize + digit] = FURTHER;
        digit += 1;
    }
    classes[b'-' as usize] = FURTHER;
    classes[b'.' as usize] = FURTHER;
    classes
};

/// NameStartChar of XML 1.0, fifth edition, without the colon.
fn is_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
        | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// What NameChar adds.
fn is_further(c: char) -> bool {
    matches!(c, '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, expected) in [
            ("a", Some(("", "a"))),
            ("_a-1.b", Some(("", "_a-1.b"))),
            ("p:a", Some(("p", "a"))),
            ("é:ü1", Some(("é", "ü1"))),
            ("a·b", Some(("", "a·b"))),
            ("", None),
            (":a", None),
            ("a:", None),
            ("a:b:c", None),
            ("1a", None),
            ("-a", None),
            ("p:1", None),
            ("·a", None),
            ("a!", None),
            ("a\u{d7}", None),
        ] {
            assert_eq!(qualified(name), expected, "{name}");
        }
    }
}
