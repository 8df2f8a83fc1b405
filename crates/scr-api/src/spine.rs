//! What the Spine says instead of an answer, as the client is told of it.

use domain::code::psis::Severity;
use domain::{RoleProfileId, SdsUserId};
use hl7v3::issue::ReadIssue;
use mhs::SpineError;
use transport::UpstreamError;

use crate::caller::URID;
use crate::outcome::{Issue, Refusal, coding};
use crate::service::Asked;
use conversion::Profile;

/// What was being done, which the national texts depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Query,
    Send,
}

/// What the Spine is told beside what is sent: on whose behalf, and the request's ids.
pub(crate) fn told(
    asked: &Asked<'_>,
    user: &SdsUserId,
    role_profile: &RoleProfileId,
) -> Vec<(&'static str, String)> {
    vec![
        ("NHSD-Identity-UUID", user.as_str().to_owned()),
        (URID, role_profile.as_str().to_owned()),
        ("NHSD-Correlation-ID", asked.ids.correlation.clone()),
        ("NHSD-Request-ID", asked.ids.request.clone()),
    ]
}

/// The refusal of a call that failed.
pub(crate) fn refusal(error: &SpineError, call: Call, profile: Profile) -> Refusal {
    tracing::warn!(%error, "no answer of the Spine to go by");
    match error {
        SpineError::Refused(refusal) => refused(&refusal.issues, profile),
        SpineError::Late { .. } => {
            timed_out("Upstream server timed out. Spine polling yield no result")
        }
        SpineError::Fault(fault) if fault.is_retryable() && profile == Profile::Full => {
            unavailable("The Spine cannot process requests at present")
        }
        SpineError::Unreachable(error) if profile == Profile::Full => unreachable(error),
        SpineError::Unreachable(_) => {
            let text = "Unexpected exception while sending Spine request";
            let issue = Issue::error("exception", text, coding::UNKNOWN);
            Refusal::new(500, issue, "the Spine is not reachable")
        }
        SpineError::Unwritable(_) => {
            let issue = Issue::error("too-long", "The document is too large", coding::TOO_LARGE);
            Refusal::new(413, issue, "too large for a message")
        }
        SpineError::Fault(_) | SpineError::MessageErrors(_) if profile == Profile::Full => {
            not_taken()
        }
        _ => unexpected(call, profile),
    }
}

/// The Spine refuses what is asked. Its issues are told; in the compatible profile the first of
/// them decides, in the full one the first that is an error.
pub(crate) fn refused(issues: &[ReadIssue], profile: Profile) -> Refusal {
    let is_error = |issue: &&ReadIssue| issue.severity == Some(Severity::Error);
    let first = match profile {
        Profile::Full => issues.iter().find(is_error).or_else(|| issues.first()),
        Profile::Compatible => issues.first(),
    };
    let text: Vec<String> = issues
        .iter()
        .map(|issue| format!("Code: {}, Display: {}", issue.code, issue.text))
        .collect();
    judged(first.map(|issue| issue.code.as_str()), text.join(";"))
}

/// The refusal that goes with the Spine's deciding code.
fn judged(code: Option<&str>, text: String) -> Refusal {
    let (status, severity, kind, of) = match code {
        Some("400" | "401" | "410" | "430") => (400, "error", "value", coding::INVALID_VALUE),
        Some("420") => (403, "error", "forbidden", coding::ACCESS_DENIED),
        Some("502") => (503, "error", "transient", coding::NOT_AVAILABLE),
        _ => (500, "fatal", "exception", coding::UNKNOWN),
    };
    let mut issue = Issue::error(kind, text, of);
    issue.severity = severity;
    let code =
        code.filter(|code| code.len() <= 9 && code.bytes().all(|b| b.is_ascii_alphanumeric()));
    let brief = format!("the Spine refuses: {}", code.unwrap_or("no code"));
    Refusal::new(status, issue, brief)
}

/// The Spine took an upload and says no.
pub(crate) fn not_accepted(issues: &[ReadIssue], profile: Profile) -> Refusal {
    let mut text = "Spine processing finished with errors:".to_owned();
    for issue in issues {
        text.push_str(&format!("\n- {}: {}", issue.code, issue.text));
    }
    let is_error = |issue: &&ReadIssue| issue.severity == Some(Severity::Error);
    let first = issues.iter().find(is_error).or_else(|| issues.first());
    match (profile, first.map(|issue| issue.code.as_str())) {
        (Profile::Compatible, _) | (Profile::Full, None) => {
            Refusal::value(text, "the Spine does not accept the upload")
        }
        (Profile::Full, code) => judged(code, text),
    }
}

/// The time for an upload is over.
pub(crate) fn timed_out(text: &'static str) -> Refusal {
    let issue = Issue::error("transient", text, coding::TIMEOUT);
    Refusal::new(504, issue, text)
}

