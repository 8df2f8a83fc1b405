//! Arrows between crates point one way: down. ARCHITECTURE.md draws the same house.

use super::Tree;
use super::manifest::{dependencies, manifests};

/// The floors of the house, the ground floor first. A crate may depend on crates of lower floors,
/// so never on a neighbour: services meet on the wire, not in a function call.
const FLOORS: &[&[&str]] = &[
    &["domain"],
    &["xml"],
    &["itk", "hl7v3", "ebxml", "fhir"],
    &["store", "transport", "conversion"],
    &["mhs", "sds"],
    &[
        "spine",
        "smsp",
        "scr-api",
        "client",
        "acceptance",
        "synthetic",
    ],
    &["minispine", "bench"],
];

/// Stands beside the house: tests of every crate may lean on it, nothing else may.
const BESIDE: &str = "testkit";

/// No crate depends on its own floor or a higher one. Tests may look sideways (a mini service is
/// tested against the Spine), but not at the binary.
pub(super) fn check(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in manifests(tree) {
        let Some(owner) = file
            .path
            .strip_prefix("crates/")
            .and_then(|p| p.split('/').next())
        else {
            continue;
        };
        if owner != BESIDE && floor(owner).is_none() {
            complaints.push(format!(
                "{}: give {owner} a floor in xtask/src/tidy/arrows.rs",
                file.path
            ));
            continue;
        }
        for dependency in dependencies(&file.text) {
            if !allowed(owner, &dependency.name, dependency.dev) {
                complaints.push(format!(
                    "{}: {owner} must not depend on {}: arrows point down",
                    file.path, dependency.name
                ));
            }
        }
    }
    complaints
}

/// May `owner` depend on `name`? Crates that are not of this house are no concern of ours.
fn allowed(owner: &str, name: &str, dev: bool) -> bool {
    if name == BESIDE {
        return dev;
    }
    let Some(theirs) = floor(name) else {
        return true;
    };
    let top = FLOORS.len() - 1;
    if dev || owner == BESIDE {
        return theirs < top;
    }
    floor(owner).is_some_and(|own| theirs < own)
}

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_point_down() {
        for (owner, name, dev, expected) in [
            ("smsp", "store", false, true),
            ("smsp", "domain", false, true),
            ("smsp", "spine", false, false),
            ("smsp", "spine", true, true),
            ("xml", "itk", false, false),
            ("domain", "xml", false, false),
            ("store", "transport", false, false),
            ("smsp", "minispine", true, false),
            ("smsp", "testkit", false, false),
            ("smsp", "testkit", true, true),
            ("testkit", "smsp", false, true),
            ("testkit", "minispine", false, false),
            ("smsp", "tokio", false, true),
        ] {
            assert_eq!(
                allowed(owner, name, dev),
                expected,
                "{owner} -> {name}, dev {dev}"
            );
        }
    }

    #[test]
    fn a_new_crate_needs_a_floor() {
        let complaints = check(&Tree::of(&[("crates/attic/Cargo.toml", "[package]\n")]));
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].contains("attic a floor"));
    }

    #[test]
    fn a_wrong_arrow_is_named() {
        let text = "[dependencies]\nsmsp.workspace = true\n";
        let complaints = check(&Tree::of(&[("crates/spine/Cargo.toml", text)]));
        assert_eq!(
            complaints,
            ["crates/spine/Cargo.toml: spine must not depend on smsp: arrows point down"]
        );
    }
}
