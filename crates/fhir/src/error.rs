//! Errors that say where: line, column, and the element's path.

use std::fmt;

/// A resource that cannot be read. The text never repeats content, only names of elements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule} ({place})", place = Place(self))]
pub struct FhirError {
    /// Which rule was broken.
    pub kind: FhirErrorKind,
    /// Line, from 1; 0 when there is no text (a resource that is to be written).
    pub line: u32,
    /// Column in characters, from 1; 0 when there is no text.
    pub column: u32,
    /// The element as a FHIRPath, like `Bundle.entry[3].resource.code`; empty when the text could
    /// not be read far enough to tell.
    pub expression: String,
    /// What is wrong, for people.
    pub rule: String,
}

/// Which rule was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FhirErrorKind {
    /// Not UTF-8.
    Encoding,
    /// A cap of [`crate::Limits`] was passed.
    Limit,
    /// Not JSON or XML, or a member is there twice.
    Malformed,
    /// R4 has no such element there.
    UnknownElement,
    /// R4 has no such type of resource, or the type is missing.
    UnknownResource,
    /// Another JSON type than the element's.
    WrongType,
    /// Empty text, an empty array, an object without members.
    Empty,
    /// One where there may be many, or many where there may be one.
    Cardinality,
    /// Text that the element's type or value set does not allow.
    BadValue,
}

impl FhirError {
    pub(crate) fn unreadable() -> Self {
        Self {
            kind: FhirErrorKind::Malformed,
            line: 0,
            column: 0,
            expression: String::new(),
            rule: "this is no resource".to_owned(),
        }
    }

    /// The name of the element, without what is around it; empty when there is none.
    pub fn element(&self) -> &str {
        let last = self.expression.rsplit('.').next().unwrap_or("");
        last.split('[').next().unwrap_or("")
    }

    /// What the national service's parser says in such a case, for clients that compare texts;
    /// `None` where its text is not known.
    pub fn national_text(&self) -> Option<String> {
        let element = self.element();
        match self.kind {
            FhirErrorKind::Empty if self.rule == EMPTY_TEXT => Some(format!(
                "[element=\"{element}\"] Invalid attribute value \"\": Attribute value must not be empty (\"\")"
            )),
            FhirErrorKind::UnknownElement => {
                Some(format!("Unknown element '{element}' found during parse"))
            }
            _ => None,
        }
    }
}

/// The rule that an empty string breaks.
pub(crate) const EMPTY_TEXT: &str = "a value must not be empty";

struct Place<'a>(&'a FhirError);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = self.0;
        if error.line > 0 {
            write!(f, "line {}, column {}", error.line, error.column)?;
        }
        let comma = if error.line > 0 { ", " } else { "" };
        if !error.expression.is_empty() {
            write!(f, "{comma}{}", error.expression)?;
        }
        Ok(())
    }
}

/// One step down in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    Index(usize),
}

/// A rule broken at a place in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FhirErrorKind,
    /// The type of the resource the path starts at.
    pub(crate) root: String,
    pub(crate) path: Vec<Step>,
    pub(crate) rule: String,
}

/// The longest expression an error shows, in bytes.
const LONGEST_EXPRESSION: usize = 1_000;

impl Fault {
    /// `Bundle.entry[3].resource.code`
    pub(crate) fn expression(&self) -> String {
        let mut text = self.root.clone();
        for step in &self.path {
            match step {
                Step::Name(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text.truncate(text.floor_char_boundary(LONGEST_EXPRESSION));
        text
    }

    pub(crate) fn at(self, line: u32, column: u32) -> FhirError {
        FhirError {
            expression: self.expression(),
            kind: self.kind,
            line,
            column,
            rule: self.rule,
        }
    }
}

/// Line and column (in characters) of a byte, both from 1.
pub(crate) fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = &text[..text.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = 1 + before.bytes().filter(|b| *b == b'\n').count();
    let column = 1 + before[line_start..].chars().count();
    let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
    (small(line), small(column))
}
