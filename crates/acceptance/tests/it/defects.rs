//! An answer with the right outcome and a defect fails, and the defect is named; one with an oddity
//! passes, and the oddity is named.

use acceptance::{Report, Verdict};

use crate::server::Manner;
use crate::world::{only, patient, run_against};

/// What is done to an answer.
type Tamper = fn(&str) -> String;

fn of<'r>(report: &'r Report, id: &str) -> &'r acceptance::ScenarioResult {
    let found = report.results.iter().find(|r| r.scenario.id == id);
    found.expect("the scenario was run")
}

/// The part between two texts replaced.
fn cut(text: &str, from: &str, until: &str, new: &str) -> String {
    let Some(start) = text.find(from) else {
        return text.to_owned();
    };
    let Some(length) = text[start..].find(until) else {
        return text.to_owned();
    };
    format!(
        "{}{new}{}",
        &text[..start],
        &text[start + length + until.len()..]
    )
}

/// Tampering with the answer of one scenario makes it fail, and this is said.
async fn check(id: &str, tamper: Tamper, said: &str) {
    let report = run_against(Manner::Tampering(tamper), only(&[id])).await;
    let Verdict::Fail(failure) = &of(&report, id).verdict else {
        panic!("{id}, {said}: {:?}", of(&report, id).verdict);
    };
    let all = format!("{} {}", failure.got, failure.defects.join("\n"));
    assert!(all.contains(said), "{id}: {said} is not in {all}");
    assert!(!all.contains(patient().as_str()), "{all}");
}

/// As [`check`], for what is no defect and worth a note.
async fn check_noted(id: &str, tamper: Tamper, said: &str) {
    let report = run_against(Manner::Tampering(tamper), only(&[id])).await;
    let result = of(&report, id);
    assert_eq!(result.verdict, Verdict::Pass, "{id}, {said}");
    let all = result.remarks.join("\n");
    assert!(all.contains(said), "{id}: {said} is not in {all}");
}

#[tokio::test]
async fn defects_of_addressing_and_security() {
    let rows: &[(Tamper, &str)] = &[
        (
            |t| cut(t, "<wsa:MessageID>", "</wsa:MessageID>", ""),
            "no wsa:MessageID",
        ),
        (
            |t| {
                cut(
                    t,
                    "<wsa:MessageID>",
                    "</wsa:MessageID>",
                    "<wsa:MessageID>1</wsa:MessageID>",
                )
            },
            "is no UUID",
        ),
        (
            |t| {
                let id = t.split("RelatesTo>").nth(1).unwrap_or_default();
                let id = id.trim_end_matches("</wsa:");
                let same = format!("<wsa:MessageID>{id}</wsa:MessageID>");
                cut(t, "<wsa:MessageID>", "</wsa:MessageID>", &same)
            },
            "is that of the request",
        ),
        (
            |t| cut(t, "<wsa:Action>", "</wsa:Action>", ""),
            "no wsa:Action",
        ),
        (
            |t| {
                t.replace(
                    "sendRecvDistEnvelopeResponse</wsa:",
                    "sendRecvDistEnvelope</wsa:",
                )
            },
            "wsa:Action of the answer must be",
        ),
        (
            |t| {
                let other = "<wsa:RelatesTo>0A0A0A0A-0000-4000-8000-000000000009</wsa:RelatesTo>";
                cut(t, "<wsa:RelatesTo>", "</wsa:RelatesTo>", other)
            },
            "wsa:RelatesTo is not the MessageID",
        ),
        (
            |t| cut(t, "<wsu:Expires>", "</wsu:Expires>", ""),
            "needs Created and Expires",
        ),
        (
            |t| cut(t, "<wsu:Created>2", "-", "<wsu:Created>2001-"),
            "before the request's",
        ),
        (
            |t| cut(t, "<wsu:Created>2", "-", "<wsu:Created>2999-"),
            "expires before it begins",
        ),
        (
            |t| cut(t, "<soap:Header>", "</soap:Header>", ""),
            "no SOAP Header",
        ),
        (
            |t| t.replace("http://schemas.xmlsoap.org/soap/envelope/", "urn:x"),
            "not SOAP 1.1",
        ),
        (|t| t.replace("</soap:Body>", ""), "not well-formed"),
    ];
    for (tamper, said) in rows {
        check("CONTROL", *tamper, said).await;
    }
}

