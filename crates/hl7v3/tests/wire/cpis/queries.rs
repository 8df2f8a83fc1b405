//! The query: written valid, read as it was, and read in whatever shape it comes.

use domain::CheckDigit;
use hl7v3::cpis::query::{self, Query};
use hl7v3::soap::{AnswerForm, read_request};
use hl7v3::{Interaction, bare};

use super::world::*;
use crate::support::*;

pub(crate) fn message() -> Vec<u8> {
    let query = query(person(), true);
    with_request(Some(&author()), |parts| query::write_request(parts, &query))
}

fn stub(query: &Query) -> String {
    text(&written(|w| query::write_stub(w, query)))
}

/// Reads a stub; what is wrong comes as text.
pub(crate) fn read_stub(source: &str) -> Result<Query, Vec<String>> {
    let doc = parsed(source.as_bytes());
    query::read(doc.root(), CheckDigit::Required)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

#[test]
fn a_stub_is_valid_and_reads_as_itself() {
    for author in [person(), device()] {
        for silent in [false, true] {
            let query = query(author.clone(), silent);
            let source = stub(&query);
            validate_element(source.as_bytes(), query::STUB, "QUPC_MT000006GB01");
            assert_eq!(read_stub(&source), Ok(query));
            let last = "<accessEventType value=\"false\"/></queryByParameter>";
            assert_eq!(source.contains(last), silent, "{source}");
            assert_eq!(source.contains("accessEventType"), silent);
        }
    }
}

#[test]
fn a_request_is_valid_and_reads_as_itself() {
    for silent in [false, true] {
        for person_of_control_act in [None, Some(author())] {
            let query = query(device(), silent);
            let written = with_request(person_of_control_act.as_ref(), |parts| {
                query::write_request(parts, &query)
            });
            validate_message(&written, Interaction::CpisQuery);
            let action = "urn:nhs:names:services:cpisquery/QUPC_IN000006GB01";
            let doc = parsed(&written);
            let request = read_request(&doc, Some(action)).expect("valid");
            assert_eq!(request.action, action);
            assert_eq!(request.interaction, Interaction::CpisQuery);
            assert_eq!(request.author, person_of_control_act);
            assert_eq!(request.sender, asid("276827251543"));
            assert_eq!(request.system, asid("276827251543"));
            let version = request.transmission.version_code.as_deref();
            assert_eq!(version, Some("v3INF_DMSv5.7:FIN"));
            let read = query::read_request(&request, CheckDigit::Required);
            assert_eq!(read, Ok(query));
        }
    }
}

#[test]
fn a_bare_request_is_the_same_message() {
    let query = query(person(), false);
    let written = with_outgoing(|out| query::write_bare(out, Some(&author()), &query));
    validate_message(&written, Interaction::CpisQuery);
    let soap = with_request(Some(&author()), |parts| query::write_request(parts, &query));
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let alone = format!("{declaration}{}", bare_of(&soap, Interaction::CpisQuery));
    assert_eq!(text(&written), alone);
    let doc = parsed(&written);
    let request = bare::read(doc.root()).expect("valid");
    assert_eq!(request.form, AnswerForm::Bare);
    assert_eq!(request.sender, asid("276827251543"));
    let read = query::read_request(&request, CheckDigit::Required);
    assert_eq!(read, Ok(query));
}

/// A stub as hospitals may send it: other prefixes, comments, any order, blanks.
#[test]
fn a_stub_is_read_whatever_its_form() {
    let source = "<h:CP-ISQueryStub xmlns:h='urn:hl7-org:v3'><!-- one -->
      <h:cP-ISNHSQuery>
        <h:queryByParameter>
          <h:accessEventType> True </h:accessEventType>
          <h:person.NHSnumber><h:value extension=' 9990000018 '/><!-- two --></h:person.NHSnumber>
        </h:queryByParameter>
        <h:author>
          <h:COCT_TP145102GB01.AssignedAuthor>
            <h:representedOrganization>
              <h:name>EXAMPLE
                EMERGENCY <!-- three -->DEPARTMENT</h:name>
              <h:id extension='RZZ01' root='2.16.840.1.113883.2.1.3.2.4.19.2'/>
            </h:representedOrganization>
            <h:assignedAuthorPerson><h:name use='L'>
              <h:family>Barstow</h:family><h:suffix>FRCEM</h:suffix>
              <h:given>Ada</h:given><h:prefix>Dr</h:prefix><h:given>Mary</h:given>
            </h:name></h:assignedAuthorPerson>
            <h:id root='1.2.826.0.1285.0.2.0.67' extension='222222222222'/>
            <h:id root='1.2.826.0.1285.0.2.0.65' extension='111111111111'/>
            <h:code displayName='Consultant &amp; lead' code='S0010:G0020:R0050'/>
          </h:COCT_TP145102GB01.AssignedAuthor>
        </h:author>
        <h:id root='1b0c0f02-7e6b-4c53-9c55-0d4b4e0c2a11'/>
        <h:effectiveTime value='20240701130000+0100'/>
      </h:cP-ISNHSQuery>
    </h:CP-ISQueryStub>";
    assert_eq!(read_stub(source), Ok(query(person(), false)));
}

/// Where it is, and in which form it says so.
#[test]
fn silence_is_heard_wherever_it_is_said() {
    let loud = stub(&query(person(), false));
    let places = [
        "<cP-ISNHSQuery>",
        "</author>",
        "<queryByParameter>",
        "</person.NHSnumber>",
        "</queryByParameter>",
    ];
    for (said, expected) in [
        ("<accessEventType value=\"false\"/>", Ok(true)),
        ("<accessEventType>false</accessEventType>", Ok(true)),
        ("<accessEventType> FALSE\n</accessEventType>", Ok(true)),
        (
            "<accessEventType><value value=\"false\"/></accessEventType>",
            Ok(true),
        ),
        ("<accessEventType value=\"0\"/>", Ok(true)),
        ("<accessEventType value=\"true\"/>", Ok(false)),
        ("<accessEventType>1</accessEventType>", Ok(false)),
        ("<accessEventType/>", Err("accessEventType missing (")),
        (
            "<accessEventType value=\"scheduled\"/>",
            Err("accessEventType invalid ("),
        ),
        (
            "<accessEventType value=\"true\"/><accessEventType value=\"false\"/>",
            Err("accessEventType given more than once ("),
        ),
    ] {
        for after in places {
            let source = mutate(&loud, after, &format!("{after}{said}"));
            match (read_stub(&source), expected) {
                (Ok(query), Ok(silent)) => assert_eq!(query.silent, silent, "{source}"),
                (Err(found), Err(start)) => {
                    assert_eq!(found.len(), 1);
                    assert!(found[0].starts_with(start), "{found:?}");
                }
                (found, _) => panic!("{found:?}: {source}"),
            }
        }
    }
    let elsewhere = mutate(
        &loud,
        "<person.NHSnumber>",
        "<person.NHSnumber><accessEventType value=\"false\"/>",
    );
    assert_eq!(read_stub(&elsewhere), Ok(query(person(), false)));
}

#[test]
fn an_ignored_check_digit_is_ignored() {
    let wrong = mutate(&stub(&query(person(), false)), "9990000018", "1234567895");
    let doc = parsed(wrong.as_bytes());
    let read = query::read(doc.root(), CheckDigit::Ignored).expect("read");
    assert_eq!(read.patient.as_str(), "1234567895");
}
