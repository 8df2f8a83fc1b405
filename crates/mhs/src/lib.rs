//! The message handler: messages that must arrive, sent until they have.
//!
//! Whoever has something to say to the Spine that must not be lost puts an [`Outgoing`] in the
//! store's outbox, in the same commit as whatever it is about. From then on it is the
//! [`Courier`]'s: it claims what is due, writes it as an ebXML message, sends it, and takes it out
//! only when the other side has acknowledged that very message. What is not acknowledged is tried
//! again, later and later ([`RetryPolicy`]); what the other side refuses for good becomes a dead
//! letter, which stays where an operator sees it and can send it again. Nothing is ever deleted
//! that was not acknowledged.
//!
//! # What a crash does
//!
//! A claim is a commit that moves the next try into the future, so a process that dies holding
//! one leaves an entry that becomes due again by itself. Between any two steps (claim, send,
//! acknowledgement, commit) the process may die: the worst that follows is the same message again,
//! byte for byte and under the same message id, which the other side recognises and acknowledges
//! once more without doing anything twice. Any number of couriers may share one store.
//!
//! Metrics: `minispine_outbox_tries_total` by `outcome` (`acknowledged`, `again`, `dead`,
//! `overtaken`, `unsettled`), `minispine_outbox_waiting`, `minispine_outbox_dead_letters`.

mod answer;
mod contract;
mod courier;
mod outgoing;
mod route;

pub use contract::{Contract, Reliability, RetryPolicy};
pub use courier::{Courier, Round};
pub use outgoing::{KIND, Outgoing, Pattern};
pub use route::{Route, Routes};
