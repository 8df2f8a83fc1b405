//! What is refused, and where it is said to be.

use super::{pieces, pieces_within};
use crate::XmlErrorKind::{Encoding, Forbidden, Limit, Malformed};
use crate::{PieceLimits, XmlError};

fn refused(text: &[u8], limits: PieceLimits) -> XmlError {
    let error = pieces_within([text], limits).expect_err("refused");
    let by_byte = pieces_within(text.chunks(1), limits).expect_err("refused");
    assert_eq!(error, by_byte, "the chunks do not matter");
    error
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, kind, line, column, path, message) in [
        ("<f><!DOCTYPE x></f>", Forbidden, 1, 4, "/f", "a DOCTYPE or"),
        ("\n<!DOCTYPE f><f/>", Forbidden, 2, 1, "", "a DOCTYPE or"),
        (
            "<?xml version='1.0' encoding='UTF-16'?><f/>",
            Encoding,
            1,
            1,
            "",
            "the document declares",
        ),
        (
            "<?xml version='1.0' encoding='latin1'?><f",
            Encoding,
            1,
            1,
            "",
            "the document declares",
        ),
        (
            "<?xml version='x'?><f/>",
            Malformed,
            1,
            1,
            "",
            "the XML declaration",
        ),
        (
            "\n<?xml version='1.0'?><f/>",
            Malformed,
            2,
            1,
            "",
            "an XML declaration",
        ),
        (
            "<\0f\0/\0>\0",
            Encoding,
            1,
            1,
            "",
            "the document is in UTF-16",
        ),
        (
            "\0<\0f\0/\0>",
            Encoding,
            1,
            1,
            "",
            "the document is in UTF-16",
        ),
        (
            "<f xmlns='urn:x'>\n<r>\0</r></f>",
            Malformed,
            2,
            4,
            "/f/r",
            "a control",
        ),
        ("<f>\n \0</f>", Malformed, 2, 2, "/f", "a control"),
        (
            "<f xmlns='urn:x'>\n<r/>\n \0<r/></f>",
            Malformed,
            3,
            2,
            "/f",
            "a control",
        ),
        (
            "<f xmlns='urn:x'><r/> \n&x;<r/></f>",
            Forbidden,
            2,
            1,
            "/f",
            "an entity",
        ),
        (
            "<f xmlns='urn:x'>\n\n<r>é<a>\n</r></f>",
            Malformed,
            4,
            1,
            "/f/r/a",
            "an end tag does not",
        ),
        (
            "<f xmlns='urn:x'>ä<r>é<p:a/></r></f>",
            Malformed,
            1,
            24,
            "/f/r/a",
            "prefix p",
        ),
        (
            "<f xmlns='urn:x'><r a='1' a='2'/></f>",
            Malformed,
            1,
            27,
            "/f/r",
            "attribute a",
        ),
        (
            "<f xmlns='urn:x'>\n <p:r/></f>",
            Malformed,
            2,
            3,
            "/f/r",
            "prefix p",
        ),
        ("\n<p:f/>", Malformed, 2, 2, "/f", "prefix p"),
        ("<f a='x<y'/>", Malformed, 1, 8, "", "a value contains"),
        ("<f <r/></f>", Malformed, 1, 4, "", "a tag is not closed"),
        (
            "<f><!-- -- --></f>",
            Malformed,
            1,
            9,
            "/f",
            "a comment contains",
        ),
        (
            "<f></f></f>",
            Malformed,
            1,
            8,
            "",
            "an end tag has no start tag",
        ),
        ("<f></f>\n<g/>", Malformed, 2, 1, "", "there is a second"),
        ("<f></f>\nx", Malformed, 1, 8, "", "there is text outside"),
        (
            "<f/>\n<![CDATA[x]]>",
            Malformed,
            2,
            1,
            "",
            "there is text outside",
        ),
        ("x<f/>", Malformed, 1, 1, "", "there is text outside"),
        ("<f></g>", Malformed, 1, 4, "/f", "an end tag does not"),
        ("", Malformed, 1, 1, "", "the document has no element"),
        (
            " <!-- x -->\n",
            Malformed,
            2,
            1,
            "",
            "the document has no element",
        ),
        (
            "<f>\n<g>",
            Malformed,
            2,
            4,
            "/f/g",
            "the document ends before",
        ),
        (
            "<f>\n<g",
            Malformed,
            2,
            3,
            "/f",
            "the document ends inside a tag",
        ),
        (
            "<f>\n<!-- ",
            Malformed,
            2,
            6,
            "/f",
            "the document ends inside a comment",
        ),
    ] {
        let error = refused(text.as_bytes(), PieceLimits::FILE);
        let place = &error.location;
        assert_eq!(
            (error.kind, place.line, place.column, place.path.as_str()),
            (kind, line, column, path),
            "{text:?}: {error}"
        );
        assert!(error.message.starts_with(message), "{text:?}: {error}");
    }
}

