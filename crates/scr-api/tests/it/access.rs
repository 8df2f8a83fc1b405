//! Tokens, and what they allow.

use std::time::Duration;

use jiff::SignedDuration;
use scr_api::token::{Claims, Strings};
use scr_api::{Issuer, Subject};
use serde_json::Value;

use crate::world::{
    APP, AUDIENCE, DIRECTORY_ROLE, ISSUER, OLD_APP, OTHER_ROLE, PATIENT, ROLE, SECOND, USER, World,
    bundle, find_path,
};

fn user() -> Subject {
    Subject::User {
        user: USER.to_owned(),
        name: None,
        roles: crate::world::roles(),
    }
}

/// The status and diagnosis of a request with this `Authorization`.
async fn check(world: &World, authorization: Option<&str>) -> (u16, String) {
    let call = world.call("GET", &find_path(PATIENT));
    let call = match authorization {
        Some(text) => call.with("Authorization", text),
        None => call.without("Authorization"),
    };
    let answer = call.send().await;
    (answer.status(), answer.issue().2)
}

#[tokio::test]
async fn tokens_are_believed_or_not() {
    let world = World::new().with_document().await;
    let claims = |change: &dyn Fn(&mut Claims)| {
        let mut claims = world.issuer.claims(APP, &user(), Duration::from_secs(300));
        change(&mut claims);
        format!("Bearer {}", world.issuer.sign(&claims).expect("signed"))
    };
    let stranger = Issuer::create(ISSUER, AUDIENCE, world.env.clone()).expect("an issuer");
    let foreign = stranger
        .token(APP, &user(), Duration::from_secs(300))
        .expect("a token");
    let good = claims(&|_| {});
    let tampered = {
        let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
        parts[1] = world
            .issuer
            .sign(
                &world
                    .issuer
                    .claims(OLD_APP, &user(), Duration::from_secs(9)),
            )
            .expect("signed")
            .split('.')
            .nth(1)
            .expect("claims")
            .to_owned();
        parts.join(".")
    };
    // {"alg":"none"} and {"alg":"HS256","typ":"JWT"}
    let unsigned = format!(
        "Bearer eyJhbGciOiJub25lIn0.{}.",
        good.split('.').nth(1).expect("claims")
    );
    let symmetric = format!(
        "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{}.AAAA",
        good.split('.').nth(1).expect("claims")
    );
    for (authorization, status, text) in [
        (Some(good.as_str()), 200, ""),
        (Some(&good.replace("Bearer", "bearer")), 200, ""),
        (None, 401, "the Authorization header is missing"),
        (
            Some("Basic dXNlcjpwYXNz"),
            401,
            "the Authorization header must be \"Bearer\", a blank and a token",
        ),
        (
            Some("Bearer"),
            401,
            "the Authorization header must be \"Bearer\", a blank and a token",
        ),
        (Some("Bearer x"), 401, "the token is not a signed JWT"),
        (
            Some(&format!("Bearer {}", "x".repeat(20_000))),
            401,
            "the token is not a signed JWT",
        ),
        (Some(&unsigned), 401, "the token is not a signed JWT"),
        (
            Some(&symmetric),
            401,
            "the token is not signed by a method that is accepted here",
        ),
        (
            Some(&format!("Bearer {foreign}")),
            401,
            "the token is signed with a key that is not known here",
        ),
        (Some(&tampered), 401, "the token's signature is wrong"),
        (
            Some(&claims(&|c| c.exp -= 331.0)),
            401,
            "the token has expired",
        ),
        (Some(&claims(&|c| c.exp -= 320.0)), 200, ""),
        (
            Some(&claims(&|c| c.nbf = Some(c.exp))),
            401,
            "the token is not valid yet",
        ),
        (
            Some(&claims(&|c| c.iss = "https://other.example".to_owned())),
            401,
            "the token is of an issuer that is not accepted here",
        ),
        (
            Some(&claims(&|c| {
                c.aud = Strings::One("https://other.example".to_owned())
            })),
            401,
            "the token is meant for another audience",
        ),
        (
            Some(&claims(&|c| {
                c.aud = Strings::Many(vec!["x".to_owned(), AUDIENCE.to_owned()])
            })),
            200,
            "",
        ),
        (
            Some(&claims(&|c| c.scope = Strings::One("openid".to_owned()))),
            403,
            "The token has none of the scopes of this API",
        ),
        (
            Some(&claims(&|c| c.client_id = Some("nobody".to_owned()))),
            403,
            "The application is not registered here",
        ),
        (
            Some(&claims(&|c| c.nhsid_useruid = Some("Ada".to_owned()))),
            403,
            "The token names no user of the directory",
        ),
    ] {
        assert_eq!(
            check(&world, authorization).await,
            (status, text.to_owned()),
            "{text}"
        );
    }
    world.env.advance(SignedDuration::from_secs(400));
    let (status, text) = check(&world, Some(&good)).await;
    assert_eq!((status, text.as_str()), (401, "the token has expired"));
}

#[tokio::test]
async fn a_refused_token_is_told_in_the_national_form() {
    let world = World::new();
    let answer = world
        .call("GET", &find_path(PATIENT))
        .without("Authorization")
        .send()
        .await;
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    let coding = &answer.json()["issue"][0]["details"]["coding"][0];
    assert_eq!(
        coding["system"],
        "https://fhir.nhs.uk/CodeSystem/Spine-ErrorOrWarningCode"
    );
    assert_eq!(coding["code"], "ACCESS_DENIED");
    assert_eq!(coding["display"], "Invalid access token");
    assert_eq!(answer.json()["issue"][0]["code"], "forbidden");
    assert!(world.events().await.is_empty(), "nobody was believed");
}

