//! One entry of a record, before it is written.
//!
//! A fact knows everything that the presentation text and the coded entry say of it; both are
//! written from it and from nothing else.

pub use hl7v3::gp_summary::model::Target;
use jiff::civil::Date;

use crate::practice::Clinician;
use crate::section::Section;

/// A SNOMED CT concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concept {
    /// Its code.
    pub code: &'static str,
    /// Its term.
    pub term: &'static str,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The entry's UUID, upper case, the same in every version of the document.
    pub id: String,
    /// The section it stands in.
    pub section: Section,
    /// When it was, or began.
    pub from: Date,
    /// When it ended.
    pub to: Option<Date>,
    /// What it is.
    pub concept: Concept,
    /// What there is to say beyond that.
    pub detail: Detail,
    /// What the staff wrote beside it.
    pub note: Option<String>,
    /// Who recorded it, where that is told.
    pub recorded_by: Option<Clinician>,
}

/// What an entry says beyond its concept. Each variant is one of the entry elements of the
/// care record element domain (UKCT_MT1440xx).
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the entry elements")]
pub enum Detail {
    /// `drug`: AllergyDE rather than Allergy.
    Allergy {
        drug: bool,
        certainty: Option<&'static str>,
        severity: Option<&'static str>,
    },
    AcuteMedication(Prescription),
    CurrentRepeatMedication(Prescription),
    DiscontinuedRepeatMedication(Prescription),
    MedicationAdministration(Prescription),
    Diagnosis,
    Problem(Link),
    Finding(Option<Measure>),
    /// Several findings under one name.
    FindingOrganizer(Vec<Component>),
    BloodPressure {
        systolic: u32,
        diastolic: u32,
    },
    Height(Measure),
    Weight(Measure),
    Temperature(Measure),
    Investigation,
    /// What was given with it, if anything.
    Treatment(Option<Link>),
    RiskToPatient(Link),
    LifeStyle,
    Smoking(Option<Measure>),
    AlcoholIntake(Option<Measure>),
    SocialOrPersonalCircumstance,
    PersonalPreference,
    FamilyHistory,
    CareEvent {
        place: Concept,
    },
    AdministrativeProcedure,
    Service,
    /// Who was advised: a person relationship, its code and its name.
    ProvisionOfAdviceAndInformation {
        receiver: (&'static str, &'static str),
    },
    CareProfessionalDocumentation {
        text: String,
    },
    PatientCarerCorrespondence {
        text: String,
    },
    ThirdPartyCorrespondence {
        text: String,
    },
}

/// What was prescribed; the medicine is the fact's concept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prescription {
    /// How to take it.
    pub dose: &'static str,
    /// How much.
    pub quantity: u32,
    /// Of what.
    pub unit: &'static str,
    /// What for.
    pub reason: Option<Link>,
}

/// A value with its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// The number, as it is written.
    pub value: String,
    /// The unit for people.
    pub unit: &'static str,
    /// The unit for machines (UCUM).
    pub ucum: &'static str,
    /// The reference range, as written.
    pub normal: Option<(String, String)>,
}

/// One finding of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its UUID.
    pub id: String,
    /// What it is.
    pub concept: Concept,
    /// Its value.
    pub measure: Measure,
}

/// Another entry of the same document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The other entry's UUID.
    pub id: String,
    /// Its term.
    pub term: &'static str,
    /// What it is.
    pub target: Target,
}

impl Fact {
    /// A link to this entry; `None` where no link is defined for its kind.
    pub fn link(&self) -> Option<Link> {
        let target = match self.detail {
            Detail::Diagnosis => Target::Diagnosis,
            Detail::Treatment(_) => Target::Treatment,
            Detail::Allergy { drug: true, .. } => Target::AllergyDE,
            Detail::Allergy { drug: false, .. } => Target::Allergy,
            Detail::AcuteMedication(_)
            | Detail::CurrentRepeatMedication(_)
            | Detail::DiscontinuedRepeatMedication(_) => Target::Medication,
            Detail::MedicationAdministration(_) => Target::MedicationAdministration,
            _ => return None,
        };
        Some(Link {
            id: self.id.clone(),
            term: self.concept.term,
            target,
        })
    }

    /// What was prescribed, of a medication.
    pub fn prescription(&self) -> Option<&Prescription> {
        match &self.detail {
            Detail::AcuteMedication(prescription)
            | Detail::CurrentRepeatMedication(prescription)
            | Detail::DiscontinuedRepeatMedication(prescription)
            | Detail::MedicationAdministration(prescription) => Some(prescription),
            _ => None,
        }
    }
}
