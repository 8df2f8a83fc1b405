//! querySCRActivity: who looked?
//!
//! Request QUPC_MT150005GB01, answer REPC_MT150014GB01. The answer carries a [`report`] as base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{NhsNumber, SdsUserId, oid};
use xml::{Element, Writer, XmlError, ns};

use super::content::{Content, incomplete};
use super::datatype::{self, Identifier};
use super::report::{self, Report, ReportError};
use super::{Interval, Operation, PayloadError, ResponseValue, interval, read_id};
use crate::strict;

/// What the report is about (OID 2.16.840.1.113883.2.1.3.2.4.17.505). Whatever it is, every filter
/// given applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportType {
    /// Everything in the period.
    ByDate,
    /// One patient's record.
    ByPatient,
    /// One user.
    ByCareProfessional,
}

/// `QuerySCRActivityRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// An upper-case UUID.
    pub id: String,
    /// What the report is about.
    pub report: ReportType,
    /// From when until when. `low` is always given; without `high`, until today.
    pub period: Interval,
    /// Only accesses to this patient's record; always given with [`ReportType::ByPatient`].
    pub patient: Option<NhsNumber>,
    /// Only accesses by this user; always given with [`ReportType::ByCareProfessional`].
    pub user: Option<SdsUserId>,
}

/// `QuerySCRActivityResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// A UUID.
    pub id: String,
    /// The response code.
    pub value: ResponseValue,
    /// Given with SMSP-0000 only.
    pub report: Option<Report>,
}

impl ReportType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::ByDate, Self::ByPatient, Self::ByCareProfessional];

    /// `(code, display name)`
    pub fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::ByDate => ("01", "Report By Date"),
            Self::ByPatient => ("02", "Report By Patient"),
            Self::ByCareProfessional => ("03", "Report By Care Professional"),
        }
    }
}

impl Request {
    /// Reads the payload's root element, exactly as the schema allows, and checks that its parts
    /// go together.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, PayloadError> {
        let mut parts = datatype::structure(*root)?;
        let report = report_type(&parts.required("code")?)?;
        let id = datatype::message_id(&parts.required("id")?)?;
        let grouper = parts.required("querySCRActivityRequestGrouper")?;
        parts.end()?;
        let Some(mut parts) = datatype::nillable(grouper)? else {
            return Err(no_period());
        };
        let period = datatype::nillable_value(parts.required("parameter.Period")?)?;
        let mut filter = |name| match parts.optional(name) {
            Some(element) => datatype::nillable_value(element),
            None => Ok(None),
        };
        let patient = filter("person.NHSNumber")?;
        let user = filter("subject.SDSUserId")?;
        parts.end()?;

        // All of the schema before the first error of content.
        let period = period.map(|value| interval::read(&value, "parameter.Period"));
        let patient = patient.map(|value| Identifier::read(&value)).transpose()?;
        let user = user.map(|value| Identifier::read(&value)).transpose()?;
        let mut content = Content::default();
        let report = content.keep(report)?;
        let period = content.keep(period.unwrap_or_else(|| Err(no_period())))?;
        let patient = content.keep_optional(patient.map(|id| patient_of(&id)))?;
        let user = content.keep_optional(user.map(|id| user_of(&id)))?;
        content.end()?;
        let request = Self {
            id,
            report: report.ok_or_else(incomplete)?,
            period: period.ok_or_else(incomplete)?,
            patient,
            user,
        };
        request.consistent()?;
        Ok(request)
    }

    /// The rules that no schema can say.
    fn consistent(&self) -> Result<(), PayloadError> {
        let broken = if self.period.low.is_none() {
            "parameter.Period must say when it begins (low)"
        } else if self.report == ReportType::ByPatient && self.patient.is_none() {
            "a report by patient needs person.NHSNumber"
        } else if self.report == ReportType::ByCareProfessional && self.user.is_none() {
            "a report by care professional needs subject.SDSUserId"
        } else {
            return Ok(());
        };
        Err(PayloadError::Content(broken.into()))
    }

    /// Writes the payload.
    pub fn write(&self, w: &mut Writer) {
        let (code, display) = self.report.code();
        let filter = |w: &mut Writer, name: &str, root: &str, extension: &str| {
            w.element(name, &[], |w| {
                w.empty("value", &[("root", root), ("extension", extension)]);
            });
        };
        w.element(
            Operation::QueryScrActivity.request_root(),
            &[("xmlns", ns::HL7)],
            |w| {
                w.empty("code", &[("code", code), ("displayName", display)]);
                w.empty("id", &[("root", &self.id)]);
                w.element("querySCRActivityRequestGrouper", &[], |w| {
                    w.element("parameter.Period", &[], |w| {
                        interval::write(w, "value", &self.period);
                    });
                    if let Some(patient) = &self.patient {
                        filter(w, "person.NHSNumber", oid::NHS_NUMBER, patient.as_str());
                    }
                    if let Some(user) = &self.user {
                        filter(w, "subject.SDSUserId", oid::SDS_USER, user.as_str());
                    }
                });
            },
        );
    }
}

