//! What is measured. Values are whole numbers of a smallest step, because floating point is not
//! the same everywhere when it is printed.

use crate::fact::Concept;
use crate::tables::concept;

/// One laboratory test.
pub(crate) struct Test {
    pub(crate) concept: Concept,
    /// Unit for people.
    pub(crate) unit: &'static str,
    /// Unit for machines (UCUM).
    pub(crate) ucum: &'static str,
    /// Decimal places of the values that follow.
    pub(crate) places: u32,
    /// Reference range.
    pub(crate) normal: (u32, u32),
    /// What is met.
    pub(crate) met: (u32, u32),
}

/// Tests that come together.
pub(crate) struct Panel {
    pub(crate) concept: Concept,
    /// Its tests, by name.
    pub(crate) tests: &'static [&'static str],
}

/// A test by its name.
pub(crate) fn test(name: &str) -> Option<&'static Test> {
    TESTS.iter().find(|test| test.concept.term == name)
}

/// Blood pressure.
pub(crate) const BLOOD_PRESSURE: Concept = concept("75367002", "Blood pressure");
/// Height.
pub(crate) const HEIGHT: Concept = concept("50373000", "Body height measure");
/// Weight.
pub(crate) const WEIGHT: Concept = concept("27113001", "Body weight");
/// Temperature.
pub(crate) const TEMPERATURE: Concept = concept("386725007", "Body temperature");
/// Pulse.
pub(crate) const PULSE: Concept = concept("78564009", "Pulse rate");
/// Oxygen saturation.
pub(crate) const SATURATION: Concept = concept("431314004", "Peripheral oxygen saturation");
/// Alcohol.
pub(crate) const ALCOHOL: Concept = concept("160573003", "Alcohol intake");
/// All of them.
#[cfg(test)]
pub(crate) const SINGLE: [Concept; 7] = [
    BLOOD_PRESSURE,
    HEIGHT,
    WEIGHT,
    TEMPERATURE,
    PULSE,
    SATURATION,
    ALCOHOL,
];

macro_rules! tests {
    ($($code:literal $term:literal $unit:literal $ucum:literal $places:literal
        $low:literal-$high:literal $from:literal-$to:literal;)*) => {
        /// The tests.
        pub(crate) const TESTS: &[Test] = &[$(Test {
            concept: concept($code, $term), unit: $unit, ucum: $ucum, places: $places,
            normal: ($low, $high), met: ($from, $to),
        }),*];
    };
}

tests! {
    // Code, name, unit, UCUM, decimal places, reference range, range met.
    "999791000000106" "Haemoglobin A1c level - IFCC standardised" "mmol/mol" "mmol/mol" 0 20-41 34-104;
    "1000661000000107" "Serum sodium level" "mmol/L" "mmol/L" 0 133-146 126-148;
    "1000651000000109" "Serum potassium level" "mmol/L" "mmol/L" 1 35-53 31-59;
    "1000731000000107" "Serum creatinine level" "µmol/L" "umol/L" 0 59-104 48-260;
    "1000951000000103" "Serum urea level" "mmol/L" "mmol/L" 1 25-78 22-210;
    "1020291000000106" "Estimated glomerular filtration rate" "mL/min/1.73m²" "mL/min" 0 60-120 18-98;
    "1022431000000105" "Haemoglobin estimation" "g/L" "g/L" 0 115-165 78-172;
    "1022541000000102" "Total white cell count" "10⁹/L" "10*9/L" 1 40-110 24-168;
    "1022651000000100" "Platelet count" "10⁹/L" "10*9/L" 0 150-400 90-520;
    "1022491000000106" "Mean corpuscular volume" "fL" "fL" 0 80-100 68-112;
    "1022551000000104" "Neutrophil count" "10⁹/L" "10*9/L" 1 20-75 9-140;
    "1022581000000105" "Lymphocyte count" "10⁹/L" "10*9/L" 1 10-40 5-52;
    "1005671000000105" "Serum cholesterol level" "mmol/L" "mmol/L" 1 25-50 29-82;
    "1005681000000107" "Serum HDL cholesterol level" "mmol/L" "mmol/L" 1 10-25 7-24;
    "1005691000000109" "Serum triglyceride levels" "mmol/L" "mmol/L" 1 4-17 5-61;
    "1022791000000101" "Serum TSH level" "mU/L" "m[IU]/L" 2 27-420 1-1480;
    "1018251000000107" "Serum alanine aminotransferase level" "U/L" "U/L" 0 10-40 8-186;
    "1013211000000103" "Serum alkaline phosphatase level" "U/L" "U/L" 0 30-130 28-344;
    "999691000000104" "Serum bilirubin level" "µmol/L" "umol/L" 0 1-21 3-44;
    "1000821000000103" "Serum albumin level" "g/L" "g/L" 0 35-50 24-49;
    "993381000000106" "Serum ferritin level" "µg/L" "ug/L" 0 15-300 4-612;
    "1000101000000102" "Serum vitamin B12 level" "ng/L" "ng/L" 0 180-900 92-880;
    "1000131000000108" "Serum folate level" "µg/L" "ug/L" 1 30-200 11-192;
    "999651000000107" "Serum C reactive protein level" "mg/L" "mg/L" 0 0-5 1-182;
    "165581004" "International normalised ratio" "ratio" "1" 1 20-30 11-58;
    "1000381000000105" "Serum prostate specific antigen level" "µg/L" "ug/L" 1 0-40 2-214;
    "1023491000000104" "Urine albumin:creatinine ratio" "mg/mmol" "mg/mmol" 1 0-30 4-612;
    "1000691000000101" "Serum calcium level" "mmol/L" "mmol/L" 2 220-260 198-284;
    "1023671000000101" "Serum urate level" "µmol/L" "umol/L" 0 200-430 212-624;
    "1029781000000109" "Serum total 25-hydroxy vitamin D level" "nmol/L" "nmol/L" 0 50-200 12-118;
}

const fn panel(code: &'static str, term: &'static str, tests: &'static [&'static str]) -> Panel {
    Panel {
        concept: concept(code, term),
        tests,
    }
}

/// The panels.
pub(crate) const PANELS: &[Panel] = &[
    panel(
        "1022441000000101",
        "Full blood count",
        &[
            "Haemoglobin estimation",
            "Total white cell count",
            "Platelet count",
            "Mean corpuscular volume",
            "Neutrophil count",
            "Lymphocyte count",
        ],
    ),
    panel(
        "1015681000000109",
        "Urea and electrolytes",
        &[
            "Serum sodium level",
            "Serum potassium level",
            "Serum creatinine level",
            "Serum urea level",
            "Estimated glomerular filtration rate",
        ],
    ),
    panel(
        "997531000000108",
        "Liver function tests",
        &[
            "Serum alanine aminotransferase level",
            "Serum alkaline phosphatase level",
            "Serum bilirubin level",
            "Serum albumin level",
        ],
    ),
    panel(
        "1005661000000103",
        "Serum lipid levels",
        &[
            "Serum cholesterol level",
            "Serum HDL cholesterol level",
            "Serum triglyceride levels",
        ],
    ),
];