fn unavailable(text: &'static str) -> Refusal {
    let issue = Issue::error("transient", text, coding::NOT_AVAILABLE);
    Refusal::new(503, issue, text)
}

fn unreachable(error: &UpstreamError) -> Refusal {
    match error {
        UpstreamError::Timeout { .. } if !error.nothing_was_sent() => {
            timed_out("The Spine did not answer in time")
        }
        UpstreamError::Unavailable { retry_in } => {
            let seconds = retry_in.as_secs().saturating_add(1);
            unavailable("The Spine is not available at present")
                .with_header("retry-after", seconds.to_string())
        }
        error if error.nothing_was_sent() => unavailable("The Spine is not available at present"),
        _ => bad_gateway(),
    }
}

fn bad_gateway() -> Refusal {
    let text = "The Spine gave no answer that can be used";
    let issue = Issue::error("exception", text, coding::UNKNOWN);
    Refusal::new(502, issue, text)
}

/// The Spine does not take the message as such. Most often the application is not registered there
/// for what it asks.
fn not_taken() -> Refusal {
    let text = "The Spine does not take the message: the application may not be registered there \
                for this interaction";
    let issue = Issue::error("exception", text, coding::UNKNOWN);
    Refusal::new(502, issue, text)
}

/// What came is no answer: the national adaptor names the HTTP status, and calls it fatal.
fn unexpected(call: Call, profile: Profile) -> Refusal {
    if profile == Profile::Full {
        return bad_gateway();
    }
    let text = match call {
        Call::Query => "Unexpected spine send response",
        Call::Send => "Unexpected spine 'send data' response",
    };
    let issue = Issue::error("exception", text, coding::UNKNOWN).fatal();
    Refusal::new(500, issue, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(code: &str, severity: Severity) -> ReadIssue {
        ReadIssue {
            code: code.to_owned(),
            system: String::new(),
            text: format!("text of {code}"),
            severity: Some(severity),
        }
    }

    #[test]
    fn the_codes_of_the_spine_decide_the_status() {
        for (codes, full, compatible) in [
            (&["400", "35160"][..], 400, 400),
            (&["401"], 400, 400),
            (&["410", "30142"], 400, 400),
            (&["430"], 400, 400),
            (&["420", "30418"], 403, 403),
            (&["502"], 503, 503),
            (&["500"], 500, 500),
            (&["35160"], 500, 500),
            (&[], 500, 500),
        ] {
            let issues: Vec<_> = codes.iter().map(|c| issue(c, Severity::Error)).collect();
            assert_eq!(refused(&issues, Profile::Full).status, full, "{codes:?}");
            assert_eq!(
                refused(&issues, Profile::Compatible).status,
                compatible,
                "{codes:?}"
            );
        }
    }

    /// Row 25 of the adaptor's defects: its first issue hides the others.
    #[test]
    fn a_warning_does_not_hide_an_error() {
        let issues = [
            issue("210", Severity::Warning),
            issue("420", Severity::Error),
        ];
        let refusal = refused(&issues, Profile::Full);
        assert_eq!(refusal.status, 403);
        assert_eq!(
            refusal.issues[0].text,
            "Code: 210, Display: text of 210;Code: 420, Display: text of 420"
        );
    }

    #[test]
    fn uploads_that_are_not_accepted_say_why() {
        let issues = [
            issue("400", Severity::Error),
            issue("35160", Severity::Error),
        ];
        let text =
            "Spine processing finished with errors:\n- 400: text of 400\n- 35160: text of 35160";
        for profile in [Profile::Full, Profile::Compatible] {
            let refusal = not_accepted(&issues, profile);
            assert_eq!(
                (refusal.status, refusal.issues[0].text.as_str()),
                (400, text)
            );
        }
        let dissent = [issue("420", Severity::Error)];
        assert_eq!(not_accepted(&dissent, Profile::Full).status, 403);
        assert_eq!(not_accepted(&dissent, Profile::Compatible).status, 400);
    }

    #[test]
    fn who_is_away_and_who_is_slow_are_told_apart() {
        let connect = UpstreamError::Connect("10.0.0.1".to_owned());
        let timeout = UpstreamError::Timeout { phase: "response" };
        let closed = UpstreamError::Closed("x".to_owned());
        for (error, full) in [(connect, 503), (timeout, 504), (closed, 502)] {
            let error = SpineError::Unreachable(error);
            let refusal = refusal(&error, Call::Query, Profile::Full);
            assert_eq!(refusal.status, full);
            let shown = String::from_utf8(refusal.json(Profile::Full)).expect("text");
            assert!(!shown.contains("10.0.0.1"), "{shown}");
            let compatible = super::refusal(&error, Call::Query, Profile::Compatible);
            assert_eq!(
                (compatible.status, compatible.issues[0].text.as_str()),
                (500, "Unexpected exception while sending Spine request")
            );
        }
    }
}
