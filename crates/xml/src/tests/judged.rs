//! Another reader as the judge: what it takes we take, and find the same in it; what it refuses
//! we refuse.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;

use super::hostile::MARKS;
use crate::{Content, Document, Element};

/// What this house refuses on purpose and the judge lets pass.
const STRICTER: [&str; 9] = [
    "the document declares an encoding other than UTF-8",
    "the document declares US-ASCII and contains other characters",
    "attribute xmlns is given twice",
    "a prefix is bound to an empty namespace",
    "an XML declaration stands only at the very start",
    "the XML declaration is not well formed",
    "a reference names no XML character",
    "a name is not a valid XML name",
    "a reserved prefix or namespace is misused",
];

fn check(text: &str) {
    // It counts a byte-order mark among the bytes; we set it aside.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let ours = Document::parse(text.as_bytes());
    let theirs = roxmltree::Document::parse(text);
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => same(ours.root(), theirs.root_element(), text),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) => panic!("we take {text:?}: {error}"),
        // It takes an empty prefix in an end tag for none, and any prefix before `xmlns` too.
        (Err(_), Ok(_)) if text.contains("</:") || text.contains(":xmlns") => {}
        (Err(error), Ok(_)) => assert!(
            STRICTER.contains(&error.message.as_str()),
            "we refuse {text:?}: {error}"
        ),
    }
}

fn same(ours: Element<'_, '_>, theirs: roxmltree::Node<'_, '_>, text: &str) {
    assert_eq!(ours.name(), theirs.tag_name().name(), "{text}");
    let namespace = theirs.tag_name().namespace().unwrap_or_default();
    assert_eq!(ours.namespace(), namespace, "{text}");
    assert_eq!(ours.range(), theirs.range(), "{text}");
    let attributes: Vec<_> = theirs
        .attributes()
        .map(|a| (a.namespace().unwrap_or_default(), a.name(), a.value()))
        .collect();
    assert_eq!(ours.attributes().collect::<Vec<_>>(), attributes, "{text}");
    let mut bound: Vec<_> = theirs
        .namespaces()
        .map(|n| (n.name().unwrap_or_default(), n.uri()))
        .filter(|(prefix, uri)| *prefix != "xml" && !uri.is_empty())
        .collect();
    let mut ours_bound: Vec<_> = ours.namespaces().collect();
    bound.sort_unstable();
    ours_bound.sort_unstable();
    assert_eq!(ours_bound, bound, "{text}");
    let their_text: String = theirs
        .children()
        .filter(roxmltree::Node::is_text)
        .filter_map(|node| node.text())
        .collect();
    assert_eq!(ours.text(), their_text, "{text}");
    let in_order: String = ours
        .content()
        .map(|piece| match piece {
            Content::Text(text) => text.into_owned(),
            Content::Element(element) => format!("<{}>", element.name()),
        })
        .collect();
    let their_order: String = theirs
        .children()
        .map(|node| match node.is_element() {
            true => format!("<{}>", node.tag_name().name()),
            false if node.is_text() => node.text().unwrap_or_default().to_owned(),
            false => String::new(),
        })
        .collect();
    assert_eq!(in_order, their_order, "{text}");
    let children: Vec<_> = theirs
        .children()
        .filter(roxmltree::Node::is_element)
        .collect();
    assert_eq!(ours.children().count(), children.len(), "{text}");
    for (ours, theirs) in ours.children().zip(children) {
        assert_eq!(
            ours.parent().map(|p| p.name()),
            theirs.parent_element().map(|p| p.tag_name().name())
        );
        same(ours, theirs, text);
    }
}

