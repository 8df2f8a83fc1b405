//! Signatures by configuration: a client that must sign and whose answers are signed.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use client::{Call, ScrClient};
use itk::client_response::{self, Answer};
use itk::signature::Signer;
use jiff::SignedDuration;
use transport::Environment;
use xml::ns;

use super::stage::{Stage, part, post};

const VALID: SignedDuration = SignedDuration::from_mins(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_must_sign_gets_signed_answers() {
    let mut stage = Stage::new(1);
    stage.configure(|configuration| {
        let clients = part(configuration, &["smsp"])["clients"].as_array_mut();
        let client = clients.expect("clients")[0].as_table_mut();
        let client = client.expect("a table");
        client.insert("signature".into(), "required".into());
        client.insert("sign_answers".into(), true.into());
    });
    stage.serve();
    let call = Call::Status(stage.patients()[0]);
    let client = |signed_by: Option<&str>| {
        let client = ScrClient::new(
            stage.identity(&stage.clinician()),
            stage.upstream(),
            Environment::system(),
        );
        match signed_by {
            Some(name) => client.signing(Arc::new(signer(&stage, name))),
            None => client,
        }
    };
    let ask = async |bytes: Vec<u8>| {
        let answer = post(&*stage.upstream(), &bytes).await;
        let (_, body) = answer.expect("an answer");
        (said(&body), body)
    };

    let good = client(Some("client")).request_bytes(&call, VALID);
    let (code, answer) = ask(good).await;
    assert_eq!(code, "SMSP-0000");
    check_signed(&stage, &answer);

    // Not at all, with the key of another system, and of times that were changed since.
    let (code, refusal) = ask(client(None).request_bytes(&call, VALID)).await;
    assert_eq!(code, "fault 3000");
    assert!(refusal.contains("sign"), "{refusal}");
    let (code, _) = ask(client(Some("smsp")).request_bytes(&call, VALID)).await;
    assert_eq!(code, "fault 3000");
    let forged = client(Some("client")).request_bytes(&call, VALID);
    let (code, _) = ask(longer(&forged)).await;
    assert_eq!(code, "fault 3000");
}

/// The Timestamp of an answer is signed, and by the service.
fn check_signed(stage: &Stage, answer: &str) {
    let document = xml::Document::parse(answer.as_bytes()).expect("XML");
    let root = document.root();
    let find = |namespace, name| root.find(namespace, name).expect(name);
    let timestamp = find(ns::WSU, "Timestamp");
    let id = timestamp.attribute_ns(ns::WSU, "Id").expect("an Id");
    let reference = find(ns::DS, "Reference");
    let uri = format!("#{id}");
    assert_eq!(reference.attribute("URI"), Some(uri.as_str()));
    let certificate = find(ns::WSSE, "BinarySecurityToken").text().into_owned();
    let pem = std::fs::read_to_string(stage.file("tls/smsp.pem")).expect("a certificate");
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    assert!(plain(&pem).contains(&plain(&certificate)));

    const TEST: &str = "a_client_that_must_sign_gets_signed_answers";
    if Command::new("xmlsec1").arg("--version").output().is_err() {
        testkit::skip(TEST, "xmlsec1 is not here (Debian package xmlsec1)");
        return;
    }
    let file = stage.file("answer.xml");
    std::fs::write(&file, answer).expect("written");
    assert!(verifies(stage, &file));
    std::fs::write(&file, longer(answer.as_bytes())).expect("written");
    assert!(!verifies(stage, &file), "it notices a change");
}

/// A foreign implementation on a signed answer.
fn verifies(stage: &Stage, file: &Path) -> bool {
    let version = Command::new("xmlsec1").arg("--version").output();
    let version = version.expect("it ran").stdout;
    let mut verify = Command::new("xmlsec1");
    verify.args(["--verify", "--pubkey-cert-pem"]);
    verify.arg(stage.file("tls/smsp.pem"));
    if !String::from_utf8_lossy(&version).contains("xmlsec1 1.2.") {
        // From 1.3 on, a key that is given counts only if this is said as well.
        verify.arg("--lax-key-search");
    }
    verify.args(["--id-attr:Id", &format!("{}:Timestamp", ns::WSU)]);
    verify.arg(file).output().expect("it ran").status.success()
}

/// The message with another year in `Expires`.
fn longer(message: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(message.to_vec()).expect("UTF-8");
    let mark = "Expires>";
    let at = text.find(mark).expect(mark) + mark.len();
    let year: u32 = text[at..at + 4].parse().expect("a year");
    format!("{}{}{}", &text[..at], year + 1, &text[at + 4..]).into_bytes()
}

fn signer(stage: &Stage, name: &str) -> Signer {
    let read = |extension: &str| {
        let file = stage.file(&format!("tls/{name}.{extension}"));
        std::fs::read_to_string(file).expect("a file")
    };
    Signer::from_pem(&read("pem"), &read("key")).expect("a signer")
}

/// The code of an answer or a fault.
fn said(body: &str) -> String {
    let document = xml::Document::parse(body.as_bytes()).expect("XML");
    match client_response::read(&document).expect("an answer") {
        Answer::Response(response) => response.value.code,
        Answer::Fault(fault) => {
            let code = fault.code.expect("a code").code();
            format!("fault {code}")
        }
    }
}
