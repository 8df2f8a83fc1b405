//! The document: `<GPSummary>` with its header, its presentation text and its coded entries.
//!
//! The order of the header's elements is that of the schemas, which differs between the two kinds
//! of summary.

use domain::record::SummaryKind;
use domain::{DocumentId, oid};
use jiff::civil::Date;
use xml::{Writer, ns};

use crate::day;
use crate::entry;
use crate::entry::part;
use crate::fact::Fact;
use crate::patient::{Kind, Patient};
use crate::population::Population;
use crate::practice::Author;
use crate::presentation;
use crate::section::Section;
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
    fn timestamp(&self) -> String {
        let (hour, minute) = self.clock;
        format!("{}{hour:02}{minute:02}00", day::digits(self.made))
    }
}

fn document_id(uuid: &str) -> DocumentId {
    DocumentId::parse(uuid).expect("a stream's UUIDs are UUIDs")
}

const ATTRIBUTES: [(&str, &str); 3] = [
    ("inversionInd", "false"),
    ("contextConductionInd", "true"),
    ("negationInd", "false"),
];

/// Writes a document. The facts are in the order of the document; `expected` is about how many
/// bytes it will have.
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
    let made = edition.timestamp();
    let root = [
        ("xmlns", ns::HL7),
        ("xmlns:xsi", ns::XSI),
        ("classCode", "COMPOSITION"),
        ("moodCode", "EVN"),
    ];
    let mut w = Writer::with_capacity(expected + expected / 16 + 4_096);
    w.element("GPSummary", &root, |w| {
        w.empty("id", &[("root", edition.id.as_str())]);
        part::snomed(w, "code", kind.code(), kind.display_name());
        if kind == SummaryKind::Full {
            w.empty("effectiveTime", &[("value", &made)]);
            w.empty("statusCode", &[("code", "active")]);
        } else {
            w.empty("statusCode", &[("code", "active")]);
            w.empty("effectiveTime", &[("value", &made)]);
        }
        author(w, patient, &made);
        excerpt(w, patient, edition, facts, &made);
        root_section(w);
        if kind == SummaryKind::Full {
            coded(w, facts);
        }
        w.element("recordTarget", &[("typeCode", "RCT")], |w| {
            w.element("patient", &[("classCode", "PAT")], |w| {
                let number = patient.nhs_number.as_str();
                w.empty("id", &[("root", oid::NHS_NUMBER), ("extension", number)]);
            });
        });
        // An initial summary has no place to say what it replaces.
        if let (SummaryKind::Full, Some(before)) = (kind, &edition.replaces) {
            replacement(w, before);
        }
    });
    w.finish()
}

/// What one fact adds to a document, in bytes.
pub(crate) fn cost(fact: &Fact, coded: bool) -> usize {
    let mut w = Writer::with_capacity(4_096);
    presentation::row(&mut w, fact, true);
    if coded {
        component(&mut w, fact);
    }
    w.finish().len()
}

/// What a section adds to a document before there is anything in it, in bytes.
pub(crate) fn section_cost(section: Section, coded: bool) -> usize {
    let mut w = Writer::with_capacity(2_048);
    presentation::heading(&mut w, section, Population::REFERENCE);
    presentation::table(&mut w, section, &[]);
    if coded {
        cre_section(&mut w, section, |_| {});
    }
    w.finish().len()
}

fn author(w: &mut Writer, patient: &Patient, made: &str) {
    w.element(
        "author",
        &[("typeCode", "AUT"), ("contextControlCode", "OP")],
        |w| {
            w.empty("time", &[("value", made)]);
            match &patient.author {
                Author::Person(clinician) => part::person(w, clinician),
                Author::UnknownPerson(name) => {
                    w.element(
                        "UKCT_MT160018UK01.AgentPerson",
                        &[("classCode", "AGNT")],
                        |w| {
                            job_role(w);
                            part::address(w, &patient.practice);
                            let person = [("classCode", "PSN"), ("determinerCode", "INSTANCE")];
                            w.element("agentPerson", &person, |w| part::name(w, name));
                            part::organisation(w, "representedOrganizationSDS", &patient.practice);
                        },
                    );
                }
                Author::Organisation => {
                    w.element(
                        "UKCT_MT160017UK01.AgentOrgSDS",
                        &[("classCode", "AGNT")],
                        |w| {
                            part::organisation(w, "agentOrganizationSDS", &patient.practice);
                        },
                    );
                }
            }
        },
    );
}

