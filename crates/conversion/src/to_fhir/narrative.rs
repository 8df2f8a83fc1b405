//! The presentation text as sections: what follows each heading, as XHTML.
//!
//! The text was written for people and is not rewritten. White space between elements goes. What a
//! FHIR narrative may not hold goes too in profile Full, but never a word that a reader would have
//! seen; see [`allowed`].

mod allowed;

use hl7v3::gp_summary::model::Markup;
use xml::{Content, Document, Element, Writer};

use super::ConversionError;
use crate::Profile;

const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// A heading and what follows it.
#[derive(Default)]
pub(super) struct Part {
    /// The id of the heading.
    pub(super) id: Option<String>,
    /// The text of the heading; what stands in front of the first heading has none.
    pub(super) title: Option<String>,
    /// A `div` of XHTML.
    pub(super) div: String,
    /// Whether the `div` has anything to see.
    pub(super) is_empty: bool,
}

/// The parts of a presentation text, and whether any of its markup was left out.
pub(super) struct Parts {
    pub(super) parts: Vec<Part>,
    pub(super) is_tamed: bool,
}

/// The parts of a presentation text.
pub(super) fn parts(markup: &Markup, profile: Profile) -> Result<Parts, ConversionError> {
    let bytes = markup.document();
    let document = Document::parse(&bytes).map_err(|_| ConversionError::Markup)?;
    let mut narrator = Narrator {
        profile,
        is_tamed: false,
    };
    let body = match body(document.root(), profile)? {
        Some(body) => body,
        None => {
            return Ok(Parts {
                parts: Vec::new(),
                is_tamed: false,
            });
        }
    };
    let content: Vec<_> = body
        .content()
        .filter(|piece| !matches!(piece, Content::Text(text) if is_blank(text)))
        .collect();
    let is_heading =
        |piece: &Content<'_, '_>| matches!(piece, Content::Element(it) if it.name() == "h2");
    if profile == Profile::Compatible && content.first().is_some_and(|it| !is_heading(it)) {
        return Err(ConversionError::NoHeading);
    }
    let groups = content.chunk_by(|_, next| !is_heading(next));
    let parts = groups
        .map(|group| match group.split_first() {
            Some((Content::Element(heading), rest)) if heading.name() == "h2" => {
                narrator.part(Some(*heading), rest)
            }
            _ => narrator.part(None, group),
        })
        .collect();
    Ok(Parts {
        parts,
        is_tamed: narrator.is_tamed,
    })
}

/// The element whose content is the text. The national adaptor takes nothing but `html/body`.
fn body<'d, 'i>(
    value: Element<'d, 'i>,
    profile: Profile,
) -> Result<Option<Element<'d, 'i>>, ConversionError> {
    let child = |element: Element<'d, 'i>, name: &str| {
        let mut children = element.children();
        children.find(|child| child.name() == name)
    };
    let html = child(value, "html");
    let body = html.and_then(|html| child(html, "body"));
    match (profile, html, body) {
        (_, _, Some(body)) => Ok(Some(body)),
        (Profile::Compatible, None, None) => Ok(None),
        (Profile::Compatible, Some(_), None) => Err(ConversionError::NoBody),
        (Profile::Full, html, None) => Ok(Some(html.unwrap_or(value))),
    }
}

struct Narrator {
    profile: Profile,
    is_tamed: bool,
}

impl Narrator {
    fn part(&mut self, heading: Option<Element<'_, '_>>, content: &[Content<'_, '_>]) -> Part {
        let mut w = Writer::with_capacity(2_048);
        if content.is_empty() {
            w.empty("div", &[("xmlns", XHTML)]);
        } else {
            w.element("div", &[("xmlns", XHTML)], |w| {
                self.pieces(w, content, false)
            });
        }
        let text = heading.map(|heading| self.title(heading));
        let has_text = |piece: &Content<'_, '_>| match piece {
            Content::Text(_) => true,
            Content::Element(element) => !is_blank(&element.deep_text()),
        };
        Part {
            id: heading
                .and_then(|heading| heading.attribute("id"))
                .filter(|id| !id.trim().is_empty())
                .map(str::to_owned),
            title: text.filter(|text| !text.trim().is_empty()),
            // Everything written is UTF-8.
            div: String::from_utf8(w.finish()).unwrap_or_default(),
            is_empty: !content.iter().any(has_text),
        }
    }

    fn title(&self, heading: Element<'_, '_>) -> String {
        let text = heading.deep_text();
        match self.profile {
            Profile::Compatible => text,
            Profile::Full => text.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    fn pieces(&mut self, w: &mut Writer, pieces: &[Content<'_, '_>], preformatted: bool) {
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Content::Element(child) => self.element(w, *child, preformatted),
                Content::Text(text) if is_blank(text) => {
                    let beside = [at.checked_sub(1), at.checked_add(1)];
                    let mut beside = beside.into_iter().flatten().filter_map(|at| pieces.get(at));
                    let matters = preformatted || beside.any(allowed::is_inline);
                    if matters && self.profile == Profile::Full {
                        w.text(text);
                    }
                }
                Content::Text(text) => w.text(text),
            }
        }
    }

    fn element(&mut self, w: &mut Writer, element: Element<'_, '_>, preformatted: bool) {
        let content: Vec<_> = element.content().collect();
        let preformatted = preformatted || element.name() == "pre";
        let name = match self.profile {
            Profile::Compatible => element.name(),
            Profile::Full => allowed::element(element.name()),
        };
        if name != element.name() {
            self.is_tamed = true;
            if allowed::is_unseen(element.name()) {
                return;
            }
        }
        let attributes = self.attributes(element, name);
        let alternative = element.attribute("alt").filter(|_| element.name() == "img");
        let alternative = alternative.filter(|_| self.profile == Profile::Full);
        let is_empty = content.is_empty() && alternative.is_none();
        if is_empty && self.is_closed_at_once(name, &attributes) {
            return w.empty(name, &attributes);
        }
        w.element(name, &attributes, |w| {
            w.text(alternative.unwrap_or_default());
            self.pieces(w, &content, preformatted);
        });
    }

    /// The attributes of an element that is written under this name.
    fn attributes<'d>(&mut self, element: Element<'d, '_>, name: &str) -> Vec<(&'d str, &'d str)> {
        let mut kept = Vec::new();
        for (namespace, attribute, value) in element.attributes() {
            let is_kept = self.profile == Profile::Compatible
                || allowed::attribute(name, attribute, value) && namespace.is_empty();
            match (namespace, is_kept) {
                ("", true) => kept.push((attribute, value)),
                (xml::ns::XML, _) if attribute == "lang" => kept.push(("xml:lang", value)),
                _ => self.is_tamed = true,
            }
        }
        if self.profile == Profile::Compatible {
            kept.sort_by_key(|(attribute, _)| (national_place(attribute), *attribute));
        }
        kept
    }

    /// Browsers take a `<td/>` for a cell that is not closed. The national adaptor mends that one
    /// alone.
    fn is_closed_at_once(&self, name: &str, attributes: &[(&str, &str)]) -> bool {
        match self.profile {
            Profile::Compatible => name != "td" || !attributes.is_empty(),
            Profile::Full => ["br", "hr", "col"].contains(&name),
        }
    }
}

/// Where the national adaptor puts an attribute: its parser keeps them in a hash table of Java, whose
/// order its clients have come to know.
fn national_place(attribute: &str) -> u32 {
    const PLACES: u32 = 16;
    let hash = attribute.bytes().fold(0u32, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    (hash ^ (hash >> 16)) % PLACES
}

/// White space as HTML has it; other blanks (no-break spaces) are text.
fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}
