//! Tables: every text in its column. Real summaries span columns freely (the reason for a
//! medication under its name), and a value that slips into another column is a danger.

use xml::Element;

use super::{PresentationBlock, inline};
use crate::lenient::{child, children};

/// Spans reach no further than this column, so that a small table cannot claim a large grid.
const WIDEST: usize = 20;

/// Nor further than this many rows.
const LONGEST: usize = 1000;

/// Reads a table. The heading row is that of `thead`, or a first row of `th` cells only; every
/// other row is a row, also where each has a `tbody` of its own.
pub(super) fn read(table: Element<'_, '_>) -> PresentationBlock {
    let mut head = Vec::new();
    let mut rows = Vec::new();
    for group in groups(table) {
        let mut spans = Spans::default();
        for row in group.rows {
            let cells: Vec<_> = row
                .children()
                .filter(|cell| matches!(cell.name(), "td" | "th"))
                .collect();
            let all_headings = !cells.is_empty() && cells.iter().all(|cell| cell.name() == "th");
            let texts = spans.place(&cells);
            let is_heading = group.is_head || (rows.is_empty() && all_headings);
            if is_heading && head.is_empty() {
                head = texts;
            } else {
                rows.push(texts);
            }
        }
    }
    PresentationBlock::Table {
        caption: child(table, "caption").map(inline),
        head,
        rows,
    }
}

/// Rows that belong together: a cell spans rows of its own group only.
struct Group<'d, 'i> {
    is_head: bool,
    rows: Vec<Element<'d, 'i>>,
}

/// The groups of a table; rows that stand in none are one group.
fn groups<'d, 'i>(table: Element<'d, 'i>) -> Vec<Group<'d, 'i>> {
    let mut groups: Vec<Group<'d, 'i>> = Vec::new();
    let mut in_loose = false;
    for part in table.children() {
        match part.name() {
            name @ ("thead" | "tbody" | "tfoot") => {
                let rows = children(part, "tr").collect();
                groups.push(Group {
                    is_head: name == "thead",
                    rows,
                });
                in_loose = false;
            }
            "tr" => match groups.last_mut().filter(|_| in_loose) {
                Some(group) => group.rows.push(part),
                None => {
                    groups.push(Group {
                        is_head: false,
                        rows: vec![part],
                    });
                    in_loose = true;
                }
            },
            _ => {}
        }
    }
    groups
}

/// For how many more rows each column is taken by a cell above.
#[derive(Default)]
struct Spans {
    taken: Vec<usize>,
}

impl Spans {
    /// Puts the cells of a row into their columns.
    fn place(&mut self, cells: &[Element<'_, '_>]) -> Vec<String> {
        let mut row = Vec::new();
        for cell in cells {
            self.skip_taken(&mut row);
            let rows = span(*cell, "rowspan", LONGEST);
            let end = (row.len() + span(*cell, "colspan", WIDEST)).min(WIDEST);
            self.take(row.len(), rows - 1);
            row.push(inline(*cell));
            while row.len() < end {
                self.take(row.len(), rows - 1);
                row.push(String::new());
            }
        }
        self.skip_taken(&mut row);
        row
    }

    fn skip_taken(&mut self, row: &mut Vec<String>) {
        while let Some(left) = self.taken.get_mut(row.len()).filter(|left| **left > 0) {
            *left -= 1;
            row.push(String::new());
        }
    }

    fn take(&mut self, column: usize, rows: usize) {
        if column >= WIDEST {
            return;
        }
        if self.taken.len() <= column {
            self.taken.resize(column + 1, 0);
        }
        self.taken[column] = rows;
    }
}

fn span(cell: Element<'_, '_>, attribute: &str, most: usize) -> usize {
    let said = cell
        .attribute(attribute)
        .and_then(|text| text.trim().parse().ok());
    said.unwrap_or(1).clamp(1, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(table: &str, expected: &[&[&str]]) {
        let doc = xml::Document::parse(table.as_bytes()).expect("well formed");
        let PresentationBlock::Table { rows, .. } = read(doc.root()) else {
            panic!("no table")
        };
        assert_eq!(rows, expected, "{table}");
    }

    #[test]
    fn every_text_stays_in_its_column() {
        check(
            "<t><tr><td>a</td><td>b</td><td>c</td></tr><tr><td colspan=\"2\"/><td>x</td></tr></t>",
            &[&["a", "b", "c"], &["", "", "x"]],
        );
        check(
            "<t><tr><td>a</td><td colspan=\"2\">b</td><td>c</td></tr></t>",
            &[&["a", "b", "", "c"]],
        );
        check(
            "<t><tr><td rowspan=\"2\">a</td><td>b</td></tr><tr><td>c</td></tr><tr><td>d</td></tr></t>",
            &[&["a", "b"], &["", "c"], &["d"]],
        );
        check(
            "<t><tbody><tr><td rowspan=\"9\">a</td></tr></tbody><tbody><tr><td>b</td></tr></tbody></t>",
            &[&["a"], &["b"]],
        );
        check(
            "<t><tr><td colspan=\"nine\">a</td><td colspan=\"0\">b</td></tr></t>",
            &[&["a", "b"]],
        );
    }

    #[test]
    fn a_boundless_span_has_bounds() {
        let cell = "<td colspan=\"4000000000\" rowspan=\"4000000000\">a</td>";
        let table = format!("<t><tr>{}</tr><tr><td>b</td></tr></t>", cell.repeat(30));
        let doc = xml::Document::parse(table.as_bytes()).expect("well formed");
        let PresentationBlock::Table { rows, .. } = read(doc.root()) else {
            panic!("no table")
        };
        assert_eq!((rows[0].len(), rows[1].len()), (WIDEST + 29, WIDEST + 1));
    }
}
