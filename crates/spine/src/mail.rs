//! Mailboxes: files that organisations send to each other and to this Spine, as the national
//! messaging service (MESH) carries them.
//!
//! [`Post`] is what all ways in and out share: messages and their chunks in the store.
//! [`MailService`] is the way over HTTP, in the shape of the MESH API; [`Exchange`] the way through
//! folders, in the shape of the MESH client. Who has which mailbox, [`Mailboxes`] knows.
//!
//! A file is never whole in memory: it comes, lies and goes in chunks.
//!
//! Architecture invariant: each step is durable before it is answered, and a file that was taken
//! leaves the store only in the commit that acknowledges it.
//!
//! Metrics: `minispine_mail_requests_total` by `operation` and `status`, `minispine_mail_files_total`
//! by `interaction` and `step` (accepted, fetched, delivered, acknowledged),
//! `minispine_mail_folder_problems_total`. Neither they nor the log have names of files, subjects or
//! local ids: people write names into those.

mod exchange;
mod ids;
mod mailboxes;
mod marks;
mod outgoing;
mod post;
mod progress;
mod reading;
mod service;
mod sweep;
pub(crate) mod workflow;

pub use exchange::{Exchange, ExchangeConfig, Passed};
pub use mailboxes::{Mailbox, MailboxError, MailboxId, Mailboxes};
pub use post::Post;
pub use progress::Progress;
pub use service::{MailService, PATH};
pub use workflow::Workflows;

pub(crate) use ids::id_of;
pub(crate) use outgoing::Outgoing;
pub(crate) use post::{Envelope, is_accepted};
pub(crate) use reading::Reading;
