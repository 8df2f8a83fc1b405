//! A GP Summary as plain text for a terminal.

use hl7v3::gp_summary::PresentationBlock as Block;

use super::layout::{columns, safe, total, wrap};
use super::{Sheet, Summary, label};

/// The text, in lines of at most `width` characters (tables of very many columns excepted).
pub fn text(summary: &Summary, width: usize) -> String {
    sheet(&Sheet::of(summary), width)
}

/// The text of a sheet.
pub(super) fn sheet(sheet: &Sheet<'_>, width: usize) -> String {
    let width = width.max(20);
    let mut page = Page {
        out: String::with_capacity(16 * 1024),
        width,
    };
    page.lines(label::CONFIDENTIAL, "");
    page.out.push('\n');
    page.underlined(sheet.title, '=');
    page.about(&sheet.rows);
    for block in sheet.blocks.iter() {
        page.out.push('\n');
        page.block(block);
    }
    page.out
}

struct Page {
    out: String,
    width: usize,
}

impl Page {
    fn about(&mut self, rows: &[(&str, String)]) {
        let widest = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in rows {
            let indent = " ".repeat(widest + 3);
            let lines = wrap(&safe(value), self.width.saturating_sub(indent.len()));
            for (at, line) in lines.iter().enumerate() {
                match at {
                    0 => self.line(&format!("{name:<widest$} : {line}")),
                    _ => self.line(&format!("{indent}{line}")),
                }
            }
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading { level: 1 | 2, text } => self.underlined(text, '-'),
            Block::Heading { text, .. }
            | Block::Paragraph {
                text,
                highlighted: false,
            } => {
                self.lines(text, "");
            }
            Block::Paragraph {
                text,
                highlighted: true,
            } => self.lines(text, "! "),
            Block::Preformatted { text } => {
                for line in safe(text).split('\n') {
                    self.line(line);
                }
            }
            Block::List { ordered, items } => {
                for (at, item) in items.iter().enumerate() {
                    let mark = if *ordered {
                        format!("{}. ", at + 1)
                    } else {
                        "- ".to_owned()
                    };
                    self.item(item, &mark);
                }
            }
            Block::Table {
                caption,
                head,
                rows,
            } => self.table(caption.as_deref(), head, rows),
        }
    }

    fn table(&mut self, caption: Option<&str>, head: &[String], body: &[Vec<String>]) {
        if let Some(caption) = caption.filter(|caption| !caption.is_empty()) {
            self.lines(caption, "");
        }
        let safe_row = |row: &[String]| row.iter().map(|cell| safe(cell)).collect();
        let heads = (!head.is_empty()).then(|| safe_row(head));
        let rows: Vec<Vec<String>> = heads
            .into_iter()
            .chain(body.iter().map(|row| safe_row(row)))
            .collect();
        for (at, lines) in columns(&rows, self.width).iter().enumerate() {
            lines.iter().for_each(|line| self.line(line));
            if at == 0 && !head.is_empty() {
                self.line(&"-".repeat(total(&rows, self.width)));
            }
        }
    }

    fn item(&mut self, text: &str, mark: &str) {
        let indent = " ".repeat(mark.len());
        for (at, line) in wrap(&safe(text), self.width - mark.len())
            .iter()
            .enumerate()
        {
            self.line(&format!("{}{line}", if at == 0 { mark } else { &indent }));
        }
    }

    fn underlined(&mut self, text: &str, with: char) {
        let lines = wrap(&safe(text), self.width);
        let widest = lines
            .iter()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0);
        lines.iter().for_each(|line| self.line(line));
        self.line(&with.to_string().repeat(widest));
    }

    /// Wrapped, each line after `before`.
    fn lines(&mut self, text: &str, before: &str) {
        for line in wrap(&safe(text), self.width - before.len()) {
            self.line(&format!("{before}{line}"));
        }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}
