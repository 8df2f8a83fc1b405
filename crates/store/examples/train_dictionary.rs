//! Trains the compression dictionary on made-up GP Summaries and writes it to the file named.
//!
//! Run only to make a *new* dictionary: the numbered ones in `dictionary/` are never replaced,
//! because documents in the field need them. Everything here is invented; only the element and
//! attribute names are those of the published message.

#![allow(
    clippy::disallowed_methods,
    reason = "a tool that writes one file, not the product"
)]
#![allow(clippy::print_stdout, reason = "a tool for the terminal")]

use std::fmt::Write;

const SIZE: usize = 16 * 1024;
/// Samples are cut in pieces, so that the dictionary serves the middle of documents as well.
const PIECE: usize = 4 * 1024;

const MEDICINES: &[(&str, &str)] = &[
    ("Amoxicillin 500mg capsules", "1 capsule three times a day"),
    (
        "Paracetamol 500mg tablets",
        "2 tablets up to four times a day when required",
    ),
    ("Ramipril 5mg capsules", "1 capsule each day"),
    ("Atorvastatin 20mg tablets", "1 tablet at night"),
    (
        "Salbutamol 100micrograms/dose inhaler CFC free",
        "2 puffs when required",
    ),
    ("Metformin 500mg tablets", "1 tablet twice a day with meals"),
    (
        "Omeprazole 20mg gastro-resistant capsules",
        "1 capsule each morning",
    ),
    (
        "Levothyroxine sodium 50microgram tablets",
        "1 tablet daily before breakfast",
    ),
    ("Bisoprolol 2.5mg tablets", "1 tablet each morning"),
    (
        "Aspirin 75mg dispersible tablets",
        "1 tablet daily, dissolved in water",
    ),
    ("Amlodipine 10mg tablets", "1 daily"),
    ("Citalopram 20mg tablets", "1 tablet each day"),
];
const ALLERGIES: &[&str] = &[
    "Allergy to penicillin",
    "Adverse reaction to ibuprofen",
    "Allergy to peanuts",
    "Sensitivity to latex",
    "Allergy to house dust mite",
    "Adverse reaction to codeine phosphate",
];
const PROBLEMS: &[&str] = &[
    "Essential hypertension",
    "Asthma",
    "Type 2 diabetes mellitus",
    "Hypothyroidism",
    "Osteoarthritis of knee",
    "Fracture of distal radius",
    "Chronic obstructive pulmonary disease",
    "Atrial fibrillation",
];
const MONTHS: &[&str] = &[
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const SNOMED: &str = r#"codeSystem="2.16.840.1.113883.2.1.3.2.4.15""#;

/// A small pseudo-random sequence (Knuth's MMIX constants): the same samples at every run.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'0' + self.below(10) as u8))
            .collect()
    }

    fn uuid(&mut self) -> String {
        let hex = |s: &mut Self, n| {
            (0..n)
                .map(|_| format!("{:X}", s.below(16)))
                .collect::<String>()
        };
        [8, 4, 4, 4, 12].map(|n| hex(self, n)).join("-")
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn day(&mut self) -> (String, String) {
        let (day, month, year) = (self.below(28) + 1, self.below(12), 2005 + self.below(21));
        (
            format!("{day:02} {} {year}", MONTHS[month]),
            format!("{year}{:02}{day:02}", month + 1),
        )
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: train_dictionary FILE")?;
    let mut sequence = Sequence(2026);
    let documents: Vec<String> = (0..400).map(|_| summary(&mut sequence)).collect();
    let pieces: Vec<&[u8]> = documents
        .iter()
        .flat_map(|document| document.as_bytes().chunks(PIECE))
        .collect();
    let dictionary = zstd::dict::from_samples(&pieces, SIZE)?;
    std::fs::write(&path, &dictionary)?;
    let plain: usize = documents.iter().map(String::len).sum();
    let ratio = |dictionary: &[u8]| -> Result<f64, std::io::Error> {
        let mut compressor = zstd::bulk::Compressor::with_dictionary(3, dictionary)?;
        let sizes: Result<Vec<_>, _> = documents
            .iter()
            .map(|d| compressor.compress(d.as_bytes()).map(|c| c.len()))
            .collect();
        Ok(plain as f64 / sizes?.iter().sum::<usize>() as f64)
    };
    println!(
        "{} documents of {} bytes on average",
        documents.len(),
        plain / documents.len()
    );
    println!(
        "{} bytes of dictionary: ratio {:.1} with, {:.1} without",
        dictionary.len(),
        ratio(&dictionary)?,
        ratio(b"")?
    );
    Ok(())
}

fn summary(s: &mut Sequence) -> String {
    let mut x = String::new();
    let (id, patient, role, user) = (s.uuid(), s.digits(7), s.digits(12), s.digits(12));
    let (_, made) = s.day();
    let _ = write!(
        x,
        r#"<GPSummary xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" classCode="COMPOSITION" moodCode="EVN"><id root="{id}"/><code code="196981000000101" {SNOMED} displayName="General Practice Summary"/><effectiveTime value="{made}093000"/><statusCode code="active"/><recordTarget typeCode="RCT"><patient classCode="PAT"><id root="2.16.840.1.113883.2.1.4.1" extension="999{patient}"/></patient></recordTarget><author typeCode="AUT" contextControlCode="OP"><time value="{made}093000"/><UKCT_MT160018UK01.AgentPersonSDS classCode="AGNT"><id root="1.2.826.0.1285.0.2.0.67" extension="{role}"/><agentPersonSDS classCode="PSN" determinerCode="INSTANCE"><id root="1.2.826.0.1285.0.2.0.65" extension="{user}"/><name use="L">Dr Example</name></agentPersonSDS></UKCT_MT160018UK01.AgentPersonSDS></author>"#
    );
    let medicines: Vec<_> = (0..1 + s.below(12))
        .map(|_| (s.pick(MEDICINES), s.day()))
        .collect();
    let allergies: Vec<_> = (0..s.below(5))
        .map(|_| (s.pick(ALLERGIES), s.day()))
        .collect();
    let problems: Vec<_> = (0..s.below(7))
        .map(|_| (s.pick(PROBLEMS), s.day()))
        .collect();
    x.push_str(r#"<excerptFrom typeCode="XCRPT" contextConductionInd="true" inversionInd="false" negationInd="false"><templateId root="2.16.840.1.113883.2.1.3.2.4.18.2" extension="CSAT_RM-NPfITUK10.excerptFrom"/><seperatableInd value="false"/><UKCT_MT144051UK01.CareProfessionalDocumentationCRE classCode="CATEGORY" moodCode="EVN"><code code="163171000000105" codeSystem="2.16.840.1.113883.2.1.3.2.4.15" displayName="Care Professional Documentation"/><component typeCode="COMP" inversionInd="false" negationInd="false"><templateId root="2.16.840.1.113883.2.1.3.2.4.18.2" extension="CSAB_RM-NPfITUK10.component"/><seperatableInd value="false"/><presentationText classCode="OBS" moodCode="EVN"><value mediaType="text/plain"><html xmlns="xhtml:NPfIT:PresentationText">"#);
    table(
        &mut x,
        "Allergies and Adverse Reactions",
        &[
            "Date",
            "Description",
            "Certainty",
            "Severity",
            "Supporting Information",
        ],
        allergies.iter().map(|(a, (day, _))| {
            vec![
                day.clone(),
                (*a).to_owned(),
                String::new(),
                String::new(),
                String::new(),
            ]
        }),
    );
    table(
        &mut x,
        "Acute Medications",
        &[
            "Date",
            "Medication Item",
            "Dosage Instructions",
            "Quantity",
            "Reason For Medication",
        ],
        medicines.iter().map(|((m, dose), (day, _))| {
            vec![
                day.clone(),
                (*m).to_owned(),
                (*dose).to_owned(),
                "28 tablets".to_owned(),
                String::new(),
            ]
        }),
    );
    table(
        &mut x,
        "Diagnoses",
        &["Date", "Description", "Supporting Information"],
        problems
            .iter()
            .map(|(p, (day, _))| vec![day.clone(), (*p).to_owned(), String::new()]),
    );
    x.push_str(r#"</html></value></presentationText></component></UKCT_MT144051UK01.CareProfessionalDocumentationCRE></excerptFrom>"#);
    sections(&mut x, s, &allergies, &medicines, &problems);
    x.push_str("</GPSummary>");
    x
}

fn table(x: &mut String, title: &str, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let _ = write!(x, "<h2>{title}</h2><table><thead><tr>");
    heads
        .iter()
        .for_each(|head| x.push_str(&format!("<th>{head}</th>")));
    x.push_str("</tr></thead><tbody>");
    for (at, row) in rows.enumerate() {
        x.push_str(if at % 2 == 0 {
            r#"<tr class="OddRow">"#
        } else {
            r#"<tr class="EvenRow">"#
        });
        for cell in row {
            match cell.is_empty() {
                true => x.push_str("<td/>"),
                false => x.push_str(&format!("<td>{cell}</td>")),
            }
        }
        x.push_str("</tr>");
    }
    x.push_str("</tbody></table>");
}

type Dated<T> = (T, (String, String));

fn sections(
    x: &mut String,
    s: &mut Sequence,
    allergies: &[Dated<&str>],
    medicines: &[Dated<(&str, &str)>],
    problems: &[Dated<&str>],
) {
    section(
        x,
        "163221000000102",
        "Allergies and Adverse Reactions",
        |x| {
            for (name, (_, day)) in allergies {
                let (id, code) = (s.uuid(), s.digits(9));
                component(
                    x,
                    &format!(
                        r#"<UKCT_MT144053UK02.Allergy classCode="OBS" moodCode="EVN"><id root="{id}"/><code code="{code}" {SNOMED} displayName="{name}"><originalText>{name}</originalText></code><statusCode code="completed"/><effectiveTime><low value="{day}"/></effectiveTime></UKCT_MT144053UK02.Allergy>"#
                    ),
                );
            }
        },
    );
    section(x, "163141000000104", "Medication", |x| {
        for ((name, dose), (_, day)) in medicines {
            let (id, code) = (s.uuid(), s.digits(15));
            component(
                x,
                &format!(
                    r#"<UKCT_MT144043UK02.MedicationStatement classCode="SBADM" moodCode="INT"><id root="{id}"/><code code="{code}" {SNOMED} displayName="{name}"/><statusCode code="active"/><effectiveTime><center value="{day}"/></effectiveTime><consumable typeCode="CSM" contextControlCode="OP"><manufacturedProduct classCode="MANU"><manufacturedManufacturedMaterial classCode="MMAT" determinerCode="KIND"><code code="{code}" {SNOMED} displayName="{name}"/></manufacturedManufacturedMaterial></manufacturedProduct></consumable><pertinentInformation2 typeCode="PERT" contextConductionInd="true"><seperatableInd value="false"/><pertinentDosageInstructions classCode="OBS" moodCode="EVN"><code code="DI" codeSystem="2.16.840.1.113883.2.1.3.2.4.17.30" displayName="Dosage Instructions"/><value>{dose}</value></pertinentDosageInstructions></pertinentInformation2></UKCT_MT144043UK02.MedicationStatement>"#
                ),
            );
        }
    });
    section(x, "163001000000103", "Diagnoses", |x| {
        for (name, (_, day)) in problems {
            let (id, code) = (s.uuid(), s.digits(9));
            component(
                x,
                &format!(
                    r#"<UKCT_MT144042UK01.Diagnosis classCode="OBS" moodCode="EVN"><id root="{id}"/><code code="{code}" {SNOMED} displayName="{name}"/><statusCode code="active"/><effectiveTime><low value="{day}"/></effectiveTime></UKCT_MT144042UK01.Diagnosis>"#
                ),
            );
        }
    });
}

fn section(x: &mut String, code: &str, name: &str, components: impl FnOnce(&mut String)) {
    let _ = write!(
        x,
        r#"<pertinentInformation2 typeCode="PERT" inversionInd="false" contextConductionInd="true" negationInd="false"><templateId root="2.16.840.1.113883.2.1.3.2.4.18.2" extension="CSAB_RM-NPfITUK10.pertinentInformation1"/><seperatableInd value="true"/><pertinentCREType classCode="CATEGORY" moodCode="EVN"><code code="{code}" {SNOMED} displayName="{name}"/>"#
    );
    components(x);
    x.push_str("</pertinentCREType></pertinentInformation2>");
}

fn component(x: &mut String, content: &str) {
    x.push_str(r#"<component typeCode="COMP" contextConductionInd="true"><templateId root="2.16.840.1.113883.2.1.3.2.4.18.2" extension="CSAB_RM-NPfITUK10.component"/><seperatableInd value="false"/>"#);
    x.push_str(content);
    x.push_str("</component>");
}
