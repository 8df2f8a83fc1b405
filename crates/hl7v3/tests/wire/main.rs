//! The wire: what is written validates and reads back, every rule is refused by its name, and
//! everything published is read.

mod acs;
mod alerts;
mod answers;
mod bare;
mod cpis;
mod cpis_files;
mod events;
mod hostile;
mod model;
mod published;
mod relationships;
mod relay;
mod requests;
mod summaries;
mod support;
mod uploads;
mod vectors;
mod withdrawals;
