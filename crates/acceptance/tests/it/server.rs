//! An SMSP by rote, and the ways in which it can be wrong.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use domain::code::cpis;
use domain::code::smsp::ResponseCode;
use domain::record::DocumentBytes;
use domain::{Consent, ConsentSetting, NhsNumber, OdsCode};
use itk::Face;
use itk::envelope::Caller;
use itk::fault::Fault;
use itk::request::Rules;
use itk::response::Outbound;
use itk::scr::{
    Operation, PayloadError, consent, create_ptv, get_rbac_status, get_scr_status, query_ptv,
    query_scr, query_scr_activity as activity, report,
};
use jiff::SignedDuration;
use transport::{BoxFuture, Environment, Handler, Request, Response};
use xml::{Document, Writer, ns};

use crate::child;
use crate::world::{CLIENT, ORGANISATION, USER, number, patient};

const XML: &str = "text/xml; charset=utf-8";
const PATH: &str = "/smsp/scr";
const CPIS_PATH: &str = "/smsp/cpis";

/// How a server behaves.
#[derive(Clone)]
pub(crate) enum Manner {
    /// As it should.
    Good,
    /// Everything is a success, whatever it is.
    YesMan,
    /// Everything is SMSP-9999 but faults, which are right.
    Failing,
    /// Everything out of the ordinary is fault 1000, allowed or not.
    Pedant,
    /// The second answer to the same is another.
    Fickle,
    /// Right for so many requests, then 503.
    Mortal(usize),
    /// Nothing but HTTP 404.
    Absent,
    /// As it should, and then this is done to the answer.
    Tampering(fn(&str) -> String),
    /// As it should, and then the status and the content type are these.
    Dressed(u16, &'static str),
}

/// The server.
pub(crate) struct Server {
    manner: Manner,
    env: Environment,
    served: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Tracking id to message id and payload.
    tracked: HashMap<String, (String, String)>,
    permitted: bool,
}

/// What an answer says.
enum Said {
    /// Of CP-IS: the code, and whose plans.
    Plans(cpis::ResponseCode, Option<NhsNumber>),
    Success(Operation, Told),
    Code(Operation, ResponseCode),
    Fault(Fault),
}

enum Told {
    Status(get_scr_status::Status),
    Rights,
    Flag(bool),
    Nothing,
    Document(NhsNumber),
    Report(Vec<u8>),
    Consent,
}

impl Handler for Server {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move { self.answer(&request) })
    }
}

impl Server {
    pub(crate) fn new(manner: Manner) -> Self {
        Self {
            manner,
            env: Environment::system(),
            served: AtomicUsize::new(0),
            state: Mutex::default(),
        }
    }

    pub(crate) fn answer(&self, request: &Request) -> Response {
        let served = self.served.fetch_add(1, Ordering::SeqCst);
        match &self.manner {
            Manner::YesMan => self.yes(request),
            Manner::Absent => Response::text(404, "nothing here"),
            Manner::Mortal(most) if served >= *most => Response::text(503, "no more"),
            Manner::Tampering(tamper) => {
                let good = self.good(request);
                let text = String::from_utf8(good.body.to_vec()).expect("UTF-8");
                let body = Bytes::from(tamper(&text));
                Response { body, ..good }
            }
            Manner::Dressed(status, content_type) => {
                let good = self.good(request);
                Response::new(*status, content_type, good.body)
            }
            _ => self.good(request),
        }
    }

    /// A success of whatever operation is named first.
    fn yes(&self, request: &Request) -> Response {
        let text = String::from_utf8_lossy(&request.body);
        let id = text
            .split("MessageID")
            .nth(1)
            .and_then(|rest| rest.split(['>', '<']).nth(1))
            .filter(|id| id.len() == 36);
        if text.contains("CP-ISQueryStub") {
            let mut all = (5..=6).map(number);
            let asked = all.find(|number| text.contains(number.as_str()));
            let said = Said::Plans(cpis::ResponseCode::Success, asked.or(Some(number(5))));
            return self.write(id, said);
        }
        let operation = Operation::ALL
            .into_iter()
            .rev()
            .find(|operation| text.contains(operation.request_root()))
            .unwrap_or(Operation::GetScrStatus);
        let told = match operation {
            Operation::GetScrStatus => Told::Status(get_scr_status::Status {
                exists: true,
                consent: ConsentSetting::Ask,
            }),
            Operation::GetRbacStatus => Told::Rights,
            Operation::QueryPtv => Told::Flag(true),
            Operation::CreatePtv | Operation::SetScrConsent => Told::Nothing,
            Operation::QueryScr => {
                let mut all = (1..=4).map(number);
                let asked = all.find(|number| text.contains(number.as_str()));
                Told::Document(asked.unwrap_or(patient()))
            }
            Operation::QueryScrActivity => Told::Report(csv(None, None)),
            Operation::GetScrConsent => Told::Consent,
        };
        self.write(id, Said::Success(operation, told))
    }

