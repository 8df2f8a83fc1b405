//! Summaries that hold one of everything, made with the constructors.

use domain::code::cre_type;
use domain::record::SummaryKind;
use domain::{OdsCode, RoleProfileId, SdsUserId};
use hl7v3::gp_summary::model::*;

use crate::support::*;

const MADE: &str = "20250630120000";
const DAY: &str = "20250601";

/// A UUID that ends in a number.
fn uuid(number: u32) -> String {
    format!("0B6A1C3E-5D2F-4E0A-9B7C-{number:012}")
}

fn sds() -> Agent {
    Agent::person_sds(
        &RoleProfileId::parse("100180580981").expect("digits"),
        &SdsUserId::parse("100180579988").expect("digits"),
        Name::parts([("prefix", "Dr"), ("given", "Ada"), ("family", "Barstow")]),
    )
}

fn person() -> Agent {
    Agent::Person(Box::new(AgentPerson {
        code: Some(Code::of(
            "2.16.840.1.113883.2.1.3.2.4.17.124",
            "NR0260",
            "General Medical Practitioner",
        )),
        address: Some(Address::parts([
            ("streetAddressLine", "1 High Street"),
            ("postalCode", "ZZ99 3AA"),
        ])),
        telecoms: vec![Telecom {
            value: Some("tel:01132800000".to_owned()),
            usage: Some("WP".to_owned()),
            ..Telecom::default()
        }],
        person: Some(Person {
            name: Some(Name::text("Bo Newman")),
            ..Person::default()
        }),
        organisation: Some(organisation()),
        ..AgentPerson::default()
    }))
}

fn organisation() -> Organisation {
    Organisation {
        address: Some(Address::parts([("city", "Leeds")])),
        code: Some(Code::plain("001")),
        name: Some(Name::text("The Surgery")),
        description: Some(Text::new("a practice")),
        ..Organisation::default()
    }
}

fn practice_sds() -> Agent {
    Agent::organisation_sds(&OdsCode::parse("B83013").expect("a code"), "CRAIG")
}

fn practice() -> Agent {
    Agent::Organisation(Box::new(AgentOrg {
        code: Some(Code::of(
            "2.16.840.1.113883.2.1.3.2.4.17.125",
            "FMC",
            "Family medicine clinic",
        )),
        address: Some(Address::parts([("streetAddressLine", "1 High Street")])),
        organisation: Some(organisation()),
        ..AgentOrg::default()
    }))
}

fn device() -> Agent {
    Agent::Device(Box::new(AgentDevice {
        id: Some(Id::of("1.2.826.0.1285.0.2.0.107", "1")),
        device: Some(Device {
            name: Some(Text::new("meter")),
            software: Some(Text::new("1.0")),
            ..Device::default()
        }),
        organisation: Some(DeviceOrganisation {
            name: Some(Name::text("The Surgery")),
            address: Some(Address::parts([("city", "Leeds")])),
            ..DeviceOrganisation::default()
        }),
        ..AgentDevice::default()
    }))
}

fn mother() -> Agent {
    let name = Name::text("Mary Example");
    Agent::related("participantNonAgentRole", "01", "Spouse", Some(name))
}

fn by(agent: Agent) -> Participation {
    Participation::author(DAY, agent)
}

fn informed(agent: Agent) -> Participation {
    Participation::new(Role::Informant, Some(Period::at(DAY)), agent)
}

fn performed(agent: Agent) -> Participation {
    let mut performed = Participation::new(Role::Performer, Some(Period::at(DAY)), agent);
    performed.mode = Some(Code::plain("WRITTEN"));
    performed
}

fn concept() -> Code {
    let mut code =
        Code::snomed("91936005", "Allergy to penicillin").recorded_as("penicillin <allergy>");
    code.qualifiers.push(Qualifier {
        name: Some(Code::snomed("246112005", "Severity")),
        value: Some(Code::snomed("6736007", "Moderate").recorded_as("moderate")),
        ..Qualifier::default()
    });
    code.translations
        .push(Code::of("2.16.840.1.113883.2.1.6.2", "TJ00.", "Penicillin"));
    code
}

