//! The same payload in every dress that XML allows: whatever does not change the meaning must not
//! change what is read.

use std::fmt::Debug;

use domain::ConsentSetting;
use itk::scr::query_scr_activity::ReportType;
use itk::scr::{consent, get_rbac_status, get_scr_status, query_ptv, query_scr};
use xml::Writer;

use super::{Kind, activity, create_ptv, prefixed, written};
use crate::support::{PAYLOAD, patient, query};

/// The text in many dresses.
pub(crate) fn dresses(text: &str) -> Vec<(&'static str, String)> {
    let tag_ends = |with: &str| text.replace('>', &format!(">{with}"));
    let outside = |text: String| {
        // Nothing but comments and blanks may follow the root.
        let end = text.rfind('>').map_or(0, |at| at + 1);
        text[..end].to_owned()
    };
    let long = "a-very.long_prefix".repeat(8);
    vec![
        ("a prefix", prefixed(text)),
        (
            "a long prefix",
            prefixed(text)
                .replace("<v:", &format!("<{long}:"))
                .replace("</v:", &format!("</{long}:"))
                .replace("xmlns:v=", &format!("xmlns:{long}=")),
        ),
        ("line ends", tag_ends("\r\n\t ")),
        ("comments", tag_ends("<!-- <value/> & more -->")),
        ("instructions", outside(tag_ends("<?hint value?>"))),
        ("single quotes", text.replace('"', "'")),
        (
            "blanks in tags",
            text.replace("/>", " \n/>").replace("=\"", " = \""),
        ),
        (
            "character references",
            text.replace("=\"2", "=\"&#x32;")
                .replace("=\"1", "=\"&#49;"),
        ),
        ("end tags", with_end_tags(text)),
        (
            "a declaration",
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n{text}"),
        ),
        (
            "namespaces nobody needs",
            text.replacen(
                " xmlns",
                " xmlns:x=\"urn:x\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns",
                1,
            ),
        ),
        ("the namespace declared anew", redeclared(text)),
    ]
}

/// Every empty element with an end tag of its own.
fn with_end_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("/>") {
        let start = rest[..at].rfind('<').expect("the tag's start");
        let name: String = rest[start + 1..at]
            .chars()
            .take_while(|c| *c != ' ')
            .collect();
        out.push_str(&rest[..at]);
        out.push_str(&format!("></{name}>"));
        rest = &rest[at + 2..];
    }
    out + rest
}

/// The root under a prefix, and the default namespace declared again on every child.
fn redeclared(text: &str) -> String {
    let start = text.find("xmlns=\"").expect("a namespace") + 7;
    let end = start + text[start..].find('"').expect("its end");
    let namespace = &text[start..end];
    let root: String = text[1..].chars().take_while(|c| *c != ' ').collect();
    let inside = text.find('>').expect("the start tag") + 1;
    let inner = &text[inside..text.len() - root.len() - 3];
    let mut depth = 0;
    let mut out = format!("<q:{root} xmlns:q=\"{namespace}\">");
    for piece in inner.split_inclusive('>') {
        if piece.contains("</") {
            depth -= 1;
            out.push_str(piece);
            continue;
        }
        let at = piece.find([' ', '>', '/']).expect("a name");
        match depth {
            0 => out.push_str(&format!(
                "{} xmlns=\"{namespace}\"{}",
                &piece[..at],
                &piece[at..]
            )),
            _ => out.push_str(piece),
        }
        if !piece.ends_with("/>") {
            depth += 1;
        }
    }
    out + &format!("</q:{root}>")
}

fn check<T: Debug + PartialEq>(kind: &Kind<T>, sent: &T, write: impl FnOnce(&mut Writer)) {
    let text = written(write);
    for (name, dressed) in dresses(&text) {
        if let Some(schema) = kind.schema {
            let schema = format!("smsp-scr/schemas/Schemas/{schema}.xsd");
            testkit::xsd::assert_valid(&schema, dressed.as_bytes());
        }
        match kind.read(&dressed) {
            Ok(read) => assert_eq!(&read, sent, "{name}: {dressed}"),
            Err(error) => panic!("{name}: {error}: {dressed}"),
        }
    }
}

#[test]
fn every_request_in_every_dress() {
    let sent = query();
    let kind = Kind {
        schema: Some("QUPC_MT150004GB01"),
        read: query_scr::Request::read,
    };
    check(&kind, &sent, |w| sent.write(w));

    let (id, patient) = (PAYLOAD.to_owned(), patient());
    let sent = get_scr_status::Request { id, patient };
    let kind = Kind {
        schema: Some("QUPC_MT150001GB01"),
        read: get_scr_status::Request::read,
    };
    check(&kind, &sent, |w| sent.write(w));

    let id = PAYLOAD.to_owned();
    let sent = get_rbac_status::Request { id };
    let kind = Kind {
        schema: Some("QUPC_MT150002GB01"),
        read: get_rbac_status::Request::read,
    };
    check(&kind, &sent, |w| sent.write(w));

    let id = PAYLOAD.to_owned();
    let sent = query_ptv::Request { id, patient };
    let kind = Kind {
        schema: Some("QUPC_MT150003GB01"),
        read: query_ptv::Request::read,
    };
    check(&kind, &sent, |w| sent.write(w));

    let sent = create_ptv::request();
    check(&create_ptv::KIND, &sent, |w| sent.write(w));

    for report in ReportType::ALL {
        let sent = activity::request(report);
        check(&activity::KIND, &sent, |w| sent.write(w));
    }

    let id = PAYLOAD.to_owned();
    let sent = consent::get::Request { id, patient };
    let kind = Kind {
        schema: None,
        read: consent::get::Request::read,
    };
    check(&kind, &sent, |w| sent.write(w));

    let id = PAYLOAD.to_owned();
    let sent = consent::set::Request {
        id,
        patient,
        setting: ConsentSetting::Ask,
    };
    let kind = Kind {
        schema: None,
        read: consent::set::Request::read,
    };
    check(&kind, &sent, |w| sent.write(w));
}
