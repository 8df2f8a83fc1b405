//! The data types: identifiers, codes, quantities, times and texts (HL7 V3 data types, MIM
//! 4.2.00).
//!
//! Values are the texts that stand in the document: a stored document may hold what no type of
//! ours would take, and it must still be shown.

use domain::{Hl7Timestamp, oid};
use xml::ns;

use super::node::node;

node! {
    /// An instance identifier (II).
    Id {
        attributes {
            /// A UUID, or the OID of the numbering that `extension` belongs to.
            root = "root",
            /// The number within that numbering.
            extension = "extension",
        }
    }
}

impl Id {
    /// A UUID.
    pub fn uuid(uuid: &str) -> Self {
        Self {
            root: Some(uuid.to_owned()),
            ..Self::default()
        }
    }

    /// A number of a numbering.
    pub fn of(root: &str, extension: &str) -> Self {
        Self {
            extension: Some(extension.to_owned()),
            ..Self::uuid(root)
        }
    }
}

node! {
    /// Text (ST, and ED where it is used for text).
    Text {
        text {
            /// The text, exactly as it stands.
            content
        }
    }
}

impl Text {
    /// A text.
    pub fn new(content: impl Into<String>) -> Self {
        Self {
            content: content.into(),
            ..Self::default()
        }
    }
}

node! {
    /// Encapsulated data (ED): text, or something else in base 64.
    Data {
        attributes {
            /// Its media type; `text/plain` where it does not say.
            media_type = "mediaType",
            /// `B64` for base 64, `TXT` for text.
            representation = "representation",
            /// Its language.
            language = "language",
        }
        text {
            /// What it holds, exactly as it stands.
            content
        }
        children {
            /// Where it can be found, when it is not here.
            reference: Option<Telecom> = "reference",
        }
    }
}

impl Data {
    /// Plain text.
    pub fn text(content: impl Into<String>) -> Self {
        Self {
            content: content.into(),
            ..Self::default()
        }
    }
}

node! {
    /// A code (CD, CE, CV, CS).
    Code {
        attributes {
            /// The code.
            code = "code",
            /// The OID of its system.
            system = "codeSystem",
            /// The name of its system.
            system_name = "codeSystemName",
            /// The version of its system.
            system_version = "codeSystemVersion",
            /// What it is called there.
            display = "displayName",
            /// Why there is none.
            null_flavour = "nullFlavor",
        }
        children {
            /// The words it stands for, as they were recorded.
            original_text: Option<Text> = "originalText",
            /// What narrows its meaning.
            qualifiers: Vec<Qualifier> = "qualifier",
            /// The same in other systems.
            translations: Vec<Code> = "translation",
        }
    }
}

impl Code {
    /// A code without system: a status, a mode.
    pub fn plain(code: &str) -> Self {
        Self {
            code: Some(code.to_owned()),
            ..Self::default()
        }
    }

    /// A code of a system, with its display name.
    pub fn of(system: &str, code: &str, display: &str) -> Self {
        Self {
            system: Some(system.to_owned()),
            display: Some(display.to_owned()),
            ..Self::plain(code)
        }
    }

    /// A code of SNOMED CT.
    pub fn snomed(code: &str, display: &str) -> Self {
        Self::of(oid::SNOMED_CT, code, display)
    }

    /// The same with the words it was recorded in.
    #[must_use]
    pub fn recorded_as(mut self, words: &str) -> Self {
        self.original_text = Some(Text::new(words));
        self
    }

    /// What to show for it: its display name, else the words it was recorded in, else the code.
    pub fn label(&self) -> Option<&str> {
        let words = self.original_text.as_ref().map(|text| text.content.trim());
        let texts = [self.display.as_deref(), words, self.code.as_deref()];
        texts.into_iter().flatten().find(|text| !text.is_empty())
    }
}

