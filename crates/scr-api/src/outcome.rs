//! Saying no: OperationOutcomes as the national API has them.
//!
//! The gateway of the national platform and the service behind it refuse in two forms. A gateway's
//! refusal has a coding and no text; a service's has a text and no coding. The compatible profile
//! keeps them apart; the full one gives a text, a coding and, where there is one, the place in the
//! request.

use std::borrow::Cow;

use serde::Serialize;
use transport::Response;

use crate::media::{FHIR_JSON, Format, JSON};
use conversion::Profile;

/// The national code system of errors.
const SPINE_CODES: &str = "https://fhir.nhs.uk/CodeSystem/Spine-ErrorOrWarningCode";

/// Why a request is not done, and how that is answered.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// At least one; the first says what went wrong.
    pub(crate) issues: Vec<Issue>,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The rule that is broken, for audit and log: never a patient's data.
    pub(crate) brief: Cow<'static, str>,
    /// Who says so.
    pub(crate) by: By,
}

/// Which of the two forms a refusal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Gateway,
    Service,
}

/// One issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) severity: &'static str,
    pub(crate) code: &'static str,
    /// `details.text`.
    pub(crate) text: String,
    /// `details.coding`: code and display.
    pub(crate) coding: (&'static str, Cow<'static, str>),
    pub(crate) diagnostics: Option<String>,
    /// FHIRPath to the place, or `http.` and the name of a header or parameter.
    pub(crate) expression: Option<String>,
}

/// The national codes, with their displays.
pub(crate) mod coding {
    pub(crate) type Coding = (&'static str, &'static str);

    pub(crate) const ACCESS_DENIED: Coding = ("ACCESS_DENIED", "Access denied");
    pub(crate) const INVALID_VALUE: Coding = ("INVALID_VALUE", "Provided value is invalid");
    pub(crate) const INVALID_METHOD: Coding = ("INVALID_METHOD", "Invalid method");
    pub(crate) const MISSING_HEADER: Coding = (
        "MISSING_OR_INVALID_HEADER",
        "There is a required header missing or invalid",
    );
    pub(crate) const NOT_FOUND: Coding = ("NO_RECORD_FOUND", "No record found");
    pub(crate) const UNSUPPORTED_MEDIA: Coding =
        ("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type");
    pub(crate) const TOO_LARGE: Coding = ("PAYLOAD_TOO_LARGE", "Payload too large");
    pub(crate) const NOT_WELL_FORMED: Coding =
        ("MESSAGE_NOT_WELL_FORMED", "Message not well formed");
    pub(crate) const TOO_MANY: Coding = ("TOO_MANY_REQUESTS", "Too many requests");
    pub(crate) const NOT_AVAILABLE: Coding = ("SERVICE_UNAVAILABLE", "Service unavailable");
    pub(crate) const TIMEOUT: Coding = ("TIMEOUT", "Request timed out");
    pub(crate) const CONFLICT: Coding = ("DUPLICATE_REQUEST", "Request is being processed");
    pub(crate) const UNKNOWN: Coding = ("UNKNOWN_ERROR", "Unknown Error");
}

impl Issue {
    pub(crate) fn error(code: &'static str, text: impl Into<String>, of: coding::Coding) -> Self {
        Self {
            severity: "error",
            code,
            text: text.into(),
            coding: (of.0, Cow::Borrowed(of.1)),
            diagnostics: None,
            expression: None,
        }
    }

    pub(crate) fn value(text: impl Into<String>) -> Self {
        Self::error("value", text, coding::INVALID_VALUE)
    }

    #[must_use]
    pub(crate) fn at(mut self, expression: impl Into<String>) -> Self {
        self.expression = Some(expression.into());
        self
    }

    #[must_use]
    pub(crate) fn fatal(mut self) -> Self {
        self.severity = "fatal";
        self
    }

    #[must_use]
    pub(crate) fn diagnosed(mut self, diagnostics: impl Into<String>) -> Self {
        self.diagnostics = Some(diagnostics.into());
        self
    }
}

