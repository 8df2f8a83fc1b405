//! One message, spoilt in every place, one way at a time.

use std::fmt;

use xml::{Document, Element};

/// A spoilt message.
pub(crate) struct Spoilt {
    request: &'static str,
    /// The element that something was done to, by its local name.
    element: String,
    what: String,
    pub(crate) text: String,
}

impl Spoilt {
    pub(crate) fn unspoilt(request: &'static str, text: &str) -> Self {
        Self {
            request,
            element: String::new(),
            what: "unspoilt".to_owned(),
            text: text.to_owned(),
        }
    }

    /// Whether an entry of a list means it; `*` stands for anything.
    pub(crate) fn is(&self, (element, what): &(&str, &str)) -> bool {
        let same = |pattern: &str, text: &str| pattern == "*" || pattern == text;
        same(element, &self.element) && same(what, &self.what)
    }
}

impl fmt::Display for Spoilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: (\"{}\", \"{}\")",
            self.request, self.element, self.what
        )
    }
}

/// Everything that can be done to the element of this name and to what is in it.
pub(crate) fn spoilt(request: &'static str, text: &str, of_interest: &str) -> Vec<Spoilt> {
    let doc = Document::parse(text.as_bytes()).expect("well-formed");
    let first = doc
        .root()
        .descendants()
        .find(|element| element.name() == of_interest)
        .expect("the element");
    let mut all = Vec::new();
    for element in first.descendants() {
        let mut add = |what: String, text: String| {
            all.push(Spoilt {
                request,
                element: element.name().to_owned(),
                what,
                text,
            });
        };
        for (what, spoilt) in whole(text, &element) {
            add(what.to_owned(), spoilt);
        }
        for (name, what, spoilt) in attributes(text, &element) {
            add(format!("@{name} {what}"), spoilt);
        }
    }
    all
}

fn put(text: &str, range: std::ops::Range<usize>, replacement: &str) -> String {
    format!(
        "{}{replacement}{}",
        &text[..range.start],
        &text[range.end..]
    )
}

fn whole(text: &str, element: &Element<'_, '_>) -> Vec<(&'static str, String)> {
    let range = element.range();
    let source = element.source();
    let tag_end = source.find('>').expect("a start tag");
    let is_empty = source[..tag_end].ends_with('/');
    let name_end = source.find([' ', '>', '/']).expect("a name");
    let name = &source[1..name_end];
    let mut all = Vec::new();
    let in_tag = |insertion: &str| {
        let at = range.start + name_end;
        put(text, at..at, insertion)
    };
    all.push(("unknown attribute", in_tag(" unknown=\"1\"")));
    all.push(("nullFlavor", in_tag(" nullFlavor=\"NI\"")));
    all.push(("wrong nullFlavor", in_tag(" nullFlavor=\"X\"")));
    all.push(("updateMode", in_tag(" updateMode=\" added \"")));
    all.push(("classCode", in_tag(" classCode=\"OBS\"")));
    if element.parent().is_some() {
        all.push(("removed", put(text, range.clone(), "")));
        all.push(("repeated", put(text, range.end..range.end, source)));
    }
    let inside = |content: &str| {
        if is_empty {
            let open = source[..tag_end].trim_end_matches('/');
            put(text, range.clone(), &format!("{open}>{content}</{name}>"))
        } else {
            let at = range.start + tag_end + 1;
            put(text, at..at, content)
        }
    };
    all.push((
        "unknown child",
        inside("<u:unknown xmlns:u=\"urn:unknown\"/>"),
    ));
    all.push(("text", inside("stray")));
    all.push(("a comment", inside("<!-- stray -->")));
    all.push(("white space", inside(" \n ")));
    let only_text = !is_empty && element.children().next().is_none();
    if only_text {
        let content = range.start + tag_end + 1..range.end - name.len() - 3;
        all.push(("emptied", put(text, content.clone(), "")));
        all.push(("blanked", put(text, content, "  ")));
    }
    let siblings: Vec<_> = element
        .parent()
        .into_iter()
        .flat_map(|p| p.children())
        .collect();
    let next = siblings
        .iter()
        .find(|other| other.range().start >= range.end);
    if let Some(next) = next {
        let between = &text[range.end..next.range().start];
        let swapped = format!("{}{between}{source}", next.source());
        all.push((
            "swapped with the next",
            put(text, range.start..next.range().end, &swapped),
        ));
    }
    all
}

fn attributes(text: &str, element: &Element<'_, '_>) -> Vec<(String, &'static str, String)> {
    let source = element.source();
    let tag = &source[..source.find('>').expect("a start tag")];
    let mut all = Vec::new();
    for (_, name, value) in element.attributes() {
        let start = tag.find(&format!(" {name}=\"")).expect("the attribute");
        let quote = start + name.len() + 3;
        let end = quote + tag[quote..].find('"').expect("its end");
        let start = element.range().start + start;
        let whole = start..element.range().start + end + 1;
        let mut with = |what, value: &str| {
            let replacement = format!(" {name}=\"{value}\"");
            all.push((
                name.to_owned(),
                what,
                put(text, whole.clone(), &replacement),
            ));
        };
        with("x", "x");
        with("emptied", "");
        with("blanked", "  ");
        with("padded", &format!(" {value} "));
        with("in lower case", &value.to_ascii_lowercase());
        with("longer", &format!("{value}1"));
        all.push((name.to_owned(), "removed", put(text, whole, "")));
    }
    all
}
