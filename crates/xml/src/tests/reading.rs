//! Reading what is sound.

use crate::{Document, Location, XmlErrorKind};

const SAMPLE: &str = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n\
    <e:Envelope xmlns:e=\"urn:e\" xmlns=\"urn:d\">\n\
    \u{20}<Body id=\"1\" e:id=\"2\" blank=\" \">\n\
    \u{20} <item>a<!-- c -->b<![CDATA[<c>]]></item><item/><one>é<sub>f</sub>g</one>\n\
    \u{20}</Body>\n\
    </e:Envelope>";

#[test]
fn the_tree_is_walked() {
    let document = Document::parse(SAMPLE.as_bytes()).expect("sound");
    let root = document.root();
    assert!(root.is("urn:e", "Envelope"));
    assert!(
        document.source().starts_with("<?xml"),
        "without the byte-order mark"
    );
    let body = root.one("urn:d", "Body").expect("there");
    assert_eq!(body.attribute("id"), Some("1"));
    assert_eq!(body.attribute_ns("urn:e", "id"), Some("2"));
    assert_eq!(body.attributes().count(), 3);
    assert_eq!(body.parent(), Some(root));
    // Names that live shorter than the document will do.
    let name = String::from("item");
    assert_eq!(body.children_named("urn:d", &name).count(), 2);
    assert_eq!(
        root.path("urn:d", &["Body", "item"]).map(|i| i.text()),
        Some("ab<c>".into())
    );
    let one = root.find("urn:d", "one").expect("there");
    assert_eq!(one.text(), "ég");
    assert_eq!(one.deep_text(), "éfg");
    assert_eq!(one.source(), "<one>é<sub>f</sub>g</one>");
    assert_eq!(&document.source()[one.range()], one.source());
}

#[test]
fn errors_of_content_say_where() {
    let document = Document::parse(SAMPLE.as_bytes()).expect("sound");
    let body = document.root().child("urn:d", "Body").expect("there");
    let place = |line, column, path: &str| Location {
        line,
        column,
        path: path.to_owned(),
    };

    let twice = body.one("urn:d", "item").expect_err("twice");
    assert_eq!(twice.kind, XmlErrorKind::Content);
    assert_eq!(twice.location, place(4, 43, "/Envelope/Body/item"));
    assert_eq!(
        twice.to_string(),
        "element item is given twice (line 4, column 43, /Envelope/Body/item)"
    );
    assert_eq!(body.optional("urn:d", "item").expect_err("twice"), twice);
    assert_eq!(body.optional("urn:d", "none"), Ok(None));
    let missing = body.one("urn:e", "item").expect_err("another namespace");
    assert_eq!(missing.location, place(3, 2, "/Envelope/Body"));
    assert_eq!(body.required("id"), Ok("1"));
    assert!(
        body.required("blank")
            .expect_err("blank")
            .message
            .contains("blank")
    );
    assert!(
        body.required("none")
            .expect_err("missing")
            .message
            .contains("missing")
    );
}

#[test]
fn paths_of_errors_stay_short() {
    let name = "n".repeat(250);
    let text = format!("{}x", format!("<{name}>").repeat(20));
    let error = Document::parse(text.as_bytes()).expect_err("not closed");
    assert!(error.location.path.starts_with('…'));
    assert!(error.location.path.len() <= 1_003);
}
