//! Medicines, named as the dictionary of medicines and devices (dm+d) names them.

/// One medicine.
#[derive(Debug)]
pub(crate) struct Medicine {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// Age from which it is given.
    pub(crate) from_age: u32,
    /// Whether it is given for a single course rather than on repeat.
    pub(crate) acute: bool,
    /// How to take it: one of these.
    pub(crate) doses: &'static [&'static str],
    /// How much at one time.
    pub(crate) quantity: u32,
    /// Of what.
    pub(crate) unit: &'static str,
}

/// A medicine by its name.
pub(crate) fn by_name(name: &str) -> Option<&'static Medicine> {
    ALL.iter().find(|medicine| medicine.name == name)
}

const OD: &[&str] = &["Take ONE daily", "One to be taken each morning", "1 OD"];
const BD: &[&str] = &["Take ONE twice a day", "One to be taken morning & evening"];
const TDS: &[&str] = &[
    "Take ONE three times a day",
    "One to be taken 3 times/day, after food",
];
const ON: &[&str] = &["Take ONE at night", "One to be taken at bedtime"];
const PRN: &[&str] = &[
    "Take 1 or 2 up to 4 times/day when required (max. 8 in 24 hours)",
    "1-2 every 4-6 hours if needed; leave > 4 hours between doses",
];
const SKIN: &[&str] = &[
    "Apply thinly twice a day",
    "Apply to the affected areas < 2 weeks at a time",
];
const INHALED: &[&str] = &[
    "Inhale 2 puffs when required",
    "2 puffs twice a day via spacer; rinse mouth after use",
];
const UNITS: &[&str] = &[
    "As directed, according to blood glucose",
    "18 units at night & adjust by 2 units",
];
const WEEKLY: &[&str] = &[
    "Take ONE each week, on the same day",
    "ONE weekly, upright & with a full glass of water",
];
const SPOON: &[&str] = &[
    "One 5ml spoonful three times a day",
    "2.5ml 3 times/day for 5 days (store at < 8°C)",
];
const DROPS: &[&str] = &[
    "One drop into the affected eye(s) at night",
    "1 drop each eye ON",
];

const QDS: &[&str] = &["Take ONE four times a day on an empty stomach"];
const FIVE: &[&str] = &["Take ONE five times a day for 7 days"];
const SPRAY: &[&str] = &[
    "1 or 2 puffs under the tongue when required; call 999 if pain lasts > 5 minutes after the second",
];
const ONSET: &[&str] = &["ONE at onset of migraine; may be repeated once after > 2 hours"];
const ITCH: &[&str] = &["ONE up to four times a day when required (may cause drowsiness)"];
const OPIOID: &[&str] = &["2.5ml every four hours when required for pain or breathlessness"];
const SHORT: &[&str] = &["ONE at night when required, for no more than 7 days"];

/// Taken by women only, and up to this age.
pub(crate) const WOMEN_UNTIL: &[(&str, u32)] = &[
    ("Desogestrel", 55),
    ("Medroxyprogesterone", 55),
    ("Letrozole", 120),
];
/// Taken by men only.
pub(crate) const MEN: &[&str] = &["Tamsulosin", "Finasteride"];

macro_rules! medicines {
    ($($code:literal $name:literal $age:literal $acute:literal $doses:ident $quantity:literal $unit:literal;)*) => {
        /// The medicines.
        pub(crate) const ALL: &[Medicine] = &[$(Medicine {
            code: $code, name: $name, from_age: $age, acute: $acute, doses: $doses,
            quantity: $quantity, unit: $unit,
        }),*];
    };
}

