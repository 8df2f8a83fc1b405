//! Where the shared vectors are.
#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

use std::path::{Path, PathBuf};

/// Names another folder for the shared vectors.
const VARIABLE: &str = "MINISPINE_VECTORS";

/// A file or folder of the shared vectors, like `smsp-scr/schemas`; `None` when it is not there.
///
/// Looked for in the folder that the variable `MINISPINE_VECTORS` names, else in
/// `../shared/vectors` seen from the root of this workspace.
pub fn vectors(relative: &str) -> Option<PathBuf> {
    let path = folder().join(relative);
    path.exists().then_some(path)
}

/// As [`vectors`], and says the line of a skipped test when it is not there.
pub fn vectors_or_skip(test: &str, relative: &str) -> Option<PathBuf> {
    let found = vectors(relative);
    if found.is_none() {
        crate::skip(test, "shared vectors are not here");
    }
    found
}

fn folder() -> PathBuf {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        return PathBuf::from(named);
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_none() {
        assert_eq!(vectors("no/such/vector.xml"), None);
    }
}
