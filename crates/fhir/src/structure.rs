//! The rules of structure: which elements, how many, of what kind, with which values.
//!
//! Reading stops at the first rule broken, and does not ask for elements that are missing: what has
//! to be there, whoever uses the resource says with a text of its own. [`crate::check`] collects
//! everything.

mod primitive;

pub(crate) use primitive::Primitive;

use std::collections::HashSet;

use crate::error::{EMPTY_TEXT, Fault, FhirErrorKind, Step};
use crate::table::{CodeSet, Content, Element, Kind, Tables, Type};
use crate::value::{Map, Value};

/// Checks a resource that was read.
pub(crate) fn resource(value: &Value) -> Result<(), Fault> {
    let mut checker = Checker::new(false);
    match checker.resource(value) {
        Ok(()) => Ok(()),
        Err(Stop) => Err(checker.faults.swap_remove(0)),
    }
}

/// What a thorough look at a resource finds.
#[derive(Debug, Default)]
pub(crate) struct Thorough<'a> {
    /// Everything that is wrong, elements that are missing among it.
    pub(crate) faults: Vec<Fault>,
    /// The references, of all resources inside.
    pub(crate) references: Vec<Cited<'a>>,
    /// The `div`s with their expressions.
    pub(crate) narratives: Vec<(String, &'a str)>,
}

/// A reference somewhere in a resource.
#[derive(Debug)]
pub(crate) struct Cited<'a> {
    pub(crate) expression: String,
    pub(crate) reference: &'a str,
    /// Whether a resource of this id is contained in one of those around it.
    pub(crate) is_contained: bool,
}

/// Looks at all of a resource.
pub(crate) fn thorough(value: &Value) -> Thorough<'_> {
    let mut checker = Checker::new(true);
    // Asked to be thorough, it never stops.
    let _ = checker.resource(value);
    Thorough {
        faults: checker.faults,
        references: checker.references,
        narratives: checker.narratives,
    }
}

/// The first fault was found, and nobody wants to know of more.
struct Stop;

/// One step down, borrowed.
#[derive(Clone, Copy)]
enum Down<'a> {
    Name(&'a str),
    Index(usize),
}

struct Checker<'a> {
    tables: &'static Tables,
    /// Go on after a fault, and ask for what has to be there.
    thorough: bool,
    path: Vec<Down<'a>>,
    root: &'a str,
    /// For a thorough look: the ids that each of the resources around contains.
    around: Vec<HashSet<&'a str>>,
    faults: Vec<Fault>,
    references: Vec<Cited<'a>>,
    narratives: Vec<(String, &'a str)>,
}

type Checked = Result<(), Stop>;

impl<'a> Checker<'a> {
    fn new(thorough: bool) -> Self {
        Self {
            tables: Tables::get(),
            thorough,
            path: Vec::new(),
            root: "",
            around: Vec::new(),
            faults: Vec::new(),
            references: Vec::new(),
            narratives: Vec::new(),
        }
    }

    fn fault(&mut self, kind: FhirErrorKind, rule: impl Into<String>) -> Checked {
        let fault = self.here(kind, rule.into());
        self.faults.push(fault);
        if self.thorough { Ok(()) } else { Err(Stop) }
    }

    fn here(&self, kind: FhirErrorKind, rule: String) -> Fault {
        let path = self.path.iter().map(|step| match step {
            Down::Name(name) => Step::Name((*name).to_owned()),
            Down::Index(index) => Step::Index(*index),
        });
        Fault {
            kind,
            root: self.root.to_owned(),
            path: path.collect(),
            rule,
        }
    }

    /// Notes references and narratives, for those who look at them later.
    fn note(&mut self, map: &'a Map, definition: &Type) {
        let member = match definition.name {
            "Reference" => "reference",
            "Narrative" => "div",
            _ => return,
        };
        let Some(text) = map.get(member).and_then(Value::as_str) else {
            return;
        };
        let expression = self
            .here(FhirErrorKind::BadValue, String::new())
            .expression();
        if member == "div" {
            self.narratives.push((format!("{expression}.div"), text));
            return;
        }
        let id = text.strip_prefix('#');
        let is_contained = id.is_some_and(|id| self.around.iter().any(|ids| ids.contains(id)));
        self.references.push(Cited {
            expression,
            reference: text,
            is_contained,
        });
    }

