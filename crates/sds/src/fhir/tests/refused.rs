//! Every refusal, with its status, codes and text.

use proptest::prelude::*;

use super::*;

/// Status, issue, code and diagnostics of an answer.
fn refusal(request: &Request) -> (u16, String, String, String) {
    let response = service().answer(request);
    assert_eq!(response.header("content-type"), Some(FHIR_JSON));
    let body: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(body["resourceType"], "OperationOutcome");
    assert_eq!(body["id"].as_str(), response.header("x-correlation-id"));
    let issue = &body["issue"][0];
    assert_eq!(issue["severity"], "error");
    let coding = &issue["details"]["coding"][0];
    assert_eq!(
        coding["system"],
        "https://fhir.nhs.uk/STU3/ValueSet/Spine-ErrorOrWarningCode-1"
    );
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (
        response.status,
        text(&issue["code"]),
        text(&coding["code"]),
        text(&issue["diagnostics"]),
    )
}

#[test]
fn wrong_parameters_are_named() {
    let check = |resource: &str, query: &str, expected: &str| {
        let path = format!("{BASE_PATH}/{resource}");
        let (status, issue, code, text) = refusal(&request(&path, query, &[]));
        assert_eq!(
            (status, issue.as_str(), code.as_str()),
            (400, "required", "BAD_REQUEST"),
            "{query}"
        );
        assert!(
            text.starts_with(&format!("HTTP 400: Bad Request ({expected}")),
            "{query}: {text}"
        );
    };
    let (ods, svc, key) = (
        organisation("YES"),
        interaction(UPLOAD),
        party("YES-0000806"),
    );
    let no_organisation = "Missing or invalid 'organization' query parameter. Should be \
         'organization=https://fhir.nhs.uk/Id/ods-organization-code|value'";
    let no_identifier = "Missing or invalid 'identifier' query parameter. Should be \
         'identifier=https://fhir.nhs.uk/Id/nhsServiceInteractionId|value'";
    let neither = "Missing or invalid 'identifier' query parameter. Should be one or both of:";
    let too_few = "Missing or invalid query parameters. Should one of following combinations:";
    check("Device", "", no_organisation);
    check("Device", &svc, no_organisation);
    check(
        "Device",
        &format!("organization=YES&{svc}"),
        no_organisation,
    );
    check(
        "Device",
        &format!("{}&{svc}", organisation(" ")),
        no_organisation,
    );
    check("Device", &ods, no_identifier);
    check("Device", &format!("{ods}&{key}"), no_identifier);
    check("Device", &format!("{ods}&identifier=a|b"), neither);
    check(
        "Device",
        &format!("{ods}&{svc}&manufacturing-organization=X26"),
        "Missing or invalid 'manufacturing-organization' query parameter",
    );
    check(
        "Device",
        &format!("{ods}&{svc}&colour=red"),
        "Illegal query parameter 'colour'",
    );
    for query in ["", &ods, &svc, &key] {
        check("Endpoint", query, too_few);
    }
    check(
        "Endpoint",
        &format!("{ods}&{svc}&manufacturing-organization=X26"),
        "Illegal query parameter 'manufacturing-organization'",
    );
    check("Endpoint", "organization=%zz", "The query is not UTF-8");
    check("Endpoint", "organization=%ff", "The query is not UTF-8");
    check("Endpoint", &"a=b&".repeat(51), "There are too many");
    check("Endpoint", &"a".repeat(9000), "The query is too long");
    let no_role = "Missing or invalid 'user-role-id' query parameter. Should be \
         'user-role-id=https://fhir.nhs.uk/Id/nhsJobRoleCode|value'";
    for query in [
        "",
        "user-role-id=212233445566",
        "user-role-id=https://fhir.nhs.uk/Id/nhsJobRoleCode|",
        "user-role-id=https://fhir.nhs.uk/Id/nhsJobRoleCode|12a",
    ] {
        check("PractitionerRole", query, no_role);
    }
    check(
        "PractitionerRole",
        &ods,
        "Illegal query parameter 'organization' should be: 'user-role-id'",
    );
}

#[test]
fn wrong_headers_methods_and_paths_are_refused() {
    let query = format!("{}&{}", organisation("YES"), interaction(UPLOAD));
    let path = format!("{BASE_PATH}/Device");
    let check = |request: Request, expected: (u16, &str, &str, &str)| {
        let (status, issue, code, text) = refusal(&request);
        let start = text.get(..expected.3.len()).unwrap_or(&text);
        assert_eq!((status, issue.as_str(), code.as_str(), start), expected);
    };
    for accept in ["text/html", "application/fhir+xml", ""] {
        check(
            request(&path, &query, &[("Accept", accept)]),
            (
                406,
                "not-supported",
                "MISSING_OR_INVALID_HEADER",
                "Accept type not supported",
            ),
        );
    }
    for id in ["1", "0a1b2c3d-0000-4000-8000-00000000000G"] {
        check(
            request(&path, &query, &[("X-Correlation-ID", id)]),
            (
                400,
                "required",
                "BAD_REQUEST",
                "HTTP 400: Bad Request (Invalid X-Correlation-ID header.",
            ),
        );
    }
    for path in [
        "/",
        "/spine-directory/FHIR/R4",
        "/spine-directory/FHIR/R4/Patient",
        "/Device",
    ] {
        check(
            request(path, &query, &[]),
            (
                404,
                "not-found",
                "NO_RECORD_FOUND",
                "HTTP endpoint not found",
            ),
        );
    }
    for method in ["POST", "PUT", "DELETE", "HEAD"] {
        let mut request = request(&path, &query, &[]);
        request.method = method.to_owned();
        assert_eq!(service().answer(&request).header("allow"), Some("GET"));
        check(
            request,
            (
                405,
                "not-supported",
                "NOT_IMPLEMENTED",
                "HTTP operation not supported",
            ),
        );
    }
}

proptest! {
    #[test]
    fn any_query_has_an_answer(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "organization", "identifier", "user-role-id", "=", "&", "|", "%", "%7C", "+",
                "https://fhir.nhs.uk/Id/ods-organization-code", "YES", "\u{e9}",
                "https://fhir.nhs.uk/Id/nhsServiceInteractionId", UPLOAD,
                "https://fhir.nhs.uk/Id/nhsMhsPartyKey", "YES-0000806",
            ]),
            0..24,
        ),
        path in proptest::sample::select(FhirService::PATHS.to_vec()),
    ) {
        let response = service().answer(&request(path, &parts.concat(), &[]));
        prop_assert!([200, 400, 500].contains(&response.status), "{}", response.status);
        // Only a route look-up that finds nothing fails so.
        prop_assert!(response.status != 500 || path.starts_with("/r"));
    }
}
