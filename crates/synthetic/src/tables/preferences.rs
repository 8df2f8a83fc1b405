//! What people want, how they live, and what runs in their family.

use crate::fact::Concept;
use crate::tables::concept;

/// How somebody wants to be dealt with.
pub(crate) const COMMUNICATION: &[Concept] = &[
    concept("315594003", "Interpreter needed"),
    concept("713641006", "Preferred method of communication: telephone"),
    concept("928841000000106", "Requires information in large print"),
    concept("928871000000100", "Uses British Sign Language"),
    concept("928881000000103", "Needs longer appointment"),
    concept(
        "928891000000101",
        "Prefers to be seen by a female clinician",
    ),
    concept("928901000000100", "Does not accept blood products"),
];

/// What somebody wants at the end of life.
pub(crate) const END_OF_LIFE: &[Concept] = &[
    concept(
        "450475007",
        "Not for attempted cardiopulmonary resuscitation",
    ),
    concept("395091006", "Preferred place of death: home"),
    concept("395092004", "Preferred place of death: hospice"),
    concept(
        "816361000000101",
        "Has appointed person with personal welfare lasting power of attorney",
    ),
    concept(
        "816301000000100",
        "Has advance statement (Mental Capacity Act 2005)",
    ),
    concept("713603004", "Advance care planning discussed"),
    concept("526631000000108", "On end of life care register"),
];

/// Smoking.
pub(crate) const SMOKING: &[Concept] = &[
    concept("266919005", "Never smoked tobacco"),
    concept("8517006", "Ex-smoker"),
    concept("77176002", "Smoker"),
];

/// Other habits.
pub(crate) const LIFESTYLE: &[Concept] = &[
    concept("228448000", "Enjoys light exercise"),
    concept("228449008", "Enjoys moderate exercise"),
    concept("228445002", "Exercise physically impossible"),
    concept("226007004", "Follows a balanced diet"),
    concept("138045004", "Vegetarian diet"),
];

/// How somebody lives.
pub(crate) const CIRCUMSTANCES: &[Concept] = &[
    concept("105529008", "Lives alone"),
    concept("160724009", "Lives with family"),
    concept("160734000", "Lives in a nursing home"),
    concept("160689007", "Housebound"),
    concept("184156005", "Has a carer"),
    concept("224484003", "Is a carer"),
    concept("105493001", "Retired"),
];

/// What runs in families.
pub(crate) const FAMILY: &[Concept] = &[
    concept("160303001", "Family history: diabetes mellitus"),
    concept("160357008", "Family history: hypertension"),
    concept(
        "429740004",
        "Family history of malignant neoplasm of breast",
    ),
    concept("312824007", "Family history of cancer of colon"),
    concept("160377001", "Family history: asthma"),
    concept("297242006", "Family history of ischaemic heart disease"),
    concept("160324006", "Family history: stroke"),
    concept("160343006", "Family history: glaucoma"),
];

/// All of them.
#[cfg(test)]
pub(crate) const TABLES: &[&[Concept]] = &[
    COMMUNICATION,
    END_OF_LIFE,
    SMOKING,
    LIFESTYLE,
    CIRCUMSTANCES,
    FAMILY,
];
