//! The author of a query: templates COCT_TP145102GB01 (a smartcard user) and COCT_TP145104GB01
//! (a system).
//!
//! Read leniently as to form, since what hospitals send varies: any prefix, any order of children,
//! names in any order, in parts or as bare text. What Spine 2 asks for must be there.

use domain::cpis::{Author, Device, JobTitle, Organisation, Person, PersonName, Responsible};
use domain::oid;
use xml::{Content, Element, Writer};

use super::fault::{FaultKind, QueryFault};
use super::part::{Faults, part, parts, template};
use crate::lenient::normal;

const PERSON: (&str, &str) = ("COCT_TP145102GB01", "AssignedAuthor");
const PERSON_ELEMENT: &str = "COCT_TP145102GB01.AssignedAuthor";
const DEVICE: (&str, &str) = ("COCT_TP145104GB01", "System");
const DEVICE_ELEMENT: &str = "COCT_TP145104GB01.System";

/// What Spine 2 calls an author of neither template.
pub(super) const NEITHER: &str = "[authorPerson or authorDevice]";

/// Reads the `author` element of a query or of an access. All that is missing is told at once.
pub fn read(author: Element<'_, '_>) -> Result<Author, Vec<QueryFault>> {
    let mut faults = Faults::default();
    match read_template(author, &mut faults) {
        Some(read) if faults.0.is_empty() => Ok(read),
        _ => Err(faults.0),
    }
}

/// The author of an element whose `author` may be absent.
pub(crate) fn read_in(query: Element<'_, '_>, faults: &mut Faults) -> Option<Author> {
    let author = faults.element(query, &["author"], NEITHER)?;
    read_template(author, faults)
}

fn read_template(author: Element<'_, '_>, faults: &mut Faults) -> Option<Author> {
    let namespace = author.namespace();
    let mut templates = author.children().filter(|child| {
        child.namespace() == namespace && [PERSON_ELEMENT, DEVICE_ELEMENT].contains(&child.name())
    });
    match (templates.next(), templates.next()) {
        (Some(only), None) if only.name() == PERSON_ELEMENT => {
            read_person(only, faults).map(Author::Person)
        }
        (Some(only), None) => read_device(only, faults).map(Author::Device),
        (None, _) => {
            faults.add(author, "", FaultKind::Missing, NEITHER);
            None
        }
        (_, Some(second)) => {
            faults.add(second, "", FaultKind::Repeated, NEITHER);
            None
        }
    }
}

fn read_person(person: Element<'_, '_>, faults: &mut Faults) -> Option<Person> {
    let code = faults.attribute(person, &["code"], "code", "Job Role Code");
    let title = faults.attribute(person, &["code"], "displayName", "Job Role Name");
    let organisation = read_organisation(
        person,
        "representedOrganization",
        ("Organisation Code", "Organisation Name"),
        faults,
    );
    let user = id_of(person, oid::SDS_USER);
    if user.is_none() {
        let below = format!("id[@root='{}']/@extension", oid::SDS_USER);
        faults.add(person, &below, FaultKind::Missing, "authorID");
    }
    let name = part(person, "assignedAuthorPerson").and_then(|playing| part(playing, "name"));
    Some(Person {
        role: JobTitle {
            code: code?.to_owned(),
            display_name: title?.to_owned(),
        },
        user: user?.to_owned(),
        role_profile: id_of(person, oid::SDS_ROLE_PROFILE).map(str::to_owned),
        name: name.map(read_name).unwrap_or_default(),
        organisation: organisation?,
    })
}

fn read_device(device: Element<'_, '_>, faults: &mut Faults) -> Option<Device> {
    let asid = id_of(device, oid::ASID);
    if asid.is_none() {
        let below = format!("id[@root='{}']/@extension", oid::ASID);
        faults.add(device, &below, FaultKind::Missing, "authorDevice.systemID");
    }
    let organisation = read_organisation(
        device,
        "maintainingOrganization",
        ("authorDevice.orgCode", "authorDevice.orgName"),
        faults,
    );
    let responsible: Vec<_> = parts(device, "indirectAuthority")
        .map(|authority| read_responsible(authority, faults))
        .collect();
    Some(Device {
        asid: asid?.to_owned(),
        responsible: responsible.into_iter().collect::<Option<_>>()?,
        organisation: organisation?,
    })
}

fn read_responsible(authority: Element<'_, '_>, faults: &mut Faults) -> Option<Responsible> {
    let coded = ["superiorAssignedEntity", "code"];
    let code = faults.attribute(authority, &coded, "code", "authorDevice.jobRoleCode");
    let title = faults.attribute(authority, &coded, "displayName", "authorDevice.jobRoleName");
    let named = ["superiorAssignedEntity", "assignedPerson", "name"];
    let field = "authorDevice.assignedPersonName";
    let name = faults.text(authority, &named, field).and_then(|_| {
        let entity = part(authority, "superiorAssignedEntity")?;
        part(part(entity, "assignedPerson")?, "name")
    });
    Some(Responsible {
        role: JobTitle {
            code: code?.to_owned(),
            display_name: title?.to_owned(),
        },
        name: read_name(name?),
    })
}

