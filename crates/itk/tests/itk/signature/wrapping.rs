//! Signature wrapping: the signed part is kept where it still verifies, and another part is put
//! where it is acted upon. Every family that has been published, against a message of which
//! everything is signed.

use itk::fault::ErrorCode::Invalid;
use xml::ns;

use super::making::{CLIENT, Plan, STAMP, all_signed, seal, sign, signed, with_ids};
use super::{check_refused, read};
use crate::support::{cut, edit};

const TWICE: &str = "is there more than once";
const NOT_USED: &str = "only the Timestamp, the UsernameToken, the Body and the addressing headers";

/// The text from the start of one mark to the end of another.
fn part<'t>(text: &'t str, from: &str, until: &str) -> &'t str {
    let start = text.find(from).expect("the start");
    let end = text[start..].find(until).expect("the end") + start + until.len();
    &text[start..end]
}

fn body(text: &str) -> &str {
    part(text, "<soap:Body", "</soap:Body>")
}

fn timestamp(text: &str) -> &str {
    part(text, "<wsu:Timestamp", "</wsu:Timestamp>")
}

/// What the attacker wants done instead.
fn forged(body: &str) -> String {
    edit(
        body,
        "<createPTV.Value><value value=\"true\"/>",
        "<createPTV.Value><value value=\"false\"/>",
    )
}

fn without_id(part: &str, id: &str) -> String {
    edit(part, &format!(" wsu:Id=\"{id}\""), "")
}

#[test]
fn a_moved_body() {
    let good = all_signed();
    let original = body(&good);
    let places: [(&str, &str, String, &str); 6] = [
        (
            "in a header of its own",
            "</soap:Header>",
            format!("<x:Wrapper xmlns:x=\"urn:x\">{original}</x:Wrapper></soap:Header>"),
            NOT_USED,
        ),
        (
            "in a header for somebody else",
            "</soap:Header>",
            format!(
                "<x:W xmlns:x=\"urn:x\" soap:actor=\"urn:other\">{original}</x:W></soap:Header>"
            ),
            NOT_USED,
        ),
        (
            "bare among the headers",
            "</soap:Header>",
            format!("{original}</soap:Header>"),
            NOT_USED,
        ),
        (
            "in the Security header",
            "</wsse:Security>",
            format!("{original}</wsse:Security>"),
            "Body is not known in a signed Security header",
        ),
        (
            "in the Timestamp's neighbour",
            "</wsse:UsernameToken>",
            format!("{original}</wsse:UsernameToken>"),
            NOT_USED,
        ),
        (
            "in an Object of the signature",
            "</ds:Signature>",
            format!("<ds:Object>{original}</ds:Object></ds:Signature>"),
            "element Object is unknown",
        ),
    ];
    for (name, at, put, says) in places {
        // The new Body without an id, with another, and with the same.
        for (id, says) in [
            ("", says),
            (" wsu:Id=\"other\"", says),
            (" wsu:Id=\"body\"", TWICE),
        ] {
            let new = edit(&forged(original), " wsu:Id=\"body\"", id);
            let text = edit(&edit(&good, original, &new), at, &put);
            let says = if says == TWICE
                && (put.ends_with("</wsse:Security>") || put.contains("ds:Object"))
            {
                "is "
            } else {
                says
            };
            check_refused(&format!("{name}, {id}"), &text, Invalid, says);
        }
    }
}

#[test]
fn a_body_in_a_body() {
    let good = all_signed();
    let original = body(&good);
    let new = without_id(&forged(original), "body");
    let inside = edit(&new, "</soap:Body>", &format!("{original}</soap:Body>"));
    check_refused("after", &edit(&good, original, &inside), Invalid, NOT_USED);
    let wrapped = format!("<soap:Body>{original}</soap:Body>");
    check_refused(
        "around",
        &edit(&good, original, &wrapped),
        Invalid,
        NOT_USED,
    );
    let two = format!("{new}{original}");
    check_refused(
        "beside",
        &edit(&good, original, &two),
        Invalid,
        "only Header and Body",
    );
    // In the payload, where anything may be written as long as its schema is not looked at.
    let inside = edit(
        &new,
        "</querySCRGrouper>",
        &format!("{original}</querySCRGrouper>"),
    );
    check_refused(
        "in the payload",
        &edit(&good, original, &inside),
        Invalid,
        NOT_USED,
    );
}

