//! Legitimate relationships, by the checks of Spine 2: no schema is published.

use domain::relationship::{LegitimateRelationship, RelationshipSubject};
use domain::{MessageId, RoleProfileId, SdsUserId};
use hl7v3::relationship::{
    Created, RelationshipAnswer, RelationshipQuery, read_create, read_query,
};
use hl7v3::{Interaction, Invalid, bare};

use crate::support::*;

/// A message of an interaction with this content after its authors.
fn message(interaction: Interaction, content: &str) -> String {
    let id = interaction.id();
    format!(
        "<{id} xmlns=\"urn:hl7-org:v3\"><id root=\"{REQUEST_ID}\"/>\
         <creationTime value=\"20240701130000\"/><versionCode code=\"V3NPfIT6.2.00\"/>\
         <interactionId root=\"2.16.840.1.113883.2.1.3.2.4.12\" extension=\"{id}\"/>\
         <communicationFunctionRcv><device><id root=\"1.2.826.0.1285.0.2.0.107\" \
         extension=\"655159266510\"/></device></communicationFunctionRcv>\
         <communicationFunctionSnd><device><id root=\"1.2.826.0.1285.0.2.0.107\" \
         extension=\"276827251543\"/></device></communicationFunctionSnd><ControlActEvent>\
         <author1><AgentSystemSDS><agentSystemSDS><id root=\"1.2.826.0.1285.0.2.0.107\" \
         extension=\"276827251543\"/></agentSystemSDS></AgentSystemSDS></author1>\
         {content}</ControlActEvent></{id}>"
    )
}

fn query(parameters: &str) -> String {
    let content = format!(
        "<query><patient.id><value root=\"2.16.840.1.113883.2.1.4.1\" extension=\"9990000018\"/>\
         <semanticsText>patient.id</semanticsText></patient.id><response.Type><value code=\"01\" \
         codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.9\"/><semanticsText>response.Type\
         </semanticsText></response.Type><parameterList>{parameters}</parameterList></query>"
    );
    message(Interaction::RelationshipQuery, &content)
}

const USER: &str = "<userID><value root=\"1.2.826.0.1285.0.2.0.65\" extension=\"100180579988\"/>\
                    <semanticsText>userID</semanticsText></userID>";
const ROLE: &str = "<userRoleProfileID><value root=\"1.2.826.0.1285.0.2.0.67\" \
                    extension=\"100180580981\"/><semanticsText>role</semanticsText>\
                    </userRoleProfileID>";
const GROUP: &str = "<workgroupCode><value root=\"1.2.826.0.1285.0.2.0.109\" extension=\"W1\"/>\
                     <semanticsText>group</semanticsText></workgroupCode>";

fn read_query_of(message: &str) -> Result<RelationshipQuery, Invalid> {
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    read_query(&bare::read(doc.root()).expect("a sound wrapper"))
}

fn person(user: bool, role_profile: bool) -> RelationshipSubject {
    let id = |given: bool, id: &str| given.then(|| id.to_owned());
    RelationshipSubject::Person {
        user: id(user, "100180579988").map(|id| SdsUserId::parse(&id).expect("digits")),
        role_profile: id(role_profile, "100180580981")
            .map(|id| RoleProfileId::parse(&id).expect("digits")),
    }
}

fn group(code: &str) -> RelationshipSubject {
    RelationshipSubject::WorkGroup(code.to_owned())
}

fn known(subject: RelationshipSubject) -> LegitimateRelationship {
    LegitimateRelationship {
        id: MessageId::parse(OTHER_ID).expect("an id"),
        kind: "08".to_owned(),
        patient: patient(),
        subject,
        reason: Some("18".to_owned()),
        words: None,
        since: "2024-07-01T12:00:00Z".parse().expect("a time"),
        message: MessageId::parse(REQUEST_ID).expect("an id"),
    }
}

