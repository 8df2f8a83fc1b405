//! The presentation text: what a clinician reads.
//!
//! Headings, ids and fixed statements are those of published summaries; the elements are the few
//! that the schema of the presentation text allows.

mod cells;

use jiff::civil::Date;
use xml::{Writer, ns};

use crate::day;
use crate::document::Edition;
use crate::fact::Fact;
use crate::patient::{Kind, Patient};
use crate::practice::Author;
use crate::section::Section;

const TITLE: &str = "General Practice Summary";
const DISCLAIMER: &str = "Sourced from the patient's General Practice record. This summary may \
    not include all the information pertinent to this patient.";
const WITHHELD: &str = "One or more entries have been deliberately withheld from this GP Summary.";
const NO_DATA: &str = "The practice holds no significant data on this patient.";

/// The `html` element of a document.
pub(crate) fn write(w: &mut Writer, patient: &Patient, edition: &Edition, facts: &[Fact]) {
    w.element("html", &[("xmlns", ns::PRESENTATION)], |w| {
        w.element("body", &[], |w| {
            title(w, patient, edition);
            match patient.kind {
                Kind::NoSignificantData => {
                    w.text_element("h3", &[("id", "NoDataStatement")], NO_DATA);
                }
                Kind::Full | Kind::Initial => sections(w, edition.made, facts),
            }
            let sent = format!("Summary Sent: {}", moment(edition));
            w.text_element("p", &[("id", "SendTime")], &sent);
        });
    });
}

fn title(w: &mut Writer, patient: &Patient, edition: &Edition) {
    w.text_element("h2", &[("id", "Title")], TITLE);
    w.text_element("h3", &[("id", "Disclaimer")], DISCLAIMER);
    let created = format!("Summary Created: {}", moment(edition));
    w.text_element("p", &[("id", "CreateTime")], &created);
    if patient.withheld {
        let attributes = [
            ("id", "WithheldCREItemsHeaderStatement"),
            ("class", "HighlightedStatement"),
        ];
        w.text_element("p", &attributes, WITHHELD);
    }
    let practice = &patient.practice;
    let author = match &patient.author {
        Author::Person(clinician) => format!("Created by: {}", clinician.name),
        Author::UnknownPerson(name) => format!("Created by: {name}"),
        Author::Organisation => format!("Created by: {}", practice.name),
    };
    w.text_element("p", &[("id", "Author")], &author);
    let [street, town] = &practice.lines;
    let place = format!("{}, {street}, {town} {}", practice.name, practice.postcode);
    w.text_element("p", &[("id", "Practice")], &place);
}

fn moment(edition: &Edition) -> String {
    let (hour, minute) = edition.clock;
    format!("{} {hour:02}:{minute:02}", day::written(edition.made))
}

/// Every section that has facts, and the core ones even if they have none.
fn sections(w: &mut Writer, made: Date, facts: &[Fact]) {
    const CORE: [Section; 4] = [
        Section::Allergies,
        Section::AcuteMedications,
        Section::RepeatMedications,
        Section::DiscontinuedMedications,
    ];
    let begin = facts.partition_point(|fact| fact.section.is_core());
    let (core, additional) = facts.split_at(begin);
    for heading in CORE {
        let from = core.partition_point(|fact| fact.section < heading);
        let to = core.partition_point(|fact| fact.section <= heading);
        section(w, heading, made, &core[from..to]);
        if from == to {
            w.text_element("p", &[], nothing(heading));
        }
    }
    for group in additional.chunk_by(|a, b| a.section == b.section) {
        section(w, group[0].section, made, group);
    }
}

/// What stands under the heading of a core section that has no entries.
fn nothing(section: Section) -> &'static str {
    match section {
        Section::RepeatMedications => "The practice system holds no current Repeat Medication",
        Section::DiscontinuedMedications => {
            "The practice system holds no record of Repeat Medication that has been recently discontinued"
        }
        Section::AcuteMedications => "The practice system holds no record of Acute Medication",
        _ => "The practice system holds no record of Allergies and Adverse Reactions",
    }
}

fn section(w: &mut Writer, section: Section, made: Date, facts: &[Fact]) {
    heading(w, section, made);
    if !facts.is_empty() {
        table(w, section, facts);
    }
}

/// A section's heading, with the period it covers.
pub(crate) fn heading(w: &mut Writer, section: Section, made: Date) {
    let layout = section.layout();
    let mut heading = layout.heading.to_owned();
    if let Some(months) = section.months() {
        let from = day::written(day::period_start(made, months));
        heading += &format!(
            " (For the {months} month period {from} to {})",
            day::written(made)
        );
    }
    w.text_element("h2", &[("id", &format!("{}Header", layout.id))], &heading);
}

/// A section's table: one row for each fact.
pub(crate) fn table(w: &mut Writer, section: Section, facts: &[Fact]) {
    let layout = section.layout();
    let mut attributes = vec![("id", layout.id)];
    attributes.extend(layout.summary.map(|summary| ("summary", summary)));
    w.element("table", &attributes, |w| {
        w.element("thead", &[], |w| {
            w.element("tr", &[], |w| {
                for column in layout.columns {
                    w.text_element("th", &[], column);
                }
            });
        });
        w.element("tbody", &[], |w| {
            for (at, fact) in facts.iter().enumerate() {
                row(w, fact, at % 2 == 0);
            }
        });
    });
}

/// The row of one fact.
pub(crate) fn row(w: &mut Writer, fact: &Fact, odd: bool) {
    let class = if odd { "oddRow" } else { "evenRow" };
    w.element("tr", &[("class", class)], |w| {
        for cell in cells::of(fact) {
            match cell.as_ref() {
                "" => w.empty("td", &[]),
                text => w.text_element("td", &[], text),
            }
        }
    });
}
