//! The message handler against an unreliable other side, an unreliable store, and sudden death.

mod answers;
mod asking;
mod chances;
mod contracts;
mod crashes;
mod desk;
mod receiving;
mod running;
mod signals;
mod support;
mod uploading;
