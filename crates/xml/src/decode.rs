//! What a piece of markup means: references replaced, line ends and blanks made alike.
//!
//! The pieces come from a text that was checked, so every reference is one of the five predefined
//! or names a character.

use std::borrow::Cow;

use crate::words;

/// A run of text: `\r\n` and `\r` are `\n`, references are replaced.
pub(crate) fn text(raw: &str) -> Cow<'_, str> {
    // Most have no markup and no line ends at all.
    let is_plain = words::is_free(raw.as_bytes(), words::markup)
        || !raw.bytes().any(|b| matches!(b, b'&' | b'\r'));
    match is_plain {
        true => Cow::Borrowed(raw),
        false => Cow::Owned(decoded(raw, Kind::Text)),
    }
}

/// The inside of a CDATA section: only line ends are made alike.
pub(crate) fn literal(raw: &str) -> Cow<'_, str> {
    match raw.bytes().any(|b| b == b'\r') {
        false => Cow::Borrowed(raw),
        true => Cow::Owned(decoded(raw, Kind::Literal)),
    }
}

/// An attribute's value: blanks and line ends are spaces, references are replaced.
pub(crate) fn value(raw: &str) -> Cow<'_, str> {
    match raw
        .bytes()
        .any(|b| matches!(b, b'&' | b'\r' | b'\n' | b'\t'))
    {
        false => Cow::Borrowed(raw),
        true => Cow::Owned(decoded(raw, Kind::Value)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Literal,
    Value,
}

fn decoded(raw: &str, kind: Kind) -> String {
    let line_end = if kind == Kind::Value { ' ' } else { '\n' };
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest
        .bytes()
        .position(|b| matches!(b, b'&' | b'\r' | b'\n' | b'\t'))
    {
        out.push_str(&rest[..at]);
        let special = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match special {
            b'&' if kind != Kind::Literal => rest = reference(rest, &mut out),
            b'\r' => {
                rest = rest.strip_prefix('\n').unwrap_or(rest);
                out.push(line_end);
            }
            b'\n' => out.push(line_end),
            b'\t' if kind == Kind::Value => out.push(' '),
            other => out.push(char::from(other)),
        }
    }
    out.push_str(rest);
    out
}

/// Replaces the reference whose ampersand was just passed, and gives what follows it.
fn reference<'i>(rest: &'i str, out: &mut String) -> &'i str {
    let (name, after) = rest.split_once(';').unwrap_or((rest, ""));
    let number = |digits: &str, radix| {
        u32::from_str_radix(digits, radix)
            .ok()
            .and_then(char::from_u32)
    };
    let character = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix('#') {
            Some(hex) if hex.starts_with('x') => number(&hex[1..], 16),
            Some(decimal) => number(decimal, 10),
            None => None,
        },
    };
    out.extend(character);
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_decoded_by_their_kind() {
        let raw = "a&amp;&lt;&gt;&quot;&apos;&#65;&#x42;\tb\r\nc\rd\ne";
        assert_eq!(text(raw), "a&<>\"'AB\tb\nc\nd\ne");
        assert_eq!(value(raw), "a&<>\"'AB b c d e");
        assert_eq!(literal("a&amp;\r\nb\r"), "a&amp;\nb\n");
        assert_eq!(value("&#10;&#13;&#9;"), "\n\r\t");
        assert_eq!(text("&#0000000000065;é"), "Aé");
        assert!(matches!(text("plain\n"), Cow::Borrowed(_)));
        assert!(matches!(value("plain"), Cow::Borrowed(_)));
    }
}
