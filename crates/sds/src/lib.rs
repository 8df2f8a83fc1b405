//! The directory: which systems there are, where their messages go, and who the people are. What
//! the national Spine Directory Service (SDS) knows of them, from files.

mod system;

pub use system::{Directory, Endpoint, Own, Reliability, System, Unregistered};
