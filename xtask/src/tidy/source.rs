//! What a source file looks like.

use super::{File, Tree};

/// Above this a file is several rooms, not one.
const MOST_LINES: usize = 600;

/// Where a checkout or a home folder typically lies. A path under one of them works on one machine.
/// Written in halves, so that this file passes its own check.
const MACHINE_FOLDERS: &[&str] = &[
    concat!("/", "work/"),
    concat!("/", "root/"),
    concat!("/", "home/"),
    concat!("/", "Users/"),
];

/// No source file grows past one room.
pub(super) fn sizes(tree: &Tree) -> Vec<String> {
    sources(tree)
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| {
            format!(
                "{}: {lines} lines, more than {MOST_LINES}: split it",
                file.path
            )
        })
        .collect()
}

/// Every module begins by saying why it exists.
pub(super) fn module_docs(tree: &Tree) -> Vec<String> {
    sources(tree)
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| format!("{}: must begin with `//!`: why does it exist?", file.path))
        .collect()
}

/// Nothing depends on where somebody's checkout lies.
pub(super) fn machine_paths(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in &tree.files {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names(line, folder)) {
                let place = number + 1;
                complaints.push(format!(
                    "{}:{place}: names a machine's folder {folder}",
                    file.path
                ));
            }
        }
    }
    complaints
}

/// Does the line hold `folder` as the beginning of a path, rather than within one or in a URL?
fn names(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || "._-/}".contains(c))
    })
}

fn sources(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.ending(".rs")
        .filter(|file| file.path.contains("/src/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(&Tree) -> Vec<String>, path: &str, text: &str, complaints: usize) {
        let found = rule(&Tree::of(&[(path, text)]));
        assert_eq!(found.len(), complaints, "{path} {text:.20}: {found:?}");
    }

    #[test]
    fn long_files_are_named() {
        check(sizes, "crates/a/src/lib.rs", &"x\n".repeat(600), 0);
        check(sizes, "crates/a/src/lib.rs", &"x\n".repeat(601), 1);
        check(sizes, "docs/a.md", &"x\n".repeat(601), 0);
    }

    #[test]
    fn modules_say_why() {
        check(module_docs, "crates/a/src/b.rs", "//! Because.\n", 0);
        check(module_docs, "crates/a/src/b.rs", "// Because.\n", 1);
        check(module_docs, "crates/a/src/b.rs", "", 1);
    }

    #[test]
    fn machine_folders_are_named() {
        check(machine_paths, "a", concat!("cat /", "home/me/x"), 1);
        check(
            machine_paths,
            "a",
            concat!("\"/", "Users/me\" is not ours"),
            1,
        );
        check(
            machine_paths,
            "a",
            "https://example.org/work/x and a/root/b",
            0,
        );
        check(machine_paths, "a", "framework/ /workings", 0);
    }
}
