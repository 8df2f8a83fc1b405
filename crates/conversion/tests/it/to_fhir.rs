//! Documents to FHIR.

mod compatible;
mod full;
mod made;
mod narrative;
mod published;
mod synthetic_documents;

use conversion::{Profile, Retrieved};
use fhir::{Bundle, Resource};
use hl7v3::gp_summary::model::{self, GpSummary};
use serde_json::Value;
use xml::{Document, Element};

/// A document as the Spine answers with it.
pub(crate) struct Answer {
    pub(crate) document: GpSummary,
    pub(crate) event_id: String,
    pub(crate) query_id: String,
    pub(crate) created: String,
}

const BASE: &str = "http://localhost:60492/summary-care-record/FHIR/R4";

impl Answer {
    /// Around a document of our own.
    pub(crate) fn of(document: GpSummary) -> Self {
        let id = document.id.as_ref().and_then(|id| id.root.clone());
        Self {
            document,
            event_id: id.unwrap_or_default(),
            query_id: "821533D3-3E0F-11EB-8111-F40343488B16".to_owned(),
            created: "20201214132310".to_owned(),
        }
    }

    /// From the text of an answer.
    pub(crate) fn read(text: &str) -> Self {
        let document = Document::parse(text.as_bytes()).expect("an answer is XML");
        let root = document.root();
        let find = |name: &str| find(root, name).unwrap_or_else(|| panic!("no {name}"));
        let query = find("QUPC_IN210000UK04");
        let child = |name: &str, attribute: &str| {
            let child = query.children().find(|child| child.name() == name);
            let value = child.and_then(|child| child.attribute(attribute));
            value.expect("what every answer has").to_owned()
        };
        Self {
            event_id: find("eventID").attribute("root").expect("an id").to_owned(),
            query_id: child("id", "root"),
            created: child("creationTime", "value"),
            document: model::read(find("GPSummary")).expect("a document"),
        }
    }

    pub(crate) fn convert(&self, profile: Profile) -> Bundle {
        let mut made = 0;
        let mut ids = move || {
            made += 1;
            format!("00000000-0000-4000-8000-{made:012}")
        };
        let retrieved = self.retrieved();
        conversion::to_fhir(&retrieved, profile, &mut ids).expect("a document that converts")
    }

    pub(crate) fn retrieved(&self) -> Retrieved<'_> {
        Retrieved {
            document: &self.document,
            event_id: &self.event_id,
            query_id: &self.query_id,
            created: &self.created,
            base_url: BASE,
        }
    }

    pub(crate) fn json(&self, profile: Profile) -> Value {
        json(Resource::Bundle(self.convert(profile)))
    }
}

pub(crate) fn json(resource: Resource) -> Value {
    serde_json::from_slice(&fhir::json::write(&resource)).expect("what we write is JSON")
}

fn find<'d, 'i>(root: Element<'d, 'i>, name: &str) -> Option<Element<'d, 'i>> {
    std::iter::once(root)
        .chain(root.descendants())
        .find(|element| element.name() == name)
}

/// A document with these sections (`pertinentInformation2`), without namespace prefixes.
pub(crate) fn document_with(sections: &str, html: &str) -> GpSummary {
    let text = format!(
        r#"<GPSummary xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" classCode="COMPOSITION" moodCode="EVN">
  <id root="BF4180FD-C403-4EF7-A4AB-E07303AF5477"/>
  <code code="196981000000101" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="General Practice Summary"/>
  <effectiveTime value="20200601101112"/><statusCode code="active"/>
  <author typeCode="AUT" contextControlCode="OP"><time value="20200602101112"/>
    <UKCT_MT160018UK01.AgentPersonSDS classCode="AGNT"><id root="1.2.826.0.1285.0.2.0.67" extension="673836492727"/>
      <agentPersonSDS classCode="PSN" determinerCode="INSTANCE"><id root="1.2.826.0.1285.0.2.0.65" extension="676789689789"/><name>Dr Steve Jones</name></agentPersonSDS>
    </UKCT_MT160018UK01.AgentPersonSDS></author>
  <excerptFrom typeCode="XCRPT"><UKCT_MT144051UK01.CareProfessionalDocumentationCRE classCode="CATEGORY" moodCode="EVN">
    <component typeCode="COMP"><presentationText classCode="OBS" moodCode="EVN"><value mediaType="text/plain">{html}</value></presentationText></component>
  </UKCT_MT144051UK01.CareProfessionalDocumentationCRE></excerptFrom>
  <pertinentInformation1><pertinentRootCREType classCode="CATEGORY" moodCode="EVN"><code code="163171000000105" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="Care Professional Documentation"/></pertinentRootCREType></pertinentInformation1>
  {sections}
  <recordTarget typeCode="RCT"><patient classCode="PAT"><id root="2.16.840.1.113883.2.1.4.1" extension="9995000180"/></patient></recordTarget>
</GPSummary>"#
    );
    let document = Document::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    model::read(document.root()).unwrap_or_else(|error| panic!("{error}"))
}

/// The resources of a type, as JSON.
pub(crate) fn all<'v>(bundle: &'v Value, resource_type: &str) -> Vec<&'v Value> {
    let entries = bundle["entry"].as_array().expect("entries");
    entries
        .iter()
        .map(|entry| &entry["resource"])
        .filter(|resource| resource["resourceType"] == resource_type)
        .collect()
}

/// Asserts that two values are the same; what is printed is the first place that differs, not the
/// whole of both.
pub(crate) fn assert_same(found: &Value, expected: &Value, place: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let names = found.keys().chain(expected.keys());
            for name in names {
                let (found, expected) = (found.get(name), expected.get(name));
                let (found, expected) = (
                    found.unwrap_or(&Value::Null),
                    expected.unwrap_or(&Value::Null),
                );
                assert_same(found, expected, &format!("{place}.{name}"));
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert_same(found, expected, &format!("{place}[{at}]"));
            }
            assert_eq!(found.len(), expected.len(), "{place}");
        }
        (Value::String(found), Value::String(expected)) if found != expected => {
            let same = found
                .bytes()
                .zip(expected.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            let part = |text: &str| {
                let bytes = text.as_bytes();
                let from = same.saturating_sub(60);
                let to = (same + 60).min(bytes.len());
                String::from_utf8_lossy(&bytes[from.min(to)..to]).into_owned()
            };
            panic!(
                "{place}: ...{}... is not ...{}...",
                part(found),
                part(expected)
            );
        }
        _ => assert_eq!(found, expected, "{place}"),
    }
}
