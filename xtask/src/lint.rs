//! `cargo xtask lint`: everything that is checked without running a test.
//!
//! All steps run even when an early one fails: one round shows all there is to mend.

use std::process::{Command, ExitCode, Stdio};

use crate::{TASKS, docs, run, tidy};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask lint

Runs every check that needs no test run, and names all that fail:
  tidy      our own: file sizes, the one XML door, crate arrows, module docs, machine paths, links,
            banned crates and versions with known defects
  fmt       cargo fmt --all --check
  clippy    warnings are errors
  doc       rustdoc, warnings are errors
  docs      generated pages are current, commands in the documentation exist
  deny      cargo deny, where it is installed
";

/// A check: whether it passed; an error when it could not be made.
type Step = (&'static str, fn() -> anyhow::Result<bool>);

/// Runs the checks.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    if !arguments.is_empty() {
        anyhow::bail!("`cargo xtask lint` takes no arguments");
    }
    let steps: &[Step] = &[
        ("tidy", tidy),
        ("fmt", formatting),
        ("clippy", clippy),
        ("doc", doc),
        ("docs", documentation),
        ("deny", deny),
    ];
    let mut failed = Vec::new();
    for (name, step) in steps {
        match step() {
            Ok(true) => {}
            Ok(false) => failed.push(*name),
            Err(error) => {
                println!("{name}: {error:#}");
                failed.push(name);
            }
        }
    }
    println!();
    if failed.is_empty() {
        println!("lint: all {} checks passed", steps.len());
        return Ok(ExitCode::SUCCESS);
    }
    println!("lint: failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

fn tidy() -> anyhow::Result<bool> {
    println!("$ tidy");
    let tree = tidy::Tree::of_checkout()?;
    let line = ["tree", "--workspace", "--target", "all", "--prefix", "none"];
    let graph = run::output(&mut run::cargo(&line))?;
    let mut complaints = tidy::check(&tree);
    complaints.extend(tidy::lock::banned_crates(&graph));
    Ok(report(&complaints))
}

fn formatting() -> anyhow::Result<bool> {
    run::passes(&mut run::cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> anyhow::Result<bool> {
    let line = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ];
    run::passes(&mut run::cargo(&line))
}

fn doc() -> anyhow::Result<bool> {
    let mut command = run::cargo(&["doc", "--workspace", "--no-deps"]);
    run::passes(command.env("RUSTDOCFLAGS", "--deny warnings"))
}

fn documentation() -> anyhow::Result<bool> {
    println!("$ docs --check, commands in documentation");
    let mut complaints: Vec<String> = docs::stale()?
        .into_iter()
        .map(|page| format!("{page}: stale, run `cargo xtask docs`"))
        .collect();
    let known = tidy::commands::Known {
        minispine: tidy::commands::subcommands(&docs::printed(&["--help"])?),
        xtask: TASKS.iter().map(|task| task.name.to_owned()).collect(),
    };
    complaints.extend(tidy::commands::check(&tidy::Tree::of_checkout()?, &known));
    Ok(report(&complaints))
}

/// Optional, because installing it costs minutes; what matters most of it is in `tidy` as well.
fn deny() -> anyhow::Result<bool> {
    let installed = Command::new("cargo-deny")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !installed {
        println!("deny: skipped, cargo-deny is not installed");
        return Ok(true);
    }
    run::passes(&mut run::cargo(&[
        "deny", "check", "bans", "licenses", "sources",
    ]))
}

fn report(complaints: &[String]) -> bool {
    for complaint in complaints {
        println!("{complaint}");
    }
    complaints.is_empty()
}
