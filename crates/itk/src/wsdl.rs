//! The WSDLs and the schemas of the mini services, for whoever generates a client from them or
//! wants to check a message before sending it. Each face has a WSDL of its own; the schemas are
//! the same for all, and say which messages there are at all.
//!
//! They are our own. The published ones describe every service of the Toolkit and leave much open;
//! these describe what is accepted and answered here, as far as a schema can say it. The files
//! stand in `schemas/` beside this crate's source and can be used from there without a network;
//! when they are served, references between them become addresses of the service.

use crate::Face;

/// What stands for the address of the service in a WSDL.
const ADDRESS: &str = "SERVICE-URL";
/// What a reference from one schema to another begins with.
const REFERENCE: &str = "schemaLocation=\"";
const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// The name of a face's WSDL.
const WSDL: &str = "wsdl";

const SCHEMAS: &[(&str, &str)] = &[
    ("request.xsd", include_str!("../schemas/request.xsd")),
    ("answer.xsd", include_str!("../schemas/answer.xsd")),
    ("toolkit.xsd", include_str!("../schemas/toolkit.xsd")),
    (
        "scr-payloads.xsd",
        include_str!("../schemas/scr-payloads.xsd"),
    ),
    (
        "cpis-payloads.xsd",
        include_str!("../schemas/cpis-payloads.xsd"),
    ),
    (
        "localisation.xsd",
        include_str!("../schemas/localisation.xsd"),
    ),
    (
        "scr-consent.xsd",
        include_str!("../schemas/scr-consent.xsd"),
    ),
    ("addressing.xsd", include_str!("../schemas/addressing.xsd")),
    ("security.xsd", include_str!("../schemas/security.xsd")),
    ("utility.xsd", include_str!("../schemas/utility.xsd")),
];

/// The names that [`document`] knows: `wsdl`, and those of the schemas.
pub fn names() -> impl Iterator<Item = &'static str> {
    let schemas = SCHEMAS.iter().map(|(name, _)| *name);
    std::iter::once(WSDL).chain(schemas)
}

fn wsdl(face: Face) -> &'static str {
    match face {
        Face::Scr => include_str!("../schemas/scr.wsdl"),
        Face::Cpis => include_str!("../schemas/cpis.wsdl"),
    }
}

/// A document of a face by its name: `wsdl` for `?wsdl`, else the NAME of `?xsd=NAME`. `service_url` is the
/// address of the service as its clients see it, without a query; it is where requests are sent
/// to and where the other documents are fetched from. Gives the content type and the text; `None`
/// for other names.
pub fn document(face: Face, name: &str, service_url: &str) -> Option<(&'static str, String)> {
    let text = match name {
        WSDL => wsdl(face),
        _ => SCHEMAS.iter().find(|(known, _)| *known == name)?.1,
    };
    let address = escaped(service_url);
    let reference = format!("{REFERENCE}{address}?xsd=");
    let text = text
        .replace(REFERENCE, &reference)
        .replace(ADDRESS, &address);
    Some((CONTENT_TYPE, text))
}

/// A text as it stands in an attribute in double quotes; characters that XML cannot carry at all
/// are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = (Face, &'static str)> {
        Face::ALL
            .into_iter()
            .flat_map(|face| names().map(move |name| (face, name)))
    }

    #[test]
    fn every_document_is_well_formed_under_any_address() {
        for url in [
            "https://smsp.example/smsp/scr",
            "https://[::1]:9443/a&b?c=\"<d>'&#0;\u{7}\u{ffff}",
            "SERVICE-URL",
        ] {
            for (face, name) in all() {
                let (content_type, text) = document(face, name, url).expect("a known name");
                assert_eq!(content_type, "text/xml; charset=utf-8");
                xml::Document::parse(text.as_bytes()).expect("well-formed");
            }
        }
    }

    #[test]
    fn the_address_is_where_requests_go_and_schemas_come_from() {
        let url = "https://smsp.example/a&b/scr";
        for face in Face::ALL {
            let (_, text) = document(face, "wsdl", url).expect("a known name");
            let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
            let elements: Vec<_> = doc.root().descendants().collect();
            let of = |name: &str, attribute: &str| -> Vec<&str> {
                let named = elements.iter().filter(|element| element.name() == name);
                named.filter_map(|e| e.attribute(attribute)).collect()
            };
            assert_eq!(of("address", "location"), [url]);
            let imports = of("import", "schemaLocation");
            assert_eq!(imports.len(), 3);
            for import in imports {
                let name = import
                    .strip_prefix(url)
                    .and_then(|rest| rest.strip_prefix("?xsd="));
                assert!(names().any(|known| Some(known) == name), "{import}");
            }
        }
    }

    #[test]
    fn references_lead_to_documents_and_nowhere_else() {
        for (face, name) in all() {
            let (_, text) = document(face, name, "URL").expect("a known name");
            for reference in text.split(REFERENCE).skip(1) {
                let (location, _) = reference.split_once('"').expect("an end");
                let target = location.strip_prefix("URL?xsd=");
                assert!(
                    target.is_some_and(|target| names().any(|n| n == target)),
                    "{name}: {location}"
                );
            }
        }
    }

    #[test]
    fn other_names_are_unknown() {
        for name in ["", "WSDL", "toolkit", "../toolkit.xsd", "toolkit.xsd "] {
            let found = document(Face::Scr, name, "https://smsp.example");
            assert_eq!(found, None, "{name}");
        }
    }
}