/// Of two tokens, nobody knows which one counts.
#[tokio::test]
async fn two_tokens_are_none() {
    let world = World::new();
    let call = world.call("GET", &find_path(PATIENT));
    let answer = call.and("Authorization", "Bearer x").send().await;
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn applications_alone_ask_and_upload() {
    let world = World::new().with_document().await;
    let token = world.application_token(APP);
    let body = bundle(SECOND, PATIENT);
    for (method, path, body, status) in [
        ("GET", find_path(PATIENT), None, 200),
        ("POST", "/Bundle".to_owned(), Some(&body), 201),
        ("POST", "/AuditEvent".to_owned(), Some(&body), 403),
        ("POST", "/$setPermission".to_owned(), Some(&body), 403),
        ("GET", "/healthcheck".to_owned(), None, 403),
    ] {
        let call = world
            .call(method, &path)
            .token(&token)
            .without("NHSD-Session-URID");
        let call = match body {
            Some(body) => call.json(body),
            None => call,
        };
        assert_eq!(call.send().await.status(), status, "{method} {path}");
    }
    let old = world.call_as(OLD_APP, "POST", "/AuditEvent");
    let old = old
        .token(&world.application_token(OLD_APP))
        .json(&body)
        .send()
        .await;
    assert_eq!(old.status(), 401);
    assert_eq!(
        old.json()["issue"][0]["diagnostics"],
        "Your app has insufficient permissions to use this method. Please contact support."
    );
    assert_eq!(old.json()["issue"][0]["details"].get("text"), None);
}

/// Row 23 of the adaptor's defects: what an application without a user uploads is by who is
/// registered for it, and without one it is refused.
#[tokio::test]
async fn uploads_without_a_user_are_by_who_is_registered() {
    let world = World::new();
    let upload = |client: &str| {
        let call = world
            .call_as(client, "POST", "/Bundle")
            .token(&world.application_token(client));
        call.json(&bundle(SECOND, PATIENT))
    };
    let none = upload(OLD_APP).without("NHSD-Session-URID").send().await;
    let text = "Required request header 'NHSD-Session-URID' for method parameter type String is not present";
    assert_eq!(none.said(), (400, text.to_owned()));
    let other = upload(APP).send().await;
    assert_eq!(other.status(), 400);
    let own = upload(APP)
        .with("NHSD-Session-URID", "555000000001")
        .send()
        .await;
    assert_eq!(own.status(), 201);
    let sent = world.way.sent();
    let post = sent
        .iter()
        .find(|request| request.path == "/clinical")
        .expect("posted");
    let post = String::from_utf8_lossy(&post.body).into_owned();
    assert!(
        post.contains("111000000001") && post.contains("555000000001"),
        "{post}"
    );
}

#[tokio::test]
async fn the_role_is_one_of_the_users() {
    let world = World::new().with_document().await;
    let refused = "The role profile in NHSD-Session-URID is not one of the user's";
    let single = Subject::User {
        user: USER.to_owned(),
        name: None,
        roles: vec![crate::world::roles().remove(0)],
    };
    let none = Subject::User {
        user: USER.to_owned(),
        name: None,
        roles: Vec::new(),
    };
    for (subject, header, status, role) in [
        (&user(), Some(ROLE), 200, Some(ROLE)),
        (&user(), Some(OTHER_ROLE), 200, Some(OTHER_ROLE)),
        (&user(), Some("555254240199"), 400, None),
        (&user(), Some("x"), 400, None),
        (&user(), None, 200, None),
        (&single, None, 200, Some(ROLE)),
        (&none, Some(DIRECTORY_ROLE), 200, Some(DIRECTORY_ROLE)),
        (&none, Some(ROLE), 400, None),
        // A token that tells roles tells all of them.
        (&user(), Some(DIRECTORY_ROLE), 400, None),
    ] {
        let token = world
            .issuer
            .token(APP, subject, Duration::from_secs(300))
            .expect("a token");
        let call = world.call("GET", &find_path(PATIENT)).token(&token);
        let call = match header {
            Some(header) => call.with("NHSD-Session-URID", header),
            None => call.without("NHSD-Session-URID"),
        };
        let answer = call.send().await;
        assert_eq!(answer.status(), status, "{header:?}");
        if status == 400 {
            assert_eq!(answer.issue().2, refused);
            continue;
        }
        let event = world.events().await.pop().expect("an event");
        assert_eq!(
            event.role_profile.as_ref().map(|p| p.as_str()),
            role,
            "{header:?}"
        );
        assert_eq!(event.user.as_ref().map(|u| u.as_str()), Some(USER));
    }
}

#[tokio::test]
async fn the_keys_of_the_issuer_are_there_for_others() {
    let world = World::new();
    let answer = world
        .call("GET", "/_raw/.well-known/jwks.json")
        .without("Authorization")
        .send()
        .await;
    assert_eq!(answer.status(), 200);
    let keys = answer.json();
    assert_eq!(keys["keys"][0]["kty"], "EC");
    assert_eq!(keys["keys"][0].get("d"), None::<&Value>);
}
