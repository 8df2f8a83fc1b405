//! `cargo xtask bench`: hands over to the load generator, which is a crate of its own, because it
//! is built with the release profile and needs the TLS stack that this tool must not wait for.

use std::process::ExitCode;

use crate::run;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask bench [ARGUMENTS]

Builds with the release profile and runs closed-loop load over kept-alive mutual TLS, beside a bare
mutual-TLS server that sends the same bytes, in one run: querySCR (20 KB, 64 KB, and 20 KB with
signed requests), getSCRStatus, queryPTV, createPTV and the PSIS document list. createPTV is also
told as durable commits per second, and its p50 in flushes of the same disk. The arguments go to the
load generator; `cargo xtask bench -- --help` lists them. Some of them:

  --workload create-ptv   Only this workload; may be given several times
  --folder FOLDER         Where the store is put: on the disk to be measured
  --json                  JSON instead of a table
";

/// Runs the load generator with these arguments. It measures the real program, so that is built too.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    if !run::passes(&mut run::cargo(&[
        "build",
        "--release",
        "--package",
        "minispine",
    ]))? {
        return Ok(ExitCode::FAILURE);
    }
    let mut command = run::cargo(&["run", "--release", "--package", "minispine-bench", "--"]);
    let own = arguments
        .strip_prefix(&["--".to_owned()])
        .unwrap_or(arguments);
    let passed = run::passes(command.args(own))?;
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
