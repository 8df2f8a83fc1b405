//! Reading answers: with all that the Spine's published answer does otherwise than the schema, and
//! in any order.
//!
//! What the schema wants of plans, of whom they are about and of telephone numbers must hold:
//! somebody acts on it.

use domain::cpis::{Authority, LocalId, PlanDate, PlanType, Subject};
use domain::time::{Precision, uk_local};
use domain::{CheckDigit, DocumentId, Hl7Timestamp, NhsNumber, OdsCode, oid};
use jiff::civil::Date;
use xml::{Element, XmlError};

use super::{Answer, Contact, Record, Role, Seen, ShownPlan, ShownSubject};
use crate::cpis::author;
use crate::cpis::part::{part, parts};
use crate::lenient::normal;

/// What a mini service says became of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// `SMSP-0000`.
    pub code: String,
    /// Its code system; that of CP-IS is [`oid::CPIS_MINI_SERVICE_RESPONSE`].
    pub system: String,
    /// Its text.
    pub text: String,
}

/// The response code of a mini service's payload; `None` for the Spine's own, which has none.
pub fn read_value(payload: Element<'_, '_>) -> Option<Value> {
    let value = part(payload, "value")?;
    let text = |name| value.attribute(name).unwrap_or_default().trim().to_owned();
    Some(Value {
        code: text("code"),
        system: text("codeSystem"),
        text: text("displayName"),
    })
}

/// Reads a payload, the Spine's or a mini service's. Check digits do not count: who asked knows
/// the number.
///
/// One without any record is read too, as a mini service has it when it says no: the caller knows
/// whether there must be one.
pub fn read(payload: Element<'_, '_>) -> Result<Answer, XmlError> {
    let queries = parts(payload, "pertinentInformation13")
        .flat_map(|information| parts(information, "pertinentCP-ISNHSQuery"));
    let records = parts(payload, "pertinentInformation14")
        .flat_map(|information| parts(information, "pertinentCP-ISRecordControlAct"))
        .flat_map(|act| parts(act, "record"));
    Ok(Answer {
        id: read_id(payload)?,
        at: read_time(payload)?,
        accesses: queries.map(read_seen).collect::<Result<_, _>>()?,
        records: records.map(read_record).collect::<Result<_, _>>()?,
    })
}

fn read_id(element: Element<'_, '_>) -> Result<String, XmlError> {
    let id = need(element, &["id"])?;
    let root = id.required("root")?.trim();
    let uuid = DocumentId::parse(root).map_err(|_| id.error("id/@root must be a UUID"))?;
    Ok(uuid.as_str().to_ascii_uppercase())
}

fn read_time(element: Element<'_, '_>) -> Result<Hl7Timestamp, XmlError> {
    let time = need(element, &["effectiveTime"])?;
    let value = time.required("value")?.trim();
    Hl7Timestamp::parse(value).map_err(|error| time.error(error.to_string()))
}

fn read_seen(query: Element<'_, '_>) -> Result<Seen, XmlError> {
    let author = need(query, &["author"])?;
    check_content_id(author)?;
    let number = need(query, &["queryByParameter", "person.NHSnumber", "value"])?;
    Ok(Seen {
        id: read_id(query)?,
        at: read_time(query)?,
        author: author::read(author).map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            author.error(faults.join(", "))
        })?,
        patient: read_number(number)?,
    })
}

fn read_number(id: Element<'_, '_>) -> Result<NhsNumber, XmlError> {
    let number = id.required("extension")?.trim();
    let number = CheckDigit::Ignored.parse(number);
    number.map_err(|_| id.error("extension must be an NHS number"))
}

fn read_record(record: Element<'_, '_>) -> Result<Record, XmlError> {
    let organisation = need(record, &["communicationFunctionSnd", "organisation"])?;
    let id = need(organisation, &["id"])?;
    let code = OdsCode::parse(id.required("extension")?.trim());
    let name = part(organisation, "name").map(|name| normal(&name.deep_text()));
    let content = need(record, &["CP-ISRecord"])?;
    let plans = parts(content, "pertinentInformation15").map(read_plan);
    let subjects = parts(content, "subject").map(read_subject);
    Ok(Record {
        authority: Authority {
            code: code.map_err(|error| id.error(error.to_string()))?,
            name: name.unwrap_or_default(),
        },
        site: id.attribute("root") == Some(oid::ODS_SITE),
        contact: read_contact(organisation)?,
        plans: plans.collect::<Result<_, _>>()?,
        subjects: subjects.collect::<Result<_, _>>()?,
    })
}

/// The schema wants one number at least, of any use. One that is for neither office hours nor
/// emergencies stands for the office's when there is no other.
fn read_contact(organisation: Element<'_, '_>) -> Result<Contact, XmlError> {
    let mut numbers = Vec::new();
    for telecom in parts(organisation, "telecom") {
        let value = normal(telecom.required("value")?);
        if !is_telephone(&value) {
            return Err(telecom.error("value must be tel: and digits"));
        }
        let uses = telecom.attribute("use").unwrap_or_default();
        // The schema takes a number without digits; it is none.
        if value.ends_with(|last: char| last.is_ascii_digit()) {
            numbers.push((uses, value));
        }
    }
    let number = |usage: &str| {
        let is_for = |uses: &str| uses.split_whitespace().any(|one| one == usage);
        let mut numbers = numbers.iter();
        let found = numbers.find(|(uses, _)| is_for(uses));
        found.map(|(_, value)| value.clone())
    };
    let contact = Contact {
        office: number("WP"),
        emergency: number("EC"),
    };
    if contact != Contact::default() {
        return Ok(contact);
    }
    let (_, other) = numbers
        .into_iter()
        .next()
        .ok_or_else(|| organisation.error("an authority has a telephone number"))?;
    Ok(Contact {
        office: Some(other),
        emergency: None,
    })
}

