//! The population: who there is.

use jiff::civil::{Date, date};

use crate::nhs_numbers;
use crate::patient::Patient;
use crate::sizes::Sizes;

/// A made-up population, of which any patient can be had at once.
#[derive(Debug, Clone)]
pub struct Population {
    pub(crate) seed: u64,
    pub(crate) reference: Date,
    pub(crate) sizes: Sizes,
}

/// The population of a seed, with the usual sizes of documents, on the usual day.
pub fn population(seed: u64) -> Population {
    Population {
        seed,
        reference: Population::REFERENCE,
        sizes: Sizes::default(),
    }
}

impl Population {
    /// How many different patients there are; indexes from here on begin again.
    pub const CAPACITY: u32 = nhs_numbers::COUNT;

    /// The day on which the population is seen unless another is asked for.
    pub const REFERENCE: Date = date(2025, 6, 30);

    /// The same population seen on another day: the last on which a first version is made.
    pub fn on(self, reference: Date) -> Self {
        Self { reference, ..self }
    }

    /// The same people with documents of other sizes.
    pub fn with_sizes(self, sizes: Sizes) -> Self {
        Self { sizes, ..self }
    }

    /// The patient of an index.
    pub fn patient(&self, index: u32) -> Patient {
        Patient::draw(self, index)
    }

    /// The first so many patients.
    pub fn iter(&self, patients: u32) -> impl Iterator<Item = Patient> + '_ {
        (0..patients).map(|index| self.patient(index))
    }
}
