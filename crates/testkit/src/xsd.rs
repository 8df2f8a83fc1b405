//! Is a message valid against a published schema?
//!
//! `xmllint` (libxml2) judges: it is not ours, so it cannot share our mistakes.
#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::{cpis_schemas, skip, vectors};

/// Set to `1` where every tool must be there, as in CI: an absent one then fails the test.
const REQUIRED: &str = "MINISPINE_REQUIRE_TOOLS";

/// What the schema says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Valid.
    Valid,
    /// Not valid, or not well-formed, or the schema itself could not be read: what xmllint says.
    Invalid(String),
    /// There is no xmllint here, or no such schema. The line that says so has been printed.
    Skipped,
}

/// Validates one document against a schema, named by its path in the shared vectors
/// (`schemas/spine-mim/TightenedSchemas/REPC_IN150016UK05.xsd`).
///
/// # Panics
///
/// When xmllint is absent although `MINISPINE_REQUIRE_TOOLS=1`.
pub fn validate(schema_relative: &str, xml: &[u8]) -> Outcome {
    match vectors(schema_relative) {
        Some(schema) => judge(&schema, xml),
        None => skipped("shared vectors are not here"),
    }
}

/// Validates one document against a schema of CP-IS, named by its message or interaction
/// (`REPC_MT000007GB01`), in a temporary copy of the set that libxml2 can read.
///
/// # Panics
///
/// As [`validate`], and when the copy cannot be made.
pub fn validate_cpis(schema: &str, xml: &[u8]) -> Outcome {
    match cpis_schemas::mended() {
        Some(folder) => judge(&folder.join(format!("Schemas/{schema}.xsd")), xml),
        None => skipped("shared vectors are not here"),
    }
}

fn judge(schema: &Path, xml: &[u8]) -> Outcome {
    match lint(schema, xml) {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let required = std::env::var_os(REQUIRED).is_some_and(|value| value == "1");
            assert!(
                !required,
                "xmllint is not here (Debian package libxml2-utils)"
            );
            skipped("xmllint is not here (Debian package libxml2-utils)")
        }
        Err(error) => panic!("xmllint did not run: {error}"),
    }
}

/// Asserts that [`validate`] does not say [`Outcome::Invalid`].
///
/// # Panics
///
/// When it does, with what xmllint says and the document.
pub fn assert_valid(schema_relative: &str, xml: &[u8]) {
    if let Outcome::Invalid(complaint) = validate(schema_relative, xml) {
        panic!("{complaint}\n{}", String::from_utf8_lossy(xml));
    }
}

/// Asserts that [`validate_cpis`] does not say [`Outcome::Invalid`].
///
/// # Panics
///
/// When it does, with what xmllint says and the document.
pub fn assert_valid_cpis(schema: &str, xml: &[u8]) {
    if let Outcome::Invalid(complaint) = validate_cpis(schema, xml) {
        panic!("{complaint}\n{}", String::from_utf8_lossy(xml));
    }
}

fn lint(schema: &Path, xml: &[u8]) -> std::io::Result<Outcome> {
    let mut child = Command::new("xmllint")
        .args(["--noout", "--nonet", "--huge", "--schema"])
        .arg(schema)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let input = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // xmllint may stop reading early; what it says tells why.
            let _ = input.map(|mut pipe| pipe.write_all(xml));
        });
        child.wait_with_output()
    })?;
    match output.status.code() {
        Some(0) => Ok(Outcome::Valid),
        _ => Ok(Outcome::Invalid(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )),
    }
}

/// Says why on one line, once per test: the harness names a test's thread after the test.
fn skipped(why: &str) -> Outcome {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let mut said = SAID
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    if said.insert(test.to_owned()) {
        skip(test, why);
    }
    Outcome::Skipped
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "schemas/spine-mim/TightenedSchemas/REPC_IN150016UK05.xsd";

    #[test]
    fn invalid_and_malformed_documents_are_noticed() {
        for xml in [
            &b"<a/>"[..],
            b"<REPC_IN150016UK05 xmlns='urn:hl7-org:v3'/>",
            b"<a",
            b"",
        ] {
            let outcome = validate(SCHEMA, xml);
            assert!(
                matches!(&outcome, Outcome::Invalid(said) if !said.is_empty())
                    || outcome == Outcome::Skipped,
                "{outcome:?}"
            );
        }
    }

    #[test]
    fn valid_documents_pass() {
        let published = "spine-scr/psis-query/PSISDocumentListQuery_QUPC_IN160101UK05.xml";
        let Some(file) = crate::vectors_or_skip("valid_documents_pass", published) else {
            return;
        };
        let xml = std::fs::read(file).expect("the vector can be read");
        assert_valid(
            "schemas/spine-mim/TightenedSchemas/QUPC_IN160101UK05.xsd",
            &xml,
        );
    }

    #[test]
    fn the_cpis_schemas_can_be_used() {
        let folder = "cpis/synthetic";
        for (schema, file) in [
            ("QUPC_IN000006GB01", "QUPC_IN000006GB01_author_person.xml"),
            (
                "REPC_MT000002GB01",
                "REPC_MT000002GB01_upload_cpp_and_ucp.xml",
            ),
            (
                "REPC_MT000004GB01",
                "REPC_MT000004GB01_access_notification.xml",
            ),
        ] {
            let test = "the_cpis_schemas_can_be_used";
            let Some(path) = crate::vectors_or_skip(test, &format!("{folder}/{file}")) else {
                return;
            };
            let xml = std::fs::read(path).expect("the vector can be read");
            assert_valid_cpis(schema, &xml);
            let wrong = b"<File xmlns='urn:hl7-org:v3'/>";
            assert_ne!(validate_cpis(schema, wrong), Outcome::Valid);
        }
    }
}
