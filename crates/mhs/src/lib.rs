//! The message handler: messages that must arrive, sent until they have; and the end where others
//! arrive.
//!
//! # Out
//!
//! Whoever has something to say to the Spine that must not be lost puts an [`Outgoing`] in the
//! store's outbox, in the same commit as whatever it is about. From then on it is the
//! [`Courier`]'s: it asks where the message goes ([`Routes`]), claims what is due, writes it as an
//! ebXML message, sends it, and takes it out only when the other side has acknowledged that very
//! message. What is not acknowledged is tried again, as its contract has it ([`Reliability`]) or
//! later and later ([`RetryPolicy`]); what the other side refuses for good, or what was not taken in
//! its time, becomes a dead letter, which stays where an operator sees it and can send it again.
//! Nothing is ever deleted that was not acknowledged. A message of the express pattern is sent once:
//! its receiver would not know it again.
//!
//! # In
//!
//! [`Inbound`] takes the asynchronous answers of the Spine. A [`Receiver`] says what they mean; they
//! are kept in one commit with everything they entail, then acknowledged; whoever waits for one
//! ([`Correlation`]) is woken. [`settle`] is for acknowledgments that come as messages of their own.
//!
//! # Client
//!
//! [`SpineClient`] asks a Spine and uploads to it, for those who have no service of their own.
//!
//! # What a crash does
//!
//! A claim is a commit that moves the next try into the future, so a process that dies holding
//! one leaves an entry that becomes due again by itself. Between any two steps (claim, send,
//! acknowledgement, commit) the process may die: the worst that follows is the same message again,
//! byte for byte and under the same message id, which the other side recognises and acknowledges
//! once more without doing anything twice. An express message that was under way when its process
//! died becomes a dead letter, because nobody knows whether it arrived. Any number of couriers may
//! share one store. What comes in is remembered by its id in the commit that has its effect.
//!
//! Metrics: `minispine_outbox_tries_total` by `outcome` (`acknowledged`, `again`, `dead`,
//! `overtaken`, `unsettled`), `minispine_outbox_waiting`, `minispine_outbox_dead_letters`;
//! `minispine_inbound_messages_total` by `interaction` and `outcome`.

mod answer;
mod answered;
mod client;
mod contract;
mod correlation;
mod courier;
mod delivery;
mod inbound;
mod marks;
mod outgoing;
mod route;
mod signal;

pub use answered::{Answered, UnreadAnswer};
pub use client::{
    AtFault, ClientSettings, FetchedDocument, FetchedEvent, Identity, Prepared, SpineClient,
    SpineError, UploadOutcome,
};
pub use contract::{Contract, Reliability, RetryPolicy};
pub use correlation::Correlation;
// What a receiver is given, and refuses with.
pub use courier::{Courier, Round};
pub use ebxml::{ErrorCode, MessageError, MessageHeader};
pub use inbound::{AnyAnswer, Inbound, InboundConfig, Received, Receiver, Reception};
pub use outgoing::{KIND, Outgoing, Pattern};
pub use route::{Route, Routes};
pub use signal::{Settled, settle};
