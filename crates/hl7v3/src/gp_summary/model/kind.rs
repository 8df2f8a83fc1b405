//! The kinds of entries.

use super::data::Code;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $element:literal, $class:literal, $mood:literal, $status:literal;)*) => {
        /// A kind of entry: one element of the care record element domain (UKCT_MT144035 to
        /// UKCT_MT144056). The names are those of the elements.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum EntryKind {
            $($(#[$doc])* $name,)*
        }

        impl EntryKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Element, class, usual mood, usual status.
            fn row(self) -> [&'static str; 4] {
                match self {
                    $(Self::$name => [$element, $class, $mood, $status],)*
                }
            }
        }
    };
}

kinds! {
    /// An allergy or adverse reaction, by what the patient is allergic to.
    Allergy = "UKCT_MT144053UK02.Allergy", "OBS", "EVN", "completed";
    /// An allergy or adverse reaction, by the drug or the event.
    AllergyDE = "UKCT_MT144048UK02.AllergyDE", "OBS", "EVN", "completed";
    /// Prescribed for a while.
    AcuteMedication = "UKCT_MT144040UK01.AcuteMedication", "SBADM", "RQO", "completed";
    /// Prescribed repeatedly.
    CurrentRepeatMedication = "UKCT_MT144040UK01.CurrentRepeatMedication", "SBADM", "RQO", "active";
    /// No longer prescribed.
    DiscontinuedRepeatMedication =
        "UKCT_MT144040UK01.DiscontinuedRepeatMedication", "SBADM", "RQO", "completed";
    /// Given.
    MedicationAdministration =
        "UKCT_MT144040UK01.MedicationAdministration", "SBADM", "EVN", "completed";
    /// A diagnosis.
    Diagnosis = "UKCT_MT144042UK01.Diagnosis", "OBS", "EVN", "normal";
    /// A problem: a name for another entry.
    Problem = "UKCT_MT144038UK02.Problem", "CNOD", "EVN", "active";
    /// That two entries belong together.
    LinkAssertion = "UKCT_MT144039UK02.LinkAssertion", "OBS", "EVN", "completed";
    /// That an entry belongs to a problem.
    ProblemMemberAssertion = "UKCT_MT144039UK02.ProblemMemberAssertion", "OBS", "EVN", "completed";
    /// That two problems belong together.
    ProblemLinkAssertion = "UKCT_MT144039UK02.ProblemLinkAssertion", "OBS", "EVN", "completed";
    /// An observation or a result, and anything without a kind of its own.
    #[default]
    Finding = "UKCT_MT144043UK02.Finding", "OBS", "EVN", "completed";
    /// Blood pressure.
    BloodPressure = "UKCT_MT144043UK02.BloodPressure", "BATTERY", "EVN", "completed";
    /// Weight.
    Weight = "UKCT_MT144043UK02.Weight", "OBS", "EVN", "completed";
    /// Height.
    Height = "UKCT_MT144043UK02.Height", "OBS", "EVN", "completed";
    /// Temperature.
    Temperature = "UKCT_MT144043UK02.Temperature", "OBS", "EVN", "completed";
    /// Several findings under one name.
    FindingOrganizer = "UKCT_MT144043UK02.FindingOrganizer", "ENTRY", "EVN", "completed";
    /// An investigation.
    Investigation = "UKCT_MT144045UK01.Investigation", "PROC", "EVN", "normal";
    /// A treatment.
    Treatment = "UKCT_MT144055UK01.Treatment", "PROC", "EVN", "normal";
    /// A risk to the patient, and what it comes of.
    RiskToPatient = "UKCT_MT144054UK01.RiskToPatient", "OBS", "EVN", "normal";
    /// A risk to somebody else.
    RiskToPerson = "UKCT_MT144041UK01.RiskToPerson", "OBS", "EVN", "normal";
    /// An encounter.
    CareEvent = "UKCT_MT144037UK01.CareEvent", "ENC", "EVN", "normal";
    /// Family history.
    FamilyHistory = "UKCT_MT144044UK01.FamilyHistory", "OBS", "EVN", "normal";
    /// What the patient prefers.
    PersonalPreference = "UKCT_MT144046UK01.PersonalPreference", "OBS", "EVN", "normal";
    /// Lifestyle.
    LifeStyle = "UKCT_MT144036UK01.LifeStyle", "OBS", "EVN", "normal";
    /// Smoking.
    Smoking = "UKCT_MT144036UK01.Smoking", "OBS", "EVN", "normal";
    /// Alcohol intake.
    AlcoholIntake = "UKCT_MT144036UK01.AlcoholIntake", "OBS", "EVN", "normal";
    /// Social or personal circumstances.
    SocialOrPersonalCircumstance =
        "UKCT_MT144036UK01.SocialOrPersonalCircumstance", "OBS", "EVN", "normal";
    /// Advice or information given.
    ProvisionOfAdviceAndInformation =
        "UKCT_MT144049UK01.ProvisionOfAdviceAndInformation", "INFRM", "EVN", "normal";
    /// An administrative procedure.
    AdministrativeProcedure = "UKCT_MT144050UK01.AdministrativeProcedure", "ACT", "EVN", "normal";
    /// A service or a carer.
    Service = "UKCT_MT144047UK01.Service", "PCPR", "EVN", "normal";
    /// That the patient refuses the upload.
    Refusal = "UKCT_MT144056UK01.Refusal", "OBS", "EVN", "";
    /// A note of staff.
    CareProfessionalDocumentation =
        "UKCT_MT144035UK01.CareProfessionalDocumentation", "DOC", "EVN", "active";
    /// A letter of the patient or of a carer.
    PatientCarerCorrespondence =
        "UKCT_MT144035UK01.PatientCarerCorrespondence", "DOC", "EVN", "active";
    /// A letter of somebody else.
    ThirdPartyCorrespondence = "UKCT_MT144035UK01.ThirdPartyCorrespondence", "DOC", "EVN", "active";
}

