//! Writing the answer.

use domain::code::smsp::ResponseCode;
use domain::identifier::MessageId;
use itk::fault::Fault;
use itk::response::Outbound;
use itk::scr::Operation;
use transport::Response;
use xml::Writer;

use super::ScrService;
use crate::trail::Trail;
use crate::verdict::{Answer, Content};
use crate::{
    create_ptv, get_consent, get_rbac_status, get_scr_status, query_ptv, query_scr,
    query_scr_activity, set_consent,
};

const XML: &str = "text/xml; charset=utf-8";

impl ScrService {
    /// The answer as it leaves; `error_id` names it in our log if it is a fault.
    pub(super) fn write(&self, trail: &Trail, answer: &Answer, error_id: &str) -> Response {
        let (code, content) = match answer {
            Answer::Fault(fault) => return self.write_fault(trail, fault, error_id),
            Answer::Content(content) => (ResponseCode::Success, Some(content)),
            Answer::Code(code) => (*code, None),
        };
        match trail.operation {
            Some(operation) => self.write_payload(trail, operation, code, content),
            // Codes answer an operation, so this is never reached; if it were, it is our failure.
            None => {
                let failure = Fault::server_failure("the request could not be answered");
                self.write_fault(trail, &failure, error_id)
            }
        }
    }

    fn write_payload(
        &self,
        trail: &Trail,
        operation: Operation,
        code: ResponseCode,
        content: Option<&Content>,
    ) -> Response {
        let (message_id, tracking_id, payload_id) =
            (self.env.uuid(), self.env.uuid(), self.env.uuid());
        let client = trail.client.as_deref();
        let signer = self.config.signer.as_deref();
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
            client_ods: client.map(|client| &client.ods),
            signer: signer.filter(|_| client.is_some_and(|client| client.sign_answers)),
        };
        let value = self.code(code);
        let body = itk::response::write(&parts, |w| {
            payload(w, operation, &payload_id, value, content);
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

/// The payload of an operation's answer: with its content when there is some.
fn payload(
    w: &mut Writer,
    operation: Operation,
    id: &str,
    value: (&str, &str),
    content: Option<&Content>,
) {
    macro_rules! content {
        ($kind:pat => $value:expr) => {
            match content {
                Some($kind) => Some($value),
                _ => None,
            }
        };
    }
    match operation {
        Operation::GetScrStatus => {
            let status = content!(Content::Status(status) => *status);
            get_scr_status::write_response(w, id, value, status);
        }
        Operation::GetRbacStatus => {
            let rights = content!(Content::Rights(rights) => *rights);
            get_rbac_status::write_response(w, id, value, rights);
        }
        Operation::QueryPtv => {
            let permitted = content!(Content::Permission(permitted) => *permitted);
            query_ptv::write_response(w, id, value, permitted);
        }
        Operation::CreatePtv => create_ptv::write_response(w, id, value),
        Operation::QueryScr => {
            let document = content!(Content::Record(_, document) => document);
            query_scr::write_response(w, id, value, document);
        }
        Operation::QueryScrActivity => {
            let report = content!(Content::Report(report) => report.as_slice());
            query_scr_activity::write_response(w, id, value, report);
        }
        Operation::GetScrConsent => {
            let consent = content!(Content::Consent(consent) => *consent);
            get_consent::write_response(w, id, value, consent);
        }
        Operation::SetScrConsent => set_consent::write_response(w, id, value),
    }
}
