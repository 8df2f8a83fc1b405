//! Which operation a request asks for, and how each is called on the wire.

use xml::{Element, ns};

use super::CONSENT_NS;
use crate::envelope::DistributionEnvelope;
use crate::fault::Fault;
use crate::operation::{self, Names};

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
            request_profiles: &[concat!($profile, $name, "Request-v-1-0")],
            response_profile: concat!($profile, $name, "Response-v-1-0"),
            request_interactions: &[concat!($interaction, $name, "Request-v1-0")],
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

    pub(crate) fn names(self) -> &'static Names {
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
        operation::Operation::Scr(self).request_profile()
    }

    /// `urn:nhs-en:profile:querySCRResponse-v-1-0`
    pub fn response_profile(self) -> &'static str {
        self.names().response_profile
    }

    /// `urn:nhs-itk:interaction:querySCRRequest-v1-0`
    pub fn request_interaction(self) -> &'static str {
        operation::Operation::Scr(self).request_interaction()
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

    /// Which operation a request asks for ([`crate::Face::operation`]).
    pub fn of(envelope: &DistributionEnvelope, payload: &Element<'_, '_>) -> Result<Self, Fault> {
        operation::find(&Self::ALL, Self::names, envelope, payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
