//! The ITK binding seen from outside: whole messages in, whole messages out.

mod answers;
mod answers_scr;
mod cpis;
mod negative;
mod payloads;
mod properties;
mod reports;
mod schemas;
mod signature;
mod strictness;
mod support;
mod torture;
mod vectors;
mod vectors_answers;
