//! Writing the answer.

use domain::code::smsp::ResponseCode;
use domain::identifier::MessageId;
use itk::fault::Fault;
use itk::response::Outbound;
use itk::scr::Operation;
use transport::Response;

use super::ScrService;
use crate::trail::Trail;
use crate::verdict::Answer;
use crate::{get_scr_status, query_scr};

const XML: &str = "text/xml; charset=utf-8";

impl ScrService {
    /// The answer as it leaves; `error_id` names it in our log if it is a fault.
    pub(super) fn write(&self, trail: &Trail, answer: &Answer, error_id: &str) -> Response {
        match (trail.operation, answer) {
            (_, Answer::Fault(fault)) => self.write_fault(trail, fault, error_id),
            (Some(operation), answer) => self.write_payload(trail, operation, answer),
            // Codes answer an operation, so this is never reached; if it were, it is our failure.
            (None, _) => {
                let failure = Fault::server_failure("the request could not be answered");
                self.write_fault(trail, &failure, error_id)
            }
        }
    }

    fn write_payload(&self, trail: &Trail, operation: Operation, answer: &Answer) -> Response {
        let (code, status, document) = match answer {
            Answer::Status(status) => (ResponseCode::Success, Some(*status), None),
            Answer::Record(document) => (ResponseCode::Success, None, Some(document)),
            Answer::Code(code) => (*code, None, None),
            Answer::Fault(_) => (ResponseCode::Failure, None, None),
        };
        let (message_id, tracking_id, payload_id) =
            (self.env.uuid(), self.env.uuid(), self.env.uuid());
        let parts = Outbound {
            message_id: &message_id,
            relates_to: trail.message.as_ref().map(MessageId::as_str),
            now: self.env.now(),
            expires_after: self.config.answer_valid_for,
            tracking_id: &tracking_id,
            payload_id: &payload_id,
            profile_id: operation.response_profile(),
            interaction: operation.response_interaction(),
            provider_ods: &self.config.ods,
            client_ods: trail.client.as_ref().map(|client| &client.ods),
        };
        let value = self.code(code);
        let body = itk::response::write(&parts, |w| match operation {
            Operation::GetScrStatus => {
                get_scr_status::write_response(w, &payload_id, value, status)
            }
            _ => query_scr::write_response(w, &payload_id, value, document),
        });
        Response::new(200, XML, body)
    }

    fn write_fault(&self, trail: &Trail, fault: &Fault, error_id: &str) -> Response {
        let relates_to = trail.message.as_ref().map(MessageId::as_str);
        Response::new(
            500,
            XML,
            fault.write(&self.env.uuid(), relates_to, error_id),
        )
    }
}
