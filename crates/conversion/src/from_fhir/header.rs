//! The bundle around the document, and the document's header.

use std::collections::HashSet;

use domain::record::SummaryKind;
use domain::{DocumentId, Hl7Timestamp, NhsNumber, oid};
use fhir::{Bundle, CodeableConcept, Composition, RelatesToTarget, system};
use hl7v3::gp_summary::model::{
    Code, Excerpt, GpSummary, Id, Participation, Patient, Period, PresentationText, PriorMessage,
    RecordTarget, Replacement, RootSection, Section,
};

use super::agents::Whose;
use super::presentation::{self, Presentation};
use super::resources::{Found, literal};
use super::work::Work;
use crate::{Profile, dates};

/// `Bundle.identifier`, in upper case.
pub(super) fn message_id(bundle: &Bundle) -> Option<String> {
    let value = bundle.identifier.as_ref()?.value.as_deref()?;
    Some(value.to_ascii_uppercase())
}

/// What the header says.
pub(super) struct Header {
    id: Option<String>,
    kind: SummaryKind,
    date: Option<String>,
    author: Option<Participation>,
    replaces: Option<String>,
}

/// The category of every summary.
const CATEGORY: (&str, &str) = ("163171000000105", "Care Professional Documentation");

impl<'a> Work<'a, '_> {
    /// Checks what is around the document.
    pub(super) fn check_bundle(&mut self, bundle: &Bundle) {
        let kind = bundle.r#type.as_deref().unwrap_or("null");
        let is_taken = match kind {
            "document" => true,
            // What a retrieval answered may be sent back as it came.
            "searchset" => !self.is_compatible(),
            _ => false,
        };
        if !is_taken {
            let kind = kind.to_ascii_uppercase();
            self.national("Bundle.type", format!("Unsupported Bundle.type: {kind}"));
        }
        if bundle.timestamp.is_none() {
            self.national("Bundle.timestamp", "bundle.timestamp must not be empty");
        }
        if !self.is_compatible() {
            self.check_addresses(bundle);
        }
        let Some(identifier) = &bundle.identifier else {
            return self.national("Bundle.identifier", "bundle.identifier must not be empty");
        };
        if identifier.system.as_deref() != Some(system::UUID) {
            let rule = format!("bundle.identifier.system must be {}", system::UUID);
            self.national("Bundle.identifier.system", rule);
        }
        if is_empty(identifier.value.as_deref()) {
            let rule = "bundle.identifier.value must not be empty";
            self.national("Bundle.identifier.value", rule);
        }
    }

    /// An address leads to one resource (FHIR R4, bdl-7). Published examples do not keep to that, so
    /// it is told and not refused.
    fn check_addresses(&mut self, bundle: &Bundle) {
        let mut seen = HashSet::new();
        for (at, entry) in bundle.entry.iter().enumerate() {
            if let Some(url) = &entry.full_url
                && !seen.insert(url)
            {
                let rule = "Another entry has the same fullUrl: references lead to the first";
                self.note(&format!("Bundle.entry[{at}].fullUrl"), rule);
            }
        }
    }

    /// The one composition.
    pub(super) fn composition(&mut self) -> Option<Found<'a, Composition>> {
        let mut compositions = self.resources.all::<Composition>();
        let (first, second) = (compositions.next(), compositions.next());
        if first.is_none() {
            self.national("Bundle.entry", "Composition missing from payload");
        }
        if let Some(second) = second {
            let rule = "There is more than 1 resource of type Composition";
            self.national(&second.path(""), rule);
            return None;
        }
        first
    }

    /// Reads the header.
    pub(super) fn header(&mut self, found: Found<'a, Composition>) -> Header {
        let author = self.document_author(found);
        self.category(found);
        let kind = self.summary_kind(found);
        let composition = found.resource;
        if composition.status.as_deref() != Some("final") {
            let status = composition.status.as_deref().unwrap_or("null");
            let rule = format!(
                "Invalid composition.status: {}",
                status.to_ascii_uppercase()
            );
            self.national(&found.path("status"), rule);
        }
        let replaces = self.replaces(found, kind);
        let id = self.document_id(found);
        let date = match &composition.date {
            Some(date) => self.v3_time(date, &found.path("date")),
            None => {
                let rule = "Composition Date Element missing from payload";
                self.national(&found.path("date"), rule);
                None
            }
        };
        if composition.section.is_empty() {
            let rule = "Missing mandatory Composition.section";
            self.national(&found.path("section"), rule);
        }
        Header {
            id,
            kind,
            date,
            author,
            replaces,
        }
    }

    /// Who made the document: staff, in full also an organisation, which authors of initial
    /// summaries are.
    fn document_author(&mut self, found: Found<'a, Composition>) -> Option<Participation> {
        let composition = found.resource;
        let place = found.path("author[0]");
        let reference = composition.author.first();
        let agent = match self.is_compatible() {
            true => self.role(reference, &place, Whose::Document),
            false if literal(reference).is_none() => {
                self.refuse(&place, "Composition.author element is missing");
                None
            }
            false => self.anybody(reference, &place, Whose::Document),
        };
        if composition.author.len() > 1 && !self.is_compatible() {
            let rule = "A summary has one author: the others are not carried over";
            self.note(&found.path("author"), rule);
        }
        let time = self.author_time(found)?;
        Some(Participation::author(&time, agent?))
    }

    fn author_time(&mut self, found: Found<'a, Composition>) -> Option<String> {
        let composition = found.resource;
        let meta = composition.meta.as_ref();
        let place = found.path("meta.lastUpdated");
        if let Some(updated) = meta.and_then(|meta| meta.last_updated.as_ref()) {
            return match dates::instant_to_v3(updated, self.profile) {
                Ok(time) => Some(time),
                Err(error) => {
                    self.refuse(&place, error.to_string());
                    None
                }
            };
        }
        if self.is_compatible() {
            self.national(&place, "Composition.meta.lastUpdated element is missing");
            return None;
        }
        // That there is no date either is told where the date is read.
        dates::to_v3(composition.date.as_ref()?, self.profile).ok()
    }

    fn category(&mut self, found: Found<'_, Composition>) {
        let place = found.path("category");
        let Some(category) = found.resource.category.first() else {
            return self.national(&place, "Composition.category element is missing");
        };
        self.constant("category", &place, category, CATEGORY);
    }

    /// Nationally the only kind is the full summary.
    fn summary_kind(&mut self, found: Found<'_, Composition>) -> SummaryKind {
        let place = found.path("type");
        let Some(concept) = &found.resource.r#type else {
            self.national(&place, "Composition.type element is missing");
            return SummaryKind::Full;
        };
        let kind = concept
            .code_in(system::SNOMED)
            .and_then(SummaryKind::from_code);
        if let (Some(kind), false) = (kind, self.is_compatible()) {
            return kind;
        }
        let full = SummaryKind::Full;
        self.constant("type", &place, concept, (full.code(), full.display_name()));
        full
    }

    /// Checks an element that is always the same, down to what it is called.
    fn constant(
        &mut self,
        element: &str,
        place: &str,
        found: &CodeableConcept,
        (code, display): (&str, &str),
    ) {
        let coding = found.coding.first();
        let parts = [
            (
                "system",
                coding.and_then(|it| it.system.as_deref()),
                system::SNOMED,
            ),
            ("code", coding.and_then(|it| it.code.as_deref()), code),
            (
                "display",
                coding.and_then(|it| it.display.as_deref()),
                display,
            ),
        ];
        for (part, found, expected) in parts {
            if found == Some(expected) {
                continue;
            }
            let found = found.unwrap_or("null");
            let rule = format!("Composition.{element}.coding.{part} not supported: {found}");
            return self.national(&format!("{place}.coding[0].{part}"), rule);
        }
    }

    /// The id of the document that this one replaces. The first relation counts.
    fn replaces(&mut self, found: Found<'_, Composition>, kind: SummaryKind) -> Option<String> {
        let relation = found.resource.relates_to.first()?;
        let place = found.path("relatesTo[0]");
        if relation.code.as_deref() != Some("replaces") {
            let code = relation
                .code
                .as_deref()
                .unwrap_or("null")
                .to_ascii_uppercase();
            let rule = format!("Unsupported Composition.relatesTo.code element: {code}");
            self.national(&format!("{place}.code"), rule);
            return None;
        }
        let target = match &relation.target {
            Some(RelatesToTarget::Identifier(identifier)) => identifier.value.clone(),
            _ => None,
        };
        let place = format!("{place}.targetIdentifier");
        let Some(target) = target.filter(|target| !target.is_empty()) else {
            let rule = "Composition.relatesTo.targetIdentifier.value element is missing";
            self.national(&place, rule);
            return None;
        };
        if !self.is_compatible() {
            if DocumentId::parse(&target).is_err() {
                self.refuse(
                    &place,
                    "Composition.relatesTo.targetIdentifier.value is not a UUID",
                );
            }
            if kind == SummaryKind::Initial {
                self.refuse(&place, "An initial summary replaces no other");
            }
        }
        Some(target)
    }

    fn document_id(&mut self, found: Found<'_, Composition>) -> Option<String> {
        let place = found.path("identifier");
        let identifier = found.resource.identifier.as_ref();
        let identifier = identifier.filter(|it| it.system.as_deref() == Some(system::UUID));
        let Some(identifier) = identifier else {
            let rule = format!(
                "Missing Composition.identifier for system: {}",
                system::UUID
            );
            self.national(&place, rule);
            return None;
        };
        let Some(value) = identifier.value.as_deref().filter(|it| !it.is_empty()) else {
            let rule = "Missing Composition.identifier.value element";
            self.national(&place, rule);
            return None;
        };
        if DocumentId::parse(value).is_err() && !self.is_compatible() {
            self.refuse(&place, "Composition.identifier.value is not a UUID");
        }
        Some(value.to_ascii_uppercase())
    }

    /// The presentation text of the sections, and of those inside them.
    pub(super) fn presentation(&mut self, found: Found<'_, Composition>) -> Presentation {
        let mut sections = Vec::new();
        let all = &found.resource.section;
        flatten(all, &found.path("section"), self.profile, &mut sections);
        presentation::of(&sections, self.profile, &mut self.findings)
    }

    /// The whole document.
    pub(super) fn put_together(
        &mut self,
        header: Header,
        html: Vec<u8>,
        sections: Vec<Section>,
        patient: NhsNumber,
    ) -> GpSummary {
        let date = header.date.unwrap_or_default();
        let text = PresentationText {
            time: Some(Period::at(&date)),
            ..PresentationText::new(
                &(self.ids)(),
                &Hl7Timestamp::from_instant(jiff::Timestamp::UNIX_EPOCH),
                html,
            )
        };
        let sections = self.allowed_sections(header.kind, sections);
        GpSummary {
            id: header.id.as_deref().map(Id::uuid),
            code: Some(Code::snomed(header.kind.code(), header.kind.display_name())),
            effective: Some(Period::at(&date)),
            status: Some(Code::plain("active")),
            author: header.author,
            excerpt: Some(Excerpt::new(text)),
            root: Some(RootSection::new()),
            sections,
            target: Some(RecordTarget {
                patient: Some(Patient {
                    id: Some(Id::of(oid::NHS_NUMBER, patient.as_str())),
                    ..Patient::default()
                }),
                ..RecordTarget::default()
            }),
            replacement: header.replaces.map(|former| Replacement {
                prior: Some(PriorMessage {
                    id: Some(Id::uuid(&former)),
                    ..PriorMessage::default()
                }),
                ..Replacement::default()
            }),
            ..GpSummary::default()
        }
    }

    /// Initial summaries are text only.
    fn allowed_sections(&mut self, kind: SummaryKind, sections: Vec<Section>) -> Vec<Section> {
        if kind == SummaryKind::Initial && !sections.is_empty() {
            let rule =
                "An initial summary has no coded entries: they stay in the presentation text only";
            self.note("Bundle.entry", rule);
            return Vec::new();
        }
        sections
    }
}

fn is_empty(text: Option<&str>) -> bool {
    text.is_none_or(str::is_empty)
}

/// Sections in the order of reading. In full, a narrative of status `empty` has words that stand
/// for nothing: see [`crate::extension`].
fn flatten<'s>(
    sections: &'s [fhir::Section],
    place: &str,
    profile: Profile,
    all: &mut Vec<presentation::Section<'s>>,
) {
    for (at, section) in sections.iter().enumerate() {
        let expression = format!("{place}[{at}]");
        let coding = section.code.as_ref().and_then(|code| code.coding.first());
        all.push(presentation::Section {
            code: coding.and_then(|coding| coding.code.as_deref()),
            title: section.title.as_deref(),
            div: section
                .text
                .as_ref()
                .filter(|it| {
                    profile == Profile::Compatible || it.status.as_deref() != Some("empty")
                })
                .and_then(|text| text.div.as_deref()),
            expression: expression.clone(),
        });
        flatten(
            &section.section,
            &format!("{expression}.section"),
            profile,
            all,
        );
    }
}
