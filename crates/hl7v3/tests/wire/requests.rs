//! Requests: written, validated, read back; and every check of Spine 2 as a mutation of a valid
//! one.

use hl7v3::acs::{self, Criteria, PermissionsQuery};
use hl7v3::psis::{self, DissentOverride, ListFilter, Selector};
use hl7v3::soap::{RequestError, SpineRequest, read_request};
use hl7v3::{Interaction, Invalid};

use crate::support::*;

fn list_request() -> String {
    with_request(Some(&author()), |parts| {
        text(&psis::write_list_query(parts, &list_query()))
    })
}

fn document_request() -> String {
    let query = document_query();
    with_request(Some(&author()), |parts| {
        text(&psis::write_document_query(parts, &query))
    })
}

fn permissions_query() -> PermissionsQuery {
    PermissionsQuery {
        patient: patient(),
        criteria: Some(Criteria {
            context: "Consent".to_owned(),
            code: Some("View".to_owned()),
            resource_types: vec!["SCR".to_owned()],
        }),
    }
}

fn permissions_request() -> String {
    let query = permissions_query();
    with_request(Some(&author()), |parts| {
        text(&acs::write_query(parts, &query))
    })
}

/// Reads a request with the reader of its interaction, and gives the outcome as one line.
fn outcome(message: &str, soap_action: Option<&str>) -> String {
    let doc = match xml::Document::parse(message.as_bytes()) {
        Ok(doc) => doc,
        Err(error) => return format!("not well formed: {error}"),
    };
    match read_request(&doc, soap_action) {
        Ok(request) => match content(&request) {
            Ok(()) => "ok".to_owned(),
            Err(invalid) => issue(&invalid),
        },
        Err(RequestError::Fault(fault)) => format!("fault {fault}"),
        Err(RequestError::Issue { invalid, reply_to }) => {
            assert_eq!(reply_to.message_id, format!("uuid:{REQUEST_ID}"));
            assert_eq!(
                reply_to.hl7_id.len(),
                36,
                "an answer needs an id to refer to"
            );
            issue(&invalid)
        }
    }
}

fn issue(invalid: &Invalid) -> String {
    let issues = invalid.issues();
    assert_eq!(issues[0].code, "400", "the general issue comes first");
    format!("{} {} {invalid}", issues[0].code, issues[1].code)
}

fn content(request: &SpineRequest<'_, '_>) -> Result<(), Invalid> {
    match request.interaction {
        Interaction::DocumentListQuery => psis::read_list_query(request).map(drop),
        Interaction::DocumentQuery => psis::read_document_query(request).map(drop),
        Interaction::SetPermissions => acs::read_set(request).map(drop),
        Interaction::HasPermissions => acs::read_has(request).map(drop),
        _ => acs::read_query(request).map(drop),
    }
}

/// Reads a request, and asserts how the outcome starts.
#[track_caller]
pub(crate) fn check(message: &str, expected: &str) {
    let found = outcome(message, None);
    assert!(
        found.starts_with(expected),
        "expected {expected}, found {found}"
    );
}

#[test]
fn a_list_query_reads_back_and_validates() {
    let set = ListFilter {
        set_id: Some(document(OTHER_ID)),
        ..ListFilter::default()
    };
    let typed = ListFilter {
        document_type: Some((
            "196981000000101".to_owned(),
            domain::oid::SNOMED_CT.to_owned(),
        )),
        ..ListFilter::default()
    };
    let overriding = DissentOverride {
        code: 4,
        display_name: Some("Query for update".to_owned()),
        original_text: Some("asked by <the> patient".to_owned()),
    };
    for filter in [list_query().filter, set, typed] {
        for dissent_override in [DissentOverride::none(), overriding.clone()] {
            let query = psis::DocumentListQuery {
                filter: filter.clone(),
                dissent_override,
                ..list_query()
            };
            let written = with_request(Some(&author()), |parts| {
                psis::write_list_query(parts, &query)
            });
            validate(&written, Interaction::DocumentListQuery);
            let doc = xml::Document::parse(&written).expect("well formed");
            let request = read_request(
                &doc,
                Some("\"urn:nhs:names:services:psisquery/QUPC_IN160101UK05\""),
            )
            .expect("valid");
            assert_eq!(request.author, Some(author()));
            assert_eq!(
                request
                    .transmission
                    .creation_time
                    .as_ref()
                    .map(domain::Hl7Timestamp::as_str),
                Some("20240701130000")
            );
            assert_eq!(request.from.as_deref(), Some("192.0.2.7"));
            assert_eq!(psis::read_list_query(&request), Ok(query));
        }
    }
}