fn no_period() -> PayloadError {
    PayloadError::Content("parameter.Period is missing".into())
}

/// `code`: both attributes are from the vocabulary. That they belong together is content.
fn report_type(element: &Element<'_, '_>) -> Result<Result<ReportType, PayloadError>, XmlError> {
    strict::empty(element, &["code", "displayName"])?;
    let given = element.required("code")?.trim();
    let known = ReportType::ALL.into_iter().find(|t| t.code().0 == given);
    let known = known.ok_or_else(|| element.error("attribute code must be 01, 02 or 03"))?;
    let display = element.required("displayName")?;
    if !ReportType::ALL.iter().any(|t| t.code().1 == display) {
        let rule = "attribute displayName must be one of the vocabulary";
        return Err(element.error(rule));
    }
    Ok(match known.code().1 == display {
        true => Ok(known),
        false => Err(PayloadError::Content(
            "the displayName of code belongs to another report type".into(),
        )),
    })
}

fn patient_of(id: &Identifier<'_>) -> Result<NhsNumber, PayloadError> {
    let text = id.in_system(oid::NHS_NUMBER, "person.NHSNumber")?;
    NhsNumber::parse(text)
        .map_err(|error| PayloadError::Content(format!("person.NHSNumber: {error}")))
}

fn user_of(id: &Identifier<'_>) -> Result<SdsUserId, PayloadError> {
    let text = id.in_system(oid::SDS_USER, "subject.SDSUserId")?;
    SdsUserId::parse(text)
        .map_err(|error| PayloadError::Content(format!("subject.SDSUserId: {error}")))
}

/// Writes an answer: `csv`, as [`report::write`] makes it, exactly when the code is SMSP-0000.
pub fn write_response(w: &mut Writer, id: &str, (code, display): (&str, &str), csv: Option<&[u8]>) {
    w.element(
        Operation::QueryScrActivity.response_root(),
        &[("xmlns", ns::HL7)],
        |w| {
            w.empty("id", &[("root", id)]);
            if let Some(csv) = csv {
                let form = [("mediaType", "text/csv"), ("representation", "B64")];
                w.text_element("text", &form, &STANDARD.encode(csv));
            }
            ResponseValue::write(w, code, display);
        },
    );
}

impl Response {
    /// Reads an answer's root element. A report that is not as published is refused, and the
    /// error names its defect: half a report of who looked is worse than none.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, XmlError> {
        let value = ResponseValue::read(root)?;
        let report = match (root.optional(ns::HL7, "text")?, value.is_success()) {
            (Some(text), true) => {
                Some(read_report(&text).map_err(|error| text.error(error.to_string()))?)
            }
            (None, true) => return Err(root.error("the answer says Success and has no report")),
            (Some(text), false) => {
                return Err(text.error("the answer has a report and does not say Success"));
            }
            (None, false) => None,
        };
        Ok(Self {
            id: read_id(root)?,
            value,
            report,
        })
    }
}

/// The report of an answer's `text`.
fn read_report(text: &Element<'_, '_>) -> Result<Report, ReportError> {
    if text.attribute("representation").map(str::trim) != Some("B64") {
        return Err(ReportError::Representation);
    }
    let media_type = text.attribute("mediaType").map(str::trim);
    if media_type.is_some_and(|given| !given.eq_ignore_ascii_case("text/csv")) {
        return Err(ReportError::MediaType);
    }
    let is_plain = text.attribute("compression").is_none() && text.children().next().is_none();
    if !is_plain {
        return Err(ReportError::Form);
    }
    let mut encoded = text.text().into_owned();
    encoded.retain(|c| !c.is_ascii_whitespace());
    let csv = STANDARD.decode(encoded);
    report::read(&csv.map_err(|_| ReportError::Base64)?)
}
