//! What an acknowledgement (REPC_MT000003GB01) says, for people and for programs.
//!
//! The whole of one may be as long as the upload, so it is read as it comes; only what was refused
//! is kept.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::CheckDigit;
use domain::cpis::FileCode;
use hl7v3::cpis::file::Found;
use hl7v3::cpis::file::response::{Detail, Item, Place, Reader, Record, Summary};
use serde_json::{Value, json};

use super::Numbers;
use crate::command::shortened;

/// Room in a table for what somebody wrote into a file.
const WRITTEN_WIDTH: usize = 40;

/// An acknowledgement that is being read.
pub(super) struct Reading {
    reader: Reader,
    report: Report,
    /// The refused records by the number of their `message`.
    by_message: HashMap<u64, usize>,
    records: u64,
    has_summary: bool,
}

/// What it says.
#[derive(Default)]
pub(super) struct Report {
    summary: Option<Summary>,
    /// What the mailbox said of it.
    subject: Option<String>,
    refused: Vec<Refused>,
}

/// A record that was not stored.
struct Refused {
    /// Its place in the upload, from 1.
    row: u64,
    detail: Detail,
    /// The NHS number as written: it may be none.
    number: Option<String>,
    local_id: Option<String>,
    /// Where it begins in the upload, if it was looked up there.
    line: Option<u32>,
}

impl Reading {
    pub(super) fn new() -> Self {
        Self {
            // Whoever sent it may have sent any number.
            reader: Reader::new(CheckDigit::Ignored),
            report: Report::default(),
            by_message: HashMap::new(),
            records: 0,
            has_summary: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.reader.push(bytes);
        self.take()
    }

    pub(super) fn finish(mut self) -> Result<Report> {
        self.reader.finish();
        self.take()?;
        match self.has_summary {
            true => Ok(self.report),
            false => bail!("the acknowledgement ends before it says what became of the file"),
        }
    }

    fn take(&mut self) -> Result<()> {
        let unread = "the acknowledgement cannot be read";
        while let Some(item) = self.reader.read().context(unread)? {
            match item {
                Item::Detail(detail) => self.detail(detail),
                Item::Message {
                    number,
                    stored: false,
                    record,
                } => self.message(number, &record),
                Item::Message { .. } => {}
                Item::Summary(summary) => {
                    self.report.summary = Some(*summary);
                    self.has_summary = true;
                }
            }
        }
        Ok(())
    }

    /// Details come in the order of the records.
    fn detail(&mut self, detail: Detail) {
        self.records += 1;
        if detail.code.code == domain::cpis::RecordCode::Stored.code() {
            return;
        }
        let place = detail.place();
        let row = match place {
            Some(Place::Upload(row)) => row,
            _ => self.records,
        };
        if let Some(Place::Message { number, .. }) = place {
            self.by_message.insert(number, self.report.refused.len());
        }
        self.report.refused.push(Refused {
            row,
            detail,
            number: None,
            local_id: None,
            line: None,
        });
    }

    /// Whom a refused record was about.
    fn message(&mut self, number: u64, record: &Record) {
        let at = self.by_message.get(&number);
        if let Some(refused) = at.and_then(|at| self.report.refused.get_mut(*at)) {
            refused.is_about(record);
        }
    }
}

impl Report {
    /// What became of the file.
    pub(super) fn code(&self) -> Option<FileCode> {
        self.summary.as_ref().and_then(Summary::code)
    }

    /// Takes the subject under which the acknowledgement came: it says why a file was not taken.
    pub(super) fn set_subject(&mut self, subject: Option<String>) {
        self.subject = subject;
    }

    /// Which refused records are not repeated, since they were too broken for it: where each is
    /// here, by its place in the upload.
    pub(super) fn unnamed(&self) -> BTreeMap<u64, usize> {
        let each = self.refused.iter().enumerate();
        let unnamed =
            each.filter(|(_, refused)| matches!(refused.detail.place(), Some(Place::Upload(_))));
        unnamed.map(|(at, refused)| (refused.row, at)).collect()
    }

    /// Takes a refused record from the upload itself, where it begins on this line.
    pub(super) fn name(&mut self, at: usize, line: u32, record: &Record) {
        if let Some(refused) = self.refused.get_mut(at) {
            refused.line = Some(line);
            refused.is_about(record);
        }
    }

