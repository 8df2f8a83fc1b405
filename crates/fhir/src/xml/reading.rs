//! From XML to the value JSON would have.

use xml::{Content as Piece, Element, ns};

use super::FHIR;
use crate::error::{EMPTY_TEXT, FhirError, FhirErrorKind, Step};
use crate::narrative::XHTML;
use crate::structure::Primitive;
use crate::table::{Content, Tables, Type};
use crate::value::{Map, Value};

/// A resource, from its element.
pub(super) fn resource(element: Element) -> Result<Value, FhirError> {
    let unknown = || {
        fail(
            element,
            FhirErrorKind::UnknownResource,
            "R4 has no resource of this type",
        )
    };
    if element.namespace() != FHIR {
        return Err(fail(
            element,
            FhirErrorKind::UnknownResource,
            "not in the namespace of FHIR",
        ));
    }
    let tables = Tables::get();
    let Some(definition) = tables.resource(element.name()) else {
        if tables.is_other(element.name()) {
            let rule = "the elements of this type are not known here: it cannot be read from XML";
            return Err(fail(element, FhirErrorKind::UnknownResource, rule));
        }
        return Err(unknown());
    };
    let mut map = Map::new();
    map.push("resourceType".to_owned(), definition.name.into());
    members(element, definition, &mut map)?;
    Ok(Value::Object(map))
}

/// What is there of an element: its values, each with what is beside it.
struct Gathered<'d> {
    name: &'d str,
    content: Content,
    many: bool,
    items: Vec<(Option<Value>, Option<Value>)>,
}

fn members(element: Element, definition: &Type, map: &mut Map) -> Result<(), FhirError> {
    attributes(element, map, |name| definition.is_attribute(name))?;
    let mut gathered: Vec<Gathered> = Vec::new();
    for child in element.content() {
        let child = match child {
            Piece::Element(child) => child,
            Piece::Text(text) if text.trim_ascii().is_empty() => continue,
            Piece::Text(_) => {
                return Err(fail(
                    element,
                    FhirErrorKind::Malformed,
                    "text between elements",
                ));
            }
        };
        let name = child.name();
        let found = definition
            .find(name)
            .filter(|_| !definition.is_attribute(name));
        let Some((known, content)) = found.filter(|(_, content)| in_its_namespace(child, *content))
        else {
            return Err(fail(
                child,
                FhirErrorKind::UnknownElement,
                "R4 has no such element here",
            ));
        };
        let item = one(child, content)?;
        match gathered.iter_mut().find(|g| g.name == name) {
            Some(earlier) if known.many => earlier.items.push(item),
            Some(_) => {
                return Err(fail(
                    child,
                    FhirErrorKind::Cardinality,
                    "there may be only one",
                ));
            }
            None => gathered.push(Gathered {
                name,
                content,
                many: known.many,
                items: vec![item],
            }),
        }
    }
    for member in gathered {
        member.put(map);
    }
    Ok(())
}

fn in_its_namespace(element: Element, content: Content) -> bool {
    match content {
        Content::Primitive(Primitive::Xhtml, _) => element.namespace() == XHTML,
        _ => element.namespace() == FHIR,
    }
}

/// Takes the attributes that may be there; where a schema is said to be, is no matter.
fn attributes(
    element: Element,
    map: &mut Map,
    known: impl Fn(&str) -> bool,
) -> Result<(), FhirError> {
    for (namespace, name, value) in element.attributes() {
        if namespace == ns::XSI && name == "schemaLocation" {
            continue;
        }
        if !namespace.is_empty() || !known(name) {
            let rule = "R4 has no such attribute here";
            return Err(fail(element, FhirErrorKind::UnknownElement, rule));
        }
        map.push(name.to_owned(), value.into());
    }
    Ok(())
}

fn one(element: Element, content: Content) -> Result<(Option<Value>, Option<Value>), FhirError> {
    match content {
        Content::Primitive(Primitive::Xhtml, _) => Ok((Some(div(element)?), None)),
        Content::Primitive(kind, _) => primitive(element, kind),
        Content::Complex(index) => {
            let mut map = Map::new();
            if let Some(definition) = Tables::get().at(index) {
                members(element, definition, &mut map)?;
            }
            Ok((Some(Value::Object(map)), None))
        }
        Content::Resource => {
            let mut map = Map::new();
            attributes(element, &mut map, |_| false)?;
            let mut children = element.children();
            match (children.next(), children.next()) {
                (Some(only), None) => Ok((Some(resource(only)?), None)),
                _ => Err(fail(
                    element,
                    FhirErrorKind::Cardinality,
                    "one resource is expected",
                )),
            }
        }
    }
}

fn primitive(
    element: Element,
    kind: Primitive,
) -> Result<(Option<Value>, Option<Value>), FhirError> {
    let mut beside = Map::new();
    if let Some(definition) = Tables::get().element() {
        // `value` is no element of the definition: it is taken out first.
        attributes(element, &mut beside, |name| matches!(name, "id" | "value"))?;
        let mut inside = Map::new();
        members_only(element, definition, &mut inside)?;
        beside.members_mut().extend(inside);
    }
    let value = match beside.remove("value") {
        Some(Value::String(text)) if text.is_empty() => {
            return Err(fail(element, FhirErrorKind::Empty, EMPTY_TEXT));
        }
        Some(Value::String(text)) => Some(typed(element, kind, text)?),
        _ => None,
    };
    let beside = (!beside.is_empty()).then_some(Value::Object(beside));
    if value.is_none() && beside.is_none() {
        return Err(fail(element, FhirErrorKind::Empty, EMPTY_TEXT));
    }
    Ok((value, beside))
}

