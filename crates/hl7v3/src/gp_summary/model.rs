//! A GP Summary as data: every part of it typed, to be read, made and written.
//!
//! For mapping to other forms, for showing, and for making summaries (REPC_MT150002UK05,
//! REPC_MT150007UK05 and the care record element domain of MIM 4.2.00). Stored documents are never
//! rebuilt from it: they keep their bytes.
//!
//! Reading refuses only what Spine 2 refuses in the header. Clinical content is taken as it
//! comes, because stored documents break the schemas in many ways: what has no field of its own,
//! and what stands where the schema does not expect it, is kept in [`Extra`], and writing puts it
//! back in its place. Comments, insignificant white space and the choice of prefixes are not
//! kept. What is built with the constructors here and written is valid against the schemas.
//!
//! ```
//! use hl7v3::gp_summary::model::{Code, Entry, EntryKind, Period, Section};
//! use domain::code::cre_type;
//!
//! let allergy = Entry::new(
//!     EntryKind::Allergy,
//!     "6F7C0A52-5B55-4B0E-9D3B-7B7A2C0F4E11",
//!     Period::from("20190502", None),
//! )
//! .coded(Code::snomed("91936005", "Allergy to penicillin").recorded_as("penicillin allergy"))
//! .supported_by("Rash.");
//! let section = Section::new(&cre_type::ALLERGIES, [allergy]);
//! assert_eq!(section.entries().count(), 1);
//! ```

mod agent;
mod data;
mod entry;
mod extra;
mod fixed;
mod kind;
mod link;
mod measurement;
mod medication;
mod node;
mod participation;
mod presentation;
mod section;
mod sheet;
mod source;
mod value;

pub use agent::*;
pub use data::*;
pub use entry::Entry;
pub use extra::{Attribute, Extra, Piece, Raw};
pub use kind::EntryKind;
pub use link::{Link, Reference, Target};
pub use measurement::*;
pub use medication::*;
pub use participation::{Participation, Role};
pub use presentation::{Documentation, Excerpt, Markup, PresentationText, TextComponent};
pub use section::*;
pub use value::Value;

use domain::record::{DocumentBytes, SummaryKind};
use domain::{DocumentId, Hl7Timestamp, NhsNumber, oid};
use xml::{Element, Writer, XmlError, ns};

use node::{Field, Node};
use sheet::Sheet;
use source::Source;

/// A GP Summary.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct GpSummary {
    /// Its UUID, as written; [`GpSummary::document_id`] reads it.
    pub id: Option<Id>,
    /// Which kind of summary it is.
    pub code: Option<Code>,
    /// When it was made.
    pub effective: Option<Period>,
    /// `active`, or `nullified`.
    pub status: Option<Code>,
    /// Who made it.
    pub author: Option<Participation>,
    /// The presentation text.
    pub excerpt: Option<Excerpt>,
    /// That it is care professional documentation.
    pub root: Option<RootSection>,
    /// The coded sections, in order. Initial summaries have none.
    pub sections: Vec<Section>,
    /// Whose record it is.
    pub target: Option<RecordTarget>,
    /// Which document it replaces.
    pub replacement: Option<Replacement>,
    /// What else it holds.
    pub extra: Extra,
}

impl std::fmt::Debug for GpSummary {
    /// Nothing of the content: it is a patient's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GpSummary").finish_non_exhaustive()
    }
}

/// Reads a GP Summary. The header must be one that [`super::header`] takes, and a refusal is
/// its; nothing of the rest is refused.
pub fn read(summary: Element<'_, '_>) -> Result<GpSummary, XmlError> {
    super::header(summary)?;
    Ok(Node::read(summary))
}

/// What a new summary is made of.
#[derive(Debug, Clone)]
pub struct NewSummary {
    /// Its id.
    pub id: DocumentId,
    /// Its kind.
    pub kind: SummaryKind,
    /// When it is made.
    pub effective: Hl7Timestamp,
    /// Who makes it: a person of a full summary, an organisation of an initial one.
    pub author: Participation,
    /// The presentation text.
    pub text: PresentationText,
    /// The coded sections, of a full summary at least one.
    pub sections: Vec<Section>,
    /// Whose record it is.
    pub patient: NhsNumber,
    /// Which document it replaces. Initial summaries have no place to say so.
    pub replaces: Option<DocumentId>,
}

impl From<NewSummary> for GpSummary {
    fn from(new: NewSummary) -> Self {
        Self {
            id: Some(Id::uuid(new.id.as_str())),
            code: Some(Code::snomed(new.kind.code(), new.kind.display_name())),
            effective: Some(Period::at(new.effective.as_str())),
            status: Some(Code::plain("active")),
            author: Some(new.author),
            excerpt: Some(Excerpt::new(new.text)),
            root: Some(RootSection::new()),
            sections: new.sections,
            target: Some(RecordTarget::of(new.patient)),
            replacement: new.replaces.as_ref().map(Replacement::of),
            extra: Extra::default(),
        }
    }
}

