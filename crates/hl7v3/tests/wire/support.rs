//! Our own world: one patient, one Spine, one client.

use domain::record::{
    DocumentAuthor, DocumentBytes, DocumentHeader, DocumentPointer, DocumentState, SummaryKind,
};
use domain::{Asid, DocumentId, Hl7Timestamp, JobRole, NhsNumber, RoleProfileId, SdsUserId};
use hl7v3::psis::{DissentOverride, DocumentListQuery, DocumentQuery, ListFilter, Selector};
use hl7v3::wrapper::Author;
use hl7v3::{AnswerParts, Interaction, ReplyTo, RequestParts};

pub(crate) const REQUEST_ID: &str = "12AC1810-8211-11E3-8AA7-00059A3C7800";
pub(crate) const ANSWER_ID: &str = "D9A09252-F18E-4D8D-8FBC-43A85005FD31";
pub(crate) const DOCUMENT_ID: &str = "03EEFE2E-796C-11E3-B681-00059A3C7800";
pub(crate) const OTHER_ID: &str = "6F7C0A52-5B55-4B0E-9D3B-7B7A2C0F4E11";
pub(crate) const SUMMARY: &str = include_str!("../examples/summary.xml");

pub(crate) fn patient() -> NhsNumber {
    NhsNumber::parse("9990000018").expect("valid")
}

pub(crate) fn asid(digits: &str) -> Asid {
    Asid::parse(digits).expect("digits")
}

pub(crate) fn document(id: &str) -> DocumentId {
    DocumentId::parse(id).expect("a UUID")
}

pub(crate) fn time(text: &str) -> Hl7Timestamp {
    Hl7Timestamp::parse(text).expect("a timestamp")
}

pub(crate) fn author() -> Author {
    Author {
        role_profile: RoleProfileId::parse("100180580981").expect("digits"),
        user: SdsUserId::parse("100180579988").expect("digits"),
        job_role: JobRole::parse("S0080:G0450:R5080").expect("a job role"),
    }
}

