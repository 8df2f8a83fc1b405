//! The payloads: what their schemas forbid, and what only makes no sense.

mod activity;
mod consent;
mod create_ptv;
pub(crate) mod dress;
mod query_scr;
mod small;

use std::fmt::Debug;

use itk::scr::PayloadError;
use testkit::xsd::Outcome;
use xml::{Element, Writer};

use crate::support::patient;

/// What is to come of a payload.
pub(crate) enum Expected {
    Fine,
    /// An error of schema that contains this.
    Schema(&'static str),
    /// An error of content that contains this.
    Content(&'static str),
}
use Expected::{Content, Fine, Schema};

/// One kind of request: how it is read, and the published schema that judges it.
pub(crate) struct Kind<T> {
    /// The schema's name; none for the extension of ours.
    pub(crate) schema: Option<&'static str>,
    pub(crate) read: fn(&Element<'_, '_>) -> Result<T, PayloadError>,
}

/// The text of a payload.
pub(crate) fn written(write: impl FnOnce(&mut Writer)) -> String {
    let mut w = Writer::new();
    write(&mut w);
    String::from_utf8(w.finish()).expect("UTF-8")
}

/// The same with every name under a prefix.
pub(crate) fn prefixed(text: &str) -> String {
    text.replace("</", "</v:")
        .replace('<', "<v:")
        .replace("<v:/v:", "</v:")
        .replace("xmlns=", "xmlns:v=")
}

impl<T: Debug> Kind<T> {
    pub(crate) fn read(&self, text: &str) -> Result<T, PayloadError> {
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        (self.read)(&doc.root())
    }

    /// Reads a payload, and asks the published schema for its opinion: what we call an error of
    /// content must be valid, what we call an error of schema must not.
    pub(crate) fn check(&self, name: &str, text: &str, expected: Expected) {
        let judge = match self.schema {
            Some(schema) => {
                let schema = format!("smsp-scr/schemas/Schemas/{schema}.xsd");
                testkit::xsd::validate(&schema, text.as_bytes())
            }
            None => Outcome::Skipped,
        };
        match (&judge, &expected) {
            // The schema has nothing against schema locations and blank attributes; the Toolkit's
            // workbench has.
            (Outcome::Valid, Schema("schemaLocation" | "is blank")) => {}
            (Outcome::Valid, Schema(_)) => panic!("{name}: the schema allows it"),
            (Outcome::Invalid(why), Fine | Content(_)) => {
                panic!("{name}: the schema forbids it: {why}")
            }
            _ => {}
        }
        match (self.read(text), expected) {
            (Ok(_), Fine) => {}
            (Err(PayloadError::Schema(error)), Schema(part)) => {
                assert!(error.to_string().contains(part), "{name}: {error}");
                assert!(error.location.line > 0, "{name}: {error}");
            }
            (Err(PayloadError::Content(error)), Content(part)) => {
                assert!(error.contains(part), "{name}: {error}");
                assert!(!error.contains(patient().as_str()), "{name}: {error}");
            }
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
}
