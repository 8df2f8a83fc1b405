//! A made-up population and its GP Summaries.
//!
//! Nobody in it exists: NHS numbers are of the 999 range, which is kept for tests; people,
//! practices and staff come from our own tables. The medicine is plausible, so that a record reads
//! like a record, but nothing here is fit for care: the codes have the form of SNOMED CT and its
//! check digit, many are those of the concepts they stand beside, and none has been verified.
//!
//! Everything follows from the seed, the patient's index and the version of the document, byte for
//! byte and on every machine: no clock, no hash order, no floating point. Each patient and each
//! version draws from a random stream of its own, so the millionth patient costs no more than the
//! first and does not depend on those before it.
//!
//! A document is written from one list of [`fact::Fact`]s, once as presentation text and once as
//! coded entries, so the two cannot disagree.
//!
//! ```
//! let patient = synthetic::population(1).patient(7);
//! assert!(patient.nhs_number.as_str().starts_with("999"));
//! assert_eq!(patient.summary(), synthetic::population(1).patient(7).summary());
//! ```

mod agent;
pub mod cpis;
mod day;
mod document;
mod entry;
pub mod fact;
mod history;
mod nhs_numbers;
mod patient;
mod population;
mod practice;
mod presentation;
mod section;
mod sizes;
mod story;
mod stream;
mod tables;

pub use patient::{Address, Kind, Name, Patient, Sex};
pub use population::{Population, population};
pub use practice::{Author, Clinician, Practice};
pub use section::Section;
pub use sizes::{Band, Sizes};
