//! Where keys come from.

#![allow(
    clippy::disallowed_methods,
    reason = "a file is changed under the service"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use scr_api::token::{KeyFetch, KeySet, Keys, TokenError, TokenPolicy, Verifier};
use scr_api::{Issuer, Subject};
use transport::{
    BoxFuture, Environment, Headers, Shutdown, Upstream, UpstreamError, UpstreamRequest,
    UpstreamResponse,
};

use crate::world::{APP, AUDIENCE, ISSUER};

fn env() -> Environment {
    Environment::simulated("2026-03-02T09:00:00Z".parse().expect("a time"), 7)
}

fn issuer(env: &Environment) -> Issuer {
    Issuer::create(ISSUER, AUDIENCE, env.clone()).expect("an issuer")
}

fn token(issuer: &Issuer) -> String {
    let token = issuer.token(APP, &Subject::Application, Duration::from_secs(3600));
    format!("Bearer {}", token.expect("a token"))
}

async fn verified(verifier: &Verifier, issuer: &Issuer) -> Result<(), TokenError> {
    verifier.verify(Some(&token(issuer))).await.map(|_| ())
}

#[tokio::test]
async fn a_key_file_is_read_again_and_a_bad_one_changes_nothing() {
    let env = env();
    let (first, second) = (issuer(&env), issuer(&env));
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("jwks.json");
    assert!(Keys::file(&path).is_err(), "there is none");
    std::fs::write(&path, first.jwks()).expect("written");
    let keys = Keys::file(&path).expect("keys");
    let verifier = Verifier::new(
        TokenPolicy::new(ISSUER, AUDIENCE),
        keys.clone(),
        env.clone(),
    );
    assert_eq!(verified(&verifier, &first).await, Ok(()));
    let kept = token(&first);
    for _ in 0..2 {
        assert!(verifier.verify(Some(&kept)).await.is_ok());
    }
    assert_eq!(
        verified(&verifier, &second).await,
        Err(TokenError::UnknownKey)
    );

    let (trigger, shutdown) = Shutdown::new();
    let watching = tokio::spawn(keys.watch(Duration::from_millis(10), env.clone(), shutdown));
    std::fs::write(&path, "{\"keys\":[]}").expect("written");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        verified(&verifier, &first).await,
        Ok(()),
        "the last good ones stay"
    );
    std::fs::write(&path, [second.jwks(), b"\n".to_vec()].concat()).expect("written");
    for _ in 0..200 {
        if verified(&verifier, &second).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(verified(&verifier, &second).await, Ok(()));
    assert_eq!(
        verified(&verifier, &first).await,
        Err(TokenError::UnknownKey),
        "withdrawn"
    );
    let again = verifier.verify(Some(&kept)).await.map(|_| ());
    assert_eq!(again, Err(TokenError::UnknownKey), "proven before that");
    trigger.fire();
    watching.await.expect("it ends");
}

#[tokio::test]
async fn a_token_that_was_proven_expires_all_the_same() {
    let env = env();
    let issuer = issuer(&env);
    let keys = Keys::fixed(KeySet::parse(&issuer.jwks()).expect("keys"));
    let verifier = Verifier::new(TokenPolicy::new(ISSUER, AUDIENCE), keys, env.clone());
    let token = token(&issuer);
    let mut verdicts = Vec::new();
    for _ in 0..3 {
        verdicts.push(verifier.verify(Some(&token)).await.map(|_| ()));
        env.advance(jiff::SignedDuration::from_mins(40));
    }
    assert_eq!(verdicts, [Ok(()), Ok(()), Err(TokenError::Expired)]);
}

/// Gives a key set, or nothing.
struct Service {
    jwks: std::sync::Mutex<Option<Vec<u8>>>,
    asked: AtomicUsize,
}

impl Upstream for Service {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        assert_eq!(request.path, "/jwks");
        self.asked.fetch_add(1, Ordering::SeqCst);
        let body = self.jwks.lock().expect("unlocked").clone();
        Box::pin(async move {
            match body {
                None => Err(UpstreamError::Connect("nobody".to_owned())),
                Some(body) => Ok(UpstreamResponse {
                    status: 200,
                    content_type: "application/json".to_owned(),
                    headers: Headers::default(),
                    body: body.into(),
                }),
            }
        })
    }
}

