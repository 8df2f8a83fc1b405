//! Codes, quantities and other values.

use fhir::{CodeableConcept, Coding, ExtensionValue, ObservationValue, system};
use hl7v3::gp_summary::model::{
    Code, EntryKind, Period, Qualifier, Quantity, Range, Ratio, Scalar, Text, Translation, Value,
};

use super::extensions;
use super::work::Work;
use crate::dates::When;
use crate::{codes, dates, extension};

impl Work<'_, '_> {
    /// A concept as a code: its first coding; in full, the others are translations and the text
    /// is what was recorded.
    pub(super) fn concept(&mut self, concept: &CodeableConcept, place: &str) -> Code {
        let first = concept.coding.first();
        if self.is_compatible() {
            let code = first.and_then(|coding| coding.code.as_deref());
            let display = first.and_then(|coding| coding.display.clone());
            return Code {
                code: code.map(str::to_owned),
                system: Some(domain::oid::SNOMED_CT.to_owned()),
                display,
                ..Code::default()
            };
        }
        let mut code = match first {
            Some(coding) => self.coding(coding, &format!("{place}.coding[0]")),
            None => Code {
                null_flavour: Some("UNK".to_owned()),
                ..Code::default()
            },
        };
        code.original_text = concept.text.as_deref().map(Text::new);
        for (at, coding) in concept.coding.iter().enumerate().skip(1) {
            let translation = self.coding(coding, &format!("{place}.coding[{at}]"));
            code.translations.push(translation);
        }
        code
    }

    /// A code of a system.
    pub(super) fn coding(&mut self, coding: &Coding, place: &str) -> Code {
        let uri = coding.system.as_deref();
        if uri == Some(system::NULL_FLAVOR) {
            return Code {
                null_flavour: coding.code.clone(),
                ..Code::default()
            };
        }
        let system = uri.and_then(codes::system_to_v3);
        if let (Some(uri), None) = (uri, &system) {
            let rule = format!("The code system {uri} has no OID that a GP Summary could name");
            self.refuse(&format!("{place}.system"), rule);
        }
        Code {
            code: coding.code.clone(),
            system,
            system_version: coding.version.clone(),
            display: coding.display.clone(),
            qualifiers: self.qualifiers(coding, place),
            ..Code::default()
        }
    }

    fn qualifiers(&mut self, coding: &Coding, place: &str) -> Vec<Qualifier> {
        let url = Some(extension::QUALIFIER);
        let found = coding
            .extension
            .iter()
            .filter(|it| it.url.as_deref() == url);
        let mut part =
            |of: &fhir::Extension, name: &str| match extensions::find(&of.extension, name)?
                .value
                .as_ref()?
            {
                ExtensionValue::Coding(coding) => Some(self.coding(coding, place)),
                ExtensionValue::CodeableConcept(concept) => Some(self.concept(concept, place)),
                _ => None,
            };
        found
            .map(|found| Qualifier {
                name: part(found, "name"),
                value: part(found, "value"),
                ..Qualifier::default()
            })
            .collect()
    }

    /// What was observed.
    pub(super) fn value(&mut self, value: &ObservationValue, place: &str) -> Option<Value> {
        Some(match value {
            ObservationValue::Quantity(quantity) => self.bounded(quantity, place),
            ObservationValue::CodeableConcept(concept) => Value::Code(Box::new(
                self.concept(concept, &format!("{place}.valueCodeableConcept")),
            )),
            ObservationValue::String(text) => Value::Text(Text::new(text)),
            ObservationValue::Boolean(value) => Value::Boolean(Scalar::new(&value.to_string())),
            ObservationValue::Integer(value) => Value::Integer(Scalar::new(&value.to_string())),
            ObservationValue::Range(range) => Value::Range(Box::new(Range {
                low: range.low.as_ref().map(plain_quantity),
                high: range.high.as_ref().map(plain_quantity),
                ..Range::default()
            })),
            ObservationValue::Ratio(ratio) => Value::Ratio(Box::new(Ratio {
                numerator: ratio.numerator.as_ref().map(plain_quantity),
                denominator: ratio.denominator.as_ref().map(plain_quantity),
                ..Ratio::default()
            })),
            ObservationValue::DateTime(time) => Value::Time(Scalar::new(
                &self.v3_time(time, &format!("{place}.valueDateTime"))?,
            )),
            ObservationValue::Period(period) => Value::Period(Box::new(
                self.period(period, &format!("{place}.valuePeriod")),
            )),
            ObservationValue::Time(_) => {
                self.refuse(
                    &format!("{place}.valueTime"),
                    "A time of day without a date cannot be the value of an observation",
                );
                return None;
            }
        })
    }

