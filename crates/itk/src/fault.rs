//! SOAP 1.1 faults with the Toolkit's `ToolkitErrorInfo`, written and read.
//!
//! A fault is for a message whose envelope, or whose payload's structure, cannot be accepted.
//! Trouble with the content of a well-formed request is not a fault but a response code.

use std::fmt;

use domain::oid;
use xml::{Element, Writer, XmlError, ns};

use crate::FAULT_ACTION;

/// A SOAP fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whose fault, in SOAP's terms.
    pub kind: FaultKind,
    /// The Toolkit's code; `None` when the sender of the fault gave none that is known.
    pub code: Option<ErrorCode>,
    /// For the caller: the place and the rule, never the patient's data.
    pub diagnostic: String,
}

/// `faultcode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The caller's message is at fault.
    Client,
    /// The service is at fault.
    Server,
    /// The envelope is not SOAP 1.1.
    VersionMismatch,
    /// A header that must be understood is not.
    MustUnderstand,
}

/// `ErrorCode`, code system 2.16.840.1.113883.2.1.3.2.4.17.268.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// 1000: the message's structure or content is unrecognised or incorrect.
    Invalid,
    /// 2100: the same message may succeed later.
    Retryable,
    /// 2200: the same message will never succeed.
    NotRetryable,
    /// 3000: the caller may not do this.
    AccessDenied,
}

impl fmt::Display for Fault {
    /// One line for people: `Client 1000: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if let Some(code) = self.code {
            write!(f, " {}", code.code())?;
        }
        write!(f, ": {}", self.diagnostic)
    }
}

impl FaultKind {
    /// The local part of `faultcode`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Server => "Server",
            Self::VersionMismatch => "VersionMismatch",
            Self::MustUnderstand => "MustUnderstand",
        }
    }

    /// `faultstring`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Client => {
                "A client related error has occurred, see detail element for further information"
            }
            Self::Server => {
                "A Server related error has occurred, see detail element for further information"
            }
            Self::VersionMismatch => "Version Error, namespace must be a proper SOAP namespace.",
            Self::MustUnderstand => "SOAP MustUnderstand error thrown.",
        }
    }

    fn from_code(code: &str) -> Self {
        // `soap:Client`, `Client` and the dotted `Client.Authentication` of SOAP 1.1 alike.
        let local = code.trim().rsplit(':').next().unwrap_or_default();
        match local.split('.').next().unwrap_or_default() {
            "Client" => Self::Client,
            "VersionMismatch" => Self::VersionMismatch,
            "MustUnderstand" => Self::MustUnderstand,
            _ => Self::Server,
        }
    }
}

impl ErrorCode {
    /// The number on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Invalid => "1000",
            Self::Retryable => "2100",
            Self::NotRetryable => "2200",
            Self::AccessDenied => "3000",
        }
    }

    /// `ErrorText`.
    pub fn text(self) -> &'static str {
        match self {
            Self::Invalid => {
                "Invalid Message - the message structure or content is unrecognised or incorrect"
            }
            Self::Retryable => {
                "Processing Error (retryable) - a recoverable processing error has been encountered"
            }
            Self::NotRetryable => {
                "Processing Error (not retryable) - a non-recoverable processing error has been encountered"
            }
            Self::AccessDenied => "Access Denied",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        match code.trim() {
            "1000" => Some(Self::Invalid),
            "2100" => Some(Self::Retryable),
            "2200" => Some(Self::NotRetryable),
            "3000" => Some(Self::AccessDenied),
            _ => None,
        }
    }
}

impl Fault {
    /// Client, 1000: the message breaks a rule.
    pub fn invalid(diagnostic: impl Into<String>) -> Self {
        Self::new(FaultKind::Client, ErrorCode::Invalid, diagnostic)
    }

    /// Client, 3000: the caller may not do this.
    pub fn access_denied(diagnostic: impl Into<String>) -> Self {
        Self::new(FaultKind::Client, ErrorCode::AccessDenied, diagnostic)
    }

    /// Client, 2200: a proper message that asks for what is not served here.
    pub fn not_retryable(diagnostic: impl Into<String>) -> Self {
        Self::new(FaultKind::Client, ErrorCode::NotRetryable, diagnostic)
    }

    /// Server, 2100: our trouble, and it may pass.
    pub fn retryable(diagnostic: impl Into<String>) -> Self {
        Self::new(FaultKind::Server, ErrorCode::Retryable, diagnostic)
    }

    /// Server, 2200: our trouble, and sending again does not help.
    pub fn server_failure(diagnostic: impl Into<String>) -> Self {
        Self::new(FaultKind::Server, ErrorCode::NotRetryable, diagnostic)
    }

    /// The envelope is in another namespace than SOAP 1.1.
    pub fn version_mismatch() -> Self {
        let diagnostic =
            "the envelope must be SOAP 1.1, in namespace http://schemas.xmlsoap.org/soap/envelope/";
        Self::new(FaultKind::VersionMismatch, ErrorCode::Invalid, diagnostic)
    }

    /// A header marked mustUnderstand is unknown here.
    pub fn must_understand(header: &Element<'_, '_>) -> Self {
        let error = header.error(format!("header {} is not understood", header.name()));
        Self::new(
            FaultKind::MustUnderstand,
            ErrorCode::Invalid,
            error.to_string(),
        )
    }