#[tokio::test]
async fn keys_of_a_service_are_fetched_when_one_is_unknown_but_not_too_often() {
    let env = env();
    let (first, second) = (issuer(&env), issuer(&env));
    let service = Arc::new(Service {
        jwks: std::sync::Mutex::new(None),
        asked: AtomicUsize::new(0),
    });
    let keys = Keys::service(KeyFetch {
        upstream: service.clone(),
        path: "/jwks".to_owned(),
    });
    let verifier = Verifier::new(TokenPolicy::new(ISSUER, AUDIENCE), keys, env.clone());
    let asked = || service.asked.load(Ordering::SeqCst);
    assert_eq!(verified(&verifier, &first).await, Err(TokenError::NoKeys));
    *service.jwks.lock().expect("unlocked") = Some(first.jwks());
    assert_eq!(
        verified(&verifier, &first).await,
        Err(TokenError::NoKeys),
        "asked just now"
    );
    assert_eq!(asked(), 1);
    env.advance(SignedDuration::from_secs(31));
    assert_eq!(verified(&verifier, &first).await, Ok(()));
    assert_eq!(verified(&verifier, &first).await, Ok(()));
    assert_eq!(asked(), 2);

    *service.jwks.lock().expect("unlocked") = Some(second.jwks());
    for _ in 0..20 {
        assert_eq!(
            verified(&verifier, &second).await,
            Err(TokenError::UnknownKey)
        );
    }
    assert_eq!(asked(), 2, "strangers cannot make us ask");
    env.advance(SignedDuration::from_secs(31));
    assert_eq!(verified(&verifier, &second).await, Ok(()));
    assert_eq!(
        verified(&verifier, &first).await,
        Err(TokenError::UnknownKey)
    );
}

#[test]
fn key_sets_are_read_strictly() {
    let good = String::from_utf8(issuer(&env()).jwks()).expect("text");
    let set: serde_json::Value = serde_json::from_str(&good).expect("JSON");
    let key = &set["keys"][0];
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut key = key.clone();
        change(&mut key);
        serde_json::json!({ "keys": [key] }).to_string()
    };
    let none = "no key in it can check a signature that is accepted here";
    for (json, expected) in [
        (good.clone(), None),
        (with(&|k| k["use"] = "enc".into()), Some(none)),
        (
            with(&|k| k["key_ops"] = serde_json::json!(["sign"])),
            Some(none),
        ),
        (with(&|k| k["alg"] = "RS256".into()), Some(none)),
        (
            with(&|k| k["d"] = "AAAA".into()),
            Some("keys[0]: this is a secret, not a public key"),
        ),
        (
            r#"{"keys":[{"kty":"oct","alg":"HS256","k":"AAAA"}]}"#.to_owned(),
            Some("keys[0]: this is a secret, not a public key"),
        ),
        (
            r#"{"keys":[{"kty":"RSA","n":"AAAA","e":"AQAB"}]}"#.to_owned(),
            Some("keys[0]: an RSA key has at least 2048 bits"),
        ),
        (r#"{"keys":[]}"#.to_owned(), Some(none)),
        (
            serde_json::json!({ "keys": [key, key] }).to_string(),
            Some("keys[1]: another key has the same kid"),
        ),
        (
            format!("{{\"keys\":[{}]}}", vec!["{}"; 65].join(",")),
            Some("a key set has at most 64 keys"),
        ),
    ] {
        let found = KeySet::parse(json.as_bytes()).err();
        assert_eq!(found.as_deref(), expected, "{json}");
    }
}

/// A new private key, PKCS #8 in PEM, made by openssl.
fn key_of(arguments: &[&str]) -> Option<Vec<u8>> {
    let mut openssl = std::process::Command::new("openssl");
    let made = openssl.arg("genpkey").args(arguments).output();
    made.ok()
        .filter(|output| output.status.success())
        .map(|output| output.stdout)
}

