//! Tests of the door as a whole; the parts have theirs in their own files.

mod canonical;
mod hostile;
mod judged;
mod pieces;
mod reading;
mod slicing;
mod writing;
