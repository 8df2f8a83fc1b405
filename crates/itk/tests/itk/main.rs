//! The ITK binding seen from outside: whole messages in, whole messages out.

mod answers;
mod negative;
mod payloads;
mod properties;
mod strictness;
mod support;
mod torture;
mod vectors;