#[test]
fn a_moved_timestamp() {
    let good = signed(&Plan::default());
    let original = timestamp(&good);
    let fresh = without_id(original, STAMP).replace("12:05:00", "23:59:59");
    let replaced = edit(&good, original, &fresh);
    for (name, at, put, says) in [
        (
            "in another header",
            "</soap:Header>",
            format!("<x:W xmlns:x=\"urn:x\">{original}</x:W></soap:Header>"),
            NOT_USED,
        ),
        (
            "bare among the headers",
            "</soap:Header>",
            format!("{original}</soap:Header>"),
            NOT_USED,
        ),
        (
            "in the new one",
            "</wsu:Timestamp>",
            format!("{original}</wsu:Timestamp>"),
            NOT_USED,
        ),
        (
            "in the UsernameToken",
            "</wsse:UsernameToken>",
            format!("{original}</wsse:UsernameToken>"),
            NOT_USED,
        ),
        (
            "beside the new one",
            "<wsse:UsernameToken",
            format!("{original}<wsse:UsernameToken"),
            "Timestamp is given twice",
        ),
        (
            "in a wrapper",
            "<wsse:UsernameToken",
            format!("<x:W xmlns:x=\"urn:x\">{original}</x:W><wsse:UsernameToken"),
            "W is not known",
        ),
        (
            "in the payload",
            "</querySCRGrouper>",
            format!("{original}</querySCRGrouper>"),
            NOT_USED,
        ),
        (
            "in an Object",
            "</ds:Signature>",
            format!("<ds:Object>{original}</ds:Object></ds:Signature>"),
            "element Object",
        ),
    ] {
        check_refused(name, &edit(&replaced, at, &put), Invalid, says);
    }
}

#[test]
fn two_security_headers() {
    let good = signed(&Plan::default());
    let original = part(&good, "<wsse:Security ", "</wsse:Security>");
    let fresh = without_id(timestamp(original), STAMP).replace("12:05:00", "23:59:59");
    let user = part(original, "<wsse:UsernameToken", "</wsse:UsernameToken>");
    let signature = part(original, "<ds:Signature ", "</ds:Signature>");
    let token = part(
        original,
        "<wsse:BinarySecurityToken",
        "</wsse:BinarySecurityToken>",
    );
    let start = format!("<wsse:Security xmlns:wsse=\"{}\"", ns::WSSE);

    let unsigned = format!("{start}>{fresh}{user}</wsse:Security>");
    for order in [
        format!("{unsigned}{original}"),
        format!("{original}{unsigned}"),
    ] {
        check_refused(
            "both ours",
            &edit(&good, original, &order),
            Invalid,
            "given twice",
        );
    }
    // The signed parts for somebody else, the signature with us.
    let elsewhere = format!(
        "{start} soap:actor=\"urn:other\">{}</wsse:Security>",
        timestamp(original)
    );
    let ours = format!("{start}>{fresh}{user}{token}{signature}</wsse:Security>");
    for order in [format!("{elsewhere}{ours}"), format!("{ours}{elsewhere}")] {
        check_refused(
            "signed elsewhere",
            &edit(&good, original, &order),
            Invalid,
            NOT_USED,
        );
    }
    // And the other way round: then ours is not signed, and says so.
    let theirs = original.replacen(
        "<wsse:Security ",
        "<wsse:Security soap:actor=\"urn:other\" ",
        1,
    );
    let order = format!("{theirs}{unsigned}");
    let taken = read(&edit(&good, original, &order)).expect("accepted");
    assert_eq!(taken.signature, None);
    // The key elsewhere.
    let elsewhere = format!("{start} soap:actor=\"urn:other\">{token}</wsse:Security>");
    let ours = format!(
        "{start}>{}{user}{signature}</wsse:Security>",
        timestamp(original)
    );
    let text = edit(&good, original, &format!("{elsewhere}{ours}"));
    check_refused(
        "the key elsewhere",
        &text,
        Invalid,
        "no BinarySecurityToken of the same header",
    );
}

