//! Starting other programs, always from the top of the checkout, always saying what was started.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context;

/// The top of the checkout.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable when it runs us, which is right even where one target folder serves
    // several checkouts; the value at compile time is for running the program by hand.
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().map_or_else(|| own.clone(), PathBuf::from)
}

/// Cargo with these arguments, from the top of the checkout.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Says the command and runs it on our terminal. `Ok(false)` when it ended with a failure.
pub(crate) fn passes(command: &mut Command) -> anyhow::Result<bool> {
    println!("$ {}", describe(command));
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", describe(command)))?;
    Ok(status.success())
}

/// Runs quietly and gives back what the command wrote to its standard output; a failure is an
/// error that carries its standard error.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", describe(command)))?;
    if !output.status.success() {
        anyhow::bail!(
            "{} failed ({}):\n{}",
            describe(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program.file_stem().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.lock").is_file());
    }

    #[test]
    fn a_command_reads_as_typed() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command.args(["test", "-p", "x"]);
        assert_eq!(describe(&command), "cargo test -p x");
    }

    #[test]
    fn a_failure_is_an_error_with_its_text() {
        let error = output(cargo(&["no-such-subcommand"]).env_remove("RUSTC_WRAPPER")).unwrap_err();
        assert!(error.to_string().contains("no-such-subcommand"), "{error}");
    }
}
