//! What tools ask before anybody sends a message: the WSDL and its schemas.

use transport::{Handler, Request, Response};

use super::world::{World, request};

async fn ask(method: &str, query: &str, world: &World) -> Response {
    let request = Request {
        method: method.to_owned(),
        query: query.to_owned(),
        ..request(b"", world)
    };
    world.service().handle(request).await
}

#[tokio::test]
async fn every_document_is_served_to_clients() {
    let mut world = World::new();
    world.config.own_url = "https://smsp.example:8443/smsp/scr".to_owned();
    for name in itk::wsdl::names() {
        let query = match name {
            "wsdl" => "wsdl".to_owned(),
            schema => format!("xsd={schema}"),
        };
        let response = ask("GET", &query, &world).await;
        assert_eq!(response.status, 200, "{name}");
        let document = xml::Document::parse(&response.body).expect("well-formed");
        let text = String::from_utf8_lossy(&response.body);
        let is_wsdl = name == "wsdl";
        assert_eq!(is_wsdl, document.root().name() == "definitions", "{name}");
        assert!(!is_wsdl || text.contains(&world.config.own_url), "{name}");
    }
    assert_eq!(ask("GET", "WSDL", &world).await.status, 200);
    assert!(world.audit().await.is_empty());
}

#[tokio::test]
async fn nothing_else_is_served() {
    let world = World::new();
    for (method, query, status) in [
        ("GET", "", 405),
        ("GET", "xsd=", 405),
        ("GET", "xsd=wsdl", 405),
        ("GET", "xsd=../Cargo.toml", 404),
        ("GET", "xsd=none.xsd", 404),
        ("GET", "wsdl=1", 405),
        ("PUT", "wsdl", 405),
    ] {
        assert_eq!(ask(method, query, &world).await.status, status, "{query}");
    }
    for stranger in [None, Some("stranger.example")] {
        let mut world = World::new();
        world.certificate = stranger;
        testkit::logged::listen();
        assert_eq!(ask("GET", "wsdl", &world).await.status, 403, "{stranger:?}");
        let log = testkit::logged::logged();
        let name = stranger.map(|name| format!("certificate=\"{name}\""));
        assert!(log.contains(&name.unwrap_or_default()), "{log}");
    }
}
