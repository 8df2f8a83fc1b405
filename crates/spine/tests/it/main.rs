//! The local Spine from outside: real bytes in, real bytes out, over the model store.

mod access;
mod audit;
mod clinical;
mod consent;
mod cpis;
mod cpis_files;
mod documents;
mod events;
mod express;
mod faults;
mod filing;
mod filters;
mod gp_system;
mod mail;
mod message_checks;
mod outcomes;
mod published;
mod reliable;
mod replies;
mod requests;
mod scenarios;
mod stubborn_store;
mod summaries;
mod uploads;
mod versions;
mod world;
