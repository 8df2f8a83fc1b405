//! Who takes part in an entry: the participants of the encounter that its resource belongs to.

use fhir::{Encounter, EncounterParticipant, Reference, Resource, system};
use hl7v3::gp_summary::model::{Agent, Code, EntryKind, Participation, Period, Role};

use super::agents::Whose;
use super::extensions;
use super::resources::{Found, Led, literal};
use super::work::Work;
use crate::{codes, dates, extension};

/// The resource that belongs to an encounter: what refusals name.
pub(super) struct Belonging<'r> {
    /// Its type.
    pub(super) type_name: &'r str,
    /// Its id.
    pub(super) id: &'r str,
    /// Its reference to the encounter.
    pub(super) encounter: Option<&'r Reference>,
    /// Where that stands.
    pub(super) place: String,
}

/// A participant of an encounter, and where.
struct Participant<'a> {
    encounter: Found<'a, Encounter>,
    participant: &'a EncounterParticipant,
    place: String,
}

impl<'a> Work<'a, '_> {
    /// The encounter of a resource, where it has one.
    pub(super) fn encounter(&mut self, of: &Belonging<'_>) -> Option<Found<'a, Encounter>> {
        let text = literal(of.encounter)?;
        match self.resources.lead(text) {
            Led::To(encounter) => Some(encounter),
            Led::OtherType => {
                let rule = format!(
                    "Invalid resource reference. {text} expected to be referencing Encounter"
                );
                self.national(&of.place, rule);
                None
            }
            Led::Nowhere => {
                let (name, id) = (of.type_name, of.id);
                let rule =
                    format!("Bundle is Missing Encounter {text} that is linked to {name} {id}");
                self.national(&of.place, rule);
                None
            }
        }
    }

    /// Everybody who took part, in the order of the roles.
    ///
    /// Nationally only diagnoses and findings have participants: authors and informants, findings
    /// performers too, and of each kind the last.
    pub(super) fn participations(
        &mut self,
        encounter: Found<'a, Encounter>,
        kind: EntryKind,
    ) -> Vec<Participation> {
        let mut all: Vec<Participation> = Vec::new();
        for (at, participant) in encounter.resource.participant.iter().enumerate() {
            let place = encounter.path(&format!("participant[{at}]"));
            self.participations += 1;
            if self.participations > MOST {
                let rule =
                    format!("More than {MOST} people take part in the entries of a document");
                self.refuse(&place, rule);
                break;
            }
            let participant = Participant {
                encounter,
                participant,
                place,
            };
            let Some((role, code)) = self.role_of(&participant, kind) else {
                continue;
            };
            let Some(mut participation) = self.participation(&participant, role, kind) else {
                continue;
            };
            if role == Role::Participant {
                participation.type_code = Some(code.to_owned());
            }
            if self.is_compatible() {
                all.retain(|other| other.role != role);
            }
            name_element(&mut participation, kind);
            all.push(participation);
        }
        if !self.is_compatible() {
            all.extend(self.locations(encounter));
        }
        all.sort_by_key(|it| it.role);
        all
    }

    /// In which way somebody took part, and the code of it.
    fn role_of<'p>(&mut self, of: &Participant<'p>, kind: EntryKind) -> Option<(Role, &'p str)> {
        let coding = of
            .participant
            .r#type
            .first()
            .and_then(|it| it.coding.first());
        let found = coding.and_then(|it| it.system.as_deref());
        let place = format!("{}.type", of.place);
        if found != Some(system::PARTICIPATION_TYPE) {
            let found = found.unwrap_or("null");
            self.national(
                &place,
                format!("Unsupported encounter participant system: {found}"),
            );
            return None;
        }
        let code = coding.and_then(|it| it.code.as_deref()).unwrap_or_default();
        let is_taken = match (self.is_compatible(), kind) {
            (true, EntryKind::Diagnosis) => matches!(code, "AUT" | "INF"),
            (true, _) => matches!(code, "AUT" | "INF" | "PRF"),
            (false, _) => PARTICIPATION_TYPES.contains(&code),
        };
        if !is_taken {
            let id = of.encounter.resource.id.as_deref().unwrap_or_default();
            self.national(
                &place,
                format!("Invalid encounter {id} participant code {code}"),
            );
            return None;
        }
        let role = match code {
            "PPRF" | "SPRF" | "DIST" => Role::Performer,
            code => codes::participation_to_v3(code),
        };
        if role == Role::Participant && kind != EntryKind::CareEvent && !self.is_compatible() {
            let rule = "A participant who is neither author, informant nor performer is carried over for care events only";
            self.note(&of.place, rule);
            return None;
        }
        Some((role, code))
    }

    fn participation(
        &mut self,
        of: &Participant<'_>,
        role: Role,
        kind: EntryKind,
    ) -> Option<Participation> {
        let time = self.participation_time(of, role);
        let reference = of.participant.individual.as_ref();
        let place = format!("{}.individual", of.place);
        let agent = match self.is_compatible() {
            true => self.national_agent(reference, &place, role, kind),
            false => self.anybody(reference, &place, Whose::Encounter),
        };
        let mut participation = Participation::new(role, time, agent?);
        participation.mode =
            mode(of.participant).filter(|_| role == Role::Performer || !self.is_compatible());
        Some(participation)
    }

    /// Nationally the author of a finding is a device, and informants are staff or relatives.
    fn national_agent(
        &mut self,
        reference: Option<&Reference>,
        place: &str,
        role: Role,
        kind: EntryKind,
    ) -> Option<Agent> {
        let text = literal(reference).unwrap_or_default();
        if role == Role::Informant {
            return match self.resources.any(text) {
                Some((_, Resource::PractitionerRole(_))) => {
                    self.role(reference, place, Whose::Encounter)
                }
                Some((_, Resource::RelatedPerson(_))) => self.related(reference, place),
                _ if text.starts_with("RelatedPerson/") => self.related(reference, place),
                _ if text.starts_with("PractitionerRole/") => {
                    self.role(reference, place, Whose::Encounter)
                }
                _ => {
                    let found = text.split_once('/').map_or(text, |(name, _)| name);
                    self.national(place, format!("Invalid Encounter participant type {found}"));
                    None
                }
            };
        }
        if role == Role::Author && kind == EntryKind::Finding {
            return self.national_finding_author(reference, place);
        }
        self.role(reference, place, Whose::Encounter)
    }

    fn national_finding_author(
        &mut self,
        reference: Option<&Reference>,
        place: &str,
    ) -> Option<Agent> {
        let text = literal(reference).unwrap_or_default();
        let Led::To(found) = self.resources.lead::<fhir::PractitionerRole>(text) else {
            return self.role(reference, place, Whose::Encounter);
        };
        if found.resource.organization.is_some() {
            return self.device_author(found);
        }
        let practitioner = literal(found.resource.practitioner.as_ref()).unwrap_or_default();
        let rule = format!(
            "Invalid resource reference. {practitioner} expected to be referencing PractitionerRole"
        );
        self.national(place, rule);
        None
    }

    fn participation_time(&mut self, of: &Participant<'_>, role: Role) -> Option<Period> {
        let participant = of.participant;
        if let (Some(time), false) = (
            extensions::time(&participant.extension),
            self.is_compatible(),
        ) {
            return Some(time);
        }
        let place = format!("{}.period", of.place);
        let period = participant.period.as_ref();
        let start = period.and_then(|period| period.start.as_ref());
        let end = period.and_then(|period| period.end.as_ref());
        let end = end.filter(|_| !self.is_compatible() && role != Role::Author);
        if start.is_none() && (self.is_compatible() || role == Role::Author) {
            let rule = "Encounter.participant.period.start element is missing";
            self.national(&format!("{place}.start"), rule);
            return None;
        }
        let mut v3 = |time: Option<&fhir::FhirDateTime>, end: &str| {
            let time = time?;
            match dates::to_v3(time, self.profile) {
                Ok(v3) => Some(v3),
                Err(error) => {
                    self.refuse(&format!("{place}.{end}"), error.to_string());
                    None
                }
            }
        };
        let (start, end) = (v3(start, "start"), v3(end, "end"));
        match (start, end) {
            (Some(start), None) => Some(Period::at(&start)),
            (Some(start), Some(end)) => Some(Period::from(&start, Some(&end))),
            (None, Some(end)) => Some(Period {
                high: Some(hl7v3::gp_summary::model::Scalar::new(&end)),
                ..Period::default()
            }),
            (None, None) => None,
        }
    }
}

