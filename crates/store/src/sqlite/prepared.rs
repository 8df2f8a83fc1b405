//! A commit made ready for the writer: everything that costs time and needs no database.

use domain::record::DocumentBytes;

use super::blocks::{self, Keys};
use super::cpis;
use super::frame::Frame;
use crate::compression::Encoder;
use crate::{Commit, MessageRecord, NewDocument, StoreError, audit};

/// A commit, with its audit texts written and its documents, messages and chunks compressed.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The commit; the plain bytes of its documents, their authors, its messages and its chunks are
    /// gone.
    pub(super) commit: Commit,
    /// The text of each audit event.
    pub(super) texts: Vec<String>,
    /// What each audit event is found by.
    pub(super) keys: Vec<Keys>,
    /// The content of each document.
    pub(super) contents: Vec<Content>,
    /// The body of each message.
    pub(super) bodies: Vec<Option<Frame>>,
    /// The bytes of each chunk.
    pub(super) chunks: Vec<Frame>,
    /// What CP-IS keeps as JSON.
    pub(super) cpis: cpis::Json,
    /// Whether it may fail when a part of it is written, for want of room or for what is there
    /// already. Everything else is known before the first write.
    pub(super) may_fail_half_way: bool,
}

/// What is kept of a document beside its header.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) document: Packed,
    /// JSON.
    pub(super) author: String,
    pub(super) author_element: Option<Packed>,
}

/// Compressed bytes and the namespaces around them.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) frame: Frame,
    /// JSON.
    pub(super) inherited: String,
}

impl Prepared {
    /// Does what is cheap: times, audit texts, limits.
    pub(super) fn new(mut commit: Commit) -> Result<Self, StoreError> {
        commit.check_sizes()?;
        commit.cut_times();
        let texts: Result<_, _> = commit.audit.iter().map(audit::text).collect();
        let has_body = |message: &MessageRecord| message.body.is_some();
        Ok(Self {
            texts: texts?,
            keys: commit.audit.iter().map(blocks::keys).collect(),
            contents: Vec::with_capacity(commit.documents.len()),
            bodies: Vec::with_capacity(commit.messages.len()),
            chunks: Vec::with_capacity(commit.mail.chunks.len()),
            cpis: cpis::Json::of(&commit.cpis)?,
            may_fail_half_way: !commit.documents.is_empty()
                || !commit.states.is_empty()
                || commit.messages.iter().any(has_body)
                || !commit.cpis.plans.is_empty()
                || !commit.cpis.uploads.is_empty()
                || !commit.cpis.people.is_empty()
                || !commit.mail.chunks.is_empty(),
            commit,
        })
    }

    /// How many bytes there are to compress; `None` if there is nothing to be done.
    pub(super) fn to_compress(&self) -> Option<usize> {
        let commit = &self.commit;
        let documents = commit.documents.iter().map(|new| new.bytes.bytes.len());
        let bodies = commit.messages.iter().map(|new| new.body.as_ref());
        let bodies = bodies.map(|body| body.map_or(0, Vec::len));
        let chunks = &commit.mail.chunks;
        match commit.documents.is_empty() && commit.messages.is_empty() && chunks.is_empty() {
            true => None,
            false => {
                let chunks = chunks.iter().map(|chunk| chunk.bytes.len());
                Some(documents.chain(bodies).chain(chunks).sum())
            }
        }
    }

    /// Compresses; only after this may a commit that has anything to compress be applied.
    pub(super) fn compress(mut self, encoder: &mut Encoder) -> Result<Self, StoreError> {
        for new in &mut self.commit.documents {
            self.contents.push(content(encoder, new)?);
        }
        for message in &mut self.commit.messages {
            let body = message.body.take();
            let frame = body.map(|body| Frame::pack(encoder, &body));
            self.bodies.push(frame.transpose()?);
        }
        for chunk in &mut self.commit.mail.chunks {
            let bytes = std::mem::take(&mut chunk.bytes);
            self.chunks.push(Frame::pack(encoder, &bytes)?);
        }
        Ok(self)
    }
}

fn content(encoder: &mut Encoder, new: &mut NewDocument) -> Result<Content, StoreError> {
    let author = &mut new.header.author;
    let element = author.element.take();
    Ok(Content {
        document: packed(encoder, &new.bytes)?,
        author: serde_json::to_string(author)
            .map_err(|_| StoreError::Failed("an author could not be written as JSON".to_owned()))?,
        author_element: element
            .map(|element| packed(encoder, &element))
            .transpose()?,
    })
    .inspect(|_| new.bytes.bytes = Vec::new())
}

fn packed(encoder: &mut Encoder, plain: &DocumentBytes) -> Result<Packed, StoreError> {
    Ok(Packed {
        frame: Frame::pack(encoder, &plain.bytes)?,
        inherited: serde_json::to_string(&plain.inherited).map_err(|_| {
            StoreError::Failed("namespaces could not be written as JSON".to_owned())
        })?,
    })
}
