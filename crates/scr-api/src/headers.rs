//! The ids of a request: given by the caller or made here, and given back.

use domain::MessageId;
use domain::identifier::is_uuid;
use transport::{Environment, Headers, Response};

use crate::outcome::{Issue, Refusal, coding};

/// What the national adaptor says of an id's shape.
const SHAPE: &str =
    "^[0-9a-fA-F]{8}+-[0-9a-fA-F]{4}+-[0-9a-fA-F]{4}+-[0-9a-fA-F]{4}+-[0-9a-fA-F]{12}+$";

const CORRELATION: &str = "X-Correlation-ID";
const REQUEST: &str = "X-Request-ID";

/// The ids of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) correlation: String,
    pub(crate) request: String,
    /// Whether the caller gave the request's id, so that a repetition can be known.
    pub(crate) is_given: bool,
}

impl Ids {
    /// Reads the ids, and makes those that are missing.
    pub(crate) fn read(headers: &Headers, env: &Environment) -> Result<Self, Refusal> {
        let correlation = given(headers, CORRELATION)?;
        let request = given(headers, REQUEST)?;
        Ok(Self {
            is_given: request.is_some(),
            correlation: correlation.map_or_else(|| env.uuid(), str::to_owned),
            request: request.map_or_else(|| env.uuid(), str::to_owned),
        })
    }

    /// The request's id, as messages have it.
    pub(crate) fn message(&self) -> Option<MessageId> {
        MessageId::parse(&self.request.to_ascii_uppercase()).ok()
    }

    /// The answer, with the ids.
    pub(crate) fn mirrored(&self, response: Response) -> Response {
        response
            .with_header("X-Correlation-ID", self.correlation.clone())
            .with_header("X-Request-ID", self.request.clone())
    }
}

fn given<'a>(headers: &'a Headers, name: &str) -> Result<Option<&'a str>, Refusal> {
    if headers.all(name).count() > 1 {
        let text = format!("Invalid {name}. There may be only one");
        let issue = Issue::error("value", text, coding::MISSING_HEADER);
        return Err(
            Refusal::new(400, issue, format!("{name} more than once")).at(format!("http.{name}"))
        );
    }
    match headers.first(name).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) if is_uuid(value) => Ok(Some(value)),
        Some(_) => {
            let text = format!("Invalid {name}. Should be a UUIDv4 matching \"{SHAPE}\"");
            let issue = Issue::error("value", text, coding::MISSING_HEADER);
            Err(Refusal::new(400, issue, format!("invalid {name}")).at(format!("http.{name}")))
        }
    }
}

/// A header that must be there is not.
pub(crate) fn missing(name: &str) -> Refusal {
    let text =
        format!("Required request header '{name}' for method parameter type String is not present");
    let issue = Issue::error("value", text, coding::MISSING_HEADER);
    Refusal::new(400, issue, format!("missing header {name}")).at(format!("http.{name}"))
}
