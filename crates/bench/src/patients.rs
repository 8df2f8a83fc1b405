//! Of whom it is asked.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use domain::NhsNumber;
use transport::files;

/// Seed of the population.
pub(crate) const SEED: u64 = 1;
/// Index of the first patient with a document of 20 KB.
pub(crate) const OF_20_KB: u32 = 0;
/// Index of the first patient with a document of 64 KB.
pub(crate) const OF_64_KB: u32 = WITH_DOCUMENT;
/// Patients with a document of each size.
const WITH_DOCUMENT: u32 = 200;
/// Patients who give permission: more than there are requests in a few rounds, because a first
/// permission costs the store more than a later one.
const PERMITTING: u32 = 50_000;

/// Patients by what there is of them.
pub(crate) struct Patients {
    /// With a document of 20 KB.
    pub(crate) of_20_kb: Vec<NhsNumber>,
    /// With a document of 64 KB.
    pub(crate) of_64_kb: Vec<NhsNumber>,
    /// Without one.
    pub(crate) permitting: Vec<NhsNumber>,
    /// With a child protection plan, once [`crate::cpis::fill`] has uploaded it.
    pub(crate) with_plan: Vec<NhsNumber>,
}

/// Makes documents of both sizes and imports them.
pub(crate) fn prepare(folder: &Path, data: &Path) -> Result<Patients> {
    let documents = folder.join("documents");
    files::create_dir_private(&documents)?;
    let population = synthetic::population(SEED);
    let make = |from: u32, bytes: usize| -> Result<Vec<NhsNumber>> {
        (from..from + WITH_DOCUMENT)
            .map(|index| {
                let patient = population.patient(index);
                let name = format!("{index}.xml");
                files::write_atomic(documents.join(name), patient.summary_of_size(bytes))?;
                Ok(patient.nhs_number)
            })
            .collect()
    };
    let patients = Patients {
        of_20_kb: make(OF_20_KB, 20 << 10)?,
        of_64_kb: make(OF_64_KB, 64 << 10)?,
        permitting: (2 * WITH_DOCUMENT..2 * WITH_DOCUMENT + PERMITTING)
            .map(|index| population.patient(index).nhs_number)
            .collect(),
        with_plan: crate::cpis::children()?,
    };
    let output = Command::new(crate::beside("minispine")?)
        .args(["import", "--strict", "--data"])
        .args([data, &documents])
        .output()?;
    if !output.status.success() {
        bail!(
            "the import failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(patients)
}
