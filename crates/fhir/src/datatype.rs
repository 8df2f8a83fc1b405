//! The datatypes of R4 that the Summary Care Record needs fields of.
//!
//! Each is a plain struct; what R4 defines beyond its fields is kept in `other`.

mod time;

pub use time::{BadTime, Date, FhirDateTime, Instant, Precision};
pub(crate) use time::{is_time, precision};

use crate::codec::{Datatype, Printer, choice, element_type};
use crate::value::Value;

/// A decimal number, as it is written: `1.10` is more precise than `1.1`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Decimal(String);

impl Decimal {
    /// Takes a number as JSON writes them (`-1.50`, `2`, `1e3`); `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        crate::json::is_number(text).then(|| Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Decimal")
    }
}

impl Datatype for Decimal {
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Number(text) => Ok(Self(text)),
            other => Err(other),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.clone())
    }

    fn print(&self, to: &mut Printer) {
        to.plain(&self.0);
    }
}

/// A datatype kept as it is: nothing here looks into it.
#[derive(Clone, PartialEq)]
pub struct Raw(pub crate::value::Map);

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Raw")
    }
}

impl Datatype for Raw {
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Object(map) => Ok(Self(map)),
            other => Err(other),
        }
    }

    fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    fn print(&self, to: &mut Printer) {
        // In which order its members belong is known to the tables only.
        to.expect_order(self.0.is_empty());
    }
}

element_type! {
    /// What a resource says about itself.
    Meta {
        version_id("versionId"): Option<String>,
        last_updated("lastUpdated"): Option<Instant>,
        source: Option<String>,
        profile: Vec<String>,
        security: Vec<Coding>,
        tag: Vec<Coding>,
    }
}

element_type! {
    /// A value under a URL that says what it means.
    Extension {
        extension: Vec<Extension>,
        url: Option<String>,
        value: Option<ExtensionValue>,
    }
}

choice! {
    /// `Extension.value[x]` and `Parameters.parameter.value[x]`.
    ExtensionValue {
        Boolean(bool), Integer(i32), Decimal(Decimal), String(String), Markdown(String), Code(String), Uri(String), Url(String),
        Canonical(String), Oid(String), Uuid(String), Id(String), Base64Binary(String), Date(Date), DateTime(FhirDateTime),
        Instant(Instant), Time(String), PositiveInt(u32), UnsignedInt(u32), Coding(Coding), CodeableConcept(CodeableConcept),
        Identifier(Identifier), Reference(Reference), Period(Period), Quantity(Quantity), Range(Range), Ratio(Ratio),
        HumanName(HumanName), Address(Address), ContactPoint(ContactPoint), Annotation(Annotation), Attachment(Attachment),
        Dosage(Dosage), Timing(Raw),
    }
}

element_type! {
    /// A code of a system.
    Coding {
        extension: Vec<Extension>,
        system: Option<String>,
        version: Option<String>,
        code: Option<String>,
        display: Option<String>,
        user_selected("userSelected"): Option<bool>,
    }
}

impl Coding {
    /// A code with its system and what it means.
    pub fn new(system: &str, code: &str, display: &str) -> Self {
        Self {
            system: Some(system.to_owned()),
            code: Some(code.to_owned()),
            display: Some(display.to_owned()).filter(|text| !text.is_empty()),
            ..Self::default()
        }
    }

    /// Whether it is this code of this system.
    pub fn is(&self, system: &str, code: &str) -> bool {
        self.system.as_deref() == Some(system) && self.code.as_deref() == Some(code)
    }
}

element_type! {
    /// A concept, as codes, as text, or as both.
    CodeableConcept {
        extension: Vec<Extension>,
        coding: Vec<Coding>,
        text: Option<String>,
    }
}

impl CodeableConcept {
    /// One code.
    pub fn new(system: &str, code: &str, display: &str) -> Self {
        Coding::new(system, code, display).into()
    }

    /// Text without a code.
    pub fn text(text: &str) -> Self {
        Self {
            text: Some(text.to_owned()),
            ..Self::default()
        }
    }

    /// The code it has in a system.
    pub fn code_in(&self, system: &str) -> Option<&str> {
        let coding = self
            .coding
            .iter()
            .find(|c| c.system.as_deref() == Some(system))?;
        coding.code.as_deref()
    }
}

impl From<Coding> for CodeableConcept {
    fn from(coding: Coding) -> Self {
        Self {
            coding: vec![coding],
            ..Self::default()
        }
    }
}

element_type! {
    /// An identifier of the business, unlike a resource's `id`.
    Identifier {
        extension: Vec<Extension>,
        r#use("use"): Option<String>,
        r#type("type"): Option<CodeableConcept>,
        system: Option<String>,
        value: Option<String>,
        period: Option<Period>,
    }
}

impl Identifier {
    /// A value of a system.
    pub fn new(system: &str, value: &str) -> Self {
        Self {
            system: Some(system.to_owned()),
            ..Self::of(value)
        }
    }

