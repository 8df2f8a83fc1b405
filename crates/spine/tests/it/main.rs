//! The local Spine from outside: real bytes in, real bytes out, over the model store.

mod access;
mod audit;
mod consent;
mod documents;
mod filing;
mod filters;
mod message_checks;
mod outcomes;
mod reliable;
mod requests;
mod scenarios;
mod stubborn_store;
mod summaries;
mod world;
