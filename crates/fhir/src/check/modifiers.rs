//! What changes the meaning of everything around it.

use crate::codec::Datatype;
use crate::resource::Resource;
use crate::value::{Map, Value};

/// Where a resource has extensions that change its meaning (`modifierExtension`) or says that it
/// cannot be understood without rules of its own (`implicitRules`), as FHIRPaths.
///
/// R4 has no rule against either, but for whoever knows none of them: they must not process such a
/// resource.
pub fn modifiers(resource: &Resource) -> Vec<String> {
    let mut found = Vec::new();
    if let Value::Object(map) = resource.to_value() {
        object(&map, resource.resource_type(), &mut found);
    }
    found
}

fn object(map: &Map, path: &str, found: &mut Vec<String>) {
    for (name, value) in map.iter() {
        let place = format!("{path}.{name}");
        match name {
            "modifierExtension" | "implicitRules" => found.push(place),
            _ => below(value, &place, found),
        }
    }
}

fn below(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => object(map, path, found),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                below(item, &format!("{path}[{at}]"), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_found_wherever_they_are() {
        for (json, expected) in [
            (r#"{"resourceType":"Patient","id":"a"}"#, &[][..]),
            (
                r#"{"resourceType":"Bundle","implicitRules":"http://x.test/r","entry":[{"resource":
                {"resourceType":"Condition","stage":[{"modifierExtension":[{"url":"urn:x","valueCode":"y"}]}],
                "modifierExtension":[{"url":"urn:x","valueBoolean":true}]}}]}"#,
                &[
                    "Bundle.entry[0].resource.modifierExtension",
                    "Bundle.entry[0].resource.stage[0].modifierExtension",
                    "Bundle.implicitRules",
                ],
            ),
        ] {
            let resource = crate::json::read(json.as_bytes()).expect("a resource");
            let mut found = modifiers(&resource);
            found.sort();
            assert_eq!(found, expected, "{json}");
        }
    }
}
