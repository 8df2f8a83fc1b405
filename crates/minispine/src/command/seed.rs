//! `minispine seed --patients N`: made-up patients with full GP Summaries.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use domain::audit::AuditEvent;
use domain::record::DocumentBytes;
use spine::filing::{self, Filed};
use store::Store;
use tokio::task::JoinSet;
use transport::Environment;

use crate::arguments::Seed;

/// Documents being filed at one time, so that commits share their flushes.
const IN_FLIGHT: usize = 64;

pub(crate) async fn run(seed: Seed) -> Result<ExitCode> {
    let store = Arc::new(super::open_store(&seed.store)?);
    let filed = fill(
        store.clone(),
        &Environment::system(),
        seed.seed,
        seed.patients,
    )
    .await?;
    super::print_line(&format!("{filed} of {} patients were new", seed.patients))?;
    Ok(ExitCode::SUCCESS)
}

/// Files one GP Summary for each of the first `patients` of a population, and says how many were
/// not there yet.
pub(crate) async fn fill(
    store: Arc<dyn Store>,
    env: &Environment,
    seed: u64,
    patients: u32,
) -> Result<u32> {
    let bar = crate::progress::bar(u64::from(patients), "making patients");
    let population = Arc::new(synthetic::population(seed));
    let mut filing: JoinSet<Result<Filed>> = JoinSet::new();
    let mut new = 0;
    for index in 0..patients {
        if filing.len() >= IN_FLIGHT {
            new += finished(filing.join_next().await)?;
            bar.inc(1);
        }
        let (store, env, population) = (store.clone(), env.clone(), population.clone());
        filing.spawn(async move {
            let summary = population.patient(index).summary();
            file(&*store, &env, &summary).await
        });
    }
    while !filing.is_empty() {
        new += finished(filing.join_next().await)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(new)
}

/// Files a GP Summary for each patient whose published trigger needs one.
pub(crate) async fn fill_scenarios(store: &dyn Store, env: &Environment, seed: u64) -> Result<()> {
    let population = synthetic::population(seed);
    // From the far end of the population, so that nobody else has the same document.
    let indexes = (0..synthetic::Population::CAPACITY).rev();
    for (number, index) in spine::ScenarioPack::WITH_DOCUMENTS.iter().zip(indexes) {
        let mut patient = population.patient(index);
        patient.nhs_number = number.parse()?;
        file(store, env, &patient.summary()).await?;
    }
    Ok(())
}

/// Files one bare GP Summary that this house made itself.
pub(crate) async fn file(store: &dyn Store, env: &Environment, summary: &[u8]) -> Result<Filed> {
    let document = xml::Document::parse(summary)?;
    let header = hl7v3::gp_summary::header(document.root())?;
    let slice = document.root().slice();
    let bytes = DocumentBytes {
        bytes: slice.bytes.as_bytes().to_vec(),
        inherited: slice.inherited,
    };
    let audit = AuditEvent::new(env.now(), "cli", "seed", "filed");
    Ok(filing::file(store, env, header.patient, header, bytes, audit).await?)
}

fn finished(result: Option<Result<Result<Filed>, tokio::task::JoinError>>) -> Result<u32> {
    let Some(result) = result else { return Ok(0) };
    let filed = result.context("making a patient failed")??;
    Ok(u32::from(filed != Filed::AlreadyThere))
}
