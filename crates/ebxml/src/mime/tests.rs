//! Multipart bodies as they are met, and as they are broken.

use proptest::prelude::*;

use super::*;

/// The contents of the parts, or the error's text.
fn check(body: &str, boundary: &str, expected: Result<&[&str], &str>) {
    let split = split(body.as_bytes(), boundary);
    let found = split
        .map(|parts| {
            let contents = parts.iter().map(|part| String::from_utf8_lossy(part.bytes));
            contents.map(|c| c.into_owned()).collect::<Vec<_>>()
        })
        .map_err(|error| error.to_string());
    let expected = expected
        .map(|contents| contents.iter().map(|c| (*c).to_owned()).collect())
        .map_err(str::to_owned);
    assert_eq!(found, expected, "{body:?}");
}

#[test]
fn bodies_are_split_as_they_are_met() {
    for (body, parts) in [
        (
            "--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
            &["one", "two"][..],
        ),
        ("--b\n\none\n--b\n\ntwo\n--b--", &["one", "two"]),
        (
            "HTTP/1.1 200 OK\n\n--bx\n--b\n\none\n--b--\nepilogue\n--b\n",
            &["one"],
        ),
        ("--b \t\r\n\r\none\r\n--b-- \r\n", &["one"]),
        ("--b\n\none\n\n--b\n\n\n--b--", &["one\n", ""]),
        ("--b\n\none", &["one"]),
        ("--b\n\n--bc\n -- b\n--b-\n--b--", &["--bc\n -- b\n--b-"]),
        ("--b\r\nX: y\r\n folded\r\n\r\none\r\r\n--b--", &["one\r"]),
    ] {
        check(body, "b", Ok(parts));
    }
    check(
        "----=_MIME-Boundary\n\none\n----=_MIME-Boundary--",
        "--=_MIME-Boundary",
        Ok(&["one"]),
    );
}

#[test]
fn broken_bodies_say_how() {
    let broken = |how: &str| format!("the MIME body is broken: {how}");
    for (body, how) in [
        ("", "no part begins with the boundary"),
        ("one", "no part begins with the boundary"),
        ("--b--", "no part begins with the boundary"),
        ("--b\nX: y\n--b--", "a part has headers and no content"),
        ("--b", "a part has headers and no content"),
        ("--b\nX\n\none\n--b--", "a part's header has no colon"),
        (
            "--b\n X: y\n\none\n--b--",
            "a part begins with a folded line",
        ),
        (
            "--b\nContent-Id: a\ncontent-id: b\n\none\n--b--",
            "a part has a header twice",
        ),
        (
            "--b\nContent-Transfer-Encoding: quoted-printable\n\none\n--b--",
            "a part's transfer encoding is none of 7bit, 8bit, binary, base64",
        ),
    ] {
        check(body, "b", Err(&broken(how)));
    }
    let header = format!("--b\nX: {}\n\none\n--b--", "y".repeat(MAX_HEADER_BYTES));
    check(
        &header,
        "b",
        Err("the message is past a limit: a part's headers are too long"),
    );
    for boundary in ["", "é", &"b".repeat(MAX_BOUNDARY + 1)] {
        assert_eq!(
            split(b"--b\n\none\n--b--", boundary),
            Err(EbxmlError::ContentType)
        );
    }
}

#[test]
fn the_number_and_the_size_of_parts_end_somewhere() {
    let parts = |n: usize| "--b\n\nx\n".repeat(n) + "--b--";
    assert_eq!(
        split(parts(MAX_PARTS).as_bytes(), "b").map(|p| p.len()),
        Ok(MAX_PARTS)
    );
    assert_eq!(
        split(parts(MAX_PARTS + 1).as_bytes(), "b"),
        Err(EbxmlError::Limit("more than 100 parts"))
    );
    // Without a last delimiter the end of the body ends a part, which counts as well.
    assert_eq!(
        split("--b\n\nx\n".repeat(MAX_PARTS + 1).as_bytes(), "b"),
        Err(EbxmlError::Limit("more than 100 parts"))
    );
    let sized = |n: usize| format!("--b\n\n{}\n--b--", "x".repeat(n));
    assert!(split(sized(MAX_ATTACHMENT_BYTES).as_bytes(), "b").is_ok());
    assert_eq!(
        split(sized(MAX_ATTACHMENT_BYTES + 1).as_bytes(), "b"),
        Err(EbxmlError::Limit("a part is larger than 5,000,000 bytes"))
    );
}