impl EntryKind {
    /// The kind of an element.
    pub fn of(element: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|kind| kind.element() == element).copied()
    }

    /// The element's name.
    pub fn element(self) -> &'static str {
        self.row()[0]
    }

    /// Its class.
    pub fn class(self) -> &'static str {
        self.row()[1]
    }

    /// Its usual mood: `EVN` for what happened, `RQO` for what is prescribed.
    pub fn mood(self) -> &'static str {
        self.row()[2]
    }

    /// Its usual status, of kinds that have one.
    pub fn status(self) -> Option<&'static str> {
        Some(self.row()[3]).filter(|status| !status.is_empty())
    }

    /// The code of kinds that have only one.
    pub fn code(self) -> Option<Code> {
        let (code, display) = match self {
            Self::AcuteMedication => ("222671000000103", "Acute medication"),
            Self::CurrentRepeatMedication => ("222681000000101", "Repeat medication"),
            Self::DiscontinuedRepeatMedication => {
                ("222691000000104", "Discontinued repeat medication")
            }
            Self::Problem => ("181301000000103", "Abstract problem node"),
            Self::ProblemMemberAssertion => ("416271009", "Has problem member"),
            Self::ProblemLinkAssertion => ("181311000000101", "Problem link"),
            Self::RiskToPatient => ("222701000000104", "Risk to patient"),
            Self::Refusal => (
                "416308001",
                "refused consent for upload to national shared electronic record",
            ),
            _ => return None,
        };
        Some(Code::snomed(code, display))
    }

    /// Whether it is one of the four kinds of medication.
    pub fn is_medication(self) -> bool {
        self.class() == "SBADM"
    }

    /// Whether all it says is that two others belong together.
    pub fn is_assertion(self) -> bool {
        matches!(
            self,
            Self::LinkAssertion | Self::ProblemMemberAssertion | Self::ProblemLinkAssertion
        )
    }
}