#[test]
fn two_signatures() {
    let good = all_signed();
    let signature = part(&good, "<ds:Signature ", "</ds:Signature>").to_owned();
    let empty = format!("<Signature xmlns=\"{}\"/>", ns::DS);
    for other in [&signature, &empty] {
        for text in [
            edit(&good, &signature, &format!("{signature}{other}")),
            edit(&good, &signature, &format!("{other}{signature}")),
        ] {
            check_refused("beside", &text, Invalid, "Signature is given twice");
        }
    }
    let inside = signature.replacen("</ds:KeyInfo>", &format!("</ds:KeyInfo>{signature}"), 1);
    check_refused(
        "inside",
        &edit(&good, &signature, &inside),
        Invalid,
        "element Signature is unknown",
    );
    // Deeper down it is no signature of this header.
    let wrapped = edit(
        &good,
        &signature,
        &format!("<x:W xmlns:x=\"urn:x\">{signature}</x:W>"),
    );
    assert_eq!(read(&wrapped).expect("accepted").signature, None);
    // A signature in the wrong namespace is none; one under the wrong prefix is one.
    let other = good.replace(ns::DS, "urn:x");
    assert_eq!(read(&other).expect("accepted").signature, None);
}

#[test]
fn ids_used_again_in_every_spelling() {
    let good = all_signed();
    for (id, at) in [
        (STAMP, "</querySCRGrouper>"),
        ("body", "</soap:Header>"),
        ("user", "</querySCRGrouper>"),
        ("to", "</querySCRGrouper>"),
        ("token", "</querySCRGrouper>"),
    ] {
        for spelling in [
            format!("Id=\"{id}\""),
            format!("ID=\"{id}\""),
            format!("id=\"{id}\""),
            format!("iD=\"{id}\""),
            format!("xml:id=\"{id}\""),
            format!("x:Id=\"{id}\""),
            format!("xmlns:w=\"{}\" w:Id=\"{id}\"", ns::WSU),
            format!("Id=\" {id}\n\""),
            format!("Id=\"&#x{:x};{}\"", id.as_bytes()[0], &id[1..]),
        ] {
            let twin = format!("<x:Twin xmlns:x=\"urn:x\" {spelling}/>{at}");
            let text = edit(&good, at, &twin);
            // What is around the payload may hold no control character; that is refused before.
            let says = if spelling.contains('\n') && at == "</soap:Header>" {
                ""
            } else {
                TWICE
            };
            check_refused(&format!("{spelling} before {at}"), &text, Invalid, says);
        }
    }
    // Ids that nobody refers to may repeat: a manifest item and its payload do.
    let twins = edit(
        &good,
        "</soap:Header>",
        "<x:T xmlns:x=\"urn:x\" Id=\"a\"/><x:T xmlns:x=\"urn:x\" Id=\"a\"/></soap:Header>",
    );
    assert!(read(&twins).is_ok());
}

#[test]
fn prefixes_and_namespaces() {
    let good = all_signed();
    // Another Body under the signed one's name, in another namespace.
    let other = body(&good).replacen("<soap:Body ", "<soap:Body xmlns:soap=\"urn:x\" ", 1);
    check_refused(
        "another soap",
        &edit(&good, body(&good), &other),
        Invalid,
        "Body is missing",
    );
    // The id's prefix bound to another namespace: still an id, but not what was signed.
    let rebound = body(&good).replacen(ns::WSU, "urn:x", 1);
    check_refused(
        "another wsu",
        &edit(&good, body(&good), &rebound),
        itk::fault::ErrorCode::AccessDenied,
        "digest of Body",
    );
    // Prefixes outside of what is signed mean nothing to it, and to us neither.
    let renamed = good
        .replace(
            "<soap:Header>",
            "<s:Header xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">",
        )
        .replace("</soap:Header>", "</s:Header>");
    assert_eq!(read(&renamed), read(&good));
    // An inclusive prefix that is bound anew around the signed part is noticed.
    let plan = Plan {
        ids: vec![STAMP, "body"],
        prefixes: "q",
        ..Plan::default()
    };
    let message = edit(
        &with_ids(),
        "<soap:Envelope ",
        "<soap:Envelope xmlns:q=\"urn:one\" ",
    );
    let text = sign(&CLIENT, &message, &plan);
    assert!(read(&text).is_ok());
    check_refused(
        "q",
        &edit(&text, "urn:one", "urn:two"),
        itk::fault::ErrorCode::AccessDenied,
        "digest of",
    );
}

