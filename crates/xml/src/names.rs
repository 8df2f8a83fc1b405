//! Names as XML with namespaces allows them.

/// `(prefix, local name)` of a name of an element or attribute, the prefix empty when there is
/// none; `None` when it is not a valid one.
pub(crate) fn qualified(name: &str) -> Option<(&str, &str)> {
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
    if CLASSES[usize::from(*first)] == START && bytes.iter().all(|b| CLASSES[usize::from(*b)] != 0)
    {
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

const START: u8 = 1;
const FURTHER: u8 = 2;

/// Which ASCII characters begin a name and which only go on with it.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
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