#[test]
fn a_filter_with_one_end_gets_the_other() {
    let filter = ListFilter {
        from: Some(time("2010")),
        ..ListFilter::default()
    };
    let query = psis::DocumentListQuery {
        filter,
        ..list_query()
    };
    let written = with_request(None, |parts| psis::write_list_query(parts, &query));
    let doc = xml::Document::parse(&written).expect("well formed");
    let request = read_request(&doc, None).expect("valid");
    let read = psis::read_list_query(&request).expect("valid").filter;
    assert_eq!(
        (read.from, read.to),
        (Some(time("2010")), Some(time("20240701130000")))
    );
}

#[test]
fn a_document_query_reads_back_and_validates() {
    for selector in [
        Selector::Document(document(DOCUMENT_ID)),
        Selector::Set(document(OTHER_ID)),
    ] {
        let query = psis::DocumentQuery {
            selector,
            ..document_query()
        };
        let written = with_request(None, |parts| psis::write_document_query(parts, &query));
        validate(&written, Interaction::DocumentQuery);
        let doc = xml::Document::parse(&written).expect("well formed");
        let request = read_request(&doc, None).expect("valid");
        assert_eq!(request.author, None);
        assert_eq!(psis::read_document_query(&request), Ok(query));
    }
}

#[test]
fn a_permissions_query_reads_back_and_validates() {
    for query in [permissions_query(), PermissionsQuery::all(patient())] {
        let written = with_request(Some(&author()), |parts| acs::write_query(parts, &query));
        validate(&written, Interaction::PermissionsQuery);
        let doc = xml::Document::parse(&written).expect("well formed");
        let request = read_request(&doc, None).expect("valid");
        assert_eq!(acs::read_query(&request), Ok(query));
    }
}