    /// Checks one step further down.
    fn below(&mut self, step: Down<'a>, check: impl FnOnce(&mut Self) -> Checked) -> Checked {
        self.path.push(step);
        let checked = check(self);
        self.path.pop();
        checked
    }

    fn resource(&mut self, value: &'a Value) -> Checked {
        let Value::Object(map) = value else {
            return self.fault(FhirErrorKind::WrongType, "a resource is an object");
        };
        let name = match map.get("resourceType") {
            Some(Value::String(name)) => name,
            Some(_) => {
                return self.fault(
                    FhirErrorKind::UnknownResource,
                    "resourceType has to be text",
                );
            }
            None => return self.fault(FhirErrorKind::UnknownResource, "resourceType is missing"),
        };
        let tables = self.tables;
        if let Some(found) = tables.resource(name) {
            if self.path.is_empty() {
                self.root = found.name;
            }
            let contained = if self.thorough {
                contained_ids(map)
            } else {
                HashSet::new()
            };
            self.around.push(contained);
            let checked = self.object(map, found);
            self.around.pop();
            checked
        } else if tables.is_other(name) {
            if self.path.is_empty() {
                self.root = name;
            }
            self.unknown_members(map)
        } else {
            self.fault(
                FhirErrorKind::UnknownResource,
                "R4 has no resource of this type",
            )
        }
    }

    fn object(&mut self, map: &'a Map, definition: &'static Type) -> Checked {
        if map.is_empty() {
            return self.fault(FhirErrorKind::Empty, "an object must not be empty");
        }
        // The elements that are there, each with the name it has without `_`.
        let mut there: Vec<(usize, &str)> = Vec::with_capacity(map.len());
        for (name, value) in map.iter() {
            if name == "resourceType" && definition.kind == Kind::Resource {
                continue;
            }
            let element = name.strip_prefix('_').unwrap_or(name);
            let place = definition.place(element);
            self.below(Down::Name(name), |checker| {
                checker.member(map, name, value, definition)?;
                let earlier = there.iter().find(|(other, _)| Some(*other) == place);
                match earlier.filter(|(_, form)| *form != element) {
                    Some(_) => checker.fault(
                        FhirErrorKind::Cardinality,
                        "a choice must not be there in two forms",
                    ),
                    None => Ok(()),
                }
            })?;
            there.extend(place.map(|place| (place, element)));
        }
        if self.thorough {
            self.look_closer(map, definition, &there);
        }
        Ok(())
    }

    /// What only a thorough look finds: what is missing, and what is looked at later.
    fn look_closer(&mut self, map: &'a Map, definition: &'static Type, there: &[(usize, &str)]) {
        let required = definition.elements.iter().enumerate();
        for (at, element) in required.filter(|(_, element)| element.required) {
            if there.iter().all(|(place, _)| *place != at) {
                // Asked to be thorough, it never stops.
                let _ = self.below(Down::Name(element.name), |checker| {
                    checker.fault(FhirErrorKind::Cardinality, "the element is missing")
                });
            }
        }
        self.note(map, definition);
        let has_value = map.iter().any(|(name, _)| name.starts_with("value"));
        if definition.name == "Extension" && has_value && map.get("extension").is_some() {
            let rule = "an extension has a value or extensions, not both (ext-1)";
            let _ = self.fault(FhirErrorKind::Cardinality, rule);
        }
    }

