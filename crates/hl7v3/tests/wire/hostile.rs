//! Nothing that comes in makes a reader panic.

use domain::CheckDigit;
use hl7v3::acs::{self, PermissionsQuery};
use hl7v3::psis::{self, DocumentAnswer, ListAnswer, event};
use hl7v3::soap::{SoapFault, SpineRequest, read_request};
use hl7v3::{Interaction, alert, bare, cpis, gp_summary, issue, relationship, upload, withdrawal};
use proptest::prelude::*;

use crate::support::*;

/// Runs the reader of every interaction over a request.
fn read_request_everyhow(request: &SpineRequest<'_, '_>) {
    let _ = psis::read_list_query(request);
    let _ = psis::read_document_query(request);
    let _ = event::read_event_list_query(request);
    let _ = event::read_event_query(request);
    let _ = acs::read_query(request);
    let _ = acs::read_has(request);
    let _ = acs::read_set(request);
    let _ = upload::read(request);
    let _ = withdrawal::read(request);
    let _ = relationship::read_query(request);
    let _ = cpis::query::read_request(request, CheckDigit::Required);
    let _ = cpis::pull::read_request(request);
    let id = request.transmission.id.clone();
    let _ = relationship::read_create(request, id, jiff::Timestamp::UNIX_EPOCH);
}

/// Runs every reader over some bytes.
fn read_everything(bytes: &[u8]) {
    let Ok(doc) = xml::Document::parse(bytes) else {
        return;
    };
    if let Ok(request) = read_request(&doc, None) {
        read_request_everyhow(&request);
    }
    if let Ok(request) = bare::read(doc.root()) {
        read_request_everyhow(&request);
    }
    let _ = SoapFault::read(&doc);
    let _ = psis::read_list_answer(&doc);
    let _ = psis::read_document_answer(&doc);
    let _ = event::read_event_list_answer(&doc);
    let _ = event::read_event_answer(&doc);
    let _ = acs::read_answer(&doc);
    let _ = acs::read_has_answer(&doc);
    let _ = acs::read_set_answer(&doc);
    let _ = alert::read(doc.root());
    let named = |name| doc.root().descendants().find(|it| it.name() == name);
    let stub = named(cpis::query::STUB).unwrap_or_else(|| doc.root());
    let _ = cpis::query::read(stub, CheckDigit::Ignored);
    let _ = named("author").map(cpis::author::read);
    let _ = cpis::pull::read(doc.root());
    let _ = cpis::reply::read(&doc);
    for notices in cpis::pull::Notices::ALL {
        let _ = cpis::pull::read_answer(&doc, notices);
    }
    let _ = issue::read_issues(doc.root());
    let _ = issue::read_acknowledgement(doc.root());
    for summary in gp_summary::find(&doc).into_iter().chain([doc.root()]) {
        let _ = gp_summary::header(summary);
        let _ = gp_summary::sections(summary);
        let _ = gp_summary::presentation(summary).map(gp_summary::blocks);
        let _ = gp_summary::blocks(summary);
    }
}

fn messages() -> Vec<Vec<u8>> {
    let bytes = summary_bytes(SUMMARY);
    let pointer = pointer();
    let answer = DocumentAnswer {
        pointer: &pointer,
        bytes: &bytes,
    };
    let entries = [pointer.clone()];
    let list = ListAnswer {
        patient: &patient(),
        entries: &entries,
    };
    let query = PermissionsQuery::all(patient());
    let consent = domain::Consent::both(domain::ConsentSetting::No);
    let permissions = acs::PermissionsAnswer {
        query: &query,
        consent,
    };
    vec![
        with_request(Some(&author()), |parts| {
            psis::write_list_query(parts, &list_query())
        }),
        with_request(Some(&author()), |parts| {
            psis::write_document_query(parts, &document_query())
        }),
        with_request(Some(&author()), |parts| acs::write_query(parts, &query)),
        with_answer(Interaction::DocumentQuery, |parts| answer.write(parts)),
        with_answer(Interaction::DocumentListQuery, |parts| list.write(parts)),
        with_answer(Interaction::PermissionsQuery, |parts| {
            permissions.write(parts)
        }),
        SoapFault::not_supported().write(),
        crate::acs::set_request(acs::NewSetting::No).into_bytes(),
        crate::acs::has_request().into_bytes(),
        crate::alerts::written(&crate::alerts::alert()).into_bytes(),
        crate::events::list_message(),
        crate::events::event_message(),
        crate::uploads::written(Interaction::Summary, SUMMARY).into_bytes(),
        crate::withdrawals::message().into_bytes(),
        crate::relationships::query_message().into_bytes(),
        crate::relationships::create_message().into_bytes(),
        crate::cpis::queries::message(),
        crate::cpis::answers::message(),
        crate::cpis::pulls::message(),
    ]
}

/// How many messages there are.
const MESSAGES: usize = 19;

#[test]
fn every_message_is_tried() {
    assert_eq!(messages().len(), MESSAGES);
}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        read_everything(&bytes);
    }

    #[test]
    fn arbitrary_values(
        which in 0..MESSAGES,
        at in any::<proptest::sample::Index>(),
        value in "[^<&\"]{0,60}",
    ) {
        let message = text(&messages()[which]);
        let values: Vec<usize> = message.match_indices("=\"").map(|(at, _)| at + 2).collect();
        let start = values[at.index(values.len())];
        let end = start + message[start..].find('"').expect("an end");
        read_everything(format!("{}{value}{}", &message[..start], &message[end..]).as_bytes());
    }

    #[test]
    fn elements_lost_or_renamed(which in 0..MESSAGES, at in any::<proptest::sample::Index>()) {
        let message = text(&messages()[which]);
        let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
        let elements: Vec<_> = doc.root().descendants().skip(1).collect();
        let range = elements[at.index(elements.len())].range();
        let (before, after) = (&message[..range.start], &message[range.end..]);
        read_everything(format!("{before}{after}").as_bytes());
        read_everything(format!("{before}<x/>{after}").as_bytes());
        let twice = message[range.clone()].repeat(2);
        read_everything(format!("{before}{twice}{after}").as_bytes());
    }
}
