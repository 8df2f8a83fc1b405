//! A foreign implementation: xmlsec1 verifies what we sign, and we verify what it signs.
#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

use std::path::Path;
use std::process::Command;

use itk::request::Rules;
use itk::signature::{Covers, Sha1, Signer};
use jiff::SignedDuration;
use xml::ns;

use super::making::{
    CLIENT, CURVE, ECDSA_SHA256, EVERYTHING, Identity, RSA_SHA256, RSA_SHA512, SHA1, SHA256,
    SHA512, STAMP, with_ids,
};
use super::{read, read_by};
use crate::support::{MESSAGE, edit, now, rules};

const RSA_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";

fn is_here(test: &str) -> bool {
    let here = Command::new("xmlsec1").arg("--version").output().is_ok();
    let required = std::env::var_os("MINISPINE_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(here || !required, "xmlsec1 is not here");
    if !here {
        testkit::skip(test, "xmlsec1 is not here (Debian package xmlsec1)");
    }
    here
}

fn is_old() -> bool {
    let version = Command::new("xmlsec1").arg("--version").output();
    String::from_utf8_lossy(&version.expect("it ran").stdout).contains("xmlsec1 1.2.")
}

/// Runs xmlsec1 on a document that has ids in all the places we give them.
fn xmlsec1(folder: &Path, arguments: &[&str], document: &str) -> Result<Vec<u8>, String> {
    let (input, output) = (folder.join("in.xml"), folder.join("out.xml"));
    std::fs::write(&input, document).expect("written");
    let mut command = Command::new("xmlsec1");
    command.args(arguments).arg("--output").arg(&output);
    for (namespace, name) in [
        (ns::WSU, "Timestamp"),
        (ns::WSSE, "UsernameToken"),
        (ns::SOAP11, "Body"),
        (ns::WSA_2005, "MessageID"),
        (ns::WSA_2005, "Action"),
        (ns::WSA_2005, "To"),
    ] {
        command
            .arg("--id-attr:Id")
            .arg(format!("{namespace}:{name}"));
    }
    let done = command.arg(&input).output().expect("it ran");
    match done.status.success() {
        true => Ok(std::fs::read(output).unwrap_or_default()),
        false => Err(String::from_utf8_lossy(&done.stderr).into_owned()),
    }
}

fn key_files(folder: &Path, identity: &Identity) -> (String, String) {
    let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
    std::fs::write(&key, &identity.key_pem).expect("written");
    std::fs::write(&certificate, &identity.pem).expect("written");
    (key.display().to_string(), certificate.display().to_string())
}

#[test]
fn xmlsec1_verifies_what_we_sign() {
    if !is_here("xmlsec1_verifies_what_we_sign") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for identity in [&*CLIENT, &*CURVE] {
        let signer = Signer::from_pem(&identity.pem, &identity.key_pem).expect("a signer");
        let ods = domain::OdsCode::parse("RKE").expect("an ODS code");
        let answer = itk::response::Outbound {
            message_id: MESSAGE,
            relates_to: None,
            now: now(),
            expires_after: SignedDuration::from_secs(300),
            tracking_id: crate::support::TRACKING,
            payload_id: crate::support::PAYLOAD,
            profile_id: "p",
            interaction: "i",
            provider_ods: &ods,
            client_ods: None,
            signer: Some(&signer),
        };
        let answer = itk::response::write(&answer, |w| w.empty("a", &[]));
        let answer = String::from_utf8(answer).expect("UTF-8");
        let (_, certificate) = key_files(folder.path(), identity);
        let mut verify = vec!["--verify", "--pubkey-cert-pem", &certificate];
        if !is_old() {
            // From 1.3 on, a key that is given counts only if this is said as well.
            verify.push("--lax-key-search");
        }
        xmlsec1(folder.path(), &verify, &answer).expect("verified");
        let other = edit(
            &answer,
            "12:00:00.000Z</wsu:Created>",
            "12:00:00.001Z</wsu:Created>",
        );
        xmlsec1(folder.path(), &verify, &other).expect_err("noticed");
    }
}

/// An empty signature for xmlsec1 to fill in.
fn template(ids: &[&str], method: &str, digest: &str, prefixes: &str, key: &str) -> String {
    let algorithm = xml::canonical::ALGORITHM;
    let inclusive = match prefixes {
        "" => String::new(),
        list => format!("<c:InclusiveNamespaces xmlns:c=\"{algorithm}\" PrefixList=\"{list}\"/>"),
    };
    let references: String = ids
        .iter()
        .map(|id| format!("<ds:Reference URI=\"#{id}\">\n<ds:Transforms><ds:Transform Algorithm=\"{algorithm}\">{inclusive}</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\"{digest}\"/><ds:DigestValue/></ds:Reference>"))
        .collect();
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{}\">\n  <ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{algorithm}\">{inclusive}</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{method}\"/>{references}</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo>{key}</ds:KeyInfo></ds:Signature></wsse:Security>",
        ns::DS
    );
    edit(&with_ids(), "</wsse:Security>", &signature)
}

