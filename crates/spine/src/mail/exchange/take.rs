//! From `out` into the mailbox it is for.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use hl7v3::cpis::file::control::{self, Control};
use sha2::{Digest, Sha256};
use store::{Commit, MailChanges, MailMessage, MailState};
use transport::files::{self, PlainReader};

use super::envelope::envelope;
use super::folder::Folder;
use super::pairs::{self, Pair};
use super::{Again, Exchange, Passed, apart};
use crate::mail::id_of;
use crate::mail::post::{PostError, length};

/// The largest control file, bytes.
const LARGEST_CONTROL: usize = 64 << 10;

/// What becomes of what lies there.
enum Fate {
    /// It is on its way.
    Taken,
    /// It may still become something.
    Waits,
    /// It never will, for this reason.
    Fails(String),
}

/// A control file, and by what it is known again.
struct Slip {
    control: Control,
    digest: [u8; 32],
}

/// What a data file is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Measure {
    digest: [u8; 32],
    size: u64,
    chunks: u32,
}

impl Exchange {
    /// Takes everything that can be taken.
    pub(super) async fn take_all(&self, folder: &Folder, passed: &mut Passed) {
        let out = folder.out();
        let lying = match apart(move || pairs::list(&out)).await {
            Ok(lying) => lying,
            Err(error) => {
                passed.again += 1;
                return self.tell(folder, "out", &error.to_string());
            }
        };
        for odd in &lying.odd {
            self.tell(folder, odd, "no plain file, or a name that cannot be used");
        }
        for (name, pair) in lying.pairs {
            let fate = self.fate(folder, &name, &pair).await;
            let settled = match fate {
                Ok(Fate::Fails(why)) => self.fail(folder, &name, &pair, &why).await.map(|()| {
                    passed.failed += 1;
                    // The rest may quote the file; the report has it.
                    let (rule, _) = why.split_once(':').unwrap_or((&why, ""));
                    self.tell(folder, &name, rule);
                }),
                Ok(Fate::Taken) => {
                    passed.taken += 1;
                    self.forget(folder, &name);
                    Ok(())
                }
                Ok(Fate::Waits) => Ok(()),
                Err(again) => Err(again),
            };
            if let Err(again) = settled {
                passed.again += 1;
                self.tell(folder, &name, &again.to_string());
            }
        }
    }

    async fn fate(&self, folder: &Folder, name: &str, pair: &Pair) -> Result<Fate, Again> {
        match (&pair.data, &pair.control) {
            (Some(data), Some(control)) => self.whole(folder, name, data, control).await,
            (Some(data), None) => self.half(folder, name, data, "it has no control file (.ctl)"),
            (None, Some(control)) => {
                if self.was_taken(folder, name, control).await? {
                    return Ok(Fate::Taken);
                }
                let why = "02 Data file is missing or inaccessible";
                self.half(folder, name, control, why)
            }
            (None, None) => Ok(Fate::Waits),
        }
    }

