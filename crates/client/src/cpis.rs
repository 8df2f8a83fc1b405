//! Asking CP-IS, and understanding what came back.

use std::sync::Arc;

use domain::cpis::Author;
use domain::record::DocumentBytes;
use domain::{Hl7Timestamp, NhsNumber};
use hl7v3::cpis::answer::{self, Answer};
use hl7v3::cpis::query::{self, Query};
use itk::client_response::Response;
use itk::cpis::Operation;
use itk::fault::Fault;
use itk::signature::Signer;
use jiff::SignedDuration;
use transport::{Environment, Upstream};

use crate::ask::{Line, unreadable};
use crate::render::cpis::Finding;
use crate::{ClientError, ClientIdentity, Outcome, Refused};

/// The code of "there is no record".
const NO_RECORD: &str = "CPIS-0001";

/// A client of the CP-IS mini service. Every query is an access: it is kept in the history, and the
/// local authority is told of it.
pub struct CpisClient {
    line: Line,
}

/// What is held of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildProtection {
    /// Whom it is about: whoever was asked for.
    pub patient: NhsNumber,
    /// What it says.
    pub answer: Answer,
    /// `CP-ISNHSQueryResponse`, byte for byte as it was sent, for [`crate::render::xml`].
    pub payload: DocumentBytes,
}

/// The answer to [`CpisClient::query`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CpisOutcome {
    /// There is a record.
    Found(Box<ChildProtection>),
    /// There is none. That does not mean that there is no risk.
    NoRecord,
    /// A response code that says neither.
    Refused(Refused),
    /// A SOAP fault.
    Fault(Fault),
}

impl ChildProtection {
    /// For the renderings of [`crate::render::cpis`].
    pub fn finding(&self) -> Finding<'_> {
        Finding {
            patient: self.patient,
            answer: Some(&self.answer),
        }
    }
}

impl CpisClient {
    /// A client that calls as `identity`, with unsigned requests.
    pub fn new(identity: ClientIdentity, service: Arc<dyn Upstream>, env: Environment) -> Self {
        let line = Line {
            identity,
            signer: None,
            service,
            env,
        };
        Self { line }
    }

    /// Signs every request from now on. The certificate's subject must be the user name.
    #[must_use]
    pub fn signing(mut self, signer: Arc<Signer>) -> Self {
        self.line.signer = Some(signer);
        self
    }

    /// A query of now, under an id of its own.
    pub fn asked_by(&self, author: Author, patient: NhsNumber) -> Query {
        let env = &self.line.env;
        let now = env.now();
        let text = now.strftime("%Y%m%d%H%M%S+0000").to_string();
        Query {
            id: env.uuid(),
            at: Hl7Timestamp::parse(&text).unwrap_or_else(|_| Hl7Timestamp::from_instant(now)),
            author,
            patient,
            silent: false,
        }
    }

    /// What is held of a patient, and who has looked? The same query sent again is no second access.
    pub async fn query(&self, query: &Query) -> Result<CpisOutcome, ClientError> {
        let outcome = self.line.exchange(
            Operation::Query.into(),
            |w, _| query::write_stub(w, query),
            |response| found(response, query.patient),
        );
        outcome.await.map(CpisOutcome::from)
    }

    /// The bytes that a query would send, valid for so long: a ready-made request.
    pub fn request_bytes(&self, query: &Query, valid_for: SignedDuration) -> Vec<u8> {
        self.line
            .request(Operation::Query.into(), valid_for, |w, _| {
                query::write_stub(w, query);
            })
    }
}

/// What an answer with SMSP-0000 holds, which must be about this patient in every part that says
/// whom it is about, and say so in one at least: the last gate before a clinician's eyes.
fn found(response: &Response<'_, '_>, patient: NhsNumber) -> Result<ChildProtection, ClientError> {
    let answer = answer::read(response.payload).map_err(unreadable)?;
    if answer.records.is_empty() {
        let why = "a success without a record";
        return Err(ClientError::Unreadable(why.to_owned()));
    }
    if answer.patient() != Some(patient) {
        return Err(ClientError::WrongPatient);
    }
    let slice = response.payload.slice();
    Ok(ChildProtection {
        patient,
        answer,
        payload: DocumentBytes {
            bytes: slice.bytes.as_bytes().to_vec(),
            inherited: slice.inherited,
        },
    })
}

impl From<Outcome<ChildProtection>> for CpisOutcome {
    fn from(outcome: Outcome<ChildProtection>) -> Self {
        match outcome {
            Outcome::Value(found) => Self::Found(Box::new(found)),
            Outcome::Refused(refused) if refused.code == NO_RECORD => Self::NoRecord,
            Outcome::Refused(refused) => Self::Refused(refused),
            Outcome::Fault(fault) => Self::Fault(fault),
        }
    }
}
