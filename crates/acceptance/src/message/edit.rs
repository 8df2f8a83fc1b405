//! Putting one defect into a message, and nothing else.
//!
//! The message is parsed, the place is found by its path, and the text is changed there. So a
//! defect is what its scenario says, whatever the rest of the message looks like; one that finds
//! no place is an error and never sent.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use xml::{Document, Element};

use super::Ids;
use crate::scenario::{Edit, Value};

const KEEPER: &str = "<keep:Kept xmlns:keep=\"urn:minispine:acceptance\">";

/// Why a defect could not be put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EditError(pub(crate) String);

/// Puts all of them in, one after another.
pub(super) fn apply(
    message: Vec<u8>,
    edits: &[Edit],
    ids: &Ids,
    now: Timestamp,
) -> Result<Vec<u8>, EditError> {
    let mut text = String::from_utf8(message).map_err(|_| wrong("the message is no text"))?;
    for edit in edits {
        if *edit == Edit::Utf16 {
            return Ok(utf16(&text));
        }
        text = one(&text, edit, ids, now)?;
    }
    Ok(text.into_bytes())
}

fn one(text: &str, edit: &Edit, ids: &Ids, now: Timestamp) -> Result<String, EditError> {
    match *edit {
        Edit::Replace(from, to) => return replaced(text, from, to),
        Edit::Prolog(prolog) => {
            let at = text.find("?>").map_or(0, |end| end + 2);
            return Ok(put(text, at..at, prolog));
        }
        _ => {}
    }
    let doc = Document::parse(text.as_bytes()).map_err(|e| wrong(&e.to_string()))?;
    let place = |path: &str| find(&doc, path);
    match *edit {
        Edit::Remove(path) => Ok(put(text, place(path)?.range(), "")),
        Edit::Text(path, value) => {
            let value = escaped(&said(value, ids, now));
            Ok(put(text, content(&place(path)?)?, &value))
        }
        Edit::Attribute(path, name, value) => {
            let value = escaped(&said(value, ids, now));
            let whole = format!(" {name}=\"{value}\"");
            let element = place(path)?;
            let old = attribute(&element, name);
            let place = old.unwrap_or_else(|| {
                let at = element.range().start + name_end(element.source());
                at..at
            });
            Ok(put(text, place, &whole))
        }
        Edit::NoAttribute(path, name) => {
            let old = attribute(&place(path)?, name);
            let old = old.ok_or_else(|| wrong(&format!("{path} has no attribute {name}")))?;
            Ok(put(text, old, ""))
        }
        Edit::Before(path, xml) => {
            let at = place(path)?.range().start;
            Ok(put(text, at..at, xml))
        }
        Edit::Inside(path, xml) => {
            let at = content(&place(path)?)?.end;
            Ok(put(text, at..at, xml))
        }
        Edit::Repeat(path, times) => {
            let element = place(path)?;
            let at = element.range().end;
            Ok(put(text, at..at, &element.source().repeat(times)))
        }
        Edit::Swap(first, second) => {
            let (first, second) = (content(&place(first)?)?, content(&place(second)?)?);
            let (one, other) = (&text[first.clone()], &text[second.clone()]);
            let half = put(text, second, one);
            Ok(put(&half, first, other))
        }
        Edit::Move(path, into) => {
            let (element, at) = (place(path)?, content(&place(into)?)?.end);
            let copied = put(text, at..at, element.source());
            Ok(put(&copied, element.range(), ""))
        }
        Edit::Keep(path, into) => {
            let at = content(&place(into)?)?.end;
            let kept = format!("{KEEPER}{}</keep:Kept>", place(path)?.source());
            Ok(put(text, at..at, &kept))
        }
        Edit::Replace(..) | Edit::Prolog(_) | Edit::Utf16 => Ok(text.to_owned()),
    }
}

fn wrong(why: &str) -> EditError {
    EditError(why.to_owned())
}

