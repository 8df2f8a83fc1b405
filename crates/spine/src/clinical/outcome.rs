//! FHIR OperationOutcomes, as the Spine answers AuditEvents.

use serde_json::json;
use transport::Response;

/// Whose codes the national Spine's own are.
const SPINE_CODES: &str = "https://fhir.nhs.uk/CodeSystem/Spine-ErrorOrWarningCode";

/// What kind of thing is wrong (`issue.code`), and the Spine's code for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Issue {
    /// A value of the resource.
    Value,
    /// The caller may not do this.
    Forbidden,
    /// The content type.
    NotSupported,
    /// The size.
    TooLong,
    /// Ourselves.
    Exception,
}

impl Issue {
    const fn codes(self) -> (&'static str, &'static str) {
        match self {
            Self::Value => ("value", "INVALID_VALUE"),
            Self::Forbidden => ("forbidden", "ACCESS_DENIED"),
            Self::NotSupported => ("not-supported", "UNSUPPORTED_MEDIA_TYPE"),
            Self::TooLong => ("too-long", "PAYLOAD_TOO_LARGE"),
            Self::Exception => ("exception", "INTERNAL_SERVER_ERROR"),
        }
    }
}

/// An OperationOutcome of one error. Clients of the SCR FHIR API show the display to their users.
pub(super) fn response(status: u16, issue: Issue, display: &str) -> Response {
    let (code, spine_code) = issue.codes();
    let outcome = json!({
        "resourceType": "OperationOutcome",
        "issue": [{
            "severity": "error",
            "code": code,
            "details": {
                "coding": [{
                    "system": SPINE_CODES,
                    "version": "1",
                    "code": spine_code,
                    "display": display,
                }],
            },
        }],
    });
    Response::new(status, "application/fhir+json", outcome.to_string())
}
