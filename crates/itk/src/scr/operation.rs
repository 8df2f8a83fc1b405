//! Which operation a request asks for, and how each is called on the wire.

use xml::{Element, ns};

use super::CONSENT_NS;
use crate::envelope::DistributionEnvelope;
use crate::fault::Fault;

/// An operation of the SCR mini services.
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
    /// The patient's consent to share, in full. An extension of ours.
    GetScrConsent,
    /// Set the patient's consent to share. An extension of ours.
    SetScrConsent,
}

/// The names of one operation on the wire.
struct Names {
    name: &'static str,
    namespace: &'static str,
    request_root: &'static str,
    response_root: &'static str,
    request_profile: &'static str,
    response_profile: &'static str,
    request_interaction: &'static str,
    response_interaction: &'static str,
}

macro_rules! names {
    ($name:literal, $root:literal) => {
        names!(
            ns::HL7,
            "urn:nhs-en:profile:",
            "urn:nhs-itk:interaction:",
            $name,
            $root
        )
    };
    (ours: $name:literal, $root:literal) => {
        names!(
            CONSENT_NS,
            "urn:minispine:profile:",
            "urn:minispine:interaction:",
            $name,
            $root
        )
    };
    ($namespace:expr, $profile:literal, $interaction:literal, $name:literal, $root:literal) => {
        Names {
            name: $name,
            namespace: $namespace,
            request_root: concat!($root, "Request"),
            response_root: concat!($root, "Response"),
            request_profile: concat!($profile, $name, "Request-v-1-0"),
            response_profile: concat!($profile, $name, "Response-v-1-0"),
            request_interaction: concat!($interaction, $name, "Request-v1-0"),
            response_interaction: concat!($interaction, $name, "Response-v1-0"),
        }
    };
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 8] = [
        Self::GetScrStatus,
        Self::GetRbacStatus,
        Self::QueryPtv,
        Self::CreatePtv,
        Self::QueryScr,
        Self::QueryScrActivity,
        Self::GetScrConsent,
        Self::SetScrConsent,
    ];

    fn names(self) -> &'static Names {
        match self {
            Self::GetScrStatus => const { &names!("getSCRStatus", "GetSCRStatus") },
            Self::GetRbacStatus => const { &names!("getRBACStatus", "GetRBACStatus") },
            Self::QueryPtv => const { &names!("queryPTV", "QueryPTV") },
            Self::CreatePtv => const { &names!("createPTV", "CreatePTV") },
            Self::QueryScr => const { &names!("querySCR", "QuerySCR") },
            Self::QueryScrActivity => const { &names!("querySCRActivity", "QuerySCRActivity") },
            Self::GetScrConsent => const { &names!(ours: "getSCRConsent", "GetSCRConsent") },
            Self::SetScrConsent => const { &names!(ours: "setSCRConsent", "SetSCRConsent") },
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

    /// The namespace of its payloads.
    pub fn namespace(self) -> &'static str {
        self.names().namespace
    }

    /// Whether it is an extension of ours: another provider will not know it.
    pub fn is_extension(self) -> bool {
        matches!(self, Self::GetScrConsent | Self::SetScrConsent)
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
        let (namespace, root) = (operation.namespace(), operation.request_root());
        if !payload.is(namespace, root) {
            let rule = format!("the payload of this profileid is {root} in namespace {namespace}");
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        profile: &str,
        interaction: Option<&str>,
        (namespace, root): (&str, &str),
        expected: Result<Operation, &str>,
    ) {
        let text = format!("<{root} xmlns='{namespace}'/>");
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
            let root = (o.namespace(), o.request_root());
            for interaction in [Some(o.request_interaction()), Some(&long), None] {
                check(o.request_profile(), interaction, root, Ok(o));
            }
        }
        let query = Operation::QueryScr;
        let (profile, interaction) = (query.request_profile(), query.request_interaction());
        let root = (ns::HL7, query.request_root());
        let other = Operation::QueryPtv;
        for (profile, interaction, root, named) in [
            (
                "urn:nhs-en:profile:Unknown-v1-0",
                interaction,
                root,
                "profileid is unknown",
            ),
            (
                query.response_profile(),
                interaction,
                root,
                "profileid is unknown",
            ),
            (
                profile,
                other.request_interaction(),
                root,
                "handlingSpecification",
            ),
            (profile, "x", root, "handlingSpecification"),
            (
                profile,
                interaction,
                (ns::HL7, other.request_root()),
                "QuerySCRRequest",
            ),
            (profile, interaction, (CONSENT_NS, root.1), ns::HL7),
        ] {
            check(profile, Some(interaction), root, Err(named));
        }
    }

    #[test]
    fn each_operation_is_called_in_the_namespace_of_its_own() {
        for operation in Operation::ALL {
            let other = match operation.is_extension() {
                true => ns::HL7,
                false => CONSENT_NS,
            };
            let root = (other, operation.request_root());
            let named = operation.namespace();
            check(operation.request_profile(), None, root, Err(named));
        }
    }

    #[test]
    fn names_on_the_wire() {
        let names = |o: Operation| {
            (
                o.name(),
                o.request_root(),
                o.response_profile(),
                o.request_interaction(),
            )
        };
        assert_eq!(
            names(Operation::GetRbacStatus),
            (
                "getRBACStatus",
                "GetRBACStatusRequest",
                "urn:nhs-en:profile:getRBACStatusResponse-v-1-0",
                "urn:nhs-itk:interaction:getRBACStatusRequest-v1-0",
            )
        );
        assert_eq!(
            names(Operation::SetScrConsent),
            (
                "setSCRConsent",
                "SetSCRConsentRequest",
                "urn:minispine:profile:setSCRConsentResponse-v-1-0",
                "urn:minispine:interaction:setSCRConsentRequest-v1-0",
            )
        );
    }
}
