//! The payloads of the requests.

use domain::code::smsp::ResponseCode;
use itk::fault::Fault;
use itk::scr::{Operation, PayloadError};
use xml::Element;

use super::What;
use crate::provider::fault;
use crate::trail::Trail;
use crate::verdict::Answer;
use crate::{
    create_ptv, get_consent, get_rbac_status, get_scr_status, query_ptv, query_scr,
    query_scr_activity, set_consent,
};

/// The payload of an operation.
pub(super) fn what(operation: Operation, payload: &Element<'_, '_>) -> Result<What, PayloadError> {
    Ok(match operation {
        Operation::GetScrStatus => What::Status(get_scr_status::Request::read(payload)?),
        Operation::GetRbacStatus => {
            get_rbac_status::Request::read(payload).map(|_| What::Rights)?
        }
        Operation::QueryPtv => What::Permission(query_ptv::Request::read(payload)?),
        Operation::CreatePtv => What::Permit(create_ptv::Request::read(payload)?),
        Operation::QueryScr => What::Record(query_scr::Request::read(payload)?),
        Operation::QueryScrActivity => What::Activity(query_scr_activity::Request::read(payload)?),
        Operation::GetScrConsent => What::Consent(get_consent::Request::read(payload)?),
        Operation::SetScrConsent => What::SetConsent(set_consent::Request::read(payload)?),
    })
}

/// What the schema forbids is a fault; what it allows and makes no sense has a code.
pub(super) fn bad_payload(trail: &mut Trail, error: PayloadError) -> Answer {
    match error {
        PayloadError::Schema(error) => fault(trail, Fault::from(error)),
        PayloadError::Content(why) => {
            trail.note(why);
            ResponseCode::InputValidation.into()
        }
    }
}
