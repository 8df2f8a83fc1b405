//! The shape of an answer's payload, as its published schema has it.

use itk::Operation;
use itk::scr;
use xml::Element;

use super::{Notes, is_upper_uuid};

const SCHEMA: &str = "the schema of the answer";
/// What every element may carry.
const INFRASTRUCTURE: [&str; 2] = ["nullFlavor", "updateMode"];

/// An element as the schema has it.
struct Shape {
    name: &'static str,
    /// The attributes it has, all required.
    attributes: &'static [&'static str],
    /// The attributes it may have.
    optional: &'static [&'static str],
    /// Its children, in order; `false` for one that may be absent.
    children: &'static [(bool, Shape)],
    /// What is inside is not looked at.
    open: bool,
    /// It may be there several times.
    many: bool,
}

impl Shape {
    const fn leaf(name: &'static str, attributes: &'static [&'static str]) -> Self {
        Self {
            name,
            attributes,
            optional: &[],
            children: &[],
            open: false,
            many: false,
        }
    }

    const fn around(name: &'static str, children: &'static [(bool, Self)]) -> Self {
        Self {
            name,
            attributes: &[],
            optional: &[],
            children,
            open: false,
            many: false,
        }
    }
}

const ID: (bool, Shape) = (true, Shape::leaf("id", &["root"]));
const VALUE: (bool, Shape) = (
    true,
    Shape::leaf("value", &["code", "codeSystem", "displayName"]),
);
const FLAG: &[(bool, Shape)] = &[(true, Shape::leaf("value", &["value"]))];

const STATUS: &[(bool, Shape)] = &[
    ID,
    VALUE,
    (
        false,
        Shape::around("component", &[(true, Shape::around("sCRExistsFlag", FLAG))]),
    ),
    (
        false,
        Shape::around(
            "component1",
            &[(
                true,
                Shape::around(
                    "sCRConsent",
                    &[(true, Shape::leaf("code", &["code", "displayName"]))],
                ),
            )],
        ),
    ),
];
const RIGHTS: &[(bool, Shape)] = &[
    ID,
    VALUE,
    (
        false,
        Shape::around("component", &[(true, Shape::around("withPTV", FLAG))]),
    ),
    (
        false,
        Shape::around("component1", &[(true, Shape::around("inEmergency", FLAG))]),
    ),
];
const PERMISSION: &[(bool, Shape)] = &[
    ID,
    VALUE,
    (
        false,
        Shape::around("component", &[(true, Shape::around("pTVStatusFlag", FLAG))]),
    ),
];
const CODE_ONLY: &[(bool, Shape)] = &[ID, VALUE];
const RECORD: &[(bool, Shape)] = &[
    ID,
    (
        false,
        Shape {
            open: true,
            ..Shape::leaf("text", &[])
        },
    ),
    VALUE,
];
const REPORT: &[(bool, Shape)] = &[
    ID,
    (
        false,
        Shape {
            optional: &[
                "mediaType",
                "language",
                "charset",
                "integrityCheckAlgorithm",
            ],
            open: true,
            ..Shape::leaf("text", &["representation"])
        },
    ),
    VALUE,
];
const CONSENT: &[(bool, Shape)] = &[
    ID,
    VALUE,
    (false, Shape::leaf("consent", &["view", "store"])),
];

const fn total(name: &'static str, of: &'static [(bool, Shape)]) -> (bool, Shape) {
    (true, Shape::around(name, of))
}

/// What is inside is read with the rest.
const fn several(name: &'static str) -> (bool, Shape) {
    let shape = Shape {
        open: true,
        many: true,
        ..Shape::leaf(name, &[])
    };
    (false, shape)
}

const PLANS: &[(bool, Shape)] = &[
    (true, Shape::leaf("effectiveTime", &["value"])),
    ID,
    VALUE,
    total(
        "pertinentInformation11",
        &[(
            true,
            Shape::around("pertinentTotalReturnedAccessRecords", FLAG),
        )],
    ),
    total(
        "pertinentInformation12",
        &[(
            true,
            Shape::around("pertinentTotalReturnedChildRecords", FLAG),
        )],
    ),
    several("pertinentInformation13"),
    several("pertinentInformation14"),
];

/// Notes every place where the payload is not as its schema has it.
pub(super) fn check(payload: &Element<'_, '_>, operation: Operation, notes: &mut Notes) {
    let children = match operation {
        Operation::Scr(operation) => match operation {
            scr::Operation::GetScrStatus => STATUS,
            scr::Operation::GetRbacStatus => RIGHTS,
            scr::Operation::QueryPtv => PERMISSION,
            scr::Operation::CreatePtv | scr::Operation::SetScrConsent => CODE_ONLY,
            scr::Operation::QueryScr => RECORD,
            scr::Operation::QueryScrActivity => REPORT,
            scr::Operation::GetScrConsent => CONSENT,
        },
        Operation::Cpis(itk::cpis::Operation::Query) => PLANS,
    };
    let root = Shape::around("", children);
    check_shape(payload, &root, payload.namespace(), notes);
    let id = payload.child(payload.namespace(), "id");
    if let Some(root) = id.and_then(|id| id.attribute("root"))
        && !is_upper_uuid(root)
    {
        notes.defect(SCHEMA, "id/@root is no upper-case UUID");
    }
}

fn check_shape(element: &Element<'_, '_>, shape: &Shape, namespace: &str, notes: &mut Notes) {
    let name = element.name();
    for (attribute_namespace, attribute, _) in element.attributes() {
        let known = shape.attributes.contains(&attribute)
            || shape.optional.contains(&attribute)
            || INFRASTRUCTURE.contains(&attribute);
        if attribute_namespace.is_empty() && !known {
            notes.defect(SCHEMA, format!("{name} has no attribute {attribute}"));
        }
    }
    for attribute in shape.attributes {
        if element.attribute(attribute).is_none() {
            notes.defect(SCHEMA, format!("{name} lacks the attribute {attribute}"));
        }
    }
    if shape.open {
        return;
    }
    let mut children = element.children().peekable();
    for (required, child_shape) in shape.children {
        match children.next_if(|child| child.is(namespace, child_shape.name)) {
            Some(child) => {
                check_shape(&child, child_shape, namespace, notes);
                let is_another =
                    |c: &Element<'_, '_>| child_shape.many && c.is(namespace, child_shape.name);
                while let Some(another) = children.next_if(is_another) {
                    check_shape(&another, child_shape, namespace, notes);
                }
            }
            None if *required => {
                notes.defect(
                    SCHEMA,
                    format!("{name} lacks {} in its place", child_shape.name),
                );
            }
            None => {}
        }
    }
    if let Some(other) = children.next() {
        notes.defect(
            SCHEMA,
            format!(
                "{} is unknown, repeated or out of order in {name}",
                other.name()
            ),
        );
    }
}
