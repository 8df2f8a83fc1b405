//! The rules of the house that no other tool knows, each a function from the checkout to
//! complaints. A complaint names the file and says what to do.

mod arrows;
pub(crate) mod commands;
mod links;
pub(crate) mod lock;
mod manifest;
mod source;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::run;

/// The text files of a checkout.
pub(crate) struct Tree {
    files: Vec<File>,
}

/// One of them.
pub(crate) struct File {
    /// From the top of the checkout, with `/`.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) text: String,
}

impl Tree {
    /// What git tracks or would track. Files that are not UTF-8 are left out.
    pub(crate) fn of_checkout() -> anyhow::Result<Self> {
        let root = run::root();
        let mut git = Command::new("git");
        git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        let listing = run::output(git.current_dir(&root))?;
        let read = |path: &str| {
            let text = fs::read_to_string(root.join(Path::new(path))).ok()?;
            Some(File {
                path: path.to_owned(),
                text,
            })
        };
        Ok(Self {
            files: listing.lines().filter_map(read).collect(),
        })
    }

    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }

    fn ending(&self, suffix: &str) -> impl Iterator<Item = &File> {
        self.files
            .iter()
            .filter(move |file| file.path.ends_with(suffix))
    }

    fn holds(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.files
            .iter()
            .any(|file| file.path == path || file.path.starts_with(&folder))
    }
}

/// Every check that needs nothing but the files.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let checks: &[fn(&Tree) -> Vec<String>] = &[
        source::sizes,
        source::module_docs,
        source::machine_paths,
        manifest::xml_door,
        manifest::lints,
        arrows::check,
        links::check,
        lock::minimum_versions,
    ];
    checks.iter().flat_map(|check| check(tree)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The checkout itself is tidy: the same as `cargo xtask lint` says, but in the test run too.
    #[test]
    fn this_checkout_is_tidy() {
        let complaints = check(&Tree::of_checkout().unwrap());
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
}
