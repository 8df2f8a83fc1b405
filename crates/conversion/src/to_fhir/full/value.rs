//! Values of observations.

use fhir::{
    Decimal, ExtensionValue, FhirDateTime, ObservationValue, Period, Quantity, Range, Ratio, system,
};
use hl7v3::gp_summary::model::{self, Scalar, Value};

use super::concept::concept;
use super::said;
use crate::{Profile, dates};

/// A value, in the type of R4 that says the same. What is no number where one should be is text.
/// `None` for what R4 has no type for.
pub(super) fn value(value: &Value) -> Option<ObservationValue> {
    match value {
        Value::Quantity(found) => quantity(found)
            .map(ObservationValue::Quantity)
            .or_else(|| text([found.value.as_deref(), found.unit.as_deref()])),
        Value::Range(found) => bound(found)
            .map(ObservationValue::Quantity)
            .or_else(|| range(found).map(ObservationValue::Range)),
        Value::Ratio(found) => ratio(found).map(ObservationValue::Ratio),
        Value::Code(found) => concept(found).map(ObservationValue::CodeableConcept),
        Value::Text(found) => said(&found.content).map(ObservationValue::String),
        Value::Data(found) if is_text(found) => said(&found.content).map(ObservationValue::String),
        Value::Integer(found) => integer(found),
        Value::Real(found) => {
            let number = found.value.as_deref().and_then(decimal);
            let quantity = number.map(|number| ObservationValue::Quantity(of_number(number)));
            quantity.or_else(|| text([found.value.as_deref(), None]))
        }
        Value::Boolean(found) => match found.value.as_deref()? {
            "true" => Some(ObservationValue::Boolean(true)),
            "false" => Some(ObservationValue::Boolean(false)),
            other => text([Some(other), None]),
        },
        Value::Time(found) => {
            let time = found.value.as_deref()?;
            let read = dates::to_fhir(time, Profile::Full).ok();
            read.map(ObservationValue::DateTime)
                .or_else(|| text([Some(time), None]))
        }
        Value::Period(found) => period(found),
        Value::Data(_) | Value::Other(_) => None,
    }
}

/// The same as the value of an extension.
pub(super) fn in_extension(value: ObservationValue) -> ExtensionValue {
    match value {
        ObservationValue::Quantity(it) => ExtensionValue::Quantity(it),
        ObservationValue::CodeableConcept(it) => ExtensionValue::CodeableConcept(it),
        ObservationValue::String(it) => ExtensionValue::String(it),
        ObservationValue::Boolean(it) => ExtensionValue::Boolean(it),
        ObservationValue::Integer(it) => ExtensionValue::Integer(it),
        ObservationValue::Range(it) => ExtensionValue::Range(it),
        ObservationValue::Ratio(it) => ExtensionValue::Ratio(it),
        ObservationValue::Time(it) => ExtensionValue::Time(it),
        ObservationValue::DateTime(it) => ExtensionValue::DateTime(it),
        ObservationValue::Period(it) => ExtensionValue::Period(it),
    }
}

/// Whether data is plain text.
pub(super) fn is_text(data: &model::Data) -> bool {
    let is_encoded = data.representation.as_deref() == Some("B64");
    let kind = data.media_type.as_deref().unwrap_or("text/plain");
    !is_encoded && kind.starts_with("text/")
}

fn text(pieces: [Option<&str>; 2]) -> Option<ObservationValue> {
    let pieces: Vec<&str> = pieces.into_iter().flatten().collect();
    said(pieces.join(" ").trim()).map(ObservationValue::String)
}

fn integer(found: &Scalar) -> Option<ObservationValue> {
    let written = found.value.as_deref()?.trim();
    match written.parse() {
        Ok(number) => Some(ObservationValue::Integer(number)),
        Err(_) => decimal(written)
            .map(|number| ObservationValue::Quantity(of_number(number)))
            .or_else(|| text([Some(written), None])),
    }
}

