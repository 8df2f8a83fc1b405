//! FHIR XML: the same resources, by the same tables, under the same rules as JSON.
//!
//! Between the text and the typed resource there is the value that JSON would have: XML is read
//! into it and written from it. A `div` goes through as it is.

mod reading;
mod writing;

use xml::Document;

use crate::codec::Datatype;
use crate::error::{FhirError, FhirErrorKind};
use crate::resource::Resource;
use crate::{Limits, structure};

/// The namespace of FHIR.
pub const FHIR: &str = "http://hl7.org/fhir";

/// Reads a resource, as strictly as [`crate::json::read`]; elements may come in any order.
pub fn read(bytes: &[u8]) -> Result<Resource, FhirError> {
    let document = Document::parse(bytes).map_err(not_xml)?;
    let value = reading::resource(document.root())?;
    if value.depth() > Limits::MESSAGE.depth {
        return Err(reading::too_deep(document.root()));
    }
    structure::resource(&value).map_err(|fault| {
        let location = reading::find(document.root(), &fault.path).location();
        fault.at(location.line, location.column)
    })?;
    Resource::from_value(value).map_err(|_| FhirError::unreadable())
}

/// Writes a resource, with an XML declaration, elements in the order of their definitions.
///
/// It fails for a type of resource whose elements are not known here, for an element R4 does not
/// have, and for a `div` that is no XHTML.
pub fn write(resource: &Resource) -> Result<Vec<u8>, FhirError> {
    writing::resource(&resource.to_value())
}

fn not_xml(error: xml::XmlError) -> FhirError {
    FhirError {
        kind: match error.kind {
            xml::XmlErrorKind::Encoding => FhirErrorKind::Encoding,
            xml::XmlErrorKind::Limit => FhirErrorKind::Limit,
            _ => FhirErrorKind::Malformed,
        },
        line: error.location.line,
        column: error.location.column,
        expression: String::new(),
        rule: error.message,
    }
}
