//! The supply-chain rules that matter most, checked without any tool to install. `deny.toml` has
//! the whole set.

use super::Tree;

/// Never compiled: a second crypto provider or TLS library, and what nobody maintains. Looked for
/// in the resolved graph, because `Cargo.lock` also names optional dependencies that are off.
const BANNED: &[(&str, &str)] = &[
    ("ring", "aws-lc-rs is the one crypto provider"),
    ("openssl-sys", "rustls is the one TLS library"),
    ("native-tls", "rustls is the one TLS library"),
    ("rustls-pemfile", "unmaintained; rustls-pki-types reads PEM"),
];

/// The lowest versions without known defects. The same stand in `deny.toml`.
const MINIMUM: &[(&str, [u64; 3])] = &[
    ("quick-xml", [0, 41, 0]),
    ("rustls-webpki", [0, 103, 13]),
    ("aws-lc-sys", [0, 39, 0]),
    ("h2", [0, 4, 16]),
    ("tokio-postgres", [0, 7, 18]),
    ("time", [0, 3, 47]),
    ("lru", [0, 18, 2]),
];

/// `graph` is what `cargo tree --prefix none` prints: a crate per line, its name first.
pub(crate) fn banned_crates(graph: &str) -> Vec<String> {
    let compiled = |name: &str| {
        graph
            .lines()
            .any(|line| line.split(' ').next() == Some(name))
    };
    BANNED
        .iter()
        .filter(|(name, _)| compiled(name))
        .map(|(name, why)| {
            format!("Cargo.lock: {name} is compiled: {why} (`cargo tree -i {name}`)")
        })
        .collect()
}

/// No crate in the lock file is older than its safe minimum.
pub(super) fn minimum_versions(tree: &Tree) -> Vec<String> {
    let Some(lock) = tree.files.iter().find(|file| file.path == "Cargo.lock") else {
        return vec!["Cargo.lock: must be kept in the repository".to_owned()];
    };
    let mut complaints = Vec::new();
    for (name, version) in packages(&lock.text) {
        let minimum = MINIMUM
            .iter()
            .find(|(of, _)| *of == name)
            .map(|(_, minimum)| *minimum);
        if minimum.is_some_and(|minimum| numbers(version) < minimum) {
            complaints.push(format!(
                "Cargo.lock: {name} {version} is below the safe minimum"
            ));
        }
    }
    complaints
}

/// Names and versions, as a lock file lists them: `name = "..."` with `version = "..."` after it.
fn packages(lock: &str) -> impl Iterator<Item = (&str, &str)> {
    let value = |line: &'_ str, key: &str| -> Option<(usize, usize)> {
        let rest = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        let start = line.len() - rest.len();
        Some((start, start + rest.find('"')?))
    };
    lock.split("[[package]]")
        .skip(1)
        .filter_map(move |package| {
            let find = |key| {
                package
                    .lines()
                    .find_map(|line| value(line, key).map(|(a, b)| &line[a..b]))
            };
            Some((find("name")?, find("version")?))
        })
}

fn numbers(version: &str) -> [u64; 3] {
    let mut numbers = [0; 3];
    let core = version.split(['-', '+']).next().unwrap_or_default();
    for (number, part) in numbers.iter_mut().zip(core.split('.')) {
        *number = part.parse().unwrap_or(0);
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_are_named() {
        let lock = "\
version = 4

[[package]]
name = \"quick-xml\"
version = \"0.40.9\"

[[package]]
name = \"rustls-webpki\"
version = \"0.103.13\"

[[package]]
name = \"time\"
version = \"1.0.0-rc.1+meta\"
";
        let complaints = minimum_versions(&Tree::of(&[("Cargo.lock", lock)]));
        assert_eq!(
            complaints,
            ["Cargo.lock: quick-xml 0.40.9 is below the safe minimum"]
        );
        assert_eq!(
            minimum_versions(&Tree::of(&[])).len(),
            1,
            "the lock file itself is wanted"
        );
    }

    #[test]
    fn deny_toml_says_the_same() {
        let deny = std::fs::read_to_string(crate::run::root().join("deny.toml")).unwrap();
        for (name, _) in BANNED {
            assert!(deny.contains(&format!("crate = \"{name}\"")), "{name}");
        }
        for (name, minimum) in MINIMUM {
            let prefix = format!("crate = \"{name}:<");
            let (_, rest) = deny.split_once(&prefix).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(numbers(rest.split('"').next().unwrap()), *minimum, "{name}");
        }
    }

    #[test]
    fn only_what_is_compiled_is_banned() {
        assert!(banned_crates("rustls v0.23.46\nringbuffer v1.0.0\n").is_empty());
        assert_eq!(
            banned_crates("rustls v0.23.46\nring v0.17.14 (*)\n").len(),
            1
        );
    }
}
