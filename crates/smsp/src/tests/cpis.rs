//! The CP-IS mini service: bytes in, bytes out, with a scripted Spine behind.

mod asynchronous;
mod audit;
mod authors;
mod codes;
mod duplicates;
mod payloads;
mod published;
mod spine;
mod storing;
mod world;