#[test]
fn we_verify_what_xmlsec1_signs() {
    if !is_here("we_verify_what_xmlsec1_signs") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let cases: [(&Identity, &[&str], &str, &str, &str); 7] = [
        (&CLIENT, &[STAMP], RSA_SHA1, SHA1, ""),
        (&CLIENT, &[STAMP], RSA_SHA256, SHA1, "soap wsa"),
        (&CLIENT, &EVERYTHING, RSA_SHA256, SHA256, ""),
        (
            &CLIENT,
            &EVERYTHING,
            RSA_SHA256,
            SHA256,
            "soap itk wsse absent",
        ),
        (&CLIENT, &EVERYTHING, RSA_SHA512, SHA512, "#default soap"),
        (&CLIENT, &["body", STAMP], RSA_SHA1, SHA512, "wsu"),
        (&CURVE, &EVERYTHING, ECDSA_SHA256, SHA256, "soap"),
    ];
    for (identity, ids, method, digest, prefixes) in cases {
        let (key, certificate) = key_files(folder.path(), identity);
        let pair = format!("{key},{certificate}");
        let unsigned = template(ids, method, digest, prefixes, "<ds:X509Data/>");
        let text = xmlsec1(
            folder.path(),
            &["--sign", "--privkey-pem", &pair],
            &unsigned,
        );
        let text = String::from_utf8(text.expect("signed")).expect("UTF-8");
        let taken = read(&text).unwrap_or_else(|fault| panic!("{method} {prefixes}: {fault}"));
        let verified = taken.signature.expect("a signature");
        assert_eq!(verified.certificate, identity.der);
        let all = ids.len() == EVERYTHING.len();
        let expected = Covers {
            body: ids.contains(&"body"),
            username: all,
            addressing: all,
        };
        assert_eq!(verified.covers, expected);

        let strict = Rules {
            sha1: Sha1::Refused,
            ..rules()
        };
        let is_weak = method == RSA_SHA1 || digest == SHA1;
        assert_eq!(
            read_by(&text, &strict).is_err(),
            is_weak,
            "{method} {digest}"
        );
        let forged = edit(
            &text,
            "<wsu:Expires>2026-03-01T12:05",
            "<wsu:Expires>2026-03-01T12:06",
        );
        assert!(read(&forged).is_err(), "{method}");
    }
}

/// Keys in the forms that OpenSSL wrote before PKCS#8.
#[test]
fn older_forms_of_keys_are_read() {
    const TEST: &str = "older_forms_of_keys_are_read";
    if Command::new("openssl").arg("version").output().is_err() {
        testkit::skip(TEST, "openssl is not here");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (identity, label) in [
        (&*CLIENT, "BEGIN RSA PRIVATE KEY"),
        (&*CURVE, "BEGIN EC PRIVATE KEY"),
    ] {
        let (key, _) = key_files(folder.path(), identity);
        let openssl = |arguments: &[&str]| {
            let output = Command::new("openssl")
                .args(arguments)
                .output()
                .expect("it ran");
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let older = openssl(&["pkey", "-in", &key, "-traditional"]);
        assert!(older.contains(label), "{older}");
        assert!(Signer::from_pem(&identity.pem, &older).is_ok(), "{label}");
        let secret = openssl(&["pkey", "-in", &key, "-aes128", "-passout", "pass:x"]);
        assert!(secret.contains("ENCRYPTED"));
        let error = Signer::from_pem(&identity.pem, &secret)
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains("not an unencrypted PEM private key"),
            "{error}"
        );
    }
}
