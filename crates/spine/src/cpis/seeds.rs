//! The patients of the published test packs: 9449310394, a looked after child with ten accesses
//! (message test harness), and 1234567895, the mother of an unborn child (mini service simulator;
//! its check digit is wrong). For `cpis seed` and demonstrations.
//!
//! Dates are those of the packs, except that the mother's plan, which ended in 2013, is moved on by
//! whole years until it is open. Who looked is made up.

use domain::cpis::{
    Access, Author, Authority, AuthorityContact, Demographics, JobTitle, Organisation, Person,
    PersonName, Plan, PlanDate, PlanType, Standing, Subject,
};
use domain::time::uk_local;
use domain::{Asid, CheckDigit, MessageId, NhsNumber, OdsCode};
use jiff::civil::{Date, DateTime, date, datetime};
use jiff::{SignedDuration, Span, Timestamp};
use store::CpisChanges;

/// The looked after child.
pub const CHILD: &str = "9449310394";

/// The mother.
pub const MOTHER: &str = "1234567895";

/// The upload file that the plans are said to have come with.
const FILE: &str = "1";

/// Whole years, at most, that the mother's plan is moved on.
const MOST_YEARS: i32 = 500;

/// A part of the seeds is not what it is meant to be. It cannot happen: a test makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("seeds: {0} cannot be read")]
pub struct SeedError(&'static str);

/// Plans, people and accesses, as they are at this instant.
pub fn published(now: Timestamp) -> Result<CpisChanges, SeedError> {
    let (child, mother) = (number(CHILD)?, number(MOTHER)?);
    let accesses = (0..).zip(LOOKED);
    let mut accesses = accesses
        .map(|(at, looked)| looked.access(child, at))
        .collect::<Result<Vec<_>, _>>()?;
    accesses.push(MIDWIFE.access(mother, 100)?);
    Ok(CpisChanges {
        plans: vec![childs_plan(child, now)?, mothers_plan(mother, now)?],
        accesses,
        people: vec![
            person(child, "TRACE", "LEWINGTON", date(2014, 5, 29)),
            person(mother, "Louise", "Doyle", date(2000, 9, 26)),
        ],
        ..CpisChanges::default()
    })
}

fn childs_plan(child: NhsNumber, now: Timestamp) -> Result<Plan, SeedError> {
    Ok(Plan {
        patient: child,
        authority: authority("RFX", "Hounslow Council")?,
        kind: PlanType::LookedAfter,
        start: PlanDate::of_local(datetime(2014, 3, 17, 0, 0, 0, 0)),
        end: None,
        delete: None,
        contact: contact("tel:019043573581", "tel:073457777777"),
        subject: subject("TRACE", "LEWINGTON", date(2014, 5, 29)),
        file: FILE.to_owned(),
        created_at: now,
        updated_at: now,
        inactive: false,
    })
}

fn mothers_plan(mother: NhsNumber, now: Timestamp) -> Result<Plan, SeedError> {
    let (start, end) = (
        datetime(2012, 9, 26, 9, 0, 0, 0),
        datetime(2013, 9, 26, 9, 0, 0, 0),
    );
    let years = (0..MOST_YEARS)
        .find(|years| later(end, *years) > uk_local(now))
        .unwrap_or_default();
    Ok(Plan {
        patient: mother,
        authority: authority("V145", "Islington Local Authority")?,
        kind: PlanType::Unborn,
        start: PlanDate::of_local(later(start, years)),
        end: Some(PlanDate::of_local(later(end, years))),
        delete: None,
        contact: contact("tel:02075272000", "tel:07345777777"),
        subject: subject("Louise", "Doyle", date(2000, 9, 26)),
        file: FILE.to_owned(),
        created_at: now,
        updated_at: now,
        inactive: false,
    })
}

/// So many years later.
fn later(local: DateTime, years: i32) -> DateTime {
    local.saturating_add(Span::new().years(years))
}

/// Somebody who looked.
struct Looked {
    /// UK local time.
    at: DateTime,
    role: (&'static str, &'static str),
    name: (&'static str, &'static str, &'static str),
    organisation: (&'static str, &'static str),
}

const CONSULTANT: (&str, &str) = ("S0010:G0020:R0050", "Consultant");
const NURSE: (&str, &str) = ("R0600", "Specialist Nurse Practitioner");
const PARAMEDIC: (&str, &str) = ("R1480", "Paramedic");
const WHITTINGTON: (&str, &str) = ("RKE", "THE WHITTINGTON HOSPITAL NHS TRUST");
const AMBULANCES: (&str, &str) = ("RRU", "LONDON AMBULANCE SERVICE NHS TRUST");
const WALK_IN: (&str, &str) = ("RYX", "EXAMPLE WALK-IN CENTRE");

/// Who looked at the child's record, the oldest first.
const LOOKED: [Looked; 10] = [
    looked(
        (5, 20, 13),
        CONSULTANT,
        ("Dr", "Ann", "Archer"),
        WHITTINGTON,
    ),
    looked((5, 27, 13), NURSE, ("Ms", "Beth", "Baker"), WALK_IN),
    looked((5, 29, 9), PARAMEDIC, ("Mr", "Carl", "Cook"), AMBULANCES),
    looked((5, 29, 12), NURSE, ("Mr", "Dev", "Draper"), WHITTINGTON),
    looked(
        (6, 3, 22),
        CONSULTANT,
        ("Dr", "Eve", "Fletcher"),
        WHITTINGTON,
    ),
    looked((6, 14, 3), PARAMEDIC, ("Ms", "Fay", "Glover"), AMBULANCES),
    looked((6, 30, 17), NURSE, ("Ms", "Gwen", "Hunter"), WALK_IN),
    looked((7, 11, 20), CONSULTANT, ("Dr", "Hal", "Mason"), WHITTINGTON),
    looked((7, 25, 1), NURSE, ("Mr", "Ian", "Potter"), WHITTINGTON),
    looked((8, 8, 12), CONSULTANT, ("Dr", "Jo", "Sawyer"), WALK_IN),
];

/// Who looked at the mother's.
const MIDWIFE: Looked = Looked {
    at: datetime(2012, 12, 8, 20, 0, 0, 0),
    role: ("R0670", "Midwife - Sister/Charge Nurse"),
    name: ("Mrs", "Paula", "Palmer"),
    organisation: WHITTINGTON,
};

/// In 2014, by month, day and hour.
const fn looked(
    (month, day, hour): (i8, i8, i8),
    role: (&'static str, &'static str),
    name: (&'static str, &'static str, &'static str),
    organisation: (&'static str, &'static str),
) -> Looked {
    Looked {
        at: datetime(2014, month, day, hour, 0, 0, 0),
        role,
        name,
        organisation,
    }
}

impl Looked {
    /// As the `number`-th access.
    fn access(&self, patient: NhsNumber, number: u32) -> Result<Access, SeedError> {
        let id = format!("C9150000-0000-4000-8000-{number:012}");
        let utc = jiff::tz::TimeZone::UTC.to_timestamp(self.at);
        // All of them are in summer time but the midwife's, who may as well.
        let at = utc.map_err(|_| SeedError("a time"))? - SignedDuration::from_hours(1);
        Ok(Access {
            patient,
            at,
            author: Author::Person(self.person(number)),
            asid: Asid::parse("200000000001").map_err(|_| SeedError("an ASID"))?,
            message: MessageId::parse(&id).map_err(|_| SeedError("a message id"))?,
            query: id,
        })
    }

    fn person(&self, number: u32) -> Person {
        let (prefix, given, family) = self.name;
        let (role, organisation) = (self.role, self.organisation);
        Person {
            role: JobTitle {
                code: role.0.to_owned(),
                display_name: role.1.to_owned(),
            },
            user: format!("{:012}", 900_000_000_000_u64 + u64::from(number)),
            role_profile: Some(format!("{:012}", 910_000_000_000_u64 + u64::from(number))),
            name: PersonName {
                prefix: vec![prefix.to_owned()],
                given: vec![given.to_owned()],
                family: vec![family.to_owned()],
                ..PersonName::default()
            },
            organisation: Organisation {
                code: organisation.0.to_owned(),
                site: false,
                name: organisation.1.to_owned(),
            },
        }
    }
}

/// The mother's number needs its check digit ignored.
fn number(text: &str) -> Result<NhsNumber, SeedError> {
    let number = CheckDigit::Ignored.parse(text);
    number.map_err(|_| SeedError("an NHS number"))
}

fn authority(code: &str, name: &str) -> Result<Authority, SeedError> {
    Ok(Authority {
        code: OdsCode::parse(code).map_err(|_| SeedError("an ODS code"))?,
        name: name.to_owned(),
    })
}

fn contact(office: &str, emergency: &str) -> AuthorityContact {
    AuthorityContact {
        office: Some(office.to_owned()),
        emergency: emergency.to_owned(),
    }
}

fn subject(given: &str, family: &str, birth_date: Date) -> Subject {
    Subject {
        given: given.to_owned(),
        family: family.to_owned(),
        birth_date,
        local_id: None,
    }
}

fn person(number: NhsNumber, given: &str, family: &str, birth_date: Date) -> Demographics {
    Demographics {
        number,
        given: vec![given.to_owned()],
        family: family.to_owned(),
        birth_date,
        sensitive: false,
        standing: Standing::Current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_plans_are_shown_and_both_people_verified() {
        for now in [
            "2013-01-01T00:00:00Z",
            "2026-03-01T00:00:00Z",
            "2031-09-26T08:00:00Z",
        ] {
            let now = now.parse().expect("a time");
            let seeds = published(now).expect("seeds");
            assert_eq!(seeds.plans.len(), 2);
            for plan in &seeds.plans {
                assert!(plan.is_visible(uk_local(now)), "{now}");
                assert!(plan.end.is_none_or(|end| !end.has_come(uk_local(now))));
                let person = seeds.people.iter().find(|p| p.number == plan.patient);
                assert_eq!(Demographics::verify(person, &plan.subject), Ok(()));
            }
        }
    }

    #[test]
    fn the_published_dates_stand() {
        let seeds = published("2013-01-01T00:00:00Z".parse().expect("a time")).expect("seeds");
        let [child, mother] = seeds.plans.as_slice() else {
            panic!("two plans");
        };
        assert_eq!(child.start.to_string(), "201403170000");
        assert_eq!(child.end, None);
        assert_eq!(mother.start.to_string(), "201209260900");
        assert_eq!(
            mother.end.map(|end| end.to_string()).as_deref(),
            Some("201309260900")
        );
        let later = published("2026-09-26T08:00:00Z".parse().expect("a time")).expect("seeds");
        let ends = later.plans.iter().filter_map(|plan| plan.end);
        assert_eq!(
            ends.map(|end| end.to_string()).collect::<Vec<_>>(),
            ["202709260900"]
        );
    }

    #[test]
    fn ten_have_looked_at_the_child() {
        let seeds = published(Timestamp::UNIX_EPOCH).expect("seeds");
        let of = |number: &str| {
            seeds
                .accesses
                .iter()
                .filter(|a| a.patient.as_str() == number)
                .count()
        };
        assert_eq!((of(CHILD), of(MOTHER)), (10, 1));
        let mut ids: Vec<_> = seeds.accesses.iter().map(|a| &a.query).collect();
        ids.dedup();
        assert_eq!(ids.len(), 11);
        assert!(
            seeds
                .accesses
                .is_sorted_by_key(|a| (a.patient.as_str() == MOTHER, a.at))
        );
    }
}
