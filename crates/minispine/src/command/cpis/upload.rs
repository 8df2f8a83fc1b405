//! `minispine cpis upload`: a file from an authority to CP-IS, and what came of it.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::cpis::FileCode;
use transport::files::AtomicWriter;
use transport::{Environment, files};

use super::Numbers;
use super::acknowledgement::{Reading, Report};
use super::look_up::look_up;
use crate::arguments::CpisUpload;
use crate::demo::AuthorityFile;
use crate::mailbox::{Chunk, Label, Mailbox};
use crate::progress;

/// How often it is looked for the acknowledgement: at first, and at the least.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// An acknowledgement that came, as far as it was looked at. Every chunk that is fetched is a
/// disclosure, so none is fetched twice.
struct Arrived {
    id: String,
    first: Chunk,
}

pub(crate) async fn run(upload: CpisUpload) -> Result<ExitCode> {
    let env = Environment::system();
    let authority = upload.authority.file()?;
    let mailbox = Mailbox::open(&authority)?;
    let began = env.monotonic();
    let local_id = env.uuid();
    // What waits before the file has gone is not its acknowledgement.
    let workflow = &authority.workflows.acknowledgement;
    let others = mailbox.waiting(workflow).await?.into_iter().collect();
    let message = send(&upload, &authority, &mailbox, &local_id).await?;
    let ours = (&*message, &*local_id);
    let Arrived { id, first } = wait(&upload, &authority, &mailbox, ours, others).await?;
    let mut report = fetch(&upload, &mailbox, &id, first).await?;
    if let Err(error) = look_up(&upload.file, &mut report) {
        super::super::complain(&format!(
            "minispine: {} cannot be read again: {error:#}",
            upload.file.display()
        ));
    }
    let took = env.monotonic().saturating_sub(began);
    let numbers = Numbers::new(upload.numbers);
    super::super::print(&match upload.json {
        true => report.json(numbers, took).to_string() + "\n",
        false => report.text(numbers, took),
    })?;
    // Only what has been told is dropped.
    mailbox.acknowledge(&id).await?;
    Ok(exit_code(&report))
}

async fn send(
    upload: &CpisUpload,
    authority: &AuthorityFile,
    mailbox: &Mailbox,
    local_id: &str,
) -> Result<String> {
    let path = &upload.file;
    let size = files::size(path).with_context(|| format!("cannot read {}", path.display()))?;
    if size == 0 {
        bail!("{} is empty", path.display());
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let label = Label {
        to: &authority.cpis_mailbox,
        workflow: &authority.workflows.upload,
        local_id,
        file_name: name.unwrap_or("upload.xml"),
    };
    let bar = progress::bytes(size, "sending");
    let chunk = usize::try_from(upload.chunk)?;
    let sent = mailbox.send(path, &label, chunk, |count| bar.inc(count));
    let id = sent.await?;
    bar.finish();
    Ok(id)
}

/// Waits until the acknowledgement is there, and shows how far the records have been read.
async fn wait(
    upload: &CpisUpload,
    authority: &AuthorityFile,
    mailbox: &Mailbox,
    (message, local_id): (&str, &str),
    mut seen: BTreeSet<String>,
) -> Result<Arrived> {
    let env = Environment::system();
    let until = env.monotonic() + Duration::from_secs(upload.wait);
    let bar = progress::bar(0, "records read");
    let mut pause = FIRST_LOOK;
    loop {
        let tracked = mailbox.track(message).await?;
        if let Some((read, declared)) = tracked.records {
            bar.set_length(declared);
            bar.set_position(read);
        }
        if tracked.status == "Error" {
            bail!("the file was set aside: its workflow id is none of CP-IS");
        }
        for id in mailbox
            .waiting(&authority.workflows.acknowledgement)
            .await?
        {
            // Of another upload, perhaps of another process: it stays there.
            if !seen.insert(id.clone()) {
                continue;
            }
            let first = mailbox.fetch(&id, 1).await?;
            if first.local_id.as_deref() == Some(local_id) {
                bar.finish();
                return Ok(Arrived { id, first });
            }
        }
        if env.monotonic() >= until {
            bail!(
                "no acknowledgement within {} s; the file was taken as message {message}, and \
                 its acknowledgement will come to mailbox {}",
                upload.wait,
                authority.mailbox
            );
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOK_AGAIN);
    }
}

/// Reads the acknowledgement as it comes, chunk by chunk.
async fn fetch(upload: &CpisUpload, mailbox: &Mailbox, id: &str, first: Chunk) -> Result<Report> {
    let mut reading = Reading::new();
    let subject = first.subject.clone();
    let copy = upload.acknowledgement.as_ref();
    let mut copy = copy
        .map(|path| {
            AtomicWriter::create(path).with_context(|| format!("cannot write {}", path.display()))
        })
        .transpose()?;
    let mut number = 1;
    let mut chunk = first;
    loop {
        reading.push(&chunk.bytes)?;
        if let Some(copy) = &mut copy {
            copy.write_all(&chunk.bytes)?;
        }
        if number >= chunk.of {
            break;
        }
        number += 1;
        chunk = mailbox.fetch(id, number).await?;
    }
    if let Some(copy) = copy {
        copy.finish()?;
    }
    let mut report = reading.finish()?;
    report.set_subject(subject);
    Ok(report)
}

fn exit_code(report: &Report) -> ExitCode {
    match report.code() {
        Some(FileCode::Stored) => ExitCode::SUCCESS,
        Some(FileCode::Partial) => ExitCode::from(1),
        _ => ExitCode::from(2),
    }
}
