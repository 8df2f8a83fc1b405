//! Signed requests and signed answers. The certificates are made by openssl, because those of our
//! own authority are no RSA certificates.
#![allow(clippy::disallowed_methods)] // Tests make files and run openssl.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use itk::signature::{Sha1, Signer};
use transport::{ClientTrust, Environment, Handler};

use super::world::{Query, World, altered, check, request};
use crate::registry::SignaturePolicy::{Optional, Required};

/// A folder with an authority and two clients of its.
struct Pki(PathBuf);

impl Pki {
    fn new(name: &str) -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("smsp-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let pki = Self(folder);
        if !openssl(&pki.0, "version") {
            testkit::skip(name, "openssl is not installed");
            return None;
        }
        assert!(openssl(
            &pki.0,
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"
        ));
        for client in ["ward-system", "other-system"] {
            std::fs::write(pki.0.join("ext"), "extendedKeyUsage=clientAuth\n").expect("written");
            assert!(openssl(
                &pki.0,
                &format!(
                    "req -newkey rsa:2048 -nodes -keyout {client}.key -out csr -subj /CN={client}"
                )
            ));
            assert!(openssl(
                &pki.0,
                &format!(
                    "x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -extfile ext -out {client}.pem"
                )
            ));
        }
        Some(pki)
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).expect("a file")
    }

    fn signer(&self, client: &str) -> Arc<Signer> {
        let pem = |kind| self.text(&format!("{client}.{kind}"));
        Arc::new(Signer::from_pem(&pem("pem"), &pem("key")).expect("a signer"))
    }

    fn trust(&self) -> Arc<ClientTrust> {
        Arc::new(ClientTrust::load(&self.0.join("ca.pem"), None).expect("authorities"))
    }
}

impl Drop for Pki {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn openssl(folder: &Path, arguments: &str) -> bool {
    let run = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output();
    run.is_ok_and(|output| output.status.success())
}

/// A world of today: openssl makes certificates that begin now.
fn world(trust: Option<Arc<ClientTrust>>) -> World {
    let mut world = World::new();
    world.env = Environment::simulated(Environment::system().now(), 7);
    world.config.trust = trust;
    world.asking(|_| {})
}

fn signed(signer: &Arc<Signer>) -> Query {
    Query {
        signer: Some(Arc::clone(signer)),
        ..Query::new()
    }
}

#[tokio::test]
async fn whether_a_client_must_sign_is_its_registration() {
    for (policy, expected) in [(Optional, "SMSP-0000"), (Required, "fault 3000")] {
        let mut world = World::new();
        world.signature = policy;
        let answer = check(&Query::new().bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, expected);
        let told = policy == Required;
        assert_eq!(answer.text.contains("carries no signature"), told);
        assert_eq!(world.spine.asked().is_empty(), told);
    }
}

#[tokio::test]
async fn a_signature_must_be_by_somebody_trusted() {
    let (Some(ours), Some(theirs)) = (Pki::new("ours"), Pki::new("theirs")) else {
        return;
    };
    for (row, signer, trust, expected, why) in [
        (
            "right",
            ours.signer("ward-system"),
            Some(ours.trust()),
            "SMSP-0000",
            "",
        ),
        (
            "strangers",
            theirs.signer("ward-system"),
            Some(ours.trust()),
            "fault 3000",
            "not trusted",
        ),
        (
            "nobody trusted",
            ours.signer("ward-system"),
            None,
            "fault 3000",
            "not trusted",
        ),
        (
            "SO_USRSUB",
            ours.signer("other-system"),
            Some(ours.trust()),
            "fault 3000",
            "",
        ),
    ] {
        for policy in [Optional, Required] {
            let mut world = world(trust.clone());
            world.signature = policy;
            let answer = check(&signed(&signer).bytes(&world.env), &world).await;
            assert_eq!(answer.outcome, expected, "{row}: {answer:?}");
            assert!(answer.text.contains(why), "{row}: {}", answer.text);
            let refused = expected != "SMSP-0000";
            assert_eq!(world.spine.asked().is_empty(), refused, "{row}");
            let audit = world.audit().await;
            assert_eq!(audit.len(), 1, "{row}");
            let decision = audit[0].event.decision.as_deref().unwrap_or_default();
            let noted = decision.contains("signed by CN=ward-system");
            assert_eq!(noted, !refused, "{row}: {decision}");
        }
    }
}

#[tokio::test]
async fn what_was_signed_cannot_be_changed() {
    let Some(pki) = Pki::new("changed") else {
        return;
    };
    let world = world(Some(pki.trust()));
    let message = signed(&pki.signer("ward-system")).bytes(&world.env);
    let text = String::from_utf8(message.clone()).expect("UTF-8");
    let start = text.find("<wsu:Expires>").expect("Expires") + "<wsu:Expires>".len();
    let expires = &text[start..start + 24];
    let later = (world.env.now() + jiff::SignedDuration::from_mins(9)).to_string();
    let answer = check(&altered(&message, expires, &later), &world).await;
    assert_eq!(answer.outcome, "fault 3000", "{answer:?}");
    assert!(world.spine.asked().is_empty());
}

/// Whether SHA-1 is accepted is the operator's to say. Here it does not fit what was signed, which
/// is looked at only if it is.
#[tokio::test]
async fn sha1_is_accepted_or_not_as_configured() {
    let Some(pki) = Pki::new("sha1") else {
        return;
    };
    for (sha1, expected) in [
        (Sha1::Accepted, ("fault 3000", "not right")),
        (Sha1::Refused, ("fault 1000", "not accepted")),
    ] {
        let mut world = world(Some(pki.trust()));
        world.config.sha1 = sha1;
        let message = signed(&pki.signer("ward-system")).bytes(&world.env);
        let method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
        let message = altered(
            &message,
            method,
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        );
        let answer = check(&message, &world).await;
        assert_eq!(answer.outcome, expected.0, "{answer:?}");
        assert!(answer.text.contains(expected.1), "{}", answer.text);
    }
}

#[tokio::test]
async fn answers_are_signed_for_those_who_want_them_signed() {
    let Some(pki) = Pki::new("answers") else {
        return;
    };
    for (wanted, have) in [(true, true), (true, false), (false, true)] {
        let mut world = world(None);
        world.sign_answers = wanted;
        world.config.signer = Some(pki.signer("ward-system")).filter(|_| have);
        let message = Query::new().status_bytes(&world.env);
        let response = world.service().handle(request(&message, &world)).await;
        assert_eq!(response.status, 200);
        let text = String::from_utf8_lossy(&response.body);
        assert_eq!(text.contains("SignatureValue"), wanted && have);
    }
}
