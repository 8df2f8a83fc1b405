//! Each part of a query that may be missing, and what is said then: Spine 2's checks by number.

use domain::CheckDigit;
use domain::cpis::Author;
use hl7v3::cpis::query;
use hl7v3::soap::read_request;
use hl7v3::{Interaction, RequestError, bare};

use super::queries::read_stub;
use super::world::*;
use crate::support::*;

fn stub(author: Author) -> String {
    text(&written(|w| query::write_stub(w, &query(author, false))))
}

/// Every fault of a stub, its place as the path alone.
fn check(source: &str, expected: &[(&str, &str)]) {
    let found = read_stub(source).expect_err("a fault");
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|fault| {
            let (what, place) = fault.split_once(" (").expect("a place");
            assert!(place.starts_with("line 1, column "), "{place}");
            let path = place.split_once("/CP-ISQueryStub").expect("a path").1;
            (what, path.strip_suffix(')').expect("an end"))
        })
        .collect();
    assert_eq!(found, expected, "{source}");
}

const Q: &str = "/cP-ISNHSQuery";

#[test]
fn each_missing_part_of_a_person_is_told() {
    let stub = stub(person());
    let template = "/cP-ISNHSQuery/author/COCT_TP145102GB01.AssignedAuthor";
    let in_template = |rest: &str| format!("{template}{rest}");
    let code = in_template("/code/@code");
    let title = in_template("/code/@displayName");
    let organisation = in_template("/representedOrganization/id/@extension");
    let name = in_template("/representedOrganization/name");
    let user = in_template("/id[@root='1.2.826.0.1285.0.2.0.65']/@extension");
    let number = format!("{Q}/queryByParameter/person.NHSnumber/value/@extension");
    let id = format!("{Q}/id/@root");
    let time = format!("{Q}/effectiveTime/@value");
    for (from, to, what, path) in [
        // 9
        (
            " root=\"1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11\"",
            "",
            "Event ID missing",
            &id,
        ),
        (
            "1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11",
            " ",
            "Event ID missing",
            &id,
        ),
        (
            "<id root=\"1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11\"/>",
            "",
            "Event ID missing",
            &id,
        ),
        (
            "1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11",
            "12",
            "Event ID invalid",
            &id,
        ),
        // The schema alone asks for a time.
        (
            "<effectiveTime value=\"20240701130000+0100\"/>",
            "",
            "Event Time missing",
            &time,
        ),
        ("20240701130000+0100", "noon", "Event Time invalid", &time),
        // 10
        ("9990000018", "", "NHS Number missing", &number),
        (
            "<value extension=\"9990000018\"/>",
            "",
            "NHS Number missing",
            &number,
        ),
        (
            "9990000018",
            "999000001",
            "NHS Number not ten digits",
            &number,
        ),
        (
            "9990000018",
            "999 000 0018",
            "NHS Number not ten digits",
            &number,
        ),
        (
            "9990000018",
            "9990000019",
            "NHS Number has a wrong check digit",
            &number,
        ),
        // 12
        (
            "code=\"S0010:G0020:R0050\" ",
            "",
            "Job Role Code missing",
            &code,
        ),
        (
            "displayName=\"Consultant &amp; lead\"",
            "",
            "Job Role Name missing",
            &title,
        ),
        (
            "extension=\"RZZ01\"",
            "extension=\"\"",
            "Organisation Code missing",
            &organisation,
        ),
        (
            "<name>EXAMPLE EMERGENCY DEPARTMENT</name>",
            "",
            "Organisation Name missing",
            &name,
        ),
        (
            "EXAMPLE EMERGENCY DEPARTMENT",
            "\n",
            "Organisation Name missing",
            &name,
        ),
        ("extension=\"111111111111\"", "", "authorID missing", &user),
        (
            "1.2.826.0.1285.0.2.0.65",
            "1.2.826.0.1285.0.2.0.66",
            "authorID missing",
            &user,
        ),
    ] {
        check(&mutate(&stub, from, to), &[(what, path)]);
    }
    let twice = mutate(
        &stub,
        "<value extension=\"9990000018\"/>",
        "<value extension=\"9990000018\"/><value extension=\"9990000026\"/>",
    );
    let place = format!("{Q}/queryByParameter/person.NHSnumber/value");
    check(&twice, &[("NHS Number given more than once", &place)]);
}