#[tokio::test]
async fn an_answer_has_its_own_message_id() {
    let tamper = |t: &str| {
        let fixed = "<wsa:MessageID>0A0A0A0A-0000-4000-8000-000000000008</wsa:MessageID>";
        cut(t, "<wsa:MessageID>", "</wsa:MessageID>", fixed)
    };
    let report = run_against(Manner::Tampering(tamper), only(&["SCR_STATUS"])).await;
    assert_eq!(of(&report, "CONTROL").verdict, Verdict::Pass);
    let Verdict::Fail(failure) = &of(&report, "SCR_STATUS").verdict else {
        panic!("{:?}", of(&report, "SCR_STATUS").verdict);
    };
    assert!(failure.defects[0].contains("used in an earlier answer"));
    assert!(failure.cause.contains("outcome is right"));
}

#[tokio::test]
async fn defects_of_the_envelope() {
    let rows: &[(Tamper, &str)] = &[
        (
            |t| {
                t.replace(
                    " service=\"urn:nhs-itk:services:201005:sendRecvDistEnvelopeResponse\"",
                    "",
                )
            },
            "service of the answer must be",
        ),
        (
            |t| t.replace("trackingid=\"", "trackingid=\"x"),
            "trackingid is no upper-case UUID",
        ),
        (
            |t| {
                let rest = t.split("trackingid=\"").nth(1).unwrap_or_default();
                let id = rest.split('"').next().unwrap_or_default();
                t.replace(&format!(" trackingid=\"{id}\""), "")
            },
            "header has no trackingid",
        ),
        (
            |t| cut(t, "<itk:auditIdentity>", "</itk:auditIdentity>", ""),
            "no auditIdentity",
        ),
        (
            |t| t.replace("<itk:manifest count=\"1\">", "<itk:manifest count=\"2\">"),
            "manifest must count",
        ),
        (
            |t| t.replace("<itk:payloads count=\"1\">", "<itk:payloads count=\"2\">"),
            "payloads must count",
        ),
        (
            |t| t.replace("<itk:payload id=\"uuid_", "<itk:payload id=\"id_"),
            "different ids",
        ),
        (
            |t| t.replace("mimetype=\"text/xml\"", "mimetype=\"text/plain\""),
            "mimetype",
        ),
        (
            |t| t.replace("mimetype=", "compressed=\"true\" mimetype="),
            "compressed",
        ),
        (
            |t| t.replace("Response-v-1-0\"", "Response-v-2-0\""),
            "profileid must be",
        ),
        (
            |t| t.replace("Response-v1-0\"", "Response-v2-0\""),
            "the interaction must be",
        ),
        (
            |t| {
                let moved = cut(t, "<itk:addresslist>", "</itk:addresslist>", "");
                moved.replace("</itk:header>", "<itk:addresslist/></itk:header>")
            },
            "out of order",
        ),
        (
            |t| t.replace("</itk:payload>", "<more/></itk:payload>"),
            "no single payload",
        ),
    ];
    for (tamper, said) in rows {
        check("CONTROL", *tamper, said).await;
    }
}