impl RecordTarget {
    /// That of a patient.
    pub fn of(patient: NhsNumber) -> Self {
        Self {
            patient: Some(Patient {
                id: Some(Id::of(oid::NHS_NUMBER, patient.as_str())),
                ..Patient::default()
            }),
            ..Self::default()
        }
    }
}

impl Replacement {
    /// Of this document.
    pub fn of(former: &DocumentId) -> Self {
        Self {
            prior: Some(PriorMessage {
                id: Some(Id::uuid(former.as_str())),
                ..PriorMessage::default()
            }),
            ..Self::default()
        }
    }
}

impl GpSummary {
    /// Writes it, with its own namespace declarations.
    pub fn write(&self) -> DocumentBytes {
        let mut w = Writer::with_capacity(16 << 10);
        Node::write(self, &mut w, super::NAME);
        DocumentBytes {
            bytes: w.finish(),
            inherited: Vec::new(),
        }
    }

    /// Its id.
    pub fn document_id(&self) -> Option<DocumentId> {
        DocumentId::parse(self.id.as_ref()?.root.as_deref()?).ok()
    }

    /// Its kind.
    pub fn kind(&self) -> Option<SummaryKind> {
        SummaryKind::from_code(self.code.as_ref()?.code.as_deref()?)
    }

    /// When it was made.
    pub fn effective(&self) -> Option<Hl7Timestamp> {
        self.effective.as_ref()?.start()
    }

    /// Whose record it is.
    pub fn patient(&self) -> Option<NhsNumber> {
        let id = self.target.as_ref()?.patient.as_ref()?.id.as_ref()?;
        NhsNumber::parse(id.extension.as_deref()?).ok()
    }

    /// Which document it replaces.
    pub fn replaces(&self) -> Option<DocumentId> {
        let id = self.replacement.as_ref()?.prior.as_ref()?.id.as_ref()?;
        DocumentId::parse(id.root.as_deref()?).ok()
    }

    /// The presentation text.
    pub fn presentation(&self) -> Option<&PresentationText> {
        self.excerpt.as_ref()?.text()
    }

    /// Every entry, with the section it stands in.
    pub fn entries(&self) -> impl Iterator<Item = (&Section, &Entry)> {
        let sections = self.sections.iter();
        sections.flat_map(|section| section.entries().map(move |entry| (section, entry)))
    }

    /// The entry that a link points at. Ids are compared without regard to case.
    pub fn linked(&self, link: &Link) -> Option<&Entry> {
        let wanted = link.id()?;
        let mut entries = self.entries().map(|(_, entry)| entry);
        entries.find(|entry| {
            entry
                .uuid()
                .is_some_and(|id| id.eq_ignore_ascii_case(wanted))
        })
    }

    /// Whether the status comes before the time: the schemas of the two kinds differ in that.
    fn status_first(&self) -> bool {
        self.kind() == Some(SummaryKind::Initial)
    }
}

impl Node for GpSummary {
    fn read(element: Element<'_, '_>) -> Self {
        let mut source = Source::of(element);
        source.fixed("classCode", "COMPOSITION");
        source.fixed("moodCode", "EVN");
        let mut summary = Self {
            id: Field::take(&mut source, "id"),
            code: Field::take(&mut source, "code"),
            ..Self::default()
        };
        if summary.status_first() {
            summary.status = Field::take(&mut source, "statusCode");
        }
        summary.effective = Field::take(&mut source, "effectiveTime");
        if !summary.status_first() {
            summary.status = Field::take(&mut source, "statusCode");
        }
        summary.author = Field::take(&mut source, "author");
        summary.excerpt = Field::take(&mut source, "excerptFrom");
        summary.root = Field::take(&mut source, "pertinentInformation1");
        summary.sections = Field::take(&mut source, "pertinentInformation2");
        summary.target = Field::take(&mut source, "recordTarget");
        summary.replacement = Field::take(&mut source, "replacementOf");
        summary.extra = source.extra();
        summary
    }

    fn write(&self, w: &mut Writer, name: &str) {
        let mut sheet = Sheet::new(&self.extra);
        sheet.attribute("xmlns", Some(ns::HL7));
        sheet.attribute("xmlns:xsi", Some(ns::XSI));
        sheet.fixed("classCode", "COMPOSITION");
        sheet.fixed("moodCode", "EVN");
        self.id.put(&mut sheet, "id");
        self.code.put(&mut sheet, "code");
        if self.status_first() {
            self.status.put(&mut sheet, "statusCode");
        }
        self.effective.put(&mut sheet, "effectiveTime");
        if !self.status_first() {
            self.status.put(&mut sheet, "statusCode");
        }
        self.author.put(&mut sheet, "author");
        self.excerpt.put(&mut sheet, "excerptFrom");
        self.root.put(&mut sheet, "pertinentInformation1");
        self.sections.put(&mut sheet, "pertinentInformation2");
        self.target.put(&mut sheet, "recordTarget");
        self.replacement.put(&mut sheet, "replacementOf");
        sheet.write(w, name);
    }
}