#[test]
fn each_missing_part_of_a_device_is_told() {
    let stub = stub(device());
    let template = "/cP-ISNHSQuery/author/COCT_TP145104GB01.System";
    let in_template = |rest: &str| format!("{template}{rest}");
    let system = in_template("/id[@root='1.2.826.0.1285.0.2.0.107']/@extension");
    let organisation = in_template("/maintainingOrganization/id/@extension");
    let name = in_template("/maintainingOrganization/name");
    let entity = in_template("/indirectAuthority/superiorAssignedEntity");
    let code = format!("{entity}/code/@code");
    let title = format!("{entity}/code/@displayName");
    let responsible = format!("{entity}/assignedPerson/name");
    for (from, to, what, path) in [
        // 13
        (
            "extension=\"200000000001\"",
            "",
            "authorDevice.systemID missing",
            &system,
        ),
        (
            "extension=\"RZZ01\"",
            "",
            "authorDevice.orgCode missing",
            &organisation,
        ),
        (
            "<name>EXAMPLE EMERGENCY DEPARTMENT</name>",
            "",
            "authorDevice.orgName missing",
            &name,
        ),
        // 14
        (
            "<name>Lead One</name>",
            "",
            "authorDevice.assignedPersonName missing",
            &responsible,
        ),
        (
            "<name>Lead Two</name>",
            "<name/>",
            "authorDevice.assignedPersonName missing",
            &responsible,
        ),
    ] {
        check(&mutate(&stub, from, to), &[(what, path)]);
    }
    // Both of the responsible have it.
    let without = mutate(&stub, "code=\"S0010:G0020:R0050\" ", "");
    let fault = ("authorDevice.jobRoleCode missing", code.as_str());
    check(&without, &[fault, fault]);
    let without = mutate(&stub, "displayName=\"Consultant &amp; lead\"", "");
    let fault = ("authorDevice.jobRoleName missing", title.as_str());
    check(&without, &[fault, fault]);
}

#[test]
fn an_author_is_a_person_or_a_device() {
    let stub = stub(person());
    let missing = "[authorPerson or authorDevice] missing";
    let author = "/cP-ISNHSQuery/author";
    // 11
    for (from, to) in [
        (
            "COCT_TP145102GB01.AssignedAuthor",
            "COCT_TP145102GB01.Somebody",
        ),
        ("<author>", "<author xmlns=\"urn:other\">"),
    ] {
        check(&mutate(&stub, from, to), &[(missing, author)]);
    }
    let system = "<COCT_TP145104GB01.System/>";
    let both = mutate(&stub, "</author>", &format!("{system}</author>"));
    let twice = "[authorPerson or authorDevice] given more than once";
    let place = "/cP-ISNHSQuery/author/COCT_TP145104GB01.System";
    check(&both, &[(twice, place)]);
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let source = "<CP-ISQueryStub xmlns=\"urn:hl7-org:v3\"/>";
    check(
        source,
        &[
            ("Event ID missing", "/cP-ISNHSQuery/id/@root"),
            (
                "NHS Number missing",
                "/cP-ISNHSQuery/queryByParameter/person.NHSnumber/value/@extension",
            ),
            (
                "[authorPerson or authorDevice] missing",
                "/cP-ISNHSQuery/author",
            ),
        ],
    );
    let template = "/cP-ISNHSQuery/author/COCT_TP145102GB01.AssignedAuthor";
    let source = "<CP-ISQueryStub xmlns=\"urn:hl7-org:v3\"><cP-ISNHSQuery><author>\
        <COCT_TP145102GB01.AssignedAuthor/></author></cP-ISNHSQuery></CP-ISQueryStub>";
    let at = |rest: &str| format!("{template}/{rest}");
    check(
        source,
        &[
            ("Event ID missing", "/cP-ISNHSQuery/id/@root"),
            ("Event Time missing", "/cP-ISNHSQuery/effectiveTime/@value"),
            (
                "NHS Number missing",
                "/cP-ISNHSQuery/queryByParameter/person.NHSnumber/value/@extension",
            ),
            ("Job Role Code missing", &at("code/@code")),
            ("Job Role Name missing", &at("code/@displayName")),
            (
                "Organisation Code missing",
                &at("representedOrganization/id/@extension"),
            ),
            (
                "Organisation Name missing",
                &at("representedOrganization/name"),
            ),
            (
                "authorID missing",
                &at("id[@root='1.2.826.0.1285.0.2.0.65']/@extension"),
            ),
        ],
    );
}