/// The checks common to all interactions, each as one mutation.
#[test]
fn common_checks() {
    let fault =
        |name: &str| format!("fault SOAP:Client: The message is not well formed: 201 {name}");
    let not_well_formed = "fault SOAP:Server: Application Exception: 201";
    let message_id = format!("uuid:{REQUEST_ID}");
    let device = "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"1.2.826.0.1285.0.2.0.107\" extension=\"655159266510\"/></device></communicationFunctionRcv>";
    let sender = "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"1.2.826.0.1285.0.2.0.107\" extension=\"276827251543\"/></device></communicationFunctionSnd>";
    let author1 = "<author1 typeCode=\"AUT\"><AgentSystemSDS classCode=\"AGNT\"><agentSystemSDS classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"1.2.826.0.1285.0.2.0.107\" extension=\"276827251543\"/></agentSystemSDS></AgentSystemSDS></author1>";
    let other = |system: &str| author1.replace("1.2.826.0.1285.0.2.0.107", system);
    let hl7_id = format!("<id root=\"{REQUEST_ID}\"/>");
    let action = "urn:nhs:names:services:psisquery/QUPC_IN160101UK05</wsa:Action>";
    let rcv = "<hl7:communicationFunctionRcv><hl7:device><hl7:id root=\"1.2.826.0.1285.0.2.0.107\"";
    let snd = "<hl7:communicationFunctionSnd><hl7:device><hl7:id root=\"1.2.826.0.1285.0.2.0.107\"";
    let to = "<wsa:To>https://spine.example/sync-service</wsa:To>";
    let user = "<id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"100180579988\"/>";
    let role = "<id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"100180580981\"/>";
    let job = "extension=\"S0080:G0450:R5080\"";
    let twice = |piece: &str| piece.repeat(2);
    let rows: Vec<(&str, String, String)> = vec![
        ("SOAP-ENV:Envelope", "SOAP-ENV:Envelop".into(), not_well_formed.into()),
        ("SOAP-ENV:Header", "SOAP-ENV:Head".into(), not_well_formed.into()),
        ("<SOAP-ENV:Body>", "<SOAP-ENV:Body/><SOAP-ENV:Body>".into(), not_well_formed.into()),
        ("</SOAP-ENV:Body>", "<x/></SOAP-ENV:Body>".into(), not_well_formed.into()),
        (&message_id, REQUEST_ID.into(), fault("ErrorBaseTms.SOAP_MESSAGE_ID_ERROR")),
        (&message_id, format!("{message_id}0"), fault("ErrorBaseTms.SOAP_MESSAGE_ID_ERROR")),
        ("wsa:MessageID", "wsa:MessageId".into(), fault("ErrorBaseTms.SOAP_MESSAGE_ID_ERROR")),
        ("wsa:Action", "wsa:Acting".into(), fault("ErrorBaseTms.SOAP_ACTION_ERROR")),
        (action, "</wsa:Action>".into(), fault("ErrorBaseTms.SOAP_ACTION_ERROR")),
        (action, format!("{action}<wsa:Action/>"), fault("ErrorBaseTms.SOAP_ACTION_ERROR")),
        (to, String::new(), fault("ErrorBaseTms.SOAP_TO_ERROR")),
        (to, "<wsa:To> </wsa:To>".into(), fault("ErrorBaseTms.SOAP_TO_ERROR")),
        (to, twice(to), fault("ErrorBaseTms.SOAP_TO_ERROR")),
        (rcv, rcv.replace(".107", ".108"), fault("ErrorBaseTms.SOAP_COMM_FUNC_RCV_ERROR")),
        ("hl7:communicationFunctionRcv", "hl7:x".into(), fault("ErrorBaseTms.SOAP_COMM_FUNC_RCV_ERROR")),
        (snd, snd.replace(".107", ".108"), fault("ErrorBaseTms.SOAP_COMM_FUNC_SND_ERROR")),
        ("hl7:communicationFunctionSnd", "hl7:x".into(), fault("ErrorBaseTms.SOAP_COMM_FUNC_SND_ERROR")),
        (action, action.replace("psisquery", "psis"), "fault SOAP:Client: The service/interaction is not supported for the requested URI: 101".into()),
        (action, action.replace("160101", "160199"), "fault SOAP:Client: The service/interaction is not supported for the requested URI: 101".into()),
        (action, action.replace("160101", "160102"), "fault SOAP:Client: The service/interaction is not supported for the requested URI: 101".into()),
        (&hl7_id, String::new(), "400 400 ErrorBase1732.INVALID_ID".into()),
        (&hl7_id, "<id root=\"\"/>".into(), "400 400 ErrorBase1732.INVALID_ID".into()),
        ("<creationTime value=\"20240701130000\"/>", "<creationTime/>".into(), "400 400 ErrorBase1732.INVALID_CREATION_TIME".into()),
        ("<versionCode code=\"V3NPfIT2.0\"/>", "<versionCode code=\" \"/>".into(), "400 400 ErrorBase1732.INVALID_VERSION_CODE".into()),
        ("ControlActEvent", "ControlActEvents".into(), "400 400 ErrorBase1732.INVALID_CONTROL_ACT".into()),
        ("</ControlActEvent>", "</ControlActEvent><ControlActEvent/>".into(), "400 400 ErrorBase1732.INVALID_CONTROL_ACT".into()),
        (author1, format!("<author/>{author1}"), "400 400 ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID|more".into()),
        (author1, String::new(), "400 400 ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID_CARDINALITY".into()),
        (author1, author1.repeat(3), "400 400 ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID_CARDINALITY".into()),
        ("<query>", "<query/><query>".into(), "400 400 ErrorBase1732.CONTROL_ACT_QUERY_INVALID".into()),
        ("query>", "queries>".into(), "400 400 ErrorBase1732.CONTROL_ACT_QUERY_INVALID".into()),
        ("extension=\"QUPC_IN160101UK05\"", "extension=\"QUPC_IN160103UK05\"".into(), "400 400 ErrorBase1732.INCONSISTENT_HL7_INTERACTION_ID".into()),
        ("root=\"2.16.840.1.113883.2.1.3.2.4.12\"", "root=\"2.16\"".into(), "400 400 ErrorBase1732.INCONSISTENT_HL7_INTERACTION_ID".into()),
        ("psisquery/QUPC_IN160101UK05", "psisquery/QUPC_IN160103UK05".into(), "400 400 ErrorBase1732.INCONSISTENT_HL7_INTERACTION_ID".into()),
        (device, device.replace("655159266510", "655159266511"), "400 400 ErrorBase1732.INCONSISTENT_COMM_FUNC_RCV".into()),
        (sender, sender.replace("276827251543", "276827251544"), "400 400 ErrorBase1732.INCONSISTENT_COMM_FUNC_SND".into()),
        (user, String::new(), "400 400 ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID|user".into()),
        (role, role.replace("100180580981", ""), "400 400 ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID|role".into()),
        (job, "extension=\"\"".into(), "400 400 ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID|job".into()),
        (author1, other("1.2.3"), "400 400 ErrorBase1732.CONTROL_ACT_AUTHOR_AGENT_INVALID".into()),
        (author1, format!("{author1}{}", other("1.2.3")), "ok".into()),
        (author1, format!("{author1}{}", other("")), "400 400 ErrorBase1732.CONTROL_ACT_AUTHOR_AGENT2_INVALID".into()),
    ];
    let valid = list_request();
    check(&valid, "ok");
    for (from, to, expected) in rows {
        check(&mutate(&valid, from, &to), &expected);
    }
}

