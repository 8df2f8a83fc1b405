//! The data type IVL_TS: a period of time.

use domain::Hl7Timestamp;
use xml::{Element, Writer, XmlError, ns};

use super::PayloadError;
use super::datatype::{attributes, is_token};
use crate::strict;

/// A period; at least one end is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// From the first instant of this on.
    pub low: Option<Hl7Timestamp>,
    /// To the last instant of this.
    pub high: Option<Hl7Timestamp>,
}

/// Reads an interval. Of the forms that the schema allows, only the ones with `low` and `high`
/// are taken; `width` and `center` are errors of content. `name` is how errors call it.
pub(super) fn read(element: &Element<'_, '_>, name: &str) -> Result<Interval, PayloadError> {
    attributes(element, &["value", "operator"])?;
    check_timestamp(element)?;
    let operators = ["A", "E", "H", "I", "P"];
    if element
        .attribute("operator")
        .is_some_and(|value| !operators.contains(&value.trim()))
    {
        return Err(element
            .error("attribute operator must be one of A, E, H, I, P")
            .into());
    }
    strict::no_text(element)?;
    check_children(element)?;

    let of_content = |rule: &str| PayloadError::Content(format!("{name} {rule}"));
    let part = |part| element.child(ns::HL7, part);
    let (low, high) = (part("low"), part("high"));
    for bound in [low, high].into_iter().flatten() {
        if bound.attribute("inclusive").map(str::trim) == Some("false") {
            return Err(of_content("must include its ends"));
        }
    }
    let parse = |bound: Option<Element<'_, '_>>| {
        let Some(value) = bound.and_then(|bound| bound.attribute("value")) else {
            return Ok(None);
        };
        let parsed = Hl7Timestamp::parse(value).map(Some);
        parsed.map_err(|error| PayloadError::Content(format!("{name}: {error}")))
    };
    let (low, high) = (parse(low)?, parse(high)?);
    let other_form = part("width").is_some() || part("center").is_some();
    if other_form || (low.is_none() && high.is_none()) {
        return Err(of_content("must be given as low and high"));
    }
    if let (Some(low), Some(high)) = (&low, &high)
        && low.first_instant() > high.last_instant()
    {
        return Err(of_content("ends before it begins"));
    }
    Ok(Interval { low, high })
}

/// Writes an interval.
pub(super) fn write(w: &mut Writer, name: &str, interval: &Interval) {
    w.element(name, &[], |w| {
        for (end, value) in [("low", &interval.low), ("high", &interval.high)] {
            if let Some(value) = value {
                w.empty(end, &[("value", value.as_str())]);
            }
        }
    });
}

/// The children in one of the orders of the schema, each as its type allows.
fn check_children(element: &Element<'_, '_>) -> Result<(), XmlError> {
    let children: Vec<_> = element.children().collect();
    if let Some(foreign) = children.iter().find(|child| child.namespace() != ns::HL7) {
        return Err(foreign.error(format!("element {} is unknown here", foreign.name())));
    }
    let names: Vec<_> = children.iter().map(Element::name).collect();
    match names.as_slice() {
        [] | ["low"] | ["low", "high"] | ["high"] => {}
        ["low", "width"] | ["width"] | ["width", "high"] | ["center"] | ["center", "width"] => {}
        _ => return Err(element.error("an interval is low and high, in this order")),
    }
    for child in &children {
        match child.name() {
            "low" | "high" => {
                attributes(child, &["value", "inclusive"])?;
                let inclusive = child.attribute("inclusive").map(str::trim);
                if !matches!(inclusive, None | Some("true" | "false")) {
                    return Err(child.error("attribute inclusive must be true or false"));
                }
                check_timestamp(child)?;
            }
            "center" => {
                attributes(child, &["value"])?;
                check_timestamp(child)?;
            }
            _ => check_width(child)?,
        }
        strict::no_text(child)?;
        strict::no_children(child)?;
    }
    Ok(())
}

fn check_width(width: &Element<'_, '_>) -> Result<(), XmlError> {
    attributes(width, &["value", "unit"])?;
    if width
        .attribute("value")
        .is_some_and(|value| value.trim().parse::<f64>().is_err())
    {
        return Err(width.error("attribute value must be a number"));
    }
    if width.attribute("unit").is_some_and(|unit| !is_token(unit)) {
        return Err(width.error("attribute unit must be one word"));
    }
    Ok(())
}

