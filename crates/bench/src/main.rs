//! The bench: the mini services and the PSIS list query under closed-loop load over kept-alive
//! mutual TLS, beside a bare mutual-TLS server that sends as many bytes, in one run.
//!
//! What counts is the ratio: both sides share the machine with the load generator, so absolute
//! figures say more of the machine than of the product. The same goes for writing, which is
//! compared with a flush of the same disk. Run it with `cargo xtask bench`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod bare;
mod bench;
mod cpis;
mod durable;
mod flush;
mod measure;
mod patients;
mod peer;
mod process;
mod report;
mod template;
mod workload;

use workload::Workload;

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
    /// Only this workload; may be given several times
    #[arg(long, value_enum)]
    workload: Vec<Workload>,
    /// Where the store is put, in a folder of its own: on the disk to be measured, not in memory
    /// [default: the system's folder for temporary files]
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Also upload a CP-IS file of so many records; 100,000 when no workload is chosen
    #[arg(long, value_name = "RECORDS")]
    cpis_upload: Option<u32>,
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

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match arguments.command {
        Some(Bare::Bare(ref bare)) => runtime.block_on(bare::serve(bare)),
        None => {
            let report = runtime.block_on(bench::run(&arguments))?;
            report::print(&report, arguments.json)
        }
    }
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
