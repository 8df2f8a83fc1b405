//! Allergies and adverse reactions.

use crate::fact::Concept;
use crate::tables::concept;

/// One thing people react to.
pub(crate) struct AllergyRow {
    pub(crate) concept: Concept,
    /// Caused by a drug: coded as an allergy of the drug kind (AllergyDE).
    pub(crate) drug: bool,
    /// What the names of the medicines contain that must not be given.
    pub(crate) avoid: &'static [&'static str],
}

/// An allergy by its code.
pub(crate) fn by_code(code: &str) -> Option<&'static AllergyRow> {
    ALL.iter().find(|row| row.concept.code == code)
}

/// Nothing known, which is a statement of its own.
pub(crate) const NONE_KNOWN: Concept = concept("716186003", "No known allergy");

/// What happened.
pub(crate) const REACTIONS: &[&str] = &[
    "Widespread urticarial rash within an hour of the first dose",
    "Facial swelling & wheeze; treated with adrenaline by the ambulance crew",
    "Vomiting each time it was tried",
    "Anaphylaxis, peak flow < 50% of best; carries two auto-injectors",
    "Reported by the patient's mother; details not recorded",
    "Itching only, settled with an antihistamine",
    "Hallucinations, even at low dose",
    "Blistering at the site of contact (> 5 cm)",
];

/// How sure it is.
pub(crate) const CERTAINTIES: &[&str] = &["Certain", "Likely", "Possible", "Unlikely"];

/// How bad it was.
pub(crate) const SEVERITIES: &[&str] = &["Mild", "Moderate", "Severe", "Life threatening"];

const fn drug(code: &'static str, term: &'static str) -> AllergyRow {
    AllergyRow {
        concept: concept(code, term),
        drug: true,
        avoid: &[],
    }
}

const fn given(
    code: &'static str,
    term: &'static str,
    avoid: &'static [&'static str],
) -> AllergyRow {
    AllergyRow {
        concept: concept(code, term),
        drug: true,
        avoid,
    }
}

const fn other(code: &'static str, term: &'static str) -> AllergyRow {
    AllergyRow {
        concept: concept(code, term),
        drug: false,
        avoid: &[],
    }
}

/// The allergies.
pub(crate) const ALL: &[AllergyRow] = &[
    given("91936005", "Allergy to penicillin", &["cillin"]),
    drug("91939003", "Allergy to sulfonamide"),
    given(
        "293586001",
        "Allergy to aspirin",
        &["Aspirin", "Naproxen", "Ibuprofen"],
    ),
    given("91931000", "Allergy to erythromycin", &["thromycin"]),
    given("294505008", "Allergy to amoxicillin", &["cillin"]),
    given(
        "293584003",
        "Allergy to paracetamol",
        &["Paracetamol", "Co-codamol"],
    ),
    given(
        "293610009",
        "Allergy to ibuprofen",
        &["Aspirin", "Naproxen", "Ibuprofen"],
    ),
    given(
        "293597001",
        "Allergy to codeine",
        &["Codeine", "Co-codamol"],
    ),
    given("293601001", "Allergy to morphine", &["Morphine"]),
    given("294167008", "Allergy to trimethoprim", &["Trimethoprim"]),
    given("294466005", "Allergy to doxycycline", &["Doxycycline"]),
    given("293500009", "Allergy to ramipril", &["Ramipril"]),
    drug("294716003", "Allergy to chlorhexidine"),
    drug("293637006", "Allergy to radiographic contrast media"),
    other("91935009", "Allergy to peanut"),
    other("91934008", "Allergy to nut"),
    other("91930004", "Allergy to egg"),
    other("300916003", "Latex allergy"),
    other("300913006", "Shellfish allergy"),
    other("424213003", "Allergy to bee venom"),
    other("423058007", "Allergy to wasp venom"),
    other("232350006", "House dust mite allergy"),
    other("418689008", "Allergy to grass pollen"),
    other("232347008", "Dander (animal) allergy"),
    other("782555009", "Allergy to cow's milk protein"),
    other("294334001", "Allergy to adhesive plaster"),
    other("419788000", "Allergy to nickel"),
];
