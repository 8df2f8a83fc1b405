//! Holding what came back against what is allowed.

use itk::fault::ErrorCode;

use crate::heard::{Content, Got, Heard};
use crate::scenario::{Allowed, Fact, Wanted};

/// What came of one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// As customary.
    Usual,
    /// Allowed otherwise: why.
    Also(&'static str),
    /// Not allowed.
    Wrong,
}

/// Judges an answer. `before` is the answer to the step before.
pub(crate) fn judge(heard: &Heard, allowed: &[Allowed], before: Option<&Heard>) -> Judgement {
    let matching = allowed
        .iter()
        .find(|allowed| is(&heard.got, allowed.outcome, before));
    match matching {
        Some(_) if !heard.defects.is_empty() => Judgement::Wrong,
        Some(allowed) if allowed.because.is_empty() => Judgement::Usual,
        Some(allowed) => Judgement::Also(allowed.because),
        None => Judgement::Wrong,
    }
}

/// Whether the outcome itself is an allowed one, whatever else is wrong with the answer.
pub(crate) fn is_allowed(got: &Got, allowed: &[Allowed], before: Option<&Heard>) -> bool {
    allowed.iter().any(|a| is(got, a.outcome, before))
}

fn is(got: &Got, wanted: Wanted, before: Option<&Heard>) -> bool {
    match (wanted, got) {
        (
            Wanted::Fault(kind, code),
            Got::Fault {
                kind: k, code: c, ..
            },
        ) => kind == *k && code == *c,
        (
            Wanted::Code(code, display),
            Got::Answer {
                code: c,
                display: d,
                ..
            },
        ) => code == c && display.eq_ignore_ascii_case(d),
        (Wanted::AnyAnswer, Got::Answer { .. }) => true,
        (Wanted::Success(fact), Got::Answer { code, content, .. }) => {
            code == "SMSP-0000" && holds(fact, content)
        }
        (Wanted::AsBefore, _) => before.is_some_and(|before| before.got == *got),
        (Wanted::Http(status), Got::Http { status: s, .. }) => status == *s,
        (Wanted::Wsdl, Got::Http { status, is_wsdl }) => *status == 200 && *is_wsdl,
        (Wanted::Tls, Got::Tls(_)) | (Wanted::Closed, Got::Closed(_)) => true,
        _ => false,
    }
}

fn holds(fact: Fact, content: &Content) -> bool {
    match (fact, content) {
        (Fact::Any, _) => true,
        (Fact::Exists(expected), Content::Status { exists, .. }) => expected == *exists,
        (Fact::ConsentNo, Content::Status { consent, .. }) => {
            *consent == domain::ConsentSetting::No
        }
        (Fact::Permitted(expected), Content::Permitted(flag)) => expected == *flag,
        (Fact::Document, Content::Document(_)) => true,
        (Fact::Report, Content::Report { .. }) | (Fact::Plans, Content::Plans { .. }) => true,
        _ => false,
    }
}

/// All that is allowed, in words.
pub(crate) fn expected(allowed: &[Allowed]) -> String {
    let words: Vec<String> = allowed.iter().map(|a| outcome(a.outcome)).collect();
    words.join(", or ")
}

fn outcome(wanted: Wanted) -> String {
    match wanted {
        Wanted::Fault(kind, Some(code)) => {
            format!("a {} fault with code {}", kind.name(), code.code())
        }
        Wanted::Fault(kind, None) => format!("a {} fault without a code", kind.name()),
        Wanted::Code(code, display) => format!("{code} {display}"),
        Wanted::AnyAnswer => "an answer, whatever its code".to_owned(),
        Wanted::Success(fact) => match fact {
            Fact::Any => "SMSP-0000".to_owned(),
            Fact::Exists(true) => "SMSP-0000 and that there is a record".to_owned(),
            Fact::Exists(false) => "SMSP-0000 and that there is no record".to_owned(),
            Fact::ConsentNo => "SMSP-0000 and consent 0 No".to_owned(),
            Fact::Permitted(true) => "SMSP-0000 and that there is permission to view".to_owned(),
            Fact::Permitted(false) => {
                "SMSP-0000 and that there is no permission to view".to_owned()
            }
            Fact::Document => "SMSP-0000 with the patient's document".to_owned(),
            Fact::Report => "SMSP-0000 with a report".to_owned(),
            Fact::Plans => "SMSP-0000 with plans of the number asked for".to_owned(),
        },
        Wanted::AsBefore => "the same answer as before".to_owned(),
        Wanted::Http(status) => format!("HTTP {status}"),
        Wanted::Wsdl => "HTTP 200 with a WSDL".to_owned(),
        Wanted::Tls => "a refusal by TLS".to_owned(),
        Wanted::Closed => "the connection closed".to_owned(),
    }
}

/// What came, in words, without anything of a patient.
pub(crate) fn got(got: &Got) -> String {
    match got {
        Got::Fault {
            status,
            kind,
            code,
            diagnostic,
        } => {
            let code = code.map_or("no known code", ErrorCode::code);
            let said = crate::heard::mask(diagnostic);
            format!("HTTP {status}, a {} fault with {code}: {said}", kind.name())
        }
        Got::Answer {
            operation,
            code,
            display,
            content,
        } => {
            let words = content.words();
            let words = match words.is_empty() {
                true => words,
                false => format!(": {words}"),
            };
            format!("{code} {display} of {}{words}", operation.name())
        }
        Got::Http { status, is_wsdl } => match is_wsdl {
            true => format!("HTTP {status} with a WSDL"),
            false => format!("HTTP {status}, no SOAP message"),
        },
        Got::Senseless(why) => format!("a message that makes no sense: {why}"),
        Got::Tls(why) => format!("a refusal by TLS: {why}"),
        Got::Closed(why) => format!("the connection closed: {why}"),
        Got::Nothing(why) => format!("no answer: {why}"),
    }
}
