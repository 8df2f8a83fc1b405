//! Requests of every kind: an answer each time, and never a failure of ours.

use proptest::prelude::*;

use crate::world::{APP, OLD_APP, PATIENT, World, bundle};

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(future)
}

fn check(client: &str, method: &str, path: &str, content_type: &str, body: Vec<u8>) {
    let world = World::new();
    let (status, text) = wait(async {
        let call = world.call_as(client, method, path).body(content_type, body);
        let answer = call.send().await;
        (answer.status(), answer.text())
    });
    assert!(
        (200..500).contains(&status) || client == OLD_APP && status == 500,
        "{status} {text}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_path_and_query(path in "[/a-zA-Z$%._0-9]{0,24}", query in "[ -~]{0,80}", old in any::<bool>()) {
        let client = if old { OLD_APP } else { APP };
        check(client, "GET", &format!("/{path}?{query}"), "", Vec::new());
        let named = format!("/DocumentReference?patient={query}");
        check(client, "GET", &named, "", Vec::new());
        let named = format!("/Bundle?composition.identifier={query}&composition.subject:Patient.identifier={query}");
        check(client, "GET", &named, "", Vec::new());
    }

    #[test]
    fn any_body(body in prop::collection::vec(any::<u8>(), 0..200), xml in any::<bool>()) {
        let content_type = if xml { "application/fhir+xml" } else { "application/fhir+json" };
        for path in ["/Bundle", "/AuditEvent", "/$setPermission"] {
            check(APP, "POST", path, content_type, body.clone());
        }
    }

    /// A bundle with a piece cut out, or a piece of it twice.
    #[test]
    fn any_damage(at in 0_usize..3000, length in 0_usize..200, twice in any::<bool>()) {
        let mut body = bundle("D0C00000-0000-4000-8000-000000000001", PATIENT).to_string().into_bytes();
        let at = at.min(body.len());
        let end = (at + length).min(body.len());
        let piece: Vec<u8> = body.drain(at..end).collect();
        if twice {
            let piece = [piece.clone(), piece].concat();
            body.splice(at..at, piece);
        }
        check(APP, "POST", "/Bundle", "application/fhir+json", body);
    }
}
