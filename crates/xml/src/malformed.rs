//! What the tree parser says, in our words.
//!
//! Its own messages can repeat characters of the document; ours name elements, attributes and
//! prefixes at most.

use roxmltree::Error;

use crate::error::{Location, XmlError, XmlErrorKind};
use crate::preflight::open_at;

/// Our error for the tree parser's.
pub(crate) fn malformed(text: &str, error: &Error) -> XmlError {
    let position = error.pos();
    let at = offset(text, position.row, position.col);
    XmlError {
        kind: kind(error),
        location: Location::in_text(text, at, open_at(text, at)),
        message: message(error),
    }
}

fn kind(error: &Error) -> XmlErrorKind {
    match error {
        Error::DtdDetected | Error::UnknownEntityReference(..) => XmlErrorKind::Forbidden,
        Error::NodesLimitReached
        | Error::AttributesLimitReached
        | Error::NamespacesLimitReached => XmlErrorKind::Limit,
        _ => XmlErrorKind::Malformed,
    }
}

fn message(error: &Error) -> String {
    match error {
        Error::UnknownNamespace(prefix, _) => format!("prefix {prefix} is bound to no namespace"),
        Error::DuplicatedNamespace(prefix, _) => format!("prefix {prefix} is declared twice"),
        Error::DuplicatedAttribute(name, _) => format!("attribute {name} is given twice"),
        Error::UnexpectedCloseTag(open, close, _) => {
            format!("end tag {close} does not match start tag {open}")
        }
        Error::InvalidXmlPrefixUri(_)
        | Error::UnexpectedXmlUri(_)
        | Error::UnexpectedXmlnsUri(_)
        | Error::InvalidElementNamePrefix(_) => "a reserved prefix or namespace is misused".into(),
        Error::InvalidName(_) => "a name is not a valid XML name".into(),
        Error::NonXmlChar(..) => "a character is not allowed in XML".into(),
        Error::MalformedEntityReference(_) | Error::EntityReferenceLoop(_) => {
            "a reference is not valid".into()
        }
        Error::InvalidAttributeValue(_) => "a value contains an unescaped '<'".into(),
        Error::InvalidComment(_) => "a comment contains two hyphens".into(),
        Error::InvalidCharacterData(_) => "text contains ']]>'".into(),
        Error::NoRootNode => "the document has no element".into(),
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream => {
            "the document ends before its elements do".into()
        }
        Error::UnexpectedDeclaration(_) => {
            "an XML declaration stands only at the very start".into()
        }
        Error::DtdDetected | Error::InvalidExternalID(_) => "a DOCTYPE is not allowed".into(),
        Error::UnknownEntityReference(..)
        | Error::UnexpectedEntityCloseTag(_)
        | Error::EntityResolver(..) => "an entity beyond the predefined five is not allowed".into(),
        Error::NodesLimitReached => "there are too many nodes".into(),
        Error::AttributesLimitReached => "there are too many attributes".into(),
        Error::NamespacesLimitReached => "there are too many different namespaces".into(),
        Error::InvalidChar(..)
        | Error::InvalidChar2(..)
        | Error::InvalidString(..)
        | Error::UnknownToken(_) => "the markup is not well formed".into(),
    }
}

/// The byte at a line and a column, both from 1.
fn offset(text: &str, line: u32, column: u32) -> usize {
    let line_start = match line {
        0 | 1 => 0,
        line => text
            .bytes()
            .enumerate()
            .filter(|(_, b)| *b == b'\n')
            .nth(line as usize - 2)
            .map_or(text.len(), |(at, _)| at + 1),
    };
    let in_line = text[line_start..]
        .char_indices()
        .nth(column.saturating_sub(1) as usize);
    in_line.map_or(text.len(), |(at, _)| line_start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_bytes() {
        let text = "ab\ncé\nf";
        for (line, column, at) in [
            (1, 1, 0),
            (1, 2, 1),
            (2, 1, 3),
            (2, 3, 6),
            (3, 1, 7),
            (9, 1, 8),
        ] {
            assert_eq!(offset(text, line, column), at, "{line}:{column}");
        }
    }
}
