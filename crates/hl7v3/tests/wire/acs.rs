//! Setting consent and asking what is permitted: written, validated, read back; and every check
//! of Spine 2 as a mutation of a valid request.

use domain::Consent;
use domain::code::psis as codes;
use domain::consent::ConsentSetting::{self, Ask, No, Yes};
use hl7v3::acs::{
    self, AccessControlSet, Accessor, ConsentFunction, HasAnswer, HasQuery, NewSetting,
    PermissionsOutcome, SetAccepted, SetOutcome, SetPermissions,
};
use hl7v3::issue::write_refusal;
use hl7v3::soap::read_request;
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerError, Interaction, Invalid};

use crate::requests::check;
use crate::support::*;

pub(crate) fn set_request(setting: NewSetting) -> String {
    let permissions = SetPermissions {
        patient: patient(),
        setting,
    };
    with_request(Some(&author()), |parts| {
        text(&acs::write_set(parts, &permissions))
    })
}

fn has_query() -> HasQuery {
    HasQuery {
        patient: patient(),
        sets: vec![
            AccessControlSet::consent(ConsentFunction::View),
            AccessControlSet {
                accessor: Accessor::User {
                    root: domain::oid::SDS_USER.to_owned(),
                    extension: "100180579988".to_owned(),
                },
                ..AccessControlSet::consent(ConsentFunction::Store)
            },
        ],
    }
}

pub(crate) fn has_request() -> String {
    with_request(Some(&author()), |parts| {
        text(&acs::write_has(parts, &has_query()))
    })
}

fn assertion(permission: &str, code: &str) -> String {
    let number = patient();
    let number = number.as_str();
    format!(
        "<crs:accessControlAssertion><crs:permission>{permission}</crs:permission>\
         <crs:resource><crs:type>SCR</crs:type><crs:Id>{number}</crs:Id></crs:resource>\
         <crs:function><crs:context>Consent</crs:context><crs:code>{code}</crs:code></crs:function>\
         <crs:accessor><crs:type>Everyone</crs:type><crs:accessorId><crs:name>Everyone</crs:name>\
         </crs:accessorId></crs:accessor></crs:accessControlAssertion>"
    )
}

#[test]
fn a_setting_reads_back_and_validates() {
    for setting in NewSetting::ALL {
        let written = set_request(setting);
        assert!(written.contains("services:lrs/SET_RESOURCE_PERMISSIONS_INUK01</wsa:Action>"));
        validate(written.as_bytes(), Interaction::SetPermissions);
        let doc = xml::Document::parse(written.as_bytes()).expect("well formed");
        let action = "urn:nhs:names:services:lrs/SET_RESOURCE_PERMISSIONS_INUK01";
        let request = read_request(&doc, Some(action)).expect("valid");
        assert_eq!(request.author, Some(author()));
        let expected = SetPermissions {
            patient: patient(),
            setting,
        };
        assert_eq!(acs::read_set(&request), Ok(expected));
    }
}

#[test]
fn what_is_set_is_what_is_kept() {
    let kept: Vec<ConsentSetting> = NewSetting::ALL.map(NewSetting::setting).to_vec();
    assert_eq!(kept, [Yes, No, Ask]);
    for setting in NewSetting::ALL {
        assert_eq!(NewSetting::of(setting.code()), Some(setting));
    }
    assert_eq!(NewSetting::of("Ask"), None, "not a value of this message");
}

/// One assertion says it all, whichever of the two it is: what published clients send.
#[test]
fn one_assertion_is_enough() {
    let both = set_request(NewSetting::No);
    let (view, store) = (assertion("No", "View"), assertion("No", "Store"));
    for only in [&view, &store] {
        let other = if only == &view { &store } else { &view };
        let one = mutate(&both, other, "");
        check(&one, "ok");
        let with_data = mutate(
            &one,
            "</crs:permission>",
            "</crs:permission><crs:userData/>",
        );
        check(&with_data, "ok");
        let unprefixed = with_data.replace("<crs:", "<").replace("</crs:", "</");
        check(&mutate(&unprefixed, "xmlns:crs=", "xmlns="), "ok");
        validate(with_data.as_bytes(), Interaction::SetPermissions);
    }
}

