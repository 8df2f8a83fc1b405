//! What the tests share: certificates, a handler, a running listener, a client made by hand.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use transport::pki::{Authority, IssueRequest, Issued};
use transport::{
    BoxFuture, Environment, Handler, HttpLimits, Listener, ListenerSettings, ReloadHandle, Request,
    Response, Shutdown, TlsFiles, TlsUpstream, Trigger, UpstreamSettings, files, telemetry,
};

/// Longer than anything here should take; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A folder with an authority and certificates.
pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) authority: Authority,
}

impl World {
    pub(crate) fn new() -> Self {
        let authority = Authority::create("Test CA", &Environment::system()).expect("a CA");
        let dir = tempfile::tempdir().expect("a folder");
        files::write_atomic(dir.path().join("ca.pem"), authority.certificate_pem()).expect("CA");
        Self { dir, authority }
    }

    /// Issues a certificate for loopback, for both purposes, and writes it.
    pub(crate) fn identity(&self, name: &str) -> TlsFiles {
        self.identity_by(&self.authority, name, request(name))
    }

    pub(crate) fn identity_by(
        &self,
        authority: &Authority,
        name: &str,
        request: IssueRequest,
    ) -> TlsFiles {
        let issued = authority
            .issue(&request, &Environment::system())
            .expect("issued");
        self.write(name, &issued);
        self.files(name)
    }

    pub(crate) fn write(&self, name: &str, issued: &Issued) {
        files::write_private(self.path(name, "key"), &issued.key_pem).expect("key");
        files::write_atomic(self.path(name, "pem"), &issued.certificate_pem).expect("certificate");
    }

    pub(crate) fn files(&self, name: &str) -> TlsFiles {
        TlsFiles {
            certificate: self.path(name, "pem"),
            key: self.path(name, "key"),
            authorities: self.path("ca", "pem"),
            revoked: None,
        }
    }

    pub(crate) fn path(&self, name: &str, extension: &str) -> PathBuf {
        self.dir.path().join(format!("{name}.{extension}"))
    }

    /// A listener with a certificate of this world's authority.
    pub(crate) async fn serve(
        &self,
        name: &'static str,
        limits: HttpLimits,
        handler: &Arc<Scripted>,
    ) -> Running {
        Running::start(name, Some(self.identity("server")), limits, handler).await
    }

    /// A connector to it, with short time-outs.
    pub(crate) fn settings(&self, running: &Running, client: &str) -> UpstreamSettings {
        UpstreamSettings {
            connect_timeout: Duration::from_secs(2),
            response_timeout: Duration::from_secs(2),
            total_timeout: Duration::from_secs(5),
            ..UpstreamSettings::new(running.url("/echo"), self.identity(client))
        }
    }

    pub(crate) fn upstream(&self, running: &Running, client: &str) -> TlsUpstream {
        TlsUpstream::new(self.settings(running, client)).expect("an upstream")
    }
}

/// What to ask for to get a certificate for loopback.
pub(crate) fn request(name: &str) -> IssueRequest {
    IssueRequest {
        common_name: name.to_owned(),
        dns_names: vec!["localhost".to_owned()],
        ip_addresses: vec![std::net::Ipv4Addr::LOCALHOST.into()],
        client: true,
        server: true,
        valid_for_days: 10,
        ..IssueRequest::default()
    }
}

/// A handler that does what the path says.
pub(crate) struct Scripted {
    /// Requests that reached it.
    pub(crate) calls: AtomicUsize,
    pub(crate) running: AtomicUsize,
    pub(crate) most_running: AtomicUsize,
    /// `/gate` takes one of these.
    pub(crate) gate: Semaphore,
    pub(crate) seen: Mutex<Vec<Request>>,
}

impl Scripted {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            calls: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            seen: Mutex::default(),
        })
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Waits until this many requests have reached it.
    pub(crate) async fn reached(&self, calls: usize) {
        eventually("the handler is reached", || self.calls() >= calls).await;
    }

    async fn act(&self, request: Request) -> Response {
        match request.path.as_str() {
            "/gate" => {
                self.gate.acquire().await.expect("open").forget();
                Response::text(200, "through\n")
            }
            "/slow" => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Response::text(200, "slow\n")
            }
            "/never" => std::future::pending().await,
            "/panic" => panic!("a secret: {}", request.path),
            "/who" => {
                let certificate = request.peer.certificate;
                let name = certificate.map(|certificate| certificate.common_name.clone());
                Response::text(200, name.unwrap_or_else(|| "somebody".to_owned()))
            }
            "/drop" => Response::dropped(),
            "/cut" => Response::text(200, "only a part").cut_after(4),
            "/elsewhere" => Response::text(307, "").with_header("location", "/echo"),
            "/bytes" => {
                let n: usize = request.query.parse().expect("a number");
                Response::new(200, "application/octet-stream", vec![b'x'; n])
            }
            _ => Response::new(200, "text/xml; charset=utf-8", request.body),
        }
    }
}