fn job_role(w: &mut Writer) {
    let attributes = [
        ("code", "NR0260"),
        ("codeSystem", "2.16.840.1.113883.2.1.3.2.4.17.124"),
        ("displayName", "General Medical Practitioner"),
    ];
    w.empty("code", &attributes);
}

/// The presentation text in its wrappings.
fn excerpt(w: &mut Writer, patient: &Patient, edition: &Edition, facts: &[Fact], made: &str) {
    let mut attributes = vec![("typeCode", "XCRPT")];
    attributes.extend(ATTRIBUTES);
    w.element("excerptFrom", &attributes, |w| {
        part::template(w, "CSAT_RM-NPfITUK10.excerptFrom", "false");
        let category = [("classCode", "CATEGORY"), ("moodCode", "EVN")];
        w.element(
            "UKCT_MT144051UK01.CareProfessionalDocumentationCRE",
            &category,
            |w| {
                part::snomed(
                    w,
                    "code",
                    "163171000000105",
                    "Care Professional Documentation",
                );
                let component = [
                    ("typeCode", "COMP"),
                    ("inversionInd", "false"),
                    ("negationInd", "false"),
                ];
                w.element("component", &component, |w| {
                    part::template(w, "CSAB_RM-NPfITUK10.component", "false");
                    w.element("presentationText", &part::OBSERVATION, |w| {
                        w.element("value", &[("mediaType", "text/plain")], |w| {
                            presentation::write(w, patient, edition, facts);
                        });
                        w.empty("id", &[("root", &edition.text_id)]);
                        part::text_type(w, "PresentationText", "Presentation Text");
                        w.empty("statusCode", &[("code", "completed")]);
                        w.empty("effectiveTime", &[("value", made)]);
                    });
                });
            },
        );
    });
}

fn root_section(w: &mut Writer) {
    information(w, "pertinentInformation1", |w| {
        let category = [("classCode", "CATEGORY"), ("moodCode", "EVN")];
        w.element("pertinentRootCREType", &category, |w| {
            part::snomed(
                w,
                "code",
                "163171000000105",
                "Care Professional Documentation",
            );
        });
    });
}

fn information(w: &mut Writer, name: &str, content: impl FnOnce(&mut Writer)) {
    let [inversion, conduction, negation] = ATTRIBUTES;
    w.element(
        name,
        &[("typeCode", "PERT"), inversion, conduction, negation],
        |w| {
            part::template(w, "CSAB_RM-NPfITUK10.pertinentInformation1", "true");
            content(w);
        },
    );
}

/// The coded sections: one for each care record element type that has entries.
fn coded(w: &mut Writer, facts: &[Fact]) {
    let code = |fact: &Fact| fact.section.layout().cre.code;
    for group in facts.chunk_by(|a, b| code(a) == code(b)) {
        cre_section(w, group[0].section, |w| {
            for fact in group {
                component(w, fact);
            }
        });
    }
}

fn cre_section(w: &mut Writer, section: Section, content: impl FnOnce(&mut Writer)) {
    information(w, "pertinentInformation2", |w| {
        let category = [("classCode", "CATEGORY"), ("moodCode", "EVN")];
        w.element("pertinentCREType", &category, |w| {
            // The schema spells the names as the headings do.
            let cre = section.layout().cre;
            part::snomed(w, "code", cre.code, cre.heading);
            content(w);
        });
    });
}

fn component(w: &mut Writer, fact: &Fact) {
    let attributes = [("typeCode", "COMP"), ("contextConductionInd", "true")];
    w.element("component", &attributes, |w| {
        part::template(w, "CSAB_RM-NPfITUK10.component", "false");
        entry::write(w, fact);
    });
}

fn replacement(w: &mut Writer, before: &DocumentId) {
    w.element("replacementOf", &[("typeCode", "RPLC")], |w| {
        let document = [("classCode", "COMPOSITION"), ("moodCode", "EVN")];
        w.element("priorMessageRef", &document, |w| {
            w.empty("id", &[("root", before.as_str())]);
        });
    });
}
