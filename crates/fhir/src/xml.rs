//! FHIR XML.

use crate::error::FhirError;
use crate::resource::Resource;

/// Reads a resource.
pub fn read(_bytes: &[u8]) -> Result<Resource, FhirError> {
    Err(FhirError::unreadable())
}

/// Writes a resource.
pub fn write(_resource: &Resource) -> Result<Vec<u8>, FhirError> {
    Err(FhirError::unreadable())
}
