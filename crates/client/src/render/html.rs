//! A page that stands alone: no script, no link, nothing loaded.

use hl7v3::gp_summary::PresentationBlock as Block;

use super::{Sheet, Summary, label};

const STYLE: &str = "\
body{font:1rem/1.5 Arial,Helvetica,sans-serif;color:#212b32;background:#f0f4f5;margin:0}\
header{background:#005eb8;color:#fff;padding:1rem}\
header h1{font-size:1.5rem;margin:0}\
.label{font-weight:bold;margin:.25rem 0 0}\
main{max-width:70rem;margin:0 auto;padding:1rem;background:#fff}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;border:1px solid #aeb7bd;padding:1rem;margin:0 0 1rem}\
dt{font-weight:bold}dd{margin:0;overflow-wrap: break-word}.nhs{font-size:1.25rem;font-weight:bold;white-space:nowrap}\
h2{font-size:1.3rem;border-bottom:2px solid #005eb8;margin:1.5rem 0 .5rem}\
h3,h4,h5,h6{font-size:1rem;margin:1rem 0 .25rem}\
.highlighted{border-left:.5rem solid #ffb81c;background:#fff8e6;padding:.5rem 1rem;font-weight:bold}\
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:.5rem 0}\
caption{text-align:left;font-weight:bold}\
th,td{border:1px solid #aeb7bd;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap: break-word}\
th{background:#e8edee}tbody tr:nth-child(even){background:#f7f9fa}\
pre{white-space:pre-wrap}\
@media print{body,main{background:#fff;max-width:none}header{background:#fff;color:#000;border-bottom:2px solid #000}tr{break-inside:avoid}}";

/// The page.
pub fn html(summary: &Summary) -> String {
    sheet(&Sheet::of(summary))
}

/// The page of a sheet.
pub(super) fn sheet(sheet: &Sheet<'_>) -> String {
    let mut page = String::with_capacity(32 * 1024);
    page.push_str("<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n");
    // A second lock: even if markup got in, nothing would run or load.
    page.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n",
    );
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.push_str("<meta name=\"referrer\" content=\"no-referrer\">\n");
    tagged(&mut page, "title", sheet.title);
    page.push_str("<style>");
    page.push_str(STYLE);
    page.push_str("</style>\n</head>\n<body>\n<header>\n");
    tagged(&mut page, "h1", sheet.title);
    page.push_str(&format!(
        "<p class=\"label\">{}</p>\n",
        escape(label::CONFIDENTIAL)
    ));
    page.push_str("</header>\n<main>\n");
    about(&mut page, &sheet.rows);
    for block in sheet.blocks.iter() {
        write_block(&mut page, block);
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn about(page: &mut String, rows: &[(&str, String)]) {
    page.push_str("<dl>\n");
    for (at, (name, value)) in rows.iter().enumerate() {
        // The NHS number stands first.
        let class = if at == 0 { " class=\"nhs\"" } else { "" };
        page.push_str(&format!(
            "<dt>{}</dt><dd{class}>{}</dd>\n",
            escape(name),
            escape(value)
        ));
    }
    page.push_str("</dl>\n");
}

fn write_block(page: &mut String, block: &Block) {
    match block {
        Block::Heading { level, text } => tagged(page, heading(*level), text),
        Block::Paragraph {
            text,
            highlighted: false,
        } => tagged(page, "p", text),
        Block::Paragraph {
            text,
            highlighted: true,
        } => {
            page.push_str(&format!("<p class=\"highlighted\">{}</p>\n", escape(text)));
        }
        Block::Preformatted { text } => page.push_str(&format!("<pre>{}</pre>\n", escape(text))),
        Block::List { ordered, items } => {
            let name = if *ordered { "ol" } else { "ul" };
            page.push_str(&format!("<{name}>\n"));
            for item in items {
                tagged(page, "li", item);
            }
            page.push_str(&format!("</{name}>\n"));
        }
        Block::Table {
            caption,
            head,
            rows,
        } => table(page, caption.as_deref(), head, rows),
    }
}

fn heading(level: u8) -> &'static str {
    match level {
        0..=2 => "h2",
        3 => "h3",
        4 => "h4",
        5 => "h5",
        _ => "h6",
    }
}

fn table(page: &mut String, caption: Option<&str>, head: &[String], rows: &[Vec<String>]) {
    page.push_str("<div class=\"wide\"><table>\n");
    if let Some(caption) = caption.filter(|caption| !caption.is_empty()) {
        tagged(page, "caption", caption);
    }
    if !head.is_empty() {
        page.push_str("<thead>\n");
        row(page, "th", head);
        page.push_str("</thead>\n");
    }
    page.push_str("<tbody>\n");
    for cells in rows {
        row(page, "td", cells);
    }
    page.push_str("</tbody>\n</table></div>\n");
}

fn row(page: &mut String, cell: &str, texts: &[String]) {
    page.push_str("<tr>");
    for text in texts {
        page.push_str(&format!("<{cell}>{}</{cell}>", escape(text)));
    }
    page.push_str("</tr>\n");
}

fn tagged(page: &mut String, name: &str, text: &str) {
    page.push_str(&format!("<{name}>{}</{name}>\n", escape(text)));
}

/// Escapes for text and for quoted attribute values.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
