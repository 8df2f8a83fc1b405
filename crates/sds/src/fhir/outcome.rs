//! Refusals, as `OperationOutcome` with the codes of the SDS FHIR API.

use serde_json::json;
use transport::Response;

use super::FHIR_JSON;

/// The code system of the errors.
const SYSTEM: &str = "https://fhir.nhs.uk/STU3/ValueSet/Spine-ErrorOrWarningCode-1";

/// Why a look-up is not answered; the caller is at fault each time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// A parameter or header is wrong or missing.
    #[error("HTTP 400: Bad Request ({0})")]
    BadRequest(String),
    /// There is nothing at the path.
    #[error("HTTP endpoint not found")]
    NotFound,
    /// It can only be read.
    #[error("HTTP operation not supported")]
    Method,
    /// The caller takes nothing that we can write.
    #[error("Accept type not supported")]
    Accept,
}

impl Refusal {
    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self::BadRequest(text.into())
    }

    pub(super) fn correlation_id() -> Self {
        Self::bad(
            "Invalid X-Correlation-ID header. Should be an UUIDv4 matching regex \
             '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$'",
        )
    }

    /// The answer, with the id of the request.
    pub(super) fn response(&self, correlation: &str) -> Response {
        let (status, issue, code, display) = match self {
            Self::BadRequest(_) => (400, "required", "BAD_REQUEST", "Bad request"),
            Self::NotFound => (404, "not-found", "NO_RECORD_FOUND", "No record found"),
            Self::Method => (405, "not-supported", "NOT_IMPLEMENTED", "Not implemented"),
            Self::Accept => (
                406,
                "not-supported",
                "MISSING_OR_INVALID_HEADER",
                "There is a required header missing or invalid",
            ),
        };
        let body = json!({
            "resourceType": "OperationOutcome",
            "id": correlation,
            "issue": [{
                "severity": "error",
                "code": issue,
                "details": {
                    "coding": [{ "system": SYSTEM, "code": code, "display": display }],
                },
                "diagnostics": self.to_string(),
            }],
        });
        let response = super::json(status, FHIR_JSON, &body);
        match self {
            Self::Method => response.with_header("allow", "GET"),
            _ => response,
        }
    }
}
