//! What an attacker sends: each refused for the right reason, at the right place, and quickly.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::{Document, Limits, XmlError, XmlErrorKind};
use XmlErrorKind::{Encoding, Forbidden, Limit, Malformed};

/// Generous for a debug build on a busy machine (it takes two or three), and far below what an attack
/// would cost.
const QUICKLY: Duration = Duration::from_secs(20);

#[expect(
    clippy::disallowed_methods,
    reason = "a test of how long parsing takes"
)]
fn refused(bytes: &[u8]) -> XmlError {
    let start = Instant::now();
    let error = Document::parse(bytes).expect_err("refused");
    assert!(
        start.elapsed() < QUICKLY,
        "took {:?}: {error}",
        start.elapsed()
    );
    error
}

/// Parses, and compares kind, line, column and path of the error.
fn check(bytes: impl AsRef<[u8]>, kind: XmlErrorKind, line: u32, column: u32, path: &str) {
    let error = refused(bytes.as_ref());
    let place = &error.location;
    assert_eq!(
        (error.kind, place.line, place.column, place.path.as_str()),
        (kind, line, column, path),
        "{error}"
    );
}

#[test]
fn billion_laughs() {
    let mut text = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE l [<!ENTITY l0 \"lol\">");
    for level in 1..10 {
        let inner = format!("&l{};", level - 1).repeat(10);
        text.push_str(&format!("<!ENTITY l{level} \"{inner}\">"));
    }
    text.push_str("]><l>&l9;</l>");
    check(text, Forbidden, 2, 1, "");
}

#[test]
fn quadratic_blow_up() {
    let text = format!(
        "<!DOCTYPE a [<!ENTITY x \"{}\">]><a>{}</a>",
        "x".repeat(50_000),
        "&x;".repeat(20_000)
    );
    check(text, Forbidden, 1, 1, "");
}

#[test]
fn external_entities() {
    check(
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        Forbidden,
        1,
        1,
        "",
    );
    check(
        "<!DOCTYPE a SYSTEM \"http://x.invalid/a.dtd\"><a/>",
        Forbidden,
        1,
        1,
        "",
    );
    check("<!doctype a><a/>", Forbidden, 1, 1, "");
    check("<a>\n<!ENTITY x 'y'></a>", Forbidden, 2, 1, "/a");
}

#[test]
fn entities_without_a_doctype() {
    check("<a><b>x &nbsp; y</b></a>", Forbidden, 1, 9, "/a/b");
    check("<a><b c='&xxe;'/></a>", Forbidden, 1, 10, "/a/b");
    check("<a>&l1;</a>", Forbidden, 1, 4, "/a");
    check("<a>R&D</a>", Malformed, 1, 5, "/a");
    check("<a>&#0;</a>", Malformed, 1, 4, "/a");
    check("<a>&#xD800;</a>", Malformed, 1, 4, "/a");
    check("<a>&#99999999999999999999;</a>", Malformed, 1, 4, "/a");
    check("<a>&;</a>", Malformed, 1, 4, "/a");
}

#[test]
fn deep_nesting() {
    let error = refused("<a>".repeat(200_000).as_bytes());
    assert_eq!((error.kind, error.location.column), (Limit, 301));
    assert_eq!(error.location.path, "/a".repeat(100));
    let error = refused("<a><a/>".repeat(200_000).as_bytes());
    assert_eq!(error.kind, Limit);
}

#[test]
fn many_attributes() {
    let attributes: String = (0..100_000).map(|n| format!(" a{n}='x'")).collect();
    let error = refused(format!("<r><e{attributes}/></r>").as_bytes());
    assert_eq!((error.kind, error.location.path.as_str()), (Limit, "/r/e"));
    let declarations: String = (0..100_000).map(|n| format!(" xmlns:a{n}='x'")).collect();
    let error = refused(format!("<r><e{declarations}/></r>").as_bytes());
    assert_eq!((error.kind, error.location.path.as_str()), (Limit, "/r/e"));
}

#[test]
fn many_namespaces_in_scope() {
    // Each level within the cap of one element, but every element below searches them all.
    let mut text = String::new();
    for level in 0..90 {
        let declarations: String = (0..32)
            .map(|n| format!(" xmlns:p{level}x{n}='u'"))
            .collect();
        text.push_str(&format!("<a{declarations}>"));
    }
    text.push_str(&"<b xmlns:x='u'/>".repeat(100_000));
    text.push_str(&"</a>".repeat(90));
    let error = refused(text.as_bytes());
    assert_eq!(
        (error.kind, error.location.path.as_str()),
        (Limit, "/a/a/a/a/a")
    );
}

