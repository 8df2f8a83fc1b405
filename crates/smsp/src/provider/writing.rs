//! Writing the answer.

use domain::identifier::MessageId;
use itk::fault::Fault;
use itk::response::Outbound;
use transport::Response;

use super::Provider;
use crate::face::{AnswerOf, Face, Said};
use crate::outcome::{Answer, Code};
use crate::trail::Trail;

const XML: &str = "text/xml; charset=utf-8";

impl Provider {
    /// The answer as it leaves; `error_id` names it in our log if it is a fault.
    pub(super) fn write<F: Face>(
        &self,
        face: &F,
        trail: &Trail,
        operation: Option<F::Operation>,
        answer: &AnswerOf<F>,
        error_id: &str,
    ) -> Response {
        let (code, content) = match answer {
            Answer::Fault(fault) => return self.write_fault(trail, fault, error_id),
            Answer::Content(content) => (F::Code::SUCCESS, Some(content)),
            Answer::Code(code) => (*code, None),
        };
        let Some(operation) = operation else {
            // Codes answer an operation, so this is never reached; if it were, it is our failure.
            let failure = Fault::server_failure("the request could not be answered");
            return self.write_fault(trail, &failure, error_id);
        };
        let id = self.env.uuid();
        let said = Said {
            operation,
            trail,
            id: &id,
            code,
            content,
        };
        self.write_payload(face, &said)
    }

    fn write_payload<F: Face>(&self, face: &F, said: &Said<'_, F>) -> Response {
        let (message_id, tracking_id) = (self.env.uuid(), self.env.uuid());
        let operation: itk::Operation = said.operation.into();
        let client = said.trail.client.as_deref();
        let signer = self.config.signer.as_deref();
        let parts = Outbound {
            message_id: &message_id,
            relates_to: said.trail.message.as_ref().map(MessageId::as_str),
            now: self.env.now(),
            expires_after: self.config.answer_valid_for,
            tracking_id: &tracking_id,
            payload_id: said.id,
            profile_id: operation.response_profile(),
            interaction: operation.response_interaction(),
            provider_ods: &self.config.ods,
            client_ods: client.map(|client| &client.ods),
            signer: signer.filter(|_| client.is_some_and(|client| client.sign_answers)),
        };
        let body = itk::response::write(&parts, |w| face.payload(w, said));
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
