//! Carrying a message to the service under test.
//!
//! What a proper client sends goes through [`TlsUpstream`], the product's own connector, which
//! explains well what goes wrong. What a proper client never sends (another method, no
//! certificate, one that nobody knows) goes through [`probe`], which exists for this alone.

mod probe;

use bytes::Bytes;
use itk::Face;
use transport::{
    Environment, TlsUpstream, Upstream, UpstreamError, UpstreamRequest, UpstreamSettings,
};

use crate::scenario::{Carry, Identity};
use crate::target::Target;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// An HTTP answer.
    Http {
        status: u16,
        content_type: String,
        body: Bytes,
    },
    /// TLS refused; what it said.
    Tls(String),
    /// The connection ended without an answer.
    Closed(String),
    /// No answer in time.
    Late(String),
    /// There was no connection at all.
    Unreachable(String),
    /// The answer is larger than we take.
    TooLarge(String),
}

/// The way to one service.
pub(crate) struct Wire {
    service: TlsUpstream,
    probe: probe::Probe,
    /// Of the SCR service, and of CP-IS.
    paths: [String; 2],
}

impl Wire {
    /// Reads the certificates. Nothing is connected yet. The error says what cannot be used.
    pub(crate) fn new(target: &Target, env: &Environment) -> Result<Self, String> {
        let limits = &target.limits;
        let mut settings = UpstreamSettings::new(&target.url, target.tls.clone());
        settings.connect_timeout = limits.connect;
        settings.response_timeout = limits.answer;
        settings.total_timeout = limits.connect * 2 + limits.answer;
        settings.body_bytes = limits.answer_bytes;
        settings.server_name = target.server_name.clone();
        let service = TlsUpstream::new(settings).map_err(|error| error.to_string())?;
        let probe = probe::Probe::new(target, env)?;
        Ok(Self {
            paths: [Face::Scr, Face::Cpis].map(|face| target.path(face, probe.path())),
            service,
            probe,
        })
    }

    /// Sends one message and waits for its answer.
    pub(crate) async fn send(&self, carry: &Carry, body: Vec<u8>) -> Reply {
        let [scr, cpis] = &self.paths;
        let path = match carry.face {
            Face::Scr => scr,
            Face::Cpis => cpis,
        };
        let path = format!("{path}{}", carry.suffix);
        if carry.method != "POST" || carry.identity != Identity::Own {
            return self.probe.send(carry, &path, body).await;
        }
        let request = UpstreamRequest {
            method: transport::Method::Post,
            path,
            headers: headers(carry),
            body: body.into(),
            ..UpstreamRequest::default()
        };
        match self.service.send(request).await {
            Ok(answer) => Reply::Http {
                status: answer.status,
                content_type: answer.content_type,
                body: answer.body,
            },
            Err(error) => Reply::from(error),
        }
    }
}

/// The header lines of a message, those that are left out left out.
fn headers(carry: &Carry) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if !carry.content_type.is_empty() {
        headers.push(("content-type", carry.content_type.to_owned()));
    }
    if !carry.action.is_empty() {
        headers.push(("soapaction", format!("\"{}\"", carry.action)));
    }
    headers
}

impl From<UpstreamError> for Reply {
    fn from(error: UpstreamError) -> Self {
        let text = error.to_string();
        match error {
            UpstreamError::Tls(_) => Self::Tls(text),
            UpstreamError::Closed(_) => Self::Closed(text),
            UpstreamError::Timeout {
                phase: "response" | "body",
            } => Self::Late(text),
            UpstreamError::TooLarge { .. } => Self::TooLarge(text),
            _ => Self::Unreachable(text),
        }
    }
}
