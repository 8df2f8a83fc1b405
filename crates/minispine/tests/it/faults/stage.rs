//! The folder of a demo, served again and again with its configuration changed.

use std::collections::HashMap;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{ActivityQuery, ClientIdentity, Outcome, ScrClient};
use domain::{Hl7Timestamp, NhsNumber};
use itk::scr::Interval;
use itk::scr::create_ptv::Subject;
use serde_json::Value;
use toml::Table;
use transport::{Environment, TlsFiles, TlsUpstream, Upstream, UpstreamRequest, UpstreamSettings};

use crate::world::{World, minispine, run, text};

/// The demo's nurse: may view with permission, and nothing else.
pub(super) const NURSE: (&str, &str) = ("999000000033", "999000000041");

/// The path of the Spine's reliable service.
pub(super) const RELIABLE: &str = "/reliablemessaging/reliablerequest";

/// Longest that anything may take that is waited for. Only a failure takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A demo that has been set up, served from its configuration file.
pub(super) struct Stage {
    /// Its child is the process that serves now.
    pub(super) world: World,
    base: u16,
    served: usize,
}

impl Stage {
    /// Sets up a demo with so many patients. Nothing is served yet.
    pub(super) fn new(patients: u32) -> Self {
        let mut world = World::up(patients, &[]);
        end(&mut world.child);
        let url = world.value("/smsp/scr");
        let port = url
            .split(':')
            .nth(2)
            .and_then(|rest| rest.split('/').next());
        let base = port.and_then(|port| port.parse().ok()).expect("a port");
        Self {
            world,
            base,
            served: 0,
        }
    }

    /// A port of this demo's own that nothing listens on.
    pub(super) fn dead_port(&self) -> u16 {
        self.base + 5
    }

    /// Where the demo's Spine answers.
    pub(super) fn spine_url(&self) -> String {
        self.world.value("/spine/sync").to_owned()
    }

    /// Where the demo's Spine takes reliable messages.
    pub(super) fn reliable_url(&self) -> String {
        self.world.value("/spine/reliable").to_owned()
    }