#[test]
fn the_soap_action_may_be_quoted_absent_or_wrong() {
    let valid = list_request();
    let action = Interaction::DocumentListQuery.action();
    for said in [
        None,
        Some(""),
        Some("\"\""),
        Some(action.as_str()),
        Some(&format!("\"{action}\"")),
    ] {
        assert_eq!(outcome(&valid, said), "ok", "{said:?}");
    }
    let other = Interaction::DocumentQuery.action();
    assert!(outcome(&valid, Some(&other)).contains("ErrorBaseTms.SOAP_ACTION_ERROR"));
}

/// The checks of the list query.
#[test]
fn list_query_checks() {
    let date = "<date><semanticsText>Date</semanticsText><value><low value=\"20000101000000\"/><high value=\"20240701130000\"/></value></date>";
    let set = |name: &str, root: &str| {
        format!("<{name}><semanticsText>SetId</semanticsText><value root=\"{root}\"/></{name}>")
    };
    let kind = |attributes: &str| format!("<documentType><value {attributes}/></documentType>");
    let nhs = format!("extension=\"{}\"", patient().as_str());
    let together = "400 400 ErrorBase1733.SET_ID_NOT_ALLOWED_WITH_OTHER_PARAMS";
    let filter =
        |sub: &str| format!("400 400 ErrorBase1733.MANDATORY_FILTER_PARAMETER_MISSING|{sub}");
    let field = |name: &str| format!("400 400 ErrorBase1733.MANDATORY_FIELD_MISSING|{name}");
    let number = "400 35160 ErrorBase1733.MANDATORY_FIELD_MISSING|nhsNumber".to_owned();
    let rows: Vec<(&str, String, String)> = vec![
        (date, set("setId", OTHER_ID), "ok".into()),
        (date, set("setID", &OTHER_ID.to_lowercase()), "ok".into()),
        (
            date,
            format!("{date}{}", kind("code=\"1\" codeSystem=\"2\"")),
            "ok".into(),
        ),
        (date, kind("code=\"1\" codeSystem=\"2\""), "ok".into()),
        (date, String::new(), together.into()),
        (date, format!("{date}{date}"), together.into()),
        (
            date,
            format!("{date}{}", set("setId", OTHER_ID)),
            together.into(),
        ),
        (
            date,
            format!("{}{}", set("setId", OTHER_ID), set("setID", OTHER_ID)),
            together.into(),
        ),
        (
            date,
            format!(
                "{}{}",
                kind("code=\"1\" codeSystem=\"2\""),
                set("setID", OTHER_ID)
            ),
            together.into(),
        ),
        (date, set("setId", ""), filter("missingSetID")),
        (date, "<setId/>".into(), filter("missingSetID")),
        (
            date,
            kind("codeSystem=\"2\""),
            filter("missingDocumentTypeCode"),
        ),
        (
            date,
            kind("code=\"1\" codeSystem=\"\""),
            filter("missingDocumentTypeCodeSystem"),
        ),
        (
            "<low value=\"20000101000000\"/>",
            String::new(),
            filter("missingLow"),
        ),
        (
            "<low value=\"20000101000000\"/>",
            "<low value=\"long ago\"/>".into(),
            filter("missingLow"),
        ),
        (
            "<high value=\"20240701130000\"/>",
            "<high/>".into(),
            filter("missingHigh"),
        ),
        (
            "<value code=\"0\"",
            "<value".into(),
            field("dissentOverride"),
        ),
        (
            "2.4.17.60\"",
            "2.4.17.61\"".into(),
            field("dissentOverride"),
        ),
        (
            "dissentOverride>",
            "dissent>".into(),
            field("dissentOverride"),
        ),
        (
            "<value code=\"0\"",
            "<value code=\"9\"".into(),
            "400 400 ErrorBase1733.INVALID_FIELD_VALUE".into(),
        ),
        (
            "filterParameters>",
            "filter>".into(),
            field("filterParameters"),
        ),
        ("nHSNumber>", "nhsNumber>".into(), number.clone()),
        (&nhs, String::new(), number.clone()),
        (&nhs, "extension=\"9990000000\"".into(), number.clone()),
        (&nhs, "extension=\"99900000001\"".into(), number.clone()),
        (
            "root=\"2.16.840.1.113883.2.1.4.1\"",
            "root=\"2.16\"".into(),
            number,
        ),
    ];
    let valid = list_request();
    for (from, to, expected) in rows {
        check(&mutate(&valid, from, &to), &expected);
    }
    let anonymous = with_request(None, |parts| {
        let dissent_override = DissentOverride {
            code: 1,
            ..DissentOverride::none()
        };
        psis::write_list_query(
            parts,
            &psis::DocumentListQuery {
                dissent_override,
                ..list_query()
            },
        )
    });
    check(
        &text(&anonymous),
        "400 400 ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID|an author",
    );
}