fn coded(kind: EntryKind, number: u32) -> Entry {
    Entry::new(kind, &uuid(number), Period::from(DAY, Some(MADE))).coded(concept())
}

fn point(kind: EntryKind, number: u32) -> Entry {
    Entry::new(kind, &uuid(number), Period::at(DAY)).coded(concept())
}

fn allergies() -> Section {
    let allergy = coded(EntryKind::Allergy, 1)
        .with(by(sds()))
        .with(informed(mother()))
        .with(performed(person()))
        .supported_by("Rash <5 days");
    let drug = coded(EntryKind::AllergyDE, 2)
        .supported_by("x")
        .linked(Target::PertinentFinding, &uuid(40))
        .linked(Target::PertinentFinding, &uuid(41));
    Section::new(&cre_type::ALLERGIES, [allergy, drug])
}

fn medicine(kind: EntryKind, number: u32, time: Period) -> Entry {
    let mut entry = Entry::new(kind, &uuid(number), time);
    let mut medication = Medication {
        supply: Some(Supply::new(Quantity::pieces("60", "tablet"))),
        consumable: Some(Consumable::new(Code::snomed(
            "319773006",
            "Aspirin 75mg tablets",
        ))),
        days_supply: Some(DaysSupply::new(
            &uuid(number + 500),
            Period::from(DAY, Some(MADE)),
        )),
        ..Medication::default()
    };
    if kind == EntryKind::MedicationAdministration {
        entry = entry.coded(concept()).with(performed(mother()));
        medication.administration = Some(Administration::new("by mouth"));
    } else {
        medication.dosage = Some(Dosage::new("one daily"));
    }
    entry.medication = Some(Box::new(medication));
    entry
        .with(by(sds()))
        .supported_by("with food")
        .linked(Target::Diagnosis, &uuid(30))
        .linked(Target::Treatment, &uuid(50))
}

fn medication() -> Section {
    let mut discontinued = medicine(
        EntryKind::DiscontinuedRepeatMedication,
        12,
        Period::from(DAY, Some(MADE)),
    );
    let mut why = Link::new(discontinued.kind, Target::Allergy, &uuid(1), 0);
    why.relation = "reason1".to_owned();
    discontinued.links.insert(0, why);
    Section::new(
        &cre_type::MEDICATION,
        [
            medicine(EntryKind::AcuteMedication, 10, Period::at(DAY)),
            medicine(EntryKind::CurrentRepeatMedication, 11, Period::around(DAY)),
            discontinued,
            medicine(EntryKind::MedicationAdministration, 13, Period::around(DAY)),
        ],
    )
}

fn conditions() -> [Section; 2] {
    let diagnosis = coded(EntryKind::Diagnosis, 30)
        .valued(Value::Code(Box::new(concept())).typed())
        .with(by(person()))
        .with(informed(mother()))
        .supported_by("x")
        .linked(Target::PertinentFinding, &uuid(40));
    let problem = |number| {
        let time = Period::from(DAY, None);
        Entry::new(EntryKind::Problem, &uuid(number), time)
            .with(by(sds()))
            .linked(Target::Diagnosis, &uuid(30))
    };
    let assertion =
        |kind, number| Entry::new(kind, &uuid(number), Period::from(DAY, None)).with(by(sds()));
    let asserted = [
        assertion(EntryKind::LinkAssertion, 33)
            .coded(concept())
            .linked(Target::Diagnosis, &uuid(30))
            .linked(Target::Finding, &uuid(40)),
        assertion(EntryKind::ProblemMemberAssertion, 34)
            .linked(Target::PertinentProblem, &uuid(31))
            .linked(Target::Finding, &uuid(40)),
        assertion(EntryKind::ProblemLinkAssertion, 35)
            .linked(Target::PertinentProblem, &uuid(31))
            .linked(Target::PertinentProblem, &uuid(32)),
    ];
    let problems = [problem(31), problem(32)].into_iter().chain(asserted);
    [
        Section::new(&cre_type::DIAGNOSES, [diagnosis]),
        Section::new(&cre_type::PROBLEMS, problems),
    ]
}