#[test]
fn queries_about_people_and_groups_are_read() {
    let other = mutate(GROUP, "W1", "W2");
    for (parameters, subject, work_groups) in [
        (format!("{USER}{ROLE}"), person(true, true), &[][..]),
        (USER.to_owned(), person(true, false), &[][..]),
        (ROLE.to_owned(), person(false, true), &[][..]),
        (GROUP.to_owned(), group("W1"), &[][..]),
        (format!("{GROUP}{other}"), group("W1"), &["W2"][..]),
        (format!("{USER}{GROUP}"), person(true, false), &["W1"][..]),
    ] {
        let read = read_query_of(&query(&parameters)).expect("valid");
        assert_eq!(read.patient, patient());
        assert!(!read.historic);
        assert_eq!(read.subject, subject);
        assert_eq!(read.work_groups, work_groups);
    }
    let historic = mutate(&query(USER), "code=\"01\"", "code=\"02\"");
    assert!(read_query_of(&historic).expect("valid").historic);
}

#[test]
fn every_check_of_a_query_is_made() {
    let sound = query_message();
    let many = GROUP.repeat(101);
    for (from, to, expected) in [
        (
            "2.16.840.1.113883.2.1.4.1",
            "2",
            "ErrorBase1712.INVALID_OID|PatientOID|2.16.840.1.113883.2.1.4.1",
        ),
        (
            "9990000018",
            "",
            "ErrorBase1712.MANDATORY_DATA_MISSING|Patient Id",
        ),
        (
            "response.Type>",
            "x>",
            "ErrorBase1733.MANDATORY_FIELD_MISSING|response.Type",
        ),
        (
            "code=\"01\"",
            "code=\"03\"",
            "ErrorBase1712.INVALID_FIELD_VALUE|responseType|[01 or 02]",
        ),
        (
            "17.9\"",
            "17.10\"",
            "ErrorBase1712.INVALID_OID|responseType|2.16.840.1.113883.2.1.3.2.4.17.9",
        ),
        (
            "<semanticsText>response.Type</semanticsText>",
            "",
            "ErrorBase1733.MANDATORY_FIELD_MISSING|response.Type.semanticsText",
        ),
        (
            "parameterList",
            "x",
            "ErrorBase1733.MANDATORY_FIELD_MISSING|ParameterList",
        ),
        (
            "1.2.826.0.1285.0.2.0.65",
            "1",
            "ErrorBase1712.INVALID_SUBJECT_USER_ID_MISSING|ParameterList.UserID",
        ),
        (
            "<semanticsText>userID</semanticsText>",
            "",
            "ErrorBase1733.MANDATORY_FIELD_MISSING|ParameterList.UserID.semanticsText",
        ),
        (
            "1.2.826.0.1285.0.2.0.67",
            "1",
            "ErrorBase1712.INVALID_OID|ParameterList.UserRoleProfileID|1.2.826.0.1285.0.2.0.67",
        ),
        (
            "100180580981",
            "",
            "ErrorBase1712.INVALID_SUBJECT_URPID_MISSING|ParameterList.UserRoleProfileID.value extension",
        ),
        (
            "extension=\"W1\"",
            "",
            "ErrorBase1733.MANDATORY_FIELD_MISSING|ParameterList.WorkgroupCode.value extension",
        ),
        (
            "W1",
            "1234567890123",
            "ErrorBase1712.WORKGROUP_ID_TOO_LONG|12",
        ),
        (
            GROUP,
            &many,
            "ErrorBase1712.INVALID_FIELD_VALUE|ParameterList.WorkgroupCode|[at most 100]",
        ),
    ] {
        let invalid = read_query_of(&mutate(&sound, from, to)).expect_err(expected);
        assert_eq!(invalid.to_string(), expected);
    }
    let nobody = read_query_of(&query("<x/>")).expect_err("about nobody");
    assert_eq!(
        nobody.to_string(),
        "ErrorBase1733.MANDATORY_FIELD_MISSING|ParameterList"
    );
}

