//! The runner against servers whose behaviour is known: one that does everything right, and many
//! that do something wrong.

mod careless;
mod child;
mod defects;
mod reports;
mod server;
mod verdicts;
mod world;
