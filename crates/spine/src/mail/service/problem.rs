//! What is answered when something is wrong: status, event, code and description as the MESH API
//! gives them. The codes are those of its predecessor (DTS), so some are numbers and some words.

use serde_json::json;
use store::StoreError;
use transport::Response;

use super::Version;
use crate::mail::post::PostError;

/// Something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: u16,
    pub(super) event: &'static str,
    pub(super) code: &'static str,
    pub(super) description: &'static str,
    /// Which message it is about.
    pub(super) message: Option<String>,
}

impl Problem {
    const fn new(
        status: u16,
        event: &'static str,
        code: &'static str,
        description: &'static str,
    ) -> Self {
        Self {
            status,
            event,
            code,
            description,
            message: None,
        }
    }

    pub(super) const fn nothing_here() -> Self {
        Self::new(404, "", "", "There is nothing here")
    }

    pub(super) const fn method() -> Self {
        Self::new(405, "", "", "The method is not allowed here")
    }

    pub(super) const fn not_yours() -> Self {
        Self::new(403, "SEND", "EPL-151", "No mailbox matched")
    }

    pub(super) const fn no_recipient() -> Self {
        Self::new(400, "SEND", "08", "TO_DTS missing")
    }

    pub(super) const fn unregistered() -> Self {
        Self::new(417, "SEND", "12", "Unregistered to address")
    }

    pub(super) const fn sender() -> Self {
        Self::new(417, "SEND", "07", "Invalid From Address")
    }

    pub(super) const fn workflow() -> Self {
        Self::new(417, "SEND", "17", "Workflow ID not registered for mailbox")
    }

    pub(super) const fn header(description: &'static str) -> Self {
        Self::new(400, "TRANSFER", "06", description)
    }

    pub(super) const fn query(description: &'static str) -> Self {
        Self::new(400, "", "", description)
    }

    pub(super) const fn encoding() -> Self {
        Self::new(
            415,
            "SEND",
            "UnsupportedContentEncoding",
            "Unsupported content encoding",
        )
    }

    pub(super) const fn chunks() -> Self {
        Self::new(
            417,
            "SEND",
            "InvalidHeaderChunks",
            "Invalid chunk values sent in Mex-Chunk-Range header",
        )
    }

    pub(super) const fn no_such_chunk() -> Self {
        Self::new(406, "SEND", "", "The message has no chunk of that number")
    }

    pub(super) const fn empty() -> Self {
        Self::new(
            417,
            "COLLECT",
            "02",
            "Data file is missing or inaccessible.",
        )
    }

    pub(super) const fn too_large() -> Self {
        Self::new(413, "SEND", "", "The chunk is too large: send smaller ones")
    }

    pub(super) const fn locked() -> Self {
        Self::new(423, "SEND", "", "Message in unexpected status")
    }

    pub(super) const fn no_message() -> Self {
        Self::new(404, "RECEIVE", "20", "Message does not exist")
    }

    pub(super) const fn gone() -> Self {
        Self::new(
            410,
            "SEND",
            "Message already accepted",
            "Message no longer available for download",
        )
    }

    pub(super) const fn several() -> Self {
        Self::new(300, "", "", "Several messages have that local id")
    }

    pub(super) const fn storage() -> Self {
        Self::new(
            503,
            "",
            "",
            "The message cannot be stored or read now: try again",
        )
    }

    /// About this message.
    pub(super) fn about(mut self, message: &str) -> Self {
        self.message = Some(message.to_owned());
        self
    }

    /// For the audit and the log: `417 12`.
    pub(super) fn outcome(&self) -> String {
        format!("{} {}", self.status, self.code)
            .trim_end()
            .to_owned()
    }

    /// Whether it is a refusal that belongs in the audit: not for what was mistyped, and not when
    /// nothing can be written anyway.
    pub(super) const fn is_on_record(&self) -> bool {
        matches!(self.status, 403 | 417)
    }

    pub(super) fn response(&self, version: Version) -> Response {
        let body = match version {
            Version::First => json!({
                "messageID": self.message,
                "errorEvent": self.event,
                "errorCode": self.code,
                "errorDescription": self.description,
            }),
            Version::Second => json!({
                "message_id": self.message,
                "errorCode": self.code,
                "errorDescription": self.description,
                "detail": [{
                    "event": self.event,
                    "code": self.code,
                    "msg": self.description,
                }],
            }),
        };
        version.body(self.status, &without_nulls(body))
    }
}

fn without_nulls(mut body: serde_json::Value) -> serde_json::Value {
    if let Some(members) = body.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    body
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::storage()
    }
}

impl From<PostError> for Problem {
    fn from(error: PostError) -> Self {
        match error {
            PostError::Store(error) => error.into(),
            PostError::Nobody => Self::unregistered(),
            PostError::Empty => Self::empty(),
            PostError::TooLarge => Self::too_large(),
            PostError::Chunks => Self::no_such_chunk(),
            PostError::Complete => Self::locked(),
        }
    }
}
