//! Writing, and reading again what was written.

use proptest::prelude::*;

use crate::{Document, Writer};

fn check_text(text: &str, expected: &str) {
    let mut w = Writer::new();
    w.text(text);
    assert_eq!(String::from_utf8(w.finish()).as_deref(), Ok(expected));
}

#[test]
fn text_is_escaped_and_stays_readable() {
    check_text("", "");
    check_text("plain é £", "plain é £");
    check_text(
        "a < b & c > d ]]> \"e\" 'f'",
        "a &lt; b &amp; c &gt; d ]]&gt; \"e\" 'f'",
    );
    check_text("line\n\ttab\r\n", "line\n\ttab&#13;\n");
    check_text("\0\u{1}\u{1f}x", "\u{fffd}\u{fffd}\u{fffd}x");
    check_text(
        "\u{fffe}\u{ffff}\u{fffd}\u{ff21}",
        "\u{fffd}\u{fffd}\u{fffd}\u{ff21}",
    );
    check_text("&amp;", "&amp;amp;");
}

#[test]
fn values_keep_their_line_ends() {
    let mut w = Writer::new();
    w.empty("a", &[("b", "1\n2\t3\r4\"5'<>&\0")]);
    let bytes = w.finish();
    assert_eq!(
        std::str::from_utf8(&bytes),
        Ok("<a b=\"1&#10;2&#9;3&#13;4&quot;5'&lt;&gt;&amp;\u{fffd}\"/>")
    );
    let document = Document::parse(&bytes).expect("sound");
    assert_eq!(
        document.root().attribute("b"),
        Some("1\n2\t3\r4\"5'<>&\u{fffd}")
    );
}

/// Texts are written eight bytes at a time: what is special at every place of a run.
#[test]
fn specials_at_every_place() {
    for (special, in_text, in_value) in [
        ("<", "&lt;", "&lt;"),
        (">", "&gt;", "&gt;"),
        ("&", "&amp;", "&amp;"),
        ("\"", "\"", "&quot;"),
        ("'", "'", "'"),
        ("\n", "\n", "&#10;"),
        ("\t", "\t", "&#9;"),
        ("\r", "&#13;", "&#13;"),
        ("\0", "\u{fffd}", "\u{fffd}"),
        ("\u{1f}", "\u{fffd}", "\u{fffd}"),
        ("\u{7f}", "\u{7f}", "\u{7f}"),
        ("é", "é", "é"),
        ("\u{fffe}", "\u{fffd}", "\u{fffd}"),
        ("\u{ffff}", "\u{fffd}", "\u{fffd}"),
        ("\u{feff}", "\u{feff}", "\u{feff}"),
        ("\u{10ffff}", "\u{10ffff}", "\u{10ffff}"),
        ("é\u{fffe}\n", "é\u{fffd}\n", "é\u{fffd}&#10;"),
    ] {
        for length in 0..40 {
            for at in 0..=length {
                let run =
                    |special| format!("{}{special}{}", "x".repeat(at), "x".repeat(length - at));
                check_text(&run(special), &run(in_text));
                let mut w = Writer::new();
                w.empty("a", &[("b", &run(special))]);
                let expected = format!("<a b=\"{}\"/>", run(in_value));
                assert_eq!(String::from_utf8(w.finish()), Ok(expected));
            }
        }
    }
}

#[test]
fn a_document_is_built() {
    let mut inner = Writer::with_capacity(16);
    inner.text_element("c", &[], "d");
    let mut w = Writer::new();
    w.declaration();
    w.element("a", &[], |w| {
        w.empty("b", &[]);
        w.written(&inner.finish());
    });
    assert_eq!(
        w.finish(),
        b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a><b/><c>d</c></a>"
    );
}

/// What a reader gets back: characters XML cannot carry are replaced.
fn carried(text: &str) -> String {
    let cannot = |c: char| (c < ' ' && !"\t\n\r".contains(c)) || "\u{fffe}\u{ffff}".contains(c);
    text.chars()
        .map(|c| if cannot(c) { '\u{fffd}' } else { c })
        .collect()
}

proptest! {
    #[test]
    fn anything_comes_back(text in any::<String>(), value in "[\\x00-\\x7f\u{fffd}-\u{ffff}]{0,40}") {
        let mut w = Writer::new();
        w.text_element("a", &[("b", &value)], &text);
        let bytes = w.finish();
        let document = Document::parse(&bytes);
        prop_assert!(document.is_ok(), "{:?}", document);
        let document = document.expect("checked");
        prop_assert_eq!(document.root().text(), carried(&text));
        let value = carried(&value);
        prop_assert_eq!(document.root().attribute("b"), Some(value.as_str()));
    }
}
