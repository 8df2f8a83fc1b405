//! Tests of the door as a whole; the parts have theirs in their own files.

mod hostile;
mod reading;
mod slicing;
mod writing;