fn check_timestamp(element: &Element<'_, '_>) -> Result<(), XmlError> {
    match element.attribute("value") {
        Some(value) if !is_ts(value) => Err(element.error("attribute value must be a timestamp")),
        _ => Ok(()),
    }
}

/// The pattern of `ts` in the published data types:
/// `[0-9]{1,8}|([0-9]{9,14}|[0-9]{14,14}\.[0-9]+)([+\-][0-9]{1,4})?`.
fn is_ts(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (main, zone) = match text.find(['+', '-']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    if zone.is_some_and(|zone| !(1..=4).contains(&zone.len()) || !digits(zone)) {
        return false;
    }
    match main.split_once('.') {
        Some((whole, part)) => {
            whole.len() == 14 && digits(whole) && !part.is_empty() && digits(part)
        }
        None => {
            let shortest = if zone.is_some() { 9 } else { 1 };
            (shortest..=14).contains(&main.len()) && digits(main)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timestamp_pattern_is_the_published_one() {
        for fine in [
            "2",
            "20150402",
            "201504021",
            "20150402112233.1+0100",
            "201504021122-1",
        ] {
            assert!(is_ts(fine), "{fine}");
        }
        for wrong in [
            "",
            "x",
            "20150402+0100",
            "2015040211.5",
            "20150402112233.",
            "201504021122+",
            "é",
        ] {
            assert!(!is_ts(wrong), "{wrong}");
        }
    }

    fn check(inside: &str, expected: Result<(&str, &str), &str>) {
        let text = format!("<value xmlns='urn:hl7-org:v3'>{inside}</value>");
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let found = read(&doc.root(), "X").map(|i| {
            let text = |t: Option<Hl7Timestamp>| t.map(|t| t.to_string()).unwrap_or_default();
            (text(i.low), text(i.high))
        });
        let found = found.map_err(|error| match error {
            PayloadError::Schema(error) => format!("schema: {}", error.message),
            PayloadError::Content(text) => format!("content: {text}"),
        });
        let expected = expected.map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(found, expected.map_err(str::to_owned), "{inside}");
    }

    #[test]
    fn low_and_high_are_taken() {
        let (low, high) = ("<low value='20150402'/>", "<high value='20150409'/>");
        check(&format!("{low}{high}"), Ok(("20150402", "20150409")));
        check(low, Ok(("20150402", "")));
        check(high, Ok(("", "20150409")));
        let same_day = "<low value='201504021000'/><high value='20150402'/>";
        check(same_day, Ok(("201504021000", "20150402")));
    }

    #[test]
    fn other_forms_are_errors_of_content() {
        let must = "content: X must be given as low and high";
        for inside in [
            "",
            "<low/>",
            "<low value='20150402'/><width value='7' unit='d'/>",
            "<center value='20150402'/><width value='7' unit='d'/>",
            "<width value='7.5' unit='d'/><high value='20150402'/>",
        ] {
            check(inside, Err(must));
        }
        let backwards = "<low value='20150410'/><high value='20150409'/>";
        check(backwards, Err("content: X ends before it begins"));
        let impossible =
            "content: X: the timestamp names a date, time or offset that does not exist";
        check("<low value='20151341'/>", Err(impossible));
        let open = "<low value='20150410' inclusive='false'/>";
        check(open, Err("content: X must include its ends"));
    }

    #[test]
    fn what_the_schema_forbids_is_refused() {
        let order = "schema: an interval is low and high, in this order";
        check(
            "<high value='20150409'/><low value='20150402'/>",
            Err(order),
        );
        check("<low value='2015'/><low value='2015'/>", Err(order));
        check(
            "<low xmlns='' value='2015'/>",
            Err("schema: element low is unknown here"),
        );
        check(
            "<low value='April'/>",
            Err("schema: attribute value must be a timestamp"),
        );
        check(
            "<width value='x'/>",
            Err("schema: attribute value must be a number"),
        );
        // Also when an error of content stands before it.
        check(
            "<low value='20151341'/><high x='1'/>",
            Err("schema: attribute x is not allowed here"),
        );
    }
}
