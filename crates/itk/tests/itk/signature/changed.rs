//! What was changed after it was signed, in the content or in the signature: noticed, and denied.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use itk::fault::ErrorCode::{AccessDenied, Invalid};

use super::check_refused;
use super::making::{CLIENT, EVERYTHING, IMPOSTOR, Plan, all_signed, sign, signed, with_ids};
use crate::support::{cut, edit};

#[test]
fn changed_content() {
    let good = all_signed();
    for (name, from, to, says) in [
        (
            "Created",
            "12:00:00.000Z</wsu:Created>",
            "12:00:01.000Z</wsu:Created>",
            "digest of Timestamp",
        ),
        (
            "Username",
            "<wsse:Username>client.test<",
            "<wsse:Username>client.test2<",
            "digest of UsernameToken",
        ),
        (
            "Body",
            "<createPTV.Value><value value=\"true\"/>",
            "<createPTV.Value><value value=\"false\"/>",
            "digest of Body",
        ),
        (
            "To",
            "/smsp/scr</wsa:To>",
            "/smsp/other</wsa:To>",
            "digest of To",
        ),
        (
            "a blank in the Body",
            "</itk:DistributionEnvelope>",
            "</itk:DistributionEnvelope> ",
            "digest of Body",
        ),
        (
            "SignedInfo",
            "<ds:SignedInfo>",
            "<ds:SignedInfo Id=\"a\">",
            "signature is not right",
        ),
        (
            "SignedInfo's blanks",
            "<ds:SignedInfo>",
            "<ds:SignedInfo> ",
            "signature is not right",
        ),
    ] {
        check_refused(name, &edit(&good, from, to), AccessDenied, says);
    }
    // The UsernameToken not signed: the certificate still says who it is.
    let stamp = signed(&Plan::default());
    let other = edit(
        &stamp,
        "<wsse:Username>client.test<",
        "<wsse:Username>other.test<",
    );
    check_refused("SO_USRSUB", &other, AccessDenied, "is not the user name");
}

#[test]
fn changed_signatures() {
    let good = all_signed();
    let value = |text: &str| {
        cut(
            &good,
            "<ds:SignatureValue>",
            "</ds:SignatureValue>",
            &format!("<ds:SignatureValue>{text}</ds:SignatureValue>"),
        )
    };
    for (name, bytes) in [
        ("zeros", vec![0; 256]),
        ("one byte", vec![1]),
        ("too short", vec![7; 255]),
        ("too long", vec![7; 257]),
    ] {
        check_refused(
            name,
            &value(&STANDARD.encode(bytes)),
            AccessDenied,
            "signature is not right",
        );
    }
    check_refused("empty", &value(""), Invalid, "must be base64");
    check_refused(
        "far too long",
        &value(&STANDARD.encode(vec![7; 1025])),
        Invalid,
        "more than 1024 bytes",
    );
    check_refused(
        "endless",
        &value(&"A".repeat(1 << 20)),
        Invalid,
        "more than 1024 bytes",
    );
    check_refused("an element", &value("<a/>"), Invalid, "not allowed here");
    // The impostor's certificate has the same subject, but did not sign.
    let swapped = edit(&good, &CLIENT.base64(), &IMPOSTOR.base64());
    check_refused(
        "another certificate",
        &swapped,
        AccessDenied,
        "signature is not right",
    );
    // A signature of another message, whose Timestamp was the same.
    let plan = Plan::of(&EVERYTHING);
    let other = sign(
        &CLIENT,
        &edit(
            &with_ids(),
            "<createPTV.Value><value value=\"true\"/>",
            "<createPTV.Value><value value=\"false\"/>",
        ),
        &plan,
    );
    let taken = &other[other.find("<ds:Signature ").expect("a start")
        ..other.find("</ds:Signature>").expect("an end")];
    let grafted = cut(
        &good,
        "<ds:Signature ",
        "</ds:Signature>",
        &format!("{taken}</ds:Signature>"),
    );
    check_refused("grafted", &grafted, AccessDenied, "digest of Body");
}