    fn good(&self, request: &Request) -> Response {
        if ![PATH, CPIS_PATH].contains(&request.path.as_str()) {
            return Response::text(404, "nothing here");
        }
        if request.method == "GET" && request.query == "wsdl" {
            let text = itk::wsdl::document(Face::Scr, "wsdl", "https://localhost");
            let (_, text) = text.expect("a WSDL");
            return Response::new(200, XML, text);
        }
        if request.method != "POST" {
            return Response::text(405, "POST only");
        }
        let content_type = request.header("content-type").unwrap_or_default();
        if !content_type.starts_with("text/xml") {
            return Response::text(415, "text/xml only");
        }
        let document = match Document::parse(&request.body) {
            Ok(document) => document,
            Err(error) => return self.write(None, Said::Fault(error.into())),
        };
        let id = itk::request::message_id_of(&document);
        let said = self.said(request, &document);
        self.write(id.as_deref(), said.unwrap_or_else(Said::Fault))
    }

    fn said(&self, http: &Request, document: &Document<'_>) -> Result<Said, Fault> {
        let rules = Rules {
            now: self.env.now(),
            skew: SignedDuration::from_secs(5),
            soap_action: http.header("soapaction"),
            service: itk::SEND_RECV,
            sha1: itk::signature::Sha1::Refused,
        };
        let request = itk::request::read(document, &rules)?;
        if request.username != CLIENT {
            return Err(Fault::access_denied("the user name is unknown"));
        }
        let caller = request.envelope.caller();
        let caller = caller.map_err(|error| Fault::invalid(error.to_string()))?;
        if caller.organisation.as_str() != ORGANISATION {
            return Err(Fault::access_denied("another organisation"));
        }
        if http.path == CPIS_PATH {
            itk::cpis::Operation::of(&request.envelope, &request.payload)?;
            self.once(&request)?;
            let (code, patient) = match self.manner {
                Manner::Failing => (cpis::ResponseCode::Failure, None),
                _ => child::asked(&request.payload, &caller),
            };
            return Ok(self.fickle(Said::Plans(code, patient)));
        }
        let operation = Operation::of(&request.envelope, &request.payload)?;
        if matches!(self.manner, Manner::Pedant) {
            pedantic(document.source())?;
        }
        self.once(&request)?;
        if matches!(self.manner, Manner::Failing) {
            return Ok(Said::Code(operation, ResponseCode::Failure));
        }
        match self.operation(operation, &request.payload, &caller) {
            Ok(said) => Ok(self.fickle(said)),
            Err(PayloadError::Schema(error)) => Err(error.into()),
            Err(PayloadError::Content(_)) => {
                Ok(Said::Code(operation, ResponseCode::InputValidation))
            }
        }
    }

    /// Neither id of a message may come again with other content.
    fn once(&self, request: &itk::request::Request<'_, '_>) -> Result<(), Fault> {
        let message = request.message_id.as_str().to_owned();
        let tracking = request.envelope.tracking_id.as_str().to_owned();
        let payload = request.payload.source().to_owned();
        let mut state = self.state.lock().expect("a lock");
        match state.tracked.get(&tracking) {
            Some((_, first)) if *first == payload => return Ok(()),
            Some(_) => return Err(Fault::invalid("the tracking id was used before")),
            None => {}
        }
        if state.tracked.values().any(|(used, _)| *used == message) {
            return Err(Fault::invalid("the MessageID was used before"));
        }
        state.tracked.insert(tracking, (message, payload));
        Ok(())
    }

