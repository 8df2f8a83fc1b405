//! From a document's bytes to what people see.

use super::sample::{PATIENT, html, summary};
use crate::render::{self, RenderError, Summary};

fn read(body: &str) -> Summary {
    Summary::read(&summary(PATIENT, &html(body))).expect("a summary")
}

#[test]
fn what_is_no_summary_is_told_apart() {
    let error = |document| Summary::read(&document).err();
    assert_eq!(error(summary(PATIENT, "")), Some(RenderError::NoText));
    let mut other = summary(PATIENT, "");
    other.bytes = b"<Other/>".to_vec();
    assert_eq!(error(other), Some(RenderError::NotASummary));
    let mut broken = summary(PATIENT, "");
    broken.bytes.truncate(100);
    assert!(matches!(error(broken), Some(RenderError::Unreadable(_))));
}

/// Texts that would do harm if they reached a page as markup.
const ATTACKS: [&str; 6] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)>",
    "'; alert(1); //",
    "</style><script>alert(1)</script>",
    "<!--<p>",
];

#[test]
fn escaped_markup_in_text_stays_text() {
    for attack in ATTACKS {
        let escaped = attack.replace('&', "&amp;").replace('<', "&lt;");
        for body in [
            format!("<h2>{escaped}</h2>"),
            format!("<p>{escaped}</p>"),
            format!("<p class='HighlightedStatement'>{escaped}</p>"),
            format!("<pre>{escaped}</pre>"),
            format!("<ul><li>{escaped}</li></ul>"),
            format!("<table><caption>{escaped}</caption><tr><td>{escaped}</td></tr></table>"),
        ] {
            check_page(&body, attack);
        }
    }
}

#[test]
fn markup_in_the_document_never_reaches_the_page() {
    for body in [
        "<script>alert(1)</script>",
        "<p onclick='alert(1)' style='x'>t</p>",
        "<a href='javascript:alert(1)'>t</a>",
        "<h2>t</h2><iframe src='https://example.org'/>",
        "<p><![CDATA[<script>alert(1)</script>]]></p>",
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>",
        "<table summary='&quot;&gt;&lt;script&gt;'><tr><td id='x&quot;onload=1'>t</td></tr></table>",
    ] {
        check_page(body, "");
    }
}

/// The page is well-formed apart from its void elements, has only elements of ours, and shows
/// the text.
fn check_page(body: &str, shown: &str) {
    let summary = read(body);
    let page = render::html(&summary);
    let start = page.find("<body>").expect("a body");
    let end = page.find("</html>").expect("an end");
    let markup = page[start..end].replace("<br>", "<br/>");
    let document = xml::Document::parse(markup.as_bytes()).expect("well-formed");
    const OURS: [&str; 24] = [
        "body", "header", "h1", "h2", "h3", "h4", "h5", "h6", "p", "main", "dl", "dt", "dd", "br",
        "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "pre", "ul",
    ];
    for element in document.root().descendants() {
        assert!(
            OURS.contains(&element.name()) || matches!(element.name(), "ol" | "li"),
            "{page}"
        );
        for (_, name, _) in element.attributes() {
            assert_eq!(name, "class", "{page}");
        }
    }
    assert!(
        document.root().deep_text().contains(shown),
        "{body} is not shown"
    );
    let head = &page[..start];
    assert!(
        !head.contains("alert") && !page.contains("<script"),
        "{page}"
    );
}

#[test]
fn the_page_says_whose_record_it_is() {
    let page = render::html(&read("<p>t</p>"));
    for part in [
        "<!DOCTYPE html>",
        "lang=\"en-GB\"",
        "999 000 0018",
        "NHS Confidential: Personal Data about a patient",
        "General Practice Summary",
        "2 March 2026 at 14:05",
        "Dr &lt;b&gt;Example&lt;/b&gt;",
        "default-src 'none'",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[test]
fn text_fits_the_terminal_and_cannot_steer_it() {
    let summary = read(
        "<h2>Acute\u{9b}31m Medications</h2><p class='HighlightedStatement'>One or more entries \
         have been deliberately withheld from this GP Summary.</p>\
         <table><thead><tr><th>Date</th><th>Medication Item</th><th>Dosage Instructions</th></tr>\
         </thead><tbody><tr><td>01 May 2019</td><td>Paracetamol 500mg tablets</td>\
         <td>Two to be taken every four to six hours</td></tr></tbody></table>",
    );
    for width in [24, 40, 80, 200] {
        let text = render::text(&summary, width);
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    }
    let text = render::text(&summary, 80);
    for part in [
        "NHS number  : 999 000 0018",
        "! One or more entries have been deliberately withheld from this GP Summary.",
        "01 May 2019  Paracetamol 500mg tablets",
        "Date         Medication Item",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn json_has_header_text_and_sections() {
    let json = render::json(&read("<h2>T</h2>"));
    assert_eq!(json["header"]["nhsNumber"], PATIENT);
    assert_eq!(json["header"]["code"], "196981000000101");
    assert_eq!(json["header"]["author"]["name"], "Dr <b>Example</b>");
    assert_eq!(json["presentation"][0]["text"], "T");
    assert_eq!(
        json["sections"][0]["name"],
        "Allergies and Adverse Reactions"
    );
}

#[test]
fn every_published_document_can_be_shown() {
    let Some(folder) = testkit::vectors("smsp-scr/response-templates") else {
        testkit::skip(
            "every_published_document_can_be_shown",
            "shared vectors are not here",
        );
        return;
    };
    let mut shown = 0;
    for path in transport::files::list_dir(&folder).expect("a folder") {
        let bytes = transport::files::read(&path).expect("a file");
        let document = xml::Document::parse(&bytes).expect("well-formed");
        for element in hl7v3::gp_summary::find(&document) {
            let slice = element.slice();
            let stored = domain::record::DocumentBytes {
                bytes: slice.bytes.as_bytes().to_vec(),
                inherited: slice.inherited,
            };
            let summary = match Summary::read(&stored) {
                Ok(summary) => summary,
                // The pack's default document has an NHS number with a wrong check digit.
                Err(error) => {
                    assert!(error.to_string().contains("check digit"), "{error}");
                    continue;
                }
            };
            let text = render::text(&summary, 100);
            let page = render::html(&summary);
            // Every word of the original is in both.
            let html = hl7v3::gp_summary::presentation(element).expect("presentation text");
            for word in html
                .deep_text()
                .split_whitespace()
                .filter(|w| w.len() < 12 && w.is_ascii())
            {
                assert!(text.contains(word), "{word} is lost in {}", path.display());
            }
            assert!(page.contains(&summary.header.patient.to_string()));
            shown += 1;
        }
    }
    assert!(shown > 10, "{shown} documents");
}
