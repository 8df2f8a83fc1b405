//! A message as a report may show it: no document, no whole NHS number, not too long.

use std::ops::Range;

use xml::Document;

/// The elements of an answer of CP-IS that are about people.
const PLANS: [&str; 2] = ["pertinentInformation13", "pertinentInformation14"];
/// How much of a message is shown, characters.
const MOST: usize = 6000;

/// An answer.
pub(super) fn show(status: u16, content_type: &str, body: &[u8]) -> String {
    let text = without_documents(body).unwrap_or_else(|| before_documents(body));
    mask(&format!("HTTP {status}, {content_type}\n\n{text}"))
}

/// The message with what is inside documents and reports left out. `None` when it is not XML.
fn without_documents(body: &[u8]) -> Option<String> {
    let document = Document::parse_answer(body).ok()?;
    let source = document.source();
    if let Some(plans) = plans(&document) {
        return Some(format!(
            "{}<!-- {} bytes left out -->{}",
            &source[..plans.start],
            plans.len(),
            &source[plans.end..]
        ));
    }
    let found = document.root().descendants().find(|element| {
        let is_document = matches!(element.name(), "text" | "GPSummary.text" | "GPSummary");
        is_document && element.source().contains("</")
    });
    let Some(text) = found else {
        return Some(source.to_owned());
    };
    let range = text.range();
    let inside = text.source();
    let (start, end) = (inside.find('>')? + 1, inside.rfind("</")?);
    Some(format!(
        "{}<!-- {} bytes left out -->{}",
        &source[..range.start + start],
        end.saturating_sub(start),
        &source[range.start + end..]
    ))
}

/// Where CP-IS says who looked and what is held: from the first of it to the last.
fn plans(document: &Document<'_>) -> Option<Range<usize>> {
    let mut all = document
        .root()
        .descendants()
        .filter(|element| PLANS.contains(&element.name()))
        .map(|element| element.range());
    let first = all.next()?;
    let end = all.fold(first.end, |end, range| end.max(range.end));
    Some(first.start..end)
}

/// What is no XML, as far as no document can have begun in it.
fn before_documents(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let begins = ["<text", ":text", "GPSummary", PLANS[0], PLANS[1]];
    let first = begins.iter().filter_map(|begin| text.find(begin)).min();
    match first {
        Some(at) => format!("{}… (left out: perhaps a document)", &text[..at]),
        None => text.into_owned(),
    }
}

/// Masks everything that may be an NHS number, and cuts what is too long.
pub(crate) fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MOST));
    let mut digits = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == MOST {
            flush(&mut out, &mut digits);
            out.push_str("\n… (cut)");
            return out;
        }
        if c.is_ascii_digit() {
            digits.push(c);
        } else {
            flush(&mut out, &mut digits);
            out.push(c);
        }
    }
    flush(&mut out, &mut digits);
    out
}

fn flush(out: &mut String, digits: &mut String) {
    if digits.len() == 10 {
        out.push_str(&digits[..3]);
        out.push_str("•••••••");
    } else {
        out.push_str(digits);
    }
    digits.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_nhs_numbers_are_masked() {
        assert_eq!(
            mask("a=\"9990000018\" b 112233445566 2026-03-01"),
            "a=\"999•••••••\" b 112233445566 2026-03-01"
        );
        assert_eq!(mask("9990000018"), "999•••••••");
        let long = "x".repeat(MOST + 1);
        assert!(mask(&long).ends_with("\n… (cut)"));
        assert!(!mask(&format!("{}9990000018", "x".repeat(MOST - 10))).contains("9990000018"));
    }

    #[test]
    fn documents_are_left_out() {
        let body = b"<a><text><GPSummary>secret</GPSummary></text><value code='1'/></a>";
        assert_eq!(
            show(200, "text/xml", body),
            "HTTP 200, text/xml\n\n<a><text><!-- 29 bytes left out --></text><value code='1'/></a>"
        );
        let none = b"<a><text/></a>";
        assert_eq!(show(200, "", none), "HTTP 200, \n\n<a><text/></a>");
        assert_eq!(show(404, "text/plain", b"no"), "HTTP 404, text/plain\n\nno");
        for hidden in [
            "<a><GPSummary><b>secret</b></GPSummary></a>",
            "<a><x:text xmlns:x='y'>secret</x:text></a>",
            "<a><text>secret</text>",
            "<a><x:text>secret</x:text>",
            "<x:GPSummary.text>secret",
            "<a><pertinentInformation14><b>secret</b></pertinentInformation14></a>",
            "<a><pertinentInformation13>secret</pertinentInformation13><pertinentInformation13/></a>",
            "<a><x:pertinentInformation13>secret",
        ] {
            assert!(
                !show(200, "", hidden.as_bytes()).contains("secret"),
                "{hidden}"
            );
        }
    }
}