    fn fickle(&self, said: Said) -> Said {
        let second = self.served.load(Ordering::SeqCst).is_multiple_of(2);
        match said {
            Said::Success(operation, _) if second && matches!(self.manner, Manner::Fickle) => {
                Said::Code(operation, ResponseCode::Failure)
            }
            Said::Plans(..) if second && matches!(self.manner, Manner::Fickle) => {
                Said::Plans(cpis::ResponseCode::Failure, None)
            }
            said => said,
        }
    }

    fn operation(
        &self,
        operation: Operation,
        payload: &xml::Element<'_, '_>,
        caller: &Caller,
    ) -> Result<Said, PayloadError> {
        let success = |told| Ok(Said::Success(operation, told));
        let code = |code| Ok(Said::Code(operation, code));
        let known = caller
            .user
            .as_ref()
            .is_some_and(|user| user.as_str() == USER);
        let mut state = self.state.lock().expect("a lock");
        let told = match operation {
            Operation::GetScrStatus => {
                let request = get_scr_status::Request::read(payload)?;
                let dissents = request.patient == number(3);
                return success(Told::Status(get_scr_status::Status {
                    exists: request.patient != number(2),
                    consent: if dissents {
                        ConsentSetting::No
                    } else {
                        ConsentSetting::Ask
                    },
                }));
            }
            Operation::GetRbacStatus => {
                get_rbac_status::Request::read(payload)?;
                Told::Rights
            }
            Operation::QueryPtv => {
                let request = query_ptv::Request::read(payload)?;
                Told::Flag(state.permitted && request.patient == patient())
            }
            Operation::CreatePtv => {
                create_ptv::Request::read(payload)?;
                state.permitted = true;
                Told::Nothing
            }
            Operation::QueryScr => {
                let request = query_scr::Request::read(payload)?;
                let has_permission =
                    request.create_ptv || (state.permitted && request.patient == patient());
                if !known {
                    return code(ResponseCode::AuthorCredentials);
                } else if request.patient == number(3) {
                    return code(ResponseCode::AcsFailed);
                } else if !has_permission && !request.emergency {
                    return code(ResponseCode::PtvFailed);
                } else if request.patient == number(2) {
                    return code(ResponseCode::ScrNotFound);
                }
                state.permitted |= request.create_ptv;
                Told::Document(request.patient)
            }
            Operation::QueryScrActivity => {
                let request = activity::Request::read(payload)?;
                Told::Report(csv(request.patient, request.user))
            }
            Operation::GetScrConsent => {
                consent::get::Request::read(payload)?;
                Told::Consent
            }
            Operation::SetScrConsent => {
                consent::set::Request::read(payload)?;
                Told::Nothing
            }
        };
        match known {
            true => success(told),
            false => code(ResponseCode::AuthorCredentials),
        }
    }

    fn write(&self, relates_to: Option<&str>, said: Said) -> Response {
        let fault = match said {
            Said::Fault(fault) => fault,
            said => return self.write_answer(relates_to, said),
        };
        let body = fault.write(&self.env.uuid(), relates_to, &self.env.uuid());
        Response::new(500, XML, body)
    }

    fn write_answer(&self, relates_to: Option<&str>, said: Said) -> Response {
        let (operation, code, told) = match said {
            Said::Fault(_) => return Response::text(500, "a fault is no answer"),
            Said::Plans(code, patient) => {
                let operation = itk::cpis::Operation::Query.into();
                return self.wrap(relates_to, operation, |w, id| {
                    child::write(w, id, code, patient);
                });
            }
            Said::Code(operation, code) => (operation, code, None),
            Said::Success(operation, told) => (operation, ResponseCode::Success, Some(told)),
        };
        self.wrap(relates_to, operation.into(), |w, id| {
            payload(w, operation, id, code.code(), told);
        })
    }

