//! What a FHIR narrative may hold (FHIR R4, Narrative, txt-1: HTML 4.0 chapters 7 to 11 and 15,
//! nothing that runs and nothing that is fetched).

use fhir::narrative;
use xml::Content;

/// Elements that end a line, of those that a narrative may not hold.
const BLOCKS: [&str; 17] = [
    "article", "aside", "body", "center", "details", "dir", "fieldset", "figure", "footer", "form",
    "header", "html", "main", "menu", "nav", "noscript", "section",
];

/// Elements that stand within a line: the blank between two of them separates words.
const INLINE: [&str; 25] = [
    "a", "abbr", "acronym", "b", "bdo", "big", "cite", "code", "dfn", "em", "i", "img", "ins",
    "kbd", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "tt", "u", "var",
];

/// The element to write: itself, where the narrative may hold it, else one that looks the same to
/// a reader. What is struck out must stay so. Pictures are not among those it may hold: those of
/// a document come from elsewhere.
pub(super) fn element(name: &str) -> &str {
    match name {
        name if name != "img" && narrative::has_element(name) => name,
        "s" | "strike" => "del",
        name if BLOCKS.contains(&name) => "div",
        _ => "span",
    }
}

/// Whether a reader sees nothing of what stands inside.
pub(super) fn is_unseen(name: &str) -> bool {
    ["head", "script", "style", "title", "template"].contains(&name.to_ascii_lowercase().as_str())
}

pub(super) fn is_inline(piece: &Content<'_, '_>) -> bool {
    matches!(piece, Content::Element(element) if INLINE.contains(&element.name()))
}

/// Whether an element may have such an attribute.
pub(super) fn attribute(element: &str, name: &str, value: &str) -> bool {
    const EVERYWHERE: [&str; 6] = ["class", "dir", "id", "lang", "style", "title"];
    const OF_CELLS: [&str; 13] = [
        "abbr", "align", "axis", "bgcolor", "char", "charoff", "colspan", "headers", "nowrap",
        "rowspan", "scope", "valign", "width",
    ];
    const OF_COLUMNS: [&str; 6] = ["align", "char", "charoff", "span", "valign", "width"];
    const OF_TABLES: [&str; 7] = [
        "border",
        "cellpadding",
        "cellspacing",
        "frame",
        "rules",
        "summary",
        "width",
    ];
    match (element, name) {
        (_, "style") => is_harmless_style(value),
        (_, name) if EVERYWHERE.contains(&name) => true,
        ("a", "href") => is_harmless_link(value),
        ("a", "name") => true,
        ("td" | "th", name) => OF_CELLS.contains(&name),
        ("tr" | "thead" | "tbody" | "tfoot", name) => {
            ["align", "char", "charoff", "valign"].contains(&name)
        }
        ("col" | "colgroup", name) => OF_COLUMNS.contains(&name),
        ("ol", "start" | "type") | ("ul", "type") | ("li", "value") => true,
        ("table", name) => OF_TABLES.contains(&name),
        ("blockquote" | "q", "cite") => is_harmless_link(value),
        _ => false,
    }
}

fn is_harmless_link(value: &str) -> bool {
    ["#", "http://", "https://"]
        .iter()
        .any(|start| value.starts_with(start))
}

/// A style that fetches nothing and runs nothing.
fn is_harmless_style(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    ![
        "url",
        "expression",
        "import",
        "\\",
        "/*",
        "behavior",
        "binding",
    ]
    .iter()
    .any(|word| value.contains(word))
}