#[tokio::test]
async fn defects_of_the_payload() {
    let rows: &[(&str, Tamper, &str)] = &[
        (
            "SCR_STATUS",
            |t| {
                t.replace(
                    "<GetSCRStatusResponse ",
                    "<GetSCRStatusResponse classCode=\"OBS\" ",
                )
            },
            "has no attribute classCode",
        ),
        (
            "SCR_STATUS",
            |t| t.replace("<id root=\"", "<id root=\"x"),
            "id/@root is no upper-case UUID",
        ),
        (
            "SCR_STATUS",
            |t| t.replace(" displayName=\"Ask\"", ""),
            "lacks the attribute displayName",
        ),
        (
            "SCR_STATUS",
            |t| cut(t, "<component1>", "</component1>", ""),
            "component1 is missing",
        ),
        (
            "SCR_STATUS",
            |t| t.replace("code=\"2\"", "code=\"1\""),
            "the consent code must be 0 or 2",
        ),
        (
            "SCR_STATUS",
            |t| t.replace(".17.506", ".17.500"),
            "codeSystem of the code must be",
        ),
        (
            "SCR_STATUS",
            |t| t.replace("displayName=\"Success\"", "displayName=\"Fine\""),
            "displayName of SMSP-0000 is \"Fine\"",
        ),
        (
            "SCR_STATUS",
            |t| t.replace("\"SMSP-0000\"", "\"SMSP-0042\""),
            "SMSP-0042 is of no published set",
        ),
        (
            "SCR_STATUS",
            |t| t.replace("SCRStatusResponse", "RBACStatusResponse"),
            "which was not asked",
        ),
        (
            "SCR_STATUS",
            |t| t.replace("GetSCRStatusResponse", "Whatever"),
            "no answer of a mini service",
        ),
        (
            "IN_CHECK_DIGIT",
            |t| {
                t.replacen(
                    "\"Input message validation error\"/>",
                    "\"Input message validation error\"/><component/>",
                    1,
                )
            },
            "a refusal has no component",
        ),
        (
            "SCR_QUERY",
            |t| t.replace(patient().as_str(), "9990000026"),
            "ANOTHER PATIENT",
        ),
        (
            "SCR_QUERY",
            |t| cut(t, "<recordTarget>", "</recordTarget>", ""),
            "names no patient",
        ),
        (
            "SCR_QUERY",
            |t| cut(t, "<text>", "</text>", ""),
            "without a document",
        ),
        (
            "ACTIVITY_DATE",
            |t| t.replace("representation=\"B64\"", "representation=\"TXT\""),
            "representation",
        ),
        (
            "ACTIVITY_DATE",
            |t| cut(t, "\"B64\">", "</text>", "\"B64\">IjEi</text>"),
            "querySCRActivity",
        ),
        (
            "EXT_GET",
            |t| t.replace("view=\"Ask\"", "view=\"Perhaps\""),
            "view must be Yes, No or Ask",
        ),
    ];
    for (id, tamper, said) in rows {
        // The plain request is getSCRStatus too, and fails in the same way.
        let id = match *id {
            "SCR_STATUS" => "CONTROL",
            id => id,
        };
        match *said {
            "querySCRActivity" => check(id, *tamper, "text").await,
            said => check(id, *tamper, said).await,
        }
    }
}

#[tokio::test]
async fn defects_of_faults() {
    let rows: &[(Tamper, &str)] = &[
        (
            |t| t.replace(">soap:Client<", ">s:Client<"),
            "is not declared",
        ),
        (
            |t| cut(t, "<faultstring>", "</faultstring>", ""),
            "no faultstring",
        ),
        (
            |t| cut(t, "<itk:ErrorID>", "</itk:ErrorID>", ""),
            "no ErrorID",
        ),
        (
            |t| t.replace("<itk:ErrorID>", "<itk:ErrorID>x"),
            "ErrorID is no upper-case UUID",
        ),
        (|t| t.replace(".17.268", ".17.1"), "codeSystem of ErrorCode"),
        (
            |t| cut(t, "<itk:ErrorText>", "</itk:ErrorText>", ""),
            "no ErrorText",
        ),
        (|t| cut(t, "<detail>", "</detail>", ""), "no detail"),
        (
            |t| t.replace(">1000<", ">1001<"),
            "none of 1000, 2100, 2200, 3000",
        ),
        (
            |t| t.replace(">1000<", ">2200<"),
            "a Client fault with 2200",
        ),
        (
            |t| t.replace(">soap:Client<", ">soap:Server<"),
            "a Server fault with 1000",
        ),
    ];
    for (tamper, said) in rows {
        check("SO_NOACTN", *tamper, said).await;
    }
}

#[tokio::test]
async fn status_and_content_type_are_looked_at() {
    for (manner, id, said) in [
        (
            Manner::Dressed(202, "text/xml"),
            "CONTROL",
            "HTTP status 200, and this has 202",
        ),
        (
            Manner::Dressed(200, "text/plain"),
            "CONTROL",
            "must be text/xml, and is text/plain",
        ),
        (
            Manner::Dressed(200, "text/xml"),
            "SO_NOACTN",
            "HTTP status 500, and this has 200",
        ),
    ] {
        let report = run_against(manner, only(&[id])).await;
        let Verdict::Fail(failure) = &of(&report, id).verdict else {
            panic!("{id}: {:?}", of(&report, id).verdict);
        };
        assert!(
            failure.defects.join(" ").contains(said),
            "{:?}",
            failure.defects
        );
    }
}