    /// A value without a system.
    pub fn of(value: &str) -> Self {
        Self {
            value: Some(value.to_owned()),
            ..Self::default()
        }
    }
}

element_type! {
    /// Another resource, by reference or by its identifier.
    Reference {
        extension: Vec<Extension>,
        reference: Option<String>,
        r#type("type"): Option<String>,
        identifier: Option<Box<Identifier>>,
        display: Option<String>,
    }
}

impl Reference {
    /// To a resource of this type and id.
    pub fn to(resource_type: &str, id: &str) -> Self {
        Self::literal(format!("{resource_type}/{id}"))
    }

    /// As it is written: relative, absolute, `urn:uuid:…` or `#…`.
    pub fn literal(reference: impl Into<String>) -> Self {
        Self {
            reference: Some(reference.into()),
            ..Self::default()
        }
    }
}

element_type! {
    /// From a time to a time; an end that is not there is open.
    Period {
        extension: Vec<Extension>,
        start: Option<FhirDateTime>,
        end: Option<FhirDateTime>,
    }
}

element_type! {
    /// A person's name.
    HumanName {
        extension: Vec<Extension>,
        r#use("use"): Option<String>,
        text: Option<String>,
        family: Option<String>,
        given: Vec<String>,
        prefix: Vec<String>,
        suffix: Vec<String>,
        period: Option<Period>,
    }
}

element_type! {
    /// A postal address.
    Address {
        extension: Vec<Extension>,
        r#use("use"): Option<String>,
        r#type("type"): Option<String>,
        text: Option<String>,
        line: Vec<String>,
        city: Option<String>,
        district: Option<String>,
        state: Option<String>,
        postal_code("postalCode"): Option<String>,
        country: Option<String>,
        period: Option<Period>,
    }
}

element_type! {
    /// A telephone number, a mail address and their like.
    ContactPoint {
        extension: Vec<Extension>,
        system: Option<String>,
        value: Option<String>,
        r#use("use"): Option<String>,
        rank: Option<u32>,
        period: Option<Period>,
    }
}

element_type! {
    /// A resource or a section for people: `div` is XHTML, see [`crate::narrative`].
    Narrative {
        extension: Vec<Extension>,
        status: Option<String>,
        div: Option<String>,
    }
}

element_type! {
    /// A measured amount; also Age, Duration, Distance, Count and SimpleQuantity.
    Quantity {
        extension: Vec<Extension>,
        value: Option<Decimal>,
        comparator: Option<String>,
        unit: Option<String>,
        system: Option<String>,
        code: Option<String>,
    }
}

element_type! {
    /// From an amount to an amount.
    Range {
        extension: Vec<Extension>,
        low: Option<Quantity>,
        high: Option<Quantity>,
    }
}

element_type! {
    /// An amount for an amount.
    Ratio {
        extension: Vec<Extension>,
        numerator: Option<Quantity>,
        denominator: Option<Quantity>,
    }
}

choice! {
    /// `Annotation.author[x]`.
    AnnotationAuthor { Reference(Reference), String(String), }
}

element_type! {
    /// A note.
    Annotation {
        extension: Vec<Extension>,
        author: Option<AnnotationAuthor>,
        time: Option<FhirDateTime>,
        text: Option<String>,
    }
}

impl Annotation {
    /// A note of nobody in particular.
    pub fn of(text: &str) -> Self {
        Self {
            text: Some(text.to_owned()),
            ..Self::default()
        }
    }
}

element_type! {
    /// A document, inside (base64) or elsewhere (a URL).
    Attachment {
        extension: Vec<Extension>,
        content_type("contentType"): Option<String>,
        language: Option<String>,
        data: Option<String>,
        url: Option<String>,
        size: Option<u32>,
        hash: Option<String>,
        title: Option<String>,
        creation: Option<FhirDateTime>,
    }
}

choice! {
    /// `Dosage.asNeeded[x]`.
    AsNeeded { Boolean(bool), CodeableConcept(CodeableConcept), }
}

choice! {
    /// `Dosage.doseAndRate.dose[x]`.
    Dose { Range(Range), Quantity(Quantity), }
}

element_type! {
    /// One of a dosage's amounts.
    DoseAndRate {
        extension: Vec<Extension>,
        r#type("type"): Option<CodeableConcept>,
        dose: Option<Dose>,
    }
}

element_type! {
    /// How a medication is taken.
    Dosage {
        extension: Vec<Extension>,
        sequence: Option<i32>,
        text: Option<String>,
        additional_instruction("additionalInstruction"): Vec<CodeableConcept>,
        patient_instruction("patientInstruction"): Option<String>,
        timing: Option<Raw>,
        as_needed("asNeeded"): Option<AsNeeded>,
        site: Option<CodeableConcept>,
        route: Option<CodeableConcept>,
        method: Option<CodeableConcept>,
        dose_and_rate("doseAndRate"): Vec<DoseAndRate>,
    }
}