    /// As whom the demo's SMSP speaks to the Spine.
    pub(super) fn smsp_tls(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.file("tls/smsp.pem"),
            key: self.file("tls/smsp.key"),
            ..self.world.tls()
        }
    }

    /// Changes the configuration, for good.
    pub(super) fn configure(&self, change: impl FnOnce(&mut Table)) {
        let file = self.file("minispine.toml");
        let text = std::fs::read_to_string(&file).expect("the configuration");
        let mut table: Table = text.parse().expect("TOML");
        change(&mut table);
        std::fs::write(&file, table.to_string()).expect("written");
    }

    /// Serves every role, from the configuration as it is.
    pub(super) fn serve(&mut self) {
        let child = self.start();
        self.world.child = child;
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.base)).is_err() {
            let ended = self.world.child.try_wait().expect("a child");
            assert!(ended.is_none(), "it ended: {}", self.log());
            assert!(start.elapsed() < PATIENCE, "it does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// SIGKILL, and the same again.
    pub(super) fn kill_and_serve(&mut self) {
        self.kill();
        self.serve();
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        end(&mut self.world.child);
    }

    /// A start that is to fail: what it said.
    pub(super) fn refused(&mut self) -> String {
        let mut child = self.start();
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            if start.elapsed() > PATIENCE {
                end(&mut child);
                panic!("it started: {}", self.log());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(!status.success());
        self.log()
    }

    fn start(&mut self) -> Child {
        self.served += 1;
        let log = std::fs::File::create(self.log_file()).expect("a log");
        minispine()
            .args(["serve", "all", "--config"])
            .arg(self.file("minispine.toml"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the binary runs")
    }

    /// What the process that serves now has logged.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).expect("the log")
    }

    fn log_file(&self) -> PathBuf {
        self.file(&format!("log-{}", self.served))
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.world.data.join(name)
    }

    /// A command on the data folder: whether it succeeded, and what it said.
    pub(super) fn says(&self, arguments: &[&str]) -> (bool, String) {
        let data = self.world.data.display().to_string();
        let output = run(&[arguments, &["--data", &data]].concat());
        let said = text(&output.stdout) + &text(&output.stderr);
        (output.status.success(), said)
    }

    /// The lines of JSON that a command prints.
    pub(super) fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let (success, said) = self.says(arguments);
        assert!(success, "{arguments:?}: {said}");
        let value = |line| serde_json::from_str(line).expect("JSON");
        said.lines().map(value).collect()
    }

    /// How many rows of a table of the store, or of a query in brackets, are about a patient.
    pub(super) fn rows(&self, table: &str, patient: NhsNumber) -> i64 {
        let store = rusqlite::Connection::open(self.file("store.sqlite")).expect("the store");
        let patience = store.busy_timeout(PATIENCE);
        patience.expect("set");
        let query = format!("SELECT count(*) FROM {table} WHERE nhs_number = ?1");
        store
            .query_row(&query, [patient.as_str()], |row| row.get(0))
            .expect("a number")
    }

    pub(super) fn patients(&self) -> Vec<NhsNumber> {
        let parse = |text: &String| text.parse().expect("an NHS number");
        self.world.patients().iter().map(parse).collect()
    }

    /// The demo's clinician.
    pub(super) fn clinician(&self) -> Subject {
        Subject {
            user: self.world.value("/user/user_id").parse().expect("a user"),
            role_profile: self
                .world
                .value("/user/role_profile_id")
                .parse()
                .expect("a role profile"),
        }
    }

    /// A client for a user of the demo, on connections of its own.
    pub(super) fn client_for(&self, user: &Subject) -> ScrClient {
        let (identity, upstream) = (self.identity(user), self.upstream());
        ScrClient::new(identity, upstream, Environment::system())
    }

    pub(super) fn identity(&self, user: &Subject) -> ClientIdentity {
        let mut identity = ClientIdentity::new(
            self.world.value("/smsp/scr"),
            self.world.value("/tls/username"),
            self.world.value("/user/ods").parse().expect("an ODS code"),
        );
        identity.user = Some(user.user.clone());
        identity.role_profile = Some(user.role_profile.clone());
        identity
    }

    pub(super) fn upstream(&self) -> Arc<TlsUpstream> {
        self.world.upstream(self.world.value("/smsp/scr"))
    }

    /// Registers one more system of the same organisation, with a certificate of its own.
    pub(super) fn register(&self, name: &str) -> TlsFiles {
        let folder = self.file("tls");
        let dir = folder.display().to_string();
        let issued = run(&["pki", "issue", name, "--client", "--dir", &dir]);
        assert!(issued.status.success(), "{}", text(&issued.stderr));
        self.configure(|configuration| {
            let clients = part(configuration, &["smsp"])["clients"].as_array_mut();
            let clients = clients.expect("clients");
            let mut another = clients[0].as_table().expect("a table").clone();
            another.insert("name".into(), name.into());
            another.insert("username".into(), name.into());
            part(&mut another, &["certificate"]).insert("common_name".into(), name.into());
            clients.push(another.into());
        });
        TlsFiles {
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
            ..self.world.tls()
        }
    }

    /// A client of another system, for the demo's clinician.
    pub(super) fn client_of(&self, name: &str, tls: TlsFiles) -> ScrClient {
        let mut identity = self.identity(&self.clinician());
        identity.username = name.to_owned();
        let settings = UpstreamSettings::new(identity.url.clone(), tls);
        let upstream = TlsUpstream::new(settings).expect("a client");
        ScrClient::new(identity, Arc::new(upstream), Environment::system())
    }

    /// Waits until every alert has left. What the process that was killed had just taken on it
    /// would leave alone for a while: that is hurried up as an operator would.
    pub(super) fn wait_for_alerts(&self) {
        let start = Instant::now();
        let mut hurried = HashMap::new();
        loop {
            let waiting = self.lines(&["outbox", "list", "--json", "--limit", "100000"]);
            if waiting.is_empty() {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{waiting:?}");
            for entry in &waiting {
                let id = entry["id"].as_str().expect("an id").to_owned();
                if entry["tries"] != 0 && !hurried.contains_key(&id) {
                    // By now it may have left.
                    self.says(&["outbox", "retry", &id]);
                    hurried.insert(id, ());
                }
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Every alert that the Spine has.
    pub(super) fn alerts(&self) -> Vec<Value> {
        self.lines(&["alerts", "--json", "--limit", "100000"])
    }
}

/// A table of a configuration.
pub(super) fn part<'a>(table: &'a mut Table, path: &[&str]) -> &'a mut Table {
    path.iter().fold(table, |table, name| {
        table[*name].as_table_mut().expect("a table")
    })
}

pub(super) fn nurse() -> Subject {
    Subject {
        user: NURSE.0.parse().expect("a user"),
        role_profile: NURSE.1.parse().expect("a role profile"),
    }
}

/// Until tomorrow at this time: no test runs into the end of a day.
pub(super) fn until_tomorrow() -> Interval {
    let tomorrow = Environment::system().now() + jiff::SignedDuration::from_hours(24);
    Interval {
        low: None,
        high: Some(Hl7Timestamp::from_instant(tomorrow)),
    }
}

/// Who looked, yesterday and today.
pub(super) fn lately() -> ActivityQuery {
    let yesterday = Environment::system().now() - jiff::SignedDuration::from_hours(24);
    let day = domain::time::uk_local_digits(yesterday);
    ActivityQuery {
        low: Hl7Timestamp::parse(&day[..8]).expect("a day"),
        high: None,
        patient: None,
        user: None,
    }
}

pub(super) fn value<T: std::fmt::Debug>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Value(value) => value,
        other => panic!("{other:?}"),
    }
}

/// Sends a request as it is: the status and the body, or nothing when no answer came.
pub(super) async fn post(upstream: &dyn Upstream, body: &[u8]) -> Option<(u16, String)> {
    let request = UpstreamRequest {
        method: transport::Method::Post,
        headers: vec![
            ("Content-Type", "text/xml; charset=utf-8".to_owned()),
            ("SOAPAction", itk::SEND_RECV.to_owned()),
        ],
        body: body.to_vec().into(),
        ..UpstreamRequest::default()
    };
    let answer = upstream.send(request).await.ok()?;
    Some((answer.status, text(&answer.body)))
}

/// Waits for something that comes to be.
pub(super) async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// `audit verify` finds the chain whole.
pub(super) fn check_audit(data: &Path) {
    let verified = run(&["audit", "verify", "--data", &data.display().to_string()]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}

/// SIGKILL.
pub(super) fn end(child: &mut Child) {
    child.kill().expect("killed");
    child.wait().expect("ended");
}
