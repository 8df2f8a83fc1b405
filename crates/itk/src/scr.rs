//! The SCR mini services: which operation a request asks for, and the payloads.

mod datatype;
pub mod get_scr_status;
mod interval;
pub mod query_scr;

use xml::{Element, XmlError, ns};

use crate::envelope::DistributionEnvelope;
use crate::fault::Fault;

/// An operation of the SCR mini services. All six are recognised; the ones without a module here
/// are not offered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Does the patient have an SCR, and what is their consent?
    GetScrStatus,
    /// What may the user do?
    GetRbacStatus,
    /// Is there permission to view?
    QueryPtv,
    /// Record permission to view.
    CreatePtv,
    /// The Summary Care Record itself.
    QueryScr,
    /// Who looked?
    QueryScrActivity,
}

/// The names of one operation on the wire.
struct Names {
    name: &'static str,
    request_root: &'static str,
    response_root: &'static str,
    request_profile: &'static str,
    response_profile: &'static str,
    request_interaction: &'static str,
    response_interaction: &'static str,
}

macro_rules! names {
    ($name:literal, $root:literal) => {
        Names {
            name: $name,
            request_root: concat!($root, "Request"),
            response_root: concat!($root, "Response"),
            request_profile: concat!("urn:nhs-en:profile:", $name, "Request-v-1-0"),
            response_profile: concat!("urn:nhs-en:profile:", $name, "Response-v-1-0"),
            request_interaction: concat!("urn:nhs-itk:interaction:", $name, "Request-v1-0"),
            response_interaction: concat!("urn:nhs-itk:interaction:", $name, "Response-v1-0"),
        }
    };
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 6] = [
        Self::GetScrStatus,
        Self::GetRbacStatus,
        Self::QueryPtv,
        Self::CreatePtv,
        Self::QueryScr,
        Self::QueryScrActivity,
    ];

    fn names(self) -> &'static Names {
        match self {
            Self::GetScrStatus => const { &names!("getSCRStatus", "GetSCRStatus") },
            Self::GetRbacStatus => const { &names!("getRBACStatus", "GetRBACStatus") },
            Self::QueryPtv => const { &names!("queryPTV", "QueryPTV") },
            Self::CreatePtv => const { &names!("createPTV", "CreatePTV") },
            Self::QueryScr => const { &names!("querySCR", "QuerySCR") },
            Self::QueryScrActivity => const { &names!("querySCRActivity", "QuerySCRActivity") },
        }
    }

    /// `querySCR`
    pub fn name(self) -> &'static str {
        self.names().name
    }

    /// `QuerySCRRequest`
    pub fn request_root(self) -> &'static str {
        self.names().request_root
    }

    /// `QuerySCRResponse`
    pub fn response_root(self) -> &'static str {
        self.names().response_root
    }

    /// `urn:nhs-en:profile:querySCRRequest-v-1-0`
    pub fn request_profile(self) -> &'static str {
        self.names().request_profile
    }

    /// `urn:nhs-en:profile:querySCRResponse-v-1-0`
    pub fn response_profile(self) -> &'static str {
        self.names().response_profile
    }

    /// `urn:nhs-itk:interaction:querySCRRequest-v1-0`
    pub fn request_interaction(self) -> &'static str {
        self.names().request_interaction
    }

    /// `urn:nhs-itk:interaction:querySCRResponse-v1-0`
    pub fn response_interaction(self) -> &'static str {
        self.names().response_interaction
    }

    /// Whether it can be served: its payloads have a module here.
    pub fn is_offered(self) -> bool {
        matches!(self, Self::GetScrStatus | Self::QueryScr)
    }

    /// The fault for an operation that is known but not offered (2200).
    pub fn not_offered(self) -> Fault {
        Fault::not_retryable(format!(
            "operation {} is not offered by this service",
            self.name()
        ))
    }

    /// Which operation a request asks for: by its profile, with which the interaction and the
    /// payload's root element must agree (1000).
    pub fn of(envelope: &DistributionEnvelope, payload: &Element<'_, '_>) -> Result<Self, Fault> {
        let by_profile = Self::ALL
            .into_iter()
            .find(|o| o.request_profile() == envelope.profile_id);
        let Some(operation) = by_profile else {
            let place = "manifestitem: the profileid is unknown to this service";
            return Err(Fault::invalid(place));
        };
        if let Some(interaction) = &envelope.interaction
            && !same_interaction(interaction, operation.request_interaction())
        {
            return Err(Fault::invalid(format!(
                "handlingSpecification: the interaction of this profileid is {}",
                operation.request_interaction()
            )));
        }
        if !payload.is(ns::HL7, operation.request_root()) {
            let root = operation.request_root();
            let rule = format!(
                "the payload of this profileid is {root} in namespace {}",
                ns::HL7
            );
            return Err(payload.error(rule).into());
        }
        Ok(operation)
    }
}

