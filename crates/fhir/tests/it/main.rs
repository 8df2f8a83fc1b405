//! Tests of the formats from outside: published messages, made-up ones, and hostile ones.
#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod hostile;
mod rules;
mod vectors;
