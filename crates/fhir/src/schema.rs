//! The types of R4 as OpenAPI 3.0 describes types, from the same table that reading goes by.
//!
//! What has to be there is not said: reading does not ask for it, and what a use of a resource
//! asks for is that use's to say. Of `_name`, which carries the extensions of a primitive, there is
//! no word either.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::structure::Primitive;
use crate::table::{Content, Element, Kind, Tables, Type};

/// Where schemas find each other in an OpenAPI document.
pub const PLACE: &str = "#/components/schemas/";
/// The schema of any resource.
pub const RESOURCE: &str = "Resource";
/// The schema of resources whose elements are not known here.
const OTHER: &str = "OtherResource";

/// More types than this make a choice an open one (`Extension.value[x]`): of those only the types
/// that are described anyway are listed, and the rest is allowed.
const OPEN: usize = 20;

/// The schemas of these types of resources and of all types in them, by name. Any resource within
/// another is one of these types, or another of R4's that is kept and not read.
pub fn schemas(resources: &[&str]) -> BTreeMap<String, Value> {
    let tables = Tables::get();
    let known = |name: &&str| tables.resource(name).is_some();
    let resources: Vec<&str> = resources.iter().copied().filter(known).collect();
    let mut schemas = BTreeMap::new();
    let mut waiting: Vec<&Type> = resources
        .iter()
        .filter_map(|name| tables.resource(name))
        .collect();
    while let Some(found) = waiting.pop() {
        let name = schema_name(found.name);
        if schemas.contains_key(&name) {
            continue;
        }
        schemas.insert(name, Value::Null);
        let inside = found.elements.iter().filter(|e| e.forms.len() <= OPEN);
        for (_, content) in inside.flat_map(|element| &element.forms) {
            if let Content::Complex(index) = content {
                waiting.extend(tables.at(*index));
            }
        }
    }
    let names: Vec<String> = schemas.keys().cloned().collect();
    for found in tables.types() {
        let name = schema_name(found.name);
        if names.contains(&name) {
            schemas.insert(name, object(found, &names));
        }
    }
    schemas.insert(RESOURCE.to_owned(), any_of(&resources));
    schemas.insert(OTHER.to_owned(), other(tables, &resources));
    schemas
}

/// `Bundle.entry` is called `Bundle_entry`: tools make types of the names.
fn schema_name(name: &str) -> String {
    name.replace('.', "_")
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{PLACE}{}", schema_name(name)) })
}

fn any_of(resources: &[&str]) -> Value {
    let mut all: Vec<Value> = resources.iter().map(|name| reference(name)).collect();
    all.push(reference(OTHER));
    json!({ "description": "Any resource of FHIR R4.", "anyOf": all })
}

fn other(tables: &Tables, resources: &[&str]) -> Value {
    let known = tables.types().filter(|found| found.kind == Kind::Resource);
    let mut names: Vec<&str> = known.map(|found| found.name).collect();
    names.extend(tables.others());
    names.retain(|name| !resources.contains(name));
    names.sort_unstable();
    json!({
        "type": "object",
        "description": "A resource of another type of R4. It is taken, and nothing is done with it.",
        "required": ["resourceType"],
        "properties": { "resourceType": { "type": "string", "enum": names } },
        "additionalProperties": true,
    })
}

fn object(found: &Type, names: &[String]) -> Value {
    let mut properties = Map::new();
    let mut schema = json!({
        "type": "object",
        "description": format!("{} of FHIR R4.", found.name),
        "minProperties": 1,
        "additionalProperties": false,
    });
    if found.kind == Kind::Resource {
        let kind = json!({ "type": "string", "enum": [found.name] });
        properties.insert("resourceType".to_owned(), kind);
        schema["required"] = json!(["resourceType"]);
    }
    for element in &found.elements {
        let is_open = element.forms.len() > OPEN;
        if is_open {
            schema["additionalProperties"] = true.into();
        }
        for (name, content) in &element.forms {
            if is_open && !is_listed(*content, names) {
                continue;
            }
            properties.insert(name.clone(), member(element, *content));
        }
    }
    schema["properties"] = properties.into();
    schema
}

