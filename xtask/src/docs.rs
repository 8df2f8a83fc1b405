//! `cargo xtask docs`: tables that the program prints about itself, kept in pages of the repository
//! so that they can be read without building, and compared by the lint so that they cannot go stale.
//!
//! A page is an introduction written by hand, a marker, and what the program prints. A page in JSON
//! is what the program prints and nothing else.

use std::fs;
use std::process::ExitCode;

use anyhow::Context;

use crate::run;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask docs [--check]

Writes the generated documentation again: what stands below the marker of each page, and the whole
of a page in JSON, is the output of a hidden `minispine docs` command. With --check nothing is written; a page that differs is named and
the exit code is 1.
";

/// A page, from the top of the checkout, and the arguments to `minispine` that print it.
const PAGES: &[(&str, &[&str])] = &[
    ("docs/access-decision.md", &["docs", "access-decision"]),
    ("docs/user/cpis-codes.md", &["docs", "cpis-codes"]),
    ("docs/scr-api/openapi.json", &["docs", "openapi"]),
    (
        "docs/scr-api/postman/collection.json",
        &["docs", "postman-collection"],
    ),
    (
        "docs/scr-api/postman/environment.json",
        &["docs", "postman-environment"],
    ),
];

/// The line under which a page is generated.
const MARKER: &str = "<!-- Below this line: `cargo xtask docs`. -->\n";

/// Writes the pages, or with `--check` compares them.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let check = match arguments {
        [] => false,
        [only] if only == "--check" => true,
        _ => anyhow::bail!("`cargo xtask docs` takes nothing but --check"),
    };
    if !check {
        return write().map(|()| ExitCode::SUCCESS);
    }
    let stale = stale()?;
    for page in &stale {
        println!("{page} is stale: run `cargo xtask docs`");
    }
    Ok(if stale.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The pages that differ from what the program prints today.
pub(crate) fn stale() -> anyhow::Result<Vec<&'static str>> {
    let mut stale = Vec::new();
    for (page, command) in PAGES {
        let kept = read(page)?;
        if kept != renewed(page, &kept, &printed(command)?)? {
            stale.push(*page);
        }
    }
    Ok(stale)
}

/// What `minispine` prints for these arguments; builds it first if need be.
pub(crate) fn printed(arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = run::cargo(&["run", "--quiet", "--package", "minispine", "--"]);
    run::output(command.args(arguments))
}

fn write() -> anyhow::Result<()> {
    for (page, command) in PAGES {
        let text = renewed(page, &read(page)?, &printed(command)?)?;
        let path = run::root().join(page);
        fs::write(&path, text).with_context(|| format!("cannot write {page}"))?;
        println!("wrote {page}");
    }
    Ok(())
}

fn read(page: &str) -> anyhow::Result<String> {
    fs::read_to_string(run::root().join(page)).with_context(|| format!("cannot read {page}"))
}

/// The page with its generated part replaced.
fn renewed(page: &str, kept: &str, generated: &str) -> anyhow::Result<String> {
    if page.ends_with(".json") {
        return Ok(generated.to_owned());
    }
    let (introduction, _) = kept
        .split_once(MARKER)
        .with_context(|| format!("{page} lacks the line {}", MARKER.trim_end()))?;
    Ok(format!("{introduction}{MARKER}\n{generated}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_marker_is_replaced() {
        let kept = format!("# Title\n\nBy hand.\n\n{MARKER}\nold\n");
        let fresh = renewed("a.md", &kept, "new\n").unwrap();
        assert_eq!(fresh, format!("# Title\n\nBy hand.\n\n{MARKER}\nnew\n"));
        assert_eq!(renewed("a.md", &fresh, "new\n").unwrap(), fresh);
        let error = renewed("a.md", "no marker", "new").unwrap_err();
        assert!(error.to_string().starts_with("a.md lacks"), "{error}");
        assert_eq!(renewed("a.json", "{}", "[]\n").unwrap(), "[]\n");
    }

    #[test]
    fn every_page_has_a_marker() {
        for (page, _) in PAGES {
            renewed(page, &read(page).unwrap(), "").unwrap();
        }
    }
}
