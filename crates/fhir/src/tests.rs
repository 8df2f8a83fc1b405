//! Made-up resources of every type in the tables, with every element now and then: what is written
//! is what was read, in JSON and in XML, and what R4 does not have is refused where it is.

mod fields;

use proptest::prelude::*;

use crate::codec::Datatype;
use crate::error::FhirErrorKind;
use crate::resource::Resource;
use crate::structure::{self, Primitive};
use crate::table::{Content, Element, Kind, Tables, Type};
use crate::value::{Map, Value};
use crate::{json, xml};

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap() % bound
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

fn resource_types() -> Vec<&'static Type> {
    (0..)
        .map_while(|index| Tables::get().at(index))
        .filter(|found| found.kind == Kind::Resource)
        .collect()
}

fn made_up(dice: &mut Dice, depth: usize) -> Value {
    let types = resource_types();
    let found = types[dice.below(types.len())];
    let mut map = Map::new();
    map.push("resourceType".to_owned(), found.name.into());
    fill(dice, found, depth, &mut map);
    Value::Object(map)
}

fn fill(dice: &mut Dice, definition: &Type, depth: usize, map: &mut Map) {
    let often = if depth == 0 { 4 } else { 9 };
    for element in &definition.elements {
        if element.required || (depth < 4 && dice.one_in(often)) {
            add(dice, element, depth, map);
        }
    }
    if definition.name == "Extension" && map.get("extension").is_some() {
        // One or the other (ext-1).
        map.members_mut()
            .retain(|(name, _)| !name.contains("value"));
    }
    // An object must not be empty, and only some types have something that has to be there.
    if map.is_empty() {
        let plain = |element: &&Element| matches!(element.forms[0].1, Content::Primitive(..));
        if let Some(element) = definition.elements.iter().filter(plain).nth(1) {
            add(dice, element, depth, map);
        }
    }
    if map.is_empty() {
        map.push("id".to_owned(), "i1".into());
    }
}

fn add(dice: &mut Dice, element: &Element, depth: usize, map: &mut Map) {
    let (name, content) = &element.forms[dice.below(element.forms.len())];
    let beside = matches!(content, Content::Primitive(kind, _) if *kind != Primitive::Xhtml)
        && name != "id"
        && name != "url"
        && dice.one_in(8);
    if !element.many {
        map.push(name.clone(), content_of(dice, *content, depth));
        if beside {
            map.push(format!("_{name}"), beside_of("x"));
        }
        return;
    }
    let count = 1 + dice.below(3);
    let mut items: Vec<Value> = (0..count)
        .map(|_| content_of(dice, *content, depth))
        .collect();
    if beside {
        let mut besides = vec![Value::Null; count];
        let at = dice.below(count);
        besides[at] = beside_of("y");
        if dice.one_in(2) {
            items[at] = Value::Null;
        }
        map.push(format!("_{name}"), Value::Array(besides));
    }
    // All values may be said by extensions only.
    if items.iter().any(|item| *item != Value::Null) {
        map.push(name.clone(), Value::Array(items));
    }
}

/// What may stand beside a primitive.
fn beside_of(id: &str) -> Value {
    let extension = serde_json::json!({"url": "https://x.example/e", "valueDecimal": 1});
    Value::from(serde_json::json!({"id": id, "extension": [extension]}))
}

fn content_of(dice: &mut Dice, content: Content, depth: usize) -> Value {
    match content {
        Content::Resource => made_up(dice, depth + 2),
        Content::Complex(index) => {
            let mut map = Map::new();
            fill(dice, Tables::get().at(index).unwrap(), depth + 1, &mut map);
            Value::Object(map)
        }
        Content::Primitive(_, Some(set)) => {
            let mut codes: Vec<&str> = set.codes.iter().copied().collect();
            codes.sort_unstable();
            dice.pick(&codes).into()
        }
        Content::Primitive(kind, None) => primitive(dice, kind),
    }
}

