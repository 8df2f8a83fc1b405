//! Several services behind one listener, told apart by path.

use std::sync::Arc;

use crate::{BoxFuture, Handler, Request, Response};

/// Hands each request to the service at its path; any other path is 404.
#[derive(Default)]
pub struct Routes {
    services: Vec<(String, Arc<dyn Handler>)>,
}

impl Routes {
    /// No services yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a service at exactly this path.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, service: Arc<dyn Handler>) -> Self {
        self.services.push((path.into(), service));
        self
    }

    fn not_found(&self) -> Response {
        let paths: Vec<&str> = self
            .services
            .iter()
            .map(|(path, _)| path.as_str())
            .collect();
        Response::text(
            404,
            format!("there is nothing here; services: {}\n", paths.join(", ")),
        )
    }
}

impl Handler for Routes {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        let found = self.services.iter().find(|(path, _)| *path == request.path);
        match found {
            Some((_, service)) => service.handle(request),
            None => Box::pin(async { self.not_found() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Headers, Peer};

    struct Says(&'static str);

    impl Handler for Says {
        fn handle(&self, _: Request) -> BoxFuture<'_, Response> {
            Box::pin(async { Response::text(200, self.0) })
        }
    }

    #[tokio::test]
    async fn the_path_decides_exactly() {
        let routes = Routes::new()
            .with("/one", Arc::new(Says("1")))
            .with("/two", Arc::new(Says("2")));
        for (path, status, body) in [
            ("/one", 200, "1"),
            ("/two", 200, "2"),
            ("/one/", 404, ""),
            ("/", 404, ""),
            ("/ONE", 404, ""),
        ] {
            let request = Request {
                method: "POST".to_owned(),
                path: path.to_owned(),
                query: String::new(),
                headers: Headers::default(),
                body: bytes::Bytes::new(),
                peer: Peer::local(None),
            };
            let response = routes.handle(request).await;
            assert_eq!(response.status, status, "{path}");
            if status == 200 {
                assert_eq!(response.body, body, "{path}");
            }
        }
    }
}
