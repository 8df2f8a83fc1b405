//! GP Summaries: what they say of themselves, and views of their content.

use domain::record::SummaryKind;
use hl7v3::gp_summary::{PresentationBlock, blocks, find, header, presentation, sections};

use crate::support::*;

fn first_header(source: &str) -> Result<domain::record::DocumentHeader, xml::XmlError> {
    let doc = xml::Document::parse(source.as_bytes()).expect("well formed");
    let found = find(&doc);
    header(*found.first().expect("a GP Summary"))
}

#[test]
fn a_header_says_everything() {
    let header = first_header(SUMMARY).expect("valid");
    assert_eq!(header.id, document(DOCUMENT_ID));
    assert_eq!(header.kind, SummaryKind::Full);
    assert_eq!(header.effective.as_str(), "202406301015");
    assert_eq!(header.patient, patient());
    assert_eq!(header.author.name.as_deref(), Some("Dr Ada Barstow"));
    assert_eq!(header.author.user, Some(author().user));
    assert_eq!(header.author.role_profile, Some(author().role_profile));
    assert_eq!(header.replaces, Some(document(OTHER_ID)));
}

const PERSON_START: &str = "<UKCT_MT160018UK01.AgentPersonSDS classCode=\"AGNT\">";
const PERSON_END: &str = "</UKCT_MT160018UK01.AgentPersonSDS>";

/// The example with another agent.
fn with_agent(agent: &str) -> String {
    let start = SUMMARY.find(PERSON_START).expect("an author");
    let end = SUMMARY.find(PERSON_END).expect("its end") + PERSON_END.len();
    format!("{}{agent}{}", &SUMMARY[..start], &SUMMARY[end..])
}

#[test]
fn authors_of_every_form_are_read() {
    let named = |agent: &str| {
        let author = first_header(&with_agent(agent)).expect("valid").author;
        (author.name.unwrap_or_default(), author.organisation)
    };
    assert_eq!(
        named(
            "<UKCT_MT160017UK01.AgentOrgSDS><agentOrganizationSDS><id root=\"1.2.826.0.1285.0.1.10\" extension=\"B83013\"/><name>CRAIG</name></agentOrganizationSDS></UKCT_MT160017UK01.AgentOrgSDS>"
        ),
        ("CRAIG".to_owned(), Some("B83013".to_owned()))
    );
    assert_eq!(
        named(
            "<UKCT_MT160017UK01.AgentOrgSDS><agentOrganizationSDS><id root=\"1.2.826.0.1285.0.2.0.109\" extension=\"9988\"/><name>Team</name></agentOrganizationSDS></UKCT_MT160017UK01.AgentOrgSDS>"
        ),
        ("Team".to_owned(), Some("9988".to_owned()))
    );
    assert_eq!(
        named(
            "<UKCT_MT160017UK01.AgentOrg><code code=\"001\"/><agentOrganization><name> The\n Surgery </name></agentOrganization></UKCT_MT160017UK01.AgentOrg>"
        ),
        ("The Surgery".to_owned(), None)
    );
    assert_eq!(
        named(
            "<UKCT_MT160018UK01.AgentPerson><code code=\"R0010\"/><agentPerson><name><prefix>Mr</prefix><family>Jones</family><given>John</given><given>Jeffrey</given><suffix>Jnr</suffix></name></agentPerson><representedScoperChoice><name>The Surgery</name></representedScoperChoice></UKCT_MT160018UK01.AgentPerson>"
        ),
        ("Mr Jones John Jeffrey Jnr".to_owned(), None)
    );
}

