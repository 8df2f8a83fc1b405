//! The one door for development: `cargo xtask test | lint | bench | docs`.
//!
//! A task is a function from its arguments to `Result<ExitCode>`; [`TASKS`] is the whole list, and
//! help, dispatch and the check of the commands in our documentation all read it.

// A development tool: it talks to the terminal and walks the checkout, and nothing simulates it.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

mod bench;
mod docs;
mod lint;
mod run;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

/// One subcommand.
struct Task {
    name: &'static str,
    about: &'static str,
    help: &'static str,
    run: fn(&[String]) -> anyhow::Result<ExitCode>,
}

/// Every subcommand.
const TASKS: &[Task] = &[
    Task {
        name: "test",
        about: "Install missing test tools, run every test, say how many passed",
        help: test::HELP,
        run: test::run,
    },
    Task {
        name: "lint",
        about: "Formatting, clippy, documentation and our own tidy checks",
        help: lint::HELP,
        run: lint::run,
    },
    Task {
        name: "bench",
        about: "Load over mutual TLS beside a bare server, in one run",
        help: bench::HELP,
        run: bench::run,
    },
    Task {
        name: "docs",
        about: "Write the generated documentation pages again",
        help: docs::HELP,
        run: docs::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", usage());
        return Ok(ExitCode::FAILURE);
    };
    if is_help(name) || name == "help" {
        print!("{}", usage());
        return Ok(ExitCode::SUCCESS);
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        anyhow::bail!("no task is called {name:?}; `cargo xtask help` lists them");
    };
    // Everything after `--` belongs to the program that the task starts.
    if rest.iter().take_while(|a| *a != "--").any(|a| is_help(a)) {
        print!("{}", task.help);
        return Ok(ExitCode::SUCCESS);
    }
    (task.run)(rest)
}

fn is_help(argument: &str) -> bool {
    argument == "--help" || argument == "-h"
}

fn usage() -> String {
    let mut text = String::from("Usage: cargo xtask TASK [ARGUMENTS]\n\nTasks:\n");
    for task in TASKS {
        text.push_str(&format!("  {:6} {}\n", task.name, task.about));
    }
    text.push_str("\n`cargo xtask TASK --help` says more about one.\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_names_every_task() {
        let text = usage();
        for task in TASKS {
            assert!(text.contains(task.name), "{}", task.name);
            assert!(
                task.help.contains(&format!("cargo xtask {}", task.name)),
                "{}",
                task.name
            );
        }
    }

    #[test]
    fn an_unknown_task_is_refused() {
        let error = dispatch(&["tset".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("\"tset\""), "{error}");
    }

    #[test]
    fn help_after_two_dashes_is_not_ours() {
        assert!(
            !["--", "--help"]
                .iter()
                .take_while(|a| **a != "--")
                .any(|a| is_help(a))
        );
    }
}