/// The rules of the setting, in their order.
#[test]
fn set_checks() {
    let number = patient().as_str().to_owned();
    let context =
        format!("<crs:resourceContext root=\"2.16.840.1.113883.2.1.4.1\" extension=\"{number}\"/>");
    let (view, store) = (assertion("No", "View"), assertion("No", "Store"));
    let issue = |name: &str| format!("400 400 ErrorBase1712.{name}");
    let by_number = |name: &str| format!("400 35160 ErrorBase1712.MANDATORY_DATA_MISSING|{name}");
    let cardinality = |rule: &str| issue(&format!("INVALID_ACA_CARDINALITY|{rule}"));
    let number_of = "At least one and no more than two accessControlAssertion must be provided";
    let only_view = |part: &str, to: &str| mutate(&view, part, to);
    let everyone = "<crs:accessor><crs:type>Everyone</crs:type><crs:accessorId><crs:name>Everyone</crs:name></crs:accessorId></crs:accessor>";
    let rows: Vec<(&str, String, String)> = vec![
        // 1 to 3: the patient.
        (
            &context,
            String::new(),
            by_number("Resource Context not found"),
        ),
        (
            &context,
            format!("{context}{context}"),
            by_number("Resource Context not found"),
        ),
        (
            &context,
            context.replace("2.1.4.1", "2.1.4.2"),
            by_number("Permission ResourceContext root=2.16.840.1.113883.2.1.4.1 not found"),
        ),
        (
            &context,
            context.replace(&format!("extension=\"{number}\""), ""),
            by_number("Permission ResourceContext extension not found"),
        ),
        (
            &context,
            context.replace(&number, " "),
            by_number("Permission ResourceContext extension not found"),
        ),
        (
            &context,
            context.replace(&number, "9990000000"),
            by_number("Permission ResourceContext extension is no NHS number"),
        ),
        // 4: how many assertions.
        (&view, format!("{view}{view}"), cardinality(number_of)),
        (
            "crs:accessControlAssertion>",
            "crs:assertion>".into(),
            cardinality(number_of),
        ),
        // 5 and 6: of what.
        (
            &store,
            view.clone(),
            cardinality("Only 1 View permission can be provided"),
        ),
        (
            &view,
            store.clone(),
            cardinality("Only 1 Store permission can be provided"),
        ),
        (
            "<crs:context>Consent</crs:context>",
            "<crs:context>Sealing</crs:context>".into(),
            cardinality("One of View or Store permission must be provided"),
        ),
        // 7: both alike.
        (
            &view,
            only_view(">No<", ">Yes<"),
            issue("MANDATORY_DATA_MISSING|Inconsistent Permission to View and Store"),
        ),
        // 8 to 10: the resource and the function.
        (
            &view,
            only_view(">SCR<", ">GPES<"),
            issue("INVALID_COMBINATION_FC_RT"),
        ),
        (
            &view,
            only_view("<crs:type>SCR</crs:type>", ""),
            issue("INVALID_COMBINATION_FC_RT"),
        ),
        (
            &view,
            only_view(">Consent<", ">Sealing<"),
            issue("INVALID_FUNCTION_CONTEXT"),
        ),
        (
            &view,
            only_view(">View<", ">Delete<"),
            issue("INVALID_FUNCTION_CODE"),
        ),
        (
            &view,
            only_view("<crs:code>View</crs:code>", ""),
            issue("INVALID_FUNCTION_CODE"),
        ),
        // 11: for whom.
        (
            &view,
            only_view(everyone, ""),
            issue("INVALID_ACCESSOR_TYPE"),
        ),
        (
            &view,
            only_view("<crs:type>Everyone<", "<crs:type>User Id<"),
            issue("INVALID_ACCESSOR_TYPE"),
        ),
        (
            &view,
            only_view("<crs:name>Everyone<", "<crs:name>Somebody<"),
            issue("INVALID_ACCESSOR_TYPE"),
        ),
        // 12: what.
        (
            "<crs:permission>No</crs:permission>",
            "<crs:permission/>".into(),
            issue("MISSING_PERMISSIONS_IN_SET|permission must not be empty"),
        ),
        (
            ">No<",
            ">Ask<".into(),
            issue("MISSING_PERMISSIONS_IN_SET|permission must be Yes, No or Clear"),
        ),
        // Of two that differ, none is believed.
        (
            "<crs:permission>No</crs:permission>",
            "<crs:permission>No</crs:permission><crs:permission>Yes</crs:permission>".into(),
            issue("MISSING_PERMISSIONS_IN_SET|permission must not be empty"),
        ),
        (
            &view,
            only_view(
                "<crs:code>View<",
                "<crs:code>Store</crs:code><crs:code>View<",
            ),
            issue("INVALID_FUNCTION_CODE"),
        ),
        (
            &view,
            only_view(everyone, &everyone.repeat(2)),
            issue("INVALID_ACCESSOR_TYPE"),
        ),
        (
            &view,
            only_view("</crs:resource>", "</crs:resource><crs:resource/>"),
            issue("INVALID_COMBINATION_FC_RT"),
        ),
        // 13: of the same patient.
        (
            &view,
            only_view(&format!("<crs:Id>{number}"), "<crs:Id>9449310580"),
            issue("INVALID_COMBINATION_FC_RC_RI"),
        ),
        // The request as such.
        (
            "crs:permissions",
            "crs:permission".into(),
            issue("MANDATORY_DATA_MISSING|permissions"),
        ),
        (
            "crs:setResourcePermissionsRequest",
            "crs:getResourcePermissionsRequest".into(),
            "400 400 ErrorBase1732.CONTROL_ACT_QUERY_INVALID".into(),
        ),
    ];
    let valid = set_request(NewSetting::No);
    check(&valid, "ok");
    for (from, to, expected) in rows {
        check(&mutate(&valid, from, &to), &expected);
    }
}

