//! GP Summaries of our own: just what the Spine looks at, and text to disclose.

use domain::record::{DocumentBytes, DocumentHeader};

use crate::requests::patient;

/// The words that must never leave where nothing may be disclosed.
pub(crate) const SECRET: &str = "Penicillin rash";

/// The `number`-th document id.
pub(crate) fn document_id(number: u32) -> String {
    format!("D0C00000-0000-4000-8000-{number:012}")
}

/// A full GP Summary of the usual patient.
pub(crate) fn summary(document: &str, effective: &str) -> String {
    summary_of(patient().as_str(), document, effective)
}

/// A full GP Summary.
pub(crate) fn summary_of(patient: &str, document: &str, effective: &str) -> String {
    format!(
        "<GPSummary xmlns=\"urn:hl7-org:v3\" classCode=\"COMPOSITION\" moodCode=\"EVN\">\
         <id root=\"{document}\"/>\
         <code code=\"196981000000101\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.15\"/>\
         <effectiveTime value=\"{effective}\"/><statusCode code=\"active\"/>\
         <author typeCode=\"AUT\"><time value=\"{effective}\"/>\
         <UKCT_MT160018UK01.AgentPersonSDS classCode=\"AGNT\">\
         <id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"100180580981\"/>\
         <agentPersonSDS><id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"100180579988\"/>\
         <name>Dr Ada Barstow</name></agentPersonSDS>\
         </UKCT_MT160018UK01.AgentPersonSDS></author>\
         <excerptFrom>{SECRET}</excerptFrom>\
         <recordTarget typeCode=\"RCT\"><patient classCode=\"PAT\">\
         <id root=\"2.16.840.1.113883.2.1.4.1\" extension=\"{patient}\"/>\
         </patient></recordTarget></GPSummary>"
    )
}

/// Takes the one GP Summary out of whatever it stands in, as an import does.
pub(crate) fn cut_out(source: &str) -> (DocumentHeader, DocumentBytes) {
    let parsed = xml::Document::parse(source.as_bytes()).expect("well formed");
    let found = hl7v3::gp_summary::find(&parsed);
    let [summary] = found.as_slice() else {
        panic!("{} GP Summaries instead of one", found.len());
    };
    let header = hl7v3::gp_summary::header(*summary).expect("a header");
    let slice = summary.slice();
    let bytes = DocumentBytes {
        bytes: slice.bytes.as_bytes().to_vec(),
        inherited: slice.inherited,
    };
    (header, bytes)
}