impl Refusal {
    /// A refusal by the service; `brief` is what audit and log are told.
    pub(crate) fn new(status: u16, issue: Issue, brief: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            issues: vec![issue],
            headers: Vec::new(),
            brief: brief.into(),
            by: By::Service,
        }
    }

    /// A value of the request is wrong: 400. The text may repeat the value, the brief does not.
    pub(crate) fn value(text: impl Into<String>, brief: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, Issue::value(text), brief)
    }

    /// A rule whose text holds nothing of the request.
    pub(crate) fn rule(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::value(text.clone(), text)
    }

    /// As the gateway does.
    #[must_use]
    pub(crate) fn by_gateway(mut self) -> Self {
        self.by = By::Gateway;
        self
    }

    #[must_use]
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The place in the request, for its first issue.
    #[must_use]
    pub(crate) fn at(mut self, expression: impl Into<String>) -> Self {
        if let Some(first) = self.issues.first_mut() {
            first.expression = Some(expression.into());
        }
        self
    }

    /// Something failed on our side, and what is in the log.
    pub(crate) fn failure(profile: Profile, message: &str, brief: &'static str) -> Self {
        let text = match profile {
            Profile::Full => "The request could not be processed",
            Profile::Compatible => "An unknown error occurred processing this request",
        };
        let diagnostics = format!(
            "An unknown error occurred processing this request. Contact us for assistance \
             diagnosing this issue: https://digital.nhs.uk/developer/help-and-support. (Message \
             ID: {message})"
        );
        let issue = Issue::error("unknown", text, coding::UNKNOWN).diagnosed(diagnostics);
        Self::new(500, issue, brief).by_gateway()
    }

    /// The answer.
    pub(crate) fn response(&self, profile: Profile, format: Format) -> Response {
        let content_type = match (profile, self.by) {
            (Profile::Compatible, By::Gateway) => JSON,
            _ => FHIR_JSON,
        };
        let json = self.json(profile);
        let mut response = match format.encode(json) {
            (Format::Json, body) => Response::new(self.status, content_type, body),
            (Format::Xml, body) => Response::new(self.status, Format::Xml.media_type(), body),
        };
        for (name, value) in &self.headers {
            response = response.with_header(name, value.clone());
        }
        response
    }

    /// The OperationOutcome.
    pub(crate) fn json(&self, profile: Profile) -> Vec<u8> {
        let outcome = OperationOutcome {
            resource_type: "OperationOutcome",
            issue: self
                .issues
                .iter()
                .map(|issue| IssueJson::of(issue, profile, self.by))
                .collect(),
        };
        // Text alone can always be written.
        serde_json::to_vec(&outcome).unwrap_or_default()
    }
}

impl std::fmt::Debug for Refusal {
    /// Not the texts: they repeat what was sent.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refusal")
            .field("status", &self.status)
            .field("brief", &self.brief)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OperationOutcome<'a> {
    resource_type: &'static str,
    issue: Vec<IssueJson<'a>>,
}

#[derive(Serialize)]
struct IssueJson<'a> {
    severity: &'a str,
    code: &'a str,
    details: Details<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostics: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression: Option<[&'a str; 1]>,
}

#[derive(Serialize)]
struct Details<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    coding: Option<[Coding<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct Coding<'a> {
    system: &'static str,
    version: &'static str,
    code: &'a str,
    display: &'a str,
}

impl<'a> IssueJson<'a> {
    fn of(issue: &'a Issue, profile: Profile, by: By) -> Self {
        let full = profile == Profile::Full;
        let coding = Coding {
            system: SPINE_CODES,
            version: "1",
            code: issue.coding.0,
            display: &issue.coding.1,
        };
        let expression = issue.expression.as_deref().map(|e| [e]);
        Self {
            severity: issue.severity,
            code: issue.code,
            details: Details {
                coding: (full || by == By::Gateway).then_some([coding]),
                text: (full || by == By::Service).then_some(issue.text.as_str()),
            },
            diagnostics: issue
                .diagnostics
                .as_deref()
                .filter(|_| full || by == By::Gateway),
            expression: expression.filter(|_| full),
        }
    }
}