    /// Why nothing of the file was read, without the code before it.
    fn reason(&self) -> Option<&str> {
        let corrupt = FileCode::Corrupt;
        let subject = self.subject.as_deref()?;
        (self.code() == Some(corrupt)).then_some(())?;
        let rest = subject.strip_prefix(corrupt.code()).unwrap_or(subject);
        Some(rest.trim_start_matches(':').trim()).filter(|reason| !reason.is_empty())
    }

    pub(super) fn json(&self, numbers: Numbers, took: Duration) -> Value {
        let summary = self.summary.as_ref();
        let code = summary.and_then(|summary| summary.codes.first());
        let refused = self.refused.iter().map(|refused| refused.json(numbers));
        json!({
            "file": summary.and_then(|s| s.file.as_deref()),
            "code": code.map(|code| code.code.as_str()),
            "text": code.map(|code| code.text.as_str()),
            "reason": self.reason(),
            "records": summary.and_then(|s| s.quantity),
            "stored": summary.and_then(|s| s.stored),
            "refused": summary.and_then(|s| s.failed),
            "refusals": refused.collect::<Vec<_>>(),
            "seconds": took.as_secs_f64(),
        })
    }

    pub(super) fn text(&self, numbers: Numbers, took: Duration) -> String {
        let mut text = String::new();
        if let Some(summary) = &self.summary {
            for code in &summary.codes {
                text.push_str(&format!("{} {}\n", code.code, code.text));
            }
            let file = summary.file.as_deref().unwrap_or("of unknown number");
            let came_to = match self.code() {
                // Its counts would say nothing: no record was looked at.
                Some(FileCode::Corrupt) => self.reason().unwrap_or("no reason is given").to_owned(),
                _ => counts(summary),
            };
            let took = took.as_secs_f64();
            text.push_str(&format!("file {file}: {came_to} ({took:.1} s)\n"));
        }
        if !self.refused.is_empty() {
            text.push('\n');
            text.push_str(&super::super::table(&self.rows(numbers)));
        }
        text
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let mut heading = vec!["record", "code", "reason", "local id"];
        if numbers.shown {
            heading.push("NHS number");
        }
        heading.push("place");
        let mut rows = vec![heading.into_iter().map(str::to_owned).collect()];
        rows.extend(self.refused.iter().map(|refused| refused.cells(numbers)));
        rows
    }
}

fn counts(summary: &Summary) -> String {
    let count = |count: Option<u64>| match count {
        Some(count) => count.to_string(),
        None => "unknown".to_owned(),
    };
    format!(
        "{} records, {} stored, {} refused",
        count(summary.quantity),
        count(summary.stored),
        count(summary.failed),
    )
}

impl Refused {
    /// Takes whom the record is about: of two people, the first of whom something is said.
    fn is_about(&mut self, record: &Record) {
        let mut numbers = record.subjects.iter().map(|subject| match &subject.number {
            Found::Good(number) => Some(number.as_str().to_owned()),
            Found::Wrong(text) => Some(text.clone()),
            Found::Missing => None,
        });
        self.number = numbers.find_map(|number| number);
        let mut ids = record.subjects.iter().map(|s| s.local_id.as_ref());
        self.local_id = ids.find_map(|id| id).map(|local| local.id.clone());
    }

    /// Our own reason of CPR07 says more than its text.
    fn reason(&self) -> &str {
        match &self.detail.fault {
            Some(fault) => &fault.text,
            None => &self.detail.code.text,
        }
    }

    fn cells(&self, numbers: Numbers) -> Vec<String> {
        let mut cells = vec![
            self.row.to_string(),
            self.detail.code.code.clone(),
            self.reason().to_owned(),
            written(self.local_id.as_deref()),
        ];
        if numbers.shown {
            cells.push(written(self.number.as_deref()));
        }
        cells.push(match self.line {
            Some(line) => format!("{}, line {line}", self.detail.location),
            None => self.detail.location.clone(),
        });
        cells
    }

    fn json(&self, numbers: Numbers) -> Value {
        let mut value = json!({
            "record": self.row,
            "code": self.detail.code.code,
            "detail": self.detail.fault.as_ref().map(|fault| fault.code.as_str()),
            "reason": self.reason(),
            "local_id": self.local_id,
            "location": self.detail.location,
            "line": self.line,
        });
        if let (Some(number), Some(value)) = (
            numbers.written(self.number.as_deref()),
            value.as_object_mut(),
        ) {
            value.insert("nhs_number".to_owned(), number.into());
        }
        value
    }
}

fn written(text: Option<&str>) -> String {
    shortened(text.unwrap_or_default(), WRITTEN_WIDTH).into_owned()
}
