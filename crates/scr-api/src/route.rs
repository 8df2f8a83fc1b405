//! Which endpoint a path is, and which methods it has.

use crate::outcome::{Issue, Refusal, coding};
use crate::query::percent_decoded;

/// An endpoint that needs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Find,
    Retrieve,
    Upload,
    Alert,
    SetPermission,
    Health,
}

/// Every path under the base, its methods, and what they are.
pub(crate) const TABLE: [(&str, &[(&str, Endpoint)]); 5] = [
    ("/DocumentReference", &[("GET", Endpoint::Find)]),
    (
        "/Bundle",
        &[("GET", Endpoint::Retrieve), ("POST", Endpoint::Upload)],
    ),
    ("/AuditEvent", &[("POST", Endpoint::Alert)]),
    ("/$setPermission", &[("POST", Endpoint::SetPermission)]),
    ("/healthcheck", &[("GET", Endpoint::Health)]),
];

impl Endpoint {
    /// The endpoint of a method and a path under the base.
    pub(crate) fn of(method: &str, path: &str, uri: &str) -> Result<Self, Refusal> {
        let Some((_, methods)) = TABLE.iter().find(|(known, _)| *known == path) else {
            let text = format!("{uri} not found");
            let issue = Issue::error("not-found", text, coding::NOT_FOUND);
            return Err(Refusal::new(404, issue, "path"));
        };
        let found = methods.iter().find(|(known, _)| *known == method);
        found.map(|(_, endpoint)| *endpoint).ok_or_else(|| {
            let allowed: Vec<_> = methods.iter().map(|(method, _)| *method).collect();
            not_allowed(method, &allowed.join(","))
        })
    }

    /// What it is called in audit, logs and metrics.
    pub(crate) const fn operation(self) -> &'static str {
        match self {
            Self::Find => "GET DocumentReference",
            Self::Retrieve => "GET Bundle",
            Self::Upload => "POST Bundle",
            Self::Alert => "POST AuditEvent",
            Self::SetPermission => "POST $setPermission",
            Self::Health => "GET healthcheck",
        }
    }

    /// Whether it brings something: it has a body, and is not done twice.
    pub(crate) const fn brings(self) -> bool {
        matches!(self, Self::Upload | Self::Alert | Self::SetPermission)
    }
}

pub(crate) fn not_allowed(method: &str, allowed: &str) -> Refusal {
    let text = format!("Request method '{method}' not supported");
    let issue = Issue::error("not-supported", text, coding::INVALID_METHOD);
    Refusal::new(405, issue, "method").with_header("allow", allowed)
}

/// The path under the base, decoded; `None` for one that is elsewhere.
pub(crate) fn under_base(path: &str) -> Option<String> {
    let rest = path.strip_prefix(crate::BASE_PATH)?;
    let rest = percent_decoded(rest)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods_are_told_apart() {
        let of = |method, path| {
            Endpoint::of(method, path, "/uri").map_err(|r| {
                let allow = r.headers.first().map(|(_, value)| value.clone());
                (r.status, allow.unwrap_or_default())
            })
        };
        assert_eq!(of("GET", "/Bundle"), Ok(Endpoint::Retrieve));
        assert_eq!(of("POST", "/$setPermission"), Ok(Endpoint::SetPermission));
        for (method, path, status, allow) in [
            ("PUT", "/Bundle", 405, "GET,POST"),
            ("POST", "/DocumentReference", 405, "GET"),
            ("GET", "/$setPermission", 405, "POST"),
            ("GET", "/AuditEvent", 405, "POST"),
            ("POST", "/healthcheck", 405, "GET"),
            ("GET", "/Bundle/1", 404, ""),
            ("GET", "/bundle", 404, ""),
            ("GET", "", 404, ""),
        ] {
            assert_eq!(
                of(method, path),
                Err((status, allow.to_owned())),
                "{method} {path}"
            );
        }
    }

    #[test]
    fn only_what_is_under_the_base_is_ours() {
        let base = crate::BASE_PATH;
        for (path, expected) in [
            (format!("{base}/%24setPermission"), Some("/$setPermission")),
            (base.to_owned(), Some("")),
            (format!("{base}x/Bundle"), None),
            ("/Bundle".to_owned(), None),
            (format!("{base}/%zz"), None),
        ] {
            assert_eq!(under_base(&path).as_deref(), expected, "{path}");
        }
    }
}