/// To clear a setting nobody has to be named.
#[test]
fn clearing_names_nobody() {
    let valid = set_request(NewSetting::Clear);
    let everyone = "<crs:accessor><crs:type>Everyone</crs:type><crs:accessorId><crs:name>Everyone</crs:name></crs:accessorId></crs:accessor>";
    check(&mutate(&valid, everyone, ""), "ok");
    check(&mutate(&valid, ">Everyone<", ">Nobody<"), "ok");
}

#[test]
fn a_question_reads_back_and_validates() {
    let written = has_request();
    assert!(written.contains("services:lrsquery/HAS_RESOURCE_PERMISSIONS_INUK01</wsa:Action>"));
    validate(written.as_bytes(), Interaction::HasPermissions);
    let doc = xml::Document::parse(written.as_bytes()).expect("well formed");
    let request = read_request(&doc, None).expect("valid");
    assert_eq!(acs::read_has(&request), Ok(has_query()));
    assert!(has_query().asks_for(ConsentFunction::View));
    let of_one_user = "what one user may store is not what everybody may";
    assert!(
        !has_query().asks_for(ConsentFunction::Store),
        "{of_one_user}"
    );
}

/// The rules of the question.
#[test]
fn has_checks() {
    let number = patient().as_str().to_owned();
    let context =
        format!("<crs:resourceContext root=\"2.16.840.1.113883.2.1.4.1\" extension=\"{number}\"/>");
    let issue = |name: &str| format!("400 400 ErrorBase1712.{name}");
    let by_number = |name: &str| format!("400 35160 ErrorBase1712.{name}");
    let missing = by_number("MANDATORY_DATA_MISSING|accessControlQuery.resourceContext");
    let user = "<crs:id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"100180579988\"/>";
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
            "crs:accessControlSet>",
            "crs:set>".into(),
            issue("INVALID_ACA_CARDINALITY"),
        ),
        (
            "<crs:type>Everyone</crs:type>",
            String::new(),
            issue("INVALID_ACCESSOR_TYPE"),
        ),
        (
            "<crs:type>Everyone<",
            "<crs:type>Anyone<".into(),
            issue("INVALID_ACCESSOR_TYPE"),
        ),
        (
            "<crs:name>Everyone</crs:name>",
            String::new(),
            issue("ACCESSOR_ID_EMPTY"),
        ),
        (user, String::new(), issue("ACCESSOR_ID_EMPTY")),
        (
            user,
            user.replace("100180579988", ""),
            issue("ACCESSOR_ID_EMPTY"),
        ),
        (user, user.replace("crs:id", "crs:Id"), "ok".into()),
        (
            "<crs:context>Consent</crs:context>",
            String::new(),
            issue("FUNCTION_CONTEXT_EMPTY"),
        ),
        (
            "<crs:code>View</crs:code>",
            String::new(),
            issue("ACR_CANNOT_BE_USED_AS_LRTYPE"),
        ),
        (
            "<crs:type>SCR</crs:type>",
            String::new(),
            issue("RESOURCE_TYPE_EMPTY"),
        ),
        ("crs:Id>", "crs:Other>".into(), issue("RESOURCE_ID_EMPTY")),
        (&number, "9449310580".into(), "ok".into()),
        (
            "<crs:Id>9990000018</crs:Id>",
            "<crs:Id>9449310580</crs:Id>".into(),
            issue("INVALID_COMBINATION_FC_RC_RI"),
        ),
        (
            "crs:accessControlQuery",
            "crs:query".into(),
            issue("MANDATORY_DATA_MISSING|accessControlQuery"),
        ),
        (
            "crs:hasResourcePermissionsRequest",
            "crs:setResourcePermissionsRequest".into(),
            "400 400 ErrorBase1732.CONTROL_ACT_QUERY_INVALID".into(),
        ),
    ];
    let valid = has_request();
    check(&valid, "ok");
    for (from, to, expected) in rows {
        check(&mutate(&valid, from, &to), &expected);
    }
    let sealing = mutate(&valid, "Consent<", "Sealing<");
    check(
        &mutate(
            &sealing,
            "<crs:Id>9990000018</crs:Id>",
            "<crs:Id>any</crs:Id>",
        ),
        "ok",
    );
}