    fn member(
        &mut self,
        map: &'a Map,
        name: &'a str,
        value: &'a Value,
        definition: &'static Type,
    ) -> Checked {
        if let Some(primitive) = name.strip_prefix('_') {
            return match definition.find(primitive) {
                Some((element, Content::Primitive(kind, _))) if kind != Primitive::Xhtml => {
                    self.beside_primitive(map.get(primitive), value, element)
                }
                _ => self.fault(FhirErrorKind::UnknownElement, "R4 has no such element here"),
            };
        }
        let Some((element, content)) = definition.find(name) else {
            return self.fault(FhirErrorKind::UnknownElement, "R4 has no such element here");
        };
        match (element.many, value) {
            (true, Value::Array(items)) if items.is_empty() => {
                self.fault(FhirErrorKind::Empty, "an array must not be empty")
            }
            (true, Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    if *item == Value::Null && is_said_beside(map, name, index) {
                        continue;
                    }
                    self.below(Down::Index(index), |checker| checker.content(item, content))?;
                }
                Ok(())
            }
            (true, _) => self.fault(
                FhirErrorKind::Cardinality,
                "there may be many: an array is expected",
            ),
            (false, Value::Array(_)) => self.fault(
                FhirErrorKind::Cardinality,
                "there may be only one: no array is expected",
            ),
            (false, _) => self.content(value, content),
        }
    }

    fn content(&mut self, value: &'a Value, content: Content) -> Checked {
        match (content, value) {
            (Content::Resource, _) => self.resource(value),
            (Content::Complex(index), Value::Object(map)) => match self.tables.at(index) {
                Some(definition) => self.object(map, definition),
                None => Ok(()),
            },
            (Content::Complex(_), _) => {
                self.fault(FhirErrorKind::WrongType, "an object is expected")
            }
            (Content::Primitive(kind, codes), _) => self.primitive(value, kind, codes),
        }
    }

    fn primitive(
        &mut self,
        value: &Value,
        kind: Primitive,
        codes: Option<&'static CodeSet>,
    ) -> Checked {
        if *value == Value::String(String::new()) {
            return self.fault(FhirErrorKind::Empty, EMPTY_TEXT);
        }
        if let Err((fault, rule)) = kind.check(value) {
            return self.fault(fault, rule);
        }
        match (codes, value) {
            (Some(set), Value::String(code)) if !set.codes.contains(code.as_str()) => self.fault(
                FhirErrorKind::BadValue,
                format!("not a code of the value set {}", set.name),
            ),
            _ => Ok(()),
        }
    }

    /// `_name`: id and extensions of a primitive, or of each primitive of an array.
    fn beside_primitive(
        &mut self,
        primitive: Option<&'a Value>,
        value: &'a Value,
        element: &'static Element,
    ) -> Checked {
        let tables = self.tables;
        let Some(definition) = tables.element() else {
            return Ok(());
        };
        match (element.many, value) {
            (false, Value::Object(map)) => self.object(map, definition),
            (true, Value::Array(items)) if !items.is_empty() => {
                let together = primitive.and_then(Value::as_array).map(<[_]>::len);
                if together.is_some_and(|length| length != items.len()) {
                    return self.fault(
                        FhirErrorKind::Cardinality,
                        "it has to be as long as the array of the values",
                    );
                }
                for (index, item) in items.iter().enumerate() {
                    self.below(Down::Index(index), |checker| match item {
                        Value::Object(map) => checker.object(map, definition),
                        Value::Null if primitive.is_some() => Ok(()),
                        _ => checker.fault(FhirErrorKind::WrongType, "an object is expected"),
                    })?;
                }
                Ok(())
            }
            (true, Value::Array(_)) => {
                self.fault(FhirErrorKind::Empty, "an array must not be empty")
            }
            (true, _) => self.fault(
                FhirErrorKind::Cardinality,
                "there may be many: an array is expected",
            ),
            (false, _) => self.fault(FhirErrorKind::WrongType, "an object is expected"),
        }
    }

    /// Members of a resource whose elements are not known: nothing may be empty.
    fn unknown_members(&mut self, map: &'a Map) -> Checked {
        for (name, value) in map.iter() {
            self.below(Down::Name(name), |checker| checker.unknown(value))?;
        }
        Ok(())
    }

    fn unknown(&mut self, value: &'a Value) -> Checked {
        match value {
            Value::Object(map) if !map.is_empty() => self.unknown_members(map),
            Value::Array(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    if *item != Value::Null {
                        self.below(Down::Index(index), |checker| checker.unknown(item))?;
                    }
                }
                Ok(())
            }
            Value::String(text) if text.is_empty() => self.fault(FhirErrorKind::Empty, EMPTY_TEXT),
            Value::Null => self.fault(FhirErrorKind::WrongType, "null is not a value"),
            Value::Object(_) => self.fault(FhirErrorKind::Empty, "an object must not be empty"),
            Value::Array(_) => self.fault(FhirErrorKind::Empty, "an array must not be empty"),
            _ => Ok(()),
        }
    }
}

