//! The queries: read with every check of Spine 2, written in the order of the schemas.

use domain::{DocumentId, Hl7Timestamp, NhsNumber, oid};
use xml::ns::HL7;
use xml::{Element, Writer};

use super::{DissentOverride, DocumentListQuery, DocumentQuery, ListFilter, Selector};
use crate::lenient::normal;
use crate::soap::{self, AnswerForm, RequestParts, SpineRequest};
use crate::wrapper::write_send;
use crate::{Interaction, Invalid};

pub(super) const FIELD_MISSING: &str = "ErrorBase1733.MANDATORY_FIELD_MISSING";
const FILTER_MISSING: &str = "ErrorBase1733.MANDATORY_FILTER_PARAMETER_MISSING";
const NOT_TOGETHER: &str = "ErrorBase1733.SET_ID_NOT_ALLOWED_WITH_OTHER_PARAMS";

/// The beginning of time for a filter that names only an end: what published clients send.
const EARLIEST: &str = "20000101000000";

/// Reads a list query.
pub fn read_list_query(request: &SpineRequest<'_, '_>) -> Result<DocumentListQuery, Invalid> {
    let query = Query::of(request)?;
    Ok(DocumentListQuery {
        patient: query.patient,
        dissent_override: query.dissent_override,
        filter: read_list_filter(query.filter, request.form)?,
    })
}

/// Reads a document query.
pub fn read_document_query(request: &SpineRequest<'_, '_>) -> Result<DocumentQuery, Invalid> {
    let query = Query::of(request)?;
    Ok(DocumentQuery {
        patient: query.patient,
        dissent_override: query.dissent_override,
        selector: read_selector(query.filter)?,
    })
}

/// What both queries share.
struct Query<'d, 'i> {
    patient: NhsNumber,
    dissent_override: DissentOverride,
    filter: Element<'d, 'i>,
}

impl<'d, 'i> Query<'d, 'i> {
    fn of(request: &SpineRequest<'d, 'i>) -> Result<Self, Invalid> {
        let (query, dissent_override) = open(request)?;
        let filter = query
            .one(HL7, "filterParameters")
            .map_err(|_| Invalid::new(FIELD_MISSING, "filterParameters"))?;
        Ok(Self {
            patient: read_patient(query)?,
            dissent_override,
            filter,
        })
    }
}

/// The query of a request, and whether it overrides dissent; an override must be somebody's.
pub(super) fn open<'d, 'i>(
    request: &SpineRequest<'d, 'i>,
) -> Result<(Element<'d, 'i>, DissentOverride), Invalid> {
    let query = request
        .message
        .path(HL7, &["ControlActEvent", "query"])
        .ok_or_else(|| Invalid::new(FIELD_MISSING, "query"))?;
    let dissent_override = read_dissent_override(query)?;
    if dissent_override.overrides() && request.author.is_none() {
        let rule = "an author must be given with a dissent override";
        return Err(Invalid::new(
            "ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID",
            rule,
        ));
    }
    Ok((query, dissent_override))
}

fn read_dissent_override(query: Element<'_, '_>) -> Result<DissentOverride, Invalid> {
    let missing = || Invalid::new(FIELD_MISSING, "dissentOverride");
    let value = query
        .one(HL7, "dissentOverride")
        .and_then(|parameter| parameter.one(HL7, "value"))
        .map_err(|_| missing())?;
    if value.attribute("codeSystem") != Some(oid::DISSENT_OVERRIDE) {
        return Err(missing());
    }
    let code = match value.required("code").map_err(|_| missing())? {
        "0" => 0,
        "1" => 1,
        "2" => 2,
        "3" => 3,
        "4" => 4,
        "5" => 5,
        // An override nobody defined must not open a record.
        _ => {
            let rule = "dissentOverride|[0 to 5]";
            return Err(Invalid::new("ErrorBase1733.INVALID_FIELD_VALUE", rule));
        }
    };
    Ok(DissentOverride {
        code,
        display_name: value.attribute("displayName").map(str::to_owned),
        original_text: value
            .child(HL7, "originalText")
            .map(|text| normal(&text.deep_text())),
    })
}

