//! What can be asked.

use domain::consent::ConsentSetting;
use domain::{Hl7Timestamp, NhsNumber, SdsUserId};
use itk::scr::create_ptv::Subject;
use itk::scr::query_scr_activity::ReportType;
use itk::scr::{
    Interval, Operation, consent, create_ptv, get_rbac_status, get_scr_status, query_ptv,
    query_scr, query_scr_activity,
};
use xml::Writer;

/// One call of the mini services: an operation and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// getSCRStatus.
    Status(NhsNumber),
    /// getRBACStatus, of the user who calls.
    Rbac,
    /// queryPTV, for the user who calls.
    QueryPtv(NhsNumber),
    /// createPTV.
    CreatePtv(NewPermission),
    /// querySCR.
    Query(NhsNumber, QueryOptions),
    /// querySCRActivity.
    Activity(ActivityQuery),
    /// getSCRConsent, an extension: only Minispine knows it.
    GetConsent(NhsNumber),
    /// setSCRConsent, an extension: only Minispine knows it.
    SetConsent(NhsNumber, ConsentSetting),
}

/// A permission to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPermission {
    /// Whose record.
    pub patient: NhsNumber,
    /// Who may view it: 1 to [`create_ptv::MOST_SUBJECTS`].
    pub subjects: Vec<Subject>,
    /// How long; without it, as the provider decides.
    pub effective: Option<Interval>,
}

/// Which accesses are to be reported. Every filter given applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityQuery {
    /// From this day on.
    pub low: Hl7Timestamp,
    /// To the end of this day; without it, until today.
    pub high: Option<Hl7Timestamp>,
    /// Only accesses to this patient's record.
    pub patient: Option<NhsNumber>,
    /// Only accesses by this user.
    pub user: Option<SdsUserId>,
}

/// How a record is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryOptions {
    /// The patient gives permission to view, now; to be recorded.
    pub create_ptv: bool,
    /// From when until when the permission holds; without it, as the provider decides.
    pub ptv_duration: Option<(Option<Hl7Timestamp>, Option<Hl7Timestamp>)>,
    /// The patient cannot be asked: the reason. The privacy officer is alerted.
    pub emergency: Option<String>,
    /// The user claims a legitimate relationship. The privacy officer is alerted.
    pub self_claim: bool,
}

impl QueryOptions {
    /// With the patient's permission, given now, and a claimed relationship.
    pub fn with_permission() -> Self {
        Self {
            create_ptv: true,
            self_claim: true,
            ..Self::default()
        }
    }

    /// In an emergency, for this reason, with a claimed relationship.
    pub fn emergency(reason: impl Into<String>) -> Self {
        Self {
            emergency: Some(reason.into()),
            self_claim: true,
            ..Self::default()
        }
    }
}

impl ActivityQuery {
    /// The type of report that its filters make it.
    fn report(&self) -> ReportType {
        match (&self.patient, &self.user) {
            (Some(_), _) => ReportType::ByPatient,
            (None, Some(_)) => ReportType::ByCareProfessional,
            (None, None) => ReportType::ByDate,
        }
    }
}

impl Call {
    /// The operation it calls.
    pub fn operation(&self) -> Operation {
        match self {
            Self::Status(_) => Operation::GetScrStatus,
            Self::Rbac => Operation::GetRbacStatus,
            Self::QueryPtv(_) => Operation::QueryPtv,
            Self::CreatePtv(_) => Operation::CreatePtv,
            Self::Query(..) => Operation::QueryScr,
            Self::Activity(_) => Operation::QueryScrActivity,
            Self::GetConsent(_) => Operation::GetScrConsent,
            Self::SetConsent(..) => Operation::SetScrConsent,
        }
    }

    /// Writes its payload.
    pub(super) fn write(&self, id: &str, w: &mut Writer) {
        let id = id.to_owned();
        match self {
            Self::Status(patient) => get_scr_status::Request {
                id,
                patient: *patient,
            }
            .write(w),
            Self::Rbac => get_rbac_status::Request { id }.write(w),
            Self::QueryPtv(patient) => query_ptv::Request {
                id,
                patient: *patient,
            }
            .write(w),
            Self::CreatePtv(permission) => create_ptv::Request {
                id,
                effective: permission.effective.clone(),
                patient: permission.patient,
                subjects: permission.subjects.clone(),
            }
            .write(w),
            Self::Query(patient, options) => query(id, *patient, options).write(w),
            Self::Activity(asked) => activity(id, asked).write(w),
            Self::GetConsent(patient) => consent::get::Request {
                id,
                patient: *patient,
            }
            .write(w),
            Self::SetConsent(patient, setting) => consent::set::Request {
                id,
                patient: *patient,
                setting: *setting,
            }
            .write(w),
        }
    }
}

fn query(id: String, patient: NhsNumber, options: &QueryOptions) -> query_scr::Request {
    let duration = options.ptv_duration.clone();
    query_scr::Request {
        id,
        create_ptv: options.create_ptv,
        emergency: options.emergency.is_some(),
        emergency_reason: options.emergency.clone(),
        patient,
        ptv_duration: duration.map(|(low, high)| Interval { low, high }),
        self_claim: options.self_claim,
    }
}

fn activity(id: String, asked: &ActivityQuery) -> query_scr_activity::Request {
    query_scr_activity::Request {
        id,
        report: asked.report(),
        period: Interval {
            low: Some(asked.low.clone()),
            high: asked.high.clone(),
        },
        patient: asked.patient,
        user: asked.user.clone(),
    }
}
