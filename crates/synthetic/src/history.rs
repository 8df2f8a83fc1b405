//! What is in a record: facts told until the document has the size it is to have, and what
//! becomes of them from version to version.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::day;
use crate::document::{self, Edition};
use crate::fact::{Detail, Fact};
use crate::patient::{Kind, Patient};
use crate::section::Section;
use crate::story::Teller;
use crate::stream::{Purpose, Stream};
use crate::tables::{allergies, notes};

/// How many stories in a row may fail to fit, or find nothing to tell, before the record is
/// finished.
const MISSES: u32 = 40;
/// A document may come out larger by this many bytes than it is aimed at.
const SLACK: usize = 120;
/// How many sentences beside one entry, at most, to reach the size aimed at.
const MOST_SENTENCES: u32 = 6;
/// How many versions a prescription that caused a new version stays the newest news.
const NEWS: u32 = 3;

/// The facts of one version, in the order of the document.
pub(crate) fn facts(patient: &Patient, edition: &Edition, size: usize) -> Vec<Fact> {
    if patient.kind == Kind::NoSignificantData {
        return Vec::new();
    }
    let mut facts = first_version(patient, size);
    let newest = edition.version;
    for version in newest.saturating_sub(NEWS - 1).max(1)..=newest {
        let mut teller = Teller::new(patient, Purpose::Version(version)).aware_of(&facts);
        facts.extend(teller.prescription_on(day::after(patient.first_day(), version)));
    }
    age(&mut facts, edition.made);
    sort(&mut facts);
    facts
}

/// The order of a document: by section, the newest first.
fn sort(facts: &mut [Fact]) {
    let day = |fact: &Fact| fact.to.unwrap_or(fact.from);
    facts.sort_by(|a, b| (a.section, day(b), &a.id).cmp(&(b.section, day(a), &b.id)));
}

/// Tells stories until the document is as long as it is to be.
fn first_version(patient: &Patient, size: usize) -> Vec<Fact> {
    let first = Edition::new(patient, 0);
    let mut record = Record {
        facts: Vec::new(),
        sections: BTreeSet::new(),
        left: size.saturating_sub(document::write(patient, &first, &[], 0).len()),
        coded: patient.kind == Kind::Full,
    };
    let mut teller = Teller::new(patient, Purpose::History);
    record.tell(teller.allergies());
    let mut misses = 0;
    while misses < MISSES && record.left > 0 {
        let story = teller.next(&record.facts);
        misses = if record.tell(story) { 0 } else { misses + 1 };
    }
    // What headings cost was estimated; now it is known.
    let written = document::write(patient, &first, &record.sorted(), size).len();
    record.left = size.saturating_sub(written);
    record.annotate(&mut patient.stream(Purpose::Notes));
    record.facts
}

/// A record as it fills.
struct Record {
    facts: Vec<Fact>,
    sections: BTreeSet<Section>,
    /// Bytes still to be filled.
    left: usize,
    /// Whether facts are written as coded entries too.
    coded: bool,
}

impl Record {
    /// Takes a story's facts in order up to the first that does not fit: later ones may point at
    /// earlier ones. The first fact of a record always fits, for no record has none. Says whether
    /// the whole story was taken.
    fn tell(&mut self, story: Vec<Fact>) -> bool {
        let taken = !story.is_empty();
        for fact in story {
            let cost = document::cost(&fact, self.coded);
            let heading = match self.sections.contains(&fact.section) {
                true => 0,
                false => self.heading_cost(fact.section),
            };
            if cost + heading > self.left + SLACK && !self.facts.is_empty() {
                return false;
            }
            self.left = self.left.saturating_sub(cost + heading);
            self.sections.insert(fact.section);
            self.facts.push(fact);
        }
        taken
    }

    /// What a section not there yet takes. Sections of medication share one coded section.
    fn heading_cost(&self, section: Section) -> usize {
        let code = section.layout().cre.code;
        let shared = self
            .sections
            .iter()
            .any(|other| other.layout().cre.code == code);
        document::section_cost(section, self.coded && !shared)
    }

    fn sorted(&self) -> Vec<Fact> {
        let mut facts = self.facts.clone();
        sort(&mut facts);
        facts
    }

    /// Fills what is left with what staff write beside entries.
    fn annotate(&mut self, stream: &mut Stream) {
        for _ in 0..MOST_SENTENCES {
            for fact in self.facts.iter_mut().filter(|fact| may_have_note(fact)) {
                if self.left <= SLACK {
                    return;
                }
                let sentence = stream.word(notes::ALL);
                let longer = match &fact.note {
                    Some(note) => format!("{note} {sentence}"),
                    None => sentence.to_owned(),
                };
                let without = document::cost(fact, self.coded);
                let before = fact.note.replace(longer);
                let added = document::cost(fact, self.coded) - without;
                if added > self.left + SLACK {
                    fact.note = before;
                } else {
                    self.left = self.left.saturating_sub(added);
                }
            }
        }
    }
}

/// Is there a place for what staff wrote beside it, and would they?
fn may_have_note(fact: &Fact) -> bool {
    let silent = matches!(
        fact.detail,
        Detail::Problem(_)
            | Detail::RiskToPatient(_)
            | Detail::CareProfessionalDocumentation { .. }
            | Detail::PatientCarerCorrespondence { .. }
            | Detail::ThirdPartyCorrespondence { .. }
    );
    !silent && fact.concept != allergies::NONE_KNOWN
}

/// Leaves out what falls out of the periods covered, and links to it.
fn age(facts: &mut Vec<Fact>, made: Date) {
    facts.retain(|fact| match fact.section.months() {
        Some(months) => fact.to.unwrap_or(fact.from) >= day::period_start(made, months),
        None => true,
    });
    let kept: BTreeSet<String> = facts.iter().map(|fact| fact.id.clone()).collect();
    for fact in facts {
        if let Detail::Treatment(link) = &mut fact.detail
            && link.as_ref().is_some_and(|link| !kept.contains(&link.id))
        {
            *link = None;
        }
    }
}