    /// A quantity; one that is only bounded is a range with an open end.
    fn bounded(&mut self, quantity: &fhir::Quantity, place: &str) -> Value {
        let plain = plain_quantity(quantity);
        let inclusive = |plain: Quantity, is: bool| Quantity {
            inclusive: Some(is.to_string()),
            ..plain
        };
        let range = match quantity.comparator.as_deref() {
            Some("<") => Range {
                high: Some(inclusive(plain, false)),
                ..Range::default()
            },
            Some("<=") => Range {
                high: Some(inclusive(plain, true)),
                ..Range::default()
            },
            Some(">") => Range {
                low: Some(inclusive(plain, false)),
                ..Range::default()
            },
            Some(">=") => Range {
                low: Some(inclusive(plain, true)),
                ..Range::default()
            },
            Some(other) => {
                let rule = format!("The comparator {other} cannot be expressed");
                self.refuse(&format!("{place}.valueQuantity.comparator"), rule);
                return Value::Quantity(plain);
            }
            None => return Value::Quantity(plain),
        };
        Value::Range(Box::new(range))
    }

    /// A date or time; refused when it is none.
    pub(super) fn v3_time(&mut self, time: &fhir::FhirDateTime, place: &str) -> Option<String> {
        match dates::to_v3(time, self.profile) {
            Ok(v3) => Some(v3),
            Err(error) => {
                self.refuse(place, error.to_string());
                None
            }
        }
    }

    /// A single time of an entry, in the form of its kind.
    pub(super) fn single(
        &mut self,
        time: &fhir::FhirDateTime,
        kind: EntryKind,
        place: &str,
    ) -> Option<Period> {
        self.when(&When::At(time.clone()), kind, place)
    }

    /// The time of an entry, in the form of its kind.
    pub(super) fn when(&mut self, when: &When, kind: EntryKind, place: &str) -> Option<Period> {
        match dates::back(kind, when) {
            Ok(time) => Some(time),
            Err(error) => {
                self.refuse(place, error.to_string());
                None
            }
        }
    }

    /// From when to when.
    pub(super) fn period(&mut self, period: &fhir::Period, place: &str) -> Period {
        let mut bound = |time: &Option<fhir::FhirDateTime>, end: &str| {
            let v3 = self.v3_time(time.as_ref()?, &format!("{place}.{end}"))?;
            Some(Scalar::new(&v3))
        };
        Period {
            low: bound(&period.start, "start"),
            high: bound(&period.end, "end"),
            ..Period::default()
        }
    }
}

/// A quantity. The unit that machines read is its code, else its name; a name that says something
/// else goes beside it.
pub(super) fn plain_quantity(quantity: &fhir::Quantity) -> Quantity {
    let value = quantity
        .value
        .as_ref()
        .map(|value| value.as_str().to_owned());
    let unit = quantity.code.clone().or_else(|| quantity.unit.clone());
    let name = quantity
        .unit
        .clone()
        .filter(|name| Some(name) != unit.as_ref());
    let translations = name.map(|name| Translation {
        value: value.clone(),
        original_text: Some(Text::new(name)),
        ..Translation::default()
    });
    Quantity {
        value,
        unit,
        translations: translations.into_iter().collect(),
        ..Quantity::default()
    }
}
