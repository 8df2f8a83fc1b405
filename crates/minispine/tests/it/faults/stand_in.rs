//! What may be found where a service should be.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use transport::{
    BoxFuture, Environment, Handler, HttpLimits, Listener, ListenerSettings, Request, Response,
    Shutdown, TlsFiles, Upstream, UpstreamRequest,
};

/// Something on a port of its own, until the test ends.
pub(super) struct StandIn {
    port: u16,
    heard: Arc<AtomicUsize>,
}

impl StandIn {
    /// Takes connections and never says a word.
    pub(super) fn silent() -> Self {
        let mut kept = Vec::new();
        Self::plain(move |stream| kept.push(stream))
    }

    /// Answers every connection with something that is not TLS.
    pub(super) fn babbling() -> Self {
        Self::plain(|mut stream| {
            // As much as a client says at first, so that closing is no reset.
            let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"SSH-2.0-this is not the service you are looking for\r\n");
        })
    }

    /// Takes connections in a thread that ends with the process.
    fn plain(mut met: impl FnMut(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(AtomicUsize::new(0));
        let counter = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                met(stream);
            }
        });
        Self { port, heard }
    }

    /// TLS and HTTP as they should be, and then always this answer.
    pub(super) async fn answering(tls: TlsFiles, answer: Response) -> Self {
        Self::over_tls(tls, Manner::Answer(answer)).await
    }

    /// TLS and HTTP as they should be, and then no answer.
    pub(super) async fn pending(tls: TlsFiles) -> Self {
        Self::over_tls(tls, Manner::Nothing).await
    }

    /// Passes every request on to another service, and keeps the answer to itself.
    pub(super) async fn swallowing(tls: TlsFiles, service: Arc<dyn Upstream>) -> Self {
        Self::over_tls(tls, Manner::Swallow(service)).await
    }

    async fn over_tls(tls: TlsFiles, manner: Manner) -> Self {
        let heard = Arc::new(AtomicUsize::new(0));
        let handler = Arc::new(Server {
            heard: heard.clone(),
            manner,
        });
        let settings = ListenerSettings {
            callers: transport::Callers::Certified,
            name: "stand-in",
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: Some(tls),
            limits: HttpLimits::default(),
        };
        let listener = Listener::bind(settings, handler, Environment::system()).await;
        let listener = listener.expect("a listener");
        let port = listener.address().port();
        // It ends with the test.
        let (_, shutdown) = Shutdown::new();
        tokio::spawn(listener.run(shutdown));
        Self { port, heard }
    }

    /// How often it was spoken to: connections, or requests over TLS.
    pub(super) fn heard(&self) -> usize {
        self.heard.load(Ordering::SeqCst)
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }
}

enum Manner {
    Answer(Response),
    Nothing,
    Swallow(Arc<dyn Upstream>),
}

struct Server {
    heard: Arc<AtomicUsize>,
    manner: Manner,
}

impl Handler for Server {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        self.heard.fetch_add(1, Ordering::SeqCst);
        match &self.manner {
            Manner::Answer(answer) => {
                let answer = answer.clone();
                Box::pin(async { answer })
            }
            Manner::Nothing => Box::pin(std::future::pending()),
            Manner::Swallow(service) => Box::pin(async {
                let passed = service.send(passed_on(request)).await;
                passed.expect("an answer of the service");
                std::future::pending().await
            }),
        }
    }
}

fn passed_on(request: Request) -> UpstreamRequest {
    let header = |name| request.header(name).expect(name).to_owned();
    UpstreamRequest {
        method: transport::Method::Post,
        path: request.path.clone(),
        headers: vec![
            ("Content-Type", header("content-type")),
            ("SOAPAction", header("soapaction")),
        ],
        body: request.body.clone(),
        safe: false,
    }
}
