//! A server on loopback, a client it knows, and a run against it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use acceptance::{CpisTarget, Patients, Report, Selection, Target, Verdict, run_in};
use domain::{Asid, NhsNumber, OdsCode, RoleProfileId, SdsUserId};
use itk::signature::Signer;
use transport::pki::{Authority, IssueRequest};
use transport::{
    Environment, HttpLimits, Listener, ListenerSettings, Shutdown, TlsFiles, Trigger, files,
};

use crate::server::{Manner, Server};

pub(crate) const CLIENT: &str = "client.example";
pub(crate) const ORGANISATION: &str = "RKE";
pub(crate) const USER: &str = "112233445566";
pub(crate) const ROLE_PROFILE: &str = "212233445566";
pub(crate) const ASID: &str = "200000000115";

pub(crate) fn number(at: u32) -> NhsNumber {
    NhsNumber::from_first_nine(&format!("99900000{at}")).expect("has a check digit")
}

/// With a record.
pub(crate) fn patient() -> NhsNumber {
    number(1)
}

/// A folder with certificates.
pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    authority: Authority,
}

impl World {
    pub(crate) fn new() -> Self {
        let authority = Authority::create("Test CA", &Environment::system()).expect("a CA");
        let dir = tempfile::tempdir().expect("a folder");
        let world = Self { dir, authority };
        world.write("ca.pem", world.authority.certificate_pem());
        world
    }

    fn write(&self, name: &str, text: &str) {
        files::write_private(self.dir.path().join(name), text).expect("a file");
    }

    /// Issues a certificate for both purposes, for loopback.
    pub(crate) fn identity(&self, name: &str) -> TlsFiles {
        let request = IssueRequest {
            common_name: name.to_owned(),
            dns_names: vec!["localhost".to_owned()],
            ip_addresses: vec![Ipv4Addr::LOCALHOST.into()],
            client: true,
            server: true,
            ..IssueRequest::default()
        };
        let issued = self.authority.issue(&request, &Environment::system());
        let issued = issued.expect("a certificate");
        self.write(&format!("{name}.pem"), &issued.certificate_pem);
        self.write(&format!("{name}.key"), &issued.key_pem);
        let path = |name: String| self.dir.path().join(name);
        TlsFiles {
            certificate: path(format!("{name}.pem")),
            key: path(format!("{name}.key")),
            authorities: path("ca.pem".to_owned()),
            revoked: None,
        }
    }

    /// A target with everything a scenario can need.
    pub(crate) fn target(&self, url: &str) -> Target {
        let tls = self.identity(CLIENT);
        let read = |path| files::read_to_string(path).expect("a file");
        let signer = Signer::from_pem(&read(&tls.certificate), &read(&tls.key)).expect("a signer");
        let organisation = OdsCode::parse(ORGANISATION).expect("an ODS code");
        let mut target = Target::new(url, tls, CLIENT, organisation);
        target.user = SdsUserId::parse(USER).ok();
        target.role_profile = RoleProfileId::parse(ROLE_PROFILE).ok();
        target.patients = Patients {
            with_record: Some(patient()),
            without_record: Some(number(2)),
            dissenting: Some(number(3)),
            untouched: Some(number(4)),
        };
        target.cpis = Some(CpisTarget {
            found: Some(number(5)),
            not_found: Some(number(6)),
            asid: Asid::parse(ASID).ok(),
            ..CpisTarget::default()
        });
        target.signer = Some(Arc::new(signer));
        target.limits.answer = Duration::from_secs(5);
        target.limits.oversize_bytes = 1 << 20;
        target
    }

    /// Starts a server with this manner behind mutual TLS.
    pub(crate) async fn serve(&self, manner: Manner) -> Serving {
        let settings = ListenerSettings {
            callers: transport::Callers::Certified,
            name: "smsp",
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            tls: Some(self.identity("server")),
            limits: HttpLimits {
                body_bytes: 256 << 10,
                ..HttpLimits::default()
            },
        };
        let server = Arc::new(Server::new(manner));
        let listener = Listener::bind(settings, server, Environment::system()).await;
        let listener = listener.expect("a listener");
        let url = format!("https://localhost:{}/smsp/scr", listener.address().port());
        let (trigger, shutdown) = Shutdown::new();
        tokio::spawn(listener.run(shutdown));
        Serving {
            url,
            _trigger: trigger,
        }
    }
}

/// A server that runs until this is dropped with the test.
pub(crate) struct Serving {
    pub(crate) url: String,
    _trigger: Trigger,
}

/// Everything, the extension included.
pub(crate) fn everything() -> Selection {
    Selection {
        extension: true,
        ..Selection::default()
    }
}

pub(crate) fn only(ids: &[&str]) -> Selection {
    Selection {
        only: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..everything()
    }
}

/// A run against a server of this manner.
pub(crate) async fn run_against(manner: Manner, selection: Selection) -> Report {
    let world = World::new();
    let serving = world.serve(manner).await;
    let target = world.target(&serving.url);
    run_in(&Environment::system(), target, selection, |_| {}).await
}

/// `id: verdict` of every scenario.
pub(crate) fn verdicts(report: &Report) -> Vec<(&'static str, &Verdict)> {
    let results = report.results.iter();
    results
        .map(|result| (result.scenario.id, &result.verdict))
        .collect()
}
