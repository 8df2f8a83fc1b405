//! A GP Summary as JSON, for programs that want more than text and less than HL7.

use hl7v3::gp_summary::{CodedEntry, CodedSection, PresentationBlock as Block};
use serde_json::{Map, Value, json};

use super::Summary;

/// An object of three parts: `header` (what the document says of itself; the NHS number as ten
/// digits, times as HL7 writes them), `presentation` (its text as a list of blocks) and
/// `sections` (its coded content; a part that a statement does not have is left out).
pub fn json(summary: &Summary) -> Value {
    let header = &summary.header;
    json!({
        "header": {
            "nhsNumber": header.patient.as_str(),
            "id": header.id.as_str(),
            "code": header.kind.code(),
            "title": header.kind.display_name(),
            "effectiveTime": header.effective.as_str(),
            "author": {
                "name": header.author.name,
                "userId": header.author.user.as_ref().map(|id| id.as_str()),
                "roleProfileId": header.author.role_profile.as_ref().map(|id| id.as_str()),
                "organisation": header.author.organisation,
            },
            "replaces": header.replaces.as_ref().map(|id| id.as_str()),
        },
        "presentation": summary.blocks.iter().map(block).collect::<Vec<_>>(),
        "sections": summary.sections.iter().map(section).collect::<Vec<_>>(),
    })
}

/// An object whose `type` says which block it is.
fn block(block: &Block) -> Value {
    match block {
        Block::Heading { level, text } => {
            json!({ "type": "heading", "level": level, "text": text })
        }
        Block::Paragraph { text, highlighted } => {
            json!({ "type": "paragraph", "text": text, "highlighted": highlighted })
        }
        Block::Preformatted { text } => json!({ "type": "preformatted", "text": text }),
        Block::List { ordered, items } => {
            json!({ "type": "list", "ordered": ordered, "items": items })
        }
        Block::Table {
            caption,
            head,
            rows,
        } => {
            json!({ "type": "table", "caption": caption, "head": head, "rows": rows })
        }
    }
}

fn section(section: &CodedSection) -> Value {
    json!({
        "code": section.code,
        "name": section.name,
        "entries": section.entries.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn entry(entry: &CodedEntry) -> Value {
    let mut object = Map::new();
    object.insert("element".to_owned(), Value::from(entry.element.as_str()));
    let parts = [
        ("id", &entry.id),
        ("code", &entry.code),
        ("codeSystem", &entry.code_system),
        ("display", &entry.display),
        ("originalText", &entry.original_text),
        ("status", &entry.status),
        ("effectiveTime", &entry.effective_time),
        ("value", &entry.value),
    ];
    for (name, value) in parts {
        if let Some(value) = value {
            object.insert(name.to_owned(), Value::from(value.as_str()));
        }
    }
    if !entry.details.is_empty() {
        let detail = |(name, text): &(&str, String)| json!({ "name": name, "text": text });
        object.insert(
            "details".to_owned(),
            entry.details.iter().map(detail).collect(),
        );
    }
    Value::Object(object)
}
