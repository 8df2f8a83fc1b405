//! The document: `<GPSummary>` with its header, its presentation text and its coded entries,
//! made of the typed model of crate `hl7v3`, which knows the schemas.

use domain::record::SummaryKind;
use domain::{DocumentId, Hl7Timestamp};
use hl7v3::gp_summary::model::{GpSummary, NewSummary, Participation, PresentationText, Section};
use jiff::civil::Date;
use xml::Writer;

use crate::agent;
use crate::day;
use crate::entry;
use crate::fact::Fact;
use crate::patient::{Kind, Patient};
use crate::population::Population;
use crate::presentation;
use crate::section;
use crate::stream::Purpose;

/// One version of a patient's document.
#[derive(Debug, Clone)]
pub(crate) struct Edition {
    pub(crate) version: u32,
    pub(crate) id: DocumentId,
    /// The id of its presentation text.
    pub(crate) text_id: String,
    /// The day it is made.
    pub(crate) made: Date,
    /// Hour and minute it is made.
    pub(crate) clock: (u32, u32),
    /// The document of the version before.
    pub(crate) replaces: Option<DocumentId>,
}

impl Edition {
    pub(crate) fn new(patient: &Patient, version: u32) -> Self {
        let mut stream = patient.stream(Purpose::Version(version));
        Self {
            version,
            id: document_id(&stream.uuid()),
            text_id: stream.uuid(),
            made: day::after(patient.first_day(), version),
            clock: (stream.between(8, 18), stream.below(60)),
            replaces: version
                .checked_sub(1)
                .map(|before| document_id(&patient.stream(Purpose::Version(before)).uuid())),
        }
    }

    /// When it is made, as messages write it.
    fn timestamp(&self) -> Hl7Timestamp {
        let (hour, minute) = self.clock;
        let digits = format!("{}{hour:02}{minute:02}00", day::digits(self.made));
        Hl7Timestamp::parse(&digits).expect("a day and a clock make a timestamp")
    }
}

fn document_id(uuid: &str) -> DocumentId {
    DocumentId::parse(uuid).expect("a stream's UUIDs are UUIDs")
}

/// Writes a document. The facts are in the order of the document; `expected` is about how many
/// bytes its presentation text will have.
pub(crate) fn write(
    patient: &Patient,
    edition: &Edition,
    facts: &[Fact],
    expected: usize,
) -> Vec<u8> {
    let kind = match patient.kind {
        Kind::Full => SummaryKind::Full,
        Kind::Initial | Kind::NoSignificantData => SummaryKind::Initial,
    };
    let is_full = kind == SummaryKind::Full;
    let made = edition.timestamp();
    let mut html = Writer::with_capacity(expected / 3 + 4_096);
    presentation::write(&mut html, patient, edition, facts);
    let summary = NewSummary {
        id: edition.id.clone(),
        kind,
        author: Participation::author(made.as_str(), agent::author(patient)),
        text: PresentationText::new(&edition.text_id, &made, html.finish()),
        effective: made,
        sections: if is_full { coded(facts) } else { Vec::new() },
        patient: patient.nhs_number,
        // An initial summary has no place to say what it replaces.
        replaces: edition.replaces.clone().filter(|_| is_full),
    };
    GpSummary::from(summary).write().bytes
}

/// What one fact adds to a document, in bytes.
pub(crate) fn cost(fact: &Fact, coded: bool) -> usize {
    let mut w = Writer::with_capacity(1_024);
    presentation::row(&mut w, fact, true);
    let row = w.finish().len();
    match coded {
        true => row + entry::component(fact).size(),
        false => row,
    }
}

/// What a section adds to a document before there is anything in it, in bytes.
pub(crate) fn section_cost(section: section::Section, coded: bool) -> usize {
    let mut w = Writer::with_capacity(2_048);
    presentation::heading(&mut w, section, Population::REFERENCE);
    presentation::table(&mut w, section, &[]);
    let text = w.finish().len();
    match coded {
        true => text + Section::new(&section.layout().cre, []).size(),
        false => text,
    }
}

/// The coded sections: one for each care record element type that has entries.
fn coded(facts: &[Fact]) -> Vec<Section> {
    let cre = |fact: &Fact| fact.section.layout().cre;
    let groups = facts.chunk_by(|a, b| cre(a).code == cre(b).code);
    groups
        .map(|group| Section::new(&cre(&group[0]), group.iter().map(entry::of)))
        .collect()
}