/// Every fault of a message in SOAP, by its names.
fn faults(message: &str) -> String {
    let doc = parsed(message.as_bytes());
    match read_request(&doc, None) {
        Err(RequestError::Issue { invalid, reply_to }) => {
            assert_eq!(reply_to.interaction, Interaction::CpisQuery);
            assert_eq!(
                invalid.issues_for(Interaction::CpisQuery).len(),
                invalid.each().count()
            );
            invalid.to_string()
        }
        Err(RequestError::Fault(fault)) => panic!("{fault}"),
        Ok(request) => match query::read_request(&request, CheckDigit::Required) {
            Ok(_) => String::new(),
            Err(invalid) => invalid.to_string(),
        },
    }
}

const WRAPPER: &str = "ErrorBase1732";
const MISSING: &str = "ErrorBase1712.MANDATORY_DATA_MISSING";

#[test]
fn each_rule_of_the_wrapper_has_its_fault() {
    let query = query(person(), false);
    let message = text(&with_request(None, |parts| {
        query::write_request(parts, &query)
    }));
    assert_eq!(faults(&message), "");
    let id = format!("<id root=\"{REQUEST_ID}\"/>");
    let in_body = |name: &str| {
        let start = message.find(&format!("<{name} typeCode")).expect(name);
        let end = format!("</{name}>");
        let length = message[start..].find(&end).expect("an end") + end.len();
        message[start..start + length].to_owned()
    };
    let receiver = in_body("communicationFunctionRcv");
    let sender = in_body("communicationFunctionSnd");
    let author = in_body("author1");
    let stop = "</QUPC_IN000006GB01>";
    for (from, to, fault) in [
        // 1
        (id.as_str(), "", "INVALID_ID|id/@root"),
        (&id, "<id root=\"\"/>", "INVALID_ID|id/@root"),
        (&id, &id.repeat(2), "INVALID_ID|id/@root"),
        // 2
        (
            "<creationTime value=\"20240701130000\"/>",
            "",
            "INVALID_CREATION_TIME|creationTime/@value",
        ),
        (
            "<creationTime value=\"20240701130000\"/>",
            "<creationTime/>",
            "INVALID_CREATION_TIME|creationTime/@value",
        ),
        // 3
        (
            "<versionCode code=\"v3INF_DMSv5.7:FIN\"/>",
            "",
            "INVALID_VERSION_CODE|versionCode/@code",
        ),
        (
            "v3INF_DMSv5.7:FIN",
            " ",
            "INVALID_VERSION_CODE|versionCode/@code",
        ),
        // 4
        (
            "extension=\"QUPC_IN000006GB01\"",
            "extension=\"QUPC_IN000006GB02\"",
            "INCONSISTENT_HL7_INTERACTION_ID|interactionId",
        ),
        (
            "2.16.840.1.113883.2.1.3.2.4.12",
            "2.16.840.1.113883.2.1.3.2.4.13",
            "INCONSISTENT_HL7_INTERACTION_ID|interactionId",
        ),
        // 5
        (
            &receiver,
            "",
            "INVALID_COMM_FUNC_RCV|communicationFunctionRcv",
        ),
        (
            &receiver,
            &receiver.repeat(2),
            "INVALID_COMM_FUNC_RCV|communicationFunctionRcv",
        ),
        (
            &receiver,
            &receiver.replace("655159266510", "655159266511"),
            "INCONSISTENT_COMM_FUNC_RCV|communicationFunctionRcv",
        ),
        // 6
        (
            &sender,
            &sender.replace("276827251543", ""),
            "INVALID_COMM_FUNC_SND|communicationFunctionSnd",
        ),
        (
            &sender,
            &sender.replace("276827251543", "276827251544"),
            "INCONSISTENT_COMM_FUNC_SND|communicationFunctionSnd",
        ),
        // 7
        (
            stop,
            "<ControlActEvent/></QUPC_IN000006GB01>",
            "INVALID_CONTROL_ACT|ControlActEvent",
        ),
    ] {
        let found = faults(&mutate(&message, from, to));
        let expected = format!("{WRAPPER}.{fault}");
        // Without a control act there is no author1 either.
        let expected = match fault.starts_with("INVALID_CONTROL_ACT") {
            true => format!("{expected}, {MISSING}|author1"),
            false => expected,
        };
        assert_eq!(found, expected);
    }
    // 8
    for to in ["", &author.repeat(2), &author.replace("276827251543", "")] {
        let found = faults(&mutate(&message, &author, to));
        assert_eq!(found, format!("{MISSING}|author1"));
    }
}

