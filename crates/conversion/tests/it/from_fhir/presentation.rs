//! The presentation text.

use super::tree::Tree;
use super::*;

const XHTML: &str = "http://www.w3.org/1999/xhtml";

fn section(code: Option<&str>, title: Option<&str>, content: &str) -> Value {
    let mut section = json!({
        "text": {
            "status": "generated",
            "div": format!("<div xmlns=\"{XHTML}\">{content}</div>")
        }
    });
    if let Some(code) = code {
        section["code"] = json!({ "coding": [{ "code": code }] });
    }
    if let Some(title) = title {
        section["title"] = json!(title);
    }
    section
}

fn with_sections(sections: Vec<Value>) -> Value {
    let mut json = upload();
    json["entry"][0]["resource"]["section"] = Value::Array(sections);
    json
}

fn html_of(summary: &GpSummary) -> String {
    let markup = summary.presentation().and_then(|text| text.value.as_ref());
    String::from_utf8(markup.expect("a text").bytes.clone()).expect("UTF-8")
}

fn check(sections: Vec<Value>, profile: Profile, expected: &str) {
    let converted = convert(&with_sections(sections), profile);
    let expected =
        format!("<html xmlns=\"xhtml:NPfIT:PresentationText\"><body>{expected}</body></html>");
    assert_eq!(html_of(&converted.summary), expected, "{profile:?}");
}

#[test]
fn sections_become_headings() {
    for profile in [Profile::Compatible, Profile::Full] {
        check(
            vec![
                section(
                    Some("Title"),
                    Some("General <Practice> Summary"),
                    "\n <p id=\"Author\" class=\"x\">By  me</p>\n",
                ),
                section(
                    Some("AllergiesHeader"),
                    Some("Allergies"),
                    "<table summary=\"s\" id=\"a\"><tr><td/><td>🌼 &amp; more</td></tr></table>",
                ),
            ],
            profile,
            "<h2 id=\"Title\">General &lt;Practice&gt; Summary</h2><p class=\"x\" id=\"Author\">By  me</p>\
             <h2 id=\"AllergiesHeader\">Allergies</h2><table id=\"a\" summary=\"s\"><tr><td/><td>🌼 &amp; more</td></tr></table>",
        );
    }
}

#[test]
fn sections_without_code_or_title() {
    let sections = || {
        vec![
            section(None, None, "<p>first</p>"),
            section(None, Some("Second"), "<p>2</p>"),
        ]
    };
    check(
        sections(),
        Profile::Full,
        "<p>first</p><h2>Second</h2><p>2</p>",
    );
    check(
        sections(),
        Profile::Compatible,
        "<h2 id=\"\"></h2><p>first</p><h2 id=\"\">Second</h2><p>2</p>",
    );
}

/// The blank between two words of a line stays in profile Full.
#[test]
fn blanks_between_words() {
    let sections = || {
        vec![section(
            Some("Title"),
            Some("T"),
            "<p><b>not</b> <b>allergic</b></p>",
        )]
    };
    check(
        sections(),
        Profile::Full,
        "<h2 id=\"Title\">T</h2><p><b>not</b> <b>allergic</b></p>",
    );
    check(
        sections(),
        Profile::Compatible,
        "<h2 id=\"Title\">T</h2><p><b>not</b><b>allergic</b></p>",
    );
}

#[test]
fn sections_inside_sections_follow() {
    let mut outer = section(Some("Outer"), Some("Outer"), "<p>1</p>");
    outer["section"] = json!([section(Some("Inner"), Some("Inner"), "<p>2</p>")]);
    let after = section(Some("After"), Some("After"), "<p>3</p>");
    check(
        vec![outer, after],
        Profile::Full,
        "<h2 id=\"Outer\">Outer</h2><p>1</p><h2 id=\"Inner\">Inner</h2><p>2</p><h2 id=\"After\">After</h2><p>3</p>",
    );
}

/// What could run, and what is too long, is refused where it stands.
#[test]
fn hostile_narratives() {
    let place = "Bundle.entry[0].resource.section[0].text.div";
    for content in [
        "<script>alert(1)</script>",
        "<p onclick=\"alert(1)\">x</p>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<iframe src=\"http://example.org\"/>",
        "<p style=\"background: url(http://example.org)\">x</p><object/>",
    ] {
        let json = with_sections(vec![section(Some("Title"), Some("T"), content)]);
        for profile in [Profile::Compatible, Profile::Full] {
            let mut found = bundle_with_div(&json);
            let findings = converted(&mut_bundle(&mut found), profile).expect_err(content);
            let places: Vec<&str> = findings.iter().map(|it| it.expression.as_str()).collect();
            assert_eq!(places, [place], "{content}");
            assert_eq!(findings[0].source, "FHIR R4 Narrative (txt-1)");
        }
    }
    let long = "x".repeat(4_000_000);
    let content = format!("<p>{long}</p>");
    let json = with_sections(vec![
        section(Some("A"), Some("A"), &content),
        section(Some("B"), Some("B"), &content),
    ]);
    let mut found = bundle_with_div(&json);
    let findings = converted(&mut_bundle(&mut found), Profile::Full).expect_err("too long");
    assert_eq!(
        findings[0].rule,
        "The narrative of all sections is longer than 5000000 bytes"
    );
}

