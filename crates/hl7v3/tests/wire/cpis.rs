//! CP-IS: the query, its answers, the refusals, and local authorities' requests for notices.

pub(crate) mod answers;
mod authors;
mod faults;
mod published;
pub(crate) mod pulls;
pub(crate) mod queries;
mod refusals;
pub(crate) mod world;
