//! The service as its clients meet it, in front of a Spine of this house.

mod access;
mod alerts;
mod consent;
mod defects;
mod documents;
mod find;
mod hostile;
mod keys;
mod published;
mod repeats;
mod retrieve;
mod stations;
mod stubborn;
mod trouble;
mod upload;
mod world;