    fn wrap(
        &self,
        relates_to: Option<&str>,
        operation: itk::Operation,
        payload: impl FnOnce(&mut Writer, &str),
    ) -> Response {
        let provider = OdsCode::parse("RAL").expect("an ODS code");
        let client = OdsCode::parse(ORGANISATION).expect("an ODS code");
        let payload_id = self.env.uuid();
        let parts = Outbound {
            message_id: &self.env.uuid(),
            relates_to,
            now: self.env.now(),
            expires_after: SignedDuration::from_secs(60),
            tracking_id: &self.env.uuid(),
            payload_id: &payload_id,
            profile_id: operation.response_profile(),
            interaction: operation.response_interaction(),
            provider_ods: &provider,
            client_ods: Some(&client),
            signer: None,
        };
        let body = itk::response::write(&parts, |w| payload(w, &payload_id));
        Response::new(200, XML, body)
    }
}

fn payload(w: &mut Writer, operation: Operation, id: &str, code: (&str, &str), told: Option<Told>) {
    let rights = get_rbac_status::RbacStatus {
        with_ptv: true,
        in_emergency: false,
    };
    let both = Consent {
        view: ConsentSetting::Ask,
        store: ConsentSetting::Ask,
    };
    match (operation, told) {
        (Operation::GetScrStatus, Some(Told::Status(status))) => {
            get_scr_status::write_response(w, id, code, Some(status));
        }
        (Operation::GetScrStatus, _) => get_scr_status::write_response(w, id, code, None),
        (Operation::GetRbacStatus, told) => {
            get_rbac_status::write_response(w, id, code, told.map(|_| rights));
        }
        (Operation::QueryPtv, Some(Told::Flag(flag))) => {
            query_ptv::write_response(w, id, code, Some(flag));
        }
        (Operation::QueryPtv, _) => query_ptv::write_response(w, id, code, None),
        (Operation::CreatePtv, _) => create_ptv::write_response(w, id, code),
        (Operation::QueryScr, Some(Told::Document(patient))) => {
            query_scr::write_response(w, id, code, Some(&document(patient)));
        }
        (Operation::QueryScr, _) => query_scr::write_response(w, id, code, None),
        (Operation::QueryScrActivity, Some(Told::Report(csv))) => {
            activity::write_response(w, id, code, Some(&csv));
        }
        (Operation::QueryScrActivity, _) => activity::write_response(w, id, code, None),
        (Operation::GetScrConsent, told) => {
            consent::get::write_response(w, id, code, told.map(|_| both));
        }
        (Operation::SetScrConsent, _) => consent::set::write_response(w, id, code),
    }
}

fn document(patient: NhsNumber) -> DocumentBytes {
    let mut w = Writer::new();
    w.element("GPSummary", &[], |w| {
        w.empty("id", &[("root", "0600CE57-C6F6-4C7F-E050-950AE073125B")]);
        w.element("recordTarget", &[], |w| {
            w.element("patient", &[], |w| {
                let root = domain::oid::NHS_NUMBER;
                w.empty("id", &[("root", root), ("extension", patient.as_str())]);
            });
        });
    });
    DocumentBytes {
        bytes: w.finish(),
        inherited: vec![(String::new(), ns::HL7.to_owned())],
    }
}

fn csv(patient: Option<NhsNumber>, user: Option<domain::SdsUserId>) -> Vec<u8> {
    let header = report::Header {
        created: "20260301120000".to_owned(),
        returned: 1,
        matching: 1,
        low: "20260301".to_owned(),
        high: "20260301".to_owned(),
        patient,
        user,
    };
    let row = report::Row {
        organisation: ORGANISATION.to_owned(),
        organisation_name: "Example Trust".to_owned(),
        patient: crate::world::patient().as_str().to_owned(),
        user: USER.to_owned(),
        role_profile: "212233445566".to_owned(),
        user_name: "Dr A Example".to_owned(),
        emergency: false,
        reason: String::new(),
        at: "20260301110000".to_owned(),
    };
    report::write(&header, std::iter::once(row))
}

/// Refuses what is allowed and not ordinary.
fn pedantic(text: &str) -> Result<(), Fault> {
    let unusual = [
        "urn:acceptance",
        "mustUnderstand",
        "addresslist",
        "compressed",
        "BinarySecurityToken",
    ];
    let id = text.split("MessageID>").nth(1).unwrap_or_default();
    let id = id.split('<').next().unwrap_or_default();
    if unusual.iter().any(|part| text.contains(part))
        || !text.contains("senderAddress")
        || id.bytes().any(|b| b.is_ascii_lowercase())
    {
        return Err(Fault::invalid("this is unusual"));
    }
    Ok(())
}
