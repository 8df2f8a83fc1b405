//! What is outside the profile, or wrong: each refused for its own reason.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use itk::fault::ErrorCode::Invalid;
use rcgen::KeyUsagePurpose;

use super::check_refused;
use super::making::{
    CLIENT, CURVE, ECDSA_SHA256, Identity, Plan, RSA_SHA256, STAMP, rsa_key, seal, sign, signed,
    with_ids,
};
use crate::support::edit;

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Signs with a SignedInfo that is changed before, so that the signature holds.
fn with_info(from: &str, to: &str) -> String {
    seal(
        &CLIENT,
        &with_ids(),
        &Plan::default(),
        |info| edit(&info, from, to),
        |key| key,
    )
}

fn with_key(key_info: &str) -> String {
    seal(
        &CLIENT,
        &with_ids(),
        &Plan::default(),
        |info| info,
        |_| key_info.to_owned(),
    )
}

#[test]
fn other_algorithms() {
    let method = format!("<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"/>");
    let digest = "http://www.w3.org/2001/04/xmlenc#sha256";
    let transform = format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform>");
    for uri in [
        // Keyed with what is public: the certificate's bytes.
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
        "none",
    ] {
        let other = format!("<ds:SignatureMethod Algorithm=\"{uri}\"/>");
        check_refused(
            uri,
            &with_info(&method, &other),
            Invalid,
            "way of signing is not accepted",
        );
    }
    let truncated = format!(
        "<ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>"
    );
    check_refused(
        "truncated",
        &with_info(&method, &truncated),
        Invalid,
        "HMACOutputLength",
    );
    for uri in [
        "http://www.w3.org/2001/04/xmldsig-more#md5",
        "http://www.w3.org/2001/04/xmlenc#ripemd160",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "",
    ] {
        check_refused(uri, &with_info(digest, uri), Invalid, "DigestMethod");
    }
    for uri in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2000/09/xmldsig#base64",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
    ] {
        let other = format!("<ds:Transform Algorithm=\"{uri}\"></ds:Transform>");
        check_refused(
            uri,
            &with_info(&transform, &other),
            Invalid,
            "Transform must be",
        );
        let both = format!("{other}{transform}");
        check_refused(
            uri,
            &with_info(&transform, &both),
            Invalid,
            "Transform must be",
        );
        let after = format!("{transform}{other}");
        check_refused(
            uri,
            &with_info(&transform, &after),
            Invalid,
            "element Transform is unknown, repeated",
        );
        let canonicalization = format!("<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\">");
        let other = format!("<ds:CanonicalizationMethod Algorithm=\"{uri}\">");
        check_refused(
            uri,
            &with_info(&canonicalization, &other),
            Invalid,
            "CanonicalizationMethod must be",
        );
    }
    check_refused(
        "twice",
        &with_info(&transform, &format!("{transform}{transform}")),
        Invalid,
        "repeated",
    );
    check_refused(
        "no transform",
        &with_info(&transform, ""),
        Invalid,
        "Transform is missing",
    );
    let transforms = format!("<ds:Transforms>{transform}</ds:Transforms>");
    check_refused(
        "no transforms",
        &with_info(&transforms, ""),
        Invalid,
        "Transforms is expected",
    );
}

#[test]
fn other_references() {
    let uri = format!(" URI=\"#{STAMP}\"");
    for other in [
        String::new(),
        " URI=\"\"".into(),
        " URI=\"#\"".into(),
        format!(" URI=\"{STAMP}\""),
        format!(" URI=\"#xpointer(id('{STAMP}'))\""),
        " URI=\"#xpointer(/)\"".into(),
        " URI=\"http://192.0.2.1/in.xml\"".into(),
        " URI=\"file:///etc/passwd\"".into(),
        format!(" URI=\"#{STAMP}%20\""),
    ] {
        check_refused(
            &other,
            &with_info(&uri, &other),
            Invalid,
            "must be # and an id",
        );
    }
    check_refused(
        "absent",
        &with_info(&uri, " URI=\"#absent\""),
        Invalid,
        "is not in the message",
    );
    let manifest = format!("{uri} Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\"");
    check_refused(
        "a manifest",
        &with_info(&uri, &manifest),
        Invalid,
        "attribute Type",
    );
    check_refused(
        "twice",
        &signed(&Plan::of(&[STAMP, STAMP])),
        Invalid,
        "referred to twice",
    );
    check_refused(
        "no Timestamp",
        &signed(&Plan::of(&["body"])),
        Invalid,
        "Timestamp must be signed",
    );
    check_refused(
        "nothing",
        &signed(&Plan::of(&[])),
        Invalid,
        "Reference is missing",
    );
    let payload = with_ids().replace(
        "<itk:DistributionEnvelope ",
        &format!(
            "<itk:DistributionEnvelope xmlns:wsu=\"{}\" wsu:Id=\"de\" ",
            xml::ns::WSU
        ),
    );
    check_refused(
        "what is not used by itself",
        &sign(&CLIENT, &payload, &Plan::of(&[STAMP, "de"])),
        Invalid,
        "only the Timestamp",
    );
}

