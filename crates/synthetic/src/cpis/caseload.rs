//! What an authority uploads: records, the people of PDS that they are verified against, and what
//! is to become of each.

use domain::cpis::{
    Demographics, PlanType, RecordCode, RecordFault, RecordOutcome, Standing, Subject,
};
use domain::{Hl7Timestamp, NhsNumber};
use hl7v3::cpis::answer::Role;
use hl7v3::cpis::file::upload::{self, Heading, Record, UploadedPlan, UploadedSubject};
use hl7v3::cpis::file::{Found, Party};
use jiff::civil::Date;

use super::{Office, childs_kind, dates, local_id, plan_date};
use crate::stream::{Purpose, Stream};
use crate::tables::names;
use crate::{day, nhs_numbers, practice};

/// Their numbers begin far from those of patients.
const FROM: u32 = 450_000;
/// Numbers that superseded ones were replaced by begin here.
const REPLACEMENTS: u32 = 860_000;
/// How many of those there are, clear of the very last numbers.
const REPLACED: u32 = 39_000;

/// People of an authority, of whom any can be had at once.
#[derive(Debug, Clone)]
pub struct Caseload {
    /// Seed.
    pub seed: u64,
    /// How many people of the seed come before the first: so caseloads can have nobody in common.
    pub first: u32,
    /// The day it is seen on: nobody is 18, no plan starts later.
    pub today: Date,
    /// Of a hundred records, so many are refused, spread evenly.
    pub faulty: u32,
    /// Whose it is.
    pub office: Office,
}

/// Somebody of a caseload.
#[derive(Debug, Clone)]
pub struct Case {
    /// What PDS has, if it has them.
    pub person: Option<Demographics>,
    /// What the authority uploads.
    pub record: Record,
    /// What is to become of that, on the day of the caseload.
    pub outcome: RecordOutcome,
}

/// What can be wrong with a record. Each in its turn, so that every one comes up.
const FAULTS: [RecordOutcome; 10] = [
    RecordOutcome::Code(RecordCode::NoMatch),
    RecordOutcome::Code(RecordCode::NotVerified),
    RecordOutcome::Code(RecordCode::Format),
    RecordOutcome::Code(RecordCode::Superseded),
    RecordOutcome::Code(RecordCode::Sensitive),
    RecordOutcome::Fault(RecordFault::StartInFuture),
    RecordOutcome::Fault(RecordFault::EndBeforeStart),
    RecordOutcome::Fault(RecordFault::EndTooLongAgo),
    RecordOutcome::Fault(RecordFault::UnknownPlan),
    RecordOutcome::Fault(RecordFault::Adult),
];

impl Caseload {
    /// The most people.
    pub const CAPACITY: u32 = REPLACEMENTS - FROM;

    /// Somebody, by index; from the capacity on they begin again.
    pub fn case(&self, index: u32) -> Case {
        let person = self.first.wrapping_add(index) % Self::CAPACITY;
        let mut stream = Stream::new(self.seed, FROM + person, Purpose::Cpis);
        let mut case = self.sound(person, &mut stream);
        if let Some(fault) = self.fault(index) {
            case.outcome = fault;
            self.spoil(&mut case, person);
        }
        case
    }

    /// How many of the first so many are refused.
    pub fn refused(&self, records: u32) -> u32 {
        let refused = u64::from(records) * u64::from(self.faulty.min(100)) / 100;
        u32::try_from(refused).unwrap_or(records)
    }

