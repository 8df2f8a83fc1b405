//! A running `minispine up`, and clients for it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::JoinHandle;

use client::{ClientIdentity, ScrClient};
use serde_json::Value;
use transport::{Environment, TlsFiles, TlsUpstream, UpstreamSettings};

/// Ports are handed out in tens, from a place that depends on the process.
static NEXT: AtomicU16 = AtomicU16::new(0);

pub(crate) struct World {
    pub(crate) data: PathBuf,
    pub(crate) ready: Value,
    pub(crate) child: Child,
    /// Reads what it logs as it comes: a full pipe would stop it.
    log: Option<JoinHandle<String>>,
    _folder: Option<tempfile::TempDir>,
}

/// The binary under test.
pub(crate) fn minispine() -> Command {
    Command::new(env!("CARGO_BIN_EXE_minispine"))
}

/// Runs the binary to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    minispine()
        .args(arguments)
        .output()
        .expect("the binary runs")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn port_base() -> u16 {
    // Below the ports that the system hands out to whoever connects.
    let own = (std::process::id() % 1_200) as u16 * 10;
    let base = 20_000 + (own + NEXT.fetch_add(1, Ordering::Relaxed) * 10) % 12_000;
    let free = [0, 1, 2, 3, 9]
        .iter()
        .all(|offset| std::net::TcpListener::bind(("127.0.0.1", base + offset)).is_ok());
    if free { base } else { port_base() }
}

impl World {
    /// `up` with so many patients in a folder of its own.
    pub(crate) fn up(patients: u32, extra: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let mut world = Self::up_in(&data, patients, extra);
        world._folder = Some(folder);
        world
    }

    /// `up` in a folder that is kept.
    pub(crate) fn up_in(data: &Path, patients: u32, extra: &[&str]) -> Self {
        let mut child = minispine()
            .args([
                "up",
                "--json",
                "--log-level",
                "info",
                "--log-format",
                "json",
            ])
            .args(["--port-base", &port_base().to_string()])
            .args(["--patients", &patients.to_string()])
            .arg("--data")
            .arg(data)
            .args(extra)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        if line.is_empty() {
            let mut errors = String::new();
            let _ = child
                .stderr
                .take()
                .expect("piped")
                .read_to_string(&mut errors);
            panic!("up did not start: {errors}");
        }
        let ready = serde_json::from_str(&line).expect("one line of JSON");
        let mut stderr = child.stderr.take().expect("piped");
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            let _ = stderr.read_to_end(&mut log);
            text(&log)
        });
        Self {
            data: data.to_owned(),
            ready,
            child,
            log: Some(log),
            _folder: None,
        }
    }

    pub(crate) fn value(&self, pointer: &str) -> &str {
        self.ready
            .pointer(pointer)
            .and_then(Value::as_str)
            .expect(pointer)
    }

    pub(crate) fn patients(&self) -> Vec<String> {
        let list = self.ready["patients"].as_array().expect("a list");
        list.iter()
            .map(|p| p.as_str().expect("a number").to_owned())
            .collect()
    }

    pub(crate) fn tls(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.value("/tls/cert").into(),
            key: self.value("/tls/key").into(),
            authorities: self.value("/tls/ca").into(),
            revoked: None,
        }
    }

    pub(crate) fn upstream(&self, url: &str) -> Arc<TlsUpstream> {
        let settings = UpstreamSettings::new(url.to_owned(), self.tls());
        Arc::new(TlsUpstream::new(settings).expect("a client"))
    }

    /// The demo clinician's client.
    pub(crate) fn client(&self) -> ScrClient {
        let url = self.value("/smsp/scr");
        let mut identity = ClientIdentity::new(
            url,
            self.value("/tls/username"),
            self.value("/user/ods").parse().expect("an ODS code"),
        );
        identity.user = Some(self.value("/user/user_id").parse().expect("a user id"));
        identity.role_profile = Some(
            self.value("/user/role_profile_id")
                .parse()
                .expect("a role profile"),
        );
        identity.job_role = Some(self.value("/user/job_role").parse().expect("a job role"));
        ScrClient::new(identity, self.upstream(url), Environment::system())
    }

    /// curl, with the demo client's certificate, to the SCR mini services.
    pub(crate) fn curl(&self, arguments: &[&str]) -> Output {
        Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "20"])
            .args(["--cacert", self.value("/tls/ca")])
            .args([
                "--cert",
                self.value("/tls/cert"),
                "--key",
                self.value("/tls/key"),
            ])
            .args(arguments)
            .output()
            .expect("curl runs")
    }

    /// curl, with the certificate of the local authority's system.
    pub(crate) fn mailbox_curl(&self, arguments: &[&str]) -> Output {
        Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "20"])
            .args(["--cacert", self.value("/tls/ca")])
            .args(["--cert", self.value("/mail/cert")])
            .args(["--key", self.value("/mail/key")])
            .args(arguments)
            .output()
            .expect("curl runs")
    }

    /// Interrupts it as Ctrl-C does, waits, and gives back what it logged.
    pub(crate) fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        let killed = Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .expect("kill runs");
        assert!(killed.success());
        let ended = self.child.wait().expect("ends");
        let log = self.log.take().expect("once").join().expect("read");
        assert!(ended.success(), "{log}");
        log
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
