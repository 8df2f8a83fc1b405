//! What is kept for CP-IS: plans, accesses, what is to be told to local authorities, the state of
//! their uploads, and the people that plans are verified against.

use domain::cpis::{Access, Demographics, Plan, PlanDate, PlanType, RecordOutcome};
use domain::{NhsNumber, OdsCode};
use jiff::Timestamp;

use crate::commit::cut;

/// The CP-IS part of a [`crate::Commit`], written in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CpisChanges {
    /// Plans. One of the same patient, authority, type and start is replaced (its `created_at`
    /// stays).
    pub plans: Vec<Plan>,
    /// Accesses that count. The first of a query id stays, whoever the patient is.
    pub accesses: Vec<Access>,
    /// Accesses to be told to an authority. The first of an access and authority stays.
    pub notices: Vec<AccessNotice>,
    /// NHS numbers that went out of use, to be told to an authority. The first of a number and
    /// authority stays.
    pub inactive: Vec<InactiveNotice>,
    /// Notices that have gone out: no longer [`crate::Store::cpis_notices`] if pending is asked for.
    /// The first time stays; where there is no such notice, nothing happens.
    pub told: Vec<Told>,
    /// Uploads as they are now. One of the same authority and file is replaced.
    pub uploads: Vec<Upload>,
    /// People on PDS. One of the same number is replaced.
    pub people: Vec<Demographics>,
}

/// An access that an authority is to be told of (Access to Service Notification).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessNotice {
    /// Which authority.
    pub authority: OdsCode,
    /// The access.
    pub access: Access,
    /// The upload file that the plan came with.
    pub file: String,
    /// When it arose.
    pub created_at: Timestamp,
    /// When it went out, as a message of the authority's mailbox.
    pub told_at: Option<Timestamp>,
}

/// An NHS number that went out of use (Inactive NHS Number Notification).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InactiveNotice {
    /// Which authority.
    pub authority: OdsCode,
    /// The number.
    pub patient: NhsNumber,
    /// The number that took its place, if one did.
    pub replaced_by: Option<NhsNumber>,
    /// The upload file that the plan came with.
    pub file: String,
    /// When it arose.
    pub created_at: Timestamp,
    /// When it went out.
    pub told_at: Option<Timestamp>,
}

/// A notice that has gone out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Of an access.
    Access {
        /// The authority told.
        authority: OdsCode,
        /// The query id of the access.
        query: String,
        /// When.
        at: Timestamp,
    },
    /// Of a number that is out of use.
    Inactive {
        /// The authority told.
        authority: OdsCode,
        /// The number.
        patient: NhsNumber,
        /// When.
        at: Timestamp,
    },
}

/// An upload file and how far its reading has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Who sent it.
    pub authority: OdsCode,
    /// Its number, as written (`File/id/@extension`).
    pub file: String,
    /// The mailbox message that brought it.
    pub message: String,
    /// SHA-256 of the file, to tell a repetition from a reused number.
    pub digest: [u8; 32],
    /// How many records it says it has.
    pub declared: u64,
    /// What became of the records read so far, in their order.
    pub outcomes: Vec<RecordOutcome>,
    /// The code of the whole file (`CPF02`) once it has been answered.
    pub result: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
}

/// What CP-IS knows of a patient: one consistent view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CpisRecord {
    /// All plans ever stored and not purged, by authority, then start, then type; whoever reads asks
    /// [`Plan::is_visible`].
    pub plans: Vec<Plan>,
    /// The most recent accesses that count, the newest first (then by query id, the greatest first):
    /// at most as many as an answer shows.
    pub accesses: Vec<Access>,
    /// The last access that counts of the author asked about.
    pub last_of_author: Option<Access>,
    /// How many accesses that count there are, for [`crate::Precondition::CpisAccesses`].
    pub count: u64,
}

/// Plans and the people of their numbers, each in the order of the keys asked for.
pub type CpisBatch = (Vec<Option<Plan>>, Vec<Option<Demographics>>);