/// The checks of the document query.
#[test]
fn document_query_checks() {
    let id = format!(
        "<documentID><semanticsText>DocumentID</semanticsText><value root=\"{DOCUMENT_ID}\"/></documentID>"
    );
    let set = format!("<setID><value root=\"{OTHER_ID}\"/></setID>");
    let together = "400 400 ErrorBase1733.SET_ID_NOT_ALLOWED_WITH_OTHER_PARAMS";
    let missing = "400 400 ErrorBase1733.MANDATORY_FILTER_PARAMETER_MISSING|";
    let valid = document_request();
    check(&valid, "ok");
    for (to, expected) in [
        (set.clone(), "ok".to_owned()),
        (String::new(), together.to_owned()),
        (format!("{id}{set}"), together.to_owned()),
        (format!("{id}{id}"), together.to_owned()),
        (
            id.replace(DOCUMENT_ID, ""),
            format!("{missing}missingDocumentID"),
        ),
        (
            id.replace(DOCUMENT_ID, "not a uuid"),
            format!("{missing}missingDocumentID"),
        ),
        (set.replace(OTHER_ID, ""), format!("{missing}missingSetID")),
    ] {
        check(&mutate(&valid, &id, &to), &expected);
    }
}

/// The checks of the permissions query.
#[test]
fn permissions_query_checks() {
    let number = patient().as_str().to_owned();
    let context =
        format!("<crs:resourceContext root=\"2.16.840.1.113883.2.1.4.1\" extension=\"{number}\"/>");
    let id = format!("<crs:Id>{number}</crs:Id>");
    let criteria = "<crs:queryCriteria>";
    let issue = |name: &str| format!("400 400 ErrorBase1712.{name}");
    let by_number = |name: &str| format!("400 35160 ErrorBase1712.{name}");
    let missing = by_number("MANDATORY_DATA_MISSING|accessControlQuery.resourceContext");
    let rows: Vec<(&str, String, String)> = vec![
        (&context, String::new(), missing.clone()),
        (&context, format!("{context}{context}"), missing.clone()),
        (
            &context,
            context.replace("2.1.4.1", "2.1.4.2"),
            by_number("MANDATORY_DATA_MISSING|accessControlQuery.resourceContext with root"),
        ),
        (
            &context,
            context.replace(&format!("extension=\"{number}\""), ""),
            missing.clone(),
        ),
        (
            &context,
            context.replace(&number, "91928374650"),
            by_number("RESOURCE_CONTEXT_TOO_LONG"),
        ),
        (
            &context,
            context.replace(&number, "919283746"),
            by_number("RESOURCE_CONTEXT_TOO_SHORT"),
        ),
        (&context, context.replace(&number, "9990000000"), missing),
        (
            criteria,
            format!("<crs:queryCriteria/>{criteria}"),
            issue("INVALID_ACA_CARDINALITY"),
        ),
        (
            &id,
            "<crs:Id>9449310580</crs:Id>".into(),
            issue("INVALID_COMBINATION_FC_RC_RI"),
        ),
        (&id, "<crs:Id/>".into(), issue("RESOURCE_ID_EMPTY")),
        (
            "<crs:type>SCR</crs:type>",
            String::new(),
            issue("RESOURCE_TYPE_EMPTY"),
        ),
        (
            "crs:resource>",
            "crs:r>".into(),
            issue("RESOURCE_TYPE_EMPTY"),
        ),
        (
            "<crs:context>Consent</crs:context>",
            String::new(),
            issue("FUNCTION_CONTEXT_EMPTY"),
        ),
        ("<crs:code>View</crs:code>", String::new(), "ok".into()),
        (
            "crs:accessControlQuery",
            "crs:query".into(),
            issue("MANDATORY_DATA_MISSING|accessControlQuery"),
        ),
        (
            "crs:getResourcePermissionsRequest",
            "crs:hasResourcePermissionsRequest".into(),
            "400 400 ErrorBase1732.CONTROL_ACT_QUERY_INVALID".into(),
        ),
    ];
    let valid = permissions_request();
    check(&valid, "ok");
    for (from, to, expected) in rows {
        check(&mutate(&valid, from, &to), &expected);
    }
    let sealing = mutate(&valid, "Consent<", "Sealing<");
    check(&mutate(&sealing, &id, "<crs:Id>anything</crs:Id>"), "ok");
    let unprefixed = valid.replace("<crs:", "<").replace("</crs:", "</");
    check(&mutate(&unprefixed, "xmlns:crs=", "xmlns="), "ok");
}

