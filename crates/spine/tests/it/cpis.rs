//! CP-IS: queries, what they leave behind, and what local authorities are given.

mod checks;
mod history;
mod messages;
mod once;
mod plans;
mod pulls;
mod rights;
mod scenarios;
mod support;
mod trace;
