//! Why a request is not done: every status that an endpoint may refuse with. The examples are what
//! the functions of the service say in such a case.

use domain::code::psis::Severity;
use hl7v3::issue::ReadIssue;

use super::Group;
use crate::access::{Mode, denied, forbidden};
use crate::caller::URID;
use crate::headers;
use crate::outcome::{Issue, Refusal, coding};
use crate::query::{self, Query};
use crate::route::Endpoint;
use crate::spine;
use crate::token::TokenError;
use conversion::Profile;

type Examples = Vec<(&'static str, Refusal)>;

/// Every refusal of an endpoint, by status. A restricted one is not for applications alone.
pub(super) fn of(endpoint: Endpoint, is_restricted: bool) -> Vec<Group> {
    let mut all = vec![
        group(400, invalid_when(endpoint), invalid(endpoint)),
        group(
            401,
            "There is no token, or it is not believed.",
            unauthorised(),
        ),
        group(
            403,
            forbidden_when(endpoint),
            forbidden_examples(endpoint, is_restricted),
        ),
        group(
            406,
            "The answer is wanted in another form than FHIR JSON or XML.",
            Vec::new(),
        ),
        group(
            429,
            "The application has used up its rate.",
            vec![("Too many requests", throttled())],
        ),
        group(
            500,
            "Something failed on our side; the log knows what.",
            vec![("A failure", failure())],
        ),
        group(503, unavailable_when(endpoint), Vec::new()),
    ];
    if endpoint == Endpoint::Health {
        all.retain(|group| group.status != 406);
        return all;
    }
    all.push(group(
        502,
        "The Spine gave no answer that can be used.",
        Vec::new(),
    ));
    all.push(group(504, timed_out_when(endpoint), timed_out(endpoint)));
    if endpoint.brings() {
        let text = "A request with this X-Request-ID is being processed: send it again after the time \
                    that Retry-After says.";
        all.push(group(409, text, Vec::new()));
        all.push(group(413, "The body is too large.", Vec::new()));
        let text = "The body is of another type than `application/fhir+json` or \
                    `application/fhir+xml`.";
        all.push(group(415, text, Vec::new()));
    }
    for group in &mut all {
        if [409, 503].contains(&group.status) {
            let example = Issue::error("transient", "", coding::NOT_AVAILABLE);
            group.hints =
                vec![Refusal::new(group.status, example, "").with_header("retry-after", "5")];
        }
    }
    all
}

fn group(status: u16, when: impl Into<String>, refusals: Examples) -> Group {
    Group {
        status,
        when: when.into(),
        refusals,
        hints: Vec::new(),
    }
}

fn invalid_when(endpoint: Endpoint) -> String {
    let text = "A header, a parameter or the body is not as it must be";
    match endpoint {
        Endpoint::Find | Endpoint::Retrieve => {
            format!(
                "{text}, a parameter is not known, or the Spine says that the request is wrong."
            )
        }
        Endpoint::Upload => format!(
            "{text}, or the Spine does not accept the document. There is one issue for each rule that \
             the bundle breaks."
        ),
        Endpoint::Alert | Endpoint::SetPermission => {
            format!("{text}, or the Spine says that the request is wrong.")
        }
        Endpoint::Health => "A header is not as it must be.".to_owned(),
    }
}

fn invalid(endpoint: Endpoint) -> Examples {
    let none = Query::default();
    let mut all = Examples::new();
    let mut add = |summary, refused: Option<Refusal>| all.extend(refused.map(|r| (summary, r)));
    match endpoint {
        Endpoint::Find => {
            add("The patient is missing", none.required("patient").err());
            add("The NHS number is wrong", wrong_number("patient"));
            let unknown = Query::read("subject=x").unwrap_or_default();
            let known = &crate::found::PARAMETERS;
            add(
                "A parameter is not known",
                unknown.check_names(known, Profile::Full).err(),
            );
        }
        Endpoint::Retrieve => {
            add(
                "The identifier is missing",
                none.required(crate::retrieve::IDENTIFIER).err(),
            );
            add(
                "The NHS number is wrong",
                wrong_number(crate::retrieve::PATIENT),
            );
        }
        Endpoint::Upload => {
            let rule = Refusal::value("Unsupported Bundle.type: SEARCHSET", "").at("Bundle.type");
            add("The bundle is no document", Some(rule));
            let issues = [
                issue("400", "Invalid Request"),
                issue(
                    "30134",
                    "[PSIS-30134] - Duplicate event with eventId 5E2A91C0-61B1-4B5C-9D0E-0B5D4F1C7A10 and nhsNumber 9990000018.",
                ),
            ];
            add(
                "The Spine has the document already",
                Some(spine::not_accepted(&issues, Profile::Full)),
            );
        }
        Endpoint::Alert => {
            let text = "Invalid combination of alert type '2' and alert subtype '4'.";
            let rule = Refusal::rule(text).at("AuditEvent.subtype[0].code");
            add("The reason does not go with the type", Some(rule));
        }
        Endpoint::SetPermission => {
            let text = "Missing value for Parameter.Part 'nhsNumber'";
            add(
                "The patient is missing",
                Some(Refusal::rule(text).at("Parameters.parameter.part")),
            );
        }
        Endpoint::Health => {}
    }
    if endpoint.brings() {
        add("The user's role is not known", Some(headers::missing(URID)));
    }
    all
}

fn wrong_number(name: &str) -> Option<Refusal> {
    let value = format!("{}|9990000019", query::NHS_NUMBER);
    let issue = query::patient(&value, name, Profile::Full).err()?;
    Some(Refusal::new(400, *issue, ""))
}

fn unauthorised() -> Examples {
    vec![
        ("There is no token", denied(&TokenError::Missing)),
        ("The token has expired", denied(&TokenError::Expired)),
    ]
}

fn forbidden_when(endpoint: Endpoint) -> String {
    let text = "The token does not allow the call";
    match endpoint {
        Endpoint::Health => format!("{text}."),
        Endpoint::Upload => format!("{text}, or the patient does not consent."),
        _ => format!("{text}, or the Spine does not permit it: the patient does not consent."),
    }
}

fn forbidden_examples(endpoint: Endpoint, is_restricted: bool) -> Examples {
    let mut all = Examples::new();
    if is_restricted {
        let (method, path) = super::place_of(endpoint);
        let refused = Mode::Application.check(method, path, Profile::Full).err();
        all.extend(refused.map(|refused| ("The token is an application's", refused)));
    }
    let text = "The application is not registered here";
    all.push(("The application is not known", forbidden(text)));
    if matches!(
        endpoint,
        Endpoint::Find | Endpoint::Retrieve | Endpoint::Upload
    ) {
        let issues = [
            issue(
                "420",
                "Business condition related to access control  which prevents the action being performed by PSIS",
            ),
            issue(
                "30418",
                "[PSIS-30418] - ACF does not permit access to resource",
            ),
        ];
        let refused = spine::refused(&issues, Profile::Full);
        all.push(("The patient does not consent", refused));
    }
    all
}

fn throttled() -> Refusal {
    let text = "Too many requests: the application has used up its rate";
    let issue = Issue::error("throttled", text, coding::TOO_MANY);
    Refusal::new(429, issue, "").with_header("retry-after", "1")
}

fn failure() -> Refusal {
    Refusal::failure(Profile::Full, "60e0b220-8136-4ca5-ae46-1d97ef59d068", "")
}

fn unavailable_when(endpoint: Endpoint) -> String {
    match endpoint {
        Endpoint::Health => {
            "The service does not work; or the keys of tokens are not available.".to_owned()
        }
        _ => "The Spine, or the keys of tokens, are not available. Nothing was done.".to_owned(),
    }
}

fn timed_out_when(endpoint: Endpoint) -> &'static str {
    match endpoint.brings() {
        true => {
            "The Spine did not answer in time. What was asked may have been done: send the same \
             request again, with the same X-Request-ID."
        }
        false => "The Spine did not answer in time.",
    }
}

fn timed_out(endpoint: Endpoint) -> Examples {
    let text = match endpoint {
        Endpoint::Upload => "Upstream server timed out. Spine polling yield no result",
        _ => "The Spine did not answer in time",
    };
    vec![("No answer in time", spine::timed_out(text))]
}

fn issue(code: &str, text: &str) -> ReadIssue {
    ReadIssue {
        code: code.to_owned(),
        system: domain::oid::DETECTED_ISSUE.to_owned(),
        text: text.to_owned(),
        severity: Some(Severity::Error),
    }
}
