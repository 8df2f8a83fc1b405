//! A GP Summary of our own, with whatever text a test puts in.

use domain::record::DocumentBytes;

/// Whose it is, in every test that does not say otherwise.
pub(super) const PATIENT: &str = "9990000018";

/// A full GP Summary with this body of presentation text.
pub(super) fn summary(patient: &str, html: &str) -> DocumentBytes {
    let bytes = format!(
        r#"<GPSummary classCode="COMPOSITION" moodCode="EVN"><id root="0600CE57-C6F6-4C7F-E050-950AE073125B"/><code code="196981000000101" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="General Practice Summary"/><effectiveTime value="202603021405"/><statusCode code="active"/><author typeCode="AUT" contextControlCode="OP"><time value="202603021405"/><UKCT_MT160018UK01.AgentPersonSDS classCode="AGNT"><id root="1.2.826.0.1285.0.2.0.67" extension="100141551985"/><agentPersonSDS classCode="PSN" determinerCode="INSTANCE"><id root="1.2.826.0.1285.0.2.0.65" extension="100141550987"/><name>Dr &lt;b&gt;Example&lt;/b&gt;</name></agentPersonSDS></UKCT_MT160018UK01.AgentPersonSDS></author><excerptFrom typeCode="XCRPT" contextConductionInd="true" inversionInd="false" negationInd="false"><seperatableInd value="false"/><UKCT_MT144051UK01.CareProfessionalDocumentationCRE classCode="CATEGORY" moodCode="EVN"><code code="163171000000105" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/><component typeCode="COMP"><seperatableInd value="false"/><presentationText classCode="OBS" moodCode="EVN"><value mediaType="text/plain">{html}</value></presentationText></component></UKCT_MT144051UK01.CareProfessionalDocumentationCRE></excerptFrom><pertinentInformation2 typeCode="PERT"><pertinentCREType classCode="CATEGORY" moodCode="EVN"><code code="163221000000102" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="Allergies and Adverse Reactions"/></pertinentCREType></pertinentInformation2><recordTarget typeCode="RCT"><patient classCode="PAT"><id root="2.16.840.1.113883.2.1.4.1" extension="{patient}"/></patient></recordTarget></GPSummary>"#
    );
    DocumentBytes {
        bytes: bytes.into_bytes(),
        inherited: vec![(String::new(), xml::ns::HL7.to_owned())],
    }
}

/// `html` around a body.
pub(super) fn html(body: &str) -> String {
    format!(r#"<html xmlns="xhtml:NPfIT:PresentationText"><head/><body>{body}</body></html>"#)
}