fn contained_ids(map: &Map) -> HashSet<&str> {
    let contained = map.get("contained").and_then(Value::as_array);
    let resources = contained.unwrap_or_default().iter();
    resources
        .filter_map(|resource| resource.as_object()?.get("id")?.as_str())
        .collect()
}

/// Whether what is beside an array of primitives says something in place of a value.
fn is_said_beside(map: &Map, name: &str, index: usize) -> bool {
    let beside = map.get(&format!("_{name}")).and_then(Value::as_array);
    beside
        .and_then(|items| items.get(index))
        .is_some_and(|item| *item != Value::Null)
}

/// Puts the members of all objects into the order of their definitions, `_name` behind `name`.
pub(crate) fn put_in_order(value: &mut Value) {
    order(value, Content::Resource);
}

fn order(value: &mut Value, content: Content) {
    if let Value::Array(items) = value {
        for item in items {
            order(item, content);
        }
        return;
    }
    let Value::Object(map) = value else { return };
    let tables = Tables::get();
    let definition = match content {
        Content::Resource => map
            .get("resourceType")
            .and_then(Value::as_str)
            .and_then(|name| tables.resource(name)),
        Content::Complex(index) => tables.at(index),
        Content::Primitive(..) => tables.element(),
    };
    let Some(definition) = definition else { return };
    let place = |name: &str| match name.strip_prefix('_') {
        _ if name == "resourceType" => (0, 0),
        Some(primitive) => (1 + definition.place(primitive).unwrap_or(usize::MAX - 1), 1),
        None => (1 + definition.place(name).unwrap_or(usize::MAX - 1), 0),
    };
    // Written from our own types they nearly always are in order.
    if !map.iter().is_sorted_by_key(|(name, _)| place(name)) {
        map.members_mut().sort_by_key(|(name, _)| place(name));
    }
    for (name, value) in map.members_mut() {
        if !matches!(value, Value::Object(_) | Value::Array(_)) {
            continue;
        }
        let name = name.strip_prefix('_').unwrap_or(name);
        if let Some((_, content)) = definition.find(name) {
            order(value, content);
        }
    }
}

/// Mends dates that are written without their dashes or without their seconds, as some systems
/// write them, in every element that is a date or a time: `199006`, `20200805`,
/// `2007-03-15T01:00+00:00`.
pub(crate) fn mend_times(value: &mut Value) {
    mend(value, Content::Resource);
}

fn mend(value: &mut Value, content: Content) {
    let tables = Tables::get();
    let definition = match (&mut *value, content) {
        (Value::Array(items), _) => return items.iter_mut().for_each(|item| mend(item, content)),
        (Value::String(text), Content::Primitive(kind, _)) => {
            if let Some(mended) = kind.mended(text) {
                *text = mended;
            }
            return;
        }
        (Value::Object(map), Content::Resource) => map
            .get("resourceType")
            .and_then(Value::as_str)
            .and_then(|name| tables.resource(name)),
        (Value::Object(_), Content::Complex(index)) => tables.at(index),
        _ => None,
    };
    let (Some(definition), Value::Object(map)) = (definition, value) else {
        return;
    };
    for (name, value) in map.members_mut() {
        if let Some((_, content)) = definition.find(name) {
            mend(value, content);
        }
    }
}
