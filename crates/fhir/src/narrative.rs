//! The XHTML of narratives.
//!
//! R4 allows the basic formatting elements of HTML 4, no script, nothing that is fetched from
//! elsewhere. Whether a `div` keeps to that is asked by [`check`]; reading a resource only asks that
//! it is a well-formed `div` of XHTML.

use xml::{Content, Document, Element, Limits, XmlError};

/// The namespace of XHTML.
pub const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// The longest `div`, in bytes.
pub const LONGEST: usize = 5 << 20;

const LIMITS: Limits = Limits {
    bytes: LONGEST,
    text: LONGEST,
    ..Limits::MESSAGE
};

/// Something in a `div` that R4 does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule} (line {line}, column {column} of the div)")]
pub struct BadNarrative {
    /// Line in the `div`, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The rule, for people; it repeats nothing but names of elements and attributes.
    pub rule: String,
}

impl From<XmlError> for BadNarrative {
    fn from(error: XmlError) -> Self {
        Self {
            line: error.location.line,
            column: error.location.column,
            rule: error.message,
        }
    }
}

/// The elements of R4's narrative, which are chapters 7 to 11 (except 4 of chapter 9) and 15 of
/// HTML 4, `a` and images.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "ul",
    "var",
];

const ATTRIBUTES: &[&str] = &[
    "abbr",
    "accesskey",
    "align",
    "alt",
    "axis",
    "bgcolor",
    "border",
    "cellhalign",
    "cellpadding",
    "cellspacing",
    "cellvalign",
    "char",
    "charoff",
    "charset",
    "cite",
    "class",
    "colspan",
    "compact",
    "coords",
    "dir",
    "frame",
    "headers",
    "height",
    "href",
    "hreflang",
    "hspace",
    "id",
    "lang",
    "longdesc",
    "name",
    "nowrap",
    "rel",
    "rev",
    "rowspan",
    "rules",
    "scope",
    "shape",
    "span",
    "src",
    "start",
    "style",
    "summary",
    "tabindex",
    "title",
    "type",
    "valign",
    "value",
    "vspace",
    "width",
];

/// Whether a narrative may have elements of this name.
pub fn has_element(name: &str) -> bool {
    ELEMENTS.contains(&name)
}

/// Checks that a `div` is XHTML as R4 allows it: only its elements and attributes, no event
/// handlers, links only to places in the document, `http` and `https`, images only from the
/// resource itself, no style that fetches anything, and something to read in it.
pub fn check(div: &str) -> Result<(), BadNarrative> {
    let document = parse(div)?;
    let root = document.root();
    for element in root.descendants() {
        check_element(element)?;
    }
    let has_image = root.find(XHTML, "img").is_some();
    if !has_image && root.deep_text().trim().is_empty() {
        return Err(root
            .error("a div without text or image says nothing")
            .into());
    }
    Ok(())
}

/// Checks that it is one well-formed `div` that says its own namespace.
pub(crate) fn well_formed(div: &str) -> Result<(), XmlError> {
    parse(div).map(|_| ())
}

fn parse(div: &str) -> Result<Document<'_>, XmlError> {
    let document = Document::parse_within(div.as_bytes(), &LIMITS)?;
    if !document.root().is(XHTML, "div") {
        return Err(document
            .root()
            .error("it has to be a div in the namespace of XHTML"));
    }
    Ok(document)
}

fn check_element(element: Element) -> Result<(), BadNarrative> {
    let name = element.name();
    if element.namespace() != XHTML || !ELEMENTS.contains(&name) {
        return Err(element
            .error(format!("element {name} is not allowed"))
            .into());
    }
    for (namespace, attribute, value) in element.attributes() {
        let is_language = namespace == xml::ns::XML && matches!(attribute, "lang" | "space");
        if is_language {
            continue;
        }
        if !namespace.is_empty() || !ATTRIBUTES.contains(&attribute) {
            let rule = format!("attribute {attribute} is not allowed");
            return Err(element.error(rule).into());
        }
        if !value_is_harmless(name, attribute, value) {
            let rule = format!("attribute {attribute} refers to what is not allowed");
            return Err(element.error(rule).into());
        }
    }
    Ok(())
}

fn value_is_harmless(element: &str, attribute: &str, value: &str) -> bool {
    match attribute {
        "href" | "cite" | "longdesc" => is_link(value),
        "src" => is_picture(value),
        "style" => is_plain_style(value),
        // `name` and `id` of an anchor, `value` of a list item: nothing is fetched.
        _ => element != "img" || attribute != "usemap",
    }
}

/// A place in the document, or a page that the reader chooses to open.
fn is_link(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    ["#", "http://", "https://"]
        .iter()
        .any(|start| value.starts_with(start))
}

/// In the resource itself: contained, or written out.
fn is_picture(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    let pictures = ["data:image/png;", "data:image/jpeg;", "data:image/gif;"];
    value.starts_with('#') || pictures.iter().any(|start| value.starts_with(start))
}

