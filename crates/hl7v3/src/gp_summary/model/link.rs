//! From one entry to another of the same document, by its id.

use domain::oid;

use super::data::{Id, Scalar};
use super::kind::EntryKind;
use super::node::{OwnName, node};

macro_rules! targets {
    ($($(#[$doc:meta])* $name:ident = $element:literal, $class:literal, $mood:literal;)*) => {
        /// What kind of entry a link points at. Each name is that of the element, without the
        /// `pertinent` that some of them begin with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[allow(missing_docs, reason = "the names are those of the elements")]
        pub enum Target {
            $($(#[$doc])* $name,)*
        }

        impl Target {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            fn row(self) -> [&'static str; 3] {
                match self {
                    $(Self::$name => [$element, $class, $mood],)*
                }
            }
        }
    };
}

targets! {
    #[default]
    Finding = "Finding", "OBS", "EVN";
    /// The form used where nothing but a finding can be meant.
    PertinentFinding = "pertinentFinding", "OBS", "EVN";
    /// The form used by link assertions.
    PertinentProblem = "pertinentProblem", "OBS", "EVN";
    PersonalPreference = "PersonalPreference", "OBS", "EVN";
    Problem = "Problem", "CNOD", "EVN";
    SocialContext = "SocialContext", "OBS", "EVN";
    FamilyHistory = "FamilyHistory", "OBS", "EVN";
    Diagnosis = "Diagnosis", "OBS", "EVN";
    Investigation = "Investigation", "PROC", "EVN";
    Treatment = "Treatment", "PROC", "EVN";
    Medication = "Medication", "SBADM", "RQO";
    MedicationAdministration = "MedicationAdministration", "SBADM", "EVN";
    AllergyDE = "AllergiesAndAdverseReactionsDE", "OBS", "EVN";
    Allergy = "AllergiesAndAdverseReactionsIdent", "OBS", "EVN";
    RiskToPatient = "RiskToPatient", "OBS", "EVN";
    RiskToPerson = "RiskToPerson", "OBS", "EVN";
    CareEvent = "CareEvent", "ENC", "EVN";
    Document = "Document", "DOC", "EVN";
    AdministrativeProcedure = "AdministrativeProcedure", "ACT", "EVN";
    Service = "Service", "PCPR", "EVN";
    ProvisionOfAdviceAndInformation = "ProvisionOfAdviceAndInformation", "INFRM", "EVN";
}

impl Target {
    /// The element's name.
    pub fn element(self) -> &'static str {
        self.row()[0]
    }
}

impl OwnName for Target {
    fn of(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|target| target.element() == name).copied()
    }

    fn name(&self) -> &str {
        self.element()
    }
}

node! {
    /// A link to another entry of the document.
    Link {
        own {
            /// The element that holds it: `pertinentInformation1`, `reason`, `subject`.
            relation: String
        }
        attributes {
            /// What it means: `PERT`, `RSON`, `SUBJ`.
            type_code = "typeCode",
            /// Whether it is to be read backwards.
            inverted = "inversionInd",
            /// Whether the context goes with it.
            conducts = "contextConductionInd",
            /// Whether it is denied.
            negated = "negationInd",
        }
        children {
            /// Its template.
            template: Option<Id> = "templateId",
            /// Whether it can be understood apart.
            separable: Option<Scalar> = "seperatableInd",
            /// The other entry.
            target: Option<Reference> = "*",
        }
    }
}

node! {
    /// Which entry a link points at.
    Reference {
        own {
            /// Of what kind.
            target: Target
        }
        attributes {
            /// Its class.
            class_code = "classCode",
            /// Its mood.
            mood = "moodCode",
        }
        children {
            /// Its id.
            id: Option<Id> = "id",
        }
    }
}

impl Link {
    /// A link of an entry of this kind, in the form that its schema gives it. The two links of an
    /// assertion are `end` 0 and 1; elsewhere `end` does not matter.
    pub fn new(kind: EntryKind, target: Target, id: &str, end: usize) -> Self {
        use EntryKind as K;
        let (relation, type_code) = match kind {
            K::Problem => ("pertinentInformation", "PERT"),
            K::RiskToPerson => ("subject", "SUBJ"),
            _ if kind.is_medication() => ("reason", "RSON"),
            K::LinkAssertion => (
                ["pertinentInformation1", "pertinentInformation2"][end.min(1)],
                "PERT",
            ),
            K::ProblemMemberAssertion => (
                ["pertinentInformation3", "pertinentInformation4"][end.min(1)],
                "PERT",
            ),
            K::ProblemLinkAssertion => (
                ["pertinentInformation5", "pertinentInformation6"][end.min(1)],
                "PERT",
            ),
            _ => ("pertinentInformation1", "PERT"),
        };
        let template = match kind {
            K::Problem => "CSAB_RM-NPfITUK10.sourceOf",
            _ if kind.is_assertion() => "CSAB_RM-NPfITUK10.sourceOf",
            _ => "CSAB_RM-NPfITUK10.sourceOf1",
        };
        let flag = |set: bool| Some(if set { "true" } else { "false" }.to_owned());
        let is_subject = kind == K::RiskToPerson;
        Self {
            relation: relation.to_owned(),
            type_code: Some(type_code.to_owned()),
            inverted: flag(kind.is_assertion() && end == 0).filter(|_| !is_subject),
            conducts: flag(false).filter(|_| is_subject),
            negated: flag(false),
            template: Some(Id::of(oid::TEMPLATE, template)),
            separable: Some(Scalar {
                value: flag(kind == K::CareEvent),
                ..Scalar::default()
            }),
            target: Some(Reference::new(target, id)),
            ..Self::default()
        }
    }

    /// The id it points at.
    pub fn id(&self) -> Option<&str> {
        self.target.as_ref()?.id.as_ref()?.root.as_deref()
    }
}

impl Reference {
    /// An entry by its id.
    pub fn new(target: Target, id: &str) -> Self {
        let [_, class, mood] = target.row();
        Self {
            target,
            class_code: Some(class.to_owned()),
            mood: Some(mood.to_owned()),
            id: Some(Id::uuid(id)),
            ..Self::default()
        }
    }
}
