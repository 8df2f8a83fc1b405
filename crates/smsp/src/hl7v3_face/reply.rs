//! What is answered, and the refusals of this interface in its own codes.

use domain::access;
use domain::code::psis::{self, Issue};
use domain::consent::Consent;
use hl7v3::acs::{HasAnswer, HasQuery, PermissionsAnswer, PermissionsQuery, SetAccepted};
use hl7v3::issue::{Refusal, write_refusal};
use hl7v3::psis::NothingFound;
use hl7v3::relay::{Passed, write_passed_refusal};
use hl7v3::wrapper::AcknowledgementKind;
use hl7v3::{AnswerParts, Interaction, Invalid, SoapFault};
use store::StoreError;
use transport::Response;

use crate::trail::Trail;
use crate::upstream::{Said, SpineFailure};

/// An answer before it is bytes.
#[derive(Debug)]
pub(super) enum Reply {
    /// What the Spine gave.
    Passed(Passed),
    /// The patient is known, and nothing matches.
    Nothing,
    /// The patient's consent.
    Consent(PermissionsQuery, Consent),
    /// What is permitted.
    Has(HasQuery, Consent),
    /// The consent is set.
    Set,
    /// Refused by this provider; the general issue comes first.
    Refused(Vec<Issue>),
    /// Refused by the Spine.
    SpineRefused(Refusal),
    /// A SOAP fault.
    Fault(SoapFault),
}

impl Reply {
    /// The request breaks a rule of its interaction.
    pub(super) fn invalid(trail: &mut Trail, interaction: Interaction, invalid: &Invalid) -> Self {
        trail.note(invalid.to_string());
        Self::Refused(invalid.issues_for(interaction))
    }

    pub(super) fn fault(trail: &mut Trail, fault: SoapFault) -> Self {
        trail.note(fault.to_string());
        Self::Fault(fault)
    }

    /// The author is not known here, not valid now, or not as the message says.
    pub(super) fn bad_credentials(trail: &mut Trail, why: &str) -> Self {
        trail.note(format!("credentials: {why}"));
        let fault = format!("ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID|{why}");
        Self::Refused(vec![psis::invalid_request(), psis::invalid_because(&fault)])
    }

    /// The record may not be viewed. Dissent has a code of its own, and no other reason may be
    /// taken for it.
    pub(super) fn view_refused(trail: &mut Trail, refusal: access::Refusal) -> Self {
        if refusal != access::Refusal::Consent {
            return Self::access_refused(trail, &refusal.to_string());
        }
        trail.note(refusal.to_string());
        Self::Refused(vec![psis::access_refused(), psis::access_not_permitted()])
    }

    /// Access control refuses for a reason that has no code of its own: the text says it.
    pub(super) fn access_refused(trail: &mut Trail, why: &str) -> Self {
        trail.note(why);
        let because = Issue {
            text: why.to_owned(),
            ..psis::access_refused()
        };
        Self::Refused(vec![psis::access_refused(), because])
    }

    /// The id of the message was used for another.
    pub(super) fn duplicate(trail: &mut Trail) -> Self {
        trail.note("the message id was used before, with other content");
        Self::Refused(vec![psis::duplicate_message()])
    }

    /// We failed, and nobody else is to blame.
    pub(super) fn failed() -> Self {
        Self::Refused(vec![psis::system_error()])
    }

    /// Our store failed: what failed stays here. The same message may be sent again.
    pub(super) fn store_failed(trail: &mut Trail, error: &StoreError) -> Self {
        trail.note(format!("store: {error}"));
        tracing::error!(%error, "the store failed");
        Self::Fault(storage_fault())
    }

    /// The Spine could not be asked, or its answer cannot be used.
    pub(super) fn spine_failed(trail: &mut Trail, failure: &SpineFailure) -> Self {
        trail.spine_failed(failure);
        Self::Refused(vec![match failure {
            SpineFailure::Unreachable(_) => psis::not_available(),
            _ => psis::system_error(),
        }])
    }

    /// What the Spine said instead of what was asked. Its refusals are the caller's to know; its
    /// faults are about our message, not theirs.
    pub(super) fn not_data<T>(trail: &mut Trail, said: Said<T>) -> Self {
        match said {
            Said::Nothing => Self::Nothing,
            Said::Refused(refusal) => {
                trail.note(format!("the Spine refused: {}", refusal.codes()));
                Self::SpineRefused(refusal)
            }
            Said::Fault(fault) => {
                trail.note(format!("the Spine's fault: {fault}"));
                Self::Refused(vec![match fault.is_retryable() {
                    true => psis::not_available(),
                    false => psis::system_error(),
                }])
            }
            Said::Data(_) => Self::failed(),
        }
    }

    /// Whether it shows anything of a patient's record.
    pub(super) fn discloses(&self) -> bool {
        matches!(self, Self::Passed(_) | Self::Consent(..) | Self::Has(..))
    }

    /// What came of it, for audit, log and metrics: `AA OK`, `AE 420 30418`, `fault 200`. Made of
    /// codes of our own tables only, so there are few and none names a patient.
    pub(super) fn outcome(&self) -> String {
        match self {
            Self::Passed(_) | Self::Consent(..) | Self::Has(..) => "AA OK".to_owned(),
            Self::Nothing => "AA NF".to_owned(),
            Self::Set => "AA".to_owned(),
            Self::Refused(issues) => {
                let codes: Vec<&str> = issues.iter().map(|issue| issue.code.as_ref()).collect();
                let kind = AcknowledgementKind::refusing(issues);
                format!("{} {}", kind.code(), codes.join(" "))
            }
            Self::SpineRefused(_) => "refused by the Spine".to_owned(),
            Self::Fault(fault) => {
                let code = fault.errors.first().map_or("", |error| error.code.as_str());
                format!("fault {code}")
            }
        }
    }

    /// The HTTP response to a request that can be answered in its own terms. Faults travel under
    /// 500, everything else under 200.
    pub(super) fn write(&self, parts: &AnswerParts<'_>) -> Response {
        let body = match self {
            Self::Passed(passed) => passed.write(parts),
            Self::Nothing => NothingFound.write(parts),
            Self::Consent(query, consent) => PermissionsAnswer {
                query,
                consent: *consent,
            }
            .write(parts),
            Self::Has(query, consent) => HasAnswer {
                query,
                consent: *consent,
            }
            .write(parts),
            Self::Set => SetAccepted.write(parts),
            Self::Refused(issues) => {
                write_refusal(parts, issues, AcknowledgementKind::refusing(issues))
            }
            Self::SpineRefused(refusal) => write_passed_refusal(parts, refusal),
            Self::Fault(fault) => return fault_response(fault),
        };
        Response::new(200, "text/xml", body)
    }
}

/// A SOAP fault as HTTP. Clients expect exactly `text/xml` under 500.
pub(super) fn fault_response(fault: &SoapFault) -> Response {
    Response::new(500, "text/xml", fault.write())
}

/// What is said when our store failed.
pub(super) fn storage_fault() -> SoapFault {
    SoapFault::processing("System failure to process message - default")
}