fn finding(number: u32, value: Value) -> Entry {
    let mut finding = coded(EntryKind::Finding, number).valued(value.typed());
    let range = ReferenceRange::new(
        Quantity::new("4.0", "mmol/L"),
        Quantity::new("6.0", "mmol/L"),
    );
    finding.reference_range = Some(range);
    finding
}

fn findings() -> Section {
    let mut pressure = point(EntryKind::BloodPressure, 43);
    let value = |value| Quantity::new(value, "mm[Hg]");
    pressure.systolic = Some(Systolic::new(&uuid(60), value("120"), Period::at(DAY)));
    pressure.diastolic = Some(Diastolic::new(&uuid(61), value("80"), Period::at(DAY)));
    let mut organizer = point(EntryKind::FindingOrganizer, 44);
    organizer.members = vec![
        Member::new(finding(45, Value::Integer(Scalar::new("5")))),
        Member::new(finding(46, Value::Text(Text::new("clear")))),
    ];
    let measured = |kind, number, value, unit| {
        point(kind, number).valued(Value::Quantity(Quantity::new(value, unit)))
    };
    let entries = [
        finding(40, Value::Quantity(Quantity::new("5.1", "mmol/L"))).with(by(device())),
        finding(41, Value::Real(Scalar::new("1.5"))).with(by(sds())),
        finding(42, Value::Boolean(Scalar::new("true"))),
        finding(52, Value::Time(Scalar::new(DAY))),
        finding(53, Value::Period(Box::new(Period::from(DAY, None)))),
        finding(54, Value::Data(Box::new(Data::text("words")))),
        pressure,
        organizer,
        measured(EntryKind::Weight, 47, "70", "kg"),
        measured(EntryKind::Height, 48, "170", "cm"),
        measured(EntryKind::Temperature, 49, "37.0", "Cel"),
    ];
    let entries = entries.map(|entry| {
        entry
            .with(informed(mother()))
            .with(performed(sds()))
            .with(performed(person()))
            .supported_by("fasting")
    });
    Section::new(&cre_type::FINDINGS, entries)
}

fn procedures() -> [Section; 2] {
    let specimen = Specimen {
        id: Some(Id::of("1.2.3", "4")),
        code: Some(Code::plain("P")),
        material: Some(Material {
            determiner: Some("KIND".to_owned()),
            code: Some(Code::snomed("119297000", "Blood specimen")),
            ..Material::default()
        }),
        ..Specimen::default()
    };
    let acted = |kind, number| {
        coded(kind, number)
            .with(by(sds()))
            .with(Participation::new(Role::Informant, None, person()))
            .with(performed(sds()))
            .with(performed(person()))
            .supported_by("x")
            .linked(Target::Medication, &uuid(10))
            .linked(Target::MedicationAdministration, &uuid(13))
    };
    let product = Participation::new(Role::Product, None, Agent::Specimen(Box::new(specimen)));
    let investigation = acted(EntryKind::Investigation, 70).with(product);
    [
        Section::new(&cre_type::INVESTIGATIONS, [investigation]),
        Section::new(&cre_type::TREATMENTS, [acted(EntryKind::Treatment, 50)]),
    ]
}

fn risks() -> [Section; 2] {
    let risk = |kind, number| {
        Entry::new(kind, &uuid(number), Period::from(DAY, None))
            .with(by(mother()))
            .with(informed(sds()))
            .linked(Target::Diagnosis, &uuid(30))
            .linked(Target::Finding, &uuid(40))
    };
    [
        Section::new(
            &cre_type::RISKS_TO_PATIENT,
            [risk(EntryKind::RiskToPatient, 80)],
        ),
        Section::new(
            &cre_type::RISKS_TO_OTHERS,
            [risk(EntryKind::RiskToPerson, 81).coded(concept())],
        ),
    ]
}