#[test]
fn headers_are_read_in_any_case_and_brackets_are_optional() {
    let body = "--b\ncontent-ID: <a@b>\nCONTENT-TYPE: Text/XML; charset=UTF-8\n\
                content-transfer-encoding: BASE64\n\neHk=\n--b\nContent-Id: c@d\n\n\n--b--";
    let parts = split(body.as_bytes(), "b").expect("two parts");
    assert_eq!(parts[0].content_id.as_deref(), Some("a@b"));
    assert!(parts[0].is_xml());
    assert_eq!(parts[0].content().expect("base64"), b"xy".as_slice());
    assert_eq!(parts[1].content_id.as_deref(), Some("c@d"));
    assert_eq!(parts[1].encoding, TransferEncoding::SevenBit);
    assert!(!parts[1].is_xml());
    assert!(!format!("{parts:?}").contains("eHk"));
}

#[test]
fn base64_may_be_in_lines_and_must_be_base64() {
    let part = |bytes| Part {
        content_id: None,
        content_type: String::new(),
        encoding: TransferEncoding::Base64,
        bytes,
    };
    assert_eq!(
        part(b"eH\r\nk=\n").content().expect("base64"),
        b"xy".as_slice()
    );
    assert_eq!(
        part(b"eH\"k=").content(),
        Err(EbxmlError::Mime(
            "a part says that it is base64, and is not"
        ))
    );
}

#[test]
fn parameters_are_found_quoted_or_not() {
    let adaptor = "multipart/related; boundary=\"--=_MIME-Boundary\"; type=text/xml; \
                   start=ebXMLHeader@spine.nhs.uk";
    let odd = "Multipart/Related ;x; Type=\"a;b=\\\"c\\\"\";BOUNDARY = plain ; empty=\"";
    for (content_type, name, expected) in [
        (adaptor, "boundary", Some("--=_MIME-Boundary")),
        (adaptor, "type", Some("text/xml")),
        (adaptor, "start", Some("ebXMLHeader@spine.nhs.uk")),
        (adaptor, "charset", None),
        (odd, "type", Some("a;b=\"c\"")),
        (odd, "boundary", Some("plain")),
        (odd, "empty", Some("")),
        (odd, "b", None),
        ("text/xml", "charset", None),
        ("text/xml;", "charset", None),
    ] {
        assert_eq!(parameter(content_type, name).as_deref(), expected, "{name}");
    }
    assert_eq!(media_type(odd), "multipart/related");
}

proptest! {
    /// What is written is split into the same parts again.
    #[test]
    fn parts_come_back(contents in prop::collection::vec("[ -~\r\n]{0,60}", 1..6)) {
        let boundary = "--=_x";
        let ends_early = |c: &String| like_delimiters(c.as_bytes()).any(|l| l.starts_with(b"--=_x"));
        prop_assume!(!contents.iter().any(ends_early));
        let mut body = Vec::new();
        for content in &contents {
            write_part(&mut body, boundary, &[("Content-Id", "<a>")], content.as_bytes());
        }
        write_last(&mut body, boundary);
        let parts = split(&body, boundary).expect("parts");
        let found: Vec<_> = parts.iter().map(|p| String::from_utf8_lossy(p.bytes).into_owned()).collect();
        prop_assert_eq!(found, contents);
    }

    /// No input panics.
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "(--b(--)?|\r|\n|x|:| |-){0,60}") {
        let _ = split(&bytes, "b");
        let _ = split(text.as_bytes(), "b");
        let _ = parameter(&text, "b");
    }
}

/// A published client writes its last delimiter without the two hyphens.
#[test]
fn a_delimiter_with_nothing_behind_it_is_the_last() {
    for end in ["--b", "--b\n", "--b\r\n", "--b \n \n", "--b--"] {
        let body = format!("--b\n\none\n--b\n\ntwo\n{end}");
        let parts = split(body.as_bytes(), "b").expect("parts");
        let contents: Vec<_> = parts.iter().map(|part| part.bytes).collect();
        assert_eq!(contents, [b"one".as_slice(), b"two"], "{end:?}");
    }
}
