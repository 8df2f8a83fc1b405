//! The files of local authorities: uploads, their acknowledgements and the notices that go back.
//!
//! An upload has up to a hundred thousand records and more than a hundred megabytes, and its
//! acknowledgement nearly as many, so both are read and written piece by piece: nothing here holds
//! more than one record. What a record says is read as found: a value may be missing, or be none
//! of its kind, and which rule that breaks is for the Spine to say.

pub mod access_notice;
pub mod control;
pub mod inactive_notice;
mod notice;
mod organisation;
mod record;
pub mod response;
pub mod upload;

use std::fmt;

pub use organisation::{Organisation, Party, Telecom};
use xml::Element;

use super::part::parts;

/// A value of a message as it was found. The text is without blanks at its ends.
#[derive(Clone, PartialEq, Eq)]
pub enum Found<T> {
    /// There is none, or it is blank.
    Missing,
    /// There is something, and it is none of its kind, or is said twice. As written.
    Wrong(String),
    /// It is there.
    Good(T),
}

impl<T> Found<T> {
    /// The value, if it is there.
    pub fn good(&self) -> Option<&T> {
        match self {
            Self::Good(value) => Some(value),
            Self::Missing | Self::Wrong(_) => None,
        }
    }

    /// Whether there is nothing.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// From values as written, of which there is to be one.
    pub(crate) fn one<'t>(
        mut texts: impl Iterator<Item = &'t str>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Self {
        match (texts.next(), texts.next()) {
            (None, _) => Self::Missing,
            (Some(text), None) => match parse(text) {
                Some(value) => Self::Good(value),
                None => Self::Wrong(text.to_owned()),
            },
            (Some(text), Some(_)) => Self::Wrong(text.to_owned()),
        }
    }

    /// As it is to be written again.
    pub(crate) fn text(&self, write: impl FnOnce(&T) -> String) -> Option<String> {
        match self {
            Self::Missing => None,
            Self::Wrong(text) => Some(text.clone()),
            Self::Good(value) => Some(write(value)),
        }
    }
}

impl<T> From<Option<T>> for Found<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Self::Good)
    }
}

impl<T: fmt::Debug> fmt::Debug for Found<T> {
    /// What was written in the place of a value may be anything, a name too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("Missing"),
            Self::Wrong(_) => f.write_str("Wrong"),
            Self::Good(value) => f.debug_tuple("Good").field(value).finish(),
        }
    }
}

/// An attribute, without blanks at its ends, if it is not blank.
pub(crate) fn attribute<'d>(element: Element<'d, '_>, name: &str) -> Option<&'d str> {
    let value = element.attribute(name).map(str::trim);
    value.filter(|value| !value.is_empty())
}

/// The element at the end of a path on which no name occurs twice.
pub(crate) fn only<'d, 'i>(from: Element<'d, 'i>, path: &[&str]) -> Option<Element<'d, 'i>> {
    let step = |at: Element<'d, 'i>, name: &&str| {
        let mut found = parts(at, name);
        match (found.next(), found.next()) {
            (only, None) => only,
            _ => None,
        }
    };
    path.iter().try_fold(from, step)
}

/// The values of an attribute of all children of this name.
pub(crate) fn values<'d>(
    element: Element<'d, '_>,
    child: &str,
    name: &'static str,
) -> impl Iterator<Item = &'d str> {
    parts(element, child).filter_map(move |child| attribute(child, name))
}
