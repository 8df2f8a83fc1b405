//! What authorities are told: who looked at what they uploaded (REPC_MT000004GB01), and which
//! numbers went out of use (REPC_MT000005GB01).
//!
//! [`NoticeWorker`] gathers what is to be told to an authority into files and puts them into its
//! mailbox. That a notice has been told is in the commit that makes the file appear, so each is
//! told once, whenever the process ends. (One worker tells what is in a store: two at the same moment
//! could tell a notice twice, for which the store has no condition.) What is for an authority without
//! a mailbox waits until it has one.
//!
//! Metrics: `minispine_cpis_notices_total` by `interaction`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::cpis::{Authority, LocalId, Plan};
use domain::{NhsNumber, OdsCode};
use hl7v3::cpis::file::access_notice::{self, AccessNotification, NotedQuery, RecordAccess};
use hl7v3::cpis::file::inactive_notice::{self, InactiveNotification, InactivePatient};
use store::{AccessNotice, Commit, CpisChanges, InactiveNotice, NoticeFilter, StoreError, Told};
use transport::Shutdown;

use super::query::zoned;
use crate::mail::{Envelope, MailboxId, Outgoing, Post, id_of, workflow};

/// The most notices of one file, whatever is configured: so many are one chunk.
const MOST_PER_FILE: usize = 1000;

/// The most files of one kind that an authority gets in one round, so that all have their turn.
const MOST_FILES: usize = 100;

/// How many notices that wait for a mailbox are looked at for the log.
const LOOKED_AT: usize = 1000;

/// How notices are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeConfig {
    /// How often is looked for new ones.
    pub poll: Duration,
    /// The most notices of one file.
    pub per_file: usize,
}

impl Default for NoticeConfig {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(60),
            per_file: 500,
        }
    }
}

/// Tells authorities what they are to be told.
pub struct NoticeWorker {
    config: NoticeConfig,
    post: Post,
    /// The authorities without a mailbox, as the log last had them.
    stuck: Mutex<BTreeSet<OdsCode>>,
}

/// What one round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Round {
    /// Files that were put into mailboxes.
    pub files: usize,
    /// Notices in them.
    pub told: usize,
    /// Authorities that have notices and no mailbox.
    pub stuck: usize,
}

/// Whom a file is for.
struct Recipient {
    code: OdsCode,
    mailbox: MailboxId,
}

/// A file that is to be sent.
struct Letter {
    id: String,
    workflow: String,
    document: Vec<u8>,
    told: Vec<Told>,
}

impl NoticeWorker {
    /// A worker over these mailboxes.
    pub fn new(config: NoticeConfig, post: Post) -> Self {
        Self {
            config,
            post,
            stuck: Mutex::default(),
        }
    }

    /// Works until it is told to stop. It may also be dropped at any time: nothing is lost by it.
    pub async fn run(self, mut shutdown: Shutdown) {
        loop {
            let round = tokio::select! {
                () = shutdown.recv() => return,
                round = self.round() => round,
            };
            if let Err(error) = round {
                tracing::warn!(%error, "notices have to wait");
            }
            tokio::select! {
                () = shutdown.recv() => return,
                () = tokio::time::sleep(self.config.poll) => {}
            }
        }
    }

    /// Tells everything that can be told now.
    pub async fn round(&self) -> Result<Round, StoreError> {
        let mut round = Round::default();
        for (code, mailbox) in self.post.mailboxes().organisations() {
            let recipient = Recipient { code, mailbox };
            self.tell_accesses(&recipient, &mut round).await?;
            self.tell_inactive(&recipient, &mut round).await?;
        }
        round.stuck = self.look_for_stuck().await?;
        Ok(round)
    }

