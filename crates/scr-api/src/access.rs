//! What a token allows: which way of access, and which calls.
//!
//! A user-restricted token is of a person who logged in with assurance level 2 or 3; an
//! application-restricted one is of the application alone, which may ask for records and upload
//! them, and neither set consent nor raise alerts.

use crate::outcome::{Issue, Refusal, coding};
use crate::token::{Claims, TokenError};
use conversion::Profile;

const APPLICATION: &str = "urn:nhsd:apim:app:level3:summary-care-record";
const USER: [&str; 2] = [
    "urn:nhsd:apim:user-nhs-id:aal2:summary-care-record",
    "urn:nhsd:apim:user-nhs-id:aal3:summary-care-record",
];

/// The scopes of this API, for whoever issues tokens.
pub(crate) const SCOPES: [&str; 3] = [APPLICATION, USER[0], USER[1]];

/// A way of access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    User,
    Application,
}

impl Mode {
    /// The way that a token's scopes allow.
    pub(crate) fn of(claims: &Claims) -> Option<Self> {
        let has = |scope: &str| claims.scope.words().any(|word| word == scope);
        if USER.iter().any(|scope| has(scope)) {
            return Some(Self::User);
        }
        has(APPLICATION).then_some(Self::Application)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user-restricted",
            Self::Application => "application-restricted",
        }
    }

    /// Whether the call may be made so. `path` is the one under the base.
    pub(crate) fn check(self, method: &str, path: &str, profile: Profile) -> Result<(), Refusal> {
        let allowed = matches!(
            (method, path),
            ("GET", "/DocumentReference") | ("GET" | "POST", "/Bundle")
        );
        if self == Self::User || allowed {
            return Ok(());
        }
        let diagnostics = "Your app has insufficient permissions to use this method. Please \
                           contact support.";
        let (status, code, coding, text) = match (method, profile) {
            ("GET" | "POST", Profile::Compatible) => (
                401,
                "unknown",
                coding::UNKNOWN,
                coding::UNKNOWN.1.to_owned(),
            ),
            ("GET" | "POST", Profile::Full) => {
                let text = format!(
                    "Application-restricted access is not available on this {method} request"
                );
                (403, "forbidden", coding::ACCESS_DENIED, text)
            }
            _ => {
                let display = "Cannot update resource with Application-Restricted access token";
                let coding = (coding::INVALID_METHOD.0, display);
                (403, "forbidden", coding, display.to_owned())
            }
        };
        let issue = Issue::error(code, text, coding).diagnosed(diagnostics);
        Err(Refusal::new(status, issue, "not with an application-restricted token").by_gateway())
    }
}

/// The token is not believed.
pub(crate) fn denied(error: &TokenError) -> Refusal {
    if *error == TokenError::NoKeys {
        let issue = Issue::error("transient", error.to_string(), coding::NOT_AVAILABLE);
        return Refusal::new(503, issue, error.to_string()).by_gateway();
    }
    let display = match error {
        TokenError::Expired => "Access token expired",
        _ => "Invalid access token",
    };
    let coding = (coding::ACCESS_DENIED.0, display);
    let mut issue = Issue::error("forbidden", error.to_string(), coding);
    issue.code = "forbidden";
    let challenge = match error {
        TokenError::Missing | TokenError::Scheme => "Bearer".to_owned(),
        error => format!("Bearer error=\"invalid_token\", error_description=\"{error}\""),
    };
    Refusal::new(401, issue, error.to_string())
        .by_gateway()
        .with_header("www-authenticate", challenge)
}

/// The token is believed, and does not allow what is asked.
pub(crate) fn forbidden(text: &'static str) -> Refusal {
    let issue = Issue::error("forbidden", text, coding::ACCESS_DENIED);
    Refusal::new(403, issue, text).by_gateway()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Strings;

    fn mode(scope: &str) -> Option<Mode> {
        let claims = Claims {
            iss: String::new(),
            aud: Strings::default(),
            exp: 0.0,
            nbf: None,
            iat: None,
            jti: None,
            sub: None,
            client_id: None,
            azp: None,
            scope: Strings::One(scope.to_owned()),
            nhsid_useruid: None,
            name: None,
            selected_roleid: None,
            nhsid_nrbac_roles: Vec::new(),
        };
        Mode::of(&claims)
    }

    #[test]
    fn scopes_say_which_way_of_access() {
        for (scope, expected) in [
            (SCOPES[0], Some(Mode::Application)),
            (SCOPES[1], Some(Mode::User)),
            (SCOPES[2], Some(Mode::User)),
            (
                &format!("openid {} {}", SCOPES[0], SCOPES[1]),
                Some(Mode::User),
            ),
            (
                "urn:nhsd:apim:app:level3:personal-demographics-service",
                None,
            ),
            ("urn:nhsd:apim:app:level3:summary-care-record-x", None),
            ("", None),
        ] {
            assert_eq!(mode(scope), expected, "{scope}");
        }
    }

    #[test]
    fn applications_ask_and_upload_and_nothing_else() {
        for (method, path, full, compatible) in [
            ("GET", "/DocumentReference", None, None),
            ("GET", "/Bundle", None, None),
            ("POST", "/Bundle", None, None),
            ("POST", "/AuditEvent", Some(403), Some(401)),
            ("POST", "/$setPermission", Some(403), Some(401)),
            ("GET", "/healthcheck", Some(403), Some(401)),
            ("POST", "/DocumentReference", Some(403), Some(401)),
            ("PUT", "/Bundle", Some(403), Some(403)),
            ("DELETE", "/Bundle", Some(403), Some(403)),
        ] {
            let status =
                |mode: Mode, profile| mode.check(method, path, profile).err().map(|r| r.status);
            assert_eq!(
                status(Mode::Application, Profile::Full),
                full,
                "{method} {path}"
            );
            let of = status(Mode::Application, Profile::Compatible);
            assert_eq!(of, compatible, "{method} {path}");
            assert_eq!(status(Mode::User, Profile::Full), None, "{method} {path}");
        }
    }
}
