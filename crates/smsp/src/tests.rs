//! Tests over whole requests: bytes in, bytes out, with a scripted Spine behind.

mod activity;
mod answers;
mod audit;
mod boundary;
mod consent;
mod cpis;
mod decision;
mod describing;
mod duplicates;
mod failing_store;
mod hl7v3_face;
mod logging;
mod outcomes;
mod ptv;
mod published;
mod rights;
mod scenarios;
mod signatures;
mod spine;
mod world;
