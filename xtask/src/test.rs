//! `cargo xtask test`: the one test command, for newcomers and for CI.
//!
//! It gets the tools that tests call, runs plain `cargo test` over the workspace (doc tests are
//! part of that) and ends with one line that adds up what cargo says per test program.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use anyhow::Context;

use crate::{run, tools};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask test [ARGUMENTS OF CARGO TEST]

Looks for the programs that tests call (xmllint, xmlsec1, openssl, curl, python3), installs missing ones with apt-get
when run as root and otherwise says the command to type. Then runs `cargo test` over the whole
workspace, doc tests included, without stopping at the first failure, and prints a summary.

A test whose tool or shared test vectors are absent says `skipped: ...` and is counted. In CI (the
variable CI is set) a missing tool is an error.

Examples:
  cargo xtask test
  cargo xtask test --package minispine-xml
  cargo xtask test -- nhs_number
";

/// Runs the tests. The exit code is that of cargo.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let missing = tools::provide();
    if !missing.is_empty() && std::env::var_os("CI").is_some() {
        let names: Vec<_> = missing.iter().map(|tool| tool.name).collect();
        anyhow::bail!(
            "CI must have every tool, and these are missing: {}",
            names.join(", ")
        );
    }

    // Building first leaves cargo its own progress bar; running then goes through our counter.
    let mut build = cargo_test(arguments);
    if !run::passes(build.arg("--no-run").args(before_dashes(arguments)))? {
        return Ok(ExitCode::FAILURE);
    }
    let mut test = cargo_test(arguments);
    test.arg("--no-fail-fast").args(arguments);
    if missing.is_empty() {
        test.env("MINISPINE_REQUIRE_TOOLS", "1");
    }
    println!("$ {}", run::describe(&test));
    let (passed, tally) = counted(&mut test)?;

    println!();
    println!("{tally}");
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// `cargo test`, over the workspace unless the arguments choose packages.
fn cargo_test(arguments: &[String]) -> Command {
    let mut command = run::cargo(&["test"]);
    let chooses =
        |a: &String| a == "--package" || a.starts_with("--package=") || a.starts_with("-p");
    if !before_dashes(arguments).iter().any(chooses) {
        command.arg("--workspace");
    }
    command
}

/// The arguments that are cargo's, not the test programs'.
fn before_dashes(arguments: &[String]) -> &[String] {
    let end = arguments
        .iter()
        .position(|a| a == "--")
        .unwrap_or(arguments.len());
    &arguments[..end]
}

/// What the test programs said of themselves.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
struct Tally {
    passed: usize,
    failed: usize,
    ignored: usize,
    skipped: usize,
}

impl Tally {
    fn read(&mut self, line: &str) {
        // With one test thread the line follows the test's name.
        if line.starts_with("skipped: ") || line.contains(" ... skipped: ") {
            self.skipped += 1;
        }
        let Some((_, result)) = line.split_once("test result: ") else {
            return;
        };
        self.passed += number_before(result, " passed");
        self.failed += number_before(result, " failed");
        self.ignored += number_before(result, " ignored");
    }

    fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            ignored: self.ignored + other.ignored,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// A test that skips itself has passed as far as cargo knows; the line says so rather than
/// pretend to know which is which.
impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} ignored",
            self.passed, self.failed, self.ignored
        )?;
        if self.skipped > 0 {
            write!(f, "; {} of the passed said they skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// The number that stands right before `word`, or 0.
fn number_before(text: &str, word: &str) -> usize {
    let Some((before, _)) = text.split_once(word) else {
        return 0;
    };
    let digits = before.rsplit(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Runs the command, passing its output on line by line while counting.
fn counted(command: &mut Command) -> anyhow::Result<(bool, Tally)> {
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start cargo test")?;
    let errors = child
        .stderr
        .take()
        .map(|pipe| thread::spawn(|| tee(pipe, std::io::stderr())));
    let mut tally = match child.stdout.take() {
        Some(pipe) => tee(pipe, std::io::stdout())?,
        None => Tally::default(),
    };
    if let Some(Ok(more)) = errors.map(thread::JoinHandle::join) {
        tally = tally.plus(more?);
    }
    let status = child.wait().context("cannot wait for cargo test")?;
    Ok((status.success(), tally))
}

fn tee(from: impl Read, mut to: impl Write) -> std::io::Result<Tally> {
    let mut from = BufReader::new(from);
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        to.flush()?;
        tally.read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_add_up_over_programs_and_doc_tests() {
        let output = "\
running 3 tests
test a ... ok
skipped: vectors_round_trip: shared vectors are not here
test b ... skipped: b: shared vectors are not here
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s
test result: \u{1b}[31mFAILED\u{1b}[m. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
";
        let mut written = Vec::new();
        let tally = tee(output.as_bytes(), &mut written).unwrap();
        assert_eq!(
            tally,
            Tally {
                passed: 14,
                failed: 1,
                ignored: 1,
                skipped: 2
            }
        );
        assert_eq!(written, output.as_bytes(), "every byte is passed on");
        assert_eq!(
            tally.to_string(),
            "14 passed, 1 failed, 1 ignored; 2 of the passed said they skipped"
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in [
            "5 passed",
            "test result",
            "  skipped: x",
            "test result: ok. many passed",
        ] {
            let mut tally = Tally::default();
            tally.read(line);
            assert_eq!(tally, Tally::default(), "{line}");
        }
    }

    #[test]
    fn choosing_packages_replaces_the_workspace() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let line = |text| run::describe(&cargo_test(&words(text)));
        assert_eq!(line("-- -p"), "cargo test --workspace");
        assert_eq!(line("--package xml"), "cargo test");
        assert_eq!(line("-pxml"), "cargo test");
        assert_eq!(before_dashes(&words("-p xml -- name")), words("-p xml"));
    }
}
