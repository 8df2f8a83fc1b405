//! What becomes of one record of an upload: one pure function, [`decide`].
//!
//! Form and dates are judged first, then the person by PDS, then the plan by what is stored. Of
//! several faults the first in that order is the record's outcome, because a record has one. Its
//! plans are stored all or none.

use std::collections::BTreeMap;

use domain::NhsNumber;
use domain::cpis::{
    Authority, AuthorityContact, Demographics, Plan, PlanDate, PlanType, RecordCode, RecordFault,
    RecordOutcome, Subject, VISIBLE_AFTER_END, age_at,
};
use domain::time::uk_local;
use hl7v3::cpis::answer::Role;
use hl7v3::cpis::file::upload::{Record, UploadedPlan, UploadedSubject};
use hl7v3::cpis::file::{Found, Organisation};
use jiff::Timestamp;
use jiff::civil::DateTime;
use store::PlanKey;

/// The most plans, and subjects, of a record (XSD).
const MOST_PLANS: usize = 3;
const MOST_SUBJECTS: usize = 2;

/// The age from which on nothing is taken of a child.
const OF_AGE: i16 = 18;

/// What all records of a file share.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    /// Who sent it.
    authority: Result<Authority, RecordFault>,
    /// How to reach them.
    contact: Result<AuthorityContact, RecordFault>,
    /// The file's number.
    file: String,
    /// When it is read.
    at: Timestamp,
}

/// What is stored that records are decided on, and what has been decided since it was read.
#[derive(Debug, Default)]
pub(super) struct View {
    /// Plans that are there.
    pub(super) plans: BTreeMap<PlanKey, Plan>,
    /// People on PDS; `None` while PDS is not asked.
    pub(super) people: Option<BTreeMap<NhsNumber, Demographics>>,
}

impl Letter {
    pub(super) fn new(from: &Organisation, file: &str, at: Timestamp) -> Self {
        Self {
            authority: from.authority(),
            contact: from.contact(),
            file: file.to_owned(),
            at,
        }
    }

    /// The file's number.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// When the file is read.
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    fn now(&self) -> DateTime {
        uk_local(self.at)
    }
}

/// The plans that a record may be about: what is to be read before it is decided.
pub(super) fn keys(record: &Record, letter: &Letter) -> Vec<PlanKey> {
    let singles = record.plans.iter().filter_map(|plan| {
        let kind = plan.kind?;
        let subject = subject_of(record, kind).ok()?;
        Some(PlanKey {
            patient: *subject.number.good()?,
            authority: letter.authority.as_ref().ok()?.code.clone(),
            kind,
            start: *plan.start.good()?,
        })
    });
    singles.collect()
}

/// Decides a record: what its plans are from now on, or why it is refused.
pub(super) fn decide(
    record: &Record,
    letter: &Letter,
    view: &View,
) -> Result<Vec<Plan>, RecordOutcome> {
    check_shape(record)?;
    let singles = record.plans.iter().map(|plan| single(record, plan, letter));
    let singles = singles.collect::<Result<Vec<Plan>, RecordOutcome>>()?;
    if let Some(people) = &view.people {
        for plan in &singles {
            let person = people.get(&plan.patient);
            Demographics::verify(person, &plan.subject).map_err(RecordOutcome::Code)?;
        }
    }
    let mut settled: Vec<Plan> = Vec::with_capacity(singles.len());
    for plan in singles {
        let earlier = settled.iter().rposition(|other| other.is_same(&plan));
        let before = match earlier.and_then(|at| settled.get(at)) {
            Some(earlier) => Some(earlier),
            None => view.plans.get(&PlanKey::from(&plan)),
        };
        let plan = settle(plan, before, letter, view.people.is_some())?;
        settled.push(plan);
    }
    Ok(settled)
}

/// A record has one to three plans and one or two people, each of a kind that is said without
/// contradiction, and each plan one person whom it goes with: a child, or for an unborn child's the
/// mother.
fn check_shape(record: &Record) -> Result<(), RecordFault> {
    let (plans, subjects) = (record.plans.len(), record.subjects.len());
    if plans + subjects == 0 || plans > MOST_PLANS || subjects > MOST_SUBJECTS {
        return Err(RecordFault::Shape);
    }
    let kinds = record.plans.iter().map(|plan| plan.kind);
    let kinds = kinds.collect::<Option<Vec<PlanType>>>();
    let kinds = kinds.filter(|kinds| !kinds.is_empty());
    let kinds = kinds.ok_or(RecordFault::PlanType)?;
    let misplaced = record.plans.iter().any(|plan| plan.misplaced);
    if misplaced || record.subjects.iter().any(|subject| subject.role.is_none()) {
        return Err(RecordFault::Shape);
    }
    for kind in &kinds {
        subject_of(record, *kind)?;
    }
    let has_plan = |subject: &UploadedSubject| {
        let mut roles = kinds.iter().map(|kind| Role::from(*kind));
        roles.any(|role| subject.role == Some(role))
    };
    match record.subjects.iter().all(has_plan) {
        true => Ok(()),
        false => Err(RecordFault::Pairing),
    }
}

