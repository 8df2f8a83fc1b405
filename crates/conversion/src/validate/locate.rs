//! Where in a text the element of an expression like `Bundle.entry[3].resource.code` stands.
//!
//! The text has been read before, so what cannot be followed here is simply not found: then the
//! place of the nearest element around it is told.

use xml::{Document, Element};

use super::Form;

/// The namespace of FHIR XML.
pub(super) const FHIR: &str = "http://hl7.org/fhir";

/// Finds places in one text.
pub(super) enum Locator<'t> {
    Json(&'t str),
    Xml(Box<Document<'t>>),
    Nowhere,
}

impl<'t> Locator<'t> {
    pub(super) fn new(bytes: &'t [u8], form: Form) -> Self {
        match form {
            Form::FhirJson => std::str::from_utf8(bytes).map_or(Self::Nowhere, Self::Json),
            _ => match Document::parse(bytes) {
                Ok(document) => Self::Xml(Box::new(document)),
                Err(_) => Self::Nowhere,
            },
        }
    }

    /// Line and column of an element, from 1.
    pub(super) fn place(&self, expression: &str) -> Option<(u32, u32)> {
        if expression.is_empty() {
            return None;
        }
        let steps = steps(expression);
        match self {
            Self::Json(text) => Some(line_and_column(text, Scan::new(text).follow(&steps))),
            Self::Xml(document) => {
                let location = follow(document.root(), &steps).location();
                Some((location.line, location.column))
            }
            Self::Nowhere => None,
        }
    }
}

/// A name and, where it is given, which of several.
type Step<'e> = (&'e str, usize);

/// The steps after the type of the resource. Functions (`where(…)`) end the way.
fn steps(expression: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    for part in expression.split('.').skip(1) {
        let (name, index) = match part.split_once('[') {
            Some((name, rest)) => (name, rest.trim_end_matches(']').parse().ok()),
            None => (part, Some(0)),
        };
        let Some(index) = index.filter(|_| !name.contains('(')) else {
            break;
        };
        steps.push((name, index));
    }
    steps
}

fn follow<'d, 'i>(root: Element<'d, 'i>, steps: &[Step<'_>]) -> Element<'d, 'i> {
    let mut at = root;
    for (name, index) in steps {
        let mut named = at.children().filter(|child| is_called(child.name(), name));
        let Some(next) = named.nth(*index) else {
            break;
        };
        // A resource inside another has an element of its own around it.
        at = match *name {
            "resource" | "contained" => next.children().next().unwrap_or(next),
            _ => next,
        };
    }
    at
}

/// Whether an element is meant: FHIRPath says `value` where the text says `valueQuantity`.
fn is_called(found: &str, wanted: &str) -> bool {
    match found.strip_prefix(wanted) {
        Some("") => true,
        Some(kind) => {
            CHOICES.contains(&wanted) && kind.starts_with(|first: char| first.is_ascii_uppercase())
        }
        None => false,
    }
}

/// The elements that have their type in their name.
const CHOICES: [&str; 13] = [
    "value",
    "effective",
    "onset",
    "abatement",
    "performed",
    "medication",
    "content",
    "target",
    "author",
    "asNeeded",
    "dose",
    "reported",
    "deceased",
];

fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before.get(start..).unwrap_or_default().chars().count();
    let small = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
    (small(line), small(column))
}

/// Walks over JSON that is known to be well-formed.
struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Scan<'t> {
    fn new(text: &'t str) -> Self {
        let mut scan = Self {
            text: text.as_bytes(),
            at: 0,
        };
        scan.blank();
        scan
    }

    /// The byte at which the element begins, or the last one on the way to it.
    fn follow(mut self, steps: &[Step<'_>]) -> usize {
        for (name, index) in steps {
            let before = self.at;
            if !(self.member(name) && (self.peek() != Some(b'[') || self.item(*index))) {
                return before;
            }
        }
        self.at
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blank(&mut self) {
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_whitespace() || !byte.is_ascii())
        {
            self.at += 1;
        }
    }

    fn after(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        if is {
            self.at += 1;
            self.blank();
        }
        is
    }

    /// Goes to the value of a member of the object here.
    fn member(&mut self, name: &str) -> bool {
        if !self.after(b'{') {
            return false;
        }
        while let Some(key) = self.string() {
            self.blank();
            if !self.after(b':') {
                return false;
            }
            if is_called(&String::from_utf8_lossy(key), name) {
                return true;
            }
            self.skip();
            self.blank();
            if !self.after(b',') {
                return false;
            }
        }
        false
    }

    /// Goes to an item of the array here.
    fn item(&mut self, index: usize) -> bool {
        if !self.after(b'[') {
            return false;
        }
        for _ in 0..index {
            self.skip();
            self.blank();
            if !self.after(b',') {
                return false;
            }
        }
        self.peek() != Some(b']')
    }

    fn string(&mut self) -> Option<&'t [u8]> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        let mut end = start;
        loop {
            match self.text.get(end)? {
                b'\\' => end += 2,
                b'"' => break,
                _ => end += 1,
            }
        }
        self.at = end + 1;
        self.text.get(start..end)
    }

    /// Over one value.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    if self.string().is_none() {
                        return;
                    }
                    if depth == 0 {
                        return;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return;
                    }
                }
                b',' if depth == 0 => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n \"resourceType\": \"Bundle\",\n \"entry\": [\n  {\"resource\": {}},\n  \
                        {\"resource\": {\"a\\\"{\": [1, {\"b\": \"}\"}],\n   \"valueString\": \"x\", \"code\": {}}}\n ]\n}";

    #[test]
    fn json_is_followed_to_the_value() {
        let locator = Locator::new(TEXT.as_bytes(), Form::FhirJson);
        for (expression, place) in [
            ("", None),
            ("Bundle", Some((1, 1))),
            ("Bundle.entry[0].resource", Some((4, 16))),
            ("Bundle.entry[1].resource.value", Some((6, 19))),
            ("Bundle.entry[1].resource.code", Some((6, 32))),
            // What is missing is told at what is around it.
            ("Bundle.entry[1].resource.subject", Some((5, 16))),
            ("Bundle.entry[7].resource", Some((1, 1))),
        ] {
            assert_eq!(locator.place(expression), place, "{expression}");
        }
    }

    #[test]
    fn xml_is_followed_to_the_element() {
        let text = "<Bundle xmlns='http://hl7.org/fhir'>\n<entry/>\n<entry><resource>\n\
                    <Observation><valueString value='x'/>\n</Observation></resource></entry></Bundle>";
        let locator = Locator::new(text.as_bytes(), Form::FhirXml);
        for (expression, place) in [
            ("Bundle.entry[0]", Some((2, 1))),
            ("Bundle.entry[1].resource", Some((4, 1))),
            ("Bundle.entry[1].resource.value", Some((4, 14))),
            ("Bundle.entry[1].resource.code.coding[0]", Some((4, 1))),
        ] {
            assert_eq!(locator.place(expression), place, "{expression}");
        }
    }
}
