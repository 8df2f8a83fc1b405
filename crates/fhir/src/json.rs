//! FHIR JSON.

use crate::codec::Datatype;
use crate::error::FhirError;
use crate::resource::Resource;

mod text;

pub(crate) use text::is_number;

/// Reads a resource, as strictly as the specification allows: see [`FhirError`].
pub fn read(bytes: &[u8]) -> Result<Resource, FhirError> {
    let parsed = text::parse(bytes, &crate::Limits::MESSAGE)?;
    crate::structure::resource(&parsed.value).map_err(|fault| parsed.error(bytes, fault))?;
    Resource::from_value(parsed.value).map_err(|_| FhirError::unreadable())
}

/// Writes a resource, compact, elements in the order of their definition.
pub fn write(resource: &Resource) -> Vec<u8> {
    let mut value = resource.to_value();
    crate::structure::put_in_order(&mut value);
    text::print(&value)
}