node! {
    /// A role that narrows a code (CR). Some senders code it on the element itself.
    Qualifier {
        attributes {
            /// Whether name and value change places.
            inverted = "inverted",
            /// The code on the element itself.
            code = "code",
            /// The system of that code.
            system = "codeSystem",
            /// The display name of that code.
            display = "displayName",
        }
        children {
            /// In which way it narrows.
            name: Option<Code> = "name",
            /// To what.
            value: Option<Code> = "value",
        }
    }
}

node! {
    /// A physical quantity (PQ).
    Quantity {
        attributes {
            /// The number, as written.
            value = "value",
            /// Its unit (UCUM); `1` for pieces.
            unit = "unit",
            /// Of a bound, whether it is inside.
            inclusive = "inclusive",
        }
        children {
            /// The same in other units.
            translations: Vec<Translation> = "translation",
        }
    }
}

impl Quantity {
    /// A number with a unit.
    pub fn new(value: &str, unit: &str) -> Self {
        Self {
            value: Some(value.to_owned()),
            unit: Some(unit.to_owned()),
            ..Self::default()
        }
    }

    /// A number of pieces, with what a piece is called.
    pub fn pieces(value: &str, called: &str) -> Self {
        let translation = Translation {
            value: Some(value.to_owned()),
            original_text: Some(Text::new(called)),
            ..Translation::default()
        };
        Self {
            translations: vec![translation],
            ..Self::new(value, "1")
        }
    }

    /// What to call the unit: the words of a translation, else the unit unless it says no more
    /// than "pieces".
    pub fn unit_label(&self) -> Option<&str> {
        let words = self.translations.iter().filter_map(|translation| {
            let words = translation.original_text.as_ref()?.content.trim();
            Some(words).filter(|words| !words.is_empty())
        });
        let unit = self
            .unit
            .as_deref()
            .filter(|unit| !matches!(*unit, "" | "1"));
        words.into_iter().next().or(unit)
    }
}

node! {
    /// A quantity in another unit (PQR).
    Translation {
        attributes {
            /// The number, as written.
            value = "value",
            /// The code of the unit.
            code = "code",
            /// The system of that code.
            system = "codeSystem",
            /// The display name of that code.
            display = "displayName",
        }
        children {
            /// What the unit is called.
            original_text: Option<Text> = "originalText",
        }
    }
}

node! {
    /// A range of quantities (IVL_PQ).
    Range {
        children {
            /// From.
            low: Option<Quantity> = "low",
            /// Around.
            center: Option<Quantity> = "center",
            /// How wide.
            width: Option<Quantity> = "width",
            /// Up to.
            high: Option<Quantity> = "high",
        }
    }
}

node! {
    /// One quantity to another (RTO).
    Ratio {
        children {
            /// Above the line.
            numerator: Option<Quantity> = "numerator",
            /// Below it.
            denominator: Option<Quantity> = "denominator",
        }
    }
}

node! {
    /// A single value: an integer, a real number, a Boolean, a point in time (INT, REAL, BL, TS).
    Scalar {
        attributes {
            /// The value, as written.
            value = "value",
            /// Of a bound, whether it is inside.
            inclusive = "inclusive",
        }
    }
}

impl Scalar {
    /// A value.
    pub fn new(value: &str) -> Self {
        Self {
            value: Some(value.to_owned()),
            ..Self::default()
        }
    }
}

node! {
    /// When: a point in time (TS) or a period (IVL_TS).
    Period {
        attributes {
            /// The point in time, of one that is a point.
            value = "value",
        }
        children {
            /// From.
            low: Option<Scalar> = "low",
            /// Around.
            center: Option<Scalar> = "center",
            /// How long.
            width: Option<Quantity> = "width",
            /// Until.
            high: Option<Scalar> = "high",
        }
    }
}

impl Period {
    /// A point in time.
    pub fn at(time: &str) -> Self {
        Self {
            value: Some(time.to_owned()),
            ..Self::default()
        }
    }

