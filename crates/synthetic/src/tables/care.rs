//! What is done for patients, and where.

use crate::fact::Concept;
use crate::tables::concept;

/// Operations and other procedures.
pub(crate) const PROCEDURES: &[Concept] = &[
    concept("80146002", "Appendicectomy"),
    concept("609588000", "Total knee replacement"),
    concept("52734007", "Total hip replacement"),
    concept("54885007", "Cataract extraction"),
    concept("38102005", "Cholecystectomy"),
    concept("44558001", "Repair of inguinal hernia"),
    concept("232717009", "Coronary artery bypass graft"),
    concept("415070008", "Percutaneous coronary intervention"),
    concept("307280005", "Implantation of cardiac pacemaker"),
    concept("173422009", "Tonsillectomy"),
    concept("91602002", "Thoracentesis"),
    concept("33195004", "External beam radiation therapy"),
    concept("91251008", "Physiotherapy"),
    concept("304891004", "Cognitive behavioural therapy"),
    concept("265764009", "Renal dialysis"),
];

/// Immunisations of adults.
pub(crate) const ADULT_IMMUNISATIONS: &[Concept] = &[
    concept("822851000000102", "Seasonal influenza vaccination"),
    concept("12866006", "Pneumococcal vaccination"),
    concept(
        "1324681000000101",
        "Administration of first dose of COVID-19 vaccine",
    ),
    concept(
        "1324691000000104",
        "Administration of second dose of COVID-19 vaccine",
    ),
    concept(
        "1362591000000103",
        "Administration of COVID-19 booster vaccine",
    ),
    concept("722215002", "Administration of shingles vaccine"),
    concept("127786006", "Tetanus vaccination"),
    concept("16584000", "Hepatitis B vaccination"),
];

/// Immunisations of children.
pub(crate) const CHILD_IMMUNISATIONS: &[Concept] = &[
    concept(
        "38598009",
        "Administration of measles, mumps and rubella vaccine",
    ),
    concept("127786006", "Tetanus vaccination"),
    concept(
        "868631000000102",
        "Administration of meningococcal group B vaccine",
    ),
    concept("822851000000102", "Seasonal influenza vaccination"),
];

/// Giving a medicine.
pub(crate) const ADMINISTRATION: &[Concept] = &[concept("18629005", "Administration of medicine")];

const PRACTICE: Concept = concept("264358009", "General practice premises");
const HOME: Concept = concept("264362003", "Home");
const HOSPITAL: Concept = concept("22232009", "Hospital");
const EMERGENCY: Concept = concept("225728007", "Emergency department");
const OUTPATIENTS: Concept = concept("440655000", "Outpatient environment");

/// Contacts, and where they take place.
pub(crate) const EVENTS: &[(Concept, Concept)] = &[
    (concept("185317003", "Telephone encounter"), PRACTICE),
    (concept("439708006", "Home visit"), HOME),
    (concept("182836005", "Review of medication"), PRACTICE),
    (
        concept("4525004", "Seen in emergency department"),
        EMERGENCY,
    ),
    (concept("32485007", "Hospital admission"), HOSPITAL),
    (concept("58000006", "Patient discharge"), HOSPITAL),
    (concept("185389009", "Follow-up visit"), OUTPATIENTS),
    (
        concept("170572009", "Chronic disease monitoring, annual review"),
        PRACTICE,
    ),
];

/// Investigations other than those with a number for a result.
pub(crate) const INVESTIGATIONS: &[Concept] = &[
    concept("399208008", "Plain chest X-ray"),
    concept("29303009", "Electrocardiogram"),
    concept("40701008", "Echocardiography"),
    concept("73761001", "Colonoscopy"),
    concept("127783003", "Spirometry"),
    concept("113091000", "Magnetic resonance imaging"),
    concept("77477000", "Computed tomography"),
    concept("45036003", "Ultrasonography of abdomen"),
    concept("71651007", "Mammography"),
    concept("312681000", "Bone density scan"),
];

/// Paperwork.
pub(crate) const ADMINISTRATIVE: &[Concept] = &[
    concept("184229000", "Notes summary on computer"),
    concept("185231001", "Medical report sent"),
    concept("270400002", "Prescription collected by pharmacy"),
    concept("184099003", "Registration details checked"),
];

/// Services somebody receives.
pub(crate) const SERVICES: &[Concept] = &[
    concept("718027001", "Under care of community nurse"),
    concept("305450004", "Under care of palliative care service"),
    concept("718029003", "Under care of community mental health team"),
    concept("305354007", "Under care of diabetic service"),
    concept("718030008", "Meals on wheels service"),
];

/// Advice given.
pub(crate) const ADVICE: &[Concept] = &[
    concept("225323000", "Smoking cessation education"),
    concept("11816003", "Diet education"),
    concept("183073003", "Advice about exercise"),
    concept("183063000", "Low salt diet education"),
    concept("410290005", "Falls education"),
    concept("183122009", "Advice about driving"),
];

/// Letters from elsewhere.
pub(crate) const CORRESPONDENCE: &[Concept] = &[
    concept("823691000000103", "Clinical letter"),
    concept("823701000000103", "Discharge letter"),
    concept("823681000000100", "Outpatient letter"),
];

/// All of them.
#[cfg(test)]
pub(crate) const TABLES: &[&[Concept]] = &[
    PROCEDURES,
    ADULT_IMMUNISATIONS,
    CHILD_IMMUNISATIONS,
    ADMINISTRATION,
    INVESTIGATIONS,
    ADMINISTRATIVE,
    SERVICES,
    ADVICE,
    CORRESPONDENCE,
];