    /// Half of what is wanted: it is given a while.
    fn half(&self, folder: &Folder, name: &str, file: &Path, why: &str) -> Result<Fate, Again> {
        let stamp = files::stamp(file)?;
        let now = self.post.env().monotonic();
        let mut patience = self.patience.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match patience.is_over(folder.mailbox(), name, stamp, now) {
            true => Fate::Fails(why.to_owned()),
            false => Fate::Waits,
        })
    }

    async fn whole(
        &self,
        folder: &Folder,
        name: &str,
        data: &Path,
        control: &Path,
    ) -> Result<Fate, Again> {
        let slip = match read_slip(control).await? {
            Ok(slip) => slip,
            // It may still be being written.
            Err(why) => return self.half(folder, name, control, &why),
        };
        let measure = self.measure(data).await?;
        if measure.size == 0 {
            return self.half(folder, name, data, "02 Data file is empty");
        }
        let id = self.id(folder, name, &slip, measure);
        let mailbox = folder.mailbox();
        let envelope = envelope(&self.post, mailbox, &slip.control, &id, measure.chunks);
        let message = match envelope.map(|envelope| self.post.begin(envelope)) {
            Ok(Ok(message)) => message,
            Ok(Err(PostError::Chunks)) => return Ok(Fate::Fails("it is too large".to_owned())),
            Ok(Err(other)) => return Ok(Fate::Fails(other.to_string())),
            Err(why) => return Ok(Fate::Fails(why.to_owned())),
        };
        if !self.is_known(&id).await? {
            self.carry(message, data, measure).await?;
        }
        self.put_away(folder, name, &id, data, control).await?;
        Ok(Fate::Taken)
    }

    /// The id of the message: the same whenever the same files are read under the same name.
    fn id(&self, folder: &Folder, name: &str, slip: &Slip, measure: Measure) -> String {
        let mailbox = folder.mailbox().as_str().as_bytes();
        id_of(&[
            b"folder",
            mailbox,
            name.as_bytes(),
            &measure.digest,
            &slip.digest,
        ])
    }

    /// Whether a message has been taken whole.
    async fn is_known(&self, id: &str) -> Result<bool, Again> {
        let whole = [MailState::Accepted, MailState::Acknowledged];
        let message = self.post.message(id).await?;
        Ok(message.is_some_and(|message| whole.contains(&message.state)))
    }

    /// Cuts a file into chunks, and accepts it when it still is what it was.
    async fn carry(
        &self,
        message: MailMessage,
        data: &Path,
        measure: Measure,
    ) -> Result<(), Again> {
        self.post.announce(&message).await.map_err(storage)?;
        let mut reader = open(data).await?;
        let mut hash = Sha256::new();
        for number in 1..=measure.chunks {
            let bytes;
            (reader, bytes) = self.read(reader).await?;
            if bytes.is_empty() {
                return self.abandon(message).await;
            }
            hash.update(&bytes);
            let kept = self.post.keep(&message, number, &bytes).await;
            kept.map_err(storage)?;
        }
        let (_, rest) = self.read(reader).await?;
        let digest: [u8; 32] = hash.finalize().into();
        if digest != measure.digest || !rest.is_empty() {
            return self.abandon(message).await;
        }
        let mut event = self.post.event(&message.workflow, &message.id, "accepted");
        event.decision = Some(format!("from the folder of mailbox {}", message.from));
        let accepted = self.post.accept(&message, measure.size, Vec::new(), event);
        accepted.await.map_err(storage)
    }

    /// A file that was changed while it was read becomes another message.
    async fn abandon(&self, mut message: MailMessage) -> Result<(), Again> {
        message.state = MailState::Failed;
        let commit = Commit {
            mail: MailChanges {
                emptied: vec![message.id.clone()],
                messages: vec![message],
                chunks: Vec::new(),
            },
            ..Commit::default()
        };
        self.post.store().commit(commit).await?;
        Err(Again::Changed)
    }

    /// Both files into `sent`, the data file first: half a pair there says that the other half,
    /// which is still in `out`, has been taken too.
    async fn put_away(
        &self,
        folder: &Folder,
        name: &str,
        id: &str,
        data: &Path,
        control: &Path,
    ) -> Result<(), Again> {
        let name = free_name(name, id, |file| files::exists(folder.sent(file)));
        let moves = [
            (data.to_owned(), folder.sent(&format!("{name}.dat"))),
            (control.to_owned(), folder.sent(&format!("{name}.ctl"))),
        ];
        apart(move || move_all(&moves)).await?;
        Ok(())
    }

    /// Whether a control file without its data file is what a crash left of a pair that was taken;
    /// then it follows.
    async fn was_taken(&self, folder: &Folder, name: &str, control: &Path) -> Result<bool, Again> {
        let Ok(slip) = read_slip(control).await? else {
            return Ok(false);
        };
        let sent = folder.all_sent();
        let lying = apart(move || pairs::list(&sent)).await?;
        let later = format!("{name}.");
        for (sent, pair) in lying.pairs {
            let is_of = sent == name || sent.starts_with(&later);
            let (Some(data), None, true) = (&pair.data, &pair.control, is_of) else {
                continue;
            };
            let measure = self.measure(data).await?;
            let id = self.id(folder, name, &slip, measure);
            if self.is_known(&id).await? {
                let moves = [(control.to_owned(), folder.sent(&format!("{sent}.ctl")))];
                apart(move || move_all(&moves)).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What there is of a pair goes to `failed`, after a report that says why.
    async fn fail(&self, folder: &Folder, name: &str, pair: &Pair, why: &str) -> Result<(), Again> {
        let now = self.post.env().now();
        let id = id_of(&[name.as_bytes(), now.to_string().as_bytes()]);
        let free = free_name(name, &id, |file| files::exists(folder.failed(file)));
        let report = format!("{}\n{why}\n", now.strftime("%Y-%m-%dT%H:%M:%SZ"));
        let written = folder.failed(&format!("{free}.txt"));
        let halves = [(&pair.data, "dat"), (&pair.control, "ctl")];
        let moves: Vec<_> = halves
            .into_iter()
            .filter_map(|(file, ending)| {
                let to = folder.failed(&format!("{free}.{ending}"));
                Some((file.clone()?, to))
            })
            .collect();
        apart(move || {
            files::write_private(written, report)?;
            move_all(&moves)
        })
        .await?;
        self.forget(folder, name);
        Ok(())
    }

    fn forget(&self, folder: &Folder, name: &str) {
        let mut patience = self.patience.lock().unwrap_or_else(PoisonError::into_inner);
        patience.forget(folder.mailbox(), name);
    }

    async fn measure(&self, data: &Path) -> Result<Measure, Again> {
        let mut reader = open(data).await?;
        let mut hash = Sha256::new();
        let (mut size, mut chunks) = (0, 0_u32);
        loop {
            let bytes;
            (reader, bytes) = self.read(reader).await?;
            if bytes.is_empty() {
                break;
            }
            hash.update(&bytes);
            size += length(&bytes);
            chunks = chunks.saturating_add(1);
        }
        Ok(Measure {
            digest: hash.finalize().into(),
            size,
            chunks,
        })
    }

    /// The next chunk, and the reader back.
    async fn read(&self, mut reader: PlainReader) -> Result<(PlainReader, Vec<u8>), Again> {
        let most = self.config.chunk_bytes.clamp(1, store::MAX_CHUNK_BYTES);
        let read = apart(move || {
            let bytes = reader.read_up_to(most)?;
            Ok((reader, bytes))
        });
        Ok(read.await?)
    }
}

async fn open(path: &Path) -> Result<PlainReader, Again> {
    let path = path.to_owned();
    Ok(apart(move || PlainReader::open(path)).await?)
}

/// A control file, or what is wrong with it.
async fn read_slip(path: &Path) -> Result<Result<Slip, String>, Again> {
    let path = path.to_owned();
    let read = apart(move || PlainReader::open(path)?.read_up_to(LARGEST_CONTROL + 1));
    let bytes = read.await?;
    if bytes.len() > LARGEST_CONTROL {
        return Ok(Err("06 Malformed control file: it is too large".to_owned()));
    }
    let slip = control::read(&bytes).map(|control| Slip {
        control,
        digest: Sha256::digest(&bytes).into(),
    });
    Ok(slip.map_err(|error| format!("06 Malformed control file: {error}")))
}

/// The store's own errors can be tried again; whatever else the post says cannot come from here.
fn storage(error: PostError) -> Again {
    match error {
        PostError::Store(error) => Again::Store(error),
        other => Again::File(io::Error::other(other.to_string())),
    }
}

/// The name itself, unless a file of it is there already: then with the beginning of the id.
fn free_name(name: &str, id: &str, exists: impl Fn(&str) -> bool) -> String {
    let endings = ["dat", "ctl", "txt"];
    let is_used = endings
        .iter()
        .any(|ending| exists(&format!("{name}.{ending}")));
    let (beginning, _) = id.split_once('-').unwrap_or((id, ""));
    match is_used {
        true => format!("{name}.{beginning}"),
        false => name.to_owned(),
    }
}

fn move_all(moves: &[(PathBuf, PathBuf)]) -> io::Result<()> {
    moves
        .iter()
        .try_for_each(|(from, to)| files::rename(from, to))
}