impl Handler for Scripted {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        assert_ne!(request.path, "/panic-at-once", "a secret");
        self.seen.lock().expect("unpoisoned").push(request.clone());
        Box::pin(async move {
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_running.fetch_max(running, Ordering::SeqCst);
            let response = self.act(request).await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            response
        })
    }
}

/// A listener that runs.
pub(crate) struct Running {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) trigger: Trigger,
    pub(crate) reload: ReloadHandle,
    pub(crate) task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start<H: Handler>(
        name: &'static str,
        tls: Option<TlsFiles>,
        limits: HttpLimits,
        handler: &Arc<H>,
    ) -> Self {
        Self::start_for(transport::Callers::Certified, name, tls, limits, handler).await
    }

    pub(crate) async fn start_for<H: Handler>(
        callers: transport::Callers,
        name: &'static str,
        tls: Option<TlsFiles>,
        limits: HttpLimits,
        handler: &Arc<H>,
    ) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let settings = ListenerSettings {
            callers,
            name,
            address,
            tls,
            limits,
        };
        let listener = Listener::bind(settings, handler.clone(), Environment::system());
        let listener = listener.await.expect("bound");
        let (trigger, shutdown) = Shutdown::new();
        Self {
            name,
            address: listener.address(),
            trigger,
            reload: listener.reload_handle(),
            task: tokio::spawn(listener.run(shutdown)),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    /// The value of one of its metrics; 0 when there is none yet.
    pub(crate) fn metric(&self, metric: &str, label: &str) -> u64 {
        let text = telemetry::metrics().render();
        let name = format!("listener=\"{}\"", self.name);
        let line = text.lines().find(|line| {
            line.starts_with(&format!("{metric}{{")) && line.contains(&name) && line.contains(label)
        });
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok())
            .unwrap_or(0)
    }
}

/// Waits for something that happens a little later, elsewhere.
pub(crate) async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = tokio::time::Instant::now() + PATIENCE;
    while !is_so() {
        assert!(tokio::time::Instant::now() < end, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A connection made by hand, to misbehave with.
pub(crate) type Raw = TlsStream<TcpStream>;

/// Connects with the certificate of `files`, or with none.
pub(crate) async fn connect(
    running: &Running,
    files: &TlsFiles,
    with_certificate: bool,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<Raw> {
    let mut roots = RootCertStore::empty();
    for der in CertificateDer::pem_file_iter(&files.authorities).expect("PEM") {
        roots
            .add(der.expect("a certificate"))
            .expect("an authority");
    }
    transport::install_crypto_provider();
    let builder = ClientConfig::builder_with_protocol_versions(versions);
    let builder = builder.with_root_certificates(roots);
    let config = if with_certificate {
        let chain = CertificateDer::pem_file_iter(&files.certificate).expect("PEM");
        let chain = chain.collect::<Result<Vec<_>, _>>().expect("certificates");
        let key = PrivateKeyDer::from_pem_file(&files.key).expect("a key");
        builder
            .with_client_auth_cert(chain, key)
            .expect("an identity")
    } else {
        builder.with_no_client_auth()
    };
    let stream = TcpStream::connect(running.address).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// Connects well.
pub(crate) async fn connect_well(running: &Running, files: &TlsFiles) -> Raw {
    connect(running, files, true, rustls::ALL_VERSIONS)
        .await
        .expect("connected")
}

pub(crate) fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// Sends bytes and reads one answer.
pub(crate) async fn ask(stream: &mut Raw, bytes: &str) -> std::io::Result<Answer> {
    stream.write_all(bytes.as_bytes()).await?;
    stream.flush().await?;
    read_answer(stream).await
}

/// Status, the head in lower case, and the body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) async fn read_answer(stream: &mut Raw) -> std::io::Result<Answer> {
    tokio::time::timeout(PATIENCE, async {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let head = head.to_ascii_lowercase();
                let length = head.split("content-length: ").nth(1).expect("a length");
                let length: usize = length
                    .lines()
                    .next()
                    .expect("a line")
                    .parse()
                    .expect("number");
                if body.len() >= length {
                    let status = head[9..12].parse().expect("a status");
                    return Ok(Answer {
                        status,
                        head,
                        body: body.to_owned(),
                    });
                }
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
    })
    .await
    .expect("an answer in time")
}

/// Reads until the other side ends the connection, one way or the other.
pub(crate) async fn ended(stream: &mut Raw) -> String {
    let mut bytes = Vec::new();
    // An end without a TLS farewell is an end as well.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("the connection ends");
    String::from_utf8_lossy(&bytes).into_owned()
}
