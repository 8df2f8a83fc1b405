//! Documents in both forms, and answers of the Spine that hold them.

use domain::record::{DocumentBytes, DocumentHeader};
use serde_json::{Value, json};

use crate::world::{SECRET, URL};

/// The answer with the id of the question where it says which question it answers.
pub(crate) fn relating(answer: &str, question: &[u8]) -> String {
    let question = String::from_utf8_lossy(question).into_owned();
    let between = |text: &str, before: &str, after: char| {
        let start = text.find(before).expect("there") + before.len();
        let length = text[start..].find(after).expect("its end");
        start..start + length
    };
    let id = question[between(&question, "<wsa:MessageID>", '<')].to_owned();
    let mut answer = answer.to_owned();
    answer.replace_range(between(&answer, "<wsa:RelatesTo>", '<'), &id);
    let reference = answer.find("<messageRef>").expect("a reference");
    let (before, after) = answer.split_at(reference);
    let mut after = after.to_owned();
    after.replace_range(
        between(&after, "root=\"", '"'),
        id.trim_start_matches("uuid:"),
    );
    format!("{before}{after}")
}

/// A full GP Summary with a presentation text of one section.
pub(crate) fn summary(patient: &str, document: &str, effective: &str) -> String {
    let root = "code=\"163171000000105\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.15\" \
                displayName=\"Care Professional Documentation\"";
    format!(
        "<GPSummary xmlns=\"urn:hl7-org:v3\" classCode=\"COMPOSITION\" moodCode=\"EVN\">\
         <id root=\"{document}\"/>\
         <code code=\"196981000000101\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.15\" \
         displayName=\"General Practice Summary\"/>\
         <effectiveTime value=\"{effective}\"/><statusCode code=\"active\"/>\
         <author typeCode=\"AUT\"><time value=\"{effective}\"/>\
         <UKCT_MT160018UK01.AgentPersonSDS classCode=\"AGNT\">\
         <id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"100180580981\"/>\
         <agentPersonSDS><id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"100180579988\"/>\
         <name>Dr Ada Barstow</name></agentPersonSDS>\
         </UKCT_MT160018UK01.AgentPersonSDS></author>\
         <excerptFrom typeCode=\"XCRPT\">\
         <UKCT_MT144051UK01.CareProfessionalDocumentationCRE classCode=\"CATEGORY\" moodCode=\"EVN\">\
         <code {root}/><component typeCode=\"COMP\"><presentationText classCode=\"OBS\" moodCode=\"EVN\">\
         <value mediaType=\"text/plain\"><html xmlns=\"xhtml:NPfIT:PresentationText\"><head/><body>\
         <h2 id=\"Title\">General Practice Summary</h2><h3>{SECRET}</h3></body></html></value>\
         </presentationText></component></UKCT_MT144051UK01.CareProfessionalDocumentationCRE>\
         </excerptFrom><pertinentInformation1 typeCode=\"PERT\">\
         <pertinentRootCREType classCode=\"CATEGORY\" moodCode=\"EVN\"><code {root}/>\
         </pertinentRootCREType></pertinentInformation1>\
         <recordTarget typeCode=\"RCT\"><patient classCode=\"PAT\">\
         <id root=\"2.16.840.1.113883.2.1.4.1\" extension=\"{patient}\"/>\
         </patient></recordTarget></GPSummary>"
    )
}

pub(crate) fn cut_out(source: &str) -> (DocumentHeader, DocumentBytes) {
    let parsed = xml::Document::parse(source.as_bytes()).expect("well formed");
    let header = hl7v3::gp_summary::header(parsed.root()).expect("a header");
    let slice = parsed.root().slice();
    let bytes = DocumentBytes {
        bytes: slice.bytes.as_bytes().to_vec(),
        inherited: slice.inherited,
    };
    (header, bytes)
}

/// A bundle to upload: a composition with one section, its author and the patient.
pub(crate) fn bundle(document: &str, patient: &str) -> Value {
    let rfc4122 = "https://tools.ietf.org/html/rfc4122";
    let snomed = |code: &str, display: &str| json!({ "coding": [{ "system": "http://snomed.info/sct", "code": code, "display": display }] });
    let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>{SECRET}</p></div>");
    let composition = json!({
        "resourceType": "Composition",
        "id": "C0000000-0000-4000-8000-000000000001",
        "meta": { "lastUpdated": "2026-03-01T09:00:00+00:00" },
        "identifier": { "system": rfc4122, "value": document },
        "status": "final",
        "type": snomed("196981000000101", "General Practice Summary"),
        "category": [snomed("163171000000105", "Care Professional Documentation")],
        "subject": { "reference": "Patient/A0000000-0000-4000-8000-000000000001" },
        "date": "2026-03-01T09:00:00+00:00",
        "author": [{ "reference": "PractitionerRole/B0000000-0000-4000-8000-000000000001" }],
        "title": "General Practice Summary",
        "section": [{
            "title": "General Practice Summary",
            "code": { "coding": [{ "code": "Title" }] },
            "text": { "status": "generated", "div": div },
        }],
    });
    let role = json!({
        "resourceType": "PractitionerRole",
        "id": "B0000000-0000-4000-8000-000000000001",
        "identifier": [{ "system": "http://fhir.nhs.net/Id/sds-role-profile-id", "value": "100180580981" }],
        "practitioner": { "reference": "Practitioner/B0000000-0000-4000-8000-000000000002" },
        "code": [{ "coding": [{
            "system": "https://fhir.nhs.uk/CodeSystem/HL7v3-SDSJobRoleName",
            "code": "R0260", "display": "General Medical Practitioner",
        }] }],
    });
    let practitioner = json!({
        "resourceType": "Practitioner",
        "id": "B0000000-0000-4000-8000-000000000002",
        "identifier": [{ "system": "https://fhir.nhs.uk/Id/sds-user-id", "value": "100180579988" }],
        "name": [{ "text": "Dr Ada Barstow" }],
    });
    let whose = json!({
        "resourceType": "Patient",
        "id": "A0000000-0000-4000-8000-000000000001",
        "identifier": [{ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": patient }],
    });
    let entry = |resource: Value| {
        let kind = resource["resourceType"].as_str().unwrap_or_default();
        let id = resource["id"].as_str().unwrap_or_default();
        json!({ "fullUrl": format!("{URL}/{kind}/{id}"), "resource": resource })
    };
    json!({
        "resourceType": "Bundle",
        "identifier": { "system": rfc4122, "value": "E0000000-0000-4000-8000-000000000001" },
        "type": "document",
        "timestamp": "2026-03-01T09:00:00+00:00",
        "entry": [entry(composition), entry(role), entry(practitioner), entry(whose)],
    })
}