/// The bundle, whatever the reader of FHIR thinks of its narratives.
fn bundle_with_div(json: &Value) -> (Bundle, Vec<String>) {
    let mut plain = json.clone();
    let sections = plain["entry"][0]["resource"]["section"]
        .as_array_mut()
        .expect("sections");
    let divs = sections.iter_mut().map(|section| {
        let div = section["text"]["div"].as_str().expect("a div").to_owned();
        section["text"]["div"] = json!(format!("<div xmlns=\"{XHTML}\">x</div>"));
        div
    });
    let divs = divs.collect();
    (bundle(&plain), divs)
}

fn mut_bundle((bundle, divs): &mut (Bundle, Vec<String>)) -> Bundle {
    let mut bundle = bundle.clone();
    if let Some(Resource::Composition(composition)) = bundle.entry[0].resource.as_mut() {
        for (section, div) in composition.section.iter_mut().zip(divs) {
            section.text.as_mut().expect("a text").div = Some(div.clone());
        }
    }
    bundle
}

#[test]
fn a_heading_inside_a_narrative_is_told() {
    let json = with_sections(vec![section(
        Some("Title"),
        Some("T"),
        "<h2>Other</h2><p>x</p>",
    )]);
    let notes = convert(&json, Profile::Full).notes;
    let rules: Vec<&str> = notes.iter().map(|note| note.rule.as_str()).collect();
    assert_eq!(
        rules,
        ["A heading h2 inside a narrative begins a section of its own in the presentation text"]
    );
}

/// The text that the national adaptor's own test expects.
#[test]
fn the_published_text() {
    let folder = testkit::vectors_or_skip("the_published_text", "scr-fhir/mappers/gp-summary");
    let Some(folder) = folder else { return };
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a file");
    let resource = fhir::json::read_tolerant(&read("standard_gp_summary.json"));
    let Ok(Resource::Bundle(bundle)) = resource else {
        panic!("no bundle")
    };
    let expected = read("standard_gp_summary_presentation_text_value.html");
    let expected = xml::Document::parse(&expected).expect("XML");
    for profile in [Profile::Compatible, Profile::Full] {
        let converted = converted(&bundle, profile).expect("a bundle that converts");
        let html = html_of(&converted.summary);
        let found = xml::Document::parse(html.as_bytes()).expect("XML");
        let difference = Tree::of(found.root()).difference(&Tree::of(expected.root()));
        assert_eq!(difference, None);
    }
}

fn note(summary: &GpSummary) -> Option<String> {
    let mut texts = summary
        .entries()
        .flat_map(|(_, entry)| entry.supporting_texts());
    texts
        .find(|text| text.starts_with("Additional information"))
        .map(str::to_owned)
}

/// The note of the additional information, as the national adaptor's own tests expect it.
#[test]
fn additional_information() {
    for (file, titles) in [
        ("no-non-core", &[][..]),
        ("one-risk-to-patient", &["Risks to Patient"]),
        (
            "withheld-information-and-additional",
            &["Personal Preferences"],
        ),
        (
            "treatments-plus-risks-to-patient",
            &["Risks to Patient", "Treatments"],
        ),
        ("lifestyle", &["Lifestyle"]),
        (
            "empty-html-tags",
            &[
                "Problems and Issues",
                "Clinical Observations and Findings",
                "Personal Preferences",
                "Diagnoses",
            ],
        ),
    ] {
        let path = format!("scr-fhir/mappers/additional-info/{file}.json");
        let Some(path) = testkit::vectors_or_skip("additional_information", &path) else {
            return;
        };
        let bytes = std::fs::read(path).expect("a file");
        let Ok(Resource::Bundle(bundle)) = fhir::json::read_tolerant(&bytes) else {
            panic!("no bundle")
        };
        for profile in [Profile::Compatible, Profile::Full] {
            let converted = converted(&bundle, profile).expect("a bundle that converts");
            let expected = (!titles.is_empty()).then(|| {
                let start =
                    "Additional information records have been found under the following types:";
                [&[start], titles].concat().join("\n")
            });
            assert_eq!(note(&converted.summary), expected, "{file} {profile:?}");
        }
    }
}
