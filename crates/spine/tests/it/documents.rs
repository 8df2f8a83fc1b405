//! A document comes out as it went in, byte for byte.
#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

use hl7v3::psis::event::read_event_answer;
use hl7v3::psis::{QueryAnswer, read_document_answer};

use crate::requests::Asked;
use crate::summaries::{cut_out, document_id, summary};
use crate::world::{World, check};

/// Files the GP Summary in `source`, asks for it, and compares.
fn check_unchanged(name: &str, source: &str) {
    let world = World::new();
    world.file(source);
    let (header, stored) = cut_out(source);
    let asked = Asked::of(header.patient);
    let body = check(asked.event(header.id.as_str()), &world).body;
    let parsed = xml::Document::parse(body.as_bytes()).expect("well formed");
    match read_event_answer(&parsed) {
        Ok(QueryAnswer::Data(event)) => {
            assert_eq!(event.document.source().as_bytes(), stored.bytes, "{name}");
        }
        other => panic!("{name}: {other:?}"),
    }
    for request in [
        asked.document(header.id.as_str()),
        asked.set(header.id.as_str()),
    ] {
        let body = check(request, &world).body;
        let parsed = xml::Document::parse(body.as_bytes()).expect("well formed");
        let answer = match read_document_answer(&parsed) {
            Ok(QueryAnswer::Data(answer)) => answer,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(answer.document.source().as_bytes(), stored.bytes, "{name}");
        assert_eq!(answer.patient, Some(header.patient), "{name}");
        assert_eq!(answer.listed.id, header.id, "{name}");
        assert_eq!(
            answer.listed.size,
            Some(stored.bytes.len() as u64),
            "{name}"
        );
        // Every prefix still means what it meant where the document came from.
        let read = hl7v3::gp_summary::header(answer.document).expect("readable");
        assert_eq!(read, header, "{name}");
        for (prefix, namespace) in &stored.inherited {
            let mut known = answer.document.namespaces();
            let found = known.any(|(p, n)| p == prefix && n == namespace);
            assert!(found, "{name}: {prefix:?} is not {namespace}");
        }
    }
}

#[test]
fn our_own_documents_are_unchanged() {
    let plain = summary(&document_id(1), "20240101");
    let prefixed = plain
        .replace(" xmlns=\"urn:hl7-org:v3\"", "")
        .replace("</", "\u{1}")
        .replace('<', "<z:")
        .replace('\u{1}', "</z:");
    let odd = plain
        .replace(
            "<excerptFrom>",
            "<!-- a comment --><?a thing?>\t<excerptFrom   a='1'\r\n  b = \"'\" >",
        )
        .replace(
            "</excerptFrom>",
            "<![CDATA[<&]]>&#233;&amp;&lt;é\u{1F9EC}</excerptFrom >",
        );
    let foreign = plain.replace(
        "<excerptFrom>",
        "<x:a b:c=\"d\" xmlns:b=\"urn:b\"/><excerptFrom>",
    );
    let envelope = |inside: &str| {
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:z=\"urn:hl7-org:v3\" \
         xmlns:x=\"urn:x &amp; &quot;y&quot;\" xmlns:npfitlc=\"urn:another\"><s:Body>{inside}</s:Body></s:Envelope>"
        )
    };
    for (name, source) in [
        ("plain", plain.clone()),
        ("odd", odd),
        ("prefixed", envelope(&prefixed)),
        ("foreign prefixes", envelope(&foreign)),
        (
            "our own prefix means another",
            envelope(&plain.replace("<excerptFrom>", "<npfitlc:a/><excerptFrom>")),
        ),
        (
            "default namespace inherited",
            plain.replace(" xmlns=\"urn:hl7-org:v3\"", "").replacen(
                "<GPSummary",
                "<a xmlns=\"urn:hl7-org:v3\"><GPSummary",
                1,
            ) + "</a>",
        ),
        (
            "default namespace is another",
            envelope(&prefixed)
                .replace("<s:Body>", "<s:Body xmlns=\"urn:other\">")
                .replace("<z:excerptFrom>", "<b/><z:excerptFrom>"),
        ),
        (
            "large",
            plain.replace(
                "<excerptFrom>",
                &format!(
                    "<excerptFrom>{}",
                    "<p>one  and the same</p>\n".repeat(16_000)
                ),
            ),
        ),
    ] {
        check_unchanged(name, &source);
    }
}

#[test]
fn published_documents_are_unchanged() {
    let test = "published_documents_are_unchanged";
    let Some(folder) = testkit::vectors_or_skip(test, "smsp-scr/response-templates") else {
        return;
    };
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let Ok(source) = std::fs::read_to_string(&path) else {
            continue;
        };
        let Ok(parsed) = xml::Document::parse(source.as_bytes()) else {
            continue;
        };
        let found = hl7v3::gp_summary::find(&parsed);
        let [one] = found.as_slice() else {
            continue;
        };
        if hl7v3::gp_summary::header(*one).is_ok() {
            check_unchanged(&path.display().to_string(), &source);
            checked += 1;
        }
    }
    assert!(checked > 0, "the folder holds GP Summaries");
}
