//! Conditions, with the medicines and tests that go with them.

use crate::fact::Concept;
use crate::tables::concept;

/// Whom a condition is met in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Anyone,
    Women,
    Men,
}

/// One condition.
pub(crate) struct Condition {
    pub(crate) concept: Concept,
    pub(crate) who: Who,
    /// Age from which it is met.
    pub(crate) from_age: u32,
    /// Repeat medicines taken for it, by name.
    pub(crate) medicines: &'static [&'static str],
    /// Tests it is followed with, by name.
    pub(crate) tests: &'static [&'static str],
}

macro_rules! conditions {
    ($($code:literal $term:literal $who:ident $age:literal [$($medicine:literal),*] [$($test:literal),*];)*) => {
        /// The conditions.
        pub(crate) const ALL: &[Condition] = &[$(Condition {
            concept: concept($code, $term), who: Who::$who, from_age: $age,
            medicines: &[$($medicine),*], tests: &[$($test),*],
        }),*];
    };
}

conditions! {
    // Code, name, whom, from which age, medicines, tests.
    "59621000" "Essential hypertension" Anyone 40
        ["Amlodipine 5mg tablets", "Ramipril 5mg capsules", "Indapamide 2.5mg tablets"]
        ["Serum potassium level", "Serum creatinine level"];
    "44054006" "Type 2 diabetes mellitus" Anyone 38
        ["Metformin 500mg tablets", "Gliclazide 80mg tablets", "Empagliflozin 10mg tablets"]
        ["Haemoglobin A1c level - IFCC standardised", "Urine albumin:creatinine ratio"];
    "46635009" "Type 1 diabetes mellitus" Anyone 6
        ["Insulin glargine 100units/ml solution for injection 3ml pre-filled disposable devices", "Insulin aspart 100units/ml solution for injection 3ml cartridges", "Glucose blood testing strips"]
        ["Haemoglobin A1c level - IFCC standardised"];
    "195967001" "Asthma" Anyone 4
        ["Salbutamol 100micrograms/dose inhaler CFC free", "Beclometasone 100micrograms/dose inhaler CFC free"] [];
    "13645005" "Chronic obstructive pulmonary disease" Anyone 50
        ["Tiotropium bromide 2.5micrograms/dose inhalation solution cartridge with device CFC free", "Salbutamol 100micrograms/dose inhaler CFC free"] [];
    "49436004" "Atrial fibrillation" Anyone 55
        ["Apixaban 5mg tablets", "Bisoprolol 2.5mg tablets", "Digoxin 125microgram tablets"]
        ["Serum creatinine level"];
    "84114007" "Heart failure" Anyone 60
        ["Furosemide 40mg tablets", "Bisoprolol 2.5mg tablets", "Spironolactone 25mg tablets"]
        ["Serum sodium level", "Serum potassium level"];
    "194828000" "Angina pectoris" Anyone 50
        ["Glyceryl trinitrate 400micrograms/dose pump sublingual spray", "Aspirin 75mg dispersible tablets"] ["Serum cholesterol level"];
    "22298006" "Myocardial infarction" Anyone 45
        ["Aspirin 75mg dispersible tablets", "Atorvastatin 80mg tablets", "Clopidogrel 75mg tablets"] ["Serum cholesterol level"];
    "230690007" "Cerebrovascular accident" Anyone 55 ["Clopidogrel 75mg tablets", "Atorvastatin 20mg tablets"] [];
    "266257000" "Transient ischaemic attack" Anyone 55 ["Clopidogrel 75mg tablets"] [];
    "399957001" "Peripheral arterial disease" Anyone 55 ["Clopidogrel 75mg tablets"] [];
    "55822004" "Hyperlipidaemia" Anyone 35 ["Atorvastatin 20mg tablets", "Ezetimibe 10mg tablets"] ["Serum cholesterol level", "Serum triglyceride levels"];
    "40930008" "Hypothyroidism" Anyone 25 ["Levothyroxine sodium 50microgram tablets"] ["Serum TSH level"];
    "34486009" "Hyperthyroidism" Anyone 25 ["Carbimazole 5mg tablets"] ["Serum TSH level"];
    "396275006" "Osteoarthritis" Anyone 50 ["Co-codamol 30mg/500mg tablets", "Naproxen 250mg tablets"] [];
    "69896004" "Rheumatoid arthritis" Anyone 30 ["Methotrexate 2.5mg tablets", "Folic acid 5mg tablets"] ["Serum C reactive protein level", "Serum alanine aminotransferase level"];
    "90560007" "Gout" Anyone 40 ["Allopurinol 100mg tablets"] ["Serum urate level"];
    "64859006" "Osteoporosis" Women 60 ["Alendronic acid 70mg tablets", "Colecalciferol 800unit capsules"] ["Serum calcium level"];
    "65323003" "Polymyalgia rheumatica" Anyone 60 ["Prednisolone 5mg tablets"] ["Serum C reactive protein level"];
    "35489007" "Depressive disorder" Anyone 18 ["Sertraline 50mg tablets"] [];
    "197480006" "Anxiety disorder" Anyone 18 ["Propranolol 40mg tablets"] [];
    "13746004" "Bipolar disorder" Anyone 20 ["Lithium carbonate 400mg modified-release tablets"] ["Serum creatinine level", "Serum TSH level"];
    "58214004" "Schizophrenia" Anyone 20 ["Olanzapine 10mg tablets"] [];
    "84757009" "Epilepsy" Anyone 5 ["Lamotrigine 100mg tablets", "Levetiracetam 500mg tablets"] [];
    "37796009" "Migraine" Anyone 14 ["Sumatriptan 50mg tablets"] [];
    "49049000" "Parkinson's disease" Anyone 60 ["Co-careldopa 25mg/100mg tablets"] [];
    "52448006" "Dementia" Anyone 68 ["Donepezil 10mg tablets"] [];
    "26929004" "Alzheimer's disease" Anyone 68 ["Memantine 20mg tablets"] [];
    "24700007" "Multiple sclerosis" Anyone 25 ["Baclofen 10mg tablets"] [];
    "433144002" "Chronic kidney disease stage 3" Anyone 55 ["Ramipril 5mg capsules"] ["Estimated glomerular filtration rate", "Urine albumin:creatinine ratio"];
    "235595009" "Gastro-oesophageal reflux disease" Anyone 25 ["Omeprazole 20mg gastro-resistant capsules"] [];
    "10743008" "Irritable bowel syndrome" Anyone 18 ["Mebeverine 135mg tablets"] [];
    "396331005" "Coeliac disease" Anyone 8 [] ["Serum ferritin level"];
    "34000006" "Crohn's disease" Anyone 16 ["Azathioprine 50mg tablets"] ["Total white cell count"];
    "64766004" "Ulcerative colitis" Anyone 18 ["Mesalazine 800mg gastro-resistant tablets"] [];
    "397881000" "Diverticular disease" Anyone 50 ["Macrogol compound oral powder sachets"] [];
    "9014002" "Psoriasis" Anyone 18 ["Calcipotriol 0.005% / Betamethasone 0.05% gel"] [];
    "24079001" "Atopic dermatitis" Anyone 0 ["White soft paraffin 50% / Liquid paraffin 50% ointment"] [];
    "21719001" "Allergic rhinitis due to pollen" Anyone 5 ["Cetirizine 10mg tablets"] [];
    "87522002" "Iron deficiency anaemia" Anyone 16 ["Ferrous fumarate 210mg tablets"] ["Haemoglobin estimation", "Serum ferritin level"];
    "84027009" "Pernicious anaemia" Anyone 45 [] ["Serum vitamin B12 level"];
    "34713006" "Vitamin D deficiency" Anyone 18 ["Colecalciferol 800unit capsules"] ["Serum total 25-hydroxy vitamin D level"];
    "254837009" "Malignant neoplasm of breast" Women 40 ["Letrozole 2.5mg tablets"] [];
    "399068003" "Malignant tumour of prostate" Men 55 [] ["Serum prostate specific antigen level"];
    "266569009" "Benign prostatic hyperplasia" Men 55 ["Tamsulosin 400microgram modified-release capsules", "Finasteride 5mg tablets"] ["Serum prostate specific antigen level"];
    "237055002" "Polycystic ovary syndrome" Women 18 [] [];
    "129103003" "Endometriosis" Women 20 ["Desogestrel 75microgram tablets"] [];
    "23986001" "Glaucoma" Anyone 50 ["Latanoprost 50micrograms/ml eye drops"] [];
    "193570009" "Cataract" Anyone 60 [] [];
    "267718000" "Age-related macular degeneration" Anyone 65 [] [];
    "15188001" "Hearing loss" Anyone 50 [] [];
    "73430006" "Sleep apnoea" Anyone 35 [] [];
    "414916001" "Obesity" Anyone 16 [] [];
    "128053003" "Deep venous thrombosis" Anyone 30 ["Apixaban 5mg tablets"] [];
    "59282003" "Pulmonary embolism" Anyone 35 ["Warfarin 3mg tablets"] ["International normalised ratio"];
    "110359009" "Learning disability" Anyone 0 [] [];
    "406506008" "Attention deficit hyperactivity disorder" Anyone 7 ["Methylphenidate 18mg modified-release tablets"] [];
    "417357006" "Sickle cell disease" Anyone 0 ["Phenoxymethylpenicillin 250mg tablets"] ["Haemoglobin estimation"];
    "84089009" "Hiatus hernia" Anyone 40 ["Lansoprazole 15mg gastro-resistant capsules"] [];
    "235919008" "Gallstones" Anyone 35 [] [];
    "57406009" "Carpal tunnel syndrome" Anyone 30 [] [];
    "279039007" "Low back pain" Anyone 18 ["Co-codamol 30mg/500mg tablets"] [];
    "82423001" "Chronic pain" Anyone 30 ["Gabapentin 300mg capsules", "Amitriptyline 10mg tablets"] [];
    "65363002" "Otitis media" Anyone 0 [] [];
    "90176007" "Tonsillitis" Anyone 2 [] [];
    "38907003" "Chickenpox" Anyone 0 [] [];
    "4120002" "Bronchiolitis" Anyone 0 [] [];
}