#[tokio::test]
async fn oddities_are_noted() {
    let rows: &[(&str, Tamper, &str)] = &[
        (
            "CONTROL",
            |t| cut(t, "<wsa:RelatesTo>", "</wsa:RelatesTo>", ""),
            "no wsa:RelatesTo",
        ),
        (
            "CONTROL",
            |t| t.replace("addressing/anonymous</wsa:To>", "addressing/x</wsa:To>"),
            "customary is anonymous",
        ),
        (
            "CONTROL",
            |t| t.replace("Response-v1-0\"", "Response-v-1-0\""),
            "customary is urn:nhs-itk:interaction:getSCRStatusResponse-v1-0",
        ),
        (
            "CONTROL",
            |t| t.replace("displayName=\"Success\"", "displayName=\"success\""),
            "published is \"Success\"",
        ),
        (
            "SO_NOACTN",
            |t| t.replace(">soap:Client<", ">Client<"),
            "faultcode has no prefix",
        ),
        (
            "SO_NOACTN",
            |t| t.replace("A client related error", "An error"),
            "faultstring is not",
        ),
        (
            "SO_NOACTN",
            |t| {
                cut(
                    t,
                    "<itk:ErrorDiagnosticText>",
                    "</itk:ErrorDiagnosticText>",
                    "",
                )
            },
            "a client has to guess",
        ),
    ];
    for (id, tamper, said) in rows {
        check_noted(id, *tamper, said).await;
    }
}

#[tokio::test]
async fn defects_of_plans() {
    let rows: &[(&str, Tamper, &str)] = &[
        (
            "CPIS_FOUND",
            |t| {
                let at = t.find("pertinentInformation14").unwrap_or(t.len());
                let number = crate::world::number(5);
                let other = crate::world::number(6);
                format!(
                    "{}{}",
                    &t[..at],
                    t[at..].replace(number.as_str(), other.as_str())
                )
            },
            "ANOTHER NUMBER",
        ),
        (
            "CPIS_FOUND",
            |t| {
                cut(
                    t,
                    "<pertinentInformation14>",
                    "</pertinentInformation14>",
                    "",
                )
            },
            "Success without a record",
        ),
        (
            "CPIS_FOUND",
            |t| {
                t.replace(
                    "ChildRecords><value value=\"1\"",
                    "ChildRecords><value value=\"2\"",
                )
            },
            "says 2, and there are 1",
        ),
        (
            "CPIS_FOUND",
            |t| t.replace("use=\"EC\"", "use=\"WP\""),
            "no emergency telephone number",
        ),
        (
            "CPIS_FOUND",
            |t| cut(t, "<telecom", "/>", ""),
            "an authority has a telephone number",
        ),
        (
            "CPIS_CONTROL",
            |t| {
                t.replace(
                    "SMSP-CP-ISNHSQueryResponse-v1-0",
                    "SMSP-CP-ISNHSQueryResponse-v2-0",
                )
            },
            "profileid must be",
        ),
        (
            "CPIS_CONTROL",
            |t| t.replace("17.499", "17.506"),
            "codeSystem of the code must be",
        ),
        (
            "CPIS_CONTROL",
            |t| t.replace("displayName=\"No Match (NRF)\"", "displayName=\"None\""),
            "displayName of CPIS-0001 is \"None\"",
        ),
        (
            "CPIS_CONTROL",
            |t| t.replace("<value value=\"0\"/>", "<value value=\"1\"/>"),
            "only a success tells anything",
        ),
        (
            "CPIS_CONTROL",
            |t| cut(t, "<effectiveTime", "/>", ""),
            "lacks effectiveTime",
        ),
    ];
    for (id, tamper, said) in rows {
        check(id, *tamper, said).await;
    }
}

/// What an answer says of a child is in no report.
#[tokio::test]
async fn no_report_holds_a_child() {
    let tamper: Tamper = |t| t.replace("tel:01632960002", " ");
    let report = run_against(Manner::Tampering(tamper), only(&["CPIS_"])).await;
    assert!(matches!(
        of(&report, "CPIS_FOUND").verdict,
        Verdict::Fail(_)
    ));
    for text in [report.json().to_string(), report.html(), report.junit()] {
        assert!(text.contains("bytes left out"), "{text}");
        for secret in ["Tessa", "Childname", crate::world::number(5).as_str()] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}
