//! The scenarios of the official test tool: numbers that stand for a response code.
//!
//! A client is tried against every code without a Spine that would have to be brought into its
//! state. The numbers are those of the tool's own list; its others (1234567895 and whatever is not
//! listed) stand for success, for which the Spine is asked as ever.

use domain::NhsNumber;
use domain::code::cpis::ResponseCode;

/// What the audit says of such an answer.
pub(super) const STEP: &str = "scripted: the scenario of the test tool for this number";

/// The code that a number stands for.
pub(super) fn code(patient: NhsNumber) -> Option<ResponseCode> {
    Some(match patient.as_str() {
        "1111111111" => ResponseCode::InputValidation,
        "2222222222" => ResponseCode::ResponseValidation,
        "3333333333" => ResponseCode::NoSuchPatient,
        "4444444444" => ResponseCode::NoSpine,
        "5555555555" => ResponseCode::AuthorCredentials,
        "6666666666" => ResponseCode::Failure,
        "7777777777" => ResponseCode::SpineService,
        "8888888888" => ResponseCode::NoRecord,
        _ => return None,
    })
}
