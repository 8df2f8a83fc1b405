//! The sections of a GP Summary: their headings and tables in the presentation text, and the care
//! record element (CRE) type their coded entries stand under.

use domain::code::cre_type::{self, CreType};

/// A section, in the order of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the headings")]
pub enum Section {
    Allergies,
    AcuteMedications,
    RepeatMedications,
    DiscontinuedMedications,
    Diagnoses,
    Problems,
    Observations,
    Results,
    Investigations,
    Treatments,
    Risks,
    Circumstances,
    Lifestyle,
    Preferences,
    FamilyHistory,
    Events,
    Procedures,
    Services,
    Advice,
    Documentation,
    PatientCorrespondence,
    ThirdPartyCorrespondence,
}

/// How a section looks and where its entries go.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Where its entries go.
    pub(crate) cre: CreType,
    /// What the ids of the heading (`…Header`) and of the table begin with.
    pub(crate) id: &'static str,
    /// The heading.
    pub(crate) heading: &'static str,
    /// The `summary` of the table, which the core sections have.
    pub(crate) summary: Option<&'static str>,
    /// The names of the columns.
    pub(crate) columns: &'static [&'static str],
}

const MEDICINES: &[&str] = &[
    "Type",
    "Date",
    "Medication Item",
    "Dosage Instructions",
    "Quantity",
];
const VALUES: &[&str] = &["Date", "Description", "Value", "Supporting Information"];
const PLAIN: &[&str] = &["Date", "Description", "Additional information"];

const fn plain(cre: CreType, id: &'static str) -> Layout {
    Layout {
        heading: cre.heading,
        cre,
        id,
        summary: None,
        columns: PLAIN,
    }
}

const fn medicines(id: &'static str, heading: &'static str, summary: &'static str) -> Layout {
    let cre = cre_type::MEDICATION;
    Layout {
        cre,
        id,
        heading,
        summary: Some(summary),
        columns: MEDICINES,
    }
}

static ALLERGIES: Layout = Layout {
    summary: Some(
        "This table includes information about this patient's allergies and adverse reactions.",
    ),
    columns: &[
        "Date",
        "Description",
        "Certainty",
        "Severity",
        "Supporting Information",
    ],
    ..plain(cre_type::ALLERGIES, "Allergies")
};
static ACUTE: Layout = medicines(
    "AcuteMeds",
    cre_type::MEDICATION_HEADINGS[0],
    "This table includes information about this patient's acute medications.",
);
static REPEAT: Layout = medicines(
    "RepeatMeds",
    cre_type::MEDICATION_HEADINGS[1],
    "This table includes information about this patient's current repeat medications.",
);
static DISCONTINUED: Layout = medicines(
    "DiscRepeatMeds",
    cre_type::MEDICATION_HEADINGS[2],
    "This table includes information about this patient's discontinued repeat medications.",
);
static DIAGNOSES: Layout = plain(cre_type::DIAGNOSES, "Diagnoses");
static PROBLEMS: Layout = plain(cre_type::PROBLEMS, "Problems");
static OBSERVATIONS: Layout = Layout {
    columns: VALUES,
    ..plain(cre_type::FINDINGS, "Observations")
};
static RESULTS: Layout = Layout {
    columns: VALUES,
    ..plain(cre_type::INVESTIGATION_RESULTS, "Results")
};
static INVESTIGATIONS: Layout = plain(cre_type::INVESTIGATIONS, "Investigations");
static TREATMENTS: Layout = plain(cre_type::TREATMENTS, "Treatments");
static RISKS: Layout = plain(cre_type::RISKS_TO_PATIENT, "RisksToPatient");
static CIRCUMSTANCES: Layout = plain(cre_type::SOCIAL_CIRCUMSTANCES, "Circumstances");
static LIFESTYLE: Layout = plain(cre_type::LIFESTYLE, "Lifestyle");
static PREFERENCES: Layout = plain(cre_type::PERSONAL_PREFERENCES, "Preferences");
static FAMILY: Layout = plain(cre_type::FAMILY_HISTORY, "History");
static EVENTS: Layout = plain(cre_type::CARE_EVENTS, "Events");
static PROCEDURES: Layout = plain(cre_type::ADMINISTRATIVE, "Procedures");
static SERVICES: Layout = plain(cre_type::SERVICES, "Services");
static ADVICE: Layout = plain(cre_type::ADVICE, "Advice");
static DOCUMENTATION: Layout = plain(cre_type::DOCUMENTATION, "Documentation");
static PATIENT_LETTERS: Layout = plain(cre_type::PATIENT_CORRESPONDENCE, "PatientCorrespondence");
static THIRD_PARTY_LETTERS: Layout = plain(
    cre_type::THIRD_PARTY_CORRESPONDENCE,
    "ThirdPartyCorrespondence",
);

impl Section {
    pub(crate) fn layout(self) -> &'static Layout {
        match self {
            Self::Allergies => &ALLERGIES,
            Self::AcuteMedications => &ACUTE,
            Self::RepeatMedications => &REPEAT,
            Self::DiscontinuedMedications => &DISCONTINUED,
            Self::Diagnoses => &DIAGNOSES,
            Self::Problems => &PROBLEMS,
            Self::Observations => &OBSERVATIONS,
            Self::Results => &RESULTS,
            Self::Investigations => &INVESTIGATIONS,
            Self::Treatments => &TREATMENTS,
            Self::Risks => &RISKS,
            Self::Circumstances => &CIRCUMSTANCES,
            Self::Lifestyle => &LIFESTYLE,
            Self::Preferences => &PREFERENCES,
            Self::FamilyHistory => &FAMILY,
            Self::Events => &EVENTS,
            Self::Procedures => &PROCEDURES,
            Self::Services => &SERVICES,
            Self::Advice => &ADVICE,
            Self::Documentation => &DOCUMENTATION,
            Self::PatientCorrespondence => &PATIENT_LETTERS,
            Self::ThirdPartyCorrespondence => &THIRD_PARTY_LETTERS,
        }
    }

    /// Does every summary have it, additional information or not?
    pub fn is_core(self) -> bool {
        self <= Self::DiscontinuedMedications
    }

    /// The months before the document's date that the section covers.
    pub(crate) fn months(self) -> Option<i32> {
        match self {
            Self::AcuteMedications => Some(12),
            Self::DiscontinuedMedications => Some(6),
            _ => None,
        }
    }
}
