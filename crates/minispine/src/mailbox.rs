//! A mailbox over HTTP, as the system of a local authority uses it: in the shape of the MESH API.
//!
//! Files go and come in chunks, so that their length costs no memory.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use serde_json::Value;
use transport::files::PlainReader;
use transport::{
    Method, TlsFiles, TlsUpstream, Upstream, UpstreamRequest, UpstreamResponse, UpstreamSettings,
};

use crate::demo::AuthorityFile;

/// The path of mailboxes.
const PATH: &str = "/messageexchange";

/// How often what may be sent again is sent, in all.
const TRIES: u32 = 4;

/// An open mailbox.
pub(crate) struct Mailbox {
    upstream: TlsUpstream,
    path: String,
}

/// What is said of a file that is sent.
pub(crate) struct Label<'a> {
    pub(crate) to: &'a str,
    pub(crate) workflow: &'a str,
    /// Our own id for it, by which its answer is known.
    pub(crate) local_id: &'a str,
    pub(crate) file_name: &'a str,
}

/// How far an upload has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tracked {
    /// `Accepted`, `Acknowledged`.
    pub(crate) status: String,
    /// Records read, of how many, if that is known.
    pub(crate) records: Option<(u64, u64)>,
}

/// A chunk of a message, and what is said of the message.
pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    pub(crate) of: u32,
    pub(crate) local_id: Option<String>,
    /// What the message says of itself in a few words.
    pub(crate) subject: Option<String>,
}

impl Mailbox {
    /// The mailbox of an authority file, with its certificate.
    pub(crate) fn open(file: &AuthorityFile) -> Result<Self> {
        let tls = TlsFiles {
            certificate: file.cert.clone(),
            key: file.key.clone(),
            authorities: file.ca.clone(),
            revoked: None,
        };
        let settings = UpstreamSettings {
            total_timeout: Duration::from_secs(120),
            body_bytes: 32 << 20,
            ..UpstreamSettings::new(file.url.clone(), tls)
        };
        let base = file.url.find(PATH).map_or(PATH, |at| &file.url[at..]);
        Ok(Self {
            upstream: TlsUpstream::new(settings).context("the authority's certificate or key")?,
            path: format!("{}/{}", base.trim_end_matches('/'), file.mailbox),
        })
    }

    /// Sends a file in chunks of so many bytes, and says after each how many bytes have gone. Gives
    /// back the message's id.
    pub(crate) async fn send(
        &self,
        path: &Path,
        label: &Label<'_>,
        chunk_bytes: usize,
        mut sent: impl FnMut(u64),
    ) -> Result<String> {
        let size = transport::files::size(path)?;
        let chunks = size.div_ceil(chunk_bytes.max(1) as u64).max(1);
        let mut reader = PlainReader::open(path)?;
        let mut id = String::new();
        for number in 1..=chunks {
            let bytes = reader.read_up_to(chunk_bytes)?;
            let count = bytes.len() as u64;
            let range = ("Mex-Chunk-Range", format!("{number}:{chunks}"));
            match number {
                1 => id = self.begin(label, range, bytes.into()).await?,
                _ => {
                    let place = format!("/outbox/{id}/{number}");
                    let request = request(Method::Post, place, vec![range], bytes.into());
                    // The same chunk again changes nothing.
                    self.insist(request).await?;
                }
            }
            sent(count);
        }
        Ok(id)
    }

