//! The code tables: one place for every code this house emits or reads.

pub mod cpis;
pub mod cre_type;
pub mod psis;
pub mod smsp;