/// Signatures of another hand than the built-in issuer's, by every method and by some that are not
/// taken.
#[tokio::test]
async fn every_method_is_checked_with_its_own_keys() {
    use jsonwebtoken::jwk::{Jwk, JwkSet};
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

    let rsa = key_of(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    let p384 = key_of(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]);
    let (Some(rsa), Some(p384)) = (rsa, p384) else {
        testkit::skip(
            "every_method_is_checked_with_its_own_keys",
            "openssl is not there",
        );
        return;
    };
    let env = env();
    let claims = issuer(&env).claims(APP, &Subject::Application, Duration::from_secs(60));
    let rsa = EncodingKey::from_rsa_pem(&rsa).expect("an RSA key");
    let p384 = EncodingKey::from_ec_pem(&p384).expect("a P-384 key");
    let mut jwk = Jwk::from_encoding_key(&rsa, Algorithm::RS512).expect("a JWK");
    jwk.common.key_algorithm = None;
    jwk.common.key_id = Some("rsa".to_owned());
    let mut other = Jwk::from_encoding_key(&p384, Algorithm::ES384).expect("a JWK");
    other.common.key_id = Some("p384".to_owned());
    let public = serde_json::to_vec(&jwk).expect("JSON");
    let set = serde_json::to_vec(&JwkSet {
        keys: vec![jwk, other],
    })
    .expect("JSON");
    let keys = Keys::fixed(KeySet::parse(&set).expect("a key set"));
    let policy = TokenPolicy::new(ISSUER, AUDIENCE);
    let verifier = Verifier::new(policy.clone(), keys.clone(), env.clone());
    let only = Verifier::new(
        TokenPolicy {
            algorithms: vec![scr_api::token::Algorithm::Rs512],
            ..policy
        },
        keys,
        env,
    );
    // The public key as a secret, which is what a confused verifier takes.
    let confused = EncodingKey::from_secret(&public);
    for (algorithm, key, kid, expected, narrow) in [
        (
            Algorithm::RS256,
            &rsa,
            Some("rsa"),
            Ok(()),
            Err(TokenError::Algorithm),
        ),
        (Algorithm::RS512, &rsa, Some("rsa"), Ok(()), Ok(())),
        (Algorithm::RS512, &rsa, None, Ok(()), Ok(())),
        (
            Algorithm::PS256,
            &rsa,
            Some("rsa"),
            Ok(()),
            Err(TokenError::Algorithm),
        ),
        (
            Algorithm::ES384,
            &p384,
            Some("p384"),
            Ok(()),
            Err(TokenError::Algorithm),
        ),
        (
            Algorithm::RS384,
            &rsa,
            Some("rsa"),
            Err(TokenError::Algorithm),
            Err(TokenError::Algorithm),
        ),
        (
            Algorithm::HS256,
            &confused,
            Some("rsa"),
            Err(TokenError::Algorithm),
            Err(TokenError::Algorithm),
        ),
        (
            Algorithm::RS512,
            &rsa,
            Some("p384"),
            Err(TokenError::UnknownKey),
            Err(TokenError::UnknownKey),
        ),
        (
            Algorithm::RS512,
            &rsa,
            Some("x"),
            Err(TokenError::UnknownKey),
            Err(TokenError::UnknownKey),
        ),
    ] {
        let mut header = Header::new(algorithm);
        header.kid = kid.map(str::to_owned);
        let token = format!("Bearer {}", encode(&header, &claims, key).expect("signed"));
        let verified = verifier.verify(Some(&token)).await.map(|_| ());
        assert_eq!(verified, expected, "{algorithm:?} {kid:?}");
        let verified = only.verify(Some(&token)).await.map(|_| ());
        assert_eq!(verified, narrow, "{algorithm:?} {kid:?}");
    }
    let mut header = Header::new(Algorithm::RS512);
    header.kid = Some("rsa".to_owned());
    header.crit = Some(vec!["exp".to_owned()]);
    let token = format!("Bearer {}", encode(&header, &claims, &rsa).expect("signed"));
    let verified = verifier.verify(Some(&token)).await.map(|_| ());
    assert_eq!(verified, Err(TokenError::Critical));
}
