//! The real binary, over real TLS, with real files: what a newcomer and an operator do.
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at files and processes directly"
)]

mod acceptance;
mod asking;
mod bad_input;
mod command_line;
mod cpis;
mod faults;
mod fhir;
mod foreign;
mod import;
mod kill;
mod readiness;
mod sds;
mod sender;
mod up;
mod uploads;
mod users;
mod world;
