//! The coded entries that the national adaptor makes, as it makes them: eight sections, some with
//! a constant status, most with the beginning of a time alone.

use domain::code::cre_type;
use fhir::{
    CodeableConcept, Communication, Condition, Effective, Encounter, Identifier, Observation,
    Onset, Performed, Procedure, Reference,
};
use hl7v3::gp_summary::model::{
    CareRecordElement, Code, Component, Data, Entry, EntryKind, Id, Period, Scalar, Section,
    Target, Text,
};

use super::participants::Belonging;
use super::resources::{Found, literal};
use super::work::Work;

/// The sections that the adaptor has mappers for but does not put into its messages: for single
/// resources.
pub(super) fn further_sections(work: &mut Work<'_, '_>) -> Vec<Section> {
    let encounters: Vec<_> = work.resources.all::<Encounter>().collect();
    let encounters = encounters
        .into_iter()
        .filter(|it| !it.resource.r#type.is_empty());
    let events: Vec<Entry> = encounters.map(|it| work.care_event_of(it)).collect();
    let family = work.observations(cre_type::FAMILY_HISTORY.code, Work::family_history);
    let lifestyle = work.observations(cre_type::LIFESTYLE.code, Work::lifestyle);
    let letters = work.communications(
        cre_type::PATIENT_CORRESPONDENCE.code,
        EntryKind::PatientCarerCorrespondence,
    );
    let advice = work.communications(
        cre_type::ADVICE.code,
        EntryKind::ProvisionOfAdviceAndInformation,
    );
    let notes = work.communications(
        cre_type::DOCUMENTATION.code,
        EntryKind::CareProfessionalDocumentation,
    );
    let all = [
        (cre_type::CARE_EVENTS.code, "Care Events", events),
        (cre_type::FAMILY_HISTORY.code, "FamilyHistory", family),
        (cre_type::SOCIAL_CIRCUMSTANCES.code, "Lifestyle", lifestyle),
        (
            cre_type::PATIENT_CORRESPONDENCE.code,
            "Patient/carer correspondence",
            letters,
        ),
        (
            cre_type::ADVICE.code,
            "Provision of Advice and Information to Patients and Carers",
            advice,
        ),
        (
            cre_type::DOCUMENTATION.code,
            "Care Professional Documentation",
            notes,
        ),
    ];
    all.into_iter()
        .filter(|(_, _, entries)| !entries.is_empty())
        .map(|(code, title, entries)| section(code, title, entries))
        .collect()
}

/// The sections in the order of the national template.
pub(super) fn sections(work: &mut Work<'_, '_>) -> Vec<Section> {
    let diagnoses = work.conditions(cre_type::DIAGNOSES.code, Work::diagnosis);
    let findings = work.observations(cre_type::FINDINGS.code, Work::finding);
    let results = work.observations(cre_type::INVESTIGATION_RESULTS.code, Work::finding);
    let problems = work.conditions(cre_type::PROBLEMS.code, Work::problem);
    let risks = work.observations(cre_type::RISKS_TO_PATIENT.code, Work::risk);
    let social = work.observations(cre_type::SOCIAL_CIRCUMSTANCES.code, Work::circumstance);
    let treatments = work.treatments();
    let all = [
        (cre_type::DIAGNOSES.code, "Diagnoses", diagnoses),
        (
            cre_type::FINDINGS.code,
            "Clinical Observations and Findings",
            findings,
        ),
        (
            cre_type::INVESTIGATION_RESULTS.code,
            "Investigation Results",
            results,
        ),
        (cre_type::PROBLEMS.code, "Problems and Issues", problems),
        (cre_type::RISKS_TO_PATIENT.code, "Risks to Patient", risks),
        (
            cre_type::SOCIAL_CIRCUMSTANCES.code,
            "Social or Personal Circumstances",
            social,
        ),
        (cre_type::TREATMENTS.code, "Treatments", treatments),
    ];
    all.into_iter()
        .filter(|(_, _, entries)| !entries.is_empty())
        .map(|(code, title, entries)| section(code, title, entries))
        .collect()
}

fn section(code: &str, title: &str, entries: Vec<Entry>) -> Section {
    Section {
        content: Some(CareRecordElement {
            code: Some(Code::snomed(code, title)),
            components: entries.into_iter().map(Component::new).collect(),
            ..CareRecordElement::default()
        }),
        ..Section::default()
    }
}

impl<'a> Work<'a, '_> {
    fn conditions(
        &mut self,
        category: &str,
        map: fn(&mut Self, Found<'a, Condition>) -> Entry,
    ) -> Vec<Entry> {
        let found: Vec<_> = self.resources.all::<Condition>().collect();
        let found = found.into_iter();
        let found = found.filter(|it| is_in(it.resource.category.first(), category));
        found.map(|it| map(self, it)).collect()
    }

    fn observations(
        &mut self,
        category: &str,
        map: fn(&mut Self, Found<'a, Observation>) -> Entry,
    ) -> Vec<Entry> {
        let found: Vec<_> = self.resources.all::<Observation>().collect();
        let found = found.into_iter();
        let found = found.filter(|it| is_in(it.resource.category.first(), category));
        found.map(|it| map(self, it)).collect()
    }

    fn communications(&mut self, category: &str, kind: EntryKind) -> Vec<Entry> {
        let found: Vec<_> = self.resources.all::<Communication>().collect();
        let is_advice = kind == EntryKind::ProvisionOfAdviceAndInformation;
        let found = found.into_iter();
        let found = found.filter(|it| {
            let first = it.resource.category.first();
            is_in(first, category) || is_advice && first.is_none()
        });
        found.map(|it| self.said(it, kind)).collect()
    }

    fn treatments(&mut self) -> Vec<Entry> {
        let found: Vec<_> = self.resources.all::<Procedure>().collect();
        let code = cre_type::TREATMENTS.code;
        let found = found.into_iter();
        let found = found.filter(|it| is_in(it.resource.category.as_ref(), code));
        found.map(|it| self.treatment(it)).collect()
    }

    fn plain(
        &mut self,
        kind: EntryKind,
        identifiers: &[Identifier],
        code: Option<&CodeableConcept>,
        place: &str,
    ) -> Entry {
        let id = identifiers.first().and_then(|it| it.value.as_deref());
        Entry {
            kind,
            mood: Some(kind.mood().to_owned()),
            id: id.map(Id::uuid),
            code: code.map(|code| self.concept(code, place)),
            ..Entry::default()
        }
    }

    fn diagnosis(&mut self, found: Found<'a, Condition>) -> Entry {
        let it = found.resource;
        let kind = EntryKind::Diagnosis;
        let mut entry = self.plain(kind, &it.identifier, it.code.as_ref(), &found.path("code"));
        entry.extra.set_fixed_attribute("classCode", "CON");
        entry.status = Some(Code::plain("normal"));
        let onset = match &it.onset {
            Some(Onset::DateTime(time)) => Some(time),
            Some(Onset::Period(period)) => period.start.as_ref(),
            _ => None,
        };
        let low = onset.and_then(|time| self.v3_time(time, &found.path("onset")));
        entry.time = Some(from(low.as_deref(), None));
        self.take_part(
            &mut entry,
            &Belonging {
                type_name: "Condition",
                id: it.id.as_deref().unwrap_or_default(),
                encounter: it.encounter.as_ref(),
                place: found.path("encounter"),
            },
        );
        let Some(note) = it.note.first().and_then(|note| note.text.as_deref()) else {
            return entry;
        };
        let entry = entry.supported_by(note);
        let detail = it
            .evidence
            .first()
            .and_then(|evidence| evidence.detail.first());
        match detail.and_then(id_of) {
            Some(id) => entry.linked(Target::PertinentFinding, id),
            None => entry,
        }
    }

    fn problem(&mut self, found: Found<'a, Condition>) -> Entry {
        let it = found.resource;
        let kind = EntryKind::Problem;
        let mut entry = self.plain(kind, &it.identifier, it.code.as_ref(), &found.path("code"));
        entry.status = Some(Code::plain("active"));
        let low = match &it.onset {
            Some(Onset::DateTime(time)) => self.v3_time(time, &found.path("onsetDateTime")),
            None => Some(String::new()),
            Some(_) => {
                let rule = "Type mismatch: the type DateTimeType was expected, but org.hl7.fhir.r4.model.Period was encountered";
                self.national(&found.path("onset"), rule);
                None
            }
        };
        entry.time = Some(from(low.as_deref(), None));
        entry
    }

    fn finding(&mut self, found: Found<'a, Observation>) -> Entry {
        let it = found.resource;
        let mut entry = self.observed(found, EntryKind::Finding);
        let status = match it.status.as_deref() {
            Some(
                "registered" | "preliminary" | "final" | "amended" | "corrected" | "cancelled",
            ) => "completed",
            _ => "nullified",
        };
        entry.status = Some(Code::plain(status));
        if let Some(Effective::DateTime(time)) = &it.effective {
            let time = self.v3_time(time, &found.path("effectiveDateTime"));
            entry.time = time.map(|time| Period::around(&time));
        }
        self.take_part(
            &mut entry,
            &Belonging {
                type_name: "Observation",
                id: it.id.as_deref().unwrap_or_default(),
                encounter: it.encounter.as_ref(),
                place: found.path("encounter"),
            },
        );
        entry
    }

    fn risk(&mut self, found: Found<'a, Observation>) -> Entry {
        let mut entry = self.observed(found, EntryKind::RiskToPatient);
        entry.status = Some(Code::plain("final"));
        entry
    }

    fn circumstance(&mut self, found: Found<'a, Observation>) -> Entry {
        let mut entry = self.observed(found, EntryKind::SocialOrPersonalCircumstance);
        entry.status = Some(Code::plain("normal"));
        if let Some(code) = &mut entry.code {
            code.original_text = code.display.as_deref().map(Text::new);
        }
        entry
    }

    fn family_history(&mut self, found: Found<'a, Observation>) -> Entry {
        let mut entry = self.observed(found, EntryKind::FamilyHistory);
        entry.status = found.resource.status.as_deref().map(Code::plain);
        entry
    }

    fn lifestyle(&mut self, found: Found<'a, Observation>) -> Entry {
        let mut entry = self.observed(found, EntryKind::LifeStyle);
        entry.status = found.resource.status.as_deref().map(Code::plain);
        entry
    }

    /// A letter, a note, or advice: letters and advice begin when they were sent, letters to the
    /// day.
    fn said(&mut self, found: Found<'a, Communication>, kind: EntryKind) -> Entry {
        let it = found.resource;
        let mut entry = self.plain(
            kind,
            &it.identifier,
            it.topic.as_ref(),
            &found.path("topic"),
        );
        let sent = it.sent.as_ref();
        let sent = sent.and_then(|sent| self.v3_time(sent, &found.path("sent")));
        let day = sent.as_deref().map(|sent| sent.get(..8).unwrap_or(sent));
        if kind == EntryKind::CareProfessionalDocumentation {
            entry.status = Some(Code::plain("completed"));
            entry.time = sent.as_deref().map(Period::at);
            entry.text = Some(Data::default());
            if let Some(code) = &mut entry.code {
                code.original_text = code.display.as_deref().map(Text::new);
            }
            return entry;
        }
        entry.status = Some(Code::plain("normal"));
        let is_letter = kind == EntryKind::PatientCarerCorrespondence;
        let low = if is_letter { day } else { sent.as_deref() };
        entry.time = Some(from(low, None));
        entry
    }

    /// The ends of the period change places.
    fn care_event_of(&mut self, found: Found<'a, Encounter>) -> Entry {
        let it = found.resource;
        let kind = EntryKind::CareEvent;
        let mut entry = self.plain(kind, &[], it.r#type.first(), &found.path("type"));
        entry.id = Some(Id::uuid(&(self.ids)()));
        entry.status = Some(Code::plain("normal"));
        entry.time = it.period.as_ref().map(|period| {
            let period = self.period(period, &found.path("period"));
            Period {
                low: period.high,
                high: period.low,
                ..Period::default()
            }
        });
        entry
    }

    /// An entry of an observation: a single time is its beginning.
    fn observed(&mut self, found: Found<'a, Observation>, kind: EntryKind) -> Entry {
        let it = found.resource;
        let mut entry = self.plain(kind, &it.identifier, it.code.as_ref(), &found.path("code"));
        entry.time = match &it.effective {
            Some(Effective::DateTime(time)) => {
                let low = self.v3_time(time, &found.path("effectiveDateTime"));
                Some(from(low.as_deref(), None))
            }
            Some(Effective::Period(period)) => {
                Some(self.period(period, &found.path("effectivePeriod")))
            }
            _ => None,
        };
        entry
    }

    fn treatment(&mut self, found: Found<'a, Procedure>) -> Entry {
        let it = found.resource;
        let kind = EntryKind::Treatment;
        let mut entry = self.plain(kind, &it.identifier, it.code.as_ref(), &found.path("code"));
        entry.status = Some(Code::plain("normal"));
        let performed = match &it.performed {
            Some(Performed::DateTime(time)) => Some(time),
            Some(Performed::Period(period)) => period.start.as_ref(),
            _ => None,
        };
        let low = performed.and_then(|time| self.v3_time(time, &found.path("performed")));
        entry.time = Some(from(low.as_deref(), None));
        entry
    }

    fn take_part(&mut self, entry: &mut Entry, of: &Belonging<'_>) {
        if let Some(encounter) = self.encounter(of) {
            entry.participations = self.participations(encounter, entry.kind);
        }
    }
}

/// The id that a reference names.
fn id_of(reference: &Reference) -> Option<&str> {
    let text = literal(Some(reference))?;
    Some(text.rsplit('/').next().unwrap_or(text))
}

fn is_in(category: Option<&CodeableConcept>, code: &str) -> bool {
    let coding = category.and_then(|category| category.coding.first());
    coding.and_then(|coding| coding.code.as_deref()) == Some(code)
}

/// From a point on.
fn from(low: Option<&str>, high: Option<&str>) -> Period {
    Period {
        low: low.map(Scalar::new),
        high: high.map(Scalar::new),
        ..Period::default()
    }
}
