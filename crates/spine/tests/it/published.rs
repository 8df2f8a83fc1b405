//! Uploads as they are published, and as the public adaptor puts them on the wire.

#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

use domain::NhsNumber;
use hl7v3::Interaction;
use store::Store;

use crate::gp_system::psis;
use crate::reliable::support::{Post, World, line};
use crate::requests::{CLIENT_ASID, SPINE_ASID};

const UUID: &str = "0A9FE6F7-0D7C-4B7A-9C0B-6B1C6F1F1D01";

fn file(test: &str, name: &str) -> Option<String> {
    let path = testkit::vectors_or_skip(test, name)?;
    let bytes = std::fs::read(path).expect("the vector can be read");
    Some(String::from_utf8(bytes).expect("the vector is text"))
}

/// As the adaptor writes it: LF line ends, a bare start parameter, and a stray header.
fn as_the_adaptor(post: &Post) -> Post {
    let body = String::from_utf8(post.body.clone()).expect("text");
    Post {
        body: body.replace("\r\n", "\n").into_bytes(),
        content_type: "multipart/related; boundary=\"--=_MIME-Boundary\"; type=text/xml; \
             start=ebXMLHeader@spine.nhs.uk"
            .to_owned(),
        ..post.clone()
    }
}

/// Sends it, and gives the codes of its answer.
async fn codes(world: &World, post: &Post) -> String {
    world.env.advance(jiff::SignedDuration::from_secs(1));
    let response = line(&world.send(post).await);
    assert!(response.starts_with("202 "), "{response}");
    world.answers().await.last().expect("an answer").line()
}

#[tokio::test]
async fn the_adaptor_s_upload_is_taken() {
    let test = "the_adaptor_s_upload_is_taken";
    let Some(template) = file(test, "mhs/request-templates/REPC_IN150016UK05.mustache") else {
        return;
    };
    let hl7 = template
        .replace("{{uuid}}", UUID)
        .replace("{{timestamp}}", "20261120101112")
        .replace("{{asid}}", CLIENT_ASID)
        .replace("{{patient_nhs_number}}", "9446245796")
        .replace("227319907548", SPINE_ASID);
    let world = World::new();
    let post = as_the_adaptor(&psis(Interaction::Summary, UUID, &hl7));
    assert_eq!(codes(&world, &post).await, "MCCI_IN010000UK13 AA");
    let patient = NhsNumber::parse("9446245796").expect("a number");
    let id = domain::DocumentId::parse(UUID).expect("an id");
    let record = world.store.inner.patient_record(patient, Some(id)).await;
    let bytes = record
        .expect("a record")
        .document
        .expect("the document")
        .bytes;
    let document = String::from_utf8(bytes).expect("text");
    assert!(
        document.starts_with("<GPSummary ") && hl7.contains(&document),
        "untouched"
    );
    // The same again is the same; the same document in another message is a duplicate.
    let before = world.answers().await.len();
    world.send(&post).await;
    assert_eq!(world.answers().await.len(), before);
}

#[tokio::test]
async fn published_summaries_are_taken_one_after_the_other() {
    let test = "published_summaries_are_taken_one_after_the_other";
    let name = |kind: &str| format!("spine-scr/gp-summary/REPC_IN150016UK05_{kind}.xml");
    let first = file(test, &name("cleanSummaryUpdate"));
    let second = file(test, &name("replacementOf"));
    let (Some(first), Some(second)) = (first, second) else {
        return;
    };
    let (wrapper, document) = (
        "BDE9311B-82A2-422F-9D7E-D0C991A57816",
        "938E11A2-B044-4933-AF36-123C95D6106A",
    );
    let replaced = "A05B9416-F700-48F1-99D8-98874D3406B9";
    let as_ours = |hl7: &str| hl7.replace("511736638012", CLIENT_ASID);
    let world = World::new();
    let post = |hl7: &str, message: &str| psis(Interaction::Summary, message, hl7);
    // The first under the id that the second says it replaces.
    let unknown = as_ours(&second);
    let refused = codes(&world, &post(&unknown, UUID)).await;
    assert_eq!(refused, "MCCI_IN010000UK13 AE 410 30308");
    let first = as_ours(&first)
        .replace(document, replaced)
        .replace(wrapper, "BDE9311B-82A2-422F-9D7E-D0C991A57817");
    let message = "BDE9311B-82A2-422F-9D7E-D0C991A57817";
    let accepted = "MCCI_IN010000UK13 AA";
    assert_eq!(
        codes(&world, &as_the_adaptor(&post(&first, message))).await,
        accepted
    );
    let second = as_ours(&second).replace(wrapper, "BDE9311B-82A2-422F-9D7E-D0C991A57818");
    let message = "BDE9311B-82A2-422F-9D7E-D0C991A57818";
    assert_eq!(codes(&world, &post(&second, message)).await, accepted);
    let patient = NhsNumber::parse("9446245796").expect("a number");
    let record = world
        .store
        .inner
        .patient_record(patient, None)
        .await
        .expect("a record");
    let states: Vec<_> = record
        .documents
        .iter()
        .map(|d| (d.header.id.as_str(), d.state.display_name()))
        .collect();
    assert!(states.contains(&(document, "Normal")), "{states:?}");
    assert!(states.contains(&(replaced, "Replaced")), "{states:?}");
}
