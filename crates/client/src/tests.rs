//! Tests over whole documents and whole exchanges.

mod exchange;
mod rendering;
mod sample;
