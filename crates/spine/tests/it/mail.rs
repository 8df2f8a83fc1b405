//! Mailboxes from outside: over HTTP and through folders.

mod door;
mod support;