    fn new(kind: FaultKind, code: ErrorCode, diagnostic: impl Into<String>) -> Self {
        Self {
            kind,
            code: Some(code),
            diagnostic: diagnostic.into(),
        }
    }

    /// Writes the whole SOAP message. `message_id` is new, `relates_to` the request's MessageID
    /// as far as it could be read, `error_id` a new upper-case UUID that also goes into our log.
    /// It travels with HTTP status 500.
    pub fn write(&self, message_id: &str, relates_to: Option<&str>, error_id: &str) -> Vec<u8> {
        let mut w = Writer::with_capacity(2048);
        w.declaration();
        let namespaces = [("xmlns:soap", ns::SOAP11), ("xmlns:wsa", ns::WSA_2005)];
        w.element("soap:Envelope", &namespaces, |w| {
            w.element("soap:Header", &[], |w| {
                w.text_element("wsa:MessageID", &[], message_id);
                w.text_element("wsa:Action", &[], FAULT_ACTION);
                if let Some(request) = relates_to {
                    w.text_element("wsa:RelatesTo", &[], crate::uuid::bare(request));
                }
            });
            w.element("soap:Body", &[], |w| {
                w.element("soap:Fault", &[], |w| {
                    w.text_element("faultcode", &[], &format!("soap:{}", self.kind.name()));
                    w.text_element("faultstring", &[], self.kind.text());
                    self.write_detail(w, error_id);
                });
            });
        });
        w.finish()
    }

    fn write_detail(&self, w: &mut Writer, error_id: &str) {
        let Some(code) = self.code else { return };
        w.element("detail", &[], |w| {
            w.element("itk:ToolkitErrorInfo", &[("xmlns:itk", ns::ITK)], |w| {
                w.text_element("itk:ErrorID", &[], error_id);
                let system = [("codeSystem", oid::ITK_ERROR_CODE)];
                w.text_element("itk:ErrorCode", &system, code.code());
                w.text_element("itk:ErrorText", &[], code.text());
                if !self.diagnostic.is_empty() {
                    w.text_element("itk:ErrorDiagnosticText", &[], &self.diagnostic);
                }
            });
        });
    }
}

impl From<XmlError> for Fault {
    /// 1000, with line, column and path.
    fn from(error: XmlError) -> Self {
        Self::invalid(error.to_string())
    }
}

/// Reads the fault in a SOAP body; `None` when there is none. Tolerant, because faults come from
/// many kinds of software: an unknown `faultcode` counts as the server's.
pub fn read(body: &Element<'_, '_>) -> Option<Fault> {
    let fault = body.children().find(|child| child.name() == "Fault")?;
    let text_of = |parent: &Element<'_, '_>, name: &str| {
        let found = parent.children().find(|child| child.name() == name)?;
        Some(found.text().trim().to_owned()).filter(|text| !text.is_empty())
    };
    let kind = FaultKind::from_code(&text_of(&fault, "faultcode").unwrap_or_default());
    let info = fault
        .children()
        .find(|child| child.name() == "detail")
        .and_then(|detail| detail.find(ns::ITK, "ToolkitErrorInfo"));
    let code = info.and_then(|info| text_of(&info, "ErrorCode"));
    let diagnostic = info
        .and_then(|info| {
            text_of(&info, "ErrorDiagnosticText").or_else(|| text_of(&info, "ErrorText"))
        })
        .or_else(|| text_of(&fault, "faultstring"))
        .unwrap_or_default();
    Some(Fault {
        kind,
        code: code.and_then(|code| ErrorCode::from_code(&code)),
        diagnostic,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7D6782C0-AE1A-11DB-97BF-B18E1E0994CD";

    fn round_trip(fault: &Fault) {
        let bytes = fault.write(ID, Some(&format!("urn:uuid:{ID}")), ID);
        let doc = xml::Document::parse(&bytes).expect("well-formed");
        let body = doc.root().child(ns::SOAP11, "Body").expect("a body");
        assert_eq!(read(&body).as_ref(), Some(fault));
        let relates = doc
            .root()
            .find(ns::WSA_2005, "RelatesTo")
            .expect("RelatesTo");
        assert_eq!(relates.text(), ID);
    }

    #[test]
    fn what_is_written_reads_back() {
        round_trip(&Fault::invalid("no <wsa:To> & nothing else"));
        round_trip(&Fault::access_denied("unknown user name"));
        round_trip(&Fault::not_retryable("not offered"));
        round_trip(&Fault::retryable("busy"));
        round_trip(&Fault::server_failure("broken"));
        round_trip(&Fault::version_mismatch());
    }

    #[test]
    fn odd_faults_are_read() {
        let cases = [
            ("<faultcode>Client</faultcode>", FaultKind::Client),
            (
                "<faultcode> s:Client.Authentication </faultcode>",
                FaultKind::Client,
            ),
            (
                "<faultcode>s:MustUnderstand</faultcode>",
                FaultKind::MustUnderstand,
            ),
            (
                "<faultcode>x:Wrong</faultcode><faultstring>no</faultstring>",
                FaultKind::Server,
            ),
            ("", FaultKind::Server),
        ];
        for (inside, kind) in cases {
            let text = format!(
                "<Body xmlns='{}'><Fault>{inside}</Fault></Body>",
                ns::SOAP11
            );
            let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
            let fault = read(&doc.root()).expect("a fault");
            assert_eq!((fault.kind, fault.code), (kind, None), "{inside}");
        }
    }
}
