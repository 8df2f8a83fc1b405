//! `minispine validate FILES...`: what is wrong with a GP Summary or a FHIR resource, and where.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use conversion::validate::{self, Found};
use fhir::Severity;
use serde_json::json;
use transport::files;

use crate::arguments::{Least, Validate};

impl Least {
    const fn severity(self) -> Severity {
        match self {
            Self::Information => Severity::Information,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
    }
}

/// What was found in all files.
#[derive(Default)]
struct Sums {
    errors: usize,
    warnings: usize,
    unreadable: usize,
}

pub(crate) fn run(validate: &Validate) -> Result<ExitCode> {
    let mut sums = Sums::default();
    for file in &validate.files {
        let bytes = match files::read(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                super::complain(&format!(
                    "minispine: {} cannot be read: {error}",
                    file.display()
                ));
                sums.unreadable += 1;
                continue;
            }
        };
        let (form, found) = validate::check(&bytes);
        let count = |severity| found.iter().filter(|one| one.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        sums.errors += errors;
        sums.warnings += warnings;
        let least = validate.least.severity();
        let shown = found.iter().filter(|one| one.severity >= least);
        match validate.json {
            true => print_json(file, shown)?,
            false => {
                let name = file.display();
                let verdict = verdict(errors, warnings);
                super::print_line(&format!("{name}: {}, {verdict}", form.name()))?;
                print_table(shown)?;
            }
        }
    }
    let fails = sums.errors + sums.unreadable > 0 || validate.strict && sums.warnings > 0;
    Ok(match fails {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

fn verdict(errors: usize, warnings: usize) -> String {
    let count = |number: usize, one: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{number} {one}s"),
    };
    match (errors, warnings) {
        (0, 0) => "valid".to_owned(),
        (0, warnings) => format!("valid, {}", count(warnings, "warning")),
        (errors, 0) => count(errors, "error"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}

fn print_json<'f>(file: &Path, found: impl Iterator<Item = &'f Found>) -> Result<()> {
    for one in found {
        let line = json!({
            "file": file.display().to_string(),
            "severity": one.severity.as_str(),
            "line": one.place.map(|place| place.0),
            "column": one.place.map(|place| place.1),
            "path": one.path,
            "rule": one.rule,
            "source": one.source,
        });
        super::print_line(&line.to_string())?;
    }
    Ok(())
}

fn print_table<'f>(found: impl Iterator<Item = &'f Found>) -> Result<()> {
    let mut rows = vec![
        ["severity", "at", "rule", "path", "source"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(found.map(|one| {
        vec![
            one.severity.as_str().to_owned(),
            one.place
                .map(|(line, column)| format!("{line}:{column}"))
                .unwrap_or_default(),
            one.rule.clone(),
            one.path.clone(),
            one.source.to_owned(),
        ]
    }));
    match rows.len() {
        1 => Ok(()),
        _ => super::print(&super::table(&rows)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        for (errors, warnings, text) in [
            (0, 0, "valid"),
            (0, 1, "valid, 1 warning"),
            (1, 0, "1 error"),
            (2, 3, "2 errors, 3 warnings"),
        ] {
            assert_eq!(verdict(errors, warnings), text);
        }
    }
}