#[test]
fn a_query_knows_what_it_asks_about() {
    let asked = read_query_of(&query(&format!("{USER}{GROUP}"))).expect("valid");
    for (subject, expected) in [
        (person(true, true), true),
        (person(true, false), true),
        (person(false, true), false),
        (group("W1"), true),
        (group("W2"), false),
        (RelationshipSubject::Organisation("W1".to_owned()), false),
    ] {
        assert_eq!(
            asked.asks_about(&known(subject.clone())),
            expected,
            "{subject:?}"
        );
    }
}

#[test]
fn answers_say_what_there_is() {
    let mut query = read_query_of(&query(USER)).expect("valid");
    let found = [known(person(true, true)), known(group("W1"))];
    let written = |query: &RelationshipQuery, found: &[LegitimateRelationship]| {
        with_answer(Interaction::RelationshipQuery, |parts| {
            text(&RelationshipAnswer { query, found }.write(parts))
        })
    };
    let short = written(&query, &found);
    let id = format!("<id root=\"2.16.840.1.113883.2.1.3.2.4.18.3\" extension=\"{OTHER_ID}\"/>");
    assert!(short.contains("<QUPC_IN060000UK32 xmlns=\"urn:hl7-org:v3\">"));
    assert_eq!(short.matches(&id).count(), 2);
    assert!(short.contains("queryResponseCode code=\"OK\""));
    assert!(!short.contains("reasonCode"));
    query.historic = true;
    let historic = written(&query, &found);
    assert!(historic.contains("reasonCode code=\"08\""));
    assert!(historic.contains("effectiveTime value=\"20240701130000\""));
    assert!(historic.contains("root=\"1.2.826.0.1285.0.2.0.109\" extension=\"W1\""));
    let none = written(&query, &[]);
    assert!(none.contains("queryResponseCode code=\"NF\"") && !none.contains("<subject"));
}

const CREATE: &str = "<subject><CreateRequest>\
    <reasonCode code=\"08\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.16.11\"/>\
    <effectiveTime value=\"20240601090000\"/>\
    <subject><AgentPersonSDS><id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"100180580981\"/>\
    <agentPersonSDS><id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"100180579988\"/>\
    </agentPersonSDS></AgentPersonSDS></subject>\
    <recordTarget><patient><id root=\"2.16.840.1.113883.2.1.4.1\" extension=\"9990000018\"/>\
    </patient></recordTarget>\
    <author><AgentPerson><id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"300180580981\"/>\
    <agentPersonSDS><id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"300180579988\"/>\
    </agentPersonSDS></AgentPerson></author>\
    <pertinentInformation><pertinentLRReason><text>asked  at the desk</text>\
    <reasonCode code=\"18\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.7\"/></pertinentLRReason>\
    </pertinentInformation>\
    <reason><justifyingAlertRequest><code code=\"True\" \
    codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.8\"/></justifyingAlertRequest></reason>\
    </CreateRequest></subject>";

/// The query for a person and a group, as it is sent.
pub(crate) fn query_message() -> String {
    query(&format!("{USER}{ROLE}{GROUP}"))
}

/// The request above, as it is sent.
pub(crate) fn create_message() -> String {
    message(Interaction::CreateRelationship, CREATE)
}

fn read_create_of(content: &str) -> Result<LegitimateRelationship, Invalid> {
    let message = message(Interaction::CreateRelationship, content);
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    let request = bare::read(doc.root()).expect("a sound wrapper");
    let id = MessageId::parse(OTHER_ID).expect("an id");
    let now = "2024-07-01T12:00:00Z".parse().expect("a time");
    read_create(&request, id, now)
}

/// What an organisation is written as.
fn organisation(root: &str, code: &str) -> String {
    format!(
        "<AgentOrgSDS><agentOrganizationSDS><id root=\"{root}\" extension=\"{code}\"/>\
         </agentOrganizationSDS></AgentOrgSDS>"
    )
}

/// The request with another subject.
fn with_subject(subject: &str) -> String {
    let start = CREATE.find("<AgentPersonSDS>").expect("a subject");
    let end = CREATE.find("</AgentPersonSDS>").expect("its end") + "</AgentPersonSDS>".len();
    format!("{}{subject}{}", &CREATE[..start], &CREATE[end..])
}

