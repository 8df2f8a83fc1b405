//! What is accepted, and what is said of it.

use itk::fault::ErrorCode;
use itk::request::Rules;
use itk::signature::{Covers, Sha1, Signer};
use jiff::SignedDuration;

use super::making::{
    CLIENT, CURVE, ECDSA_SHA256, EVERYTHING, Identity, KeyForm, Plan, RSA_SHA256, RSA_SHA512, SHA1,
    SHA256, SHA512, STAMP, seal, sign, signed, with_ids,
};
use super::{check_refused, read, read_by};
use crate::support::{USERNAME, caller, edit, now, query, query_message, rules};

fn accept(name: &str, identity: &Identity, text: &str, covers: Covers) {
    let taken = read(text).unwrap_or_else(|fault| panic!("{name}: {fault} in {text}"));
    let verified = taken.signature.expect("a signature");
    assert_eq!(verified.certificate, identity.der, "{name}");
    assert_eq!(verified.covers, covers, "{name}");
}

#[test]
fn a_message_without_a_signature_has_none() {
    assert_eq!(read(&query_message()).expect("accepted").signature, None);
}

#[test]
fn every_accepted_way_of_signing() {
    for (identity, method) in [
        (&*CLIENT, RSA_SHA256),
        (&*CLIENT, RSA_SHA512),
        (&*CURVE, ECDSA_SHA256),
    ] {
        for digest in [SHA1, SHA256, SHA512] {
            for key in [KeyForm::Token, KeyForm::Certificate] {
                for prefixes in ["", "soap wsse", "#default absent itk"] {
                    let plan = Plan {
                        ids: vec![STAMP, "body"],
                        digest,
                        method,
                        prefixes,
                        key,
                    };
                    let text = sign(identity, &with_ids(), &plan);
                    let name = format!("{method} {digest} {prefixes}");
                    let body = Covers {
                        body: true,
                        ..Covers::default()
                    };
                    accept(&name, identity, &text, body);
                }
            }
        }
    }
}

#[test]
fn what_is_covered_is_told() {
    let none = Covers::default();
    for (ids, expected) in [
        (vec![STAMP], none),
        (vec!["body", STAMP], Covers { body: true, ..none }),
        (
            vec![STAMP, "user"],
            Covers {
                username: true,
                ..none
            },
        ),
        (vec![STAMP, "id", "to"], none),
        (
            vec![STAMP, "id", "to", "action"],
            Covers {
                addressing: true,
                ..none
            },
        ),
        (
            EVERYTHING.to_vec(),
            Covers {
                body: true,
                username: true,
                addressing: true,
            },
        ),
    ] {
        let name = format!("{ids:?}");
        accept(&name, &CLIENT, &signed(&Plan::of(&ids)), expected);
    }
}

#[test]
fn certificates_beside_the_signers_are_handed_on() {
    let further = CURVE.base64();
    let plan = Plan {
        key: KeyForm::Certificate,
        ..Plan::default()
    };
    let text = seal(
        &CLIENT,
        &with_ids(),
        &plan,
        |info| info,
        |key| {
            let more = format!(
                "</ds:X509Certificate><ds:X509Certificate>\n{further}\n</ds:X509Certificate></ds:X509Data>"
            );
            edit(&key, "</ds:X509Certificate></ds:X509Data>", &more)
        },
    );
    let verified = read(&text)
        .expect("accepted")
        .signature
        .expect("a signature");
    assert_eq!(verified.certificate, CLIENT.der);
    assert_eq!(verified.chain, std::slice::from_ref(&CURVE.der));
}

#[test]
fn the_token_itself_may_be_signed() {
    // As some libraries do, so that nobody can claim that another certificate was used.
    let message = edit(
        &with_ids(),
        "</wsse:Security>",
        &format!(
            "<wsse:BinarySecurityToken xmlns:wsu=\"{}\" wsu:Id=\"other\" EncodingType=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary\">{}</wsse:BinarySecurityToken></wsse:Security>",
            xml::ns::WSU,
            CLIENT.base64()
        ),
    );
    let plan = Plan {
        ids: vec![STAMP, "other"],
        key: KeyForm::Certificate,
        ..Plan::default()
    };
    let key = "<wsse:SecurityTokenReference><wsse:Reference URI=\"#other\"/></wsse:SecurityTokenReference>";
    let text = seal(&CLIENT, &message, &plan, |info| info, |_| key.to_owned());
    accept("a signed token", &CLIENT, &text, Covers::default());
}

