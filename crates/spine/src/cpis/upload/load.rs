//! The second reading of an upload: its records are decided and stored, batch by batch.

use std::collections::{BTreeMap, BTreeSet};

use domain::audit::AuditEvent;
use domain::cpis::{Plan, RecordOutcome};
use hl7v3::cpis::file::upload::{Item, Record};
use store::{Commit, CpisChanges, MailMessage, PlanKey, Precondition, StoreError, Upload};

use super::check::{self, Sound};
use super::decide::{Letter, View, decide, keys};
use super::feed::{Feed, Next};
use super::trail::{Step, Trail};
use super::{Trouble, UploadWorker, outcomes};

impl UploadWorker {
    /// Stores the records of a whole file from where it was left. `read` is how many of them the
    /// store has had so far; `None` if it does not know the file.
    pub(super) async fn load(
        &self,
        message: &MailMessage,
        sound: &Sound,
        mut upload: Upload,
        mut read: Option<u64>,
    ) -> Result<Upload, Trouble> {
        let asks_pds = self.post.store().knows_people().await;
        let asks_pds = asks_pds.map_err(Trouble::Pds)?;
        let mut feed = check::feed(&self.post, message, self.config.check_digit);
        skip(&mut feed, upload.outcomes.len()).await?;
        let progress = self.post.progress();
        progress.set(
            &message.id,
            outcomes::count(&upload.outcomes),
            upload.declared,
        );
        loop {
            let records = batch(&mut feed, self.config.batch.max(1)).await?;
            if records.is_empty() {
                return Ok(upload);
            }
            let letter = Letter::new(&sound.head.organisation, &sound.file, self.post.env().now());
            let view = self.view(&records, &letter, asks_pds).await?;
            let trail = Trail::new(&upload, &letter);
            let decided = settle(&records, &letter, view, &trail);
            upload.outcomes.extend(decided.outcomes);
            let commit = Commit {
                preconditions: vec![Precondition::UploadAt {
                    authority: upload.authority.clone(),
                    file: upload.file.clone(),
                    read,
                }],
                cpis: CpisChanges {
                    plans: decided.plans,
                    uploads: vec![upload.clone()],
                    ..CpisChanges::default()
                },
                audit: decided.events,
                ..Commit::default()
            };
            self.post.store().commit(commit).await?;
            let count = outcomes::count(&upload.outcomes);
            read = Some(count);
            progress.set(&message.id, count, upload.declared);
        }
    }

    /// What is stored that a batch is decided on.
    async fn view(
        &self,
        records: &[Record],
        letter: &Letter,
        asks_pds: bool,
    ) -> Result<View, Trouble> {
        let wanted: BTreeSet<PlanKey> = records.iter().flat_map(|r| keys(r, letter)).collect();
        let wanted: Vec<PlanKey> = wanted.into_iter().collect();
        let found = self.post.store().cpis_batch(wanted.clone()).await;
        let (plans, people) = found.map_err(match asks_pds {
            true => Trouble::Pds,
            false => Trouble::Store,
        })?;
        let plans = wanted.into_iter().zip(plans);
        let plans = plans.filter_map(|(key, plan)| Some((key, plan?)));
        let people = people.into_iter().flatten();
        let people = people.map(|person| (person.number, person));
        Ok(View {
            plans: plans.collect(),
            people: asks_pds.then(|| people.collect()),
        })
    }
}

/// What becomes of a batch.
struct Decided {
    outcomes: Vec<RecordOutcome>,
    /// Plans as they are from now on, each once.
    plans: Vec<Plan>,
    /// For the audit: whose records these were, and what became of them.
    events: Vec<AuditEvent>,
}

/// Decides records in their order: each sees what those before it came to.
fn settle(records: &[Record], letter: &Letter, mut view: View, trail: &Trail) -> Decided {
    let mut changed: BTreeMap<PlanKey, Plan> = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(records.len());
    let mut events = Vec::with_capacity(records.len());
    for record in records {
        let decided = decide(record, letter, &view);
        outcomes.push(match decided {
            Ok(plans) => {
                let mut steps = Vec::with_capacity(plans.len());
                for plan in plans {
                    let key = PlanKey::from(&plan);
                    let before = view.plans.insert(key.clone(), plan.clone());
                    steps.push(Step::of(before.as_ref(), &plan));
                    changed.insert(key, plan);
                }
                events.extend(trail.stored(record, &steps));
                RecordOutcome::STORED
            }
            Err(outcome) => {
                events.extend(trail.refused(record, outcome));
                outcome
            }
        });
    }
    Decided {
        outcomes,
        plans: changed.into_values().collect(),
        events,
    }
}

/// Passes over the records that have been stored.
async fn skip(feed: &mut Feed<'_>, records: usize) -> Result<(), StoreError> {
    for _ in 0..records {
        record(feed).await?;
    }
    Ok(())
}

/// The next records, so many if there are.
async fn batch(feed: &mut Feed<'_>, size: usize) -> Result<Vec<Record>, StoreError> {
    let mut records = Vec::new();
    while records.len() < size {
        match record(feed).await? {
            Some(record) => records.push(record),
            None => break,
        }
    }
    Ok(records)
}

/// The next record; none after the last.
pub(super) async fn record(feed: &mut Feed<'_>) -> Result<Option<Record>, StoreError> {
    loop {
        match feed.next().await? {
            Next::Item(Item::Record { record, .. }) => return Ok(Some(record)),
            Next::Item(_) => {}
            Next::Over => return Ok(None),
            // It was whole when it was checked, and what is stored does not change.
            Next::Broken(error) => return Err(StoreError::Corrupt(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests;