medicines! {
    // Code, name, from which age, acute, dose, quantity, unit.
    "319283006" "Amlodipine 5mg tablets" 18 false OD 28 "tablet";
    "318906001" "Ramipril 5mg capsules" 18 false OD 28 "capsule";
    "317935006" "Indapamide 2.5mg tablets" 18 false OD 28 "tablet";
    "325278007" "Metformin 500mg tablets" 18 false BD 56 "tablet";
    "325238000" "Gliclazide 80mg tablets" 18 false BD 56 "tablet";
    "24093511000001105" "Empagliflozin 10mg tablets" 18 false OD 28 "tablet";
    "35857211000001100" "Insulin glargine 100units/ml solution for injection 3ml pre-filled disposable devices" 2 false UNITS 5 "pre-filled disposable injection";
    "35727911000001107" "Insulin aspart 100units/ml solution for injection 3ml cartridges" 2 false UNITS 5 "cartridge";
    "337388004" "Glucose blood testing strips" 2 false UNITS 100 "strip";
    "320139002" "Salbutamol 100micrograms/dose inhaler CFC free" 2 false INHALED 200 "dose";
    "320519006" "Beclometasone 100micrograms/dose inhaler CFC free" 4 false INHALED 200 "dose";
    "35613911000001102" "Tiotropium bromide 2.5micrograms/dose inhalation solution cartridge with device CFC free" 18 false INHALED 60 "dose";
    "703908001" "Apixaban 5mg tablets" 18 false BD 56 "tablet";
    "318590006" "Bisoprolol 2.5mg tablets" 18 false OD 28 "tablet";
    "317921009" "Digoxin 125microgram tablets" 18 false OD 28 "tablet";
    "317972000" "Furosemide 40mg tablets" 18 false OD 28 "tablet";
    "318056008" "Spironolactone 25mg tablets" 18 false OD 28 "tablet";
    "319240000" "Glyceryl trinitrate 400micrograms/dose pump sublingual spray" 18 false SPRAY 200 "dose";
    "319775004" "Aspirin 75mg dispersible tablets" 16 false OD 28 "tablet";
    "320029006" "Atorvastatin 20mg tablets" 18 false ON 28 "tablet";
    "408036003" "Atorvastatin 80mg tablets" 18 false ON 28 "tablet";
    "319989002" "Ezetimibe 10mg tablets" 18 false OD 28 "tablet";
    "319773006" "Clopidogrel 75mg tablets" 18 false OD 28 "tablet";
    "325408008" "Levothyroxine sodium 50microgram tablets" 2 false OD 28 "tablet";
    "325419006" "Carbimazole 5mg tablets" 10 false OD 28 "tablet";
    "322280009" "Co-codamol 30mg/500mg tablets" 18 false PRN 100 "tablet";
    "329687003" "Naproxen 250mg tablets" 18 false BD 56 "tablet";
    "326874007" "Methotrexate 2.5mg tablets" 18 false WEEKLY 24 "tablet";
    "327137003" "Folic acid 5mg tablets" 12 false WEEKLY 12 "tablet";
    "330191009" "Allopurinol 100mg tablets" 18 false OD 28 "tablet";
    "325871008" "Alendronic acid 70mg tablets" 40 false WEEKLY 4 "tablet";
    "13110811000001105" "Colecalciferol 800unit capsules" 12 false OD 30 "capsule";
    "325426006" "Prednisolone 5mg tablets" 4 false OD 28 "tablet";
    "321988008" "Sertraline 50mg tablets" 16 false OD 28 "tablet";
    "318353009" "Propranolol 40mg tablets" 16 false TDS 84 "tablet";
    "321719003" "Lithium carbonate 400mg modified-release tablets" 18 false ON 28 "tablet";
    "321611009" "Olanzapine 10mg tablets" 18 false ON 28 "tablet";
    "322975007" "Lamotrigine 100mg tablets" 6 false BD 56 "tablet";
    "322941006" "Levetiracetam 500mg tablets" 6 false BD 60 "tablet";
    "322812001" "Sumatriptan 50mg tablets" 16 false ONSET 6 "tablet";
    "323068003" "Co-careldopa 25mg/100mg tablets" 40 false TDS 84 "tablet";
    "323253005" "Donepezil 10mg tablets" 50 false ON 28 "tablet";
    "13105011000001108" "Memantine 20mg tablets" 50 false OD 28 "tablet";
    "330247000" "Baclofen 10mg tablets" 18 false TDS 84 "tablet";
    "317291008" "Omeprazole 20mg gastro-resistant capsules" 12 false OD 28 "capsule";
    "317327003" "Lansoprazole 15mg gastro-resistant capsules" 12 false OD 28 "capsule";
    "317016008" "Mebeverine 135mg tablets" 16 false TDS 84 "tablet";
    "326735009" "Azathioprine 50mg tablets" 16 false OD 56 "tablet";
    "12880811000001108" "Mesalazine 800mg gastro-resistant tablets" 16 false TDS 90 "tablet";
    "317596002" "Macrogol compound oral powder sachets" 12 false BD 30 "sachet";
    "16120411000001107" "Calcipotriol 0.005% / Betamethasone 0.05% gel" 18 false SKIN 60 "gram";
    "331884002" "White soft paraffin 50% / Liquid paraffin 50% ointment" 0 false SKIN 500 "gram";
    "320818006" "Cetirizine 10mg tablets" 6 false OD 30 "tablet";
    "327043004" "Ferrous fumarate 210mg tablets" 12 false BD 56 "tablet";
    "326346005" "Letrozole 2.5mg tablets" 18 false OD 28 "tablet";
    "326612001" "Tamsulosin 400microgram modified-release capsules" 40 false OD 30 "capsule";
    "325963008" "Finasteride 5mg tablets" 40 false OD 28 "tablet";
    "326242005" "Desogestrel 75microgram tablets" 14 false OD 84 "tablet";
    "330811006" "Latanoprost 50micrograms/ml eye drops" 18 false DROPS 3 "ml";
    "319735007" "Warfarin 3mg tablets" 18 false ON 56 "tablet";
    "321891007" "Methylphenidate 18mg modified-release tablets" 6 false OD 30 "tablet";
    "323355001" "Phenoxymethylpenicillin 250mg tablets" 2 true BD 56 "tablet";
    "323021008" "Gabapentin 300mg capsules" 18 false TDS 84 "capsule";
    "321746008" "Amitriptyline 10mg tablets" 18 false ON 28 "tablet";
    "323510009" "Amoxicillin 500mg capsules" 12 true TDS 21 "capsule";
    "323513006" "Amoxicillin 125mg/5ml oral suspension sugar free" 0 true SPOON 100 "ml";
    "322236009" "Paracetamol 500mg tablets" 12 true PRN 100 "tablet";
    "322282001" "Paracetamol 120mg/5ml oral suspension paediatric sugar free" 0 true SPOON 200 "ml";
    "329652003" "Ibuprofen 200mg tablets" 12 true TDS 84 "tablet";
    "323538001" "Flucloxacillin 500mg capsules" 10 true QDS 28 "capsule";
    "324175007" "Trimethoprim 200mg tablets" 12 true BD 6 "tablet";
    "324047007" "Doxycycline 100mg capsules" 12 true OD 8 "capsule";
    "324252006" "Clarithromycin 500mg tablets" 12 true BD 14 "tablet";
    "324546006" "Nitrofurantoin 100mg modified-release capsules" 12 true BD 6 "capsule";
    "332852007" "Fusidic acid 2% cream" 0 true SKIN 15 "gram";
    "331646005" "Clotrimazole 1% cream" 0 true SKIN 20 "gram";
    "331556002" "Hydrocortisone 1% cream" 0 true SKIN 30 "gram";
    "330466003" "Chloramphenicol 0.5% eye drops" 2 true DROPS 10 "ml";
    "321184006" "Zopiclone 3.75mg tablets" 18 true SHORT 7 "tablet";
    "321140006" "Diazepam 2mg tablets" 18 true SHORT 10 "tablet";
    "322494008" "Codeine 30mg tablets" 18 true PRN 28 "tablet";
    "322516009" "Morphine sulfate 10mg/5ml oral solution" 18 true OPIOID 100 "ml";
    "322078007" "Prochlorperazine 5mg tablets" 12 true TDS 28 "tablet";
    "325443009" "Prednisolone 5mg soluble tablets" 4 true OD 40 "tablet";
    "320802000" "Chlorphenamine 4mg tablets" 6 true ITCH 28 "tablet";
    "324722002" "Aciclovir 800mg tablets" 16 true FIVE 35 "tablet";
}

/// Given in the practice by injection, not dispensed.
pub(crate) const GIVEN: &[Medicine] = &[
    given(
        "36054511000001107",
        "Hydroxocobalamin 1mg/1ml solution for injection ampoules",
    ),
    given(
        "36564211000001101",
        "Medroxyprogesterone 150mg/1ml suspension for injection vials",
    ),
];

const fn given(code: &'static str, name: &'static str) -> Medicine {
    let doses = &["By intramuscular injection every 12 weeks"];
    Medicine {
        code,
        name,
        from_age: 18,
        acute: true,
        doses,
        quantity: 1,
        unit: "ampoule",
    }
}
