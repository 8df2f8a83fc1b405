//! Reading records: tolerantly, every value as found.

use domain::cpis::{LocalId, PlanDate, PlanType};
use domain::time::{Precision, uk_local};
use domain::{CheckDigit, Hl7Timestamp, NhsNumber, oid};
use jiff::civil::Date;
use xml::Element;

use super::{Record, UploadedPlan, UploadedSubject};
use crate::cpis::answer::Role;
use crate::cpis::file::{Found, attribute, only, values};
use crate::cpis::part::{part, parts};
use crate::lenient::normal;

pub(super) fn record(record: Element<'_, '_>, check: CheckDigit) -> Record {
    match only(record, &["CP-ISRecord"]) {
        Some(content) => parts_of(content, check),
        None => Record::default(),
    }
}

pub(super) fn parts_of(parent: Element<'_, '_>, check: CheckDigit) -> Record {
    Record {
        plans: parts(parent, "pertinentInformation").map(plan).collect(),
        subjects: parts(parent, "subject")
            .map(|found| subject(found, check))
            .collect(),
    }
}

/// The only child that is a template of one of these classes. The class decides and not the number
/// of the template, which differs between messages.
fn template<'d, 'i, T>(
    element: Element<'d, 'i>,
    of_class: impl Fn(&str) -> Option<T>,
) -> Option<(T, Element<'d, 'i>)> {
    let namespace = element.namespace();
    let mut found = element.children().filter_map(|child| {
        let (_, class) = child.name().rsplit_once('.')?;
        let known = of_class(class)?;
        (child.namespace() == namespace).then_some((known, child))
    });
    match (found.next(), found.next()) {
        (only, None) => only,
        _ => None,
    }
}

fn plan(information: Element<'_, '_>) -> UploadedPlan {
    let of_class = |class: &str| match class {
        "LACInformation" => Some((PlanType::LookedAfter, "lAC")),
        "CPPInformation" => Some((PlanType::ChildProtection, "cPP")),
        "UCPInformation" => Some((PlanType::Unborn, "uCP")),
        _ => None,
    };
    let Some(((kind, prefix), template)) = template(information, of_class) else {
        return UploadedPlan {
            kind: None,
            start: Found::Missing,
            end: Found::Missing,
            delete: Found::Missing,
        };
    };
    let date = |what: &str| date(template, &format!("{prefix}{what}Date"));
    UploadedPlan {
        kind: Some(kind),
        start: date("Start"),
        end: date("End"),
        delete: date("Delete"),
    }
}

/// A date by its own name, whichever `component` it is in.
fn date(template: Element<'_, '_>, name: &str) -> Found<PlanDate> {
    let dates = template.children().flat_map(|child| parts(child, name));
    let texts = dates.flat_map(|date| values(date, "value", "value"));
    Found::one(texts, |text| text.parse().ok())
}

fn subject(subject: Element<'_, '_>, check: CheckDigit) -> UploadedSubject {
    let of_class = |class: &str| match class {
        "Child" => Some(Role::Child),
        "UnbornChild" => Some(Role::Mother),
        _ => None,
    };
    let found = template(subject, of_class);
    let (person, ids) = match found {
        Some((Role::Child, child)) => (part(child, "childPerson"), Some(child)),
        Some((Role::Mother, unborn)) => {
            let mother = part(unborn, "parentMotherPerson");
            (
                mother,
                mother.and_then(|mother| part(mother, "playedMother")),
            )
        }
        None => (None, None),
    };
    let name = person.and_then(|person| part(person, "name"));
    UploadedSubject {
        role: found.map(|(role, _)| role),
        number: ids.map_or(Found::Missing, |ids| number(ids, check)),
        local_id: ids.and_then(local_id),
        given: name.and_then(|name| name_part(name, "given")),
        family: name.and_then(|name| name_part(name, "family")),
        birth: person.map_or(Found::Missing, birth),
    }
}

fn ids<'d, 'i>(
    element: Element<'d, 'i>,
    root: &'static str,
) -> impl Iterator<Item = Element<'d, 'i>> {
    parts(element, "id").filter(move |id| attribute(*id, "root") == Some(root))
}

fn number(element: Element<'_, '_>, check: CheckDigit) -> Found<NhsNumber> {
    let ids = ids(element, oid::NHS_NUMBER);
    let texts = ids.filter_map(|id| attribute(id, "extension"));
    Found::one(texts, |text| check.parse(text).ok())
}

fn local_id(element: Element<'_, '_>) -> Option<LocalId> {
    let mut ids = ids(element, oid::LOCAL_PERSON);
    ids.find_map(|id| {
        Some(LocalId {
            id: attribute(id, "extension")?.to_owned(),
            assigned_by: attribute(id, "assigningAuthorityName").map(str::to_owned),
        })
    })
}

fn name_part(name: Element<'_, '_>, kind: &str) -> Option<String> {
    let texts: Vec<String> = parts(name, kind)
        .map(|part| normal(&part.deep_text()))
        .filter(|text| !text.is_empty())
        .collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// A day, or a time of at least a day.
fn birth(person: Element<'_, '_>) -> Found<Date> {
    Found::one(values(person, "birthTime", "value"), |text| {
        let time = Hl7Timestamp::parse(text).ok()?;
        let date = uk_local(time.first_instant()).date();
        (time.precision() >= Precision::Day).then_some(date)
    })
}
