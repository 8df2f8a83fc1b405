//! A plan: what a local authority uploaded about a child or the mother of an unborn child.

use std::fmt;
use std::str::FromStr;

use jiff::Span;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::{NhsNumber, OdsCode};

/// For how long a plan is shown after its end, in days: "365 days" as local authorities' systems
/// have it, "12 months" in the guidance.
pub const VISIBLE_AFTER_END: i64 = 365;

/// The age, in years, at which every plan of a child ends by itself.
const OF_AGE: i16 = 18;

/// What kind of plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PlanType {
    /// Child Protection Plan.
    #[serde(rename = "CPP")]
    ChildProtection,
    /// Looked After Child.
    #[serde(rename = "LAC")]
    LookedAfter,
    /// Unborn Child Protection Plan, held under the mother's NHS number.
    #[serde(rename = "UCP")]
    Unborn,
}

impl PlanType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ChildProtection, Self::LookedAfter, Self::Unborn];

    /// `CPP`, `LAC`, `UCP`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ChildProtection => "CPP",
            Self::LookedAfter => "LAC",
            Self::Unborn => "UCP",
        }
    }

    /// As the Spine's own portal shows it.
    pub const fn display_name(self) -> &'static str {
        match self {
            Self::ChildProtection => "Child Protection Plan",
            Self::LookedAfter => "Looked After Child",
            Self::Unborn => "Unborn Child Protection Plan",
        }
    }

    /// By its code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A date of a plan: to the minute, in UK local time, without a zone (`TS.NHS.DateType1`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PlanDate(DateTime);

/// A text is not the date of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a plan's date has twelve digits, YYYYMMDDhhmm, of a year from 1900 to 2099")]
pub struct PlanDateError;

impl PlanDate {
    /// The first there is.
    pub const MIN: Self = Self(DateTime::constant(1900, 1, 1, 0, 0, 0, 0));

    /// The last there is.
    pub const MAX: Self = Self(DateTime::constant(2099, 12, 31, 23, 59, 0, 0));

    /// The date that is `days` later; the last there is when there is none.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        let span = Span::new().try_days(days).unwrap_or_default();
        let later = self.0.checked_add(span).unwrap_or(DateTime::MAX);
        Self::of_local(later)
    }

    /// Whether it has come by this UK local time.
    pub fn has_come(self, now: DateTime) -> bool {
        self.0 <= now
    }

    /// The UK local time.
    pub fn local(self) -> DateTime {
        self.0
    }

    /// The minute of a UK local time; of one that no plan can have, the first or last there is. (So
    /// every date that was written down can be read.)
    pub fn of_local(local: DateTime) -> Self {
        let minute = DateTime::constant(
            local.year(),
            local.month(),
            local.day(),
            local.hour(),
            local.minute(),
            0,
            0,
        );
        Self(minute).clamp(Self::MIN, Self::MAX)
    }
}

impl FromStr for PlanDate {
    type Err = PlanDateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 12 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PlanDateError);
        }
        let part =
            |from: usize, to: usize| text[from..to].parse::<i16>().map_err(|_| PlanDateError);
        let small = |from: usize| part(from, from + 2).map(|n| n as i8);
        let year = part(0, 4)?;
        if !(1900..2100).contains(&year) {
            return Err(PlanDateError);
        }
        DateTime::new(year, small(4)?, small(6)?, small(8)?, small(10)?, 0, 0)
            .map(Self)
            .map_err(|_| PlanDateError)
    }
}

impl TryFrom<String> for PlanDate {
    type Error = PlanDateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PlanDate> for String {
    fn from(date: PlanDate) -> Self {
        date.to_string()
    }
}

impl fmt::Display for PlanDate {
    /// As it stands in messages: `201403170000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y%m%d%H%M"))
    }
}

impl fmt::Debug for PlanDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlanDate({self})")
    }
}

/// A local authority.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Authority {
    /// Its ODS code, upper case.
    pub code: OdsCode,
    /// What it is called.
    pub name: String,
}

/// How to reach whoever is responsible. Each is `tel:` and digits, perhaps with a `+`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityContact {
    /// In office hours (`WP`).
    pub office: Option<String>,
    /// The emergency duty team (`EC`), which every plan has.
    pub emergency: String,
}

/// A local authority's own number for a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalId {
    /// The number.
    pub id: String,
    /// Who gave it: `ODSCode:ODSName`.
    pub assigned_by: Option<String>,
}

/// The person whom a plan is held under: the child, or the mother of an unborn one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Given name.
    pub given: String,
    /// Family name.
    pub family: String,
    /// Date of birth.
    pub birth_date: Date,
    /// The authority's own number for them.
    pub local_id: Option<LocalId>,
}

/// A plan. Number, authority, type and start are what makes it the same plan.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Whose: the child's NHS number, or the mother's for [`PlanType::Unborn`].
    pub patient: NhsNumber,
    /// Who uploaded it.
    pub authority: Authority,
    /// What kind.
    pub kind: PlanType,
    /// Its start.
    pub start: PlanDate,
    /// Its end; `None` while it is open.
    pub end: Option<PlanDate>,
    /// From when on it is withdrawn, if the authority said so.
    pub delete: Option<PlanDate>,
    /// How to reach the authority.
    pub contact: AuthorityContact,
    /// Who it is about.
    pub subject: Subject,
    /// The upload file that it, or its last change, came with: the file's number.
    pub file: String,
    /// When it first came.
    pub created_at: Timestamp,
    /// When it last came.
    pub updated_at: Timestamp,
    /// Whether PDS has declared the NHS number invalid or superseded since.
    pub inactive: bool,
}