#[test]
fn the_worst_within_the_caps_is_quick() {
    let declarations = |level: usize| -> String {
        (0..31)
            .map(|n| format!(" xmlns:p{level}x{n}='u'"))
            .collect()
    };
    let attributes: String = (0..64).map(|n| format!(" p0x0:a{n}=''")).collect();
    let around: String = (0..4)
        .map(|level| format!("<a{}>", declarations(level)))
        .collect();
    for inside in [
        format!("<b xmlns:x='v'{attributes}/>").repeat(9_000),
        "<b xmlns:x='v'/>".repeat(150_000),
        "<p0x0:b/>".repeat(190_000),
    ] {
        let text = format!("{around}{inside}{}", "</a>".repeat(4));
        #[expect(
            clippy::disallowed_methods,
            reason = "a test of how long parsing takes"
        )]
        let start = Instant::now();
        Document::parse(text.as_bytes()).expect("within the caps");
        assert!(start.elapsed() < QUICKLY, "took {:?}", start.elapsed());
    }
}

#[test]
fn every_cap_is_inclusive() {
    let limits = Limits {
        bytes: 60,
        depth: 2,
        elements: 3,
        attributes: 1,
        namespaces: 1,
        name: 7,
        text: 5,
    };
    for (text, fits) in [
        ("<a><b/><c/></a>", true),
        ("<a><b/><c/><d/></a>", false),
        ("<a><b/><!----><!----></a>", false),
        ("<a><b/></a>", true),
        ("<a><b><c/></b></a>", false),
        ("<a b='' xmlns='u'/>", true),
        ("<a b='' c=''/>", false),
        ("<a xmlns='u' xmlns:x='u'/>", false),
        ("<a234567/>", true),
        ("<a2345678/>", false),
        ("<a xxxxxxxx=''/>", false),
        ("<a>12345</a>", true),
        ("<a>123456</a>", false),
        ("<a b='12345'/>", true),
        ("<a b='123456'/>", false),
        ("<a><!--xx--></a>", false),
    ] {
        let kind = Document::parse_within(text.as_bytes(), &limits)
            .err()
            .map(|error| error.kind);
        assert_eq!(kind, (!fits).then_some(Limit), "{text}");
    }
    let limits = Limits {
        bytes: 10,
        ..Limits::MESSAGE
    };
    assert!(Document::parse_within(b"<a>123</a>", &limits).is_ok());
    let error = Document::parse_within(b"<a>1234</a>", &limits).expect_err("too long");
    assert_eq!(error.kind, Limit);
}

#[test]
fn huge_names_and_texts() {
    let name = "n".repeat(300);
    check(format!("<a><{name}/></a>"), Limit, 1, 4, "/a");
    check(format!("<a><b {name}=''/></a>"), Limit, 1, 7, "/a/b");
    check(
        format!("<a>{}</a>", "x".repeat((5 << 20) + 1)),
        Limit,
        1,
        4,
        "/a",
    );
    check(" ".repeat((8 << 20) + 1), Limit, 1, 1, "");
}

#[test]
fn ill_formed_markup() {
    check("<a/><b/>", Malformed, 1, 5, "");
    check("<a/>text", Malformed, 1, 5, "");
    check("text<a/>", Malformed, 1, 1, "");
    check("<![CDATA[x]]><a/>", Malformed, 1, 1, "");
    check("", Malformed, 1, 1, "");
    check("  \n ", Malformed, 2, 2, "");
    check("<a>x ]]> y</a>", Malformed, 1, 8, "/a");
    check("<a><b></a></b>", Malformed, 1, 7, "/a/b");
    check("<a></a></a>", Malformed, 1, 8, "");
    check("<a>\n <b c=d/></a>", Malformed, 2, 7, "/a/b");
    check("<a b/>", Malformed, 1, 5, "/a");
    check("<a b='<'/>", Malformed, 1, 7, "/a");
    check("<a b='1'c='2'/>", Malformed, 1, 9, "/a");
    check("<1a/>", Malformed, 1, 2, "/1a");
    check("<a:b:c/>", Malformed, 1, 2, "/c");
    check("< a/>", Malformed, 1, 2, "");
    check("<a><!-- -- --></a>", Malformed, 1, 4, "/a");
    check("<a><?xml version='1.0'?></a>", Malformed, 1, 4, "/a");
    check(" <?xml version='1.0'?><a/>", Malformed, 1, 2, "");
    check("\u{feff}\u{feff}<a/>", Malformed, 1, 1, "");
}

#[test]
fn namespaces_done_wrong() {
    check("<a><p:b/></a>", Malformed, 1, 5, "/a/b");
    check("<a><b p:c=''/></a>", Malformed, 1, 7, "/a/b");
    check("<a b='1' b='2'/>", Malformed, 1, 10, "/a");
    check(
        "<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>",
        Malformed,
        1,
        35,
        "/a",
    );
    check("<a xmlns='u' xmlns='v'/>", Malformed, 1, 14, "/a");
    check("<a xmlns:p='u' xmlns:p='u'/>", Malformed, 1, 16, "/a");
    check("<a xmlns:p=''/>", Malformed, 1, 4, "/a");
    check("<a xmlns:xml='u'/>", Malformed, 1, 4, "/a");
    check("<xmlns:a/>", Malformed, 1, 2, "/a");
}

