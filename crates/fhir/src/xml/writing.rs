//! From the value JSON would have to XML.

use xml::{Document, Writer};

use super::FHIR;
use crate::error::{FhirError, FhirErrorKind};
use crate::structure::Primitive;
use crate::table::{Content, Tables, Type};
use crate::value::{Map, Value};

/// A whole document with this resource.
pub(super) fn resource(value: &Value) -> Result<Vec<u8>, FhirError> {
    let mut writing = Writing {
        tables: Tables::get(),
        error: None,
    };
    let mut w = Writer::new();
    w.declaration();
    writing.resource(&mut w, value, &[("xmlns", FHIR)]);
    match writing.error {
        None => Ok(w.finish()),
        Some(error) => Err(error),
    }
}

struct Writing {
    tables: &'static Tables,
    /// The first thing that could not be written.
    error: Option<FhirError>,
}

impl Writing {
    fn fail(&mut self, kind: FhirErrorKind, expression: String, rule: &str) {
        self.error.get_or_insert_with(|| FhirError {
            kind,
            line: 0,
            column: 0,
            expression,
            rule: rule.to_owned(),
        });
    }

    fn resource(&mut self, w: &mut Writer, value: &Value, attributes: &[(&str, &str)]) {
        let map = value.as_object();
        let name = map
            .and_then(|map| map.get("resourceType")?.as_str())
            .unwrap_or("");
        match (map, self.tables.resource(name)) {
            (Some(map), Some(definition)) => w.element(definition.name, attributes, |w| {
                self.members(w, map, definition);
            }),
            _ => self.fail(
                FhirErrorKind::UnknownResource,
                name.to_owned(),
                "the elements of this type are not known here: it cannot be written as XML",
            ),
        }
    }

    fn members(&mut self, w: &mut Writer, map: &Map, definition: &'static Type) {
        for (name, _) in map.iter() {
            let element = name.strip_prefix('_').unwrap_or(name);
            if element != "resourceType" && definition.find(element).is_none() {
                let expression = format!("{}.{element}", definition.name);
                let rule = "R4 has no such element here";
                self.fail(FhirErrorKind::UnknownElement, expression, rule);
            }
        }
        let forms = definition
            .elements
            .iter()
            .flat_map(|element| &element.forms);
        for (name, content) in forms {
            if !definition.is_attribute(name) {
                let beside = map.get(&format!("_{name}"));
                self.member(w, name, map.get(name), beside, *content);
            }
        }
    }

    /// A member, once or as often as it is there.
    fn member(
        &mut self,
        w: &mut Writer,
        name: &'static str,
        value: Option<&Value>,
        beside: Option<&Value>,
        content: Content,
    ) {
        let many = |value: Option<&Value>| value.and_then(Value::as_array).map(<[_]>::len);
        let Some(length) = many(value).max(many(beside)) else {
            return self.one(w, name, value, beside, content);
        };
        for index in 0..length {
            let item =
                |of: Option<&'_ Value>| -> Option<Value> { of?.as_array()?.get(index).cloned() };
            self.one(
                w,
                name,
                item(value).as_ref(),
                item(beside).as_ref(),
                content,
            );
        }
    }

    fn one(
        &mut self,
        w: &mut Writer,
        name: &'static str,
        value: Option<&Value>,
        beside: Option<&Value>,
        content: Content,
    ) {
        match (content, value) {
            (Content::Primitive(Primitive::Xhtml, _), Some(Value::String(div))) => {
                self.div(w, div);
            }
            (Content::Primitive(..), _) => self.primitive(w, name, value, beside),
            (_, None) => {}
            (Content::Resource, Some(value)) => {
                w.element(name, &[], |w| self.resource(w, value, &[]));
            }
            (Content::Complex(index), Some(Value::Object(map))) => {
                if let Some(definition) = self.tables.at(index) {
                    let attributes = attributes_of(map, definition);
                    w.element(name, &attributes, |w| self.members(w, map, definition));
                }
            }
            (Content::Complex(_), Some(_)) => {
                let rule = "an object is expected";
                self.fail(FhirErrorKind::WrongType, name.to_owned(), rule);
            }
        }
    }

    fn primitive(
        &mut self,
        w: &mut Writer,
        name: &'static str,
        value: Option<&Value>,
        beside: Option<&Value>,
    ) {
        let text = match value {
            Some(Value::String(text) | Value::Number(text)) => Some(text.as_str()),
            Some(Value::Bool(true)) => Some("true"),
            Some(Value::Bool(false)) => Some("false"),
            _ => None,
        };
        let beside = beside.and_then(Value::as_object);
        let id = beside.and_then(|map| map.get("id")?.as_str());
        let attributes: Vec<(&str, &str)> = [("id", id), ("value", text)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        match (beside, self.tables.element()) {
            (Some(map), Some(definition)) if map.get("extension").is_some() => {
                w.element(name, &attributes, |w| self.members(w, map, definition));
            }
            _ if attributes.is_empty() => {}
            _ => w.empty(name, &attributes),
        }
    }

    fn div(&mut self, w: &mut Writer, div: &str) {
        // Its root's own text: what stands around the root has no place inside a document.
        match (
            crate::narrative::well_formed(div),
            Document::parse(div.as_bytes()),
        ) {
            (Ok(()), Ok(document)) => w.written(document.root().source().as_bytes()),
            _ => self.fail(
                FhirErrorKind::BadValue,
                "Narrative.div".to_owned(),
                "not a div of XHTML",
            ),
        }
    }
}

fn attributes_of<'v>(map: &'v Map, definition: &Type) -> Vec<(&'v str, &'v str)> {
    map.iter()
        .filter(|(name, _)| definition.is_attribute(name))
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .collect()
}
