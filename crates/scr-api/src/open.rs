//! What tells of the service itself: `_ping`, `_status`, `healthcheck`.

use serde_json::{Value, json};
use transport::{Request, Response};

use crate::config::Build;
use crate::media::JSON;
use crate::service::Inner;

/// Whether what the service needs is there.
pub(crate) struct Health {
    store: Result<(), String>,
    keys: bool,
}

impl Health {
    pub(crate) async fn of(inner: &Inner) -> Self {
        let counts = inner.store.counts().await;
        Self {
            store: counts.map(|_| ()).map_err(|error| {
                tracing::error!(%error, "the store failed");
                "the store failed".to_owned()
            }),
            keys: inner.keys.are_known(),
        }
    }

    fn is_up(&self) -> bool {
        self.store.is_ok() && self.keys
    }

    fn body(&self) -> Value {
        let status = |up: bool| if up { "UP" } else { "DOWN" };
        json!({
            "status": status(self.is_up()),
            "components": {
                "store": { "status": status(self.store.is_ok()) },
                "tokenKeys": { "status": status(self.keys) },
            },
        })
    }

    /// The body and the status of `healthcheck`.
    pub(crate) fn answer(&self) -> (u16, Value) {
        (if self.is_up() { 200 } else { 503 }, self.body())
    }
}

/// `_ping`: it answers, therefore it is there.
pub(crate) fn ping(build: &Build) -> Response {
    respond(200, &described(build))
}

/// `_status`: for whoever has the key.
pub(crate) async fn status(inner: &Inner, request: &Request) -> Response {
    let expected = inner.config.status_key.as_deref();
    let given = request.header("apikey").unwrap_or_default();
    if !expected.is_some_and(|expected| is_same(expected, given)) {
        return Response::text(401, "Server Error\n");
    }
    let health = Health::of(inner).await;
    let (code, outcome) = health.answer();
    let up = health.is_up();
    let status = if up { "pass" } else { "fail" };
    let mut body = described(&inner.config.build);
    let url = format!("{}/healthcheck", inner.config.base_url);
    body["status"] = json!(status);
    body["checks"] = json!({
        "healthcheckService:status": [{
            "status": status,
            "timeout": "false",
            "responseCode": code,
            "outcome": outcome,
            "links": { "self": url },
        }],
    });
    respond(200, &body)
}

fn described(build: &Build) -> Value {
    json!({
        "version": build.version,
        "revision": build.revision,
        "releaseId": build.release_id,
        "commitId": build.commit_id,
    })
}

pub(crate) fn respond(status: u16, body: &Value) -> Response {
    Response::new(status, JSON, body.to_string())
}

/// Without telling by the time it takes how much of it is right.
fn is_same(expected: &str, given: &str) -> bool {
    let differences = expected
        .bytes()
        .zip(given.bytes())
        .fold(0, |sum, (a, b)| sum | (a ^ b));
    !expected.is_empty() && expected.len() == given.len() && differences == 0
}
