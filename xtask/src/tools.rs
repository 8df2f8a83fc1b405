//! Programs that the tests call, beyond the Rust toolchain, and how to get them.
//!
//! A later ring of tests that needs another program adds a row to [`TOOLS`] and nothing else.

use std::process::{Command, Stdio};

/// One program.
pub(crate) struct Tool {
    /// What it is called.
    pub(crate) name: &'static str,
    /// A command that succeeds when it is there.
    pub(crate) probe: &'static [&'static str],
    /// The Debian package that has it.
    pub(crate) package: &'static str,
    /// What it is for.
    pub(crate) why: &'static str,
    /// Which tests call it.
    pub(crate) required_by: &'static str,
}

/// Every program.
pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        name: "xmllint",
        probe: &["xmllint", "--version"],
        package: "libxml2-utils",
        why: "a second opinion on XML: validates what we write against the published schemas",
        required_by: "itk, hl7v3, spine, smsp, synthetic",
    },
    Tool {
        name: "xmlsec1",
        probe: &["xmlsec1", "--version"],
        package: "xmlsec1",
        why: "a second opinion on XML signatures, ours and its own",
        required_by: "itk",
    },
    Tool {
        name: "openssl",
        probe: &["openssl", "version"],
        package: "openssl",
        why: "a second opinion on the certificates and TLS of our own making",
        required_by: "transport, minispine",
    },
    Tool {
        name: "curl",
        probe: &["curl", "--version"],
        package: "curl",
        why: "a client that is not ours",
        required_by: "minispine",
    },
    Tool {
        name: "python3",
        probe: &["python3", "--version"],
        package: "python3",
        why: "a client of every mini service that is not ours",
        required_by: "minispine",
    },
];

/// Looks for every tool and installs what is missing, if we may. Gives back what is still missing.
pub(crate) fn provide() -> Vec<&'static Tool> {
    let missing: Vec<_> = TOOLS.iter().filter(|tool| !is_there(tool.probe)).collect();
    if missing.is_empty() {
        return missing;
    }
    for tool in &missing {
        println!(
            "missing: {} ({}), for the tests of {}",
            tool.name, tool.why, tool.required_by
        );
    }
    let packages: Vec<_> = missing.iter().map(|tool| tool.package).collect();
    if !is_there(&["apt-get", "--version"]) {
        println!(
            "install with your package manager (Debian calls them {})",
            packages.join(" ")
        );
        return missing;
    }
    if !is_root() {
        println!("install with: sudo {}", install_line(&packages));
        return missing;
    }
    install(&packages);
    missing
        .into_iter()
        .filter(|tool| !is_there(tool.probe))
        .collect()
}

fn install_line(packages: &[&str]) -> String {
    format!(
        "apt-get install --yes --no-install-recommends {}",
        packages.join(" ")
    )
}

/// Installs; on failure refreshes the package lists once and tries again. What came of it is seen
/// by probing.
fn install(packages: &[&str]) {
    println!("installing: {}", install_line(packages));
    let line = install_line(packages);
    let words: Vec<&str> = line.split(' ').collect();
    if !quietly(&words) && quietly(&["apt-get", "update"]) {
        quietly(&words);
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").stderr(Stdio::null()).output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn is_there(probe: &[&str]) -> bool {
    let Some((program, arguments)) = probe.split_first() else {
        return false;
    };
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs without its progress chatter; errors stay visible.
fn quietly(words: &[&str]) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    Command::new(program)
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_complete() {
        for tool in TOOLS {
            assert_eq!(tool.probe.first(), Some(&tool.name));
            assert!(
                ![tool.package, tool.why, tool.required_by].contains(&""),
                "{}",
                tool.name
            );
        }
    }

    #[test]
    fn probing_tells_presence_from_absence() {
        assert!(is_there(&["cargo", "--version"]));
        assert!(!is_there(&["cargo", "--no-such-flag"]));
        assert!(!is_there(&["no-such-program-anywhere"]));
        assert!(!is_there(&[]));
    }

    #[test]
    fn the_line_to_type_names_every_package() {
        assert_eq!(
            install_line(&["a", "b"]),
            "apt-get install --yes --no-install-recommends a b"
        );
    }
}
