//! The payloads of the answers.

use itk::scr::Operation;
use xml::Writer;

use super::ScrService;
use crate::face::Said;
use crate::verdict::Content;
use crate::{
    create_ptv, get_consent, get_rbac_status, get_scr_status, query_ptv, query_scr,
    query_scr_activity, set_consent,
};

/// The payload of an operation's answer: with its content when there is some.
pub(super) fn payload(w: &mut Writer, said: &Said<'_, ScrService>, value: (&str, &str)) {
    let Said {
        operation,
        id,
        content,
        ..
    } = *said;
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
