//! ebXML as published: what others wrote is read, and what we write is what they write.

#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

mod published;
mod rules;
mod signals;
mod support;
mod written;
