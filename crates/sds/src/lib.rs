//! The directory: which systems there are, where their messages go, and who the people are. What
//! the national Spine Directory Service (SDS) knows of them, from files.
//!
//! * [`Directory`]: the registered systems, with their ASIDs, party keys, interactions and
//!   endpoints. A service asks it who is calling and where an answer goes.
//! * [`Own`]: the Spine itself, as its directory lists it.
//! * [`users`]: the people and their role profiles.
//! * [`lookup`]: what a look-up in SDS finds among all of these.
//! * [`FhirService`]: the same, read-only, as the SDS FHIR API and the route look-up of the
//!   national message handling adaptor give it.
//!
//! Files are read again when they change; one that cannot be used changes nothing.

mod directory;
mod endpoint;
mod error;
mod fhir;
pub mod lookup;
mod own;
mod reload;
mod system;
mod text;
pub mod users;

pub use directory::{Directory, SystemsFile};
pub use endpoint::{Endpoint, Reliability, parse_duration};
pub use error::FileError;
pub use fhir::{BASE_PATH, FhirService};
pub use own::Own;
pub use system::{System, Unregistered};