/// The members of an element whose attributes were taken before.
fn members_only(element: Element, definition: &Type, map: &mut Map) -> Result<(), FhirError> {
    for child in element.children() {
        let Some((_, content)) = definition
            .find(child.name())
            .filter(|_| child.name() == "extension" && child.namespace() == FHIR)
        else {
            return Err(fail(
                child,
                FhirErrorKind::UnknownElement,
                "R4 has no such element here",
            ));
        };
        let (Some(value), _) = one(child, content)? else {
            continue;
        };
        let mut extensions = match map.remove("extension") {
            Some(Value::Array(earlier)) => earlier,
            _ => Vec::new(),
        };
        extensions.push(value);
        map.push("extension".to_owned(), Value::Array(extensions));
    }
    if !element.text().trim_ascii().is_empty() {
        return Err(fail(
            element,
            FhirErrorKind::Malformed,
            "text between elements",
        ));
    }
    Ok(())
}

fn typed(element: Element, kind: Primitive, text: String) -> Result<Value, FhirError> {
    match kind {
        Primitive::Boolean => match text.as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(fail(
                element,
                FhirErrorKind::WrongType,
                "true or false is expected",
            )),
        },
        kind if kind.is_number() => match crate::json::is_number(&text) {
            true => Ok(Value::Number(text)),
            false => Err(fail(
                element,
                FhirErrorKind::WrongType,
                "a number is expected",
            )),
        },
        _ => Ok(Value::String(text)),
    }
}

fn div(element: Element) -> Result<Value, FhirError> {
    let slice = element.slice();
    if !slice.inherited.is_empty() {
        let rule = "the div has to declare the namespaces it uses";
        return Err(fail(element, FhirErrorKind::BadValue, rule));
    }
    Ok(slice.bytes.into())
}

impl Gathered<'_> {
    fn put(self, map: &mut Map) {
        let (values, beside): (Vec<_>, Vec<_>) = self.items.into_iter().unzip();
        let is_primitive = matches!(self.content, Content::Primitive(..));
        for (name, items) in [
            (self.name.to_owned(), values),
            (format!("_{}", self.name), beside),
        ] {
            let said = items.iter().any(Option::is_some);
            if !said || (!is_primitive && name.starts_with('_')) {
                continue;
            }
            let mut items = items.into_iter().map(|item| item.unwrap_or(Value::Null));
            match self.many {
                true => map.push(name, Value::Array(items.collect())),
                false => map.push(name, items.next().unwrap_or(Value::Null)),
            }
        }
    }
}

/// The element at the end of a path, or the last one on the way.
pub(super) fn find<'d, 'i>(root: Element<'d, 'i>, path: &[Step]) -> Element<'d, 'i> {
    let mut at = root;
    let mut steps = path.iter().peekable();
    while let Some(step) = steps.next() {
        let Step::Name(name) = step else { continue };
        let name = name.strip_prefix('_').unwrap_or(name);
        let index = match steps.peek() {
            Some(Step::Index(index)) => *index,
            _ => 0,
        };
        let Some(next) = at
            .children()
            .filter(|child| child.name() == name)
            .nth(index)
        else {
            return at;
        };
        at = inside(next);
    }
    at
}

/// The resource inside an element that holds one, else the element.
fn inside<'d, 'i>(element: Element<'d, 'i>) -> Element<'d, 'i> {
    let is_resource = |child: &Element| child.name().starts_with(|c: char| c.is_ascii_uppercase());
    element
        .children()
        .next()
        .filter(is_resource)
        .unwrap_or(element)
}

/// Not by its elements, which are fewer than the objects and arrays of JSON.
pub(super) fn too_deep(root: Element) -> FhirError {
    let rule = format!("nested deeper than {}", crate::Limits::MESSAGE.depth);
    fail(root, FhirErrorKind::Limit, &rule)
}

fn fail(element: Element, kind: FhirErrorKind, rule: &str) -> FhirError {
    let location = element.location();
    FhirError {
        kind,
        line: location.line,
        column: location.column,
        expression: expression(element),
        rule: rule.to_owned(),
    }
}

/// `Bundle.entry[3].resource.code`: an index wherever there is more than one beside another.
fn expression(element: Element) -> String {
    let mut around: Vec<Element> = std::iter::successors(Some(element), Element::parent).collect();
    around.reverse();
    let mut text = String::new();
    let mut definition: Option<&Type> = None;
    for element in around {
        let name = element.name();
        if let Some(found) = Tables::get().resource(name) {
            if text.is_empty() {
                text.push_str(name);
            }
            definition = Some(found);
            continue;
        }
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(name);
        let found = definition.and_then(|definition| definition.find(name));
        if found.is_some_and(|(known, _)| known.many) {
            text.push_str(&format!("[{}]", earlier(element)));
        }
        definition = match found {
            Some((_, Content::Complex(index))) => Tables::get().at(index),
            Some((_, Content::Primitive(..))) => Tables::get().element(),
            _ => None,
        };
    }
    text.truncate(text.floor_char_boundary(1_000));
    text
}

/// How many elements of the same name are before it.
fn earlier(element: Element) -> usize {
    let Some(parent) = element.parent() else {
        return 0;
    };
    let before = parent.children().take_while(|other| *other != element);
    before
        .filter(|other| other.name() == element.name())
        .count()
}
