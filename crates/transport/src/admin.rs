//! The operator's port: is the process alive, is it ready, what does it count.
//!
//! It stands on a listener of its own without client certificates, apart from traffic, so that an
//! orchestrator can ask while the service port is full.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::telemetry::MetricsHandle;
use crate::{BoxFuture, Handler, Request, Response};

/// How long one check may take before it counts as failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Answers `GET /health` (200 while the process lives), `GET /ready` (200 or 503, JSON with every
/// check by name) and `GET /metrics` (Prometheus text).
pub struct Admin {
    metrics: MetricsHandle,
    checks: Vec<Check>,
    others: Vec<Others>,
}

/// Other services that requests need, told of beside the checks. That one is down does not make
/// this process unready: it still answers, with a code that says so, and no other one of its kind
/// would do better.
pub struct Others {
    /// The name in the answer.
    pub name: &'static str,
    /// How each address is, by address: `ok`, or what is wrong, without secrets.
    pub states: Box<dyn Fn() -> Vec<(String, String)> + Send + Sync>,
}

/// Something that must work before requests can be served.
pub struct Check {
    /// Its name in the answer.
    pub name: &'static str,
    /// Does it work? An error is shown to whoever asks: a reason without secrets.
    pub check: Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl Admin {
    /// An admin handler with these checks.
    pub fn new(metrics: MetricsHandle, checks: Vec<Check>) -> Self {
        Self {
            metrics,
            checks,
            others: Vec::new(),
        }
    }

    /// With these services told of in the answer to `/ready`.
    #[must_use]
    pub fn with_others(mut self, others: Vec<Others>) -> Self {
        self.others = others;
        self
    }

    async fn ready(&self) -> Response {
        let mut ready = true;
        let mut checks = Map::new();
        for Check { name, check } in &self.checks {
            let outcome = match tokio::time::timeout(CHECK_TIMEOUT, check()).await {
                Ok(outcome) => outcome,
                Err(_) => Err(format!("no result within {} s", CHECK_TIMEOUT.as_secs())),
            };
            ready &= outcome.is_ok();
            let value = outcome.map_or_else(Value::from, |()| Value::from("ok"));
            checks.insert((*name).to_owned(), value);
        }
        let mut body = json!({ "ready": ready, "checks": checks });
        for Others { name, states } in &self.others {
            body[*name] = states().into_iter().collect();
        }
        let status = if ready { 200 } else { 503 };
        Response::new(status, "application/json", body.to_string())
    }
}

impl Handler for Admin {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            if !matches!(request.method.as_str(), "GET" | "HEAD") {
                return Response::text(405, "use GET\n").with_header("allow", "GET, HEAD");
            }
            match request.path.as_str() {
                "/health" => Response::text(200, "ok\n"),
                "/ready" => self.ready().await,
                "/metrics" => {
                    Response::new(200, "text/plain; version=0.0.4", self.metrics.render())
                }
                _ => Response::text(404, "there are /health, /ready and /metrics\n"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use super::*;
    use crate::{Headers, Peer};

    fn check(name: &'static str, outcome: Result<(), &'static str>) -> Check {
        Check {
            name,
            check: Box::new(move || Box::pin(async move { Ok(outcome?) })),
        }
    }

    async fn ask(admin: &Admin, method: &str, path: &str) -> (u16, String) {
        let response = admin
            .handle(Request {
                method: method.to_owned(),
                path: path.to_owned(),
                query: String::new(),
                headers: Headers::default(),
                body: bytes::Bytes::new(),
                peer: Peer {
                    certificate: None,
                    address: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
                },
            })
            .await;
        (
            response.status,
            String::from_utf8(response.body.to_vec()).expect("text"),
        )
    }

    #[tokio::test]
    async fn ready_says_which_check_fails() {
        let metrics = crate::telemetry::metrics;
        let well = Admin::new(
            metrics(),
            vec![check("store", Ok(())), check("disk", Ok(()))],
        );
        let ill = Admin::new(
            metrics(),
            vec![check("store", Err("full")), check("disk", Ok(()))],
        );
        for (admin, method, path, status, says) in [
            (&well, "GET", "/health", 200, "ok"),
            (&ill, "GET", "/health", 200, "ok"),
            (
                &well,
                "GET",
                "/ready",
                200,
                r#"{"checks":{"disk":"ok","store":"ok"},"ready":true}"#,
            ),
            (
                &ill,
                "GET",
                "/ready",
                503,
                r#"{"checks":{"disk":"ok","store":"full"},"ready":false}"#,
            ),
            (&well, "GET", "/metrics", 200, ""),
            (&well, "POST", "/ready", 405, "use GET"),
            (&well, "GET", "/", 404, "/ready"),
        ] {
            let (got, body) = ask(admin, method, path).await;
            assert_eq!(got, status, "{method} {path}");
            assert!(body.contains(says), "{body}");
        }
    }

    #[tokio::test]
    async fn another_service_that_is_down_is_told_of_and_leaves_us_ready() {
        let states = || vec![("https://spine.example/".to_owned(), "no answer".to_owned())];
        let others = Others {
            name: "spine",
            states: Box::new(states),
        };
        let admin = Admin::new(crate::telemetry::metrics(), vec![check("store", Ok(()))])
            .with_others(vec![others]);
        let (status, body) = ask(&admin, "GET", "/ready").await;
        let says = r#"{"checks":{"store":"ok"},"ready":true,"spine":{"https://spine.example/":"no answer"}}"#;
        assert_eq!((status, body.as_str()), (200, says));
    }

    #[tokio::test]
    async fn a_check_that_hangs_counts_as_failed() {
        let hanging = Check {
            name: "spine",
            check: Box::new(|| Box::pin(std::future::pending())),
        };
        let (status, body) = ask(
            &Admin::new(crate::telemetry::metrics(), vec![hanging]),
            "GET",
            "/ready",
        )
        .await;
        assert_eq!(status, 503);
        assert!(body.contains("no result within 2 s"), "{body}");
    }
}
