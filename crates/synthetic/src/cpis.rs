//! People for Child Protection - Information Sharing (CP-IS): children and mothers with plans, as
//! PDS and a local authority have them.
//!
//! Two kinds of them. Among the patients of a [`Population`] some have a plan ([`plan_of`]), so that
//! a demonstration has everything of one person. A [`Caseload`] is what an authority uploads: as many
//! people as wanted, who are nobody's patients here, each with a record and with what is to become of
//! it. Both follow from the seed and the day they are seen on.

mod caseload;

use domain::cpis::{
    Authority, AuthorityContact, Demographics, LocalId, Plan, PlanDate, PlanType, Standing, Subject,
};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::day;
use crate::patient::{Patient, Sex};
use crate::population::Population;
use crate::stream::{Purpose, Stream};

pub use caseload::{Case, Caseload};

/// Of a hundred children, so many have a plan. Far more than in life: a demonstration shows them.
const CHILDREN: u32 = 50;
/// Of a hundred women of an age to have children, so many.
const MOTHERS: u32 = 8;

/// Who a plan is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// The authority.
    pub authority: Authority,
    /// How to reach it.
    pub contact: AuthorityContact,
}

/// What PDS has of a patient.
pub fn on_pds(patient: &Patient) -> Demographics {
    Demographics {
        number: patient.nhs_number,
        given: vec![patient.name.given.to_owned()],
        family: patient.name.family.to_owned(),
        birth_date: patient.birth,
        sensitive: false,
        standing: Standing::Current,
    }
}

/// The plan of a patient, if they have one: about half of the children, and a few of the women who
/// may be expecting. `at` is when it is stored; its day decides who is a child.
pub fn plan_of(patient: &Patient, office: &Office, today: Date, at: Timestamp) -> Option<Plan> {
    let mut stream = patient.stream(Purpose::Cpis);
    let age = patient.age_on(today);
    let kind = match (age, patient.sex) {
        (0..17, _) if stream.percent(CHILDREN) => childs_kind(&mut stream),
        (17..46, Sex::Female) if stream.percent(MOTHERS) => PlanType::Unborn,
        _ => return None,
    };
    let (start, end) = dates(kind, patient.birth, today, &mut stream);
    Some(Plan {
        patient: patient.nhs_number,
        authority: office.authority.clone(),
        kind,
        start,
        end,
        delete: None,
        contact: office.contact.clone(),
        subject: Subject {
            given: patient.name.given.to_owned(),
            family: patient.name.family.to_owned(),
            birth_date: patient.birth,
            local_id: Some(local_id(office, patient.index)),
        },
        file: "0".to_owned(),
        created_at: at,
        updated_at: at,
        inactive: false,
    })
}

impl Population {
    /// The patients of a population who have a plan, among the first so many.
    pub fn plans<'a>(
        &'a self,
        patients: u32,
        office: &'a Office,
        (today, at): (Date, Timestamp),
    ) -> impl Iterator<Item = Plan> + 'a {
        self.iter(patients)
            .filter_map(move |patient| plan_of(&patient, office, today, at))
    }
}

fn childs_kind(stream: &mut Stream) -> PlanType {
    match stream.percent(60) {
        true => PlanType::ChildProtection,
        false => PlanType::LookedAfter,
    }
}

/// A start within two years, not before birth; most plans of children are open, the others end
/// soon, or ended not long ago. An unborn child's ends when it is expected.
fn dates(
    kind: PlanType,
    birth: Date,
    today: Date,
    stream: &mut Stream,
) -> (PlanDate, Option<PlanDate>) {
    if kind == PlanType::Unborn {
        let start = day::before(today, stream.between(1, 150));
        let end = day::after(start, stream.between(160, 220));
        return (plan_date(start), Some(plan_date(end)));
    }
    let start = day::before(today, stream.between(1, 700)).max(birth);
    let end = match stream.below(10) {
        0 => Some(day::after(start, stream.between(0, 90))),
        1 => Some(day::after(today, stream.between(30, 300))),
        _ => None,
    };
    // What ended a year ago is not shown any more, and not taken.
    let end = end.map(|end| end.max(day::before(today, 300)));
    (plan_date(start), end.map(plan_date))
}

fn plan_date(day: Date) -> PlanDate {
    PlanDate::of_local(day.at(0, 0, 0, 0))
}

fn local_id(office: &Office, index: u32) -> LocalId {
    let authority = &office.authority;
    LocalId {
        id: format!("C{index:07}"),
        assigned_by: Some(format!("{}:{}", authority.code, authority.name)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use domain::OdsCode;
    use domain::time::uk_local;
    use jiff::civil::date;

    use super::*;

    pub(crate) fn office() -> Office {
        Office {
            authority: Authority {
                code: OdsCode::parse("Y90004").expect("a code"),
                name: "Example Council".to_owned(),
            },
            contact: AuthorityContact {
                office: Some("tel:01632960001".to_owned()),
                emergency: "tel:01632960002".to_owned(),
            },
        }
    }

    #[test]
    fn some_patients_have_plans_that_are_shown_and_verified() {
        let population = crate::population(1);
        let at: Timestamp = "2026-03-01T09:00:00Z".parse().expect("a time");
        let today = date(2026, 3, 1);
        let office = office();
        let patients: Vec<_> = population.iter(400).collect();
        let mut kinds = [0; 3];
        for patient in &patients {
            let Some(plan) = plan_of(patient, &office, today, at) else {
                continue;
            };
            assert!(plan.is_visible(uk_local(at)), "{plan:?}");
            assert!(plan.start.has_come(uk_local(at)));
            assert!(plan.end.is_none_or(|end| end >= plan.start));
            let person = on_pds(patient);
            assert_eq!(Demographics::verify(Some(&person), &plan.subject), Ok(()));
            kinds[plan.kind as usize] += 1;
        }
        assert!(kinds.iter().all(|count| *count > 2), "{kinds:?}");
        let again: Vec<_> = population.plans(400, &office, (today, at)).collect();
        assert_eq!(again.len(), kinds.iter().sum::<usize>());
        assert!(again.len() < 100);
    }
}