#[test]
fn a_signature_survives_what_means_the_same() {
    let text = super::making::all_signed();
    let again = read(&text).expect("accepted");
    for (name, from, to) in [
        (
            "a comment",
            "<wsse:Username>client",
            "<wsse:Username>cli<!-- x -->ent",
        ),
        (
            "single quotes",
            "count=\"1\"><itk:payload ",
            "count='1'><itk:payload ",
        ),
        ("blanks in a tag", "<wsse:Username>", "<wsse:Username\n >"),
        (
            "an unused namespace around",
            "<soap:Envelope ",
            "<soap:Envelope xmlns:unused=\"urn:x\" ",
        ),
        (
            "a character reference",
            "<wsse:Username>client",
            "<wsse:Username>&#99;lient",
        ),
        (
            "CDATA",
            "<wsse:Username>client",
            "<wsse:Username><![CDATA[client]]>",
        ),
    ] {
        assert_eq!(read(&edit(&text, from, to)).as_ref(), Ok(&again), "{name}");
    }
    let windows = text
        .replace("<ds:", "\r\n<ds:")
        .replace("\r\n<ds:Signature ", "<ds:Signature ");
    // Blanks inside SignedInfo are signed, and these were not.
    check_refused(
        "blanks",
        &windows,
        ErrorCode::AccessDenied,
        "signature is not right",
    );
}

#[test]
fn sha1_can_be_switched_off() {
    let with = |digest| {
        signed(&Plan {
            digest,
            ..Plan::default()
        })
    };
    let strict = Rules {
        sha1: Sha1::Refused,
        ..rules()
    };
    assert!(read_by(&with(SHA1), &rules()).is_ok());
    let fault = read_by(&with(SHA1), &strict).expect_err("refused");
    assert_eq!(fault.code, Some(ErrorCode::Invalid));
    assert!(
        fault.diagnostic.contains("digest is not accepted"),
        "{fault}"
    );
    assert!(read_by(&with(SHA256), &strict).is_ok());
}

/// Created now, expires 300 seconds later, five seconds of tolerance: to the nanosecond.
#[test]
fn the_clock_is_exact_at_both_ends() {
    let nanosecond = SignedDuration::from_nanos(1);
    let second = SignedDuration::from_secs;
    for text in [query_message(), signed(&Plan::default())] {
        for (offset, expected) in [
            (-second(5) - nanosecond, Err("Created is in the future")),
            (-second(5), Ok(())),
            (second(305), Ok(())),
            (second(305) + nanosecond, Err("the message has expired")),
        ] {
            let rules = Rules {
                now: now() + offset,
                ..rules()
            };
            match (read_by(&text, &rules), expected) {
                (Ok(_), Ok(())) => {}
                (Err(fault), Err(says)) => {
                    assert!(fault.diagnostic.contains(says), "{offset}: {fault}");
                    assert_eq!(fault.code, Some(ErrorCode::Invalid));
                }
                (found, _) => panic!("{offset}: {found:?}"),
            }
        }
        let no_tolerance = Rules {
            skew: SignedDuration::ZERO,
            ..rules()
        };
        assert!(read_by(&text, &no_tolerance).is_ok());
    }
}

#[test]
fn our_own_requests_are_accepted() {
    for identity in [&*CLIENT, &*CURVE] {
        let signer = Signer::from_pem(&identity.pem, &identity.key_pem).expect("a signer");
        assert_eq!(signer.certificate(), identity.der);
        let caller = caller();
        let parts = itk::client_request::Parts {
            message_id: crate::support::MESSAGE,
            to: "https://127.0.0.1:9443/smsp/scr",
            now: now(),
            expires_after: SignedDuration::from_secs(300),
            username: USERNAME,
            tracking_id: crate::support::TRACKING,
            payload_id: crate::support::PAYLOAD,
            operation: itk::scr::Operation::QueryScr.into(),
            caller: &caller,
            signer: Some(&signer),
        };
        let text = itk::client_request::write(&parts, |w| query().write(w));
        let text = String::from_utf8(text).expect("UTF-8");
        accept("our own", identity, &text, Covers::default());
        // What is signed stands in the message in its canonical form.
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        for (namespace, name) in [(xml::ns::WSU, "Timestamp"), (xml::ns::DS, "SignedInfo")] {
            let element = doc.root().find(namespace, name).expect("an element");
            let canonical = xml::canonical::exclusive(&element, &[]).expect("within limits");
            assert_eq!(canonical, element.source().as_bytes());
        }
    }
}

#[test]
fn a_signer_needs_a_fitting_pair() {
    let other = &*super::making::IMPOSTOR;
    for (certificate, key, says) in [
        (
            CLIENT.pem.as_str(),
            other.key_pem.as_str(),
            "does not belong",
        ),
        (&CLIENT.pem, &CURVE.key_pem, "does not belong"),
        ("", &CLIENT.key_pem, "is not a PEM certificate"),
        (&CLIENT.key_pem, &CLIENT.key_pem, "is not a PEM certificate"),
        (
            &CLIENT.pem,
            &CLIENT.pem,
            "is not an unencrypted PEM private key",
        ),
        (
            &CLIENT.pem,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "is neither RSA",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            &CLIENT.key_pem,
            "cannot be read",
        ),
    ] {
        let error = Signer::from_pem(certificate, key)
            .expect_err("refused")
            .to_string();
        assert!(error.contains(says), "{error}");
    }
    let signer = Signer::from_pem(&CLIENT.pem, &CLIENT.key_pem).expect("a signer");
    assert_eq!(format!("{signer:?}"), "Signer { method: RsaSha256 }");
}