    /// Some time around a point.
    pub fn around(time: &str) -> Self {
        Self {
            center: Some(Scalar::new(time)),
            ..Self::default()
        }
    }

    /// From a point on, until another where there is one.
    pub fn from(low: &str, high: Option<&str>) -> Self {
        Self {
            low: Some(Scalar::new(low)),
            high: high.map(Scalar::new),
            ..Self::default()
        }
    }

    /// When it was or began: the point, the centre or the lower bound.
    pub fn start(&self) -> Option<Hl7Timestamp> {
        let bound = |scalar: &Option<Scalar>| scalar.as_ref().and_then(|s| s.value.clone());
        let text = self.value.clone();
        let text = text
            .or_else(|| bound(&self.center))
            .or_else(|| bound(&self.low))?;
        Hl7Timestamp::parse(&text).ok()
    }

    /// When it ended, of what has ended.
    pub fn end(&self) -> Option<Hl7Timestamp> {
        Hl7Timestamp::parse(self.high.as_ref()?.value.as_deref()?).ok()
    }
}

node! {
    /// A telephone number or another electronic address (TEL).
    Telecom {
        attributes {
            /// As a URL: `tel:01132800000`.
            value = "value",
            /// What it is used for: `WP` for the workplace.
            usage = "use",
        }
    }
}

node! {
    /// A part of a name or an address, under its own name: `given`, `family`, `postalCode`.
    Part {
        own {
            /// What part it is.
            element: String
        }
        text {
            /// Its text, exactly as it stands.
            content
        }
    }
}

impl Part {
    /// A part.
    pub fn new(element: &str, content: &str) -> Self {
        Self {
            element: element.to_owned(),
            content: content.to_owned(),
            ..Self::default()
        }
    }
}

node! {
    /// A name of a person, an organisation or a place (PN, ON, TN): text, or parts.
    Name {
        attributes {
            /// What it is used for: `L` for the usual one.
            usage = "use",
        }
        text {
            /// The whole name, of one that has no parts.
            content
        }
        children {
            /// Its parts, in order.
            parts: Vec<Part> = "*",
        }
    }
}

node! {
    /// A postal address (AD): text, or parts.
    Address {
        attributes {
            /// What it is used for: `WP` for the workplace.
            usage = "use",
        }
        text {
            /// The whole address, of one that has no parts.
            content
        }
        children {
            /// Its parts, in order.
            parts: Vec<Part> = "*",
        }
    }
}

impl Name {
    /// A name as text.
    pub fn text(content: &str) -> Self {
        Self {
            content: content.to_owned(),
            ..Self::default()
        }
    }

    /// A name in parts.
    pub fn parts<'t>(parts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let parts = parts.into_iter();
        Self {
            parts: parts
                .map(|(element, content)| Part::new(element, content))
                .collect(),
            ..Self::default()
        }
    }

    /// The whole name, parts joined with blanks.
    pub fn label(&self) -> String {
        joined(&self.content, &self.parts)
    }
}

impl Address {
    /// An address in parts.
    pub fn parts<'t>(parts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let Name { parts, .. } = Name::parts(parts);
        Self {
            parts,
            ..Self::default()
        }
    }

    /// The whole address, parts joined with blanks.
    pub fn label(&self) -> String {
        joined(&self.content, &self.parts)
    }
}

fn joined(text: &str, parts: &[Part]) -> String {
    let texts = std::iter::once(text).chain(parts.iter().map(|part| part.content.as_str()));
    crate::lenient::normal(&texts.collect::<Vec<_>>().join(" "))
}

/// The name of a type that a value carries: `xsi:type`, or `type` as some senders write it.
pub(super) fn type_name<'e>(element: xml::Element<'e, '_>) -> Option<&'e str> {
    let written = element.attribute_ns(ns::XSI, "type");
    let name = written.or_else(|| element.attribute("type"))?.trim();
    Some(name.split_once(':').map_or(name, |(_, local)| local))
}