pub(super) fn read_patient(query: Element<'_, '_>) -> Result<NhsNumber, Invalid> {
    let invalid = || Invalid::nhs_number(FIELD_MISSING, "nhsNumber");
    let value = query
        .one(HL7, "nHSNumber")
        .and_then(|parameter| parameter.one(HL7, "value"))
        .map_err(|_| invalid())?;
    if value.attribute("root") != Some(oid::NHS_NUMBER) {
        return Err(invalid());
    }
    NhsNumber::parse(value.attribute("extension").unwrap_or_default()).map_err(|_| invalid())
}

/// The set parameter: the schema calls it `setId`, Spine 2 tests `setID`.
fn set_parameters<'d, 'i>(filter: Element<'d, 'i>) -> Vec<Element<'d, 'i>> {
    filter
        .children_named(HL7, "setId")
        .chain(filter.children_named(HL7, "setID"))
        .collect()
}

/// Without any parameter everything is wanted; Spine 2 takes that in ebXML only.
fn read_list_filter(filter: Element<'_, '_>, form: AnswerForm) -> Result<ListFilter, Invalid> {
    let sets = set_parameters(filter);
    let dates: Vec<_> = filter.children_named(HL7, "date").collect();
    let types: Vec<_> = filter.children_named(HL7, "documentType").collect();
    match (sets.as_slice(), dates.as_slice(), types.as_slice()) {
        ([set], [], []) => {
            let set_id = Some(read_uuid(*set, "missingSetID")?);
            Ok(ListFilter {
                set_id,
                ..ListFilter::default()
            })
        }
        ([], [], []) if form == AnswerForm::Bare => Ok(ListFilter::default()),
        ([], [], []) => Err(Invalid::new(NOT_TOGETHER, "no filter parameter is given")),
        ([], [_] | [], [_] | []) => read_date_and_type(dates.first(), types.first()),
        _ => {
            let rule = "setId alone, or date or documentType at most once each";
            Err(Invalid::new(NOT_TOGETHER, rule))
        }
    }
}

fn read_date_and_type(
    date: Option<&Element<'_, '_>>,
    document_type: Option<&Element<'_, '_>>,
) -> Result<ListFilter, Invalid> {
    let mut filter = ListFilter::default();
    if let Some(date) = date {
        filter.from = Some(read_bound(*date, "low", "missingLow")?);
        filter.to = Some(read_bound(*date, "high", "missingHigh")?);
    }
    if let Some(document_type) = document_type {
        let value = document_type.child(HL7, "value");
        let attribute = |name: &str, sub_code: &str| {
            value
                .and_then(|value| value.required(name).ok())
                .map(str::to_owned)
                .ok_or_else(|| Invalid::new(FILTER_MISSING, sub_code))
        };
        let code = attribute("code", "missingDocumentTypeCode")?;
        filter.document_type = Some((
            code,
            attribute("codeSystem", "missingDocumentTypeCodeSystem")?,
        ));
    }
    Ok(filter)
}

fn read_bound(
    date: Element<'_, '_>,
    bound: &'static str,
    sub_code: &str,
) -> Result<Hl7Timestamp, Invalid> {
    date.path(HL7, &["value", bound])
        .and_then(|bound| bound.attribute("value"))
        .and_then(|time| Hl7Timestamp::parse(time).ok())
        .ok_or_else(|| Invalid::new(FILTER_MISSING, sub_code))
}

fn read_selector(filter: Element<'_, '_>) -> Result<Selector, Invalid> {
    let documents: Vec<_> = filter.children_named(HL7, "documentID").collect();
    let sets = set_parameters(filter);
    match (documents.as_slice(), sets.as_slice()) {
        ([document], []) => Ok(Selector::Document(read_uuid(
            *document,
            "missingDocumentID",
        )?)),
        ([], [set]) => Ok(Selector::Set(read_uuid(*set, "missingSetID")?)),
        _ => Err(Invalid::new(
            NOT_TOGETHER,
            "exactly one of documentID and setId must be given",
        )),
    }
}