/// Receivers, and those who write to a practice, stand in an element of another name.
fn name_element(participation: &mut Participation, kind: EntryKind) {
    let is_writer = kind == EntryKind::PatientCarerCorrespondence;
    let is_named = is_writer || participation.role == Role::Receiver;
    if let (Some(Agent::NonAgent(role)), true) = (&mut participation.agent, is_named) {
        "nonAgentRole".clone_into(&mut role.element);
    }
}

/// By what means somebody took part.
fn mode(participant: &EncounterParticipant) -> Option<Code> {
    let mut extensions = participant.extension.iter();
    let found = extensions.find(|it| it.url.as_deref() == Some(extension::MODE_CODE))?;
    let Some(fhir::ExtensionValue::CodeableConcept(concept)) = &found.value else {
        return None;
    };
    let code = concept.coding.first()?.code.clone()?;
    Some(Code {
        code: Some(code),
        system: Some(codes::PARTICIPATION_MODE_OID.to_owned()),
        ..Code::default()
    })
}

/// How many participations a document may have: many entries may share an encounter, and each has
/// its participants.
const MOST: usize = 20_000;

/// HL7 V3 participation types.
const PARTICIPATION_TYPES: [&str; 54] = [
    "ADM", "ALY", "ATND", "AUT", "AUTHEN", "BBY", "BEN", "CAGNT", "CALLBCK", "CAT", "CON", "COV",
    "CSM", "CST", "DEV", "DIR", "DIS", "DIST", "DON", "DST", "ELOC", "ENT", "ESC", "EXPAGNT",
    "EXPART", "EXPTRGT", "EXSRC", "GUAR", "HLD", "IND", "INF", "IRCP", "LA", "LOC", "NOT", "NRD",
    "ORG", "PART", "PPRF", "PRCP", "PRD", "PRF", "RCT", "RCV", "RDV", "REF", "REFB", "REFT",
    "RESP", "RML", "SBJ", "SPC", "SPRF", "VRF",
];
