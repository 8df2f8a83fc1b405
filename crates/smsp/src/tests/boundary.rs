//! What never gets as far as an operation: HTTP, faults, strangers.

use itk::scr::Operation;

use transport::{Handler, Headers, Request};

use super::world::{Answer, Query, World, altered, check, read, request};

/// As [`check`], with another method, path or content type.
async fn check_http(
    method: &str,
    path: &str,
    content_type: &str,
    body: &[u8],
    world: &World,
) -> Answer {
    let mut headers = Headers::default();
    headers.add("content-type", content_type);
    headers.add("soapaction", itk::SEND_RECV);
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        ..request(body, world)
    };
    read(&world.service().handle(request).await)
}

#[tokio::test]
async fn http_comes_first() {
    let world = World::new();
    let request = Query::new().bytes(&world.env);
    for (method, path, content_type, body, expected) in [
        ("GET", "/smsp/scr", "text/xml", &request[..], "HTTP 405"),
        ("PUT", "/smsp/scr", "text/xml", &request, "HTTP 405"),
        ("POST", "/smsp/pds", "text/xml", &request, "HTTP 404"),
        ("POST", "/", "text/xml", &request, "HTTP 404"),
        ("POST", "/smsp/scr", "application/json", b"{}", "HTTP 415"),
        (
            "POST",
            "/smsp/scr",
            "multipart/form-data",
            b"--x",
            "HTTP 415",
        ),
        (
            "POST",
            "/smsp/scr",
            "application/json",
            &request,
            "SMSP-0000",
        ),
        (
            "POST",
            "/smsp/scr",
            "application/x-www-form-urlencoded",
            &request,
            "SMSP-0000",
        ),
        (
            "POST",
            "/smsp/scr",
            "TEXT/XML;charset=UTF-8",
            b"no",
            "fault 1000",
        ),
        ("POST", "/smsp/scr", "text/xml", b"", "fault 1000"),
    ] {
        let world = World::new();
        let answer = check_http(method, path, content_type, body, &world).await;
        assert_eq!(answer.outcome, expected, "{method} {path} {content_type}");
    }
}

#[tokio::test]
async fn messages_that_break_a_rule_get_a_fault() {
    let world = World::new();
    for (row, from, to, expected) in [
        ("ER_INVXML", "</soap:Envelope>", "", "fault 1000"),
        (
            "SO_VMISRJ",
            "http://schemas.xmlsoap.org/soap/envelope/",
            "http://www.w3.org/2003/05/soap-envelope",
            "fault 1000",
        ),
        ("SO_NOACTN", "wsa:Action>", "wsa:Other>", "fault 1000"),
        (
            "SO_INVUSR",
            "<wsse:Username>ward-system<",
            "<wsse:Username>other<",
            "fault 3000",
        ),
        (
            "DE_INAUTH",
            "identity:ods:RKE:",
            "identity:ods:RKX:",
            "fault 3000",
        ),
        (
            "DE_INAUTH, no organisation",
            "urn:nhs-uk:identity:ods:RKE:",
            "urn:nhs-uk:identity:cfh:nic:",
            "fault 3000",
        ),
        (
            "sender",
            "addressing:ods:RKE",
            "addressing:ods:RKX",
            "fault 3000",
        ),
        (
            "DE_INVPID",
            "profile:querySCRRequest-v-1-0",
            "profile:other-v-1-0",
            "fault 1000",
        ),
        (
            "profile and root disagree",
            "profile:querySCRRequest-v-1-0",
            "profile:getSCRStatusRequest-v-1-0",
            "fault 1000",
        ),
        (
            "ER_INVSCH",
            "<querySCRGrouper>",
            "<querySCRGrouper><x/>",
            "fault 1000",
        ),
        ("bad check digit", "9990000018", "9990000019", "SMSP-0001"),
        (
            "DOCTYPE",
            "<soap:Envelope",
            "<!DOCTYPE x><soap:Envelope",
            "fault 1000",
        ),
    ] {
        let request = altered(&Query::new().bytes(&world.env), from, to);
        let world = World::new();
        let answer = check(&request, &world).await;
        assert_eq!(answer.outcome, expected, "{row}: {answer:?}");
        assert!(world.spine.asked().is_empty(), "{row}");
        let audit = world.audit().await;
        assert_eq!(audit.len(), 1, "{row}");
        assert_eq!(audit[0].event.outcome, expected, "{row}");
        assert!(!audit[0].event.disclosed, "{row}");
        assert_eq!(
            audit[0].event.system.as_deref(),
            Some("ward system"),
            "{row}"
        );
    }
}

#[tokio::test]
async fn malformed_xml_is_told_with_its_place() {
    let world = World::new();
    let answer = check(b"<a>\n  <b></c>\n</a>", &world).await;
    assert_eq!(answer.outcome, "fault 1000");
    assert!(answer.text.contains("line 2, column"), "{answer:?}");
}

#[tokio::test]
async fn strangers_are_refused_and_audited() {
    for certificate in [None, Some("stranger.example")] {
        let mut world = World::new();
        world.certificate = certificate;
        let answer = check(&Query::new().bytes(&world.env), &world).await;
        assert_eq!(answer.outcome, "fault 3000");
        let audit = world.audit().await;
        assert_eq!(audit[0].event.outcome, "fault 3000");
        assert_eq!(audit[0].event.certificate.is_some(), certificate.is_some());
        assert_eq!(audit[0].event.system, None);
        assert!(
            audit[0]
                .event
                .decision
                .as_deref()
                .is_some_and(|d| d.contains("certificate"))
        );
    }
}

#[tokio::test]
async fn a_client_calls_what_it_is_registered_for() {
    let mut world = World::new();
    world.operations = vec![Operation::GetScrStatus.into()];
    assert_eq!(
        check(&Query::new().bytes(&world.env), &world).await.outcome,
        "fault 3000"
    );
    let status = Query::new().status_bytes(&world.env);
    assert_eq!(check(&status, &world).await.outcome, "SMSP-0000");
}

#[tokio::test]
async fn an_answer_relates_to_its_request() {
    let world = World::new();
    let request = Query::new().bytes(&world.env);
    let text = String::from_utf8(request.clone()).expect("UTF-8");
    let id = text
        .split("<wsa:MessageID>")
        .nth(1)
        .and_then(|rest| rest.split('<').next());
    let answer = check(&request, &world).await;
    assert_eq!(answer.relates_to.as_deref(), id);
}
