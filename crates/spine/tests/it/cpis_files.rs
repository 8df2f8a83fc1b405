//! CP-IS by files: uploads and their acknowledgements, notices, numbers that go out of use.

mod codes;
mod crashes;
pub(crate) mod faulty_store;
mod inactive;
mod notices;
mod repeats;
mod support;
mod trace;
