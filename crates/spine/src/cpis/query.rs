//! QUPC_IN000006GB01: what does CP-IS hold of this child or expectant mother?
//!
//! Top to bottom: may they ask, was it asked before, is the number in use, what is shown, what does
//! the access leave behind. The access, the notices, the memory of the message and the audit event
//! are one commit: nobody sees a record without a trace, and no trace is lost between two writes.

mod asked;
mod record;

pub(super) use asked::{Asked, Remembered, again, interaction_of};

use domain::audit::AuditEvent;
use domain::cpis::{Access, Plan, Standing};
use domain::time::uk_local;
use domain::{Hl7Timestamp, MessageId, OdsCode};
use hl7v3::cpis::answer::{self as wire, Seen, Shape};
use hl7v3::{AnswerParts, Interaction};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{Commit, CpisChanges, CpisRecord, Precondition, SeenKey, SeenMessage, StoreError};

use super::history::{self, Facts, Viewing};
use super::rights::{self, Care, Strangers};
use super::{Desk, NOT_AUTHORISED, Outcome, REUSED_ID};
use crate::answer::Answer;
use crate::scenario::ScenarioPack;

/// In whose name the ids of queries that count are remembered: the history knows an access by it.
const ANYBODY: &str = "*";

/// A record, and what showing it leaves behind.
#[derive(Debug)]
pub(crate) struct Found {
    answer: wire::Answer,
    shape: Shape,
    viewing: Viewing,
    /// How many accesses there were.
    count: u64,
    remembered: Remembered,
}

/// Answers a query. Why it is so goes into the event.
pub(super) async fn answer(
    desk: Desk<'_>,
    asked: &Asked,
    event: &mut AuditEvent,
) -> Result<Answer, StoreError> {
    let codes = &desk.cpis.config.codes;
    let script = |pack: ScenarioPack| pack.cpis(asked.query.patient, codes);
    let scripted = desk.scenarios.and_then(script);
    if let Some(answer) = scripted {
        return Ok(answer);
    }
    let care = match care(desk, asked) {
        Ok(care) => care,
        Err(why) => {
            event.decision = Some(why.to_string());
            return Ok(desk.cpis.refuse(NOT_AUTHORISED));
        }
    };
    let remembered = asked.remembered();
    let seen = desk.store.seen(remembered.key.clone()).await?;
    if let Some(first) = seen.filter(|seen| desk.now < seen.expires) {
        return Ok(repeated(desk, &remembered, first, event));
    }
    let person = desk.store.person(asked.query.patient).await?;
    let standing = person.map_or(Standing::Current, |person| person.standing);
    if let Some(why) = out_of_use(standing) {
        event.decision = Some(why.to_owned());
        return Ok(Answer::cpis(Outcome::Nothing(Some(remembered))));
    }
    let author = (care == Care::Unscheduled).then(|| asked.query.author.key());
    let record = desk.store.cpis_record(asked.query.patient, author).await?;
    let visible = visible(&record, desk.now);
    if visible.is_empty() {
        event.decision = Some(match record.plans.len() {
            0 => "no record".to_owned(),
            hidden => format!("no record: none of {hidden} plans is shown any more"),
        });
        return Ok(Answer::cpis(Outcome::Nothing(Some(remembered))));
    }
    let viewing = view(desk, asked, care, &record, &visible).await?;
    let Some(viewing) = viewing else {
        event.decision = Some("the id of the query was used before, for another".to_owned());
        return Ok(desk.cpis.refuse(REUSED_ID));
    };
    let answer = written(desk, asked, &visible, &viewing);
    event.decision = Some(said(care, asked, &viewing, answer.records.len()));
    Ok(Answer::cpis(Outcome::Found(Box::new(Found {
        answer,
        shape: match desk.cpis.config.legacy_history_shape {
            true => Shape::Together,
            false => Shape::OneEach,
        },
        viewing,
        count: record.count,
        remembered,
    }))))
}

/// How the query is taken, by what it says and what its author may do.
fn care(desk: Desk<'_>, asked: &Asked) -> Result<Care, rights::NotAuthorised> {
    let said = match asked.query.silent {
        true => Care::Scheduled,
        false => Care::Unscheduled,
    };
    let strangers = match desk.cpis.config.require_known_users {
        true => Strangers::Refused,
        false => Strangers::Believed,
    };
    let standing = rights::standing(&desk.cpis.users, &asked.query.author, desk.now);
    rights::decide(&standing, said, strangers)
}

/// A message that was answered before: the same answer, if it is the same message.
fn repeated(
    desk: Desk<'_>,
    now: &Remembered,
    first: SeenMessage,
    event: &mut AuditEvent,
) -> Answer {
    if first.digest != now.digest {
        event.decision = Some("the message id was used before, for another message".to_owned());
        return desk.cpis.refuse(REUSED_ID);
    }
    event.decision = Some("a repetition: the first answer again".to_owned());
    Answer::cpis(Outcome::Repeated {
        discloses: interaction_of(&first.answer) == Some(Interaction::CpisAnswer),
        body: first.answer,
    })
}

/// Why a number that PDS knows has no record any more.
fn out_of_use(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Current => None,
        Standing::Superseded(_) => Some("no record: PDS has another NHS number in its place"),
        Standing::Invalid => Some("no record: PDS has declared the NHS number invalid"),
    }
}

