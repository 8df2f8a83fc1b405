//! What a failure most likely means.
//!
//! A scenario knows what it means when its defect goes unnoticed; everything else follows from
//! what came back instead.

use itk::fault::{ErrorCode, FaultKind};

use crate::heard::{Got, Heard};
use crate::scenario::{Allowed, Scenario, Wanted};

/// The likely cause, a sentence or two for whoever has to mend it.
pub(crate) fn cause(
    scenario: &Scenario,
    allowed: &[Allowed],
    heard: &Heard,
    is_allowed: bool,
) -> String {
    if is_allowed {
        return "The outcome is right; the message that says so breaks the rules listed.".into();
    }
    let wants_fault = allowed
        .iter()
        .any(|a| matches!(a.outcome, Wanted::Fault(..)));
    let wants_answer = allowed.iter().any(|a| {
        matches!(
            a.outcome,
            Wanted::Success(_) | Wanted::Code(..) | Wanted::AnyAnswer
        )
    });
    match &heard.got {
        Got::Answer { code, .. } if code == "SMSP-0000" && !wants_answer => {
            format!("The service acted on it. {}", scenario.cause)
        }
        Got::Answer { code, .. } => answered(code, wants_fault, scenario),
        Got::Fault { kind, code, .. } => faulted(*kind, *code, wants_fault, scenario),
        Got::Http { status, .. } => http(*status, scenario),
        Got::Senseless(_) => {
            "The service's answer is not a SOAP message as the interface has it: look at what it \
             sends, and at what stands between it and this client."
                .into()
        }
        Got::Tls(_) if wants_answer || wants_fault => {
            "TLS fails before anything is said: look at the certificates of both sides and at the \
             authorities each of them trusts."
                .into()
        }
        Got::Closed(_) => {
            "The service, or something in front of it, hangs up instead of answering: it may have \
             crashed on this message. Look at its log."
                .into()
        }
        Got::Nothing(_) => {
            "The service does not answer, or not in time: is it up, is the URL right, does it wait \
             for its Spine without a time-out of its own?"
                .into()
        }
        Got::Tls(_) => scenario.cause.into(),
    }
}

fn answered(code: &str, wants_fault: bool, scenario: &Scenario) -> String {
    let meaning = match code {
        "SMSP-0001" if wants_fault => {
            "The service takes it for an error of content; an error of form is a SOAP fault."
        }
        "SMSP-0001" => "The service finds something wrong with the content of a proper request.",
        "SMSP-0002" => "What the service's Spine answered was of no use to it.",
        "SMSP-0004" => "The service cannot reach its Spine.",
        "SMSP-0005" => {
            "The service does not know this user or role profile, or they lack a right it asks \
             for: check the user and the role profile given, and the service's directory."
        }
        "SMSP-9999" => "The service failed inside, or so did its Spine: look at its log.",
        _ => scenario.cause,
    };
    meaning.to_owned()
}

fn faulted(
    kind: FaultKind,
    code: Option<ErrorCode>,
    wants_fault: bool,
    scenario: &Scenario,
) -> String {
    match code {
        Some(ErrorCode::AccessDenied) if !wants_fault => {
            "The service does not know this client: certificate, user name and organisation must \
             be those it has registered, and the operation must be allowed for it."
                .into()
        }
        _ if wants_fault => format!(
            "It is refused, and with another fault than the specification says. {}",
            scenario.cause
        ),
        Some(ErrorCode::Retryable) => "The service is busy or in trouble of its own.".into(),
        _ => match kind {
            FaultKind::Server => "The service failed inside: look at its log.".into(),
            _ => format!(
                "The service refuses what the specification allows; its diagnostic says why. {}",
                scenario.cause
            ),
        },
    }
}

fn http(status: u16, scenario: &Scenario) -> String {
    match status {
        404 | 405 => "There is no such service at this path: check the URL.".into(),
        401 | 403 => "Something refuses this client before the service does.".into(),
        502..=504 => "A gateway answers instead of the service, or the service is too busy.".into(),
        500 => "The service fails without a SOAP fault: it may have crashed on it.".into(),
        200 | 202 => {
            "It is taken without a SOAP answer; these services answer at once and in full.".into()
        }
        _ => scenario.cause.into(),
    }
}