fn event() -> Section {
    let place = Place {
        address: Some(Address::parts([("city", "Leeds")])),
        position: Some(Data::text("by the door")),
        gps: Some(Text::new("53.8 -1.5")),
        name: Some(Name::text("Home")),
        ..Place::default()
    };
    let location = IncidentalLocation {
        code: Some(Code::snomed("264362003", "Home")),
        place: Some(place),
        ..IncidentalLocation::default()
    };
    let location = Agent::IncidentalLocation(Box::new(location));
    let clinic = Agent::service_location(Code::snomed("257585005", "Clinic"));
    let mut participant =
        Participation::new(Role::Participant, Some(Period::at(DAY)), practice_sds());
    participant.type_code = Some("PRCP".to_owned());
    let event = coded(EntryKind::CareEvent, 90)
        .with(by(device()))
        .with(Participation::new(Role::Location, None, location))
        .with(Participation::new(Role::ServiceLocation, None, clinic))
        .with(participant)
        .with(performed(mother()))
        .supported_by("x")
        .linked(Target::Document, &uuid(130))
        .linked(Target::Problem, &uuid(31));
    Section::new(&cre_type::CARE_EVENTS, [event])
}

fn circumstances() -> [Section; 4] {
    let said = |kind, number| {
        coded(kind, number)
            .with(by(mother()))
            .with(informed(sds()))
            .supported_by("x")
    };
    let quantity = |value, unit| Value::Quantity(Quantity::new(value, unit));
    let social = said(EntryKind::SocialOrPersonalCircumstance, 103);
    [
        Section::new(
            &cre_type::FAMILY_HISTORY,
            [said(EntryKind::FamilyHistory, 98)],
        ),
        Section::new(
            &cre_type::PERSONAL_PREFERENCES,
            [said(EntryKind::PersonalPreference, 99)],
        ),
        Section::new(
            &cre_type::LIFESTYLE,
            [
                said(EntryKind::LifeStyle, 100).valued(Value::Text(Text::new("runs")).typed()),
                said(EntryKind::Smoking, 101).valued(quantity("20", "/d")),
                said(EntryKind::AlcoholIntake, 102).valued(quantity("10", "/wk")),
            ],
        ),
        Section::new(&cre_type::SOCIAL_CIRCUMSTANCES, [social]),
    ]
}

fn services() -> [Section; 3] {
    let receiver = Agent::related("nonAgentRole", "01", "Spouse", None);
    let advice = coded(EntryKind::ProvisionOfAdviceAndInformation, 110)
        .with(by(sds()))
        .supported_by("x")
        .with(Participation::new(Role::Receiver, None, receiver));
    let administrative = coded(EntryKind::AdministrativeProcedure, 111)
        .with(by(sds()))
        .with(performed(person()))
        .supported_by("x");
    let refusal = Entry::new(EntryKind::Refusal, &uuid(112), Period::at(DAY));
    let mut performer = performed(mother());
    performer.time = None;
    let service = coded(EntryKind::Service, 113)
        .with(by(mother()))
        .with(performer)
        .supported_by("x")
        .with(Participation::new(Role::Responsible, None, practice()));
    [
        Section::new(&cre_type::ADVICE, [advice]),
        Section::new(&cre_type::ADMINISTRATIVE, [administrative, refusal]),
        Section::new(&cre_type::SERVICES, [service]),
    ]
}

fn letters() -> [Section; 3] {
    let letter = |kind, number| {
        let mut letter = point(kind, number);
        letter.version = Some(Scalar::new("1"));
        letter.text = Some(Data::text("Dear <all>"));
        letter.title = Some(Text::new("A letter"));
        letter
    };
    let related = Agent::related("nonAgentRole", "01", "Spouse", None);
    let note = letter(EntryKind::CareProfessionalDocumentation, 130)
        .with(by(sds()))
        .with(by(person()));
    let patients = letter(EntryKind::PatientCarerCorrespondence, 131).with(by(related));
    let others = letter(EntryKind::ThirdPartyCorrespondence, 132).with(by(mother()));
    [
        Section::new(&cre_type::DOCUMENTATION, [note]),
        Section::new(&cre_type::PATIENT_CORRESPONDENCE, [patients]),
        Section::new(&cre_type::THIRD_PARTY_CORRESPONDENCE, [others]),
    ]
}