fn read_uuid(parameter: Element<'_, '_>, sub_code: &str) -> Result<DocumentId, Invalid> {
    parameter
        .child(HL7, "value")
        .and_then(|value| value.attribute("root"))
        .and_then(|root| DocumentId::parse(root.trim()).ok())
        .ok_or_else(|| Invalid::new(FILTER_MISSING, sub_code))
}

/// Writes a list query as a client sends it. A filter that names only one end of a period gets
/// the other: the year 2000, or now.
pub fn write_list_query(parts: &RequestParts<'_>, query: &DocumentListQuery) -> Vec<u8> {
    let now = Hl7Timestamp::from_instant(parts.now);
    let filter = &query.filter;
    write(
        parts,
        Interaction::DocumentListQuery,
        &query.dissent_override,
        &query.patient,
        |w| {
            if filter.from.is_some() || filter.to.is_some() {
                let low = filter.from.as_ref().map_or(EARLIEST, Hl7Timestamp::as_str);
                let high = filter.to.as_ref().unwrap_or(&now).as_str();
                parameter(w, "date", "Date", |w| {
                    w.element("value", &[], |w| {
                        w.empty("low", &[("value", low)]);
                        w.empty("high", &[("value", high)]);
                    });
                });
            }
            if let Some((code, system)) = &filter.document_type {
                let attributes = [("code", code.as_str()), ("codeSystem", system.as_str())];
                parameter(w, "documentType", "DocumentType", |w| {
                    w.empty("value", &attributes)
                });
            }
            if let Some(set_id) = &filter.set_id {
                uuid_parameter(w, "setId", "SetId", set_id);
            }
        },
    )
}

/// Writes a document query as a client sends it.
pub fn write_document_query(parts: &RequestParts<'_>, query: &DocumentQuery) -> Vec<u8> {
    write(
        parts,
        Interaction::DocumentQuery,
        &query.dissent_override,
        &query.patient,
        |w| match &query.selector {
            Selector::Document(id) => uuid_parameter(w, "documentID", "DocumentID", id),
            Selector::Set(id) => uuid_parameter(w, "setId", "SetId", id),
        },
    )
}

fn write(
    parts: &RequestParts<'_>,
    interaction: Interaction,
    dissent_override: &DissentOverride,
    patient: &NhsNumber,
    filter: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    soap::write_request(parts, interaction, |w| {
        write_send(w, interaction, &parts.outgoing(), parts.author, |w| {
            w.element("query", &[], |w| {
                write_dissent_override(w, dissent_override);
                w.element("filterParameters", &[], filter);
                let value = [("root", oid::NHS_NUMBER), ("extension", patient.as_str())];
                parameter(w, "nHSNumber", "NHSNumber", |w| w.empty("value", &value));
            });
        });
    })
}

fn write_dissent_override(w: &mut Writer, dissent_override: &DissentOverride) {
    parameter(w, "dissentOverride", "DissentOverride", |w| {
        write_override_value(w, dissent_override);
    });
}

pub(super) fn write_override_value(w: &mut Writer, dissent_override: &DissentOverride) {
    let code = dissent_override.code.to_string();
    let mut attributes = vec![
        ("code", code.as_str()),
        ("codeSystem", oid::DISSENT_OVERRIDE),
    ];
    if let Some(display_name) = &dissent_override.display_name {
        attributes.push(("displayName", display_name));
    }
    match &dissent_override.original_text {
        Some(text) => {
            w.element("value", &attributes, |w| {
                w.text_element("originalText", &[], text)
            });
        }
        None => w.empty("value", &attributes),
    }
}

fn parameter(w: &mut Writer, name: &str, semantics: &str, value: impl FnOnce(&mut Writer)) {
    w.element(name, &[], |w| {
        w.text_element("semanticsText", &[], semantics);
        value(w);
    });
}

fn uuid_parameter(w: &mut Writer, name: &str, semantics: &str, id: &DocumentId) {
    parameter(w, name, semantics, |w| {
        w.empty("value", &[("root", id.as_str())])
    });
}