fn read_organisation(
    author: Element<'_, '_>,
    name: &str,
    (code_field, name_field): (&'static str, &'static str),
    faults: &mut Faults,
) -> Option<Organisation> {
    let code = faults.attribute(author, &[name, "id"], "extension", code_field);
    let title = faults.text(author, &[name, "name"], name_field);
    let root = part(author, name).and_then(|o| part(o, "id")?.attribute("root"));
    Some(Organisation {
        code: code?.to_owned(),
        site: root == Some(oid::ODS_SITE),
        name: title?,
    })
}

/// The first extension of an id of this root that is not blank.
fn id_of<'d>(element: Element<'d, '_>, root: &str) -> Option<&'d str> {
    parts(element, "id")
        .filter(|id| id.attribute("root").map(str::trim) == Some(root))
        .filter_map(|id| id.attribute("extension").map(str::trim))
        .find(|extension| !extension.is_empty())
}

/// A name in its four kinds of parts, or, when it has others or bare text, as one text: nothing of
/// it is lost.
fn read_name(name: Element<'_, '_>) -> PersonName {
    let mut read = PersonName {
        usage: name.attribute("use").map(str::to_owned),
        ..PersonName::default()
    };
    let mut words = Vec::new();
    let mut in_parts = true;
    for content in name.content() {
        let (text, list) = match &content {
            Content::Text(text) => (normal(text), None),
            Content::Element(part) => {
                let list = match part.name() {
                    "prefix" => Some(&mut read.prefix),
                    "given" => Some(&mut read.given),
                    "family" => Some(&mut read.family),
                    "suffix" => Some(&mut read.suffix),
                    _ => None,
                };
                (normal(&part.deep_text()), list)
            }
        };
        if text.is_empty() {
            continue;
        }
        match list {
            Some(list) => list.push(text.clone()),
            None => in_parts = false,
        }
        words.push(text);
    }
    match in_parts {
        true => read,
        false => PersonName {
            usage: read.usage,
            text: Some(words.join(" ")),
            ..PersonName::default()
        },
    }
}

/// Writes what is inside an `author` element: `contentId`, then the template. The prefix `npfitlc`
/// must have been declared.
pub fn write(w: &mut Writer, author: &Author) {
    match author {
        Author::Person(person) => template(w, PERSON.0, PERSON.1, |w| write_person(w, person)),
        Author::Device(device) => template(w, DEVICE.0, DEVICE.1, |w| write_device(w, device)),
    }
}

fn write_person(w: &mut Writer, person: &Person) {
    write_role(w, &person.role);
    write_id(w, oid::SDS_USER, &person.user);
    if let Some(profile) = &person.role_profile {
        write_id(w, oid::SDS_ROLE_PROFILE, profile);
    }
    w.element("assignedAuthorPerson", &[], |w| write_name(w, &person.name));
    write_organisation(w, "representedOrganization", &person.organisation);
}

fn write_device(w: &mut Writer, device: &Device) {
    write_id(w, oid::ASID, &device.asid);
    for responsible in &device.responsible {
        w.element("indirectAuthority", &[], |w| {
            w.element("superiorAssignedEntity", &[], |w| {
                write_role(w, &responsible.role);
                w.element("assignedPerson", &[], |w| write_name(w, &responsible.name));
            });
        });
    }
    write_organisation(w, "maintainingOrganization", &device.organisation);
}

fn write_role(w: &mut Writer, role: &JobTitle) {
    let attributes = [
        ("code", role.code.as_str()),
        ("codeSystem", oid::CPIS_JOB_ROLE),
        ("displayName", role.display_name.as_str()),
    ];
    w.empty("code", &attributes);
}

fn write_id(w: &mut Writer, root: &str, extension: &str) {
    w.empty("id", &[("root", root), ("extension", extension)]);
}

fn write_organisation(w: &mut Writer, name: &str, organisation: &Organisation) {
    let root = match organisation.site {
        true => oid::ODS_SITE,
        false => oid::ODS_ORGANISATION,
    };
    w.element(name, &[], |w| {
        write_id(w, root, &organisation.code);
        w.text_element("name", &[], &organisation.name);
    });
}

fn write_name(w: &mut Writer, name: &PersonName) {
    let usage = name.usage.as_deref().map(|usage| ("use", usage));
    let attributes: Vec<_> = usage.into_iter().collect();
    w.element("name", &attributes, |w| {
        if let Some(text) = &name.text {
            return w.text(text);
        }
        for (part, texts) in [
            ("prefix", &name.prefix),
            ("given", &name.given),
            ("family", &name.family),
            ("suffix", &name.suffix),
        ] {
            for text in texts {
                w.text_element(part, &[], text);
            }
        }
    });
}
