//! One made-up person.

use domain::{DocumentId, NhsNumber};
use jiff::civil::Date;

use crate::day;
use crate::document::{self, Edition};
use crate::fact::Fact;
use crate::history;
use crate::population::Population;
use crate::practice::{self, Author, Practice};
use crate::sizes;
use crate::stream::{Purpose, Stream};
use crate::tables::names;

/// A patient.
#[derive(Debug, Clone)]
pub struct Patient {
    /// The index in the population.
    pub index: u32,
    /// The NHS number, of the 999 range; the same for an index in every population.
    pub nhs_number: NhsNumber,
    /// Their name.
    pub name: Name,
    /// When they were born.
    pub birth: Date,
    /// Their sex.
    pub sex: Sex,
    /// Where they live.
    pub address: Address,
    /// Their practice.
    pub practice: Practice,
    /// Who signs their summaries.
    pub author: Author,
    /// What their summaries are like.
    pub kind: Kind,
    /// Whether the statement is shown that entries were withheld.
    pub withheld: bool,
    /// Whether the record has additional information, beyond allergies and medications.
    pub additional: bool,
    seed: u64,
    first_day: Date,
    size: usize,
}

/// A person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// `Mrs`, `Dr`.
    pub title: &'static str,
    /// Given name.
    pub given: &'static str,
    /// Family name.
    pub family: &'static str,
}

/// A patient's sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// Where somebody lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// House and street; town.
    pub lines: [String; 2],
    /// Postcode, of an area that is not in use.
    pub postcode: String,
}

/// What a patient's summaries are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A GP Summary (REPC_MT150007UK05): text and coded entries.
    Full,
    /// An initial summary (REPC_MT150002UK05): text only.
    Initial,
    /// An initial summary that says the practice holds no significant data.
    NoSignificantData,
}

impl Name {
    pub(crate) fn draw(title: &'static str, female: bool, stream: &mut Stream) -> Self {
        let given = stream.word(practice::given(female));
        Self {
            title,
            given,
            family: stream.word(names::FAMILY),
        }
    }
}

/// As the summaries write it: `WILSON, Bob (Mr)`.
impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}, {} ({})",
            self.family.to_uppercase(),
            self.given,
            self.title
        )
    }
}

impl Patient {
    pub(crate) fn draw(population: &Population, index: u32) -> Self {
        let index = index % Population::CAPACITY;
        let (seed, reference) = (population.seed, population.reference);
        let mut plan = Stream::new(seed, index, Purpose::Plan);
        let size = population.sizes.draw(index, &mut plan).min(sizes::MOST);
        let kind = match plan.below(100) {
            // A long record is not one that has nothing in it.
            0..3 if size < 18_000 => Kind::NoSignificantData,
            3..8 if size < 60_000 => Kind::Initial,
            _ => Kind::Full,
        };
        let additional = kind == Kind::Full && (size > 40_000 || plan.percent(48));
        let first_day = day::before(reference, plan.below(60));
        let withheld = kind != Kind::NoSignificantData && plan.percent(5);

        let mut stream = Stream::new(seed, index, Purpose::Person);
        let sex = if stream.percent(51) {
            Sex::Female
        } else {
            Sex::Male
        };
        let age = age(size, &mut stream);
        let birth = day::before(reference, age * 365 + age / 4 + stream.below(365));
        let practice = Practice::draw(seed, &mut stream);
        let gp = stream.pick(&practice.clinicians[..4]).clone();
        let author = match kind {
            Kind::Full if stream.percent(92) => Author::Person(gp),
            Kind::Full => Author::UnknownPerson(gp.name),
            Kind::Initial | Kind::NoSignificantData => Author::Organisation,
        };
        Self {
            index,
            nhs_number: crate::nhs_numbers::nth(index),
            name: Name::draw(
                title(sex, age, &mut stream),
                sex == Sex::Female,
                &mut stream,
            ),
            birth,
            sex,
            address: Address {
                lines: practice::lines(&mut stream),
                postcode: practice::postcode(&mut stream),
            },
            practice,
            author,
            kind,
            withheld,
            additional,
            seed,
            first_day,
            size,
        }
    }

    /// The first version of the patient's GP Summary: a bare `<GPSummary>` element in the HL7 V3
    /// namespace, UTF-8, without XML declaration.
    pub fn summary(&self) -> Vec<u8> {
        self.summary_version(0)
    }

    /// A version of it. Version `n` is made `n` days after version 0 and replaces version
    /// `n - 1`; it has what the one before had, as far as it still falls into the periods
    /// covered, and the prescription that was the reason for it.
    pub fn summary_version(&self, version: u32) -> Vec<u8> {
        self.written(version, self.size)
    }

    /// The first version as if the record were of another size, within a few per cent of so many
    /// bytes; no smaller than about 5,000 and no larger than 4,000,000. Only a [`Kind::Full`] record can be made so long, so
    /// it is written as one whatever the patient's kind is.
    pub fn summary_of_size(&self, bytes: usize) -> Vec<u8> {
        let mut patient = self.clone();
        patient.kind = Kind::Full;
        patient.additional = self.additional || bytes > 12_000;
        if patient.author == Author::Organisation {
            patient.author = Author::Person(patient.practice.clinicians[0].clone());
        }
        patient.written(0, bytes.min(sizes::MOST))
    }

    /// What a version holds, in the order of the document.
    pub fn facts(&self, version: u32) -> Vec<Fact> {
        history::facts(self, &self.edition(version), self.size)
    }

    /// The id of a version's document.
    pub fn document_id(&self, version: u32) -> DocumentId {
        self.edition(version).id
    }

    /// The day version 0 is made: up to 60 days before the population's day of reference.
    pub fn first_day(&self) -> Date {
        self.first_day
    }

    /// Whole years of age on a day.
    pub fn age_on(&self, day: Date) -> u32 {
        day::days_between(self.birth, day) * 4 / 1461
    }

    pub(crate) fn stream(&self, purpose: Purpose) -> Stream {
        Stream::new(self.seed, self.index, purpose)
    }

    fn edition(&self, version: u32) -> Edition {
        Edition::new(self, version)
    }

    fn written(&self, version: u32, size: usize) -> Vec<u8> {
        let edition = self.edition(version);
        let facts = history::facts(self, &edition, size);
        document::write(self, &edition, &facts, size)
    }
}

/// People with long records are old.
fn age(size: usize, stream: &mut Stream) -> u32 {
    match size {
        70_000.. => stream.between(66, 94),
        30_000.. => stream.between(45, 97),
        _ if stream.percent(14) => stream.below(18),
        _ => stream.between(18, 96),
    }
}

fn title(sex: Sex, age: u32, stream: &mut Stream) -> &'static str {
    match (sex, age) {
        (Sex::Male, 0..16) => "Master",
        (Sex::Male, _) => "Mr",
        (Sex::Female, 0..18) => "Miss",
        (Sex::Female, _) => stream.word(&["Mrs", "Ms", "Miss"]),
    }
}
