//! SOAP faults of the Spine: HTTP 500, `text/xml`, details in a `nasp:errorList`.

use xml::{Document, Element, Writer, XmlError, ns};

use crate::lenient::{child, children, normal};

/// The code context we write. Others are met, so it is never tested when read.
const TMS: &str = "urn:nhs:names:error:tms";
const NOT_WELL_FORMED: &str = "The message is not well formed";
const NOT_SUPPORTED: &str = "The service/interaction is not supported for the requested URI";

/// A SOAP fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{faultcode}: {faultstring}{}", self.errors.first().map(|e| format!(": {} {} ({})", e.code, e.description, e.location)).unwrap_or_default())]
pub struct SoapFault {
    /// Who is at fault: `SOAP:Client` or `SOAP:Server`, as written.
    pub faultcode: String,
    /// What happened, for people.
    pub faultstring: String,
    /// Its details.
    pub errors: Vec<SoapError>,
}

/// A detail of a SOAP fault: `nasp:error`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SoapError {
    /// `codeContext`.
    pub code_context: String,
    /// `errorCode`: 200 general, 201 not well formed, 101 not supported, 206 and 208 to be
    /// tried again.
    pub code: String,
    /// `severity`.
    pub severity: String,
    /// `location`: the header or place at fault.
    pub location: String,
    /// `description`.
    pub description: String,
}

impl SoapFault {
    fn new(code: &str, string: &str, number: &str, location: &str, description: String) -> Self {
        Self {
            faultcode: code.to_owned(),
            faultstring: string.to_owned(),
            errors: vec![SoapError {
                code_context: TMS.to_owned(),
                code: number.to_owned(),
                severity: "Error".to_owned(),
                location: location.to_owned(),
                description,
            }],
        }
    }

    /// 200: the message could not be processed. The description is for the caller.
    pub fn processing(description: impl Into<String>) -> Self {
        let description = description.into();
        Self::new(
            "SOAP:Server",
            "Application Exception",
            "200",
            "Not Supported",
            description,
        )
    }

    /// 201: not well formed, or without exactly one Envelope, Header and Body.
    pub fn not_well_formed(location: &str) -> Self {
        let description = NOT_WELL_FORMED.to_owned();
        Self::new(
            "SOAP:Server",
            "Application Exception",
            "201",
            location,
            description,
        )
    }

    /// 101: no such service or interaction here.
    pub fn not_supported() -> Self {
        let description = NOT_SUPPORTED.to_owned();
        Self::new(
            "SOAP:Client",
            NOT_SUPPORTED,
            "101",
            "HTTP Header - SOAPAction",
            description,
        )
    }

    /// 101: a message that is none of the interactions known here; `location` says where it stood.
    pub(crate) fn unknown_interaction(location: &str) -> Self {
        let description = NOT_SUPPORTED.to_owned();
        Self::new("SOAP:Client", NOT_SUPPORTED, "101", location, description)
    }

    /// 201: a message without SOAP does not say whom to answer.
    pub(crate) fn unaddressed(location: &str, rule: &str) -> Self {
        let rule = rule.to_owned();
        Self::new("SOAP:Client", NOT_WELL_FORMED, "201", location, rule)
    }

    /// 201: a SOAP header breaks a rule. `fault` is Spine 2's own name of it.
    pub(crate) fn header(fault: &str, header: &str, rule: &str) -> Self {
        let location = format!("SOAP Header - {header}");
        let description = format!("{fault}: {rule}");
        Self::new(
            "SOAP:Client",
            NOT_WELL_FORMED,
            "201",
            &location,
            description,
        )
    }

    /// Whether the same request may succeed later: it may when every number is 200, 206 or 208,
    /// and there is one. Among others, one that is final stays final.
    pub fn is_retryable(&self) -> bool {
        let passes = |error: &SoapError| matches!(error.code.as_str(), "200" | "206" | "208");
        !self.errors.is_empty() && self.errors.iter().all(passes)
    }

    /// Writes the envelope. It goes out under HTTP 500 and `text/xml`.
    pub fn write(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.declaration();
        w.element("SOAP:Envelope", &[("xmlns:SOAP", ns::SOAP11)], |w| {
            w.element("SOAP:Body", &[], |w| {
                w.element("SOAP:Fault", &[], |w| self.content(w))
            });
        });
        w.finish()
    }

    fn content(&self, w: &mut Writer) {
        w.text_element("faultcode", &[], &self.faultcode);
        w.text_element("faultstring", &[], &self.faultstring);
        w.element("detail", &[], |w| {
            w.element("nasp:errorList", &[("xmlns:nasp", ns::NASP)], |w| {
                for error in &self.errors {
                    w.element("nasp:error", &[], |w| {
                        w.text_element("nasp:codeContext", &[], &error.code_context);
                        w.text_element("nasp:errorCode", &[], &error.code);
                        w.text_element("nasp:severity", &[], &error.severity);
                        w.text_element("nasp:location", &[], &error.location);
                        w.text_element("nasp:description", &[], &error.description);
                    });
                }
            });
        });
    }

    /// Reads the fault of an answer, if it is one.
    pub fn read(doc: &Document<'_>) -> Option<Self> {
        let body = child(doc.root(), "Body")?;
        let fault = child(body, "Fault")?;
        Some(Self {
            faultcode: text(fault, "faultcode"),
            faultstring: text(fault, "faultstring"),
            errors: child(fault, "detail")
                .and_then(|detail| child(detail, "errorList"))
                .into_iter()
                .flat_map(|list| children(list, "error"))
                .map(read_error)
                .collect(),
        })
    }
}

fn read_error(error: Element<'_, '_>) -> SoapError {
    SoapError {
        code_context: text(error, "codeContext"),
        code: text(error, "errorCode"),
        severity: text(error, "severity"),
        location: text(error, "location"),
        description: text(error, "description"),
    }
}

fn text(element: Element<'_, '_>, name: &str) -> String {
    child(element, name)
        .map(|e| normal(&e.deep_text()))
        .unwrap_or_default()
}

impl From<XmlError> for SoapFault {
    /// 201, with line, column and rule as the location.
    fn from(error: XmlError) -> Self {
        Self::not_well_formed(&error.to_string())
    }
}
