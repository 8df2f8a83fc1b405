//! What a `Cargo.toml` may say. Read with a reader of our own that knows the few shapes our
//! manifests use: `name.workspace = true`, `name = ...`, `[dependencies.name]`.

use super::{File, Tree};

/// Crates that read or write XML: only `crates/xml` may name them.
const XML_CRATES: &[&str] = &["quick-xml", "roxmltree"];

/// One dependency of one crate.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    /// The key, which for our own crates is the short name.
    pub(super) name: String,
    /// Needed only by tests and benches.
    pub(super) dev: bool,
}

/// The manifests of the workspace's crates, the root's not among them.
pub(super) fn manifests(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.ending("/Cargo.toml")
}

/// The dependencies a manifest names, in its order.
pub(super) fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut section = "";
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').trim();
            // `[dependencies.name]` and `[target.'cfg(unix)'.dependencies.name]`.
            if let Some((kind, name)) = section.rsplit_once('.')
                && kind.ends_with("dependencies")
            {
                found.push(Dependency {
                    name: unquoted(name),
                    dev: kind.ends_with("dev-dependencies"),
                });
            }
            continue;
        }
        if !section.ends_with("dependencies") || line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, _)) = line.split_once(['=', '.']) else {
            continue;
        };
        found.push(Dependency {
            name: unquoted(key),
            dev: section.ends_with("dev-dependencies"),
        });
    }
    found
}

/// Only `crates/xml` names an XML crate.
pub(super) fn xml_door(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in manifests(tree).filter(|file| file.path != "crates/xml/Cargo.toml") {
        for dependency in dependencies(&file.text) {
            if XML_CRATES.contains(&dependency.name.as_str()) {
                complaints.push(format!(
                    "{}: names {}; crate xml is the one XML door",
                    file.path, dependency.name
                ));
            }
        }
    }
    complaints
}

/// Every crate is under the workspace's lints.
pub(super) fn lints(tree: &Tree) -> Vec<String> {
    manifests(tree)
        .filter(|file| {
            !file
                .text
                .replace(' ', "")
                .contains("[lints]\nworkspace=true")
        })
        .map(|file| format!("{}: must say `[lints]` `workspace = true`", file.path))
        .collect()
}

fn unquoted(key: &str) -> String {
    key.trim().trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_a_dependency_is_read() {
        let text = "\
[package]
name = \"x\"
[dependencies]
# comment
domain.workspace = true
\"serde\" = { version = \"1\" }
[dependencies.rustls]
version = \"1\"
[dev-dependencies]
testkit.workspace = true
[target.'cfg(unix)'.dependencies]
libc = \"1\"
[lints]
workspace = true
";
        let dependency = |name: &str, dev| Dependency {
            name: name.to_owned(),
            dev,
        };
        assert_eq!(
            dependencies(text),
            [
                dependency("domain", false),
                dependency("serde", false),
                dependency("rustls", false),
                dependency("testkit", true),
                dependency("libc", false),
            ]
        );
    }

    #[test]
    fn only_crate_xml_opens_the_xml_door() {
        let text = "[dev-dependencies]\nroxmltree.workspace = true\n";
        let tree = Tree::of(&[
            ("crates/xml/Cargo.toml", text),
            ("crates/itk/Cargo.toml", text),
        ]);
        let complaints = xml_door(&tree);
        assert_eq!(complaints.len(), 1);
        assert!(complaints[0].starts_with("crates/itk/Cargo.toml: names roxmltree"));
    }

    #[test]
    fn lints_are_inherited() {
        let tree = Tree::of(&[
            ("crates/a/Cargo.toml", "[lints]\nworkspace = true\n"),
            ("crates/b/Cargo.toml", "[package]\n"),
        ]);
        assert_eq!(
            lints(&tree),
            ["crates/b/Cargo.toml: must say `[lints]` `workspace = true`"]
        );
    }
}
