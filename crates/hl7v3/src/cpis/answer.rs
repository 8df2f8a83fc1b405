//! The answer: `CP-ISNHSQueryResponse` (REPC_MT000007GB01) in REPC_IN000007GB01, and what a mini
//! service makes of it, the same with a response code.

mod read;
mod write;

pub use read::{Value, read, read_value};
pub use write::{Found, Shape, write_failure, write_payload, write_payload_as};

use std::fmt;

use domain::cpis::{Author, Authority, AuthorityContact, PlanDate, PlanType, Subject};
use domain::{Hl7Timestamp, NhsNumber};

/// The payload's own name, which is also that of the element around the whole answer in SOAP.
pub const PAYLOAD: &str = "CP-ISNHSQueryResponse";

/// What CP-IS holds, and who looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its id: that of the query it answers, a UUID, upper case.
    pub id: String,
    /// When it was given.
    pub at: Hl7Timestamp,
    /// Who looked, the oldest first.
    pub accesses: Vec<Seen>,
    /// What is held, by local authority.
    pub records: Vec<Record>,
}

/// An access: a query as it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The query's id: a UUID, upper case.
    pub id: String,
    /// When it was asked.
    pub at: Hl7Timestamp,
    /// Who asked.
    pub author: Author,
    /// About whom.
    pub patient: NhsNumber,
}

/// What one local authority has told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The authority.
    pub authority: Authority,
    /// Whether its code is that of a site ([`domain::oid::ODS_SITE`]).
    pub site: bool,
    /// How to reach it.
    pub contact: Contact,
    /// The plans, one to three.
    pub plans: Vec<ShownPlan>,
    /// Whom they are about, one or two: a girl who is looked after and expects a child is both.
    pub subjects: Vec<ShownSubject>,
}

/// How to reach a local authority: `tel:` and digits, perhaps with a `+`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// In office hours (`WP`).
    pub office: Option<String>,
    /// The emergency duty team (`EC`). The Spine always has one; the schema does not ask for it.
    pub emergency: Option<String>,
}

impl From<AuthorityContact> for Contact {
    fn from(contact: AuthorityContact) -> Self {
        Self {
            office: contact.office,
            emergency: Some(contact.emergency),
        }
    }
}

/// A plan as an answer shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownPlan {
    /// What kind.
    pub kind: PlanType,
    /// Its start.
    pub start: PlanDate,
    /// Its end. The schema wants one of [`PlanType::Unborn`].
    pub end: Option<PlanDate>,
}

/// Whom a plan is about.
#[derive(Clone, PartialEq, Eq)]
pub struct ShownSubject {
    /// Child, or mother.
    pub role: Role,
    /// The NHS number the plan is held under. The schema wants it; a published answer lacks it.
    pub patient: Option<NhsNumber>,
    /// Names, date of birth and local id.
    pub person: Subject,
}

/// What somebody is to the plan held under their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The child it protects (`COCT_TP145101GB01.Child`).
    Child,
    /// The mother of the unborn child it protects (`COCT_TP145100GB01.UnbornChild`).
    Mother,
}

impl From<PlanType> for Role {
    fn from(kind: PlanType) -> Self {
        match kind {
            PlanType::Unborn => Self::Mother,
            PlanType::ChildProtection | PlanType::LookedAfter => Self::Child,
        }
    }
}

impl Answer {
    /// The number that its subjects and accesses are all about; `None` when they differ or none
    /// says.
    pub fn patient(&self) -> Option<NhsNumber> {
        let subjects = self.records.iter().flat_map(|record| &record.subjects);
        let held = subjects.filter_map(|subject| subject.patient);
        let mut all = held.chain(self.accesses.iter().map(|seen| seen.patient));
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// Writes the number under which a record was asked for where a subject has none: the schema
    /// wants one, and a published answer of the Spine lacks it.
    pub fn complete(&mut self, patient: NhsNumber) {
        for record in &mut self.records {
            for subject in &mut record.subjects {
                subject.patient.get_or_insert(patient);
            }
        }
    }
}

impl fmt::Debug for ShownSubject {
    /// Not whom: it names a child.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownSubject")
            .field("role", &self.role)
            .field("patient", &self.patient)
            .finish_non_exhaustive()
    }
}
