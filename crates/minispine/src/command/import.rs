//! `minispine import FILES...`: GP Summaries from files into the store.
//!
//! A file may be a bare GPSummary, a querySCR response or an upload message; every GP Summary in
//! it is filed. The document's own bytes are kept, whatever stands around them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use domain::audit::AuditEvent;
use domain::record::DocumentBytes;
use domain::{DocumentId, NhsNumber};
use serde::Serialize;
use spine::filing::{self, Filed, FilingError};
use store::Store;
use transport::{Environment, files};

use crate::arguments::Import;

/// What became of one document, or of a file without any.
#[derive(Debug, Serialize)]
struct Line {
    file: String,
    #[serde(flatten)]
    result: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient: Option<NhsNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<DocumentId>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "result", content = "reason", rename_all = "kebab-case")]
enum Outcome {
    /// The patient's current record now.
    Current,
    /// Kept as an earlier version.
    Earlier,
    /// There already, byte for byte.
    AlreadyThere,
    /// The file holds no GP Summary.
    NoSummary(String),
    /// Not filed.
    Refused(String),
}

pub(crate) async fn run(import: Import) -> Result<ExitCode> {
    let paths = expand(&import.files)?;
    let store = super::open_store(&import.store)?;
    let env = Environment::system();
    let bar = crate::progress::bar(paths.len() as u64, "importing");
    let mut lines = Vec::new();
    for path in &paths {
        lines.extend(import_file(&store, &env, path, import.file_under).await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    store.close();
    report(&lines, import.json)?;
    let refused = lines
        .iter()
        .any(|line| matches!(line.result, Outcome::Refused(_)));
    let filed = lines
        .iter()
        .any(|line| line.document.is_some() && !line.is_refused());
    Ok(if filed && !(refused && import.strict) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Folders become the XML files directly inside, by name.
fn expand(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for path in given {
        if !files::is_dir(path) {
            paths.push(path.clone());
            continue;
        }
        let mut inside: Vec<PathBuf> = files::list_dir(path)
            .with_context(|| format!("cannot list {}", path.display()))?
            .into_iter()
            .filter(|file| {
                file.extension()
                    .is_some_and(|e| e.eq_ignore_ascii_case("xml"))
            })
            .collect();
        inside.sort();
        if inside.is_empty() {
            bail!("the folder {} holds no .xml files", path.display());
        }
        paths.append(&mut inside);
    }
    Ok(paths)
}

/// Only a failing store ends an import; everything wrong with a file is a line of the report.
async fn import_file(
    store: &dyn Store,
    env: &Environment,
    path: &Path,
    file_under: Option<NhsNumber>,
) -> Result<Vec<Line>> {
    let refused = |reason: String| Line {
        file: path.display().to_string(),
        result: Outcome::Refused(reason),
        patient: None,
        document: None,
    };
    let bytes = match files::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(vec![refused(format!("cannot be read: {error}"))]),
    };
    let document = match xml::Document::parse(&bytes) {
        Ok(document) => document,
        Err(error) => return Ok(vec![refused(error.to_string())]),
    };
    let found = hl7v3::gp_summary::find(&document);
    if found.is_empty() {
        let reason = "the file holds no GPSummary element".to_owned();
        return Ok(vec![Line {
            result: Outcome::NoSummary(reason),
            ..refused(String::new())
        }]);
    }
    let mut lines = Vec::new();
    for summary in found {
        let header = match hl7v3::gp_summary::header(summary) {
            Ok(header) => header,
            Err(error) => {
                lines.push(refused(error.to_string()));
                continue;
            }
        };
        let slice = summary.slice();
        let bytes = DocumentBytes {
            bytes: slice.bytes.as_bytes().to_vec(),
            inherited: slice.inherited,
        };
        let patient = file_under.unwrap_or(header.patient);
        let id = header.id.clone();
        let audit = AuditEvent::new(env.now(), "cli", "import", "filed");
        let result = match filing::file(store, env, patient, header, bytes, audit).await {
            Ok(Filed::Current) => Outcome::Current,
            Ok(Filed::Earlier) => Outcome::Earlier,
            Ok(Filed::AlreadyThere) => Outcome::AlreadyThere,
            Err(error @ FilingError::DuplicateId(_)) => Outcome::Refused(error.to_string()),
            Err(FilingError::Store(error)) => return Err(error).context("the store failed"),
        };
        lines.push(Line {
            result,
            patient: Some(patient),
            document: Some(id),
            ..refused(String::new())
        });
    }
    Ok(lines)
}

impl Line {
    fn is_refused(&self) -> bool {
        matches!(self.result, Outcome::Refused(_))
    }

    fn row(&self) -> Vec<String> {
        let (word, reason) = match &self.result {
            Outcome::Current => ("current", ""),
            Outcome::Earlier => ("earlier version", ""),
            Outcome::AlreadyThere => ("already there", ""),
            Outcome::NoSummary(reason) => ("skipped", reason.as_str()),
            Outcome::Refused(reason) => ("REFUSED", reason.as_str()),
        };
        vec![
            self.file.clone(),
            word.to_owned(),
            self.patient.map(|p| p.to_string()).unwrap_or_default(),
            self.document
                .as_ref()
                .map(|d| d.to_string())
                .unwrap_or_default(),
            reason.to_owned(),
        ]
    }
}

fn report(lines: &[Line], json: bool) -> Result<()> {
    if json {
        for line in lines {
            super::print_line(&serde_json::to_string(line)?)?;
        }
        return Ok(());
    }
    let mut rows = vec![
        ["file", "result", "NHS number", "document", "reason"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(lines.iter().map(Line::row));
    super::print(&super::table(&rows))?;
    let count = |wanted: fn(&Outcome) -> bool| lines.iter().filter(|l| wanted(&l.result)).count();
    super::print_line(&format!(
        "{} filed, {} already there, {} without a GP Summary, {} refused",
        count(|o| matches!(o, Outcome::Current | Outcome::Earlier)),
        count(|o| *o == Outcome::AlreadyThere),
        count(|o| matches!(o, Outcome::NoSummary(_))),
        count(|o| matches!(o, Outcome::Refused(_))),
    ))
}
