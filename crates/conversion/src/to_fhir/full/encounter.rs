//! Who took part in an entry, and where it was.

use fhir::{
    CodeableConcept, Coding, EncounterLocation, EncounterParticipant, Extension, ExtensionValue,
    Reference, system,
};
use hl7v3::gp_summary::model::{Agent, Entry, Participation, Period, Role};

use super::concept::{complex, part, simple};
use super::value::span;
use super::{Work, code};
use crate::{Profile, codes, dates, extension};

/// Those who took part, for elements of the resource itself.
#[derive(Default)]
pub(super) struct People {
    pub(super) authors: Vec<Reference>,
    pub(super) informants: Vec<Reference>,
    pub(super) performers: Vec<Reference>,
    pub(super) receivers: Vec<Reference>,
}

/// What an encounter says of an entry.
#[derive(Default)]
pub(super) struct Attendance {
    pub(super) participants: Vec<EncounterParticipant>,
    pub(super) locations: Vec<EncounterLocation>,
    pub(super) people: People,
}

impl Attendance {
    pub(super) fn is_empty(&self) -> bool {
        self.participants.is_empty() && self.locations.is_empty()
    }
}

impl<'a> Work<'a, '_> {
    /// Who took part in an entry: performers, then authors and informants as the national adaptor
    /// has it, then all others.
    pub(super) fn attendance(&mut self, entry: &'a Entry) -> Attendance {
        let rank = |role: Role| match role {
            Role::Performer => 0,
            Role::Author => 1,
            Role::Informant => 2,
            _ => 3,
        };
        let mut all: Vec<&Participation> = entry.participations.iter().collect();
        all.sort_by_key(|participation| rank(participation.role));
        let mut attendance = Attendance::default();
        for participation in all {
            self.attend(participation, &mut attendance);
        }
        attendance
    }

    fn attend(&mut self, participation: &'a Participation, attendance: &mut Attendance) {
        match participation.agent.as_ref() {
            Some(agent @ (Agent::IncidentalLocation(_) | Agent::ServiceLocation(_))) => {
                if let Some(location) = self.location(agent) {
                    attendance.locations.push(EncounterLocation {
                        location: Some(location),
                        period: participation.time.as_ref().and_then(period),
                        ..EncounterLocation::default()
                    });
                }
            }
            Some(Agent::Specimen(_)) => self.unsaid("A specimen is not carried over"),
            Some(agent) => match self.individual(agent) {
                Some(individual) => attendance.add(participation, individual),
                None => self.unsaid("Somebody who took part is not carried over"),
            },
            None => self.unsaid("Somebody who took part is not carried over"),
        }
    }
}

impl Attendance {
    fn add(&mut self, participation: &Participation, individual: Reference) {
        let people = &mut self.people;
        match participation.role {
            Role::Author => people.authors.push(individual.clone()),
            Role::Informant => people.informants.push(individual.clone()),
            Role::Performer => people.performers.push(individual.clone()),
            Role::Receiver => people.receivers.push(individual.clone()),
            _ => {}
        }
        let extensions = [mode(participation), time(participation)];
        self.participants.push(EncounterParticipant {
            extension: extensions.into_iter().flatten().collect(),
            r#type: vec![role(participation)],
            period: participation.time.as_ref().and_then(period),
            individual: Some(individual),
            ..EncounterParticipant::default()
        });
    }
}

/// In which way somebody took part. Participants say it themselves.
fn role(participation: &Participation) -> CodeableConcept {
    let (usual, display) = codes::participation_to_fhir(participation.role);
    let own = participation.type_code.as_deref().and_then(code);
    match own.filter(|own| participation.role == Role::Participant && own != usual) {
        Some(own) => CodeableConcept::new(system::PARTICIPATION_TYPE, &own, ""),
        None => CodeableConcept::new(system::PARTICIPATION_TYPE, usual, display),
    }
}

fn mode(participation: &Participation) -> Option<Extension> {
    let mode = participation
        .mode
        .as_ref()?
        .code
        .as_deref()
        .and_then(code)?;
    let coding = Coding::new(
        system::PARTICIPATION_MODE,
        &mode,
        codes::mode_display(&mode),
    );
    let value = ExtensionValue::CodeableConcept(coding.into());
    Some(simple(extension::MODE_CODE, value))
}

fn period(time: &Period) -> Option<fhir::Period> {
    let read = |text: Option<&str>| dates::to_fhir(text?, Profile::Full).ok();
    let low = time.low.as_ref().and_then(|low| low.value.as_deref());
    let centre = time
        .center
        .as_ref()
        .and_then(|center| center.value.as_deref());
    let start = read(time.value.as_deref().or(low).or(centre));
    let end = read(time.high.as_ref().and_then(|high| high.value.as_deref()));
    (start.is_some() || end.is_some()).then(|| span(start, end))
}

/// The time as it was written, unless it is a point that comes back as it is.
fn time(participation: &Participation) -> Option<Extension> {
    let time = participation.time.as_ref()?;
    let bound = |scalar: &Option<hl7v3::gp_summary::model::Scalar>| {
        scalar.as_ref().and_then(|scalar| scalar.value.clone())
    };
    let texts = [
        ("value", time.value.clone()),
        ("low", bound(&time.low)),
        ("center", bound(&time.center)),
        ("high", bound(&time.high)),
    ];
    let start = period(time).and_then(|period| period.start);
    let back = start.and_then(|start| dates::to_v3(&start, Profile::Full).ok());
    let is_point = texts.iter().skip(1).all(|(_, text)| text.is_none());
    if is_point && back == time.value {
        return None;
    }
    let parts = texts
        .into_iter()
        .filter_map(|(url, text)| Some(part(url, ExtensionValue::String(super::said(&text?)?))));
    complex(extension::TIME, parts.collect())
}