    /// The upload file of the first so many, in pieces: its head, its records, its end.
    pub fn upload(
        &self,
        file: &str,
        created: Hl7Timestamp,
        records: u32,
    ) -> impl Iterator<Item = Vec<u8>> + '_ {
        let head = upload::start(&Heading {
            created,
            file: file.to_owned(),
            quantity: u64::from(records),
            from: Party::of(&self.office.authority, Some(&self.office.contact)),
        });
        let records = (0..records).filter_map(|index| upload::record(&self.case(index).record));
        [head].into_iter().chain(records).chain([upload::end()])
    }

    /// Which fault somebody's record has.
    fn fault(&self, index: u32) -> Option<RecordOutcome> {
        let before = self.refused(index);
        let is_faulty = self.refused(index.saturating_add(1)) > before;
        let turn = usize::try_from(before).unwrap_or(0) % FAULTS.len();
        FAULTS.get(turn).copied().filter(|_| is_faulty)
    }

    /// Somebody whose record is stored: one in ten a mother, and a few children with two plans.
    fn sound(&self, index: u32, stream: &mut Stream) -> Case {
        let kind = match stream.percent(10) {
            true => PlanType::Unborn,
            false => childs_kind(stream),
        };
        let number = nhs_numbers::nth(FROM + index);
        let female = kind == PlanType::Unborn || stream.percent(50);
        let age = match kind {
            PlanType::Unborn => stream.between(16 * 365, 44 * 365),
            _ => stream.between(1, 16 * 365),
        };
        let subject = Subject {
            given: stream.word(practice::given(female)).to_owned(),
            family: stream.word(names::FAMILY).to_owned(),
            birth_date: day::before(self.today, age),
            local_id: Some(local_id(&self.office, index)),
        };
        let mut plans = vec![self.plan(kind, &subject, stream)];
        if kind == PlanType::ChildProtection && stream.percent(5) {
            plans.push(self.plan(PlanType::LookedAfter, &subject, stream));
        }
        Case {
            person: Some(person(number, &subject)),
            record: Record {
                plans,
                subjects: vec![UploadedSubject::of(Role::from(kind), number, &subject)],
            },
            outcome: RecordOutcome::STORED,
        }
    }

    fn plan(&self, kind: PlanType, subject: &Subject, stream: &mut Stream) -> UploadedPlan {
        let (start, end) = dates(kind, subject.birth_date, self.today, stream);
        UploadedPlan {
            kind: Some(kind),
            start: Found::Good(start),
            end: end.into(),
            delete: Found::Missing,
            misplaced: false,
        }
    }

    /// Makes a record such that it comes to its outcome.
    fn spoil(&self, case: &mut Case, index: u32) {
        use {RecordCode as Code, RecordFault as Fault, RecordOutcome as Outcome};
        match case.outcome {
            Outcome::Code(Code::NoMatch) => case.person = None,
            Outcome::Code(Code::NotVerified) => {
                each_person(case, |person| person.family.push_str("-Other"));
            }
            Outcome::Code(Code::Format) => each_subject(case, |subject| {
                // As numbers were before there were ten digits.
                subject.number = Found::Wrong(format!("AB{:06}", index % 1_000_000));
            }),
            Outcome::Code(Code::Superseded) => {
                let by = nhs_numbers::nth(REPLACEMENTS + index % REPLACED);
                each_person(case, |person| person.standing = Standing::Superseded(by));
            }
            Outcome::Code(Code::Sensitive) => each_person(case, |person| person.sensitive = true),
            Outcome::Fault(Fault::StartInFuture) => self.redate(case, [30, 60]),
            Outcome::Fault(Fault::EndBeforeStart) => self.redate(case, [-30, -60]),
            Outcome::Fault(Fault::EndTooLongAgo) => self.redate(case, [-800, -500]),
            Outcome::Fault(Fault::UnknownPlan) => {
                self.redate(case, [-20, 20]);
                let gone = Found::Good(plan_date(self.today));
                each_plan(case, |plan| plan.delete = gone.clone());
            }
            Outcome::Fault(Fault::Adult) => self.grow_up(case),
            Outcome::Code(_) | Outcome::Fault(_) => {}
        }
    }

    /// Gives every plan a start and an end so many days from the day of the caseload.
    fn redate(&self, case: &mut Case, [start, end]: [i64; 2]) {
        let today = plan_date(self.today);
        each_plan(case, |plan| {
            plan.start = Found::Good(today.plus_days(start));
            plan.end = Found::Good(today.plus_days(end));
        });
    }

    /// Somebody of 19, who is no mother.
    fn grow_up(&self, case: &mut Case) {
        let birth = day::before(self.today, 19 * 366);
        each_plan(case, |plan| plan.kind = Some(PlanType::ChildProtection));
        case.record.plans.truncate(1);
        each_subject(case, |subject| {
            subject.role = Some(Role::Child);
            subject.birth = Found::Good(birth);
        });
        each_person(case, |person| person.birth_date = birth);
    }
}