/// Which notices are wanted: all that meet every filter given, by when they arose (then by query id
/// or number, then by authority).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoticeFilter {
    /// For this authority.
    pub authority: Option<OdsCode>,
    /// Only those that have not gone out.
    pub pending: bool,
    /// Of accesses (or changes) at this instant or later.
    pub from: Option<Timestamp>,
    /// Of accesses (or changes) at this instant or earlier.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: usize,
}

/// What makes a plan the same plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanKey {
    /// Whose.
    pub patient: NhsNumber,
    /// Who uploaded it.
    pub authority: OdsCode,
    /// What kind.
    pub kind: PlanType,
    /// Its start.
    pub start: PlanDate,
}

impl From<&Plan> for PlanKey {
    fn from(plan: &Plan) -> Self {
        Self {
            patient: plan.patient,
            authority: plan.authority.code.clone(),
            kind: plan.kind,
            start: plan.start,
        }
    }
}

impl CpisChanges {
    /// Cuts times to what every adapter keeps.
    pub(crate) fn cut_times(&mut self) {
        for plan in &mut self.plans {
            plan.created_at = cut(plan.created_at);
            plan.updated_at = cut(plan.updated_at);
        }
        for access in &mut self.accesses {
            access.at = cut(access.at);
        }
        for notice in &mut self.notices {
            notice.access.at = cut(notice.access.at);
            notice.created_at = cut(notice.created_at);
            notice.told_at = notice.told_at.map(cut);
        }
        for notice in &mut self.inactive {
            notice.created_at = cut(notice.created_at);
            notice.told_at = notice.told_at.map(cut);
        }
        for told in &mut self.told {
            let (Told::Access { at, .. } | Told::Inactive { at, .. }) = told;
            *at = cut(*at);
        }
        for upload in &mut self.uploads {
            upload.received_at = cut(upload.received_at);
            upload.answered_at = upload.answered_at.map(cut);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample;
    use crate::{Commit, MailChanges, MailState, Precondition};

    #[test]
    fn refusals_name_the_rule_and_never_the_patient() {
        let patient = sample::patient(1);
        for (precondition, text) in [
            (
                Precondition::CpisAccesses { patient, count: 2 },
                "the patient's accesses are not 2 any more",
            ),
            (
                Precondition::UploadAt {
                    authority: sample::authority(1),
                    file: "007".to_owned(),
                    read: Some(500),
                },
                "upload 007 has been read further since",
            ),
            (
                Precondition::MailInState {
                    id: "A".to_owned(),
                    state: MailState::Accepted,
                },
                "mailbox message A is in another state by now",
            ),
        ] {
            assert_eq!(precondition.to_string(), text);
            assert!(!format!("{precondition:?}").contains(patient.as_str()));
        }
    }

    #[test]
    fn debug_shows_no_content() {
        let patient = sample::patient(1);
        let commit = Commit {
            cpis: CpisChanges {
                plans: vec![sample::plan(patient, 1, PlanType::LookedAfter, 1, 60)],
                accesses: vec![sample::cpis_access(patient, 2, 1, 0)],
                notices: vec![sample::notice(1, 1, 0)],
                inactive: vec![sample::inactive(1, patient, 0)],
                told: vec![Told::Inactive {
                    authority: sample::authority(1),
                    patient,
                    at: sample::time(0),
                }],
                uploads: vec![sample::upload(1, "007", 1)],
                people: vec![sample::person(patient, domain::cpis::Standing::Current)],
            },
            mail: MailChanges {
                chunks: vec![sample::chunk("A", 1)],
                ..MailChanges::default()
            },
            ..Commit::default()
        };
        let shown = format!("{commit:?}");
        for hidden in [
            patient.as_str(),
            "Zo",
            "Example-<",
            "Ann",
            "2014",
            "local 60",
            "record>",
        ] {
            assert!(!shown.contains(hidden), "{hidden}: {shown}");
        }
    }
}
