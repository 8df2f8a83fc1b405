//! Uploads of CP-IS: plans to be asked about, and how long a large file takes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use domain::cpis::{Authority, AuthorityContact};
use domain::{NhsNumber, OdsCode};
use serde::Serialize;
use synthetic::cpis::{Caseload, Office};

use crate::process::{Server, Usage};

/// Children with a plan.
const CHILDREN: u32 = 1_000;

/// Of a hundred records of a large file, so many are refused.
const FAULTY: u32 = 1;

/// What a large upload took.
#[derive(Debug, Serialize)]
pub(crate) struct Upload {
    pub(crate) records: u64,
    pub(crate) stored: u64,
    pub(crate) refused: u64,
    /// Of the file, MiB.
    pub(crate) megabytes: u64,
    /// From the first byte sent to the last byte of the acknowledgement.
    pub(crate) seconds: f64,
    pub(crate) records_per_second: f64,
    /// The server's resident memory before, MiB.
    pub(crate) idle_memory_mib: u64,
    /// Its highest, MiB.
    pub(crate) peak_memory_mib: u64,
}

impl Upload {
    pub(crate) fn text(&self) -> String {
        format!(
            "CP-IS upload: {} records ({} MiB) in {:.1} s, {:.0} records/s; {} stored, {} refused; \
             memory {} MiB before, {} MiB at most",
            self.records,
            self.megabytes,
            self.seconds,
            self.records_per_second,
            self.stored,
            self.refused,
            self.idle_memory_mib,
            self.peak_memory_mib,
        )
    }
}

/// Who has a plan once [`fill`] has uploaded them.
pub(crate) fn children() -> Result<Vec<NhsNumber>> {
    // Whose number it is depends on neither the day nor the authority.
    let caseload = Caseload {
        seed: 1,
        first: 0,
        today: synthetic::Population::REFERENCE,
        faulty: 0,
        office: Office {
            authority: Authority {
                code: OdsCode::parse("Y90004")?,
                name: "Example Council".to_owned(),
            },
            contact: AuthorityContact {
                office: None,
                emergency: "tel:01632960002".to_owned(),
            },
        },
    };
    let people = (0..CHILDREN).filter_map(|index| caseload.case(index).person);
    Ok(people.map(|person| person.number).collect())
}

/// Uploads plans of the children to a running product.
pub(crate) fn fill(data: &Path) -> Result<()> {
    let file = seed(data, CHILDREN, 0)?;
    let report = upload(data, &file)?;
    match report["stored"].as_u64() {
        Some(stored) if stored == u64::from(CHILDREN) => Ok(()),
        _ => bail!("not all plans were stored: {}", report["code"]),
    }
}

/// Uploads a file of so many records to a running product, and looks at what that took.
pub(crate) fn measure(data: &Path, product: &Server, records: u32) -> Result<Upload> {
    let file = seed(data, records, FAULTY)?;
    let before = Usage::of(product.pid)?;
    let report = upload(data, &file)?;
    let after = Usage::of(product.pid)?;
    let count = |key: &str| {
        let count = report[key].as_u64();
        count.with_context(|| format!("no {key} in {report}"))
    };
    let seconds = report["seconds"].as_f64().context("no seconds")?;
    let measured = Upload {
        records: count("records")?,
        stored: count("stored")?,
        refused: count("refused")?,
        megabytes: transport::files::size(&file)? >> 20,
        seconds,
        records_per_second: f64::from(records) / seconds.max(0.001),
        idle_memory_mib: before.memory >> 20,
        peak_memory_mib: after.peak_memory >> 20,
    };
    let refused = u64::from(records) * u64::from(FAULTY) / 100;
    anyhow::ensure!(measured.refused == refused, "{}", measured.text());
    Ok(measured)
}

/// An upload file, and its people in the store.
fn seed(data: &Path, records: u32, faulty: u32) -> Result<PathBuf> {
    let file = data.join(format!("bench-{records}.xml"));
    let number = records.to_string();
    let output = Command::new(crate::beside("minispine")?)
        .args(["cpis", "seed", "--people", "--records", &number])
        .args(["--faulty", &faulty.to_string(), "--file-number", &number])
        .arg("--out")
        .arg(&file)
        .arg("--data")
        .arg(data)
        .output()?;
    if !output.status.success() {
        bail!("cpis seed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(file)
}

fn upload(data: &Path, file: &Path) -> Result<serde_json::Value> {
    let output = Command::new(crate::beside("minispine")?)
        .args(["cpis", "upload", "--json", "--data"])
        .args([data, file])
        .output()?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("cpis upload: {}", String::from_utf8_lossy(&output.stderr)))
}