fn is_plain_style(value: &str) -> bool {
    // Comments and escapes can hide words from us and not from a browser.
    let value = value.to_ascii_lowercase();
    let hidden = [
        "url",
        "expression",
        "import",
        "behavior",
        "binding",
        "\\",
        "/*",
        "@",
    ];
    !hidden.iter().any(|word| value.contains(word))
}

/// The text of a `div` without its markup: for people who cannot see tables. Paragraphs, rows and
/// headings end with a line feed, cells with a tab.
pub fn plain_text(div: &str) -> Result<String, BadNarrative> {
    let document = parse(div)?;
    let mut text = String::new();
    add_text(document.root(), &mut text);
    Ok(text.trim().to_owned())
}

fn add_text(element: Element, text: &mut String) {
    for piece in element.content() {
        match piece {
            Content::Text(piece) => text.push_str(&piece),
            Content::Element(child) => add_text(child, text),
        }
    }
    match element.name() {
        "p" | "tr" | "li" | "br" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => text.push('\n'),
        "td" | "th" => text.push('\t'),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(inside: &str) -> Option<String> {
        let div = format!("<div xmlns=\"{XHTML}\">{inside}</div>");
        check(&div).err().map(|bad| bad.rule)
    }

    #[test]
    fn what_is_allowed() {
        let cases = [
            "<h2 id=\"a\">Allergies</h2><table summary=\"s\"><tbody><tr class=\"oddRow\"><td/></tr></tbody></table>x",
            "<a href=\"#a\">up</a> <a href=\"https://www.nhs.uk/\" title=\"t\">out</a>",
            "<img src=\"data:image/png;base64,AAAA\" alt=\"dot\"/>",
            "<img src=\"#pic\"/>",
            "<p style=\"color: red\" xml:lang=\"en\">👩🏽‍⚕️</p>",
        ];
        for inside in cases {
            assert_eq!(rule(inside), None, "{inside}");
        }
    }

    #[test]
    fn what_is_not() {
        let cases = [
            ("<script>1</script>", "element script is not allowed"),
            ("<SCRIPT>1</SCRIPT>", "element SCRIPT is not allowed"),
            (
                "<iframe src=\"https://x/\"/>",
                "element iframe is not allowed",
            ),
            ("<form><p>a</p></form>", "element form is not allowed"),
            ("<object/>", "element object is not allowed"),
            ("<link href=\"https://x/\"/>", "element link is not allowed"),
            ("<style>p{}</style>", "element style is not allowed"),
            (
                "<p onclick=\"x()\">a</p>",
                "attribute onclick is not allowed",
            ),
            (
                "<p ONCLICK=\"x()\">a</p>",
                "attribute ONCLICK is not allowed",
            ),
            (
                "<a href=\"javascript:x()\">a</a>",
                "attribute href refers to what is not allowed",
            ),
            (
                "<a href=\" JavaScript:x()\">a</a>",
                "attribute href refers to what is not allowed",
            ),
            (
                "<a href=\"java&#10;script:x()\">a</a>",
                "attribute href refers to what is not allowed",
            ),
            (
                "<a href=\"data:text/html,x\">a</a>",
                "attribute href refers to what is not allowed",
            ),
            (
                "<a href=\"//x/\">a</a>",
                "attribute href refers to what is not allowed",
            ),
            (
                "<img src=\"https://x/p.png\"/>",
                "attribute src refers to what is not allowed",
            ),
            (
                "<img src=\"data:image/svg+xml;x\"/>",
                "attribute src refers to what is not allowed",
            ),
            (
                "<p style=\"background: URL(https://x)\">a</p>",
                "attribute style refers to what is not allowed",
            ),
            (
                "<p style=\"background: u\\72l(https://x)\">a</p>",
                "attribute style refers to what is not allowed",
            ),
            ("<x:p xmlns:x=\"urn:x\">a</x:p>", "element p is not allowed"),
            (
                "<p xmlns:x=\"urn:x\" x:href=\"#a\">a</p>",
                "attribute href is not allowed",
            ),
            ("<p> </p>", "a div without text or image says nothing"),
        ];
        for (inside, expected) in cases {
            assert_eq!(rule(inside).as_deref(), Some(expected), "{inside}");
        }
    }

    #[test]
    fn other_roots_and_broken_text() {
        let check = |div: &str| check(div).unwrap_err().rule;
        assert_eq!(
            check("<div>a</div>"),
            "it has to be a div in the namespace of XHTML"
        );
        assert!(super::check("<div xmlns=\"http://www.w3.org/1999/xhtml\">&nbsp;</div>").is_err());
        assert!(super::check("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p></div>").is_err());
    }

    #[test]
    fn text_without_markup() {
        let div = format!(
            "<div xmlns=\"{XHTML}\"><h2>A</h2><table><tr><td>b</td><td>c</td></tr></table></div>"
        );
        assert_eq!(plain_text(&div).unwrap(), "A\nb\tc");
    }
}
