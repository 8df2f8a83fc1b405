//! Text from bytes: UTF-8 and nothing else.

use crate::error::{Location, XmlError, XmlErrorKind};
use crate::scan::open_at;

/// The text of a document, without a byte-order mark.
pub(crate) fn decode(bytes: &[u8]) -> Result<&str, XmlError> {
    if is_wide(bytes) {
        return Err(refused("the document is in UTF-16 or UTF-32, not in UTF-8"));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let name = declared(bytes).unwrap_or(b"UTF-8");
    let ascii = name.eq_ignore_ascii_case(b"US-ASCII");
    if !ascii && !name.eq_ignore_ascii_case(b"UTF-8") {
        return Err(refused(
            "the document declares an encoding other than UTF-8",
        ));
    }
    if ascii && !bytes.is_ascii() {
        return Err(refused(
            "the document declares US-ASCII and contains other characters",
        ));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        // The text before the first wrong byte is sound, by definition of `valid_up_to`.
        let sound = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        XmlError {
            kind: XmlErrorKind::Encoding,
            location: Location::in_text(sound, sound.len(), open_at(sound, sound.len())),
            message: "the bytes are not UTF-8".to_owned(),
        }
    })
}

/// Whether it is UTF-16 or UTF-32, by byte-order mark or by how `<` is written.
pub(crate) fn is_wide(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, 0, 0xFE, 0xFF, ..]
    ) || matches!(bytes, [0, b'<', ..] | [b'<', 0, ..] | [0, 0, 0, b'<', ..])
}

/// The encoding named by the XML declaration, if there is one and it names one.
fn declared(bytes: &[u8]) -> Option<&[u8]> {
    let declaration = bytes.strip_prefix(b"<?xml")?;
    declaration.first().filter(|b| b.is_ascii_whitespace())?;
    let end = declaration.windows(2).position(|two| two == b"?>")?;
    let declaration = &declaration[..end];
    let word = b"encoding";
    let at = declaration
        .windows(word.len())
        .position(|window| window == word)?;
    let value = declaration[at + word.len()..]
        .trim_ascii_start()
        .strip_prefix(b"=")?;
    let (quote, value) = value.trim_ascii_start().split_first()?;
    let end = value.iter().position(|b| b == quote)?;
    Some(&value[..end])
}

fn refused(message: &str) -> XmlError {
    XmlError {
        kind: XmlErrorKind::Encoding,
        location: Location {
            line: 1,
            column: 1,
            path: String::new(),
        },
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<&str, u32>) {
        let found = decode(bytes).map_err(|e| (e.kind, e.location.column));
        assert_eq!(
            found,
            expected.map_err(|column| (XmlErrorKind::Encoding, column))
        );
    }

    #[test]
    fn only_utf8_is_read() {
        check("<é/>".as_bytes(), Ok("<é/>"));
        check("\u{feff}<a/>".as_bytes(), Ok("<a/>"));
        check(
            b"<?xml version='1.0' encoding = 'utf-8'?><a/>",
            Ok("<?xml version='1.0' encoding = 'utf-8'?><a/>"),
        );
        check(
            b"<?xml version='1.0' encoding=\"US-ASCII\"?><a/>",
            Ok("<?xml version='1.0' encoding=\"US-ASCII\"?><a/>"),
        );
        check(
            "<?xml version='1.0' encoding='US-ASCII'?><é/>".as_bytes(),
            Err(1),
        );
        check(b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", Err(1));
        check(b"<?xml\nversion='1.0'\tencoding='utf-16'?><a/>", Err(1));
        check(b"<a>\xE9</a>", Err(4));
        check(b"\xFF\xFE<\0a\0", Err(1));
        check(b"\xFE\xFF\0<\0a", Err(1));
        check(b"<\0a\0/\0>\0", Err(1));
        check(b"\0<\0a\0/\0>", Err(1));
        check(b"", Ok(""));
    }
}