/// Interactions end in `-v1-0`; one published message writes `-v-1-0`, as profiles do.
fn same_interaction(given: &str, expected: &str) -> bool {
    given == expected
        || matches!(
            (given.strip_suffix("-v-1-0"), expected.strip_suffix("-v1-0")),
            (Some(a), Some(b)) if a == b
        )
}

/// Why a payload cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Its schema forbids it: SOAP fault 1000.
    #[error(transparent)]
    Schema(#[from] XmlError),
    /// The schema allows it, but it makes no proper request: response code SMSP-0001. The text
    /// says which rule was broken and never repeats a value.
    #[error("{0}")]
    Content(String),
}

/// `value` of every answer: the response code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseValue {
    /// `SMSP-0000`
    pub code: String,
    /// `Success`. Two published code sets give one code different meanings, so a client must
    /// look at both.
    pub display: String,
}

impl ResponseValue {
    /// Whether it is SMSP-0000.
    pub fn is_success(&self) -> bool {
        self.code == "SMSP-0000"
    }

    /// Reads the `value` child of an answer's root.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, XmlError> {
        let value = root.one(ns::HL7, "value")?;
        let code = value.required("code")?.trim().to_owned();
        let display = value
            .attribute("displayName")
            .unwrap_or_default()
            .trim()
            .to_owned();
        Ok(Self { code, display })
    }

    fn write(w: &mut xml::Writer, code: &str, display: &str) {
        let system = domain::oid::SCR_MINI_SERVICE_RESPONSE;
        w.empty(
            "value",
            &[
                ("code", code),
                ("codeSystem", system),
                ("displayName", display),
            ],
        );
    }
}

/// `id/@root` of an answer's root.
fn read_id(root: &Element<'_, '_>) -> Result<String, XmlError> {
    Ok(root.one(ns::HL7, "id")?.required("root")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        profile: &str,
        interaction: Option<&str>,
        root: &str,
        expected: Result<Operation, &str>,
    ) {
        let text = format!("<{root} xmlns='urn:hl7-org:v3'/>");
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let envelope = DistributionEnvelope {
            service: crate::SEND_RECV.into(),
            tracking_id: domain::MessageId::parse("X").expect("an id"),
            identities: Vec::new(),
            sender: None,
            addresses: Vec::new(),
            interaction: interaction.map(str::to_owned),
            profile_id: profile.into(),
            payload_id: String::new(),
        };
        match (Operation::of(&envelope, &doc.root()), expected) {
            (Ok(operation), Ok(expected)) => assert_eq!(operation, expected),
            (Err(fault), Err(part)) => {
                assert_eq!(fault.code, Some(crate::fault::ErrorCode::Invalid));
                assert!(fault.diagnostic.contains(part), "{}", fault.diagnostic);
            }
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn profile_interaction_and_root_must_agree() {
        for o in Operation::ALL {
            let long = o.request_interaction().replace("-v1-0", "-v-1-0");
            check(
                o.request_profile(),
                Some(o.request_interaction()),
                o.request_root(),
                Ok(o),
            );
            check(o.request_profile(), Some(&long), o.request_root(), Ok(o));
            check(o.request_profile(), None, o.request_root(), Ok(o));
        }
        let query = Operation::QueryScr;
        let (profile, interaction, root) = (
            query.request_profile(),
            query.request_interaction(),
            query.request_root(),
        );
        check(
            "urn:nhs-en:profile:Unknown-v1-0",
            Some(interaction),
            root,
            Err("profileid is unknown"),
        );
        check(
            query.response_profile(),
            Some(interaction),
            root,
            Err("profileid is unknown"),
        );
        let other = Operation::QueryPtv;
        check(
            profile,
            Some(other.request_interaction()),
            root,
            Err("handlingSpecification"),
        );
        check(
            profile,
            Some(interaction),
            other.request_root(),
            Err("QuerySCRRequest"),
        );
        check(profile, Some("x"), root, Err("handlingSpecification"));
    }
}
