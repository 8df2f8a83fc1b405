//! One record of an upload: up to three plans, and the one or two people they are about.

mod read;
mod templates;
mod write;

use std::fmt;

use domain::cpis::{LocalId, Plan, PlanDate, PlanType, RecordFault, Subject};
use domain::{CheckDigit, NhsNumber};
use jiff::civil::Date;
use xml::Element;

pub(crate) use write::{plans, subjects};

use super::Found;
use crate::cpis::answer::Role;

/// A record as found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// The plans: the schema wants one to three. None, too, when the record has no shape at all.
    pub plans: Vec<UploadedPlan>,
    /// Whom they are about: the schema wants one or two.
    pub subjects: Vec<UploadedSubject>,
}

/// A plan as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedPlan {
    /// What kind; `None` when there is no template of uploads that we know, or the `contentId`
    /// beside it names another.
    pub kind: Option<PlanType>,
    /// Its start.
    pub start: Found<PlanDate>,
    /// Its end.
    pub end: Found<PlanDate>,
    /// From when on it is withdrawn.
    pub delete: Found<PlanDate>,
    /// Whether a date stands where the schema has no such date: under another component, or one of
    /// another kind of plan. Then nobody can say what it is meant to be.
    pub misplaced: bool,
}

/// A subject as found.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadedSubject {
    /// Child or mother; `None` when there is no template of either that we know, or the `contentId`
    /// beside it names another.
    pub role: Option<Role>,
    /// The NHS number: the child's, or the mother's.
    pub number: Found<NhsNumber>,
    /// The authority's own number for them.
    pub local_id: Option<LocalId>,
    /// Given name; several are joined with blanks.
    pub given: Option<String>,
    /// Family name.
    pub family: Option<String>,
    /// Date of birth.
    pub birth: Found<Date>,
}

impl Record {
    /// Reads a `record` element of an upload.
    pub(crate) fn read(record: Element<'_, '_>, check: CheckDigit) -> Self {
        read::record(record, check)
    }

    /// Reads the parts of a record of an acknowledgement.
    pub(crate) fn read_parts(parent: Element<'_, '_>, check: CheckDigit) -> Self {
        read::parts_of(parent, check)
    }

    /// A record of these plans; of those of the same subject and role only the first says who it is.
    pub fn of(plans: &[&Plan]) -> Self {
        let mut record = Self::default();
        for plan in plans {
            record.plans.push(UploadedPlan {
                kind: Some(plan.kind),
                start: Found::Good(plan.start),
                end: plan.end.into(),
                delete: plan.delete.into(),
                misplaced: false,
            });
            let subject = UploadedSubject::of(plan.kind.into(), plan.patient, &plan.subject);
            let known = |other: &UploadedSubject| {
                (other.role, &other.number) == (subject.role, &subject.number)
            };
            if !record.subjects.iter().any(known) {
                record.subjects.push(subject);
            }
        }
        record
    }

    /// Whether it can be repeated in an acknowledgement in the form of the schema: of a stored one
    /// the subjects, of one that was refused the plans too.
    pub fn is_repeatable(&self, stored: bool) -> bool {
        let subjects = (1..=2).contains(&self.subjects.len());
        let plans = (1..=3).contains(&self.plans.len());
        subjects
            && self.subjects.iter().all(UploadedSubject::is_writable)
            && (stored || plans && self.plans.iter().all(UploadedPlan::is_writable))
    }
}

impl UploadedPlan {
    /// Whether the schema takes it as it is.
    fn is_writable(&self) -> bool {
        let Some(kind) = self.kind else {
            return false;
        };
        let ends = kind != PlanType::Unborn || !self.end.is_missing();
        let dates = [&self.start, &self.end, &self.delete];
        ends && !self.misplaced && !self.start.is_missing() && dates.into_iter().all(is_date)
    }
}

impl UploadedSubject {
    /// A subject to be written.
    pub fn of(role: Role, number: NhsNumber, subject: &Subject) -> Self {
        Self {
            role: Some(role),
            number: Found::Good(number),
            local_id: subject.local_id.clone(),
            given: Some(subject.given.clone()),
            family: Some(subject.family.clone()),
            birth: Found::Good(subject.birth_date),
        }
    }

    /// Who it is: what PDS is asked to agree with.
    pub fn subject(&self) -> Result<Subject, RecordFault> {
        let birth = self.birth.good().ok_or(RecordFault::BirthDate)?;
        let given = self.given.as_ref().ok_or(RecordFault::Name)?;
        let family = self.family.as_ref().ok_or(RecordFault::Name)?;
        Ok(Subject {
            given: given.clone(),
            family: family.clone(),
            birth_date: *birth,
            local_id: self.local_id.clone(),
        })
    }

    /// Whether the schema takes it as it is. It takes empty names.
    fn is_writable(&self) -> bool {
        let birth = match &self.birth {
            Found::Missing => false,
            Found::Wrong(text) => is_time(text),
            Found::Good(_) => true,
        };
        let local = self.local_id.as_ref().is_some_and(|id| !id.id.is_empty());
        self.role.is_some() && birth && (!self.number.is_missing() || local)
    }
}

/// Whether the schema takes it for the date of a plan (`TS.NHS.DateType1`). It is no calendar:
/// 30 February passes.
fn is_date(date: &Found<PlanDate>) -> bool {
    let Found::Wrong(text) = date else {
        return true;
    };
    let digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    digits
        && matches!(part(0, 2), "19" | "20")
        && ("01"..="12").contains(&part(4, 6))
        && ("01"..="31").contains(&part(6, 8))
        && part(8, 10) < "24"
        && part(10, 12) < "60"
}

/// Whether the schema takes it for a time (`ts`).
fn is_time(text: &str) -> bool {
    let (main, zone) = match text.find(['+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let zoned = match zone.get(1..) {
        Some(zone) => digits(zone) && zone.len() <= 4,
        None => true,
    };
    match main.split_once('.') {
        Some((main, fraction)) => zoned && digits(main) && main.len() == 14 && digits(fraction),
        None if zone.is_empty() => digits(main) && main.len() <= 14,
        None => zoned && digits(main) && (9..=14).contains(&main.len()),
    }
}

impl fmt::Debug for UploadedSubject {
    /// Not whom: it names a child.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadedSubject")
            .field("role", &self.role)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_the_schema_takes() {
        let wrong = |text: &str| is_date(&Found::Wrong(text.to_owned()));
        for text in ["201402300000", "190001012359", "209912312359"] {
            assert!(wrong(text), "{text}");
        }
        for text in [
            "",
            "20140230",
            "20140230000",
            "2014023000000",
            "180001010000",
            "201400010000",
            "201413010000",
            "201401000000",
            "201401320000",
            "201401012400",
            "201401010060",
            "20140101000a",
            "2014-01-0100",
        ] {
            assert!(!wrong(text), "{text}");
        }
    }

    #[test]
    fn times_that_the_schema_takes() {
        for text in ["2", "2014", "20140529", "20140529103000", "201405291+1"] {
            assert!(is_time(text), "{text}");
        }
        for text in [
            "20140529103000.5",
            "20140529103000.123-0100",
            "2014052910-12",
        ] {
            assert!(is_time(text), "{text}");
        }
        for text in [
            "",
            "x",
            "2014-05-29",
            "29/05/2014",
            "20140529+0100",
            "201405291030000",
            "20140529103000+",
            "20140529103000+01000",
            "2014052910300.5",
            "20140529103000.",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }
}
