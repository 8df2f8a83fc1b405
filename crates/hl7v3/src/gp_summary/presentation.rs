//! The presentation text of a GP Summary: XHTML written for people.
//!
//! It comes from outside, so it is never passed on as markup. [`blocks`] turns it into a small
//! tree of our own: headings, paragraphs, tables and lists; whatever else is there counts as
//! text. Names are matched without their namespace, because some senders leave it out.

mod table;

use xml::{Content, Element};

use crate::lenient::{child, children, normal};

/// A piece of presentation text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresentationBlock {
    /// A heading.
    Heading {
        /// 1 to 6.
        level: u8,
        /// Its text.
        text: String,
    },
    /// A paragraph.
    Paragraph {
        /// Its text.
        text: String,
        /// Whether the sender marks it as important, as statements of withheld items are.
        highlighted: bool,
    },
    /// Text whose line ends and blanks count.
    Preformatted {
        /// Its text, as written.
        text: String,
    },
    /// A table.
    Table {
        /// Its caption.
        caption: Option<String>,
        /// The cells of its heading row; empty when it has none.
        head: Vec<String>,
        /// The cells of its rows. A cell that spans columns or rows is followed by empty ones, so
        /// that every text stays in its column.
        rows: Vec<Vec<String>>,
    },
    /// A list.
    List {
        /// Whether its items are numbered.
        ordered: bool,
        /// Its items.
        items: Vec<String>,
    },
}

/// The presentation text of a GP Summary: its `html` element, or, where a sender left that out,
/// the `value` element around the text.
pub fn presentation<'d, 'i>(summary: Element<'d, 'i>) -> Option<Element<'d, 'i>> {
    let excerpt = child(summary, "excerptFrom")?;
    let value = excerpt
        .children()
        .flat_map(|category| children(category, "component"))
        .filter_map(|component| child(component, "presentationText"))
        .find_map(|text| child(text, "value"))?;
    Some(child(value, "html").unwrap_or(value))
}

/// The blocks of presentation text, with or without `head` and `body`. Nothing that is written
/// in the text is left out.
pub fn blocks(html: Element<'_, '_>) -> Vec<PresentationBlock> {
    let mut blocks = Blocks::default();
    blocks.container(html);
    blocks.done
}

/// Blocks as they are found. Text between them, with inline markup, gathers until the next
/// block makes it a paragraph.
#[derive(Default)]
struct Blocks {
    done: Vec<PresentationBlock>,
    loose: String,
}

impl Blocks {
    fn container(&mut self, element: Element<'_, '_>) {
        for piece in element.content() {
            match piece {
                Content::Text(text) => self.loose.push_str(&text),
                Content::Element(child) => self.element(child),
            }
        }
        self.settle();
    }

    fn element(&mut self, element: Element<'_, '_>) {
        match element.name() {
            "head" => {}
            "body" | "div" => {
                self.settle();
                self.container(element);
            }
            name @ ("h1" | "h2" | "h3" | "h4" | "h5" | "h6") => {
                let level = name.as_bytes()[1] - b'0';
                self.push(PresentationBlock::Heading {
                    level,
                    text: inline(element),
                });
            }
            "p" => {
                let highlighted = is_highlighted(element);
                self.push(PresentationBlock::Paragraph {
                    text: inline(element),
                    highlighted,
                });
            }
            "pre" => {
                let mut text = String::new();
                gather(element, "\n", &mut text);
                self.push(PresentationBlock::Preformatted { text });
            }
            "ul" | "ol" => self.push_whole(element, list(element)),
            "table" => self.push_whole(element, table::read(element)),
            "br" | "hr" => self.settle(),
            _ => gather(element, " ", &mut self.loose),
        }
    }

    fn push(&mut self, block: PresentationBlock) {
        self.settle();
        let is_blank = match &block {
            PresentationBlock::Heading { text, .. } => text.is_empty(),
            PresentationBlock::Paragraph { text, .. } => text.is_empty(),
            _ => false,
        };
        if !is_blank {
            self.done.push(block);
        }
    }

    /// Pushes a list or table. Text that stands in it outside items and cells, where none
    /// belongs, would be lost: then all its text follows once more as a paragraph.
    fn push_whole(&mut self, element: Element<'_, '_>, block: PresentationBlock) {
        let letters = |text: &str| text.split_whitespace().map(str::len).sum::<usize>();
        let shown: usize = match &block {
            PresentationBlock::List { items, .. } => items.iter().map(|text| letters(text)).sum(),
            PresentationBlock::Table {
                caption,
                head,
                rows,
            } => {
                let cells = head.iter().chain(rows.iter().flatten()).chain(caption);
                cells.map(|text| letters(text)).sum()
            }
            _ => 0,
        };
        self.push(block);
        if shown != letters(&element.deep_text()) {
            self.push(PresentationBlock::Paragraph {
                text: inline(element),
                highlighted: false,
            });
        }
    }

    fn settle(&mut self) {
        let text = normal(&std::mem::take(&mut self.loose));
        if !text.is_empty() {
            self.done.push(PresentationBlock::Paragraph {
                text,
                highlighted: false,
            });
        }
    }
}

fn is_highlighted(element: Element<'_, '_>) -> bool {
    element.attribute("class").is_some_and(|classes| {
        classes
            .split_whitespace()
            .any(|class| class == "HighlightedStatement")
    })
}

/// The text inside, white space made normal. Line breaks, and the ends of blocks where none are
/// expected, count as blanks, so that words never run together.
fn inline(element: Element<'_, '_>) -> String {
    let mut text = String::new();
    gather(element, " ", &mut text);
    normal(&text)
}

/// All text inside, with `line_end` for what ends a line.
fn gather(element: Element<'_, '_>, line_end: &str, text: &mut String) {
    if ends_line(element) {
        text.push_str(line_end);
    }
    for piece in element.content() {
        match piece {
            Content::Text(piece) => text.push_str(&piece),
            Content::Element(child) => gather(child, line_end, text),
        }
    }
    if ends_line(element) && element.name() != "br" {
        text.push_str(line_end);
    }
}

fn ends_line(element: Element<'_, '_>) -> bool {
    const LINES: [&str; 11] = [
        "br", "p", "div", "li", "tr", "td", "th", "table", "caption", "ul", "ol",
    ];
    LINES.contains(&element.name())
}

fn list(element: Element<'_, '_>) -> PresentationBlock {
    PresentationBlock::List {
        ordered: element.name() == "ol",
        items: element
            .children()
            .map(inline)
            .filter(|item| !item.is_empty())
            .collect(),
    }
}