fn visible(record: &CpisRecord, now: Timestamp) -> Vec<&Plan> {
    let local = uk_local(now);
    let plans = record.plans.iter();
    plans.filter(|plan| plan.is_visible(local)).collect()
}

/// What the access leaves behind; `None` when its query id is that of another access: of another
/// patient or author, or one that would count as well and could not be kept beside that.
async fn view(
    desk: Desk<'_>,
    asked: &Asked,
    care: Care,
    record: &CpisRecord,
    visible: &[&Plan],
) -> Result<Option<Viewing>, StoreError> {
    let present = asked.access(desk.now);
    let told_late = told_late(desk, record, visible, care).await?;
    let viewing = history::decide(Facts {
        record,
        visible,
        present: &present,
        care,
        every_query_is_told: desk.cpis.config.notices_within_a_day,
        told_late: &told_late,
    });
    let Some(mark) = mark(&present) else {
        return Ok(Some(viewing));
    };
    let first = desk.store.seen(mark).await?;
    let is_used = first
        .is_some_and(|first| viewing.access.is_some() || first.digest != by_whom_of_whom(&present));
    Ok((!is_used).then_some(viewing))
}

/// The authorities that have been told already of a later query than the one that stands for this.
async fn told_late(
    desk: Desk<'_>,
    record: &CpisRecord,
    visible: &[&Plan],
    care: Care,
) -> Result<Vec<OdsCode>, StoreError> {
    let first = history::stands_for(record, desk.now);
    let Some(first) = first.filter(|_| care == Care::Unscheduled) else {
        return Ok(Vec::new());
    };
    let mut told = Vec::new();
    for authority in history::authorities(visible) {
        if !history::is_late(visible, &authority, first.at) {
            continue;
        }
        let Some(mark) = history::late_mark(&authority, first) else {
            continue;
        };
        if desk.store.seen(mark).await?.is_some() {
            told.push(authority);
        }
    }
    Ok(told)
}

/// What has to be the same when the query id of an access comes again.
fn by_whom_of_whom(access: &Access) -> [u8; 32] {
    let said = format!("{} {}", access.patient.as_str(), access.author.key());
    Sha256::digest(said).into()
}

/// By which the query id of an access is known: the first access of an id is the only one kept.
fn mark(access: &Access) -> Option<SeenKey> {
    Some(SeenKey {
        sender: ANYBODY.to_owned(),
        interaction: "CP-IS access".to_owned(),
        message: MessageId::parse(&access.query).ok()?,
    })
}

fn written(desk: Desk<'_>, asked: &Asked, visible: &[&Plan], viewing: &Viewing) -> wire::Answer {
    let seen = |access: &Access| Seen {
        id: access.query.clone(),
        at: zoned(access.at),
        author: access.author.clone(),
        patient: access.patient,
    };
    wire::Answer {
        id: asked.query.id.clone(),
        at: zoned(desk.now),
        accesses: viewing.shown.iter().map(seen).collect(),
        records: record::group(visible),
    }
}

/// An instant as the national service writes it here: in UTC, with its zone.
pub(super) fn zoned(instant: Timestamp) -> Hl7Timestamp {
    let text = instant.strftime("%Y%m%d%H%M%S+0000").to_string();
    Hl7Timestamp::parse(&text).unwrap_or_else(|_| Hl7Timestamp::from_instant(instant))
}

/// What was done, for the audit.
fn said(care: Care, asked: &Asked, viewing: &Viewing, records: usize) -> String {
    let how = match (care, asked.query.silent, &viewing.access) {
        (Care::Scheduled, true, _) => "a silent read",
        (Care::Scheduled, false, _) => "a silent read, by the user's activity",
        (Care::Unscheduled, true, Some(_)) => "an access, by the user's activity",
        (Care::Unscheduled, _, Some(_)) => "an access",
        (Care::Unscheduled, _, None) => "no new access: the same author within a day",
    };
    let told = viewing.notices.iter();
    let told: Vec<&str> = told.map(|notice| notice.authority.as_str()).collect();
    match told.is_empty() {
        true => format!("{how}; records: {records}"),
        false => format!("{how}; records: {records}; told: {}", told.join(" ")),
    }
}

impl Found {
    pub(super) fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        wire::Found {
            answer: &self.answer,
            shape: self.shape,
        }
        .write(parts)
    }

    /// What is written with the answer, provided that nobody looked meanwhile.
    pub(super) fn commit(&self, answer: &[u8], at: Timestamp) -> Commit {
        let viewing = &self.viewing;
        let mut commit = Commit {
            seen: vec![self.remembered.seen(answer, at)],
            cpis: CpisChanges {
                accesses: viewing.access.iter().cloned().collect(),
                notices: viewing.notices.clone(),
                ..CpisChanges::default()
            },
            ..Commit::default()
        };
        let late = viewing.late.iter().cloned();
        let late = late.map(|key| (Sha256::digest(key.message.as_str()).into(), key));
        let kept = viewing.access.as_ref();
        let kept = kept.and_then(|access| Some((by_whom_of_whom(access), mark(access)?)));
        for (digest, key) in kept.into_iter().chain(late) {
            commit.seen.push(SeenMessage {
                digest,
                key,
                answer: Vec::new(),
                at,
                expires: Timestamp::MAX,
            });
        }
        if let Some(access) = &viewing.access {
            commit.preconditions.push(Precondition::CpisAccesses {
                patient: access.patient,
                count: self.count,
            });
        }
        commit
    }
}