/// `tel:`, perhaps a `+`, and digits: the schema's pattern.
fn is_telephone(value: &str) -> bool {
    let Some(number) = value.strip_prefix("tel:") else {
        return false;
    };
    let digits = number.strip_prefix('+').unwrap_or(number);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The `contentId` beside a template, where there is one, names that template.
fn check_content_id(parent: Element<'_, '_>) -> Result<(), XmlError> {
    let mut children = parent.children();
    let Some(content) = children.find(|child| child.name() == "contentId") else {
        return Ok(());
    };
    let said = content.required("extension")?.trim();
    let says = |template: &str| {
        let named = said.split_once('#');
        named.is_some() && named == template.split_once('.')
    };
    match parent.children().any(|child| says(child.name())) {
        true => Ok(()),
        false => Err(content.error("contentId must name the template beside it")),
    }
}

/// The templates of plans in an answer; those of an upload have other numbers.
const PLANS: [(&str, PlanType, &str); 3] = [
    (
        "COCT_TP146103GB01.LACInformation",
        PlanType::LookedAfter,
        "lAC",
    ),
    ("COCT_TP146104GB01.UCPInformation", PlanType::Unborn, "uCP"),
    (
        "COCT_TP146105GB01.CPPInformation",
        PlanType::ChildProtection,
        "cPP",
    ),
];

fn read_plan(information: Element<'_, '_>) -> Result<ShownPlan, XmlError> {
    let (template, kind, prefix) = information
        .children()
        .find_map(|child| {
            let is_it = |(name, ..): &&(&str, PlanType, &str)| *name == child.name();
            let (_, kind, prefix) = PLANS.iter().find(is_it)?;
            Some((child, *kind, *prefix))
        })
        .ok_or_else(|| information.error("a template of a plan is missing"))?;
    check_content_id(information)?;
    let start = format!("{prefix}StartDate");
    let end = format!("{prefix}EndDate");
    let ends = parts(template, "component1").find_map(|component| part(component, &end));
    Ok(ShownPlan {
        kind,
        start: read_date(need(template, &["component", &start, "value"])?)?,
        end: ends
            .map(|end| read_date(need(end, &["value"])?))
            .transpose()?,
    })
}

/// Twelve digits, or any time of at least a day: its minute in UK local time.
fn read_date(value: Element<'_, '_>) -> Result<PlanDate, XmlError> {
    let text = value.required("value")?.trim();
    if let Ok(date) = text.parse() {
        return Ok(date);
    }
    Hl7Timestamp::parse(text)
        .ok()
        .filter(|time| time.precision() >= Precision::Day)
        .map(|time| PlanDate::of_local(uk_local(time.first_instant())))
        .ok_or_else(|| value.error("value must be the date of a plan"))
}

const CHILD: &str = "COCT_TP145101GB01.Child";
const UNBORN: &str = "COCT_TP145100GB01.UnbornChild";

fn read_subject(subject: Element<'_, '_>) -> Result<ShownSubject, XmlError> {
    let of = |template| part(subject, template);
    let (role, person, ids) = if let Some(child) = of(CHILD) {
        (Role::Child, need(child, &["childPerson"])?, Some(child))
    } else if let Some(unborn) = of(UNBORN) {
        let mother = need(unborn, &["parentMotherPerson"])?;
        (Role::Mother, mother, part(mother, "playedMother"))
    } else {
        return Err(subject.error("a template of a child or of an unborn child is missing"));
    };
    check_content_id(subject)?;
    let id_of = |root: &str| {
        let mut ids = ids.into_iter().flat_map(|ids| parts(ids, "id"));
        ids.find(|id| id.attribute("root").map(str::trim) == Some(root))
    };
    Ok(ShownSubject {
        role,
        patient: id_of(oid::NHS_NUMBER).map(read_number).transpose()?,
        person: read_person(person, id_of(oid::LOCAL_PERSON))?,
    })
}

fn read_person(
    person: Element<'_, '_>,
    local_id: Option<Element<'_, '_>>,
) -> Result<Subject, XmlError> {
    let birth = need(person, &["birthTime"])?;
    let name = need(person, &["name"])?;
    let texts = |kind: &str| {
        let texts: Vec<String> = parts(name, kind)
            .map(|part| normal(&part.deep_text()))
            .collect();
        texts.join(" ")
    };
    let bare = normal(&name.text());
    Ok(Subject {
        given: texts("given"),
        family: match texts("family") {
            family if family.is_empty() => bare,
            family => family,
        },
        birth_date: read_birth(birth)?,
        local_id: local_id.and_then(read_local_id),
    })
}

fn read_birth(birth: Element<'_, '_>) -> Result<Date, XmlError> {
    let text = birth.required("value")?.trim();
    Hl7Timestamp::parse(text)
        .ok()
        .filter(|time| time.precision() >= Precision::Day)
        .map(|time| uk_local(time.first_instant()).date())
        .ok_or_else(|| birth.error("value must be a date of birth"))
}

fn read_local_id(id: Element<'_, '_>) -> Option<LocalId> {
    let extension = id.required("extension").ok()?;
    Some(LocalId {
        id: extension.to_owned(),
        assigned_by: id.attribute("assigningAuthorityName").map(str::to_owned),
    })
}

/// The element at the end of a path.
fn need<'d, 'i>(from: Element<'d, 'i>, path: &[&str]) -> Result<Element<'d, 'i>, XmlError> {
    let step = |at: Element<'d, 'i>, name: &&str| {
        part(at, name).ok_or_else(|| at.error(format!("element {name} is missing")))
    };
    path.iter().try_fold(from, step)
}