#[test]
fn corners() {
    for text in [
        "<a>\r\n<b c='\r\n\t &#13;&#10;'>&#13;</b><![CDATA[\r\n]]>\r</a>",
        "<a xmlns='u'><b xmlns=''><c xmlns='v'/></b><d/></a>",
        "<a xmlns:p='u'><p:b xmlns:p='v' p:c='1' c='1'/><p:b/></a>",
        "<a xml:lang='en'/>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
        "<?xml version='1.0' standalone='yes' ?><!-- x --><?y z?><a/><!-- x --><?y?>\n",
        "<?xml version='1.0'encoding='utf-8'?><a/>",
        "<?xml encoding='utf-8'?><a/>",
        "<?xml version='1.0' encoding='UTF-8' ?>\n<a/>",
        "<a><?x ?></a>",
        "<a><? x?></a>",
        "<a><!---></a>",
        "<a><!----></a>",
        "<a><!-- - --></a>",
        "<a><!-- x ---></a>",
        "<a><![CDATA[]]]]><![CDATA[>]]></a>",
        "<a>]]&gt;</a>",
        "<a>] ]></a>",
        "<a b=']]>'/>",
        "<a b=\"'\" c='\"'/>",
        "<a\n b\t=\r'c'\n></a\n>",
        "<a>\u{fffd}\u{10ffff}</a>",
        "<a b='\u{ffff}'/>",
        "<a><!--\u{fffe}--></a>",
        "<a><!--\u{1}--></a>",
        "<a>&#xFFFE;</a>",
        "<é:ü xmlns:é='u' é:à='1'/>",
        "<a:b xmlns:a='u' a:c='1' xmlns:d='u' d:c='2'/>",
        "<p:a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
        "<a ></a >",
        "<a/ >",
        "</a>",
    ] {
        check(text);
    }
}

/// Texts are read eight bytes at a time: what is special at every place of a run of every length.
#[test]
fn specials_at_every_place() {
    const SPECIALS: [&str; 30] = [
        "<",
        ">",
        "&",
        "&amp;",
        "&#65;",
        "&x;",
        "\"",
        "'",
        "]]>",
        "]]",
        "\n",
        "\r\n",
        "\t",
        "\0",
        "\u{1f}",
        "\u{7f}",
        "\u{80}",
        "é",
        "\u{fffd}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{feff}",
        "\u{10ffff}",
        "=",
        "/",
        ":",
        "-",
        "1",
        "@",
        " ",
    ];
    for special in SPECIALS {
        for length in 0..20 {
            for at in 0..=length {
                let run = format!("{}{special}{}", "x".repeat(at), "x".repeat(length - at));
                check(&format!("<a>{run}</a>"));
                check(&format!("<a b=\"{run}\" c='{run}'/>"));
                check(&format!(
                    "<p:a xmlns:p='u' p:{run}='1'><{run}></{run}></p:a>"
                ));
                check(&format!("<a{run}"));
            }
        }
    }
}

/// Every published message, and what a slip of the hand makes of it.
#[test]
fn published_messages_and_damaged_ones() {
    let Some(folder) = testkit::vectors_or_skip("published_messages_and_damaged_ones", "") else {
        return;
    };
    let mut files = Vec::new();
    gather(&folder, &mut files);
    assert!(files.len() > 100, "there are {} only", files.len());
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below.max(1)
    };
    for text in &files {
        check(text);
        // Long ones take long; a part of each will do.
        let part: String = text.chars().take(4_000).collect();
        for _ in 0..20 {
            let mut bytes = part.clone().into_bytes();
            for _ in 0..1 + random(3) {
                let at = random(bytes.len());
                let put = b"<>&;'\"/=:-]![? \n\ra1\xc3"[random(20)];
                match random(3) {
                    0 => bytes.insert(at, put),
                    1 => drop(bytes.remove(at)),
                    _ => bytes[at] = put,
                }
                if bytes.is_empty() {
                    break;
                }
            }
            if let Ok(damaged) = String::from_utf8(bytes) {
                check(&damaged);
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "tests look at files directly")]
fn gather(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, texts);
        } else if path
            .extension()
            .is_some_and(|e| e == "xml" || e == "xsd" || e == "wsdl")
            && let Ok(text) = std::fs::read_to_string(&path)
            && !text.contains("<!DOCTYPE")
        {
            texts.push(text.trim_start_matches('\u{feff}').to_owned());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn marks_in_any_order(text in MARKS) {
        check(&text);
    }

    #[test]
    fn a_sound_text_with_a_slip(at in any::<Index>(), put in "[<>&;'\"/=:\\]! a1é\n]{0,2}", cut in 0..3_usize) {
        const SOUND: &str = "<?xml version=\"1.0\"?><p:a xmlns:p='u' xmlns=\"v\" p:b='1' c=\"x &amp; y\"><!-- d --><e f='g'>h<i/>&#65;</e>\n<![CDATA[<j>]]><k xmlns=''>l</k></p:a>";
        let at = at.index(SOUND.len());
        let end = (at + cut).min(SOUND.len());
        check(&format!("{}{put}{}", &SOUND[..at], &SOUND[end..]));
    }
}