fn primitive(dice: &mut Dice, kind: Primitive) -> Value {
    let number = |text: &str| Value::Number(text.to_owned());
    match kind {
        Primitive::Boolean => Value::Bool(dice.one_in(2)),
        Primitive::Integer => number(dice.pick(&["-2147483648", "0", "7"])),
        Primitive::PositiveInt => number(dice.pick(&["1", "2147483647"])),
        Primitive::UnsignedInt => number(dice.pick(&["0", "12"])),
        Primitive::Decimal => number(dice.pick(&["1.10", "-0.0", "1e10", "2", "100.000"])),
        Primitive::Text => dice
            .pick(&[
                "a",
                " leading and trailing ",
                "<b>&amp; \"quoted\" 'too'</b>",
                "line\nline\r\n\ttab",
                "👩🏽‍⚕️ \u{fffd} é",
                "\\ back / slash",
            ])
            .into(),
        Primitive::Code => dice.pick(&["a", "in progress"]).into(),
        Primitive::Uri => dice.pick(&["https://x.example/a?b&c", "urn:x"]).into(),
        Primitive::Oid => "urn:oid:2.16.840".into(),
        Primitive::Uuid => "urn:uuid:0a1b2c3d-0000-4000-8000-00000000000f".into(),
        Primitive::Id => dice.pick(&["a", "A-1.b"]).into(),
        Primitive::Base64Binary => dice.pick(&["QUJD", "QUI="]).into(),
        Primitive::Date => dice.pick(&["1999", "1999-04", "1999-04-30"]).into(),
        Primitive::DateTime => dice
            .pick(&[
                "1999",
                "1999-04",
                "1999-04-30",
                "1999-04-30T01:02:03.4+01:00",
            ])
            .into(),
        Primitive::Instant => "1999-04-30T01:02:03Z".into(),
        Primitive::Time => dice.pick(&["01:02:03", "23:59:59.9"]).into(),
        Primitive::Xhtml => dice
            .pick(&[
                "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>1 &lt; 2 👍</p></div>",
                "<div xmlns=\"http://www.w3.org/1999/xhtml\" id='a'>x<br/>\n\ty</div>",
            ])
            .into(),
    }
}

fn read(value: &Value) -> Resource {
    let text = json::text_of(value);
    json::read(&text).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&text)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn through_the_types_and_through_xml(seed: u64) {
        let value = made_up(&mut Dice(seed), 0);
        let resource = read(&value);
        let text = || String::from_utf8(json::text_of(&value)).unwrap();
        prop_assert!(resource.to_value() == value, "{}", text());
        let mut ordered = resource.to_value();
        crate::structure::put_in_order(&mut ordered);
        let written = String::from_utf8(json::write(&resource)).unwrap();
        prop_assert_eq!(written, String::from_utf8(json::text_of(&ordered)).unwrap());
        let faults = structure::thorough(&value).faults;
        prop_assert!(faults.is_empty(), "{:?} in {}", faults, text());
        let written = xml::write(&resource).unwrap();
        let again = match xml::read(&written) {
            Ok(again) => again,
            Err(error) => {
                let xml = String::from_utf8_lossy(&written).into_owned();
                return Err(TestCaseError::fail(format!("{error}: {xml}")));
            }
        };
        prop_assert!(again == resource, "{}", String::from_utf8_lossy(&written));
        prop_assert_eq!(json::write(&again), json::write(&resource));
    }

    /// Somewhere in a resource, an element of no type: it is found there, and nowhere else.
    #[test]
    fn an_unknown_element_is_refused_where_it_is(seed: u64) {
        let mut dice = Dice(seed);
        let mut value = made_up(&mut dice, 0);
        prop_assert!(plant(&mut dice, &mut value));
        let text = json::text_of(&value);
        let error = json::read(&text).unwrap_err();
        prop_assert_eq!(error.kind, FhirErrorKind::UnknownElement);
        prop_assert!(error.expression.ends_with(".planted"), "{}", error);
        let column = usize::try_from(error.column).unwrap();
        let found: String = String::from_utf8(text).unwrap().chars().skip(column - 1).take(9).collect();
        prop_assert_eq!(found, "\"planted\"");
    }

    #[test]
    fn no_text_is_too_much_for_the_readers(text in "\\PC{0,200}") {
        let _ = json::read(text.as_bytes());
        let _ = xml::read(text.as_bytes());
        let _ = crate::narrative::check(&text);
    }

    /// A good message with a piece torn out or a byte changed: an answer, whatever it is.
    #[test]
    fn no_damage_is_too_much_for_the_readers(seed: u64, at: prop::sample::Index, byte: u8) {
        let resource = read(&made_up(&mut Dice(seed), 0));
        for mut bytes in [json::write(&resource), xml::write(&resource).unwrap()] {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = (json::read(&bytes), xml::read(&bytes));
            bytes.truncate(at);
            prop_assert!(json::read(&bytes).is_err());
            prop_assert!(xml::read(&bytes).is_err());
        }
    }
}

/// Puts an unknown member first into some object whose elements are known.
fn plant(dice: &mut Dice, value: &mut Value) -> bool {
    let Value::Object(map) = value else {
        return false;
    };
    if dice.one_in(2) {
        let members = map.members_mut().iter_mut();
        for (_, inside) in members {
            let planted = match inside {
                Value::Array(items) => items.iter_mut().any(|item| plant(dice, item)),
                inside => plant(dice, inside),
            };
            if planted {
                return true;
            }
        }
    }
    map.members_mut()
        .insert(0, ("planted".into(), Value::Bool(true)));
    true
}
