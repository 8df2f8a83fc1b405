//! The people and practices of a summary, as the model has them.

use hl7v3::gp_summary::model::{
    Address, Agent, AgentPerson, Code, Name, OrganisationSds, Participation, Person,
};

use crate::day;
use crate::fact::Fact;
use crate::patient::{self, Patient};
use crate::practice::{Author, Clinician, Practice};

/// The names of job roles.
const JOB_ROLE_NAME: &str = "2.16.840.1.113883.2.1.3.2.4.17.124";

/// Who signs a patient's summaries.
pub(crate) fn author(patient: &Patient) -> Agent {
    let practice = &patient.practice;
    match &patient.author {
        Author::Person(clinician) => person(clinician),
        Author::UnknownPerson(name) => unknown_person(name, practice),
        Author::Organisation => Agent::organisation_sds(&practice.ods, &practice.name),
    }
}

/// Who recorded an entry, if that is told.
pub(crate) fn recorder(fact: &Fact) -> Option<Participation> {
    let clinician = fact.recorded_by.as_ref()?;
    Some(Participation::author(
        &day::digits(fact.from),
        person(clinician),
    ))
}

/// A person known to SDS.
fn person(clinician: &Clinician) -> Agent {
    Agent::person_sds(
        &clinician.role_profile,
        &clinician.user,
        name(&clinician.name),
    )
}

/// A person whose SDS ids the sending system did not have.
fn unknown_person(called: &patient::Name, practice: &Practice) -> Agent {
    let [street, town] = &practice.lines;
    Agent::Person(Box::new(AgentPerson {
        code: Some(Code::of(
            JOB_ROLE_NAME,
            "NR0260",
            "General Medical Practitioner",
        )),
        address: Some(Address::parts([
            ("streetAddressLine", street.as_str()),
            ("streetAddressLine", town),
            ("postalCode", &practice.postcode),
        ])),
        person: Some(Person {
            name: Some(name(called)),
            ..Person::default()
        }),
        organisation_sds: Some(OrganisationSds::new(practice.ods.as_str(), &practice.name)),
        ..AgentPerson::default()
    }))
}

/// A person's name in parts.
fn name(name: &patient::Name) -> Name {
    Name::parts([
        ("prefix", name.title),
        ("given", name.given),
        ("family", name.family),
    ])
}
