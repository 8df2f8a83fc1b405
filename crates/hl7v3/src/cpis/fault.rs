//! What may be wrong with a query: every part that fails is told, by its name in Spine 2's own
//! checks and by its place.

use std::fmt;

use xml::Element;

use crate::Invalid;

/// The set of faults that content gets (Spine 2's `CPIS_Query` checks).
pub const MISSING: &str = "ErrorBase1712.MANDATORY_DATA_MISSING";

/// What is there and wrong. Spine 2 checks only for absence, so the name is our own, in its set.
pub const INVALID: &str = "ErrorBase1712.INVALID_DATA";

/// What the NHS number of a query is called.
pub(crate) const NHS_NUMBER: &str = "NHS Number";

/// A part of a query that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {kind} ({place})")]
pub struct QueryFault {
    /// What is wrong with it.
    pub kind: FaultKind,
    /// Which part, as Spine 2 calls it: `NHS Number`, `Job Role Code`, `authorDevice.orgCode`.
    pub field: &'static str,
    /// Where: line, column and path of what is there of it, then the path of what is not. It never
    /// holds a value.
    pub place: String,
}

/// What is wrong with a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It is absent or blank.
    Missing,
    /// There is more than one.
    Repeated,
    /// It is not of its type.
    Invalid,
    /// An NHS number that does not have ten digits.
    NumberShape,
    /// An NHS number whose check digit is wrong.
    NumberCheckDigit,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "missing",
            Self::Repeated => "given more than once",
            Self::Invalid => "invalid",
            Self::NumberShape => "not ten digits",
            Self::NumberCheckDigit => "has a wrong check digit",
        })
    }
}

impl QueryFault {
    /// At this element; `below` is the rest of the path, as in `id/@root`.
    pub(crate) fn at(
        element: Element<'_, '_>,
        below: &str,
        kind: FaultKind,
        field: &'static str,
    ) -> Self {
        let slash = if below.is_empty() { "" } else { "/" };
        Self {
            kind,
            field,
            place: format!("{}{slash}{below}", element.location()),
        }
    }

    /// Whether the NHS number is at fault.
    pub fn is_nhs_number(&self) -> bool {
        self.field == NHS_NUMBER
    }
}

impl From<&QueryFault> for Invalid {
    fn from(fault: &QueryFault) -> Self {
        let field = fault.field;
        let (name, detail) = match fault.kind {
            FaultKind::Missing => (MISSING, field.to_owned()),
            FaultKind::Invalid | FaultKind::NumberShape => (INVALID, field.to_owned()),
            FaultKind::Repeated => (INVALID, format!("number of {field}")),
            FaultKind::NumberCheckDigit => (INVALID, format!("check digit of {field}")),
        };
        match fault.is_nhs_number() {
            true => Self::nhs_number(name, detail),
            false => Self::new(name, detail),
        }
    }
}

/// All of them as one.
pub(crate) fn invalid(faults: &[QueryFault]) -> Option<Invalid> {
    Invalid::all(faults.iter().map(Invalid::from))
}