/// The parts of a request, whose author may be left out.
pub(crate) fn with_request<T>(
    author: Option<&Author>,
    then: impl FnOnce(&RequestParts<'_>) -> T,
) -> T {
    then(&RequestParts {
        id: REQUEST_ID,
        now: "2024-07-01T12:00:00Z".parse().expect("a time"),
        to: "https://spine.example/sync-service",
        from: "192.0.2.7",
        receiver: &asid("655159266510"),
        sender: &asid("276827251543"),
        author,
    })
}

pub(crate) fn reply_to(interaction: Interaction) -> ReplyTo {
    ReplyTo {
        form: hl7v3::soap::AnswerForm::Soap,
        message_id: format!("uuid:{REQUEST_ID}"),
        from: "192.0.2.7".to_owned(),
        interaction,
        hl7_id: REQUEST_ID.to_owned(),
        sender: asid("276827251543"),
    }
}

pub(crate) fn with_answer<T>(
    interaction: Interaction,
    then: impl FnOnce(&AnswerParts<'_>) -> T,
) -> T {
    then(&AnswerParts {
        id: ANSWER_ID,
        now: "2024-07-01T12:00:01Z".parse().expect("a time"),
        service_url: "https://spine.example/sync-service",
        asid: &asid("655159266510"),
        reply_to: &reply_to(interaction),
    })
}

pub(crate) fn list_query() -> DocumentListQuery {
    DocumentListQuery {
        patient: patient(),
        dissent_override: DissentOverride::none(),
        filter: ListFilter {
            from: Some(time("20000101000000")),
            to: Some(time("20240701130000")),
            ..ListFilter::default()
        },
    }
}

pub(crate) fn document_query() -> DocumentQuery {
    DocumentQuery {
        patient: patient(),
        dissent_override: DissentOverride::none(),
        selector: Selector::Document(document(DOCUMENT_ID)),
    }
}

pub(crate) fn pointer() -> DocumentPointer {
    DocumentPointer {
        filed_under: patient(),
        header: DocumentHeader {
            id: document(DOCUMENT_ID),
            kind: SummaryKind::Full,
            effective: time("20240630101500"),
            patient: patient(),
            author: DocumentAuthor {
                user: Some(author().user),
                role_profile: Some(author().role_profile),
                organisation: None,
                name: Some("Dr BARSTOW & Co".to_owned()),
                element: None,
            },
            replaces: None,
            marks: domain::record::Marks::default(),
        },
        stored_at: "2024-06-30T10:00:00Z".parse().expect("a time"),
        state: DocumentState::Normal,
        replaced_by: None,
        withdrawn_by: None,
        size: 10846,
        sha256: [0; 32],
    }
}

pub(crate) fn summary_bytes(source: &str) -> DocumentBytes {
    let parsed = xml::Document::parse(source.as_bytes()).expect("well formed");
    let found = hl7v3::gp_summary::find(&parsed);
    let slice = found.first().expect("a GP Summary").slice();
    DocumentBytes {
        bytes: slice.bytes.as_bytes().to_vec(),
        inherited: slice.inherited,
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Replaces exactly what is there, so that a mutation cannot silently do nothing.
pub(crate) fn mutate(message: &str, from: &str, to: &str) -> String {
    assert!(
        message.contains(from),
        "the message does not contain {from}"
    );
    message.replace(from, to)
}

/// Validates the interaction element of a SOAP message, or of a bare one, against the published
/// schema.
pub(crate) fn validate(message: &[u8], interaction: Interaction) {
    validate_as(message, interaction, interaction.id());
}

/// Validates a message of an interaction that has no schema against that of another: it is
/// renamed, and its `permissions`, which no schema knows, are taken out.
pub(crate) fn validate_as(message: &[u8], interaction: Interaction, schema: &str) {
    let doc = xml::Document::parse(message).expect("well formed");
    let element = doc
        .root()
        .descendants()
        .find(|element| element.is(xml::ns::HL7, interaction.id()))
        .expect("the interaction element");
    let mut source = element.source().to_owned();
    if schema != interaction.id() {
        source = source.replace(interaction.id(), schema);
        if let Some(permissions) = element.find(xml::ns::HL7, "permissions") {
            source = mutate(&source, permissions.source(), "");
        }
    }
    let path = format!("schemas/spine-mim/TightenedSchemas/{schema}.xsd");
    match testkit::xsd::validate(&path, source.as_bytes()) {
        testkit::xsd::Outcome::Valid | testkit::xsd::Outcome::Skipped => {}
        testkit::xsd::Outcome::Invalid(why) => panic!("{schema}: {why}\n{source}"),
    }
}

/// A message with the example in it, without what the example shares with real documents and the
/// schema forbids.
pub(crate) fn validatable(message: &[u8]) -> Vec<u8> {
    let without = mutate(&text(message), "<script>alert(1)</script>", "");
    mutate(&without, "<br/>", "").into_bytes()
}

/// The wrapper of a message without SOAP.
pub(crate) fn with_outgoing<T>(then: impl FnOnce(&hl7v3::wrapper::Outgoing<'_>) -> T) -> T {
    then(&hl7v3::wrapper::Outgoing {
        id: REQUEST_ID,
        now: "2024-07-01T12:00:00Z".parse().expect("a time"),
        receiver: &asid("655159266510"),
        sender: &asid("276827251543"),
    })
}

/// The message of a SOAP envelope, alone.
pub(crate) fn bare_of(message: &[u8], interaction: Interaction) -> String {
    let doc = xml::Document::parse(message).expect("well formed");
    let element = doc.root().find(xml::ns::HL7, interaction.id());
    element
        .expect("the interaction element")
        .source()
        .to_owned()
}

/// As [`with_answer`], for a request that came without SOAP.
pub(crate) fn with_bare_answer<T>(
    interaction: Interaction,
    then: impl FnOnce(&AnswerParts<'_>) -> T,
) -> T {
    let reply_to = ReplyTo {
        form: hl7v3::soap::AnswerForm::Bare,
        ..reply_to(interaction)
    };
    with_answer(interaction, |parts| {
        then(&AnswerParts {
            reply_to: &reply_to,
            ..*parts
        })
    })
}
