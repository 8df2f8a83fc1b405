//! The message handler: a durable outbox that sends ebXML messages reliably.
