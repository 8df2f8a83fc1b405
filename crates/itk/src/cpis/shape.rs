//! The schema of a query (`QUPC_MT000006GB01.xsd`), by hand: which elements and attributes there
//! are, in which order and how often.
//!
//! Whoever reads the query for what it says is lenient about the rest. A mini service is not: what
//! it does not know would be lost on the way to the Spine, and what is not as the schema has it is
//! the client's to mend.

use domain::oid;
use xml::{Element, XmlError, ns};

use crate::scr::datatype::{attributes, structure};
use crate::strict::{self, Sequence};
use crate::uuid;

/// Where a silent access is told from others; no published schema has a place for it.
const ACCESS_TYPE: &str = "accessEventType";
const PERSON: &str = "COCT_TP145102GB01.AssignedAuthor";
const DEVICE: &str = "COCT_TP145104GB01.System";

/// Holds a `CP-ISQueryStub` against its schema. The error is the first rule that is broken, with its
/// place; it never holds a value. What the values must be (a time, a number, a name) is for whoever
/// reads them.
pub fn check(stub: Element<'_, '_>) -> Result<(), XmlError> {
    let mut parts = structure(stub)?;
    let query = parts.required("cP-ISNHSQuery")?;
    parts.end()?;
    let mut parts = structure(query)?;
    access_type(&mut parts);
    strict::empty(&required(&mut parts, "effectiveTime", "value")?, &["value"])?;
    let id = required(&mut parts, "id", "root")?;
    strict::empty(&id, &["root"])?;
    if !id.attribute("root").is_some_and(uuid::is_upper) {
        return Err(id.error("attribute root must be an upper-case UUID"));
    }
    access_type(&mut parts);
    author(parts.required("author")?)?;
    access_type(&mut parts);
    parameters(parts.required("queryByParameter")?)?;
    access_type(&mut parts);
    parts.end()
}

fn parameters(parameters: Element<'_, '_>) -> Result<(), XmlError> {
    let mut parts = structure(parameters)?;
    access_type(&mut parts);
    let number = parts.required("person.NHSnumber")?;
    access_type(&mut parts);
    parts.end()?;
    let mut parts = structure(number)?;
    let value = required(&mut parts, "value", "extension")?;
    strict::empty(&value, &["extension"])?;
    parts.end()
}

/// Which template follows is said first, and must be what follows.
fn author(author: Element<'_, '_>) -> Result<(), XmlError> {
    attributes(&author, &[])?;
    strict::no_text(&author)?;
    let mut children = author.children();
    let Some(content) = children.next().filter(|c| c.is(ns::NPFITLC, "contentId")) else {
        return Err(author.error("element contentId must come first"));
    };
    strict::empty(&content, &["root", "extension"])?;
    if content.required("root")? != oid::CONTENT_ID {
        return Err(content.error("attribute root must be that of content ids"));
    }
    let extension = content.required("extension")?;
    let template = match children.next() {
        Some(person) if person.is(ns::HL7, PERSON) => {
            self::person(person)?;
            PERSON
        }
        Some(device) if device.is(ns::HL7, DEVICE) => {
            self::device(device)?;
            DEVICE
        }
        Some(other) => return Err(other.error("an author is an AssignedAuthor or a System")),
        None => return Err(author.error("an author is an AssignedAuthor or a System")),
    };
    if let Some(second) = children.next() {
        return Err(second.error("an author has one template"));
    }
    match extension.replace('#', ".") == template && extension.contains('#') {
        true => Ok(()),
        false => Err(content.error("attribute extension must be that of the template")),
    }
}

fn person(person: Element<'_, '_>) -> Result<(), XmlError> {
    let mut parts = structure(person)?;
    let code = ["code", "codeSystem", "displayName"];
    let role = parts.required("code")?;
    strict::empty(&role, &code)?;
    has(&role, &code)?;
    identifier(parts.required("id")?)?;
    if let Some(second) = parts.optional("id") {
        identifier(second)?;
    }
    named(parts.required("assignedAuthorPerson")?)?;
    organisation(parts.required("representedOrganization")?)?;
    parts.end()
}

fn device(device: Element<'_, '_>) -> Result<(), XmlError> {
    let mut parts = structure(device)?;
    let id = parts.required("id")?;
    strict::empty(&id, &["root", "extension"])?;
    has(&id, &["root", "extension"])?;
    if id.attribute("root") != Some(oid::ASID) {
        return Err(id.error("attribute root must be that of systems"));
    }
    let is_asid = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if !id.attribute("extension").is_some_and(is_asid) {
        return Err(id.error("attribute extension must be 12 digits"));
    }
    for authority in parts.many("indirectAuthority") {
        let mut parts = structure(authority)?;
        let entity = parts.required("superiorAssignedEntity")?;
        parts.end()?;
        let mut parts = structure(entity)?;
        // Any coded value.
        parts.required("code")?;
        named(parts.required("assignedPerson")?)?;
        parts.end()?;
    }
    organisation(parts.required("maintainingOrganization")?)?;
    parts.end()
}

fn identifier(id: Element<'_, '_>) -> Result<(), XmlError> {
    let known = ["root", "extension", "assigningAuthorityName", "nullFlavor"];
    strict::empty(&id, &known)
}

/// A person with a name of any form.
fn named(person: Element<'_, '_>) -> Result<(), XmlError> {
    let mut parts = structure(person)?;
    parts.required("name")?;
    parts.end()
}

fn organisation(organisation: Element<'_, '_>) -> Result<(), XmlError> {
    let mut parts = structure(organisation)?;
    let id = parts.required("id")?;
    strict::empty(&id, &["root", "extension"])?;
    has(&id, &["root", "extension"])?;
    let roots = [oid::ODS_ORGANISATION, oid::ODS_SITE];
    if !id
        .attribute("root")
        .is_some_and(|root| roots.contains(&root))
    {
        return Err(id.error("attribute root must be that of organisations or of sites"));
    }
    let name = parts.required("name")?;
    strict::allow_attributes(&name, &[])?;
    strict::no_children(&name)?;
    parts.end()
}

fn access_type(parts: &mut Sequence<'_, '_>) {
    parts.optional(ACCESS_TYPE);
}

/// An element that must be there, with an attribute that must be.
fn required<'d, 'i>(
    parts: &mut Sequence<'d, 'i>,
    name: &str,
    attribute: &str,
) -> Result<Element<'d, 'i>, XmlError> {
    let element = parts.required(name)?;
    has(&element, &[attribute])?;
    Ok(element)
}

fn has(element: &Element<'_, '_>, attributes: &[&str]) -> Result<(), XmlError> {
    attributes
        .iter()
        .try_for_each(|name| element.required(name).map(drop))
}
