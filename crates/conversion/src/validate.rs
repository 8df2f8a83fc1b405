//! Is a file fit to be uploaded? GP Summaries in HL7 V3, and resources in FHIR JSON and XML.
//!
//! What is found says where (path, line and column), which rule, and which public document the
//! rule is from. Nothing of the content is repeated. An error is what a Spine or this API would
//! refuse or a reader would misread; a warning is what loses meaning; information is good to know.

mod codes;
mod entries;
mod fhir;
mod locate;
mod summary;

use ::fhir::Severity;
use xml::{Document, XmlError, XmlErrorKind};

/// The most findings that are told of a file: finding a place takes a walk through it.
const MOST: usize = 1_000;

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// HL7 V3: one GP Summary or several, bare or in a message.
    Hl7V3,
    /// A resource in FHIR JSON.
    FhirJson,
    /// A resource in FHIR XML.
    FhirXml,
}

impl Form {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hl7V3 => "HL7 V3 GP Summary",
            Self::FhirJson => "FHIR JSON",
            Self::FhirXml => "FHIR XML",
        }
    }

    /// What a file is, going by its first characters and, of XML, by its root.
    pub fn of(bytes: &[u8]) -> Self {
        let text = bytes.trim_ascii_start();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if !text.trim_ascii_start().starts_with(b"<") {
            return Self::FhirJson;
        }
        match Document::parse(bytes) {
            Ok(document) if document.root().namespace() == locate::FHIR => Self::FhirXml,
            _ => Self::Hl7V3,
        }
    }
}

/// Something that was found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How bad it is.
    pub severity: Severity,
    /// The element: a path of names in HL7 V3, a FHIRPath in FHIR; may be empty.
    pub path: String,
    /// Line and column, from 1, where they are known.
    pub place: Option<(u32, u32)>,
    /// The rule, for people.
    pub rule: String,
    /// The public document that the rule is from.
    pub source: &'static str,
}

impl Found {
    fn of_xml(severity: Severity, error: XmlError, source: &'static str) -> Self {
        Self {
            severity,
            path: error.location.path,
            place: Some((error.location.line, error.location.column)),
            rule: error.message,
            source,
        }
    }
}

/// Reads a file and finds what is wrong with it, errors first, then in the order of the file. Of a
/// file with very many faults some are told.
pub fn check(bytes: &[u8]) -> (Form, Vec<Found>) {
    let form = Form::of(bytes);
    let mut found = match form {
        Form::Hl7V3 => hl7v3(bytes),
        Form::FhirJson | Form::FhirXml => fhir::check(bytes, form),
    };
    found.sort_by_key(|one| (std::cmp::Reverse(one.severity), one.place));
    (form, found)
}

fn hl7v3(bytes: &[u8]) -> Vec<Found> {
    let document = match Document::parse(bytes) {
        Ok(document) => document,
        Err(error) => {
            let source = match error.kind {
                XmlErrorKind::Limit => "the limits of this program",
                _ => "Extensible Markup Language (XML) 1.0",
            };
            return vec![Found::of_xml(Severity::Error, error, source)];
        }
    };
    let summaries = hl7v3::gp_summary::find(&document);
    if summaries.is_empty() {
        let error = document
            .root()
            .error("there is no GPSummary of HL7 V3 here");
        return vec![Found::of_xml(Severity::Error, error, summary::MIM)];
    }
    summaries.into_iter().flat_map(summary::check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_beginning() {
        for (text, form) in [
            ("{\"resourceType\":\"Bundle\"}", Form::FhirJson),
            ("", Form::FhirJson),
            ("\u{feff} [", Form::FhirJson),
            ("<Bundle xmlns='http://hl7.org/fhir'/>", Form::FhirXml),
            ("<GPSummary xmlns='urn:hl7-org:v3'/>", Form::Hl7V3),
            ("<broken", Form::Hl7V3),
        ] {
            assert_eq!(Form::of(text.as_bytes()), form, "{text}");
        }
    }

    #[test]
    fn broken_xml_says_where() {
        let (_, found) = check(b"<GPSummary xmlns='urn:hl7-org:v3'>\n  <id>");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].place.map(|place| place.0), Some(2));
        let (_, found) = check(b"<other/>");
        assert_eq!(found[0].rule, "there is no GPSummary of HL7 V3 here");
    }
}
