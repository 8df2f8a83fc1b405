//! From a mailbox into its `in`.
//!
//! The `.dat` is put there first, then the `.ctl`, which is what whoever waits looks for. Before that
//! a mark is written: from then on, whether the `.ctl` is still in `temp` tells whether it has
//! appeared, even after it has been taken away.

use domain::audit::AuditEvent;
use hl7v3::cpis::file::control;
use store::{Commit, MailMessage, MailState};
use transport::files::{self, AtomicWriter};

use super::envelope::control as control_of;
use super::folder::Folder;
use super::{Again, Exchange, Passed, apart};

/// The most messages that one round delivers to a mailbox.
const PER_ROUND: usize = 100;

/// The ending of marks.
const MARK: &str = "mark";

impl Exchange {
    /// Delivers everything that waits for a mailbox.
    pub(super) async fn deliver_all(&self, folder: &Folder, passed: &mut Passed) {
        let waiting = self.post.waiting(folder.mailbox(), None, PER_ROUND).await;
        let waiting = match waiting {
            Ok(waiting) => waiting,
            Err(error) => {
                passed.again += 1;
                tracing::warn!(%error, "a mailbox cannot be read");
                return;
            }
        };
        for message in &waiting {
            match self.deliver(folder, message).await {
                Ok(()) => passed.delivered += 1,
                Err(again) => {
                    passed.again += 1;
                    self.tell(folder, &message.id, &again.to_string());
                }
            }
        }
    }

    async fn deliver(&self, folder: &Folder, message: &MailMessage) -> Result<(), Again> {
        let name = |ending: &str| format!("{}.{ending}", message.id);
        let mark = folder.temp(&name(MARK));
        let control = folder.temp(&name("ctl"));
        if !files::exists(&mark) {
            self.write_data(folder, message).await?;
            let written = control::write(&control_of(message));
            let (control, mark) = (control.clone(), mark.clone());
            apart(move || {
                files::write_private(&control, written)?;
                files::write_private(&mark, b"")
            })
            .await?;
        }
        if files::exists(&control) {
            self.record(self.event(message, "delivered", true)).await?;
            let appears = folder.inbox(&name("ctl"));
            apart(move || files::rename(&control, &appears)).await?;
            self.post.count(message, "delivered");
        }
        let acknowledged = self.event(message, "acknowledged", false);
        self.post.acknowledge(message, acknowledged).await?;
        // One that stays is removed at the next start.
        let removed = apart(move || files::remove(&mark)).await;
        removed.unwrap_or_else(|error| tracing::debug!(%error, "a mark stays"));
        Ok(())
    }

    async fn write_data(&self, folder: &Folder, message: &MailMessage) -> Result<(), Again> {
        let name = format!("{}.dat", message.id);
        let (temporary, appears) = (folder.temp(&name), folder.inbox(&name));
        let begun = temporary.clone();
        let mut writer = apart(move || AtomicWriter::create(begun)).await?;
        let mut chunks = self.post.open(message);
        while let Some(bytes) = chunks.next().await? {
            writer = apart(move || {
                writer.write_all(&bytes)?;
                Ok(writer)
            })
            .await?;
        }
        apart(move || {
            writer.finish()?;
            files::rename(&temporary, &appears)
        })
        .await?;
        Ok(())
    }

    fn event(&self, message: &MailMessage, outcome: &str, disclosed: bool) -> AuditEvent {
        let mut event = self.post.event(&message.workflow, &message.id, outcome);
        event.disclosed = disclosed;
        event.decision = Some(format!("into the folder of mailbox {}", message.to));
        event
    }

    async fn record(&self, event: AuditEvent) -> Result<(), Again> {
        let commit = Commit {
            audit: vec![event],
            ..Commit::default()
        };
        self.post.store().commit(commit).await?;
        Ok(())
    }

    /// Removes what an earlier process left in `temp`: halves of files, and what belongs to messages
    /// that do not wait any more.
    pub(super) async fn tidy(&self, folder: &Folder) -> Result<(), Again> {
        let temp = folder.temp("");
        for path in apart(move || files::list_dir(temp)).await? {
            let name = path.file_name().and_then(|name| name.to_str());
            let name = name.unwrap_or_default().to_owned();
            let is_half = name.starts_with('.') && name.ends_with(".new");
            let is_old = match name.split_once('.') {
                Some((id, MARK | "ctl" | "dat")) => !self.is_waiting(id).await?,
                _ => false,
            };
            if is_half || is_old {
                apart(move || files::remove(path)).await?;
            }
        }
        Ok(())
    }

    async fn is_waiting(&self, id: &str) -> Result<bool, Again> {
        let message = self.post.message(id).await?;
        Ok(message.is_some_and(|message| message.state == MailState::Accepted))
    }
}