fn period(found: &model::Period) -> Option<ObservationValue> {
    let read = |text: Option<&str>| dates::to_fhir(text?, Profile::Full).ok();
    let bound = |scalar: &Option<Scalar>| read(scalar.as_ref()?.value.as_deref());
    let point = read(found.value.as_deref()).or_else(|| bound(&found.center));
    let (low, high) = (bound(&found.low), bound(&found.high));
    if let Some(at) = point {
        return Some(ObservationValue::DateTime(at));
    }
    (low.is_some() || high.is_some()).then(|| ObservationValue::Period(span(low, high)))
}

/// A period of FHIR.
pub(super) fn span(start: Option<FhirDateTime>, end: Option<FhirDateTime>) -> Period {
    Period {
        start,
        end,
        ..Period::default()
    }
}

/// A number with its unit: the code of UCUM, and what people call it.
pub(super) fn quantity(found: &model::Quantity) -> Option<Quantity> {
    let number = found.value.as_deref().and_then(decimal)?;
    let unit = found
        .unit
        .as_deref()
        .map(str::trim)
        .filter(|unit| !unit.is_empty());
    let code = unit.filter(|unit| !unit.contains(char::is_whitespace));
    Some(Quantity {
        unit: found
            .unit_label()
            .map(str::to_owned)
            .or_else(|| unit.filter(|unit| *unit != "1").map(str::to_owned)),
        system: code.map(|_| system::UCUM.to_owned()),
        code: code.map(str::to_owned),
        ..of_number(number)
    })
}

fn of_number(number: Decimal) -> Quantity {
    Quantity {
        value: Some(number),
        ..Quantity::default()
    }
}

/// A number as JSON writes it; V3 allows a plus, zeros in front and nothing before the point.
fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.trim_start_matches('0');
    let zero = if digits.starts_with(|letter: char| letter.is_ascii_digit()) {
        ""
    } else {
        "0"
    };
    Decimal::parse(&[sign, zero, digits].concat())
        .filter(|_| text.contains(|c: char| c.is_ascii_digit()))
}

/// A range that has at least one end.
pub(super) fn range(found: &model::Range) -> Option<Range> {
    let bound = |quantity_: &Option<model::Quantity>| quantity_.as_ref().and_then(quantity);
    let (low, high) = (bound(&found.low), bound(&found.high));
    (low.is_some() || high.is_some()).then(|| Range {
        low,
        high,
        ..Range::default()
    })
}

/// A range with one end that says whether that end is inside: a quantity with a comparator.
fn bound(found: &model::Range) -> Option<Quantity> {
    let (end, inside, outside) = match (&found.low, &found.high) {
        (Some(low), None) => (low, ">=", ">"),
        (None, Some(high)) => (high, "<=", "<"),
        _ => return None,
    };
    let comparator = match end.inclusive.as_deref()? {
        "true" => inside,
        "false" => outside,
        _ => return None,
    };
    Some(Quantity {
        comparator: Some(comparator.to_owned()),
        ..quantity(end)?
    })
}

fn ratio(found: &model::Ratio) -> Option<Ratio> {
    let part = |quantity_: &Option<model::Quantity>| quantity_.as_ref().and_then(quantity);
    let (numerator, denominator) = (part(&found.numerator), part(&found.denominator));
    (numerator.is_some() && denominator.is_some()).then(|| Ratio {
        numerator,
        denominator,
        ..Ratio::default()
    })
}

/// Whether a value says something that [`value`] leaves out: the middle or the width of a range, or
/// that an end is not inside.
pub(super) fn says_more(value: &Value) -> bool {
    let outside = |bound: &Option<model::Quantity>| {
        let inclusive = bound.as_ref().and_then(|bound| bound.inclusive.as_deref());
        inclusive == Some("false")
    };
    match value {
        Value::Range(found) => {
            found.center.is_some()
                || found.width.is_some()
                || (outside(&found.low) || outside(&found.high)) && bound(found).is_none()
        }
        Value::Period(found) => found.width.is_some(),
        _ => false,
    }
}