#[test]
fn other_encodings_are_refused_in_records_too() {
    for (text, line, column) in [
        (&b"<f xmlns='urn:x'>\n<r>\xE9</r></f>"[..], 2, 4),
        (b"<f xmlns='urn:x'>\n<\xE9/></f>", 2, 2),
        (
            b"<?xml version='1.0' encoding='US-ASCII'?>\n<f xmlns='urn:x'><r>\xC3\xA9</r></f>",
            2,
            18,
        ),
    ] {
        let error = refused(text, PieceLimits::FILE);
        let place = &error.location;
        assert_eq!(
            (error.kind, place.line, place.column),
            (Encoding, line, column),
            "{error}"
        );
    }
}

fn limits() -> PieceLimits {
    PieceLimits {
        piece: 200,
        tag: 60,
        around: 50,
        records: 3,
    }
}

/// What stays within the limits to the byte is taken, one byte more is not.
#[test]
fn every_limit_is_kept() {
    let fill = |length: usize| "x".repeat(length);
    let record = |length: usize| format!("<f xmlns='urn:x'>\n<r>{}</r></f>", fill(length - 7));
    let head = |length: usize| format!("<f xmlns='urn:x'>{}<r/></f>", fill(length - 17));
    let between = |length: usize| format!("<f xmlns='urn:x'><r/>{}<r/></f>", fill(length));
    let blank = |length: usize| format!("<f xmlns='urn:x'><r/>{}<r/></f>", " ".repeat(length));
    let tail = |length: usize| format!("<f xmlns='urn:x'><r/>{}</f>", fill(length - 4));
    let tag = |length: usize| format!("<f xmlns='urn:x'><r a='{}'/></f>", fill(length - 9));
    let around = |length: usize| format!("<f xmlns='urn:x' a='{}'><r/></f>", fill(length - 22));
    let records = |count: usize| format!("<f xmlns='urn:x'>{}</f>", "<r/>".repeat(count));
    let depth = |depth: usize| {
        let (open, close) = ("<a>".repeat(depth - 2), "</a>".repeat(depth - 2));
        format!("<f xmlns='urn:x'><r>{open}{close}</r></f>")
    };
    type Make<'a> = &'a dyn Fn(usize) -> String;
    let rows: [(&str, Make<'_>, usize, (u32, u32)); 8] = [
        ("a record", &record, 200, (2, 1)),
        ("the head", &head, 200, (1, 1)),
        ("between", &between, 200, (1, 22)),
        ("blanks", &blank, 200, (1, 22)),
        ("the tail", &tail, 200, (1, 22)),
        ("a tag", &tag, 60, (1, 18)),
        ("around", &around, 50, (1, 1)),
        ("records", &records, 3, (1, 30)),
    ];
    for (name, make, most, place) in rows {
        let taken = pieces_within([make(most).as_bytes()], limits());
        assert!(taken.is_ok(), "{name}: {taken:?}");
        let error = refused(make(most + 1).as_bytes(), limits());
        let found = (error.location.line, error.location.column);
        assert_eq!((error.kind, found), (Limit, place), "{name}: {error}");
    }
    assert!(pieces(depth(100).as_bytes()).is_ok());
    let error = refused(depth(101).as_bytes(), PieceLimits::FILE);
    assert_eq!((error.kind, error.location.column), (Limit, 21 + 98 * 3));
}