fn new(kind: SummaryKind, agent: Agent, sections: Vec<Section>) -> GpSummary {
    let html = "<html xmlns=\"xhtml:NPfIT:PresentationText\">\
                <body><h2>A &amp; B</h2><pre> a\n  b</pre></body></html>";
    let made = time(MADE);
    NewSummary {
        id: document(DOCUMENT_ID),
        kind,
        author: Participation::author(MADE, agent),
        text: PresentationText::new(&uuid(900), &made, html.as_bytes().to_vec()),
        effective: made,
        sections,
        patient: patient(),
        replaces: (kind == SummaryKind::Full).then(|| document(OTHER_ID)),
    }
    .into()
}

/// A full summary with every kind of entry.
pub(super) fn full() -> GpSummary {
    let mut sections = vec![allergies(), medication(), findings(), event()];
    sections.extend(conditions());
    sections.extend(procedures());
    sections.extend(risks());
    sections.extend(circumstances());
    sections.extend(services());
    sections.extend(letters());
    new(SummaryKind::Full, sds(), sections)
}

/// A full summary by a person who is not known to SDS.
pub(super) fn by_person() -> GpSummary {
    new(SummaryKind::Full, person(), vec![allergies()])
}

/// An initial summary by an organisation known to SDS.
pub(super) fn initial() -> GpSummary {
    new(SummaryKind::Initial, practice_sds(), Vec::new())
}

/// An initial summary by an organisation that is not.
pub(super) fn by_practice() -> GpSummary {
    new(SummaryKind::Initial, practice(), Vec::new())
}

/// The message a summary would be uploaded in.
pub(super) fn upload(interaction: &str, summary: &str) -> Vec<u8> {
    const ASID: &str = "1.2.826.0.1285.0.2.0.107";
    let id = |w: &mut xml::Writer| w.empty("id", &[("root", ASID), ("extension", "200000000001")]);
    let device = [("classCode", "DEV"), ("determinerCode", "INSTANCE")];
    let mut w = xml::Writer::new();
    w.element(
        interaction,
        &[("xmlns", xml::ns::HL7), ("ITSVersion", "XML_1.0")],
        |w| {
            w.empty("id", &[("root", &uuid(950))]);
            w.empty("creationTime", &[("value", MADE)]);
            w.empty("versionCode", &[("code", "V3NPfIT4.2.00")]);
            let interaction = [
                ("root", "2.16.840.1.113883.2.1.3.2.4.12"),
                ("extension", interaction),
            ];
            w.empty("interactionId", &interaction);
            w.empty("processingCode", &[("code", "P")]);
            w.empty("processingModeCode", &[("code", "T")]);
            w.empty("acceptAckCode", &[("code", "NE")]);
            for (name, code) in [
                ("communicationFunctionRcv", "RCV"),
                ("communicationFunctionSnd", "SND"),
            ] {
                w.element(name, &[("typeCode", code)], |w| {
                    w.element("device", &device, id)
                });
            }
            w.element(
                "ControlActEvent",
                &[("classCode", "CACT"), ("moodCode", "EVN")],
                |w| {
                    w.element("author1", &[("typeCode", "AUT")], |w| {
                        w.element("AgentSystemSDS", &[("classCode", "AGNT")], |w| {
                            w.element("agentSystemSDS", &device, id);
                        });
                    });
                    let subject = [("typeCode", "SUBJ"), ("contextConductionInd", "false")];
                    w.element("subject", &subject, |w| w.written(summary.as_bytes()));
                },
            );
        },
    );
    w.finish()
}
