//! The CP-IS part of the model.

use std::collections::BTreeMap;

use domain::cpis::{Access, Demographics, Plan, SHOWN};
use domain::{NhsNumber, OdsCode};

use crate::commit::cut;
use crate::{
    AccessNotice, CpisBatch, CpisChanges, CpisRecord, InactiveNotice, NoticeFilter, PlanKey, Told,
    Upload,
};

/// What there is of CP-IS.
#[derive(Debug, Default)]
pub(super) struct Cpis {
    pub(super) plans: BTreeMap<PlanKey, Plan>,
    /// By query id.
    pub(super) accesses: BTreeMap<String, Access>,
    notices: BTreeMap<(OdsCode, String), AccessNotice>,
    inactive: BTreeMap<(OdsCode, NhsNumber), InactiveNotice>,
    pub(super) uploads: BTreeMap<(OdsCode, String), Upload>,
    pub(super) people: BTreeMap<NhsNumber, Demographics>,
}

/// Reading.
impl Cpis {
    pub(super) fn record(&self, patient: NhsNumber, author: Option<&str>) -> CpisRecord {
        let plans = self.plans.values().filter(|plan| plan.patient == patient);
        let mut plans: Vec<_> = plans.cloned().collect();
        plans.sort_by(|a, b| {
            let place = |plan: &Plan| (plan.authority.code.clone(), plan.start, plan.kind);
            place(a).cmp(&place(b))
        });
        let mut accesses: Vec<_> = self.accesses_of(patient).cloned().collect();
        accesses.sort_by(|a, b| (b.at, &b.query).cmp(&(a.at, &a.query)));
        let is_authors = |access: &&Access| Some(access.author.key().as_str()) == author;
        let last_of_author = accesses.iter().find(is_authors).cloned();
        accesses.truncate(SHOWN);
        CpisRecord {
            plans,
            accesses,
            last_of_author,
            count: self.count(patient),
        }
    }

    fn accesses_of(&self, patient: NhsNumber) -> impl Iterator<Item = &Access> {
        let all = self.accesses.values();
        all.filter(move |access| access.patient == patient)
    }

    /// How many accesses to a patient's record count.
    pub(super) fn count(&self, patient: NhsNumber) -> u64 {
        self.accesses_of(patient).count() as u64
    }

    pub(super) fn batch(&self, keys: &[PlanKey]) -> CpisBatch {
        let plan = |key| self.plans.get(key).cloned();
        let person = |key: &PlanKey| self.people.get(&key.patient).cloned();
        (
            keys.iter().map(plan).collect(),
            keys.iter().map(person).collect(),
        )
    }

    pub(super) fn notices(&self, filter: &NoticeFilter) -> Vec<AccessNotice> {
        let wanted = |notice: &&AccessNotice| {
            filter.is_met_by(
                &notice.authority,
                notice.told_at.is_none(),
                notice.access.at,
            )
        };
        let mut found: Vec<_> = self.notices.values().filter(wanted).cloned().collect();
        found.sort_by(|a, b| {
            let place = |one: &AccessNotice| (one.created_at, one.access.query.clone());
            place(a).cmp(&place(b))
        });
        found.truncate(filter.limit);
        found
    }

    pub(super) fn inactive(&self, filter: &NoticeFilter) -> Vec<InactiveNotice> {
        let wanted = |notice: &&InactiveNotice| {
            filter.is_met_by(
                &notice.authority,
                notice.told_at.is_none(),
                notice.created_at,
            )
        };
        let mut found: Vec<_> = self.inactive.values().filter(wanted).cloned().collect();
        found.sort_by_key(|notice| (notice.created_at, notice.patient));
        found.truncate(filter.limit);
        found
    }
}

impl NoticeFilter {
    fn is_met_by(&self, authority: &OdsCode, is_pending: bool, at: jiff::Timestamp) -> bool {
        let is_theirs = |wanted: &OdsCode| wanted == authority;
        self.authority.as_ref().is_none_or(is_theirs)
            && (is_pending || !self.pending)
            && self.from.is_none_or(|from| cut(from) <= at)
            && self.to.is_none_or(|to| at <= cut(to))
    }
}

/// Writing.
impl Cpis {
    pub(super) fn apply(&mut self, changes: CpisChanges) {
        for mut new in changes.plans {
            let key = PlanKey::from(&new);
            if let Some(old) = self.plans.get(&key) {
                new.created_at = old.created_at;
            }
            self.plans.insert(key, new);
        }
        for new in changes.accesses {
            self.accesses.entry(new.query.clone()).or_insert(new);
        }
        for new in changes.notices {
            let key = (new.authority.clone(), new.access.query.clone());
            self.notices.entry(key).or_insert(new);
        }
        for new in changes.inactive {
            let key = (new.authority.clone(), new.patient);
            self.inactive.entry(key).or_insert(new);
        }
        changes.told.into_iter().for_each(|told| self.tell(told));
        for new in changes.uploads {
            let key = (new.authority.clone(), new.file.clone());
            self.uploads.insert(key, new);
        }
        for new in changes.people {
            self.people.insert(new.number, new);
        }
    }

    fn tell(&mut self, told: Told) {
        let (told_at, at) = match told {
            Told::Access {
                authority,
                query,
                at,
            } => {
                let notice = self.notices.get_mut(&(authority, query));
                (notice.map(|notice| &mut notice.told_at), at)
            }
            Told::Inactive {
                authority,
                patient,
                at,
            } => {
                let notice = self.inactive.get_mut(&(authority, patient));
                (notice.map(|notice| &mut notice.told_at), at)
            }
        };
        if let Some(told_at) = told_at {
            told_at.get_or_insert(at);
        }
    }
}
