//! The courier against an unreliable other side, an unreliable store, and sudden death.

mod answers;
mod crashes;
mod running;
mod support;
