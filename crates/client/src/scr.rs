//! Asking, and understanding what came back.

mod call;
mod outcome;
mod reading;

use std::sync::Arc;

use domain::NhsNumber;
use domain::consent::{Consent, ConsentSetting};
use itk::scr::create_ptv::Subject;
use itk::scr::get_rbac_status::RbacStatus;
use itk::scr::report::Report;
use itk::scr::{
    Interval, consent, create_ptv, get_rbac_status, get_scr_status, query_ptv, query_scr_activity,
};
use itk::signature::Signer;
use jiff::SignedDuration;
use transport::{Environment, Upstream};
use xml::Element;

use crate::ask::{Line, unreadable};
use crate::{ClientError, ClientIdentity};
pub use call::{ActivityQuery, Call, NewPermission, QueryOptions};
pub use outcome::{Outcome, QueryOutcome, Refused, Status, StatusOutcome};
use reading::{document, listed_as_asked, present};

/// A client of the SCR mini services.
pub struct ScrClient {
    line: Line,
}

impl ScrClient {
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

    /// Does the patient have a Summary Care Record, and may it be shared?
    pub async fn status(&self, patient: NhsNumber) -> Result<StatusOutcome, ClientError> {
        let status = self.exchange(Call::Status(patient), |payload| {
            let read = get_scr_status::Response::read(payload).map_err(unreadable)?;
            let status = present(read.status, "status")?;
            Ok(Status {
                exists: status.exists,
                consent: status.consent,
            })
        });
        status.await.map(StatusOutcome::from)
    }

    /// What may the user who calls do?
    pub async fn rbac(&self) -> Result<Outcome<RbacStatus>, ClientError> {
        self.exchange(Call::Rbac, |payload| {
            let read = get_rbac_status::Response::read(payload).map_err(unreadable)?;
            present(read.status, "status")
        })
        .await
    }

    /// Does the user who calls have permission to view the patient's record, now?
    pub async fn query_ptv(&self, patient: NhsNumber) -> Result<Outcome<bool>, ClientError> {
        self.exchange(Call::QueryPtv(patient), |payload| {
            let read = query_ptv::Response::read(payload).map_err(unreadable)?;
            present(read.flag, "flag")
        })
        .await
    }

    /// Records that the patient permits these users to view the record, for so long or, without an
    /// interval, for as long as the provider decides.
    pub async fn create_ptv(
        &self,
        patient: NhsNumber,
        subjects: Vec<Subject>,
        effective: Option<Interval>,
    ) -> Result<Outcome<()>, ClientError> {
        let call = Call::CreatePtv(NewPermission {
            patient,
            subjects,
            effective,
        });
        self.exchange(call, |payload| {
            let read = create_ptv::Response::read(payload);
            read.map(drop).map_err(unreadable)
        })
        .await
    }

    /// The patient's latest GP Summary.
    pub async fn query(
        &self,
        patient: NhsNumber,
        options: &QueryOptions,
    ) -> Result<QueryOutcome, ClientError> {
        let call = Call::Query(patient, options.clone());
        let found = self.exchange(call, |payload| document(payload, patient));
        found.await.map(QueryOutcome::from)
    }

    /// Who looked? A report that is not as published, or that lists others than were asked for, is
    /// an error.
    pub async fn activity(&self, asked: &ActivityQuery) -> Result<Outcome<Report>, ClientError> {
        self.exchange(Call::Activity(asked.clone()), |payload| {
            let read = query_scr_activity::Response::read(payload).map_err(unreadable)?;
            listed_as_asked(present(read.report, "report")?, asked)
        })
        .await
    }

    /// The patient's consent to share, both settings. An extension: only Minispine knows it.
    pub async fn get_consent(&self, patient: NhsNumber) -> Result<Outcome<Consent>, ClientError> {
        self.exchange(Call::GetConsent(patient), |payload| {
            let read = consent::get::Response::read(payload).map_err(unreadable)?;
            present(read.consent, "consent")
        })
        .await
    }

    /// Sets the patient's consent to share; [`ConsentSetting::Ask`] takes back what was set. An
    /// extension: only Minispine knows it.
    pub async fn set_consent(
        &self,
        patient: NhsNumber,
        setting: ConsentSetting,
    ) -> Result<Outcome<()>, ClientError> {
        self.exchange(Call::SetConsent(patient, setting), |payload| {
            let read = consent::set::Response::read(payload);
            read.map(drop).map_err(unreadable)
        })
        .await
    }

    /// The bytes that a call would send, valid for so long: a ready-made request.
    pub fn request_bytes(&self, call: &Call, valid_for: SignedDuration) -> Vec<u8> {
        let operation = call.operation().into();
        self.line
            .request(operation, valid_for, |w, id| call.write(id, w))
    }

    /// [`ScrClient::request_bytes`] of [`ScrClient::query`].
    pub fn query_request(
        &self,
        patient: NhsNumber,
        options: &QueryOptions,
        valid_for: SignedDuration,
    ) -> Vec<u8> {
        self.request_bytes(&Call::Query(patient, options.clone()), valid_for)
    }

    /// Sends a call, and reads the payload of an answer with SMSP-0000.
    async fn exchange<T>(
        &self,
        call: Call,
        read: impl FnOnce(&Element<'_, '_>) -> Result<T, ClientError>,
    ) -> Result<Outcome<T>, ClientError> {
        self.line
            .exchange(
                call.operation().into(),
                |w, id| call.write(id, w),
                |response| read(&response.payload),
            )
            .await
    }
}