#[test]
fn wrapper_and_content_are_told_together() {
    let query = query(person(), false);
    let message = text(&with_request(None, |parts| {
        query::write_request(parts, &query)
    }));
    let message = mutate(&message, "v3INF_DMSv5.7:FIN", "");
    let message = mutate(&message, "20240701130000\"", "\"");
    let message = mutate(&message, "9990000018", "");
    let message = mutate(&message, "extension=\"111111111111\"", "");
    assert_eq!(
        faults(&message),
        format!(
            "{WRAPPER}.INVALID_CREATION_TIME|creationTime/@value, \
             {WRAPPER}.INVALID_VERSION_CODE|versionCode/@code, \
             {MISSING}|NHS Number, {MISSING}|authorID"
        )
    );
    let alone = bare_of(message.as_bytes(), Interaction::CpisQuery);
    let doc = parsed(alone.as_bytes());
    match bare::read(doc.root()) {
        Err(RequestError::Issue { invalid, .. }) => assert_eq!(invalid.each().count(), 4),
        other => panic!("{other:?}"),
    }
}

/// A message without a query lacks each of its parts, and one about a number that is none says so.
#[test]
fn content_alone_is_told_by_its_reader() {
    let query = query(person(), false);
    let message = text(&with_request(None, |parts| {
        query::write_request(parts, &query)
    }));
    let doc = parsed(message.as_bytes());
    let subject = doc.root().find(xml::ns::HL7, "subject").expect("a subject");
    let without = mutate(&message, subject.source(), "");
    assert_eq!(
        faults(&without),
        format!(
            "{MISSING}|Event ID, {MISSING}|NHS Number, {MISSING}|[authorPerson or authorDevice]"
        )
    );
    for (number, fault) in [
        ("9990000019", "check digit of NHS Number"),
        ("99900000", "NHS Number"),
    ] {
        let found = faults(&mutate(&message, "9990000018", number));
        assert_eq!(found, format!("ErrorBase1712.INVALID_DATA|{fault}"));
    }
}

/// Nobody is made to look for a hundred thousand places.
#[test]
fn a_hostile_number_of_faults_is_cut_short() {
    let authority = "<indirectAuthority/>";
    let stub = stub(device());
    let many = authority.repeat(30_000);
    let hostile = mutate(
        &stub,
        "<maintainingOrganization>",
        &format!("{many}<maintainingOrganization>"),
    );
    let found = read_stub(&hostile).expect_err("faults");
    assert_eq!(found.len(), 50);
}