/// Old clients add typing attributes, swap the authors and the texts, mix prefixes and leave
/// comments.
#[test]
fn harmless_oddities_are_tolerated() {
    let valid = list_request();
    let swapped = {
        let start = valid.find("<author ").expect("an author");
        let middle = valid.find("<author1").expect("a system");
        let end = valid.find("</author1>").expect("its end") + "</author1>".len();
        let (person, system) = (&valid[start..middle], &valid[middle..end]);
        format!("{}{system}{person}{}", &valid[..start], &valid[end..])
    };
    check(&swapped, "ok");
    for (from, to) in [
        ("<device ", "<device type=\"Device\" "),
        (
            "<QUPC_IN160101UK05 ",
            "<QUPC_IN160101UK05 type=\"Message\" ",
        ),
        ("<query>", "<!-- here --><query><!-- it --><?comes now?>"),
        ("code=\"V3NPfIT2.0\"", "code=\"3NPfIT7.2.02\""),
        (
            "<semanticsText>DissentOverride</semanticsText><value code=\"0\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.60\"/>",
            "<value code=\"0\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.60\"/><semanticsText>DissentOverride</semanticsText>",
        ),
        ("<wsa:Address>192.0.2.7</wsa:Address>", "<wsa:Address/>"),
    ] {
        check(&mutate(&valid, from, to), "ok");
    }
    let prefixed = with_prefix(&valid, "QUPC_IN160101UK05");
    check(&prefixed, "ok");
}

/// Gives every element of the default namespace inside a message a prefix of its own.
fn with_prefix(message: &str, root: &str) -> String {
    let start = message.find(&format!("<{root}")).expect("the message");
    let (before, inside) = message.split_at(start);
    let end = inside.find("</SOAP-ENV:Body>").expect("the body's end");
    let (inside, after) = inside.split_at(end);
    let inside = inside
        .replace("</", "\u{1}")
        .replace('<', "<z:")
        .replace('\u{1}', "</z:");
    let inside = inside.replacen("xmlns=", "xmlns:z=", 1);
    format!("{before}{inside}{after}")
}
