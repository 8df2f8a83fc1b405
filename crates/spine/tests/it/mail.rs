//! Mailboxes from outside: over HTTP and through folders.

mod door;
mod folders;
pub(crate) mod support;