fn put(text: &str, place: Range<usize>, new: &str) -> String {
    format!("{}{new}{}", &text[..place.start], &text[place.end..])
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String, EditError> {
    match text.matches(from).count() {
        1 => Ok(text.replacen(from, to, 1)),
        found => Err(wrong(&format!(
            "{from} stands {found} times in the message"
        ))),
    }
}

/// The first element of each name on the way down.
fn find<'d, 'i>(doc: &'d Document<'i>, path: &str) -> Result<Element<'d, 'i>, EditError> {
    path.split('/').try_fold(doc.root(), |element, name| {
        let found = element
            .children()
            .find(|child| name == "*" || child.name() == name);
        found.ok_or_else(|| wrong(&format!("there is no {path}: {name} is missing")))
    })
}

/// What is between the tags.
fn content(element: &Element<'_, '_>) -> Result<Range<usize>, EditError> {
    let source = element.source();
    let (start, end) = (source.find('>'), source.rfind("</"));
    match (start, end) {
        (Some(start), Some(end)) if start < end => {
            let from = element.range().start;
            Ok(from + start + 1..from + end)
        }
        _ => Err(wrong(&format!("{} has no content", element.name()))),
    }
}

fn name_end(source: &str) -> usize {
    source.find([' ', '>', '/']).unwrap_or(source.len())
}

/// An attribute with the blank before it, as our own writer writes it.
fn attribute(element: &Element<'_, '_>, name: &str) -> Option<Range<usize>> {
    let source = element.source();
    let tag = &source[..source.find('>')?];
    let start = tag.find(&format!(" {name}=\""))?;
    let value = start + name.len() + 3;
    let end = value + tag[value..].find('"')? + 1;
    let from = element.range().start;
    Some(from + start..from + end)
}

fn said(value: Value, ids: &Ids, now: Timestamp) -> String {
    match value {
        Value::Is(text) => text.to_owned(),
        Value::MessageId => ids.message.clone(),
        Value::LowerMessageId => ids.message.to_ascii_lowercase(),
        Value::LowerTrackingId => ids.tracking.to_ascii_lowercase(),
        Value::Time(seconds) => {
            let moved = now + SignedDuration::from_secs(seconds);
            moved.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
        }
    }
}

fn escaped(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    escaped.replace('>', "&gt;").replace('"', "&quot;")
}

/// With a byte-order mark, and the declaration saying so.
fn utf16(text: &str) -> Vec<u8> {
    let text = text.replacen("UTF-8", "UTF-16", 1);
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(u16::to_be_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><e><a><b k=\"1\">x</b><b>y</b><c/></a><d>z</d></e>";

    fn check(edit: Edit, expected: Result<&str, &str>) {
        let ids = Ids {
            message: "M".to_owned(),
            tracking: "T".to_owned(),
            payload: "P".to_owned(),
        };
        let now = "2026-03-01T12:00:00.5Z".parse().expect("a time");
        let found = apply(TEXT.as_bytes().to_vec(), &[edit], &ids, now);
        let found = found.map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
        let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
        let expected = match expected {
            Ok(text) => Ok(format!("{declaration}{text}")),
            Err(why) => Err(wrong(why)),
        };
        assert_eq!(found, expected, "{edit:?}");
    }

    #[test]
    fn each_edit_changes_its_place_and_no_other() {
        check(
            Edit::Remove("a/b"),
            Ok("<e><a><b>y</b><c/></a><d>z</d></e>"),
        );
        check(
            Edit::Text("a/b", Value::Is("<&")),
            Ok("<e><a><b k=\"1\">&lt;&amp;</b><b>y</b><c/></a><d>z</d></e>"),
        );
        check(
            Edit::Text("d", Value::Time(-60)),
            Ok("<e><a><b k=\"1\">x</b><b>y</b><c/></a><d>2026-03-01T11:59:00Z</d></e>"),
        );
        check(
            Edit::Attribute("a/b", "k", Value::MessageId),
            Ok("<e><a><b k=\"M\">x</b><b>y</b><c/></a><d>z</d></e>"),
        );
        check(
            Edit::Attribute("a/c", "n", Value::LowerTrackingId),
            Ok("<e><a><b k=\"1\">x</b><b>y</b><c n=\"t\"/></a><d>z</d></e>"),
        );
        check(
            Edit::NoAttribute("a/b", "k"),
            Ok("<e><a><b>x</b><b>y</b><c/></a><d>z</d></e>"),
        );
        check(
            Edit::Before("d", "<n/>"),
            Ok("<e><a><b k=\"1\">x</b><b>y</b><c/></a><n/><d>z</d></e>"),
        );
        check(
            Edit::Inside("a", "<n/>"),
            Ok("<e><a><b k=\"1\">x</b><b>y</b><c/><n/></a><d>z</d></e>"),
        );
        check(
            Edit::Repeat("d", 2),
            Ok("<e><a><b k=\"1\">x</b><b>y</b><c/></a><d>z</d><d>z</d><d>z</d></e>"),
        );
        check(
            Edit::Swap("a/b", "d"),
            Ok("<e><a><b k=\"1\">z</b><b>y</b><c/></a><d>x</d></e>"),
        );
        check(
            Edit::Keep("a/c", "a"),
            Ok(
                "<e><a><b k=\"1\">x</b><b>y</b><c/><keep:Kept xmlns:keep=\"urn:minispine:acceptance\"><c/></keep:Kept></a><d>z</d></e>",
            ),
        );
        check(
            Edit::Move("a/b", "a"),
            Ok("<e><a><b>y</b><c/><b k=\"1\">x</b></a><d>z</d></e>"),
        );
        check(
            Edit::Remove("a/*"),
            Ok("<e><a><b>y</b><c/></a><d>z</d></e>"),
        );
        check(
            Edit::Replace("<d>", "<d"),
            Ok("<e><a><b k=\"1\">x</b><b>y</b><c/></a><dz</d></e>"),
        );
        check(
            Edit::Prolog("<!DOCTYPE e>"),
            Ok("<!DOCTYPE e><e><a><b k=\"1\">x</b><b>y</b><c/></a><d>z</d></e>"),
        );
    }

    #[test]
    fn an_edit_without_a_place_is_an_error() {
        check(Edit::Remove("a/x"), Err("there is no a/x: x is missing"));
        check(Edit::NoAttribute("a/b", "j"), Err("a/b has no attribute j"));
        check(Edit::Inside("a/c", "<n/>"), Err("c has no content"));
        check(
            Edit::Replace("b>", ""),
            Err("b> stands 3 times in the message"),
        );
    }

    #[test]
    fn utf_16_begins_with_its_mark() {
        assert_eq!(utf16("<é"), [0xFE, 0xFF, 0, b'<', 0, 0xE9]);
    }
}
