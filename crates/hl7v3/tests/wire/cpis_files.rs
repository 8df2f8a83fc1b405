//! CP-IS: the files of local authorities, written, validated, read back, taken apart and broken.

mod broken;
mod controls;
mod damaged;
mod large;
mod notices;
mod responses;
mod uploads;
mod world;