/// Whether a type of an open choice is described.
fn is_listed(content: Content, names: &[String]) -> bool {
    match content {
        Content::Primitive(..) => true,
        Content::Complex(index) => Tables::get()
            .at(index)
            .is_some_and(|found| names.contains(&schema_name(found.name))),
        Content::Resource => false,
    }
}

fn member(element: &Element, content: Content) -> Value {
    let one = match content {
        Content::Resource => reference(RESOURCE),
        Content::Complex(index) => match Tables::get().at(index) {
            Some(found) => reference(found.name),
            None => json!({}),
        },
        Content::Primitive(_, Some(set)) => {
            let mut codes: Vec<&str> = set.codes.iter().copied().collect();
            codes.sort_unstable();
            json!({ "type": "string", "enum": codes })
        }
        Content::Primitive(kind, None) => primitive(kind),
    };
    match element.many {
        true => json!({ "type": "array", "minItems": 1, "items": one }),
        false => one,
    }
}

fn primitive(kind: Primitive) -> Value {
    const DAY: &str = "[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])";
    const TIME: &str = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match kind {
        Primitive::Boolean => json!({ "type": "boolean" }),
        Primitive::Integer => json!({ "type": "integer", "format": "int32" }),
        Primitive::PositiveInt => json!({ "type": "integer", "format": "int32", "minimum": 1 }),
        Primitive::UnsignedInt => json!({ "type": "integer", "format": "int32", "minimum": 0 }),
        Primitive::Decimal => json!({ "type": "number" }),
        Primitive::Text => json!({ "type": "string", "minLength": 1 }),
        Primitive::Code => text("^[^\\s]+( [^\\s]+)*$"),
        Primitive::Uri => text("^\\S+$"),
        Primitive::Oid => text("^urn:oid:[0-2](\\.(0|[1-9][0-9]*))+$"),
        Primitive::Uuid => {
            text("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
        }
        Primitive::Id => text("^[A-Za-z0-9.-]{1,64}$"),
        Primitive::Base64Binary => json!({ "type": "string", "format": "byte", "minLength": 1 }),
        Primitive::Date => text(&format!("^{DAY})?)?$")),
        Primitive::DateTime => text(&format!("^{DAY}({TIME})?)?)?$")),
        Primitive::Instant => text(&format!(
            "^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]){TIME}$"
        )),
        Primitive::Time => text("^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?$"),
        Primitive::Xhtml => json!({
            "type": "string",
            "minLength": 1,
            "description": "One div of XHTML, without scripts, event handlers or styles from elsewhere.",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` of a schema.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(to) if name == "$ref" => found.push(to.clone()),
                        value => references(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn schemas_find_each_other() {
        let schemas = schemas(&[
            "Bundle",
            "Composition",
            "Patient",
            "AuditEvent",
            "Parameters",
        ]);
        let all = serde_json::to_value(&schemas).expect("JSON");
        let mut found = Vec::new();
        references(&all, &mut found);
        assert!(found.len() > 100);
        for to in found {
            let name = to.strip_prefix(PLACE).expect("a place");
            assert!(schemas.contains_key(name), "{name}");
        }
        assert!(schemas.values().all(|schema| !schema.is_null()));
    }

    #[test]
    fn a_type_is_described_as_it_is_read() {
        let schemas = schemas(&["Patient"]);
        let patient = &schemas["Patient"];
        assert_eq!(
            patient["properties"]["resourceType"]["enum"],
            json!(["Patient"])
        );
        assert_eq!(
            patient["properties"]["identifier"],
            json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/components/schemas/Identifier" } })
        );
        assert_eq!(
            patient["properties"]["deceasedBoolean"],
            json!({ "type": "boolean" })
        );
        assert_eq!(patient["additionalProperties"], false);
        assert_eq!(schemas["Extension"]["additionalProperties"], true);
        assert!(schemas["Extension"]["properties"]["valueCoding"].is_object());
    }
}
