//! `cargo xtask bench`: hands over to the load generator, which is a crate of its own, because it
//! is built with the release profile and needs the TLS stack that this tool must not wait for.

use std::process::ExitCode;

use crate::run;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask bench [ARGUMENTS]

Builds with the release profile and runs closed-loop load over kept-alive mutual TLS, beside a bare
mutual-TLS server that sends the same bytes, in one run: the operations of the SMSP (querySCR of 20
and 64 KB, and with signed requests), the CP-IS query, lists, events and uploads of the Spine, and the
SCR FHIR API. What writes is also told as durable commits per second and, for createPTV, in flushes of
the same disk. At the end a CP-IS file of 100,000 records is uploaded. The arguments go to the load
generator; `cargo xtask bench -- --help` lists them. Some of them:

  --workload create-ptv   Only this workload; may be given several times
  --cpis-upload RECORDS   Upload a file of so many records too
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
