//! xmllint over many messages at a time.

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::xsd::{Outcome, validate};

/// How many files one xmllint is given.
const BATCH: usize = 400;

fn schema(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schemas")
        .join(name)
}

/// Which of these are valid against one of our schemas; `None` when there is no xmllint here,
/// which has been said. A schema that does not compile fails the test.
pub(crate) fn judge(name: &str, texts: &[&str]) -> Option<Vec<bool>> {
    let schema = schema(name);
    let path = schema.to_str().expect("a path in UTF-8");
    if validate(path, b"<other/>") == Outcome::Skipped {
        return None;
    }
    let folder = Folder::new(name);
    let mut verdicts = Vec::with_capacity(texts.len());
    for (number, batch) in texts.chunks(BATCH).enumerate() {
        verdicts.extend(folder.judge(path, number, batch));
    }
    Some(verdicts)
}

/// A folder that goes when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let test = std::thread::current()
            .name()
            .unwrap_or("test")
            .replace("::", "-");
        let folder = format!("minispine-{}-{test}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn judge(&self, schema: &str, number: usize, texts: &[&str]) -> Vec<bool> {
        let mut command = Command::new("xmllint");
        command.args(["--noout", "--nonet", "--schema", schema]);
        let mut files = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            let file = self.0.join(format!("{number}-{at}.xml"));
            std::fs::write(&file, text).expect("a file");
            command.arg(&file);
            files.push(file);
        }
        let output = command.output().expect("xmllint runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let broken = "failed to compile";
        assert!(!said.contains(broken), "{schema}: {said}");
        let valid: Vec<&str> = said
            .lines()
            .filter_map(|line| line.strip_suffix(" validates"))
            .collect();
        let of = |file: &PathBuf| valid.contains(&file.to_str().expect("a path in UTF-8"));
        files.iter().map(of).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