/// The one person whom a plan of this kind is about.
fn subject_of(record: &Record, kind: PlanType) -> Result<&UploadedSubject, RecordFault> {
    let role = Some(Role::from(kind));
    let mut found = record
        .subjects
        .iter()
        .filter(|subject| subject.role == role);
    match (found.next(), found.next()) {
        (Some(subject), None) => Ok(subject),
        _ => Err(RecordFault::Pairing),
    }
}

/// One plan, as it would be stored were it the first of its kind.
fn single(record: &Record, plan: &UploadedPlan, letter: &Letter) -> Result<Plan, RecordOutcome> {
    let kind = plan.kind.ok_or(RecordFault::PlanType)?;
    let uploaded = subject_of(record, kind)?;
    let patient = number_of(uploaded)?;
    let start = match &plan.start {
        Found::Missing => return Err(RecordFault::StartMissing.into()),
        start => date(start)?.ok_or(RecordFault::StartMissing)?,
    };
    let authority = letter.authority.clone()?;
    let subject = named(uploaded)?;
    let contact = letter.contact.clone()?;
    let single = Plan {
        patient,
        authority,
        kind,
        start,
        end: date(&plan.end)?,
        delete: date(&plan.delete)?,
        contact,
        subject,
        file: letter.file.clone(),
        created_at: letter.at,
        updated_at: letter.at,
        inactive: false,
    };
    check_dates(&single, letter.now())?;
    Ok(single)
}

fn number_of(subject: &UploadedSubject) -> Result<NhsNumber, RecordOutcome> {
    match &subject.number {
        Found::Good(number) => Ok(*number),
        Found::Missing => Err(RecordFault::NumberMissing.into()),
        Found::Wrong(_) => Err(RecordOutcome::Code(RecordCode::Format)),
    }
}

/// Who it is; a name of blanks is none.
fn named(uploaded: &UploadedSubject) -> Result<Subject, RecordFault> {
    let subject = uploaded.subject()?;
    match subject.given.trim().is_empty() || subject.family.trim().is_empty() {
        true => Err(RecordFault::Name),
        false => Ok(subject),
    }
}

fn date(found: &Found<PlanDate>) -> Result<Option<PlanDate>, RecordFault> {
    match found {
        Found::Missing => Ok(None),
        Found::Good(date) => Ok(Some(*date)),
        Found::Wrong(_) => Err(RecordFault::Date),
    }
}

/// Whether a plan's dates make sense, by themselves and today.
fn check_dates(plan: &Plan, now: DateTime) -> Result<(), RecordFault> {
    if plan.kind == PlanType::Unborn && plan.end.is_none() {
        return Err(RecordFault::EndMissing);
    }
    let mut later = plan.end.iter().chain(&plan.delete);
    if later.any(|date| *date < plan.start) {
        return Err(RecordFault::EndBeforeStart);
    }
    if !plan.start.has_come(now) {
        return Err(RecordFault::StartInFuture);
    }
    let over = plan.end.map(|end| end.plus_days(VISIBLE_AFTER_END));
    if plan.delete.is_none() && over.is_some_and(|over| over.has_come(now)) {
        return Err(RecordFault::EndTooLongAgo);
    }
    let is_child = plan.kind != PlanType::Unborn;
    if is_child && plan.start.local().date() < plan.subject.birth_date {
        return Err(RecordFault::StartBeforeBirth);
    }
    match is_child && age_at(plan.subject.birth_date, now.date()) >= OF_AGE {
        true => Err(RecordFault::Adult),
        false => Ok(()),
    }
}

/// A plan by what is stored of it.
fn settle(
    plan: Plan,
    before: Option<&Plan>,
    letter: &Letter,
    is_verified: bool,
) -> Result<Plan, RecordOutcome> {
    let Some(before) = before else {
        return match plan.delete {
            Some(_) => Err(RecordFault::UnknownPlan.into()),
            None => Ok(plan),
        };
    };
    if is_later(&before.file, &letter.file) {
        return Err(RecordFault::Overtaken.into());
    }
    // A plan that was withdrawn and comes again without a date of deletion is there again: it is
    // safer that it shows than that it does not.
    Ok(Plan {
        created_at: before.created_at,
        // PDS has just said that the number is in use. Without PDS what was said before stands.
        inactive: before.inactive && !is_verified,
        ..plan
    })
}

/// Whether a file has a higher number than another one. Numbers that are none cannot be compared;
/// then the order in which files come is theirs.
fn is_later(file: &str, than: &str) -> bool {
    let number = |text: &'_ str| -> Option<(usize, String)> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let bare = text.trim_start_matches('0');
        digits.then(|| (bare.len(), bare.to_owned()))
    };
    match (number(file), number(than)) {
        (Some(file), Some(than)) => file > than,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
