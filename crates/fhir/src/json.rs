//! FHIR JSON.

use crate::codec::{Datatype, Printer};
use crate::error::FhirError;
use crate::resource::Resource;
use crate::{Limits, structure};

mod text;

pub(crate) use text::{is_number, print_string, print_value};

/// Reads a resource: strict JSON, only elements that R4 has, as many as R4 allows, with values their
/// types and required value sets allow. Elements that have to be there and are not, are no matter
/// here: [`crate::check`] finds them.
pub fn read(bytes: &[u8]) -> Result<Resource, FhirError> {
    typed(bytes, text::parse(bytes, &Limits::MESSAGE)?)
}

/// Reads a resource as [`read`] does, and takes dates and times as some systems in England write
/// them, in every element that is one: `199006`, `20200805`, `2007-03-15T01:00+00:00`. They are
/// mended in the resource.
pub fn read_tolerant(bytes: &[u8]) -> Result<Resource, FhirError> {
    let mut parsed = text::parse(bytes, &Limits::MESSAGE)?;
    structure::mend_times(&mut parsed.value);
    typed(bytes, parsed)
}

fn typed(bytes: &[u8], parsed: text::Parsed) -> Result<Resource, FhirError> {
    structure::resource(&parsed.value).map_err(|fault| parsed.error(bytes, fault))?;
    Resource::from_value(parsed.value).map_err(|_| FhirError::unreadable())
}

/// Writes a resource, compact, elements in the order of their definitions. What says nothing (empty
/// text, an element without content) is left out.
pub fn write(resource: &Resource) -> Vec<u8> {
    let mut printer = Printer::default();
    resource.print(&mut printer);
    printer.finish()
}

/// A value as it stands.
#[cfg(test)]
pub(crate) fn text_of(value: &crate::Value) -> Vec<u8> {
    let mut out = Vec::new();
    print_value(value, &mut out);
    out
}
