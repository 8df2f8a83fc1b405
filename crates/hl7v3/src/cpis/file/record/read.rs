//! Reading records: every value as found, and nothing guessed.
//!
//! A record that says two things is refused, because one of them may be the truth: a template that
//! is not one of uploads, a `contentId` that names another template, a date in another place than
//! its own. What is tolerated cannot be mistaken:
//!
//! * A `contentId` may be missing, because the template says the same.
//! * The root of a `contentId` is not looked at, because only one can be meant.
//! * Elements that no schema knows are passed over, anywhere.
//! * Parts may come in any order, because each has its own name; so may the family name come first.
//! * Several given names, in one element or more, are joined with blanks.
//! * Blanks around values do not count.
//! * A date of birth may have a time.

use domain::cpis::{LocalId, PlanDate, PlanType};
use domain::time::{Precision, uk_local};
use domain::{CheckDigit, Hl7Timestamp, NhsNumber, oid};
use jiff::civil::Date;
use xml::Element;

use super::templates::{COMPONENTS, is_date, plan_template, subject_template};
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

/// A template that was found.
struct Template<'d, 'i, T> {
    of: T,
    element: Element<'d, 'i>,
    /// Whether it is the one of uploads, and nothing beside it says otherwise.
    sound: bool,
}

/// The only child that is a template of one of these classes, whatever its number. It is sound if
/// that is the number of uploads, and if every `contentId` beside it names it: a plan of which one
/// says this kind and the other that may be either.
fn template<'d, 'i, T: Copy>(
    element: Element<'d, 'i>,
    known: &[T],
    named: impl Fn(T) -> (&'static str, &'static str),
) -> Option<Template<'d, 'i, T>> {
    let namespace = element.namespace();
    let mut found = element.children().filter_map(|child| {
        let (_, class) = child.name().rsplit_once('.')?;
        let of = known.iter().copied().find(|one| named(*one).1 == class)?;
        (child.namespace() == namespace).then_some((of, child))
    });
    let (of, child) = match (found.next(), found.next()) {
        (Some(only), None) => only,
        _ => return None,
    };
    let (number, class) = named(of);
    let is_it = |text: &str, between: char| text.split_once(between) == Some((number, class));
    let mut ids = element.children().filter(|c| c.name() == "contentId");
    let agree = ids.all(|id| attribute(id, "extension").is_some_and(|id| is_it(id, '#')));
    Some(Template {
        of,
        element: child,
        sound: agree && is_it(child.name(), '.'),
    })
}

fn plan(information: Element<'_, '_>) -> UploadedPlan {
    let named = |kind| {
        let (number, class, _) = plan_template(kind);
        (number, class)
    };
    let found = template(information, &PlanType::ALL, named);
    let Some(template) = found.filter(|found| found.sound) else {
        return UploadedPlan {
            kind: None,
            start: Found::Missing,
            end: Found::Missing,
            delete: Found::Missing,
            misplaced: false,
        };
    };
    let (kind, element) = (template.of, template.element);
    let (_, _, names) = plan_template(kind);
    let [start, end, delete] = names;
    let [at_start, at_end, at_delete] = COMPONENTS;
    UploadedPlan {
        kind: Some(kind),
        start: date(element, at_start, start),
        end: date(element, at_end, end),
        delete: date(element, at_delete, delete),
        misplaced: has_misplaced(element, names),
    }
}

fn date(template: Element<'_, '_>, component: &str, name: &str) -> Found<PlanDate> {
    let dates = parts(template, component).flat_map(|component| parts(component, name));
    let texts = dates.flat_map(|date| values(date, "value", "value"));
    Found::one(texts, |text| text.parse().ok())
}

/// Whether there is a date that is in none of the places of this plan's dates, however it is
/// qualified: were it passed over, an ended plan would be open.
fn has_misplaced(template: Element<'_, '_>, names: [&str; 3]) -> bool {
    let namespace = template.namespace();
    let is_placed = |around: Element<'_, '_>, date: Element<'_, '_>| {
        let mut places = COMPONENTS.into_iter().zip(names);
        let known = places.any(|place| place == (around.name(), date.name()));
        known && around.namespace() == namespace && date.namespace() == namespace
    };
    template.children().any(|child| {
        let mut inside = child.children().filter(|part| is_date(part.name()));
        is_date(child.name()) || inside.any(|date| !is_placed(child, date))
    })
}

fn subject(subject: Element<'_, '_>, check: CheckDigit) -> UploadedSubject {
    let found = template(subject, &[Role::Child, Role::Mother], subject_template);
    // Who it is is read of one that is not sound too: whose record was refused is to be on record.
    let of = found.as_ref().map(|found| (found.of, found.element));
    let (person, ids) = match of {
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
        role: found.filter(|found| found.sound).map(|found| found.of),
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
