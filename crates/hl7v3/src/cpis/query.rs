//! The query: `CP-ISQueryStub` (QUPC_MT000006GB01), which a mini service gets as it is, and its
//! interaction QUPC_IN000006GB01, in SOAP or bare.

mod wrapper;

pub(crate) use wrapper::read_wrapper;

use domain::cpis::Author;
use domain::{CheckDigit, DocumentId, Hl7Timestamp, NhsNumber, NhsNumberError};
use xml::ns::HL7;
use xml::{Element, Writer};

use super::author;
use super::fault::{self, FaultKind, NHS_NUMBER, QueryFault};
use super::part::{Faults, NAMESPACES, part, parts};
use crate::lenient::normal;
use crate::soap::{self, RequestParts, SpineRequest};
use crate::wrapper::{Author as ControlActAuthor, Outgoing, write_send};
use crate::{Interaction, Invalid};

/// The stub's own name.
pub const STUB: &str = "CP-ISQueryStub";

const QUERY: &str = "cP-ISNHSQuery";
const EVENT_ID: &str = "Event ID";
const EVENT_TIME: &str = "Event Time";
const ACCESS_TYPE: &str = "accessEventType";

/// A question about a child or an expectant mother.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Its id (`cP-ISNHSQuery/id`): a UUID, upper case. An access in the history goes under it.
    pub id: String,
    /// When it was asked, as its author says.
    pub at: Hl7Timestamp,
    /// Who asks.
    pub author: Author,
    /// About whom.
    pub patient: NhsNumber,
    /// Whether the access stays out of the history and nobody is told: `accessEventType` is
    /// `false`, as scheduled care sends it. Its absence is no silence.
    pub silent: bool,
}

/// Reads a `CP-ISQueryStub`. Everything that Spine 2 would refuse is told at once, and what the
/// schema wants and Spine 2 does not look at: a UUID and a time.
pub fn read(stub: Element<'_, '_>, check: CheckDigit) -> Result<Query, Vec<QueryFault>> {
    let mut faults = Faults::default();
    match read_query(stub, check, &mut faults) {
        Some(query) if faults.0.is_empty() => Ok(query),
        _ => Err(faults.0),
    }
}

fn read_query(stub: Element<'_, '_>, check: CheckDigit, faults: &mut Faults) -> Option<Query> {
    let mut queries = parts(stub, QUERY);
    let query = queries.next();
    if let Some(second) = queries.next() {
        faults.add(second, "", FaultKind::Repeated, EVENT_ID);
        return None;
    }
    let Some(query) = query else {
        // Each of its parts is missing then.
        faults.add(stub, "cP-ISNHSQuery/id/@root", FaultKind::Missing, EVENT_ID);
        let number = "cP-ISNHSQuery/queryByParameter/person.NHSnumber/value/@extension";
        faults.add(stub, number, FaultKind::Missing, NHS_NUMBER);
        let author = "cP-ISNHSQuery/author";
        faults.add(stub, author, FaultKind::Missing, author::NEITHER);
        return None;
    };
    let id = read_id(query, faults);
    let at = read_time(query, faults);
    let patient = read_patient(query, check, faults);
    let author = author::read_in(query, faults);
    let silent = read_silent(query, faults);
    Some(Query {
        id: id?,
        at: at?,
        author: author?,
        patient: patient?,
        silent: silent?,
    })
}

fn read_id(query: Element<'_, '_>, faults: &mut Faults) -> Option<String> {
    let root = faults.attribute(query, &["id"], "root", EVENT_ID)?;
    let id = DocumentId::parse(root).ok();
    if id.is_none() {
        faults.add(query, "id/@root", FaultKind::Invalid, EVENT_ID);
    }
    id.map(|id| id.as_str().to_ascii_uppercase())
}

fn read_time(query: Element<'_, '_>, faults: &mut Faults) -> Option<Hl7Timestamp> {
    let value = faults.attribute(query, &["effectiveTime"], "value", EVENT_TIME)?;
    let time = Hl7Timestamp::parse(value).ok();
    if time.is_none() {
        faults.add(
            query,
            "effectiveTime/@value",
            FaultKind::Invalid,
            EVENT_TIME,
        );
    }
    time
}

fn read_patient(
    query: Element<'_, '_>,
    check: CheckDigit,
    faults: &mut Faults,
) -> Option<NhsNumber> {
    let path = ["queryByParameter", "person.NHSnumber", "value"];
    let number = faults.attribute(query, &path, "extension", NHS_NUMBER)?;
    let kind = match check.parse(number) {
        Ok(number) => return Some(number),
        Err(NhsNumberError::CheckDigit) => FaultKind::NumberCheckDigit,
        Err(_) => FaultKind::NumberShape,
    };
    let below = format!("{}/@extension", path.join("/"));
    faults.add(query, &below, kind, NHS_NUMBER);
    None
}