    async fn tell_accesses(&self, to: &Recipient, round: &mut Round) -> Result<(), StoreError> {
        for _ in 0..MOST_FILES {
            let pending = self
                .post
                .store()
                .cpis_notices(self.wanted(Some(to)))
                .await?;
            if pending.is_empty() {
                return Ok(());
            }
            let mut known = Known::default();
            let mut accesses = Vec::with_capacity(pending.len());
            for notice in &pending {
                let local_id = self.local_id(to, notice.access.patient, &mut known).await?;
                accesses.push(access(notice, local_id.as_ref()));
            }
            let ids = pending.iter().map(|notice| notice.access.query.as_str());
            let id = self.letter_id(to, workflow::ACCESS, ids);
            let now = self.post.env().now();
            let document = access_notice::document(&AccessNotification {
                id: id.clone(),
                at: zoned(now),
                recipient: known.authority(to),
                accesses,
            });
            let told = pending.iter().map(|notice| Told::Access {
                authority: to.code.clone(),
                query: notice.access.query.clone(),
                at: now,
            });
            let letter = Letter {
                id,
                workflow: self.post.workflows().access.clone(),
                document,
                told: told.collect(),
            };
            self.send(to, letter, round).await?;
        }
        Ok(())
    }

    async fn tell_inactive(&self, to: &Recipient, round: &mut Round) -> Result<(), StoreError> {
        for _ in 0..MOST_FILES {
            let pending = self
                .post
                .store()
                .cpis_inactive(self.wanted(Some(to)))
                .await?;
            if pending.is_empty() {
                return Ok(());
            }
            let mut known = Known::default();
            let mut patients = Vec::with_capacity(pending.len());
            for notice in &pending {
                let local_id = self.local_id(to, notice.patient, &mut known).await?;
                patients.push(inactive(notice, local_id));
            }
            let ids = pending.iter().map(|notice| notice.patient.as_str());
            let id = self.letter_id(to, workflow::INACTIVE, ids);
            let now = self.post.env().now();
            let document = inactive_notice::document(&InactiveNotification {
                id: id.clone(),
                at: zoned(now),
                recipient: known.authority(to),
                patients,
            });
            let told = pending.iter().map(|notice| Told::Inactive {
                authority: to.code.clone(),
                patient: notice.patient,
                at: now,
            });
            let letter = Letter {
                id,
                workflow: self.post.workflows().inactive.clone(),
                document,
                told: told.collect(),
            };
            self.send(to, letter, round).await?;
        }
        Ok(())
    }

    /// Puts a file into a mailbox, and notes in the same commit what has been told with it.
    async fn send(
        &self,
        to: &Recipient,
        letter: Letter,
        round: &mut Round,
    ) -> Result<(), StoreError> {
        let envelope = Envelope {
            id: letter.id.clone(),
            from: self.post.mailboxes().own().clone(),
            to: to.mailbox.clone(),
            workflow: letter.workflow.clone(),
            local_id: None,
            file_name: None,
            subject: None,
            chunks: 1,
        };
        let count = letter.told.len();
        let mut event = self.post.event(&letter.workflow, &letter.id, "sent");
        event.organisation = Some(to.code.clone());
        event.decision = Some(format!("notices: {count}; to mailbox {}", to.mailbox));
        let operation = self.post.workflows().operation(&letter.workflow);
        let mut out = Outgoing::new(&self.post, envelope, Vec::new());
        out.write(&letter.document).await?;
        let commit = Commit {
            mail: out.finish(),
            cpis: CpisChanges {
                told: letter.told,
                ..CpisChanges::default()
            },
            audit: vec![event],
            ..Commit::default()
        };
        self.post.store().commit(commit).await?;
        round.files += 1;
        round.told += count;
        let counted = u64::try_from(count).unwrap_or(u64::MAX);
        metrics::counter!("minispine_cpis_notices_total", "interaction" => operation)
            .increment(counted);
        tracing::info!(
            interaction = operation,
            message_id = letter.id,
            authority = to.code.as_str(),
            count,
            "notices sent"
        );
        Ok(())
    }

