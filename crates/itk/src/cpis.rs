//! The CP-IS mini service (Child Protection - Information Sharing): one operation.
//!
//! Its payloads are those of the Spine's own messages (Child Protection Domain Message
//! Specification): the request is the query `QUPC_MT000006GB01` as it is, the answer the response
//! `REPC_MT000007GB01` with a response code more. So they are read and written where the Spine's
//! are, and here is what goes around them: profiles and interactions, as the official test tool and
//! the message specification have them, and the schema that a request is held against.

mod shape;

pub use shape::check;

use xml::{Element, ns};

use crate::envelope::DistributionEnvelope;
use crate::fault::Fault;
use crate::operation::{self, Names};

/// An operation of the CP-IS mini service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Which child protection plans are there of this NHS number, and who looked?
    Query,
}

/// The query. The test tool calls profile and interaction 1.0, the message specification 2.0; what
/// they stand for is the same.
const QUERY: Names = Names {
    name: "CP-ISNHSQuery",
    namespace: ns::HL7,
    request_root: "CP-ISQueryStub",
    response_root: "CP-ISNHSQueryResponse",
    request_profiles: &[
        "urn:nhs-en:profile:CP-ISNHSQuery-v1-0",
        "urn:nhs-en:profile:CP-ISNHSQuery-v2-0",
    ],
    response_profile: "urn:nhs-en:profile:SMSP-CP-ISNHSQueryResponse-v1-0",
    request_interactions: &[
        "urn:nhs-itk:interaction:CP-ISNHSQuery-v1-0",
        "urn:nhs-itk:interaction:CP-ISNHSQuery-v2-0",
    ],
    response_interaction: "urn:nhs-itk:interaction:SMSP-CP-ISNHSQueryResponse-v1-0",
};

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 1] = [Self::Query];

    pub(crate) fn names(self) -> &'static Names {
        match self {
            Self::Query => &QUERY,
        }
    }

    /// `CP-ISNHSQuery`
    pub fn name(self) -> &'static str {
        self.names().name
    }

    /// Which operation a request asks for ([`crate::Face::operation`]).
    pub fn of(envelope: &DistributionEnvelope, payload: &Element<'_, '_>) -> Result<Self, Fault> {
        operation::find(&Self::ALL, Self::names, envelope, payload)
    }
}