/// Every rule of the header, as a mutation of the example, with the words of the refusal.
#[test]
fn a_broken_header_is_refused_with_place_and_rule() {
    let id = "<id root=\"03eefe2e-796c-11e3-b681-00059a3c7800\"/>";
    let code = "code=\"196981000000101\"";
    let effective = "<effectiveTime value=\"202406301015\"/>";
    let time = "<time value=\"20240630101500\"/>";
    let user = "<id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"100180579988\"/>";
    let role = "<id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"100180580981\"/>";
    let number = "extension=\"9990000018\"";
    let prior = "<id root=\"6F7C0A52-5B55-4B0E-9D3B-7B7A2C0F4E11\"/>";
    let one_number = "A single nhsNumber should be provided in hl7:GPSummary/hl7:recordTarget/hl7:patient/hl7:id/@extension";
    let one_author = "Either a single agentPersonSDS or agentOrganizationSDS must be provided as the event author";
    let rows: Vec<(&str, String, &str)> = vec![
        (
            id,
            String::new(),
            "A single hl7:GPSummary/hl7:id/@root must be provided",
        ),
        (
            id,
            id.repeat(2),
            "A single hl7:GPSummary/hl7:id/@root must be provided",
        ),
        (
            id,
            "<id root=\"\"/>".into(),
            "A single hl7:GPSummary/hl7:id/@root must be provided",
        ),
        (
            id,
            "<id root=\"1\"/>".into(),
            "a document id must be a UUID",
        ),
        (
            code,
            "code=\"1\"".into(),
            "the code must be SNOMED CT 196971000000103 or 196981000000101",
        ),
        (
            code,
            String::new(),
            "A single hl7:GPSummary/hl7:code/@code must be provided",
        ),
        (
            effective,
            String::new(),
            "A single hl7:GPSummary/hl7:effectiveTime/@value must be provided",
        ),
        (
            effective,
            "<effectiveTime value=\"soon\"/>".into(),
            "a timestamp is written",
        ),
        (
            time,
            String::new(),
            "A single hl7:GPSummary/hl7:author/hl7:time/@value must be provided",
        ),
        (
            user,
            String::new(),
            "A single author personSDS ID attribute of root codeSystem 1.2.826.0.1285.0.2.0.65 must be provided",
        ),
        (
            role,
            String::new(),
            "A single author roleProfileID attribute of root codeSystem 1.2.826.0.1285.0.2.0.67 must be provided",
        ),
        (
            "name>",
            "named>".into(),
            "A single author Name must be provided",
        ),
        ("agentPersonSDS", "agentRobot".into(), one_author),
        (
            "</author>",
            "<x><agentPerson/></x></author>".into(),
            one_author,
        ),
        ("</author>", "</author><author/>".into(), one_author),
        (number, String::new(), one_number),
        ("recordTarget", "target".into(), one_number),
        (
            number,
            "extension=\"9990000000\"".into(),
            "the check digit (modulus 11) of the NHS number is wrong",
        ),
        (
            "root=\"2.16.840.1.113883.2.1.4.1\"",
            "root=\"2\"".into(),
            "the patient's id must have root 2.16.840.1.113883.2.1.4.1",
        ),
        (
            prior,
            String::new(),
            "zero or one replacementOf targets may be provided",
        ),
        (
            "</replacementOf>",
            "</replacementOf><replacementOf/>".into(),
            "zero or one replacementOf targets may be provided",
        ),
    ];
    for (from, to, rule) in rows {
        let error = first_header(&mutate(SUMMARY, from, &to)).expect_err(rule);
        assert!(
            error.message.starts_with(rule),
            "expected {rule}, found {error}"
        );
        assert!(
            error.location.line > 0 && error.location.path.starts_with("/GPSummary"),
            "{error}"
        );
        assert!(
            !error.to_string().contains("999000"),
            "an error must not name a patient: {error}"
        );
    }
    let without = "<replacementOf typeCode=\"RPLC\">";
    let start = SUMMARY.find(without).expect("a replacement");
    let none = format!("{}</GPSummary>", &SUMMARY[..start]);
    assert_eq!(first_header(&none).expect("valid").replaces, None);
}

