//! What an access leaves behind: itself in the history, and word to the authorities.
//!
//! [`decide`] is pure. It looks at the record as it was read once; whoever writes what it says
//! down does so on the condition that the accesses are still as many.

use domain::cpis::{Access, Plan, is_new, shown};
use domain::{MessageId, OdsCode};
use jiff::Timestamp;
use store::{AccessNotice, CpisRecord, SeenKey};

use super::rights::Care;

/// What is decided on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// What is stored of the patient, asked for with the author's key.
    pub(crate) record: &'a CpisRecord,
    /// Those of its plans that are shown.
    pub(crate) visible: &'a [&'a Plan],
    /// The present query, as an access.
    pub(crate) present: &'a Access,
    /// How it is taken.
    pub(crate) care: Care,
    /// Whether authorities are told of every unscheduled query, not only of those that count.
    pub(crate) every_query_is_told: bool,
    /// The authorities that were told of a later query in the place of the access that stands for
    /// the present one ([`late_mark`]).
    pub(crate) told_late: &'a [OdsCode],
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Viewing {
    /// The access to be kept; `None` when an earlier one stands for it, or the read is silent.
    pub(crate) access: Option<Access>,
    /// What the answer lists, the oldest first.
    pub(crate) shown: Vec<Access>,
    /// Whom to tell, one notice for each authority.
    pub(crate) notices: Vec<AccessNotice>,
    /// By which it is known that an authority has been told late. Empty unless one is.
    pub(crate) late: Vec<SeenKey>,
}

/// The access that stands for the present query, when it is not one of its own: an earlier one of
/// the same author, of the same day.
pub(crate) fn stands_for(record: &CpisRecord, at: Timestamp) -> Option<&Access> {
    let last = record.last_of_author.as_ref()?;
    (!is_new(Some(last), at)).then_some(last)
}

/// Decides what an access leaves behind.
pub(crate) fn decide(facts: Facts<'_>) -> Viewing {
    let earlier = &facts.record.accesses;
    if facts.care == Care::Scheduled {
        return Viewing {
            access: None,
            shown: owned(shown(earlier, None)),
            notices: Vec::new(),
            late: Vec::new(),
        };
    }
    match stands_for(facts.record, facts.present.at) {
        None => {
            let mut newest_first = vec![facts.present.clone()];
            newest_first.extend(earlier.iter().cloned());
            Viewing {
                access: Some(facts.present.clone()),
                shown: owned(shown(&newest_first, Some(facts.present))),
                notices: notices(facts, |_| true),
                late: Vec::new(),
            }
        }
        Some(first) => repeated(facts, first),
    }
}

/// The same author again within a day. Whoever was told of the first access is not told again;
/// but an authority whose plans came after that access has not been told of anything yet.
fn repeated(facts: Facts<'_>, first: &Access) -> Viewing {
    let is_late = |authority: &OdsCode| {
        is_late(facts.visible, authority, first.at) && !facts.told_late.contains(authority)
    };
    let every = facts.every_query_is_told;
    let notices = notices(facts, |authority| every || is_late(authority));
    let told = notices.iter().map(|notice| &notice.authority);
    Viewing {
        access: None,
        shown: owned(shown(&facts.record.accesses, Some(first))),
        late: told
            .filter(|authority| is_late(authority))
            .filter_map(|authority| late_mark(authority, first))
            .collect(),
        notices,
    }
}

/// Whether everything of an authority that is shown came after this.
pub(crate) fn is_late(visible: &[&Plan], authority: &OdsCode, after: Timestamp) -> bool {
    let mut theirs = visible.iter().filter(|p| p.authority.code == *authority);
    theirs.all(|plan| plan.created_at > after)
}

/// By which it is known that an authority was told of a later query, in the place of an access that
/// was before its first plan.
pub(crate) fn late_mark(authority: &OdsCode, first: &Access) -> Option<SeenKey> {
    Some(SeenKey {
        sender: authority.as_str().to_owned(),
        interaction: "CP-IS late notice".to_owned(),
        message: MessageId::parse(&first.query).ok()?,
    })
}

/// The authorities of plans, each once, in order.
pub(crate) fn authorities(visible: &[&Plan]) -> Vec<OdsCode> {
    let mut all: Vec<_> = visible.iter().map(|p| p.authority.code.clone()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// One notice for each authority that is to be told, unless it is who asks.
fn notices(facts: Facts<'_>, is_told: impl Fn(&OdsCode) -> bool) -> Vec<AccessNotice> {
    let present = facts.present;
    let asker = OdsCode::parse(&present.author.organisation().code).ok();
    authorities(facts.visible)
        .into_iter()
        .filter(|authority| asker.as_ref() != Some(authority) && is_told(authority))
        .map(|authority| AccessNotice {
            file: file(facts.visible, &authority),
            authority,
            access: present.clone(),
            created_at: present.at,
            told_at: None,
        })
        .collect()
}

/// The upload file that an authority is reminded of: the last that brought something of what is
/// shown.
fn file(visible: &[&Plan], authority: &OdsCode) -> String {
    let theirs = visible.iter().filter(|p| p.authority.code == *authority);
    let last = theirs.max_by_key(|plan| (plan.updated_at, plan.start));
    last.map(|plan| plan.file.clone()).unwrap_or_default()
}

fn owned(accesses: Vec<&Access>) -> Vec<Access> {
    accesses.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests;
