//! Both directions, against the published examples and against each other.
#![allow(
    clippy::disallowed_methods,
    reason = "tests read the published examples"
)]

mod from_fhir;
mod to_fhir;
mod validate;