#[test]
fn requests_to_create_are_read() {
    let read = read_create_of(CREATE).expect("valid");
    let expected = LegitimateRelationship {
        words: Some("asked at the desk".to_owned()),
        since: "2024-06-01T08:00:00Z".parse().expect("a time"),
        ..known(person(true, true))
    };
    assert_eq!(read, expected);
    let without = mutate(CREATE, "<effectiveTime value=\"20240601090000\"/>", "");
    let read = read_create_of(&without).expect("valid");
    assert_eq!(read.since, "2024-07-01T12:00:00Z".parse().expect("a time"));
    for (root, subject) in [
        ("1.2.826.0.1285.0.2.0.109", group("W1")),
        (
            "1.2.826.0.1285.0.1.10",
            RelationshipSubject::Organisation("W1".to_owned()),
        ),
    ] {
        let read = read_create_of(&with_subject(&organisation(root, "W1"))).expect("valid");
        assert_eq!(read.subject, subject);
    }
    let start = CREATE.find("<AgentPerson>").expect("an author");
    let end = CREATE.find("</AgentPerson>").expect("its end") + "</AgentPerson>".len();
    let system = "<AgentDeviceSDS><agentDeviceSDS><id root=\"1.2.826.0.1285.0.2.0.107\" \
                  extension=\"276827251543\"/></agentDeviceSDS></AgentDeviceSDS>";
    let by_system = format!("{}{system}{}", &CREATE[..start], &CREATE[end..]);
    assert!(read_create_of(&by_system).is_ok());
    let kind = "reasonCode code=\"08\"";
    let automatic = mutate(CREATE, kind, "reasonCode code=\"11\"");
    let automatic = mutate(&automatic, "pertinentInformation", "other");
    let read = read_create_of(&automatic).expect("no reason is needed");
    assert_eq!((read.reason, read.words), (None, None));
}

