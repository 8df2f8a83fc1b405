//! The whole run: for every workload, the product and a bare server in turns.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use transport::Environment;

use crate::cpis::{self, Upload};
use crate::durable::Durable;
use crate::measure::{Load, median};
use crate::patients::{self, Patients};
use crate::peer::Peer;
use crate::process::{Server, Usage};
use crate::report::{Report, Row};
use crate::workload::Workload;
use crate::{Arguments, flush};

/// The bare server's port, after the first that the product takes.
const BARE_PORT: u16 = 20;

/// Records of a large upload.
const LARGE_UPLOAD: u32 = 100_000;

/// Everything that a measurement needs.
struct Bench<'a> {
    arguments: &'a Arguments,
    env: Environment,
    data: PathBuf,
    patients: Patients,
    product: Server,
    peer: Peer,
}

/// Measures all that was asked for.
pub(crate) async fn run(arguments: &Arguments) -> Result<Report> {
    let env = Environment::system();
    let folder = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder)
            .with_context(|| format!("nothing can be put into {}", folder.display()))?,
        None => tempfile::tempdir()?,
    };
    let data = folder.path().join("data");
    let patients = patients::prepare(folder.path(), &data)?;

    // The first start makes the certificates; the second is the one that is timed.
    drop(Server::start(&mut up(&data, arguments.port_base)?)?);
    let from = env.monotonic();
    let product = Server::start(&mut up(&data, arguments.port_base)?)?;
    let first_answer_ms = env.monotonic().saturating_sub(from).as_millis();
    let idle = Usage::of(product.pid)?;

    let bench = Bench {
        arguments,
        peer: Peer::of(&product.ready)?,
        env,
        data,
        patients,
        product,
    };
    let wanted = match arguments.workload.as_slice() {
        [] => Workload::value_variants(),
        some => some,
    };
    if wanted.contains(&Workload::CpisQuery) {
        cpis::fill(&bench.data)?;
    }
    let mut rows = Vec::new();
    for workload in wanted {
        let row = bench.row(*workload).await;
        rows.push(row.with_context(|| workload.name())?);
    }
    let used = Usage::of(bench.product.pid)?;
    let records = match arguments.workload.as_slice() {
        [] => Some(arguments.cpis_upload.unwrap_or(LARGE_UPLOAD)),
        _ => arguments.cpis_upload,
    };
    let cpis_upload = match records {
        Some(records) => Some(bench.upload(folder.path(), records)?),
        None => None,
    };
    Ok(Report {
        rows,
        cpis_upload,
        first_answer_ms,
        idle_memory_mib: idle.memory >> 20,
        peak_memory_mib: used.peak_memory >> 20,
        connections: arguments.connections,
    })
}

impl Bench<'_> {
    /// A large upload, to a product that has done nothing else.
    fn upload(self, folder: &Path, records: u32) -> Result<Upload> {
        let data = folder.join("uploads");
        let (arguments, product) = (self.arguments, self.product);
        drop(product);
        let product = Server::start(&mut up(&data, arguments.port_base)?)?;
        cpis::measure(&data, &product, records)
    }

    async fn row(&self, workload: Workload) -> Result<Row> {
        let (mut ours, mut theirs, mut flushes) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.arguments.rounds {
            if workload.goal().is_some() {
                flushes.extend(flush::flushes(&self.data, &self.env)?);
            }
            let load = self.load(workload, workload.url(&self.peer))?;
            let load = Load {
                status: workload.status(),
                success: Some(workload.success()),
                ..load
            };
            let figures = load.measure(&self.product).await?;

            let port = self.arguments.port_base + BARE_PORT;
            let bare = Server::start(&mut bare_server(&self.peer, figures.answer_bytes, port)?)?;
            let load = self.load(workload, &format!("https://localhost:{port}/"))?;
            theirs.push(load.measure(&bare).await.context("the bare server")?);
            ours.push(figures);
        }
        let product = median(ours).context("no rounds")?;
        let bare = median(theirs).context("no rounds")?;
        let connections = self.arguments.connections;
        Ok(Row {
            workload: workload.name(),
            ratio: product.requests_per_second / bare.requests_per_second.max(1.0),
            durable: flush::median_ms(flushes)
                .zip(workload.goal())
                .map(|(flush_ms, goal)| Durable::new(&product, flush_ms, connections, goal)),
            product,
            bare,
        })
    }

    /// New requests, never sent before, to a URL.
    fn load(&self, workload: Workload, url: &str) -> Result<Load> {
        let connections = self.arguments.connections;
        Ok(Load {
            upstream: self.peer.upstream(url, connections)?,
            make: workload.requests(&self.peer, &self.patients, &self.env)?,
            status: 200,
            success: None,
            connections,
            duration: Duration::from_secs(self.arguments.seconds),
            env: self.env.clone(),
        })
    }
}

/// The product, as a user starts it.
fn up(data: &Path, port_base: u16) -> Result<Command> {
    let mut command = Command::new(crate::beside("minispine")?);
    command
        .args([
            "up",
            "--json",
            "--patients",
            "0",
            "--log-level",
            "error",
            "--api-tls",
        ])
        .arg("--data")
        .arg(data)
        .args(["--port-base", &port_base.to_string()]);
    Ok(command)
}

fn bare_server(peer: &Peer, bytes: usize, port: u16) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["bare", "--bytes", &bytes.to_string()])
        .args(["--port", &port.to_string()])
        .args([Path::new("--certificate"), &peer.tls.certificate])
        .args([Path::new("--key"), &peer.tls.key])
        .args([Path::new("--authorities"), &peer.tls.authorities]);
    Ok(command)
}
