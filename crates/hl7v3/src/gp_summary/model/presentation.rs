//! The presentation text in its wrappings (`excerptFrom`, UKCT_MT144051UK01).

use domain::Hl7Timestamp;
use xml::{Element, Writer};

use super::data::{Code, Id, Period};
use super::extra::Extra;
use super::fixed::{COMPONENT, DOCUMENTATION, EXCERPT, INSEPARABLE};
use super::node::{Node, node};
use super::sheet::Sheet;

node! {
    /// `excerptFrom`: where the presentation text stands.
    Excerpt {
        fixed {
            "typeCode" = "XCRPT", "inversionInd" = "false", "contextConductionInd" = "true",
            "negationInd" = "false",
        }
        first { EXCERPT, INSEPARABLE }
        children {
            /// The documentation it is part of.
            documentation: Option<Documentation> =
                "UKCT_MT144051UK01.CareProfessionalDocumentationCRE",
        }
    }
}

node! {
    /// The documentation that the presentation text is part of.
    Documentation {
        fixed { "classCode" = "CATEGORY", "moodCode" = "EVN" }
        first { DOCUMENTATION }
        children {
            /// Its parts; there is one.
            components: Vec<TextComponent> = "component",
        }
    }
}

node! {
    /// A part of the documentation.
    TextComponent {
        fixed { "typeCode" = "COMP", "inversionInd" = "false", "negationInd" = "false" }
        first { COMPONENT, INSEPARABLE }
        children {
            /// The text.
            text: Option<PresentationText> = "presentationText",
        }
    }
}

node! {
    /// The presentation text: what a clinician reads.
    PresentationText {
        fixed { "classCode" = "OBS", "moodCode" = "EVN" }
        children {
            /// The text itself.
            value: Option<Markup> = "value",
            /// Its UUID.
            id: Option<Id> = "id",
            /// `PresentationText`.
            code: Option<Code> = "code",
            /// `completed`.
            status: Option<Code> = "statusCode",
            /// When it was made.
            time: Option<Period> = "effectiveTime",
        }
    }
}

impl Excerpt {
    /// A text, in its wrappings.
    pub fn new(text: PresentationText) -> Self {
        let component = TextComponent {
            text: Some(text),
            ..TextComponent::default()
        };
        Self {
            documentation: Some(Documentation {
                components: vec![component],
                ..Documentation::default()
            }),
            ..Self::default()
        }
    }

    /// The text.
    pub fn text(&self) -> Option<&PresentationText> {
        let components = &self.documentation.as_ref()?.components;
        components
            .iter()
            .find_map(|component| component.text.as_ref())
    }
}

impl PresentationText {
    /// A text from its `html` element, which declares its own namespaces.
    pub fn new(id: &str, made: &Hl7Timestamp, html: Vec<u8>) -> Self {
        let system = domain::oid::TEXT_TYPE;
        Self {
            value: Some(Markup {
                media_type: Some("text/plain".to_owned()),
                bytes: html,
                ..Markup::default()
            }),
            id: Some(Id::uuid(id)),
            code: Some(Code::of(system, "PresentationText", "Presentation Text")),
            status: Some(Code::plain("completed")),
            time: Some(Period::at(made.as_str())),
            ..Self::default()
        }
    }
}

/// Marked-up text (ED.NPfIT.Text.XHTML), kept byte for byte: it was written for people, and is
/// nobody's to rewrite.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Markup {
    /// `text/plain`, although it is XML.
    pub media_type: Option<String>,
    /// What stands between start tag and end tag, as a rule one `html` element.
    pub bytes: Vec<u8>,
    /// `(prefix, namespace)` that the bytes use and do not declare.
    pub inherited: Vec<(String, String)>,
    /// What else the element has.
    pub extra: Extra,
}

impl std::fmt::Debug for Markup {
    /// Nothing of the content: it is a patient's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Markup").finish_non_exhaustive()
    }
}

impl Markup {
    /// The text as a document of its own, with an element `value` around it. Parsed, its `html`
    /// is what [`blocks`](crate::gp_summary::blocks) reads.
    pub fn document(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(self.bytes.len() + 100);
        w.slice(
            "v:value",
            &[("xmlns:v", xml::ns::HL7)],
            &self.bytes,
            &self.inherited,
        );
        w.finish()
    }
}

impl Node for Markup {
    fn read(element: Element<'_, '_>) -> Self {
        let mut inherited: Vec<_> = element
            .children()
            .flat_map(|child| child.slice().inherited)
            .collect();
        inherited.sort_unstable();
        inherited.dedup();
        // Everything inside is in the bytes.
        let mut extra = Extra::default();
        for (namespace, name, value) in element.attributes() {
            if (namespace, name) != ("", MEDIA_TYPE) {
                let value = super::extra::without_hl7_prefix(element, value);
                extra.set_attribute(namespace, name, value);
            }
        }
        Self {
            media_type: element.attribute(MEDIA_TYPE).map(str::to_owned),
            bytes: inner(element.source()).as_bytes().to_vec(),
            inherited,
            extra,
        }
    }

    fn write(&self, w: &mut Writer, name: &str) {
        let mut sheet = Sheet::new(&self.extra);
        sheet.attribute(MEDIA_TYPE, self.media_type.as_deref());
        sheet.with_attributes(|attributes| {
            w.slice(name, attributes, &self.bytes, &self.inherited);
        });
    }
}

const MEDIA_TYPE: &str = "mediaType";

/// What stands between the start tag and the end tag of a well-formed element.
fn inner(element: &str) -> &str {
    let mut quote = None;
    let end = element.bytes().position(|byte| match (byte, quote) {
        (b'>', None) => true,
        (b'"' | b'\'', None) => {
            quote = Some(byte);
            false
        }
        (byte, Some(open)) if byte == open => {
            quote = None;
            false
        }
        _ => false,
    });
    let rest = end
        .and_then(|end| element.get(end + 1..))
        .unwrap_or_default();
    rest.rfind("</")
        .and_then(|end| rest.get(..end))
        .unwrap_or_default()
}