#[test]
fn other_keys() {
    for (name, key, says) in [
        ("none", "", "KeyInfo is empty"),
        (
            "a name",
            "<ds:KeyName>client.test</ds:KeyName>",
            "the key must be",
        ),
        (
            "a bare key",
            "<ds:KeyValue><ds:RSAKeyValue/></ds:KeyValue>",
            "the key must be",
        ),
        (
            "from elsewhere",
            "<ds:RetrievalMethod URI=\"http://192.0.2.1/key\"/>",
            "the key must be",
        ),
        (
            "by its hash",
            "<wsse:SecurityTokenReference><wsse:KeyIdentifier>AA==</wsse:KeyIdentifier></wsse:SecurityTokenReference>",
            "wsse:Reference",
        ),
        (
            "a token elsewhere",
            "<wsse:SecurityTokenReference><wsse:Reference URI=\"http://192.0.2.1/t\"/></wsse:SecurityTokenReference>",
            "must be # and an id",
        ),
        (
            "no such token",
            "<wsse:SecurityTokenReference><wsse:Reference URI=\"#absent\"/></wsse:SecurityTokenReference>",
            "is not in the message",
        ),
        (
            "no token",
            "<wsse:SecurityTokenReference><wsse:Reference URI=\"#user\"/></wsse:SecurityTokenReference>",
            "no BinarySecurityToken",
        ),
        (
            "two",
            "<ds:KeyName>a</ds:KeyName><ds:KeyName>b</ds:KeyName>",
            "must hold one element",
        ),
        (
            "an issuer",
            "<ds:X509Data><ds:X509IssuerSerial/></ds:X509Data>",
            "X509IssuerSerial is unknown",
        ),
        (
            "an empty X509Data",
            "<ds:X509Data/>",
            "X509Certificate is missing",
        ),
        (
            "no base64",
            "<ds:X509Data><ds:X509Certificate>é!</ds:X509Certificate></ds:X509Data>",
            "must be base64",
        ),
        (
            "nothing in base64",
            "<ds:X509Data><ds:X509Certificate> </ds:X509Certificate></ds:X509Data>",
            "must be base64",
        ),
        (
            "no certificate",
            "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>",
            "certificate cannot be read",
        ),
    ] {
        check_refused(name, &with_key(key), Invalid, says);
    }
    let five = "<ds:X509Certificate>AAAA</ds:X509Certificate>".repeat(5);
    let five = format!("<ds:X509Data>{five}</ds:X509Data>");
    check_refused("five", &with_key(&five), Invalid, "at most 4 certificates");
    let mut longer = CLIENT.der.clone();
    longer.push(0);
    let longer = format!(
        "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
        STANDARD.encode(longer)
    );
    check_refused(
        "a byte more",
        &with_key(&longer),
        Invalid,
        "certificate cannot be read",
    );
}

#[test]
fn other_tokens() {
    let good = signed(&Plan::default());
    let kind = "#X509v3\"";
    for (from, to, says) in [
        (kind, "#X509PKIPathv1\"", "ValueType must be"),
        (
            kind,
            "#X509v3\" EncodingType=\"urn:hex\"",
            "EncodingType must be",
        ),
        (
            "wsu:Id=\"token\"",
            "wsu:Id=\"other\"",
            "is not in the message",
        ),
    ] {
        check_refused(to, &edit(&good, from, to), Invalid, says);
    }
    let token = "<wsse:BinarySecurityToken>AA==</wsse:BinarySecurityToken><ds:Signature ";
    check_refused(
        "two tokens",
        &edit(&good, "<ds:Signature ", token),
        Invalid,
        "given twice",
    );
    // The key's token outside of the header: whose it is, nobody has said.
    let start = good.find("<wsse:BinarySecurityToken").expect("a token");
    let end = good.find("</wsse:BinarySecurityToken>").expect("its end")
        + "</wsse:BinarySecurityToken>".len();
    let token = &good[start..end];
    let moved = edit(&good, token, "");
    let name = "<wsse:BinarySecurityToken";
    let declared = token.replacen(name, &format!("{name} xmlns:wsse=\"{}\"", xml::ns::WSSE), 1);
    let moved = edit(
        &moved,
        "</soap:Header>",
        &format!("{declared}</soap:Header>"),
    );
    check_refused(
        "moved out",
        &moved,
        Invalid,
        "no BinarySecurityToken of the same header",
    );
}

#[test]
fn keys_of_the_wrong_kind() {
    let with = |identity: &Identity, method: &'static str| {
        let plan = Plan {
            method,
            ..Plan::default()
        };
        sign(identity, &with_ids(), &plan)
    };
    check_refused(
        "RSA for a curve",
        &with(&CURVE, RSA_SHA256),
        Invalid,
        "another kind of key",
    );
    check_refused(
        "a curve for RSA",
        &with(&CLIENT, ECDSA_SHA256),
        Invalid,
        "another kind of key",
    );
    let key = rsa_key();
    let no_signing = Identity::new(&key, "client.test", vec![KeyUsagePurpose::KeyEncipherment]);
    check_refused(
        "key usage",
        &with(&no_signing, RSA_SHA256),
        Invalid,
        "not for signing",
    );
    let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).expect("a key");
    let p384 = Identity::new(&p384, "client.test", Vec::new());
    let key = format!(
        "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
        p384.base64()
    );
    check_refused(
        "P-384",
        &with_key(&key),
        Invalid,
        "neither an RSA key nor one on the curve",
    );
}

