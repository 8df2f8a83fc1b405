//! How long conversion takes: `cargo run --release -p minispine-conversion --example rate`
//!
//! Prints, for made-up documents of several sizes: microseconds and megabytes of HL7 V3 a second from
//! V3 to FHIR JSON, reading and writing included, and back.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measuring tool looks at the clock and prints"
)]

use std::time::{Duration, Instant};

use conversion::{NewDocument, Profile, Retrieved, from_fhir, to_fhir};
use fhir::Resource;
use hl7v3::gp_summary::model;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "{:>9} {:>9} {:>11} {:>7} {:>11} {:>7}",
        "V3 bytes", "FHIR", "to FHIR us", "MB/s", "to V3 us", "MB/s"
    );
    let population = synthetic::population(1);
    for bytes in [8 << 10, 20 << 10, 64 << 10, 256 << 10] {
        let summary = population.patient(3).summary_of_size(bytes);
        let bundle = forth(&summary)?;
        let there = best(|| drop(forth(&summary)));
        let document = as_document(&bundle)?;
        let back = best(|| drop(back(&document)));
        let rate = |us: f64| summary.len() as f64 / us;
        println!(
            "{:>9} {:>9} {there:>11.0} {:>7.1} {back:>11.0} {:>7.1}",
            summary.len(),
            bundle.len(),
            rate(there),
            rate(back)
        );
    }
    Ok(())
}

fn ids() -> impl FnMut() -> String {
    let mut number = 0_u32;
    move || {
        number += 1;
        format!("5D1C0F3E-6F0B-4B5E-9A51-{number:012X}")
    }
}

fn forth(summary: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let parsed = xml::Document::parse(summary)?;
    let document = model::read(parsed.root())?;
    let retrieved = Retrieved {
        document: &document,
        event_id: "5D1C0F3E-6F0B-4B5E-9A51-0C9E9E7F0A11",
        query_id: "5D1C0F3E-6F0B-4B5E-9A51-0C9E9E7F0A12",
        created: "20260101120000",
        base_url: "https://localhost/FHIR/R4",
    };
    let bundle = to_fhir(&retrieved, Profile::Full, &mut ids())?;
    Ok(fhir::json::write(&Resource::Bundle(bundle)))
}

/// What a client would upload: the same as a document.
fn as_document(bundle: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let text = std::str::from_utf8(bundle)?;
    Ok(text
        .replacen("\"searchset\"", "\"document\"", 1)
        .into_bytes())
}

fn back(bundle: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let Resource::Bundle(bundle) = fhir::json::read_tolerant(bundle)? else {
        return Err("no bundle".into());
    };
    let now = "2026-01-01T12:00:00Z".parse()?;
    let new = NewDocument { now, patient: None };
    let converted = from_fhir(&bundle, &new, Profile::Full, &mut ids());
    let converted = converted.map_err(|findings| format!("{findings:?}"))?;
    Ok(converted.summary.write().bytes)
}

/// The quickest of many rounds, microseconds.
fn best(work: impl Fn()) -> f64 {
    let mut best = Duration::MAX;
    for _ in 0..100 {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed());
    }
    best.as_secs_f64() * 1e6
}
