//! What an acknowledgement (REPC_MT000003GB01) says, for people and for programs.
//!
//! The whole of one may be as long as the upload, so it is read as it comes; only what was refused
//! is kept.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::cpis::FileCode;
use domain::{CheckDigit, NhsNumber};
use hl7v3::cpis::file::response::{Detail, Item, Place, Reader, Record, Summary};
use serde_json::{Value, json};

use super::Numbers;

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
    refused: Vec<Refused>,
}

/// A record that was not stored.
struct Refused {
    /// Its place in the upload, from 1.
    row: u64,
    detail: Detail,
    number: Option<NhsNumber>,
    local_id: Option<String>,
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
        });
    }

    /// Whom a refused record was about.
    fn message(&mut self, number: u64, record: &Record) {
        let at = self.by_message.get(&number);
        let refused = at.and_then(|at| self.report.refused.get_mut(*at));
        let subject = record.subjects.first();
        if let (Some(refused), Some(subject)) = (refused, subject) {
            refused.number = subject.number.good().copied();
            refused.local_id = subject.local_id.as_ref().map(|local| local.id.clone());
        }
    }
}

impl Report {
    /// What became of the file.
    pub(super) fn code(&self) -> Option<FileCode> {
        self.summary.as_ref().and_then(Summary::code)
    }

    pub(super) fn json(&self, numbers: Numbers, took: Duration) -> Value {
        let summary = self.summary.as_ref();
        let code = summary.and_then(|summary| summary.codes.first());
        let refused = self.refused.iter().map(|refused| refused.json(numbers));
        json!({
            "file": summary.and_then(|s| s.file.as_deref()),
            "code": code.map(|code| code.code.as_str()),
            "text": code.map(|code| code.text.as_str()),
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
            let count = |count: Option<u64>| match count {
                Some(count) => count.to_string(),
                None => "unknown".to_owned(),
            };
            text.push_str(&format!(
                "file {}: {} records, {} stored, {} refused ({:.1} s)\n",
                summary.file.as_deref().unwrap_or("of unknown number"),
                count(summary.quantity),
                count(summary.stored),
                count(summary.failed),
                took.as_secs_f64(),
            ));
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

impl Refused {
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
            self.local_id.clone().unwrap_or_default(),
        ];
        if numbers.shown {
            cells.push(numbers.of(self.number.as_ref()).unwrap_or_default());
        }
        cells.push(self.detail.location.clone());
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
        });
        if let (Some(number), Some(value)) =
            (numbers.of(self.number.as_ref()), value.as_object_mut())
        {
            value.insert("nhs_number".to_owned(), number.into());
        }
        value
    }
}