    fn wanted(&self, to: Option<&Recipient>) -> NoticeFilter {
        NoticeFilter {
            authority: to.map(|to| to.code.clone()),
            pending: true,
            limit: match to {
                Some(_) => self.config.per_file.clamp(1, MOST_PER_FILE),
                None => LOOKED_AT,
            },
            ..NoticeFilter::default()
        }
    }

    /// The id of a file: the same for the same notices, at the same instant.
    fn letter_id<'n>(
        &self,
        to: &Recipient,
        what: &str,
        ids: impl Iterator<Item = &'n str>,
    ) -> String {
        let now = self.post.env().now().to_string();
        let ids: Vec<&str> = ids.collect();
        let ids = ids.join(" ");
        let parts = [what, to.code.as_str(), &now, &ids];
        id_of(&parts.map(str::as_bytes))
    }

    /// The authority's own number for a person, from the plan that came last.
    async fn local_id(
        &self,
        to: &Recipient,
        patient: NhsNumber,
        known: &mut Known,
    ) -> Result<Option<LocalId>, StoreError> {
        if let Some(local_id) = known.local_ids.get(&patient) {
            return Ok(local_id.clone());
        }
        let record = self.post.store().cpis_record(patient, None).await?;
        let is_theirs = |plan: &&Plan| plan.authority.code == to.code;
        let theirs = record.plans.iter().filter(is_theirs);
        let mut theirs: Vec<&Plan> = theirs.collect();
        theirs.sort_by_key(|plan| std::cmp::Reverse(plan.updated_at));
        if let Some(last) = theirs.first() {
            known
                .name
                .get_or_insert_with(|| last.authority.name.clone());
        }
        let local_id = theirs.iter().find_map(|plan| plan.subject.local_id.clone());
        known.local_ids.insert(patient, local_id.clone());
        Ok(local_id)
    }

    /// Authorities that are to be told something and have no mailbox. The log has them when they
    /// change.
    async fn look_for_stuck(&self) -> Result<usize, StoreError> {
        let accesses = self.post.store().cpis_notices(self.wanted(None)).await?;
        let inactive = self.post.store().cpis_inactive(self.wanted(None)).await?;
        let accesses = accesses.into_iter().map(|notice| notice.authority);
        let all = accesses.chain(inactive.into_iter().map(|notice| notice.authority));
        let found: BTreeSet<OdsCode> = all
            .filter(|code| self.post.mailboxes().of(code).is_none())
            .collect();
        let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        if *stuck != found && !found.is_empty() {
            let authorities: Vec<&str> = found.iter().map(OdsCode::as_str).collect();
            let authorities = authorities.join(" ");
            tracing::warn!(authorities, "authorities with notices have no mailbox");
        }
        let count = found.len();
        *stuck = found;
        Ok(count)
    }
}

/// What is known of an authority's people while one file is made.
#[derive(Default)]
struct Known {
    local_ids: BTreeMap<NhsNumber, Option<LocalId>>,
    name: Option<String>,
}

impl Known {
    /// As it calls itself, if any of its plans is still there.
    fn authority(&self, to: &Recipient) -> Authority {
        let name = self.name.clone();
        Authority {
            code: to.code.clone(),
            name: name.unwrap_or_else(|| to.code.as_str().to_owned()),
        }
    }
}

fn access(notice: &AccessNotice, local_id: Option<&LocalId>) -> RecordAccess {
    let query = NotedQuery {
        at: zoned(notice.access.at),
        ..NotedQuery::of(&notice.access, local_id)
    };
    RecordAccess {
        queries: vec![query],
        file: notice.file.clone(),
    }
}

fn inactive(notice: &InactiveNotice, local_id: Option<LocalId>) -> InactivePatient {
    InactivePatient {
        number: notice.patient,
        local_id,
        replaced_by: notice.replaced_by.into_iter().collect(),
        file: notice.file.clone(),
    }
}
