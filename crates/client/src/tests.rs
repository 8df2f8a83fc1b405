//! Tests over whole documents and whole exchanges.

mod cpis;
mod exchange;
mod operations;
mod rendering;
mod sample;
mod service;