/// Where `accessEventType` stands, and whether it holds its value or its text, is not published in
/// any schema, so it is taken wherever it may be meant. What it says must be clear.
fn read_silent(query: Element<'_, '_>, faults: &mut Faults) -> Option<bool> {
    let parameters = part(query, "queryByParameter");
    let places = std::iter::once(query).chain(parameters);
    let mut found = places.flat_map(|place| parts(place, ACCESS_TYPE));
    let Some(only) = found.next() else {
        return Some(false);
    };
    if let Some(second) = found.next() {
        faults.add(second, "", FaultKind::Repeated, ACCESS_TYPE);
        return None;
    }
    let nested = part(only, "value").and_then(|value| value.attribute("value"));
    let said = only.attribute("value").or(nested);
    let said = said.map_or_else(|| normal(&only.deep_text()), normal);
    match said.to_ascii_lowercase().as_str() {
        "false" | "0" => Some(true),
        "true" | "1" => Some(false),
        "" => {
            faults.add(only, "", FaultKind::Missing, ACCESS_TYPE);
            None
        }
        _ => {
            faults.add(only, "", FaultKind::Invalid, ACCESS_TYPE);
            None
        }
    }
}

/// Writes a `CP-ISQueryStub` in the order of the schema. A silent query says so last among its
/// parameters, which the published schema, older than silence, does not know.
pub fn write_stub(w: &mut Writer, query: &Query) {
    w.element(STUB, &NAMESPACES, |w| {
        w.element(QUERY, &[], |w| {
            write_access(w, &query.at, &query.id, &query.author);
            w.element("queryByParameter", &[], |w| {
                write_number(w, &query.patient);
                if query.silent {
                    w.empty(ACCESS_TYPE, &[("value", "false")]);
                }
            });
        });
    });
}

/// What a query and an access in the history begin with.
pub(crate) fn write_access(w: &mut Writer, at: &Hl7Timestamp, id: &str, author: &Author) {
    w.empty("effectiveTime", &[("value", at.as_str())]);
    w.empty("id", &[("root", id)]);
    w.element("author", &[], |w| author::write(w, author));
}

/// Whom it is about.
pub(crate) fn write_number(w: &mut Writer, patient: &NhsNumber) {
    w.element("person.NHSnumber", &[], |w| {
        w.empty("value", &[("extension", patient.as_str())]);
    });
}

/// Reads the query of a request that came as QUPC_IN000006GB01, in SOAP or bare.
pub fn read_request(request: &SpineRequest<'_, '_>, check: CheckDigit) -> Result<Query, Invalid> {
    read_message(request.message, check).map_err(|faults| {
        fault::invalid(&faults).unwrap_or_else(|| Invalid::new(fault::MISSING, STUB))
    })
}

fn read_message(message: Element<'_, '_>, check: CheckDigit) -> Result<Query, Vec<QueryFault>> {
    let subject = message.path(HL7, &["ControlActEvent", "subject"]);
    match subject.and_then(|subject| subject.child(HL7, STUB)) {
        Some(stub) => read(stub, check),
        // The nearest there is: nothing of the query is below it.
        None => read(subject.unwrap_or(message), check),
    }
}

/// Writes the request in SOAP, as a client or a mini service sends it. The query becomes the access
/// record, so a mini service passes its client's query on as it is, under a message id of its own.
pub fn write_request(parts: &RequestParts<'_>, query: &Query) -> Vec<u8> {
    soap::write_request(parts, Interaction::CpisQuery, |w| {
        write_message(w, &parts.outgoing(), parts.author, query);
    })
}

/// Writes the request alone, for ebXML.
pub fn write_bare(out: &Outgoing<'_>, author: Option<&ControlActAuthor>, query: &Query) -> Vec<u8> {
    let mut w = Writer::with_capacity(4096);
    w.declaration();
    write_message(&mut w, out, author, query);
    w.finish()
}

fn write_message(
    w: &mut Writer,
    out: &Outgoing<'_>,
    author: Option<&ControlActAuthor>,
    query: &Query,
) {
    write_send(w, Interaction::CpisQuery, out, author, |w| {
        w.element("subject", &[("typeCode", "SUBJ")], |w| write_stub(w, query));
    });
}
