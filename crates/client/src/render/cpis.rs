//! What CP-IS holds of a patient, for people: as a web page, as text for a terminal, as JSON.
//!
//! Whoever looks is in a hurry and may have to telephone, so the numbers of the local authority come
//! first, and large. That nothing is held is said in so many words, with what it does not mean.

mod json;

use std::borrow::Cow;

use domain::NhsNumber;
use domain::cpis::{Author, Person, PlanDate};
use domain::time::uk_local;
use hl7v3::cpis::answer::{Answer, Contact, Record, Role, Seen, ShownPlan, ShownSubject};
use hl7v3::gp_summary::PresentationBlock as Block;

use super::{Sheet, label};

pub use json::{author as author_json, json};

const TITLE: &str = "Child Protection - Information Sharing";

/// What it does not mean that nothing is held.
pub const CAUTION: &str = "No record does not mean no risk: not every child at risk has a plan, plans \
     made outside England are not held here, and a plan may not have been uploaded yet. Follow local \
     safeguarding procedures.";

/// What CP-IS said of a patient.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'a> {
    /// Whom it is about.
    pub patient: NhsNumber,
    /// What is held; `None` when there is no record.
    pub answer: Option<&'a Answer>,
}

/// A page that stands alone.
pub fn html(finding: &Finding<'_>) -> String {
    super::html::sheet(&sheet(finding))
}

/// The text, in lines of at most `width` characters (tables of very many columns excepted).
pub fn text(finding: &Finding<'_>, width: usize) -> String {
    super::text::sheet(&sheet(finding), width)
}

fn sheet(finding: &Finding<'_>) -> Sheet<'static> {
    let mut rows = vec![("NHS number", finding.patient.to_string())];
    let blocks = match finding.answer {
        Some(answer) => {
            rows.push(("As of", label::time(&answer.at)));
            held(answer)
        }
        None => nothing(),
    };
    Sheet {
        title: TITLE,
        rows,
        blocks: Cow::Owned(blocks),
    }
}

fn nothing() -> Vec<Block> {
    vec![
        heading("No record"),
        paragraph("CP-IS holds no plan under this NHS number."),
        highlighted(CAUTION),
    ]
}

fn held(answer: &Answer) -> Vec<Block> {
    let now = PlanDate::of_local(uk_local(answer.at.first_instant()));
    let mut blocks = vec![highlighted(match answer.records.len() {
        1 => "There is child protection information from one local authority.".to_owned(),
        many => format!("There is child protection information in {many} records."),
    })];
    for record in &answer.records {
        blocks.extend(authority(record, now));
    }
    blocks.push(heading("Who has looked, in unscheduled care"));
    blocks.push(match answer.accesses.is_empty() {
        true => paragraph("Nobody yet."),
        false => table(
            ["When", "Who", "Role", "Organisation"],
            answer.accesses.iter().map(access).collect(),
        ),
    });
    blocks
}

fn authority(record: &Record, now: PlanDate) -> Vec<Block> {
    let of = &record.authority;
    let mut blocks = vec![heading(&format!("{} ({})", of.name, of.code))];
    blocks.extend(numbers(&record.contact).into_iter().map(highlighted));
    let plans = record.plans.iter().map(|plan| row(plan, now)).collect();
    blocks.push(table(["Plan", "From", "Until"], plans));
    blocks.push(Block::List {
        ordered: false,
        items: record.subjects.iter().map(subject).collect(),
    });
    blocks
}

/// Both numbers, and which of them there is none of.
fn numbers(contact: &Contact) -> [String; 2] {
    let said = |number: &Option<String>| match number {
        Some(number) => telephone(number).to_owned(),
        None => "none is given".to_owned(),
    };
    [
        format!("Emergency duty team: {}", said(&contact.emergency)),
        format!("In office hours: {}", said(&contact.office)),
    ]
}

/// A number without its scheme.
fn telephone(number: &str) -> &str {
    number.strip_prefix("tel:").unwrap_or(number)
}

fn row(plan: &ShownPlan, now: PlanDate) -> Vec<String> {
    let until = match plan.end {
        None => "open".to_owned(),
        Some(end) if end <= now => format!("{} (ended)", date(end)),
        Some(end) => date(end),
    };
    vec![plan.kind.display_name().to_owned(), date(plan.start), until]
}

/// A plan's date: to the day when it is midnight, as most are.
fn date(date: PlanDate) -> String {
    let local = date.local();
    let pattern = match (local.hour(), local.minute()) {
        (0, 0) => "%-d %B %Y",
        _ => "%-d %B %Y at %H:%M",
    };
    local.strftime(pattern).to_string()
}

fn subject(subject: &ShownSubject) -> String {
    let person = &subject.person;
    let role = match subject.role {
        Role::Child => "child",
        Role::Mother => "mother of an unborn child",
    };
    let born = person.birth_date.strftime("%-d %B %Y");
    format!("{} {}, born {born}: {role}", person.given, person.family)
}

fn access(seen: &Seen) -> Vec<String> {
    let (who, role) = who(&seen.author);
    let organisation = seen.author.organisation();
    vec![
        label::time(&seen.at),
        who,
        role,
        format!("{} ({})", organisation.name, organisation.code),
    ]
}

/// Who asked, in two texts: the name and the role. Of a system, those of everybody who answers for
/// it.
fn who(author: &Author) -> (String, String) {
    match author {
        Author::Person(Person { name, role, .. }) => (name.to_string(), role.display_name.clone()),
        Author::Device(device) => {
            let all = &device.responsible;
            let names: Vec<_> = all.iter().map(|one| one.name.to_string()).collect();
            let roles: Vec<_> = all.iter().map(|one| &*one.role.display_name).collect();
            let who = match names.is_empty() {
                true => "a system".to_owned(),
                false => format!("a system, for {}", names.join("; ")),
            };
            (who, roles.join("; "))
        }
    }
}

fn heading(text: &str) -> Block {
    Block::Heading {
        level: 2,
        text: text.to_owned(),
    }
}

fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph {
        text: text.into(),
        highlighted: false,
    }
}

fn highlighted(text: impl Into<String>) -> Block {
    Block::Paragraph {
        text: text.into(),
        highlighted: true,
    }
}

fn table<const N: usize>(head: [&str; N], rows: Vec<Vec<String>>) -> Block {
    Block::Table {
        caption: None,
        head: head.map(str::to_owned).to_vec(),
        rows,
    }
}
