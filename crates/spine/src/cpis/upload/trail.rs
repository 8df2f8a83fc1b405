//! The audit of an upload by patient: one event for each NHS number that a record names, whatever
//! became of the record, in the commit that stores its batch.
//!
//! It says which kinds of plan, what was done with them, and the number of the file; never a name or
//! a date. A record whose number cannot be read leaves none, nor does a file of which no record was
//! looked at (CPF01, CPF05, CPF06, a number that was used before): the event of the file says so.

use domain::audit::AuditEvent;
use domain::cpis::{Plan, PlanType, RecordCode, RecordOutcome};
use domain::{MessageId, NhsNumber, OdsCode};
use hl7v3::cpis::answer::Role;
use hl7v3::cpis::file::upload::Record;
use jiff::Timestamp;
use store::Upload;

use super::decide::Letter;

/// What a record of an upload is called: the single record inside the Spine, which no wire sees.
pub(super) const RECORD: &str = "REPC_IN000002SM01";

/// What all events of a batch share.
pub(super) struct Trail {
    at: Timestamp,
    authority: OdsCode,
    message: Option<MessageId>,
    file: String,
}

/// What was done with a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It was not there before.
    Stored,
    /// It was there, and is not to be withdrawn any more.
    Reinstated,
    /// It got a date of deletion, or another one.
    Withdrawn,
    /// It got an end, or another one.
    Ended,
    /// Anything else that a record can say, the same again too.
    Changed,
}

impl Step {
    pub(super) fn of(before: Option<&Plan>, plan: &Plan) -> Self {
        let Some(before) = before else {
            return Self::Stored;
        };
        match (before.delete, plan.delete) {
            (Some(_), None) => Self::Reinstated,
            (old, new) if old != new => Self::Withdrawn,
            _ if plan.end.is_some() && plan.end != before.end => Self::Ended,
            _ => Self::Changed,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Reinstated => "reinstated",
            Self::Withdrawn => "withdrawn",
            Self::Ended => "ended",
            Self::Changed => "changed",
        }
    }
}

impl Trail {
    pub(super) fn new(upload: &Upload, letter: &Letter) -> Self {
        Self {
            at: letter.at(),
            authority: upload.authority.clone(),
            message: MessageId::parse(&upload.message).ok(),
            file: letter.file().to_owned(),
        }
    }

    /// Of a record that was stored, with what was done with each of its plans.
    pub(super) fn stored(&self, record: &Record, steps: &[Step]) -> Vec<AuditEvent> {
        let said = |plans: &[usize]| {
            let each = plans.iter().filter_map(|place| {
                let step = steps.get(*place)?.name();
                Some(format!("{} {step}", kind_of(record, *place)))
            });
            each.collect::<Vec<_>>().join(", ")
        };
        self.events(record, RecordCode::Stored, said)
    }

    /// Of a record that was refused.
    pub(super) fn refused(&self, record: &Record, outcome: RecordOutcome) -> Vec<AuditEvent> {
        let reason = match outcome {
            RecordOutcome::Fault(fault) => fault.code(),
            RecordOutcome::Code(code) => code.code(),
        };
        let said = |plans: &[usize]| {
            let kinds: Vec<_> = plans.iter().map(|place| kind_of(record, *place)).collect();
            let kinds = match kinds.is_empty() {
                true => "no plan".to_owned(),
                false => kinds.join(", "),
            };
            format!("{kinds} refused: {reason}")
        };
        self.events(record, outcome.code(), said)
    }

    /// One event for each number, with what is said of those plans (by their places) that are its.
    fn events(
        &self,
        record: &Record,
        code: RecordCode,
        said: impl Fn(&[usize]) -> String,
    ) -> Vec<AuditEvent> {
        let mut events: Vec<AuditEvent> = Vec::with_capacity(1);
        for subject in record.subjects.iter() {
            let Some(number) = subject.number.good().copied() else {
                continue;
            };
            if events.iter().any(|event| event.patient == Some(number)) {
                continue;
            }
            let plans = plans_of(record, number);
            let mut event = AuditEvent::new(self.at, crate::LANE, RECORD, code.code());
            event.patient = Some(number);
            event.organisation = Some(self.authority.clone());
            event.message.clone_from(&self.message);
            event.decision = Some(format!("file {}: {}", self.file, said(&plans)));
            events.push(event);
        }
        events
    }
}

/// The places of the plans that go with whoever has this number; all of them when none does.
fn plans_of(record: &Record, number: NhsNumber) -> Vec<usize> {
    let has = |kind: PlanType| {
        let mut subjects = record.subjects.iter();
        subjects.any(|s| s.role == Some(Role::from(kind)) && s.number.good() == Some(&number))
    };
    let all = || record.plans.iter().enumerate();
    let own = all().filter(|(_, plan)| plan.kind.is_some_and(has));
    let own: Vec<usize> = own.map(|(place, _)| place).collect();
    match own.is_empty() {
        true => all().map(|(place, _)| place).collect(),
        false => own,
    }
}

fn kind_of(record: &Record, place: usize) -> &'static str {
    let kind = record.plans.get(place).and_then(|plan| plan.kind);
    kind.map_or("unknown plan", PlanType::code)
}
