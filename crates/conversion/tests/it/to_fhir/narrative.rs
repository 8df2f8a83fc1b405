//! The presentation text as sections.

use std::fs::read_to_string;

use conversion::{ConversionError, Profile};
use serde_json::Value;

use super::{Answer, all, assert_same, document_with};

fn sections(html: &str, profile: Profile) -> Value {
    let bundle = Answer::of(document_with("", html)).json(profile);
    all(&bundle, "Composition")[0]["section"].clone()
}

#[test]
fn published() {
    let Some(folder) = testkit::vectors_or_skip("to_fhir::narrative", "scr-fhir/mappers/html")
    else {
        return;
    };
    for name in ["example", "emoji", "empty"] {
        let text = |end: &str| read_to_string(folder.join(format!("{name}.{end}"))).expect(name);
        let expected: Value = serde_json::from_str(&text("json")).expect("JSON");
        for profile in [Profile::Compatible, Profile::Full] {
            let got = sections(&text("html"), profile);
            let (mut got, mut expected) = (got, expected["section"].clone());
            if profile == Profile::Full {
                // The order of attributes is that of the document.
                without_order(&mut got);
                without_order(&mut expected);
            }
            assert_same(
                &single_blanks(&got),
                &single_blanks(&expected),
                &format!("{name} {profile:?}"),
            );
        }
    }
}

/// One of the examples has two blanks where its document has one.
fn single_blanks(value: &Value) -> Value {
    let words = value.to_string();
    let words: Vec<&str> = words.split_whitespace().collect();
    serde_json::from_str(&words.join(" ")).expect("JSON")
}

fn without_order(sections: &mut Value) {
    for section in sections.as_array_mut().into_iter().flatten() {
        let div = section["text"]["div"]
            .as_str()
            .unwrap_or_default()
            .as_bytes()
            .to_vec();
        let document = xml::Document::parse(&div).expect("XHTML");
        let canonical = xml::canonical::exclusive(&document.root(), &[]).expect("XHTML");
        section["text"]["div"] = String::from_utf8(canonical).expect("UTF-8").into();
    }
}

fn fails(html: &str, expected: ConversionError) {
    let answer = Answer::of(document_with("", html));
    let got = conversion::to_fhir(&answer.retrieved(), Profile::Compatible, &mut || {
        "A".to_owned()
    });
    assert_eq!(got.err(), Some(expected), "{html}");
    answer.convert(Profile::Full);
}

/// What the adaptor answers 500 to, profile Full maps.
#[test]
fn what_the_adaptor_fails_on() {
    fails("<html><p>Text</p></html>", ConversionError::NoBody);
    fails(
        "<html><body><p>Text</p><h2>Diagnoses</h2></body></html>",
        ConversionError::NoHeading,
    );
}

fn check(html: &str, titles: &[Option<&str>], divs: &[&str]) {
    let got = sections(html, Profile::Full);
    let got = got.as_array().expect("sections");
    let found: Vec<Option<&str>> = got.iter().map(|it| it["title"].as_str()).collect();
    assert_eq!(found, titles, "{html}");
    for (section, expected) in got.iter().zip(divs) {
        let div = section["text"]["div"].as_str().unwrap_or_default();
        let expected = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{expected}</div>");
        assert_eq!(div, expected, "{html}");
        assert!(fhir::narrative::check(div).is_ok(), "{html}");
    }
    assert_eq!(got.len(), divs.len());
}

#[test]
fn text_before_the_first_heading_is_a_section_without_title() {
    check(
        "<html><body><p>Before</p><h2 id=\"a\"> A\n B </h2><p>After</p></body></html>",
        &[None, Some("A B")],
        &["<p>Before</p>", "<p>After</p>"],
    );
}

#[test]
fn a_text_without_html_or_body_is_a_text() {
    check("<h2>A</h2><p>x</p>", &[Some("A")], &["<p>x</p>"]);
    check(
        "<html><h2>A</h2><p>x</p></html>",
        &[Some("A")],
        &["<p>x</p>"],
    );
    check("Words", &[None], &["Words"]);
}

#[test]
fn blanks_between_words_stay() {
    check(
        "<html><body><h2>A</h2>\n<p><b>one</b> <i>two</i></p>\n<pre> x\n y</pre></body></html>",
        &[Some("A")],
        &["<p><b>one</b> <i>two</i></p><pre> x\n y</pre>"],
    );
}

#[test]
fn markup_that_a_narrative_may_not_hold_goes_and_the_words_stay() {
    check(
        "<html><body><h2>A</h2><p onclick=\"x()\" class=\"c\">a<script>bad()</script><font color=\"red\">b</font>\
         <a href=\"javascript:x\">c</a><a href=\"https://example.org/\">d</a><img src=\"x.png\" alt=\"e\"/></p>\
         <table><tr><td/></tr></table><br/></body></html>",
        &[Some("A")],
        &["<p class=\"c\">a<span>b</span>\
           <a>c</a><a href=\"https://example.org/\">d</a><span>e</span></p>\
           <table><tr><td></td></tr></table><br/>"],
    );
    let html = "<html><body><h2>A</h2><p><font>b</font></p></body></html>";
    let bundle = Answer::of(document_with("", html)).json(Profile::Full);
    let issue = &all(&bundle, "OperationOutcome")[0]["issue"][0];
    assert_eq!(issue["severity"], "information");
    assert_eq!(issue["expression"][0], "Bundle.entry[0].resource");
}

#[test]
fn what_is_struck_out_stays_so() {
    check(
        "<html><body><h2>A</h2><p><s>Penicillin</s> <u>none</u></p><center>x</center></body></html>",
        &[Some("A")],
        &["<p><del>Penicillin</del> <span>none</span></p><div>x</div>"],
    );
}

#[test]
fn an_empty_section_is_valid() {
    let got = sections("<html><body><h2>A</h2></body></html>", Profile::Full);
    assert_eq!(got[0]["text"]["status"], "empty");
    check(
        "<html><body><h2>A</h2></body></html>",
        &[Some("A")],
        &["There is no text under this heading."],
    );
}