fn person(number: NhsNumber, subject: &Subject) -> Demographics {
    Demographics {
        number,
        given: vec![subject.given.clone()],
        family: subject.family.clone(),
        birth_date: subject.birth_date,
        sensitive: false,
        standing: Standing::Current,
    }
}

fn each_person(case: &mut Case, change: impl FnMut(&mut Demographics)) {
    case.person.iter_mut().for_each(change);
}

fn each_plan(case: &mut Case, change: impl FnMut(&mut UploadedPlan)) {
    case.record.plans.iter_mut().for_each(change);
}

fn each_subject(case: &mut Case, change: impl FnMut(&mut UploadedSubject)) {
    case.record.subjects.iter_mut().for_each(change);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::CheckDigit;
    use jiff::civil::date;

    use super::*;
    use crate::cpis::tests::office;

    fn caseload(faulty: u32) -> Caseload {
        Caseload {
            seed: 1,
            first: 0,
            today: date(2026, 3, 1),
            faulty,
            office: office(),
        }
    }

    #[test]
    fn as_many_are_refused_as_asked_for_and_for_every_reason() {
        for (faulty, records) in [(0, 100), (1, 5_000), (7, 1_234), (100, 20)] {
            let caseload = caseload(faulty);
            let cases = (0..records).map(|index| caseload.case(index));
            let refused: Vec<_> = cases
                .filter(|case| case.outcome != RecordOutcome::STORED)
                .collect();
            assert_eq!(refused.len(), caseload.refused(records) as usize);
            assert_eq!(refused.len(), (records * faulty / 100) as usize);
            let reasons: BTreeSet<u8> = refused.iter().map(|c| c.outcome.to_byte()).collect();
            assert_eq!(reasons.len(), refused.len().min(FAULTS.len()));
        }
    }

    #[test]
    fn nobody_comes_twice_and_the_same_seed_is_the_same_caseload() {
        let caseload = caseload(1);
        let mut numbers = BTreeSet::new();
        for index in 0..2_000 {
            let case = caseload.case(index);
            let again = caseload.case(index);
            assert_eq!((&case.person, &case.record), (&again.person, &again.record));
            let number = case.person.map(|person| person.number);
            assert!(number.is_none_or(|number| numbers.insert(number)));
        }
        assert_ne!(
            caseload.case(3).record,
            Caseload {
                seed: 2,
                ..caseload.clone()
            }
            .case(3)
            .record
        );
    }

    #[test]
    fn caseloads_can_have_nobody_in_common() {
        let caseload = caseload(0);
        let later = Caseload {
            first: 30,
            ..caseload.clone()
        };
        assert_eq!(later.case(0).person, caseload.case(30).person);
        assert_ne!(later.case(0).person, caseload.case(0).person);
    }

    #[test]
    fn the_file_is_read_as_it_was_meant() {
        let caseload = caseload(20);
        let created = Hl7Timestamp::parse("20260301090000+0000").expect("a time");
        let bytes: Vec<u8> = caseload.upload("7", created, 60).flatten().collect();
        testkit::xsd::assert_valid_cpis("REPC_MT000002GB01", &bytes);
        let (head, records) = upload::read_whole(&bytes, CheckDigit::Required).expect("an upload");
        assert_eq!(head.missing(), Vec::<&str>::new());
        assert_eq!(head.file.as_deref(), Some("7"));
        assert_eq!(records.len(), 60);
        for (index, record) in (0..).zip(&records) {
            assert_eq!(record, &caseload.case(index).record);
        }
    }
}
