//! Care record element (CRE) types: the coded sections of a GP Summary (SNOMED CT).
//!
//! The codes and names are those met in published messages; no complete list was published. The
//! same code is met with several display names, so a reader goes by the code and shows the name
//! the message carries.

/// A kind of section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreType {
    /// The SNOMED CT code (OID 2.16.840.1.113883.2.1.3.2.4.15).
    pub code: &'static str,
    /// The display name on the wire.
    pub display_name: &'static str,
    /// The heading over it in the presentation text. Medication is the exception: it is split
    /// under the headings of [`MEDICATION_HEADINGS`].
    pub heading: &'static str,
}

/// The headings that stand for the one code "Medication" in the presentation text.
pub const MEDICATION_HEADINGS: [&str; 3] = [
    "Acute Medications",
    "Current Repeat Medications",
    "Discontinued Repeat Medications",
];

impl CreType {
    /// The type of a code.
    pub fn of(code: &str) -> Option<&'static Self> {
        ALL.iter().find(|cre_type| cre_type.code == code)
    }
}

const fn row(code: &'static str, display_name: &'static str, heading: &'static str) -> CreType {
    CreType {
        code,
        display_name,
        heading,
    }
}

/// Allergies and adverse reactions.
pub const ALLERGIES: CreType = row(
    "163221000000102",
    "Allergies and Adverse Reactions",
    "Allergies and Adverse Reactions",
);
/// Medication of every kind.
pub const MEDICATION: CreType = row("185361000000102", "Medication", "Medication");
/// Diagnoses.
pub const DIAGNOSES: CreType = row("163001000000103", "Diagnoses", "Diagnoses");
/// Problems and issues.
pub const PROBLEMS: CreType = row(
    "162991000000102",
    "Problems and Issues",
    "Problems and Issues",
);
/// Clinical observations and findings.
pub const FINDINGS: CreType = row(
    "163131000000108",
    "Clinical Observations and Findings",
    "Clinical Observations and Findings",
);
/// Results of investigations.
pub const INVESTIGATION_RESULTS: CreType = row(
    "163141000000104",
    "Investigation Results",
    "Investigation Results",
);
/// Investigations.
pub const INVESTIGATIONS: CreType = row("163081000000108", "Investigations", "Investigations");
/// Treatments.
pub const TREATMENTS: CreType = row("163071000000106", "Treatments", "Treatments");
/// Risks to the patient.
pub const RISKS_TO_PATIENT: CreType =
    row("163231000000100", "Risks to Patient", "Risks to Patient");
/// Risks to those who care for the patient.
pub const RISKS_TO_OTHERS: CreType = row(
    "163241000000109",
    "Risks to Care Professional or Third Party",
    "Risks to Care Professional or Third Party",
);
/// Care events.
pub const CARE_EVENTS: CreType = row("162951000000105", "Care Events", "Care Events");
/// Family history. The wire writes one word.
pub const FAMILY_HISTORY: CreType = row("163051000000102", "FamilyHistory", "Family History");
/// What the patient prefers.
pub const PERSONAL_PREFERENCES: CreType = row(
    "162961000000108",
    "Personal Preferences",
    "Personal Preferences",
);
/// Social and personal circumstances; "Lifestyle" is met under this code too.
pub const SOCIAL_CIRCUMSTANCES: CreType = row(
    "163021000000107",
    "Social and Personal Circumstances",
    "Social and Personal Circumstances",
);
/// Lifestyle.
pub const LIFESTYLE: CreType = row("163041000000100", "Lifestyle", "Lifestyle");
/// Services, care professionals and carers.
pub const SERVICES: CreType = row(
    "163031000000109",
    "Services, Care Professionals and Carers",
    "Services, Care Professionals and Carers",
);
/// Administrative procedures.
pub const ADMINISTRATIVE: CreType = row(
    "163091000000105",
    "Administrative Procedures",
    "Administrative Procedures",
);
/// Advice and information given.
pub const ADVICE: CreType = row(
    "163101000000102",
    "Provision of Advice and Information to Patients and Carers",
    "Provision of Advice and Information to Patients and Carers",
);
/// Care professional documentation.
pub const DOCUMENTATION: CreType = row(
    "163171000000105",
    "Care Professional Documentation",
    "Care Professional Documentation",
);
/// Correspondence with the patient or carer. The wire writes "carer" small.
pub const PATIENT_CORRESPONDENCE: CreType = row(
    "163181000000107",
    "Patient/carer correspondence",
    "Patient/Carer Correspondence",
);
/// Correspondence with third parties.
pub const THIRD_PARTY_CORRESPONDENCE: CreType = row(
    "163191000000109",
    "Third Party Correspondence",
    "Third Party Correspondence",
);

/// Every type, in the order in which a summary is best read: what harms first, papers last.
pub const ALL: [CreType; 21] = [
    ALLERGIES,
    MEDICATION,
    DIAGNOSES,
    PROBLEMS,
    FINDINGS,
    INVESTIGATION_RESULTS,
    INVESTIGATIONS,
    TREATMENTS,
    RISKS_TO_PATIENT,
    RISKS_TO_OTHERS,
    CARE_EVENTS,
    FAMILY_HISTORY,
    PERSONAL_PREFERENCES,
    SOCIAL_CIRCUMSTANCES,
    LIFESTYLE,
    SERVICES,
    ADMINISTRATIVE,
    ADVICE,
    DOCUMENTATION,
    PATIENT_CORRESPONDENCE,
    THIRD_PARTY_CORRESPONDENCE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_found() {
        for cre_type in &ALL {
            assert_eq!(CreType::of(cre_type.code), Some(cre_type));
        }
        assert_eq!(CreType::of(""), None);
        assert_eq!(
            CreType::of("196971000000103"),
            None,
            "a kind of summary, not of section"
        );
    }

    /// Verhoeff, the check digit of every SNOMED CT identifier: a mistyped code does not pass.
    #[test]
    fn codes_are_snomed_identifiers() {
        const TIMES: [[u8; 10]; 10] = [
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
            [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
            [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
            [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
            [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
            [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
            [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
            [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
            [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
            [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
        ];
        const TURN: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
        for cre_type in &ALL {
            let check = cre_type
                .code
                .bytes()
                .rev()
                .enumerate()
                .fold(0u8, |check, (at, byte)| {
                    let digit = (0..at % 8).fold(byte - b'0', |d, _| TURN[usize::from(d)]);
                    TIMES[usize::from(check)][usize::from(digit)]
                });
            assert_eq!(check, 0, "{} {}", cre_type.code, cre_type.display_name);
        }
    }
}