#[test]
fn every_check_of_a_request_to_create_is_made() {
    let fault = |name: &str| format!("ErrorBase1712.{name}");
    for (from, to, expected) in [
        (
            "CreateRequest",
            "Hello",
            "ErrorBase1733.INVALID_REQUEST[missingCreateRequest]|".to_owned(),
        ),
        (
            "16.11",
            "16.12",
            fault("REASONCODE_OID[invalidReasonCodeCodeSystem]|"),
        ),
        (
            "code=\"08\"",
            "code=\"\"",
            fault("LR_TYPE_EMPTY[LR Type is empty]|"),
        ),
        (
            "code=\"08\"",
            "code=\"12\"",
            fault("INVALID_LRTYPE[invalid LR Type]|"),
        ),
        (
            "code=\"08\"",
            "code=\"8\"",
            fault("INVALID_LRTYPE[invalid LR Type]|"),
        ),
        (
            "20240601090000",
            "20240601",
            fault("INVALID_DATE_WITH_SUPP_INFO[effective time is of incorrect length]|"),
        ),
        (
            "<AgentPersonSDS>",
            "<AgentOrgSDS/><AgentPersonSDS>",
            fault("INVALID_SUBJECT_ELEMENT[eitherUserOrWorkgroup]|"),
        ),
        (
            "100180580981",
            "1",
            fault("INVALID_SUBJECT_URPID_MISSING[subjectUserRoleProfileIdMissing]|"),
        ),
        (
            "100180579988",
            "1",
            fault("INVALID_SUBJECT_USER_ID_MISSING[subjectUserIdMissing]|"),
        ),
        (
            "9990000018",
            "",
            fault("PATIENT_ID_EMPTY[recordTargetPatientEmpty]|"),
        ),
        (
            "9990000018",
            "99900000180",
            fault("PATIENT_ID_TOO_LONG[recordTargetPatientTooLong]|"),
        ),
        (
            "2.16.840.1.113883.2.1.4.1\"",
            "2\"",
            fault("INVALID_OID|PatientOID|"),
        ),
        (
            "AgentPerson>",
            "Agent>",
            fault("INVALID_AUTHOR_USER_SYSTEM_MISSING|"),
        ),
        (
            "<AgentPerson>",
            "<AgentDeviceSDS/><AgentPerson>",
            fault("INVALID_AUTHOR_USER_SYSTEM_MISSING|"),
        ),
        (
            " extension=\"300180580981\"",
            "",
            fault("INVALID_AUTHOR_USER_URPID_MISSING[authorRoleProfileIDMissing]|"),
        ),
        (
            "300180580981",
            "3001805809811",
            fault("INVALID_AUTHOR_USER_URPID_TOO_LONG[authorRoleProfileIDTooLong]|"),
        ),
        (
            " extension=\"300180579988\"",
            "",
            fault("INVALID_AUTHOR_USER_ID_MISSING[authorIDMissing]|"),
        ),
        (
            "300180579988",
            "3001805799888",
            fault("INVALID_AUTHOR_USER_ID_TOO_LONG[authorIDTooLong]|"),
        ),
        (
            "pertinentInformation",
            "other",
            fault("INVALID_REQUEST[lr reason must be provided]|"),
        ),
        (
            "pertinentLRReason",
            "other",
            fault("INVALID_REQUEST[lr reason must be provided]|"),
        ),
        (
            "<text>",
            "<text/><text>",
            fault("INVALID_REQUEST[lr reason text appears too many times]|"),
        ),
        (
            "17.7",
            "17.1",
            fault("INVALID_REQUEST[reason code is mandatory]|"),
        ),
        (
            "code=\"18\"",
            "",
            fault("INVALID_REQUEST[mandatory elements missing]|"),
        ),
        (
            "code=\"18\"",
            "code=\"22\"",
            fault("INVALID_REQUEST[mandatory elements missing]|"),
        ),
        (
            "code=\"True\"",
            "",
            fault("INVALID_REQUEST[reasonAlertCodeMissing]|"),
        ),
        (
            "17.8",
            "17.1",
            fault("INVALID_REQUEST[reasonAlertCodeSystemIncorrect]|"),
        ),
        (
            "<recordTarget>",
            "<recordTarget/><recordTarget>",
            fault("MANDATORY_DATA_MISSING|missing recordTarget"),
        ),
    ] {
        let invalid = read_create_of(&mutate(CREATE, from, to)).expect_err(&expected);
        let found = invalid.to_string();
        assert!(
            found.starts_with(&expected),
            "expected {expected}, found {found}"
        );
        assert_eq!(invalid.nhs_number, found.to_lowercase().contains("patient"));
    }
    for (root, code, expected) in [
        ("1.2.826.0.1285.0.2.0.109", "", "WORKGROUP_ID_EMPTY|"),
        (
            "1.2.826.0.1285.0.2.0.109",
            "1234567890123",
            "WORKGROUP_ID_TOO_LONG|12",
        ),
        (
            "1",
            "W1",
            "INVALID_REQUEST[subject agentOrganizationSDS id root attribute must be correct]|",
        ),
    ] {
        let invalid = read_create_of(&with_subject(&organisation(root, code))).expect_err(expected);
        assert!(
            invalid.to_string().starts_with(&fault(expected)),
            "{invalid}"
        );
    }
}

#[test]
fn a_confirmation_names_the_relationship() {
    let id = MessageId::parse(OTHER_ID).expect("an id");
    let created = Created { id: &id };
    let written = with_bare_answer(Interaction::CreateRelationship, |parts| {
        created.write(parts)
    });
    let doc = xml::Document::parse(&written).expect("well formed");
    assert_eq!(doc.root().name(), "REPC_IN020000UK13");
    let path = [
        "ControlActEvent",
        "subject",
        "CreationResponseConfirm",
        "id",
    ];
    let id = doc.root().path(xml::ns::HL7, &path).expect("an id");
    assert_eq!(id.attribute("extension"), Some(OTHER_ID));
    assert_eq!(
        id.attribute("root"),
        Some("2.16.840.1.113883.2.1.3.2.4.18.3")
    );
}
