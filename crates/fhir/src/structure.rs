//! The rules of structure.
use crate::error::Fault;
use crate::value::Value;

/// Checks a resource.
pub(crate) fn resource(_value: &Value) -> Result<(), Fault> {
    Ok(())
}

/// Puts the members of all objects into the order of their definitions.
pub(crate) fn put_in_order(_value: &mut Value) {}
