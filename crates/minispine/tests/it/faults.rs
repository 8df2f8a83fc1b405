//! Faults of every kind, tried on the whole process: killed in the middle, an answer that never
//! arrived, a Spine that is dead or slow or talks nonsense, files that were spoiled.
//!
//! Nothing here measures speed. Where something must not wait for something else, what is compared
//! lies far apart, or what is counted are connections.

mod addresses;
mod load;
mod lost;
mod outbox;
mod signed;
mod stage;
mod stand_in;
mod users_file;
