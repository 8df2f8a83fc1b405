//! Tests over whole requests: bytes in, bytes out, with a scripted Spine behind.

mod audit;
mod boundary;
mod decision;
mod failing_store;
mod logging;
mod outcomes;
mod published;
mod spine;
mod world;