#[test]
fn a_key_under_2048_bits() {
    // Made with OpenSSL: `openssl req -x509 -newkey rsa:1024 -subj /CN=client.test`. The key was
    // thrown away; the certificate is refused before anything is checked with it.
    let key =
        format!("<ds:X509Data><ds:X509Certificate>{SHORT}</ds:X509Certificate></ds:X509Data>");
    check_refused(
        "1024 bits",
        &with_key(&key),
        Invalid,
        "not of 2048 to 8192 bits",
    );
}

#[test]
fn too_much_of_anything() {
    let reference = "<ds:Reference ";
    let info = |references: usize| {
        seal(
            &CLIENT,
            &with_ids(),
            &Plan::default(),
            |info| {
                let start = info.find(reference).expect("a reference");
                let end = info.find("</ds:SignedInfo>").expect("an end");
                let one = info[start..end].to_owned();
                info.replacen(&one, &one.repeat(references), 1)
            },
            |key| key,
        )
    };
    check_refused("references", &info(13), Invalid, "at most 12 references");
    let list = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    let prefixes = (0..17)
        .map(|n| format!("p{n}"))
        .collect::<Vec<_>>()
        .join(" ");
    let with =
        format!("{list}<InclusiveNamespaces xmlns=\"{EXCLUSIVE}\" PrefixList=\"{prefixes}\"/>");
    check_refused(
        "prefixes",
        &with_info(list, &with),
        Invalid,
        "at most 16 prefixes",
    );
    let twice = format!(
        "{list}{0}{0}",
        format_args!("<InclusiveNamespaces xmlns=\"{EXCLUSIVE}\" PrefixList=\"a\"/>")
    );
    check_refused(
        "two lists",
        &with_info(list, &twice),
        Invalid,
        "InclusiveNamespaces",
    );
    let wrong = format!("{list}<ds:InclusiveNamespaces PrefixList=\"a\"/>");
    check_refused(
        "a list of another namespace",
        &with_info(list, &wrong),
        Invalid,
        "InclusiveNamespaces",
    );
    let digest = "<ds:DigestValue>";
    check_refused(
        "digest",
        &with_info(digest, &format!("{digest}{}", "A".repeat(400))),
        Invalid,
        "more than 64 bytes",
    );
    let certificate = "A".repeat(100_000);
    let key = format!(
        "<ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>"
    );
    check_refused(
        "certificate",
        &with_key(&key),
        Invalid,
        "more than 16384 bytes",
    );
    // 500 bytes of namespace for each of many short elements.
    let namespace = format!("urn:{}", "x".repeat(500));
    let big = edit(
        &with_ids(),
        "</wsse:UsernameToken>",
        &format!(
            "<a xmlns:p=\"{namespace}\">{}</a></wsse:UsernameToken>",
            "<p:b/>".repeat(40_000)
        ),
    );
    let big = sign(&CLIENT, &with_ids(), &Plan::of(&[STAMP, "user"])).replacen(
        "</wsse:UsernameToken>",
        &big[big.find("<a xmlns:p").expect("a start")
            ..big.find("</wsse:UsernameToken>").expect("an end") + "</wsse:UsernameToken>".len()],
        1,
    );
    check_refused(
        "canonical form",
        &big,
        Invalid,
        "canonical form of the element is too long",
    );
}

const SHORT: &str = "MIICCjCCAXOgAwIBAgIUWNKe7LfORvWto0d2rWoG26WvydQwDQYJKoZIhvcNAQELBQAwFjEUMBIGA1UEAwwLY2xpZW50LnRlc3QwIBcNMjYxMTIxMTMyNzQxWhgPMjEyNjEwMjgxMzI3NDFaMBYxFDASBgNVBAMMC2NsaWVudC50ZXN0MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC7/L0OaNouxLkzKAAEAYoQw3gWWhrkejzT1TcV+/CAT/gtydg4N+8Z1YxJzJAijuvDod3uQYSZdh7YbLzmx06dYZlmRphWxm+UU/gcqJtSuRjFTFolylNAy5ppeWdsCGaBkltUCwDMdoGsHfCOvMcr55fv3bh5lyrPaBXk1ZpZBwIDAQABo1MwUTAdBgNVHQ4EFgQU4aemseCrwLghedCORKQXz1xyAi4wHwYDVR0jBBgwFoAU4aemseCrwLghedCORKQXz1xyAi4wDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOBgQCDATXsUwy4R5SxPvFIoqYxGqDpJTuouE+Upj9ch/i/ILGEzTl1G35llwXNCHXjy8t2EHAgjvLZ+GaJI6tjnu5IZtRgp6EReleApUoXiw51pKRDLfcJPwGxEINAVHzbnkD4gF+ROR1V9dTLiaYZlOqnC8DoVUbJPa7/Vjb1hX2whg==";
