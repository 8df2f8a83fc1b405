//! Values whose type the document tells.

use xml::{Element, Writer, ns};

use super::data::{Code, Data, Period, Quantity, Range, Ratio, Scalar, Text, type_name};
use super::extra::{Extra, Raw};
use super::node::Node;

/// The value of an observation (ANY). The document says its type in `xsi:type`; where it does
/// not, the attributes tell.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// PQ.
    Quantity(Quantity),
    /// IVL_PQ.
    Range(Box<Range>),
    /// RTO and its kind.
    Ratio(Box<Ratio>),
    /// CD, CE, CV or CS.
    Code(Box<Code>),
    /// ST.
    Text(Text),
    /// ED.
    Data(Box<Data>),
    /// INT.
    Integer(Scalar),
    /// REAL.
    Real(Scalar),
    /// BL.
    Boolean(Scalar),
    /// TS.
    Time(Scalar),
    /// IVL_TS.
    Period(Box<Period>),
    /// Anything else.
    Other(Box<Raw>),
}

impl std::fmt::Debug for Value {
    /// Nothing of the content: it is a patient's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Value").finish_non_exhaustive()
    }
}

impl Value {
    /// The same, saying its type, as the schema wants it where the type is open (findings,
    /// diagnoses, lifestyle). Weight, height, temperature, smoking and alcohol intake are
    /// quantities by schema and need not say so.
    #[must_use]
    pub fn typed(mut self) -> Self {
        let name = match &self {
            Self::Quantity(_) => "PQ",
            Self::Range(_) => "IVL_PQ",
            Self::Ratio(_) => "RTO_PQ_PQ",
            Self::Code(_) => "CD",
            Self::Text(_) => "ST",
            Self::Data(_) => "ED",
            Self::Integer(_) => "INT",
            Self::Real(_) => "REAL",
            Self::Boolean(_) => "BL",
            Self::Time(_) => "TS",
            Self::Period(_) => "IVL_TS",
            Self::Other(_) => return self,
        };
        if let Some(extra) = self.extra_mut() {
            extra.set_attribute(ns::XSI, "type", name);
        }
        self
    }

    /// The type it says it has.
    pub fn type_name(&self) -> Option<&str> {
        self.extra()?.attribute(ns::XSI, "type")
    }

    fn extra(&self) -> Option<&Extra> {
        Some(match self {
            Self::Quantity(value) => &value.extra,
            Self::Range(value) => &value.extra,
            Self::Ratio(value) => &value.extra,
            Self::Code(value) => &value.extra,
            Self::Text(value) => &value.extra,
            Self::Data(value) => &value.extra,
            Self::Integer(value) | Self::Real(value) | Self::Boolean(value) | Self::Time(value) => {
                &value.extra
            }
            Self::Period(value) => &value.extra,
            Self::Other(_) => return None,
        })
    }

    fn extra_mut(&mut self) -> Option<&mut Extra> {
        Some(match self {
            Self::Quantity(value) => &mut value.extra,
            Self::Range(value) => &mut value.extra,
            Self::Ratio(value) => &mut value.extra,
            Self::Code(value) => &mut value.extra,
            Self::Text(value) => &mut value.extra,
            Self::Data(value) => &mut value.extra,
            Self::Integer(value) | Self::Real(value) | Self::Boolean(value) | Self::Time(value) => {
                &mut value.extra
            }
            Self::Period(value) => &mut value.extra,
            Self::Other(_) => return None,
        })
    }
}

/// The type of a value that does not tell it: what has a number or a unit is a quantity, what
/// has a code is one, and the rest is text.
fn likely_type(element: Element<'_, '_>) -> &'static str {
    let has = |name| element.attribute(name).is_some();
    match () {
        () if has("value") || has("unit") => "PQ",
        () if has("code") || has("displayName") || has("nullFlavor") => "CD",
        () if element.children().next().is_none() => "ST",
        () => "",
    }
}

impl Node for Value {
    fn read(element: Element<'_, '_>) -> Self {
        match type_name(element).unwrap_or_else(|| likely_type(element)) {
            "PQ" => Self::Quantity(Node::read(element)),
            "IVL_PQ" => Self::Range(Node::read(element)),
            "RTO" | "RTO_PQ_PQ" | "RTO_QTY_QTY" => Self::Ratio(Node::read(element)),
            "CD" | "CE" | "CV" | "CS" => Self::Code(Node::read(element)),
            "ST" => Self::Text(Node::read(element)),
            "ED" => Self::Data(Node::read(element)),
            "INT" => Self::Integer(Node::read(element)),
            "REAL" => Self::Real(Node::read(element)),
            "BL" => Self::Boolean(Node::read(element)),
            "TS" => Self::Time(Node::read(element)),
            "IVL_TS" => Self::Period(Node::read(element)),
            _ => Self::Other(Box::new(Raw::of(element))),
        }
    }

    fn write(&self, w: &mut Writer, name: &str) {
        match self {
            Self::Quantity(value) => value.write(w, name),
            Self::Range(value) => value.write(w, name),
            Self::Ratio(value) => value.write(w, name),
            Self::Code(value) => value.write(w, name),
            Self::Text(value) => value.write(w, name),
            Self::Data(value) => value.write(w, name),
            Self::Integer(value) | Self::Real(value) | Self::Boolean(value) | Self::Time(value) => {
                value.write(w, name)
            }
            Self::Period(value) => value.write(w, name),
            Self::Other(value) => value.write(w, ns::HL7),
        }
    }
}