    async fn begin(
        &self,
        label: &Label<'_>,
        range: (&'static str, String),
        bytes: Bytes,
    ) -> Result<String> {
        let headers = vec![
            ("Mex-From", self.id().to_owned()),
            ("Mex-To", label.to.to_owned()),
            ("Mex-WorkflowID", label.workflow.to_owned()),
            ("Mex-LocalID", label.local_id.to_owned()),
            ("Mex-FileName", label.file_name.to_owned()),
            ("Content-Type", "application/octet-stream".to_owned()),
            range,
        ];
        let request = request(Method::Post, "/outbox".to_owned(), headers, bytes);
        let answer = json(&self.once(request).await?)?;
        let id = answer.get("messageID").and_then(Value::as_str);
        Ok(id.context("the mailbox named no message id")?.to_owned())
    }

    /// How far a message that was sent has come.
    pub(crate) async fn track(&self, id: &str) -> Result<Tracked> {
        let answer = json(&self.get(format!("/outbox/tracking?messageID={id}")).await?)?;
        let number = |name: &str| answer.get(name).and_then(Value::as_u64);
        let status = answer.get("status").and_then(Value::as_str);
        Ok(Tracked {
            status: status.unwrap_or_default().to_owned(),
            records: number("recordsRead").zip(number("recordsDeclared")),
        })
    }

    /// The ids of messages that wait, for this purpose.
    pub(crate) async fn waiting(&self, workflow: &str) -> Result<Vec<String>> {
        let answer = json(
            &self
                .get(format!("/inbox?workflow_filter={workflow}"))
                .await?,
        )?;
        let ids = answer.get("messages").and_then(Value::as_array);
        let ids = ids.into_iter().flatten().filter_map(Value::as_str);
        Ok(ids.map(str::to_owned).collect())
    }

    /// A chunk of a message that waits, from 1.
    pub(crate) async fn fetch(&self, id: &str, number: u32) -> Result<Chunk> {
        let answer = self.get(format!("/inbox/{id}/{number}")).await?;
        let header = |name: &str| answer.headers.all(name).next().map(str::to_owned);
        let range = header("Mex-Chunk-Range").unwrap_or_default();
        let of = range.split_once(':').and_then(|(_, of)| of.parse().ok());
        Ok(Chunk {
            of: of.unwrap_or(1),
            local_id: header("Mex-LocalID"),
            subject: header("Mex-Subject"),
            bytes: answer.body,
        })
    }

    /// A whole message, for those that are small.
    pub(crate) async fn fetch_whole(&self, id: &str) -> Result<Vec<u8>> {
        let mut whole = Vec::new();
        let mut number = 1;
        loop {
            let chunk = self.fetch(id, number).await?;
            whole.extend_from_slice(&chunk.bytes);
            if number >= chunk.of {
                return Ok(whole);
            }
            number += 1;
        }
    }

    /// Says that a message has been taken; the mailbox drops it.
    pub(crate) async fn acknowledge(&self, id: &str) -> Result<()> {
        let place = format!("/inbox/{id}/status/acknowledged");
        let request = request(Method::Put, place, Vec::new(), Bytes::new());
        self.insist(request).await.map(drop)
    }

    fn id(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    async fn get(&self, place: String) -> Result<UpstreamResponse> {
        let request = request(Method::Get, place, Vec::new(), Bytes::new());
        self.insist(request).await
    }

    /// Sends what may be sent again until it is answered, a few times.
    async fn insist(&self, request: UpstreamRequest) -> Result<UpstreamResponse> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(request.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) if tries >= TRIES || error.is::<Refused>() => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(250 << tries)).await,
            }
        }
    }

    async fn once(&self, mut request: UpstreamRequest) -> Result<UpstreamResponse> {
        request.path = format!("{}{}", self.path, request.path);
        let answer = self.upstream.send(request).await;
        let answer = answer.context("the mailbox cannot be reached")?;
        match answer.status {
            200..=299 => Ok(answer),
            503 => bail!("the mailbox is busy (503)"),
            status => Err(Refused::of(status, &answer.body).into()),
        }
    }
}

/// The mailbox said no; asking again will not help.
#[derive(Debug)]
struct Refused(String);

impl Refused {
    fn of(status: u16, body: &[u8]) -> Self {
        let body: Option<Value> = serde_json::from_slice(body).ok();
        let text = |name: &str| -> Option<String> {
            let text = body.as_ref()?.get(name)?.as_str()?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        let code = text("errorCode").map(|code| format!(" {code}"));
        let says = text("errorDescription").unwrap_or_else(|| "no reason given".to_owned());
        Self(format!(
            "the mailbox refuses ({status}{}): {says}",
            code.unwrap_or_default()
        ))
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

fn request(
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
) -> UpstreamRequest {
    UpstreamRequest {
        method,
        path,
        headers,
        body,
        safe: false,
    }
}

fn json(answer: &UpstreamResponse) -> Result<Value> {
    serde_json::from_slice(&answer.body).context("the mailbox's answer is not JSON")
}