/// A signer that vouches for a wrapper from the start: the reader still sees only what it uses.
#[test]
fn a_signed_decoy() {
    let decoy = edit(
        &with_ids(),
        "</soap:Header>",
        &format!(
            "<x:Body xmlns:x=\"urn:x\" xmlns:wsu=\"{}\" wsu:Id=\"decoy\"/></soap:Header>",
            ns::WSU
        ),
    );
    let text = sign(&CLIENT, &decoy, &Plan::of(&[STAMP, "decoy"]));
    check_refused("a decoy", &text, Invalid, NOT_USED);
    // The wrong one of two headers with one name: for another node.
    let for_another = edit(
        &without_id(&with_ids(), "to"),
        "</soap:Header>",
        &format!(
            "<wsa:To soap:actor=\"urn:other\" xmlns:wsu=\"{}\" wsu:Id=\"to\">https://elsewhere</wsa:To></soap:Header>",
            ns::WSU
        ),
    );
    let text = sign(&CLIENT, &for_another, &Plan::of(&[STAMP, "to"]));
    check_refused("another node's To", &text, Invalid, NOT_USED);
}

/// Comments inside a signed name: the reader must not stop at one.
#[test]
fn comments_cut_nothing_off() {
    let name = "client.test.evil.example";
    let key = super::making::rsa_key();
    let evil = super::making::Identity::new(&key, name, Vec::new());
    let message = edit(&with_ids(), ">client.test<", &format!(">{name}<"));
    let text = sign(&evil, &message, &Plan::of(&[STAMP, "user"]));
    for between in ["<!---->", "<!-- -->", "<?x?>"] {
        let text = edit(
            &text,
            ">client.test.evil",
            &format!(">client.test{between}.evil"),
        );
        match read(&text) {
            Ok(taken) => assert_eq!(taken.username, name),
            // A processing instruction is part of what is signed.
            Err(fault) => assert!(
                between.starts_with("<?") && fault.diagnostic.contains("digest"),
                "{fault}"
            ),
        }
    }
}

#[test]
fn entities_and_doctypes() {
    let good = all_signed();
    let declaration = part(&good, "<?xml", "?>").to_owned();
    let doctype = format!(
        "{declaration}<!DOCTYPE a [<!ATTLIST soap:Body x ID #IMPLIED><!ENTITY e \"body\">]>"
    );
    check_refused(
        "a DOCTYPE",
        &edit(&good, &declaration, &doctype),
        Invalid,
        "DOCTYPE",
    );
    check_refused(
        "an entity",
        &edit(&good, ">client.test<", ">&e;<"),
        Invalid,
        "entity",
    );
}

/// A message signed as the attacker likes, by a key of the attacker's own, is a right signature:
/// that the certificate is trusted is for the service to say. The user name must be its own.
#[test]
fn an_attackers_own_key() {
    let impostor = &*super::making::IMPOSTOR;
    let verified = read(&sign(impostor, &with_ids(), &Plan::default()))
        .expect("accepted")
        .signature
        .expect("a signature");
    assert_eq!(verified.certificate, impostor.der);
    // The victim's certificate beside it changes nothing: the first one counts.
    let plan = Plan {
        key: super::making::KeyForm::Certificate,
        ..Plan::default()
    };
    let victim = format!(
        "<ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
        CLIENT.base64()
    );
    let behind = seal(
        impostor,
        &with_ids(),
        &plan,
        |info| info,
        |key| edit(&key, "</ds:X509Data>", &victim),
    );
    assert_eq!(
        read(&behind)
            .expect("accepted")
            .signature
            .expect("a signature")
            .certificate,
        impostor.der
    );
    let before = cut(
        &behind,
        "<ds:X509Data>",
        "</ds:X509Data>",
        &format!(
            "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
            CLIENT.base64(),
            impostor.base64()
        ),
    );
    check_refused(
        "before",
        &before,
        itk::fault::ErrorCode::AccessDenied,
        "signature is not right",
    );
}