#[test]
fn what_is_permitted_reads_back_and_validates() {
    let consent = |view, store| Consent { view, store };
    let both = HasQuery {
        sets: [ConsentFunction::View, ConsentFunction::Store]
            .map(AccessControlSet::consent)
            .to_vec(),
        ..has_query()
    };
    for (query, kept, answered) in [
        (&both, consent(No, No), consent(No, No)),
        (&both, consent(Yes, Yes), consent(Yes, Yes)),
        (&both, consent(Ask, Ask), consent(Ask, Ask)),
        // Only what is asked after is answered.
        (&has_query(), consent(No, No), consent(No, Ask)),
    ] {
        let answer = HasAnswer {
            query,
            consent: kept,
        };
        let written = with_answer(Interaction::HasPermissions, |parts| answer.write(parts));
        validate(&written, Interaction::HasPermissionsAnswer);
        assert!(text(&written).contains(
            "<hasResourcePermissionsResponse><HAS_RESOURCE_PERMISSIONS_RESPONSE_INUK01 "
        ));
        let doc = xml::Document::parse(&written).expect("well formed");
        let known = PermissionsOutcome::Known {
            patient: Some(patient()),
            consent: answered,
        };
        assert_eq!(acs::read_has_answer(&doc), Ok(known));
        assert_eq!(
            acs::read_answer(&doc),
            Err(AnswerError::Unexpected(
                "HAS_RESOURCE_PERMISSIONS_RESPONSE_INUK01"
            )),
            "the answer to one question is not that to the other"
        );
    }
}

#[test]
fn the_answer_to_a_setting_reads_back_and_validates() {
    let written = with_answer(Interaction::SetPermissions, |parts| {
        SetAccepted.write(parts)
    });
    validate(&written, Interaction::Acknowledgement);
    let said = text(&written);
    assert!(said.contains("services:lrs/MCCI_IN010000UK13</wsa:Action>"));
    assert!(said.contains("<setResourcePermissionsResponse><MCCI_IN010000UK13 "));
    assert!(!said.contains("queryAck"));
    let doc = xml::Document::parse(&written).expect("well formed");
    assert_eq!(acs::read_set_answer(&doc), Ok(SetOutcome::Done));

    for (kind, issues) in [
        (AcknowledgementKind::Error, vec![codes::duplicate_message()]),
        (AcknowledgementKind::Reject, vec![codes::not_available()]),
    ] {
        let written = with_answer(Interaction::SetPermissions, |parts| {
            write_refusal(parts, &issues, kind)
        });
        validate(&written, Interaction::Acknowledgement);
        let doc = xml::Document::parse(&written).expect("well formed");
        let Ok(SetOutcome::Refused(refusal)) = acs::read_set_answer(&doc) else {
            panic!("not refused: {}", text(&written));
        };
        assert_eq!(refusal.acknowledgement, Some(kind));
        assert_eq!(refusal.codes(), issues[0].code);
    }

    let silent = mutate(
        &said,
        "<acknowledgement typeCode=\"AA\">",
        "<acknowledgement>",
    );
    let doc = xml::Document::parse(silent.as_bytes()).expect("well formed");
    let outcome = acs::read_set_answer(&doc);
    assert!(
        matches!(outcome, Ok(SetOutcome::Refused(_))),
        "only AA says yes"
    );
    let other = with_answer(Interaction::PermissionsQuery, |parts| {
        let query = acs::PermissionsQuery::all(patient());
        let consent = Consent::default();
        acs::PermissionsAnswer {
            query: &query,
            consent,
        }
        .write(parts)
    });
    let doc = xml::Document::parse(&other).expect("well formed");
    let unexpected = AnswerError::Unexpected("GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01");
    assert_eq!(acs::read_set_answer(&doc), Err(unexpected));
}

/// A wrong NHS number has a code of its own in the answers to questions, not to settings.
#[test]
fn a_wrong_number_is_told_in_the_codes_of_the_interaction() {
    let request = mutate(&set_request(NewSetting::No), "9990000018", "9990000000");
    let doc = xml::Document::parse(request.as_bytes()).expect("well formed");
    let request = read_request(&doc, None).expect("well addressed");
    let invalid: Invalid = acs::read_set(&request).expect_err("no NHS number");
    for (interaction, expected) in [
        (Interaction::SetPermissions, vec!["400", "35160"]),
        (Interaction::DocumentListQuery, vec!["400", "35160"]),
        (Interaction::PermissionsQuery, vec!["400"]),
        (Interaction::HasPermissions, vec!["400"]),
    ] {
        let issues = invalid.issues_for(interaction);
        let codes: Vec<_> = issues.iter().map(|issue| issue.code.as_ref()).collect();
        assert_eq!(codes, expected, "{interaction:?}");
    }
}