#[test]
fn documents_are_found_wherever_they_are() {
    let wrapped = format!("<a><b>{SUMMARY}</b><!-- x -->{SUMMARY}</a>");
    for (source, count) in [(SUMMARY, 1), (wrapped.as_str(), 2), ("<GPSummary/>", 0)] {
        let doc = xml::Document::parse(source.as_bytes()).expect("well formed");
        assert_eq!(find(&doc).len(), count);
    }
    let nested = SUMMARY.replace("<head/>", SUMMARY);
    let doc = xml::Document::parse(nested.as_bytes()).expect("well formed");
    assert_eq!(find(&doc).len(), 1, "one inside another is part of it");
}

#[test]
fn the_presentation_becomes_safe_blocks() {
    let doc = xml::Document::parse(SUMMARY.as_bytes()).expect("well formed");
    let html = presentation(doc.root()).expect("html");
    let paragraph = |text: &str, highlighted| PresentationBlock::Paragraph {
        text: text.to_owned(),
        highlighted,
    };
    let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
    let expected = vec![
        PresentationBlock::Heading {
            level: 2,
            text: "General Practice Summary".to_owned(),
        },
        paragraph(
            "One or more entries have been deliberately withheld from this GP Summary.",
            true,
        ),
        paragraph("loose words", false),
        PresentationBlock::Table {
            caption: Some("Allergies".to_owned()),
            head: cells(["Date", "Description"]),
            rows: vec![
                cells(["2 May 2019", "Penicillin 5 < 6"]),
                cells(["2020", "Nuts"]),
            ],
        },
        PresentationBlock::List {
            ordered: true,
            items: vec!["one".to_owned(), "two".to_owned()],
        },
        PresentationBlock::Preformatted {
            text: "a  b\nc".to_owned(),
        },
        paragraph("alert(1)", false),
    ];
    assert_eq!(blocks(html), expected);

    let without_body = SUMMARY.replace("<body>", "").replace("</body>", "");
    let bare = without_body.replace("<head/>", "");
    for source in [without_body, bare, SUMMARY.replace("<head/>", "")] {
        let doc = xml::Document::parse(source.as_bytes()).expect("well formed");
        assert_eq!(blocks(presentation(doc.root()).expect("html")), expected);
    }
}

/// Text where none belongs is shown rather than lost.
#[test]
fn misplaced_text_is_not_lost() {
    for html in [
        "<html><table>Penicillin<tr><td>a</td></tr></table></html>",
        "<html><table><tr><p>Penicillin</p><td>a</td></tr></table></html>",
        "<html><ul>Penicillin<li>a</li></ul></html>",
        "<html>Penicillin</html>",
        "<html><div>Penicillin<p>a</p></div></html>",
        "<html><body><h1>Penicillin</h1></body></html>",
        "<value><b>Penicillin</b></value>",
    ] {
        let doc = xml::Document::parse(html.as_bytes()).expect("well formed");
        let shown = format!("{:?}", blocks(doc.root()));
        assert!(shown.contains("Penicillin"), "{html} became {shown}");
    }
}

#[test]
fn coded_sections_are_read() {
    let doc = xml::Document::parse(SUMMARY.as_bytes()).expect("well formed");
    let sections = sections(doc.root());
    assert_eq!(sections.len(), 1);
    assert_eq!(
        (sections[0].code.as_str(), sections[0].name.as_str()),
        ("185361000000102", "Medication")
    );
    let entry = &sections[0].entries[0];
    assert_eq!(entry.element, "UKCT_MT144040UK01.CurrentRepeatMedication");
    assert_eq!(entry.code.as_deref(), Some("222681000000101"));
    assert_eq!(entry.display.as_deref(), Some("Repeat medication"));
    assert_eq!(entry.status.as_deref(), Some("active"));
    assert_eq!(entry.effective_time.as_deref(), Some("from 20200325000000"));
    let details = [
        ("Dosage instructions", "one daily".to_owned()),
        ("Quantity", "60 tablet".to_owned()),
        ("Medication item", "Aspirin 75mg tablets".to_owned()),
    ];
    assert_eq!(entry.details, details);
}
