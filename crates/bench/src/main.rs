//! The bench: querySCR and the PSIS list query under closed-loop load over kept-alive mutual
//! TLS, beside a bare mutual-TLS server that sends as many bytes, in one run.
//!
//! What counts is the ratio: both sides share the machine with the load generator, so absolute
//! figures say more of the machine than of the product. Run it with `cargo xtask bench`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use serde::Serialize;
use transport::{Environment, Shutdown};

mod bare;
mod load;
mod measure;
mod process;
mod report;

use load::{Peer, Workload};
use measure::{Figures, median};
use process::{Server, Usage};

#[derive(Debug, Parser)]
#[command(
    name = "minispine-bench",
    about = "Measure minispine beside a bare mutual-TLS server"
)]
struct Arguments {
    /// Seconds of each measurement
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Rounds; the median one is reported
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Connections
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// First port to use
    #[arg(long, default_value_t = 24430)]
    port_base: u16,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<Bare>,
}

#[derive(Debug, Subcommand)]
enum Bare {
    /// Serve so many bytes to every POST (the bare server; started by the bench itself)
    #[command(hide = true)]
    Bare(bare::Arguments),
}

/// One row of the report.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    workload: &'static str,
    product: Figures,
    bare: Figures,
    /// Requests per second of the product over those of the bare server.
    ratio: f64,
}

/// The whole report.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    rows: Vec<Row>,
    /// From the start of the process to its first answer, milliseconds, with a store that is
    /// there already.
    first_answer_ms: u128,
    /// Resident memory before the load, MiB.
    idle_memory_mib: u64,
    /// Highest resident memory, MiB.
    peak_memory_mib: u64,
    connections: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match arguments.command {
        Some(Bare::Bare(ref bare)) => runtime.block_on(bare::serve(bare, Shutdown::until_signal())),
        None => runtime.block_on(bench(&arguments)),
    }
}

async fn bench(arguments: &Arguments) -> Result<()> {
    let env = Environment::system();
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let patients = load::prepare(folder.path(), &data)?;

    // The first start makes the certificates; the second is the one that is timed.
    drop(Server::start(&mut up(&data, arguments.port_base)?)?);
    let from = env.monotonic();
    let product = Server::start(&mut up(&data, arguments.port_base)?)?;
    let first_answer_ms = env.monotonic().saturating_sub(from).as_millis();
    let idle = Usage::of(product.pid)?;

    let peer = Peer::of(&product.ready, arguments.connections)?;
    let mut rows = Vec::new();
    for workload in Workload::ALL {
        let duration = Duration::from_secs(arguments.seconds);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..arguments.rounds {
            let make = workload.requests(&peer, &patients, &env);
            let upstream = peer.upstream(&workload.url(&peer))?;
            let figures = measure::measure(
                upstream,
                make,
                &product,
                arguments.connections,
                duration,
                &env,
            )
            .await
            .with_context(|| workload.name())?;
            let bytes = figures.answer_bytes;
            ours.push(figures);

            let bare = Server::start(&mut bare_server(&peer, bytes, arguments.port_base + 20)?)?;
            let url = format!("https://localhost:{}/", arguments.port_base + 20);
            let make = workload.requests(&peer, &patients, &env);
            theirs.push(
                measure::measure(
                    peer.upstream(&url)?,
                    make,
                    &bare,
                    arguments.connections,
                    duration,
                    &env,
                )
                .await
                .context("the bare server")?,
            );
        }
        let product = median(ours).context("no rounds")?;
        let bare = median(theirs).context("no rounds")?;
        let ratio = product.requests_per_second / bare.requests_per_second.max(1.0);
        rows.push(Row {
            workload: workload.name(),
            product,
            bare,
            ratio,
        });
    }
    let used = Usage::of(product.pid)?;
    let report = Report {
        rows,
        first_answer_ms,
        idle_memory_mib: idle.memory >> 20,
        peak_memory_mib: used.peak_memory >> 20,
        connections: arguments.connections,
    };
    report::print(&report, arguments.json)
}

/// The product, as a user starts it.
fn up(data: &std::path::Path, port_base: u16) -> Result<Command> {
    let mut command = Command::new(beside("minispine")?);
    command
        .args([
            "up",
            "--json",
            "--patients",
            "0",
            "--log-level",
            "error",
            "--data",
        ])
        .arg(data)
        .args(["--port-base", &port_base.to_string()]);
    Ok(command)
}

fn bare_server(peer: &Peer, bytes: usize, port: u16) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args([
            "bare",
            "--bytes",
            &bytes.to_string(),
            "--port",
            &port.to_string(),
        ])
        .args([PathBuf::from("--certificate"), peer.tls.certificate.clone()])
        .args([PathBuf::from("--key"), peer.tls.key.clone()])
        .args([PathBuf::from("--authorities"), peer.tls.authorities.clone()]);
    Ok(command)
}

/// A program built beside this one.
pub(crate) fn beside(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    anyhow::ensure!(
        transport::files::exists(&path),
        "{} is not built: run `cargo xtask bench`",
        path.display()
    );
    Ok(path)
}

/// Shared by the workloads: an upstream per URL.
pub(crate) type SharedUpstream = Arc<dyn transport::Upstream>;
