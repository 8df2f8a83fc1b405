//! When the Spine, its answers or our store fail.

use transport::UpstreamError;

use crate::world::{APP, DOCUMENT, Fate, OLD_APP, PATIENT, World, bundle_path, find_path};

/// What happens, and the status, code and `Retry-After` in the full profile.
type Case<'a> = (&'a dyn Fn() -> Fate, u16, &'a str, Option<&'a str>);

#[tokio::test]
async fn each_failure_of_the_spine_has_its_status() {
    use std::time::Duration;
    let connect = || Fate::Fails(UpstreamError::Connect("10.1.2.3:443 refused".to_owned()));
    let unavailable = || {
        Fate::Fails(UpstreamError::Unavailable {
            retry_in: Duration::from_secs(4),
        })
    };
    let timeout = || Fate::Fails(UpstreamError::Timeout { phase: "response" });
    let closed = || Fate::Fails(UpstreamError::Closed("10.1.2.3:443".to_owned()));
    let page = || {
        Fate::Answered(
            200,
            "text/html",
            "<html><body>10.1.2.3</body></html>".to_owned(),
        )
    };
    let gone = || Fate::Answered(503, "text/plain", "10.1.2.3".to_owned());
    let fault = || {
        let fault = hl7v3::SoapFault::processing("of 10.1.2.3").write();
        Fate::Answered(500, "text/xml", String::from_utf8(fault).expect("text"))
    };
    let cases: [Case<'_>; 7] = [
        (&connect, 503, "transient", None),
        (&unavailable, 503, "transient", Some("5")),
        (&timeout, 504, "transient", None),
        (&closed, 502, "exception", None),
        (&page, 502, "exception", None),
        (&gone, 502, "exception", None),
        (&fault, 503, "transient", None),
    ];
    for (at, (fate, full, code, retry)) in cases.into_iter().enumerate() {
        for path in [find_path(PATIENT), bundle_path(DOCUMENT, PATIENT)] {
            for (client, status) in [(APP, full), (OLD_APP, 500)] {
                let world = World::new().with_document().await;
                world.way.meet([Some(fate())]);
                let answer = world.call_as(client, "GET", &path).send().await;
                assert_eq!(answer.status(), status, "{at} {client}: {}", answer.text());
                assert!(!answer.text().contains("10.1.2.3"), "{}", answer.text());
                let event = world.events().await.pop().expect("an event");
                assert!(!event.disclosed);
                if client == APP {
                    assert_eq!(answer.issue().1, code, "{at}");
                    assert_eq!(answer.header("retry-after"), retry, "{at}");
                }
            }
        }
    }
}

/// Row 32 of the adaptor's defects: whatever has no event and no error is "no record" to it.
#[tokio::test]
async fn an_answer_that_says_nothing_is_not_no_record() {
    let world = World::new().with_document().await;
    for body in [
        "<QUQI_IN010000UK14 xmlns=\"urn:hl7-org:v3\"/>",
        "<QUPC_IN200000SM04 xmlns=\"urn:hl7-org:v3\"/>",
        "<x/>",
    ] {
        world
            .way
            .meet([Some(Fate::Answered(200, "text/xml", body.to_owned()))]);
        let answer = world.call("GET", &find_path(PATIENT)).send().await;
        assert_eq!(answer.status(), 502, "{body}");
    }
}
