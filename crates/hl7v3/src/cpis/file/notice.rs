//! What the notices to an authority share: what they begin with, whom they are for, and numbers of
//! people.

use domain::cpis::{Authority, LocalId};
use domain::{CheckDigit, DocumentId, Hl7Timestamp, NhsNumber, OdsCode, oid};
use xml::{Element, Writer, XmlError};

use super::attribute;
use crate::cpis::part::{part, parts, template};
use crate::lenient::normal;

pub(super) fn write_beginning(w: &mut Writer, at: &Hl7Timestamp, id: &str) {
    w.empty("effectiveTime", &[("value", at.as_str())]);
    w.empty("id", &[("root", id)]);
}

pub(super) fn write_recipient(w: &mut Writer, authority: &Authority) {
    w.element("primaryInformationRecipient", &[], |w| {
        template(w, "COCT_TP145103GB01", "IntendedRecipient", |w| {
            w.element("representedSourceOrganization", &[], |w| {
                let code = authority.code.as_str();
                w.empty(
                    "id",
                    &[("root", oid::ODS_ORGANISATION), ("extension", code)],
                );
                w.text_element("name", &[], &authority.name);
            });
        });
    });
}

/// A person's numbers, the NHS number first, each an element of this name.
pub(super) fn write_numbers(
    w: &mut Writer,
    name: &str,
    number: NhsNumber,
    local_id: Option<&LocalId>,
) {
    w.empty(
        name,
        &[("root", oid::NHS_NUMBER), ("extension", number.as_str())],
    );
    if let Some(local) = local_id {
        let mut attributes = vec![
            ("root", oid::LOCAL_PERSON),
            ("extension", local.id.as_str()),
        ];
        if let Some(by) = &local.assigned_by {
            attributes.push(("assigningAuthorityName", by));
        }
        w.empty(name, &attributes);
    }
}

/// The upload file that something came with.
pub(super) fn write_file(w: &mut Writer, outer: &str, inner: &str, file: &str) {
    w.element(outer, &[], |w| {
        w.element(inner, &[], |w| w.empty("value", &[("extension", file)]));
    });
}

/// The element at the end of a path.
pub(super) fn need<'d, 'i>(
    from: Element<'d, 'i>,
    path: &[&str],
) -> Result<Element<'d, 'i>, XmlError> {
    let step = |at: Element<'d, 'i>, name: &&str| {
        part(at, name).ok_or_else(|| at.error(format!("element {name} is missing")))
    };
    path.iter().try_fold(from, step)
}

pub(super) fn read_id(element: Element<'_, '_>) -> Result<String, XmlError> {
    let id = need(element, &["id"])?;
    let uuid = DocumentId::parse(id.required("root")?.trim());
    let uuid = uuid.map_err(|_| id.error("id/@root must be a UUID"))?;
    Ok(uuid.as_str().to_ascii_uppercase())
}

pub(super) fn read_time(element: Element<'_, '_>) -> Result<Hl7Timestamp, XmlError> {
    let time = need(element, &["effectiveTime"])?;
    let read = Hl7Timestamp::parse(time.required("value")?.trim());
    read.map_err(|error| time.error(error.to_string()))
}

pub(super) fn read_recipient(notice: Element<'_, '_>) -> Result<Authority, XmlError> {
    let recipient = need(notice, &["primaryInformationRecipient"])?;
    let is_template = |child: &Element<'_, '_>| child.name().ends_with(".IntendedRecipient");
    let template = recipient.children().find(is_template);
    let template = template.ok_or_else(|| recipient.error("the recipient is missing"))?;
    let organisation = need(template, &["representedSourceOrganization"])?;
    let id = need(organisation, &["id"])?;
    let code = OdsCode::parse(id.required("extension")?.trim());
    let name = part(organisation, "name").map(|name| normal(&name.deep_text()));
    Ok(Authority {
        code: code.map_err(|error| id.error(error.to_string()))?,
        name: name.unwrap_or_default(),
    })
}

/// A person's numbers among the children of this name: by their roots, in any order.
pub(super) fn read_numbers(
    element: Element<'_, '_>,
    name: &str,
    check: CheckDigit,
) -> Result<(NhsNumber, Option<LocalId>), XmlError> {
    let of_root =
        |root: &str| parts(element, name).find(|value| attribute(*value, "root") == Some(root));
    let number =
        of_root(oid::NHS_NUMBER).ok_or_else(|| element.error("the NHS number is missing"))?;
    let local = of_root(oid::LOCAL_PERSON).and_then(|id| {
        Some(LocalId {
            id: attribute(id, "extension")?.to_owned(),
            assigned_by: attribute(id, "assigningAuthorityName").map(str::to_owned),
        })
    });
    Ok((read_number(number, check)?, local))
}

pub(super) fn read_number(id: Element<'_, '_>, check: CheckDigit) -> Result<NhsNumber, XmlError> {
    let number = check.parse(id.required("extension")?.trim());
    number.map_err(|_| id.error("extension must be an NHS number"))
}

pub(super) fn read_file(value: Element<'_, '_>) -> Result<String, XmlError> {
    value
        .required("extension")
        .map(|file| file.trim().to_owned())
}