impl Plan {
    /// From when on it is not shown any more: the date of its withdrawal, or a year after its end.
    pub fn removed_on(&self) -> Option<PlanDate> {
        let after_end = self.end.map(|end| end.plus_days(VISIBLE_AFTER_END));
        match (self.delete, after_end) {
            (Some(delete), Some(after_end)) => Some(delete.min(after_end)),
            (delete, after_end) => delete.or(after_end),
        }
    }

    /// Whether it is shown at this UK local time: neither withdrawn nor over for a year, its number
    /// in use, and, unless it is the mother's, its subject under 18.
    pub fn is_visible(&self, now: DateTime) -> bool {
        let removed = self.removed_on().is_some_and(|date| date.has_come(now));
        let adult = self.kind != PlanType::Unborn && is_adult(self.subject.birth_date, now.date());
        !self.inactive && !removed && !adult
    }

    /// Whether it is the same plan as another, perhaps changed since.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.patient, &self.authority.code, self.kind, self.start)
            == (
                other.patient,
                &other.authority.code,
                other.kind,
                other.start,
            )
    }
}

/// The age in whole years on a day. Who is born on 29 February has their birthday on 1 March in
/// other years, as the law has it.
pub fn age_at(birth: Date, day: Date) -> i16 {
    let years = day.year() - birth.year();
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    if had_birthday { years } else { years - 1 }
}

fn is_adult(birth: Date, day: Date) -> bool {
    age_at(birth, day) >= OF_AGE
}

impl fmt::Debug for Subject {
    /// Nothing: all of it names a child.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

impl fmt::Debug for LocalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalId").finish_non_exhaustive()
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("patient", &self.patient)
            .field("authority", &self.authority.code)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime};

    use super::*;

    fn plan() -> Plan {
        Plan {
            patient: NhsNumber::parse("9990000018").expect("a number"),
            authority: Authority {
                code: OdsCode::parse("V145").expect("a code"),
                name: "Example Council".to_owned(),
            },
            kind: PlanType::ChildProtection,
            start: "202401020000".parse().expect("a date"),
            end: None,
            delete: None,
            contact: AuthorityContact {
                office: None,
                emergency: "tel:07000000000".to_owned(),
            },
            subject: Subject {
                given: "A".to_owned(),
                family: "B".to_owned(),
                birth_date: date(2014, 5, 29),
                local_id: None,
            },
            file: "42".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            inactive: false,
        }
    }

    #[test]
    fn a_date_has_twelve_digits() {
        let date: PlanDate = "201403170000".parse().expect("a date");
        assert_eq!(date.to_string(), "201403170000");
        for wrong in [
            "20140317",
            "20140317000",
            "189903170000",
            "201413170000",
            "20140317000a",
            "201402300000",
            "201403172400",
        ] {
            assert_eq!(wrong.parse::<PlanDate>(), Err(PlanDateError), "{wrong}");
        }
    }

    #[test]
    fn every_date_can_be_written_down_and_read() {
        for (date, text) in [
            (PlanDate::of_local(DateTime::MIN), "190001010000"),
            (PlanDate::of_local(DateTime::MAX), "209912312359"),
            (PlanDate::MAX.plus_days(1), "209912312359"),
            (PlanDate::MIN.plus_days(-1), "190001010000"),
            (PlanDate::MIN.plus_days(365), "190101010000"),
        ] {
            assert_eq!(date.to_string(), text);
            assert_eq!(text.parse(), Ok(date));
        }
    }

    #[test]
    fn a_plan_is_shown_for_a_year_after_its_end() {
        let mut plan = plan();
        assert!(plan.is_visible(datetime(2030, 1, 1, 0, 0, 0, 0)));
        plan.end = Some("202503010930".parse().expect("a date"));
        assert!(plan.is_visible(datetime(2026, 3, 1, 9, 29, 59, 0)));
        assert!(!plan.is_visible(datetime(2026, 3, 1, 9, 30, 0, 0)));
        plan.delete = Some("202504010000".parse().expect("a date"));
        assert!(plan.is_visible(datetime(2025, 3, 31, 23, 59, 0, 0)));
        assert!(!plan.is_visible(datetime(2025, 4, 1, 0, 0, 0, 0)));
    }

    #[test]
    fn a_childs_plan_ends_at_eighteen_and_a_mothers_does_not() {
        let mut plan = plan();
        assert!(plan.is_visible(datetime(2032, 5, 28, 23, 59, 0, 0)));
        assert!(!plan.is_visible(datetime(2032, 5, 29, 0, 0, 0, 0)));
        plan.kind = PlanType::Unborn;
        assert!(plan.is_visible(datetime(2042, 5, 29, 0, 0, 0, 0)));
        plan.inactive = true;
        assert!(!plan.is_visible(datetime(2026, 5, 29, 0, 0, 0, 0)));
    }

    #[test]
    fn a_leap_days_birthday_is_the_first_of_march() {
        assert_eq!(age_at(date(2008, 2, 29), date(2026, 2, 28)), 17);
        assert_eq!(age_at(date(2008, 2, 29), date(2026, 3, 1)), 18);
    }
}