#[test]
fn control_characters() {
    check("<a>x\0y</a>", Malformed, 1, 5, "/a");
    check("<a b='\u{1}'/>", Malformed, 1, 7, "/a");
    check("<a>\u{1b}[2J</a>", Malformed, 1, 4, "/a");
    check("<a>é\u{fffe}</a>", Malformed, 1, 5, "/a");
    check("<a\0b/>", Malformed, 1, 3, "/a");
    assert!(Document::parse("<a>\t\r\n\u{7f}\u{85}</a>".as_bytes()).is_ok());
}

/// Texts are read eight bytes at a time: what is wrong is found wherever it stands, and is said to
/// be there.
#[test]
fn flaws_at_every_place() {
    for before in ["x", "é", "\u{10ffff}", "\u{ff21}", " ", "]"] {
        for length in 0..40 {
            let run = before.repeat(length);
            let column = 4 + length as u32;
            for after in ["", "x", "xxxxxxxxxxxx"] {
                let text = |special: &str| format!("<a>{run}{special}{after}</a>");
                let value = |special: &str| format!("<a b='{run}{special}{after}'/>");
                for no_character in ["\u{1}", "\0", "\u{1f}", "\u{fffe}", "\u{ffff}"] {
                    check(text(no_character), Malformed, 1, column, "/a");
                    check(value(no_character), Malformed, 1, column + 3, "/a");
                }
                check(text("&;"), Malformed, 1, column, "/a");
                check(text("&x;"), Forbidden, 1, column, "/a");
                check(value("&x;"), Forbidden, 1, column + 3, "/a");
                check(value("<"), Malformed, 1, column + 3, "/a");
                // The brackets before may be the two.
                let end = if before == "]" && length >= 2 { 0 } else { 2 };
                let brackets = &"]]>"[2 - end..];
                check(text(brackets), Malformed, 1, column + end as u32, "/a");
            }
        }
    }
}

#[test]
fn other_encodings() {
    let wide = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| {
                if big {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            })
            .collect()
    };
    check(wide("\u{feff}<a/>", true), Encoding, 1, 1, "");
    check(wide("\u{feff}<a/>", false), Encoding, 1, 1, "");
    check(wide("<a/>", true), Encoding, 1, 1, "");
    check(wide("<a/>", false), Encoding, 1, 1, "");
    check(
        b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>",
        Encoding,
        1,
        1,
        "",
    );
    check(b"<a>\n<b>caf\xE9</b></a>", Encoding, 2, 7, "/a/b");
    check(b"<a>\xC0\x80</a>", Encoding, 1, 4, "/a");
    check(b"<a>\xED\xA0\x80</a>", Encoding, 1, 4, "/a");
}

#[test]
fn truncated_input() {
    let whole = "<a b='c'><!--d--><e>f&amp;</e><![CDATA[g]]><?h i?></a>";
    assert!(Document::parse(whole.as_bytes()).is_ok());
    for end in 0..whole.len() {
        let error = refused(&whole.as_bytes()[..end]);
        assert_eq!(error.kind, Malformed, "{}: {error}", &whole[..end]);
        assert_eq!(error.location.line, 1);
        assert!(error.location.column as usize <= end + 1, "{error}");
    }
    check("<a>\n<b>", Malformed, 2, 4, "/a/b");
}

#[test]
fn an_error_repeats_no_content() {
    for text in [
        "<a>9990000018 &x; </a>",
        "<a b='9990000018' b='9990000018'/>",
        "<a>9990000018 ]]></a>",
        "<a b='9990000018<'/>",
        "<a b=9990000018/>",
        "<?xml version='1.0' encoding='9990000018'?><a/>",
        "<a>9990000018</b>",
        "<a>&9990000018;</a>",
        "<a/>9990000018",
    ] {
        let error = refused(text.as_bytes());
        assert!(!error.to_string().contains("999"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Document::parse(&bytes);
    }

    #[test]
    fn marks_never_panic_and_errors_are_inside(text in MARKS) {
        if let Err(error) = Document::parse(text.as_bytes()) {
            let lines = text.lines().count().max(1) as u32 + 1;
            prop_assert!(error.location.line <= lines && error.location.column >= 1, "{}", error);
        }
    }
}

/// Pieces of markup in any order: closer to XML than random bytes are.
pub(super) const MARKS: &str = "(<a>|</a>|<b/>|<a b='c'>|<p:a xmlns:p='u'>|</p:a>| xmlns='u'|<a xmlns='u' xmlns='v'/>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|<\\?|\\?>|<\\?xml |&amp;|&#x41;|&#xD800;|&|;|<|>|/|'|\"|=|a|:|é|\n|\t| |\u{feff}){0,12}";
