//! The payload of a request.

use domain::cpis::{Author, Device, Organisation, Person, PersonName, Responsible};
use domain::{ConsentSetting, Hl7Timestamp, NhsNumber, RoleProfileId, SdsUserId};
use hl7v3::cpis::query;
use itk::scr::query_scr_activity::ReportType;
use itk::scr::{
    Interval, Operation, consent, create_ptv, get_rbac_status, get_scr_status, query_ptv,
    query_scr, query_scr_activity,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use xml::Writer;

use super::{CannotSend, Context};
use crate::scenario::{Ask, By, Child, Days, Kind, Query, Who};
use crate::target::CpisTarget;

/// A patient's consent as getSCRConsent tells it.
pub(crate) type Settings = domain::Consent;

const REASON: &str = "acceptance test: the patient cannot be asked";

/// A written payload.
pub(super) struct Payload {
    pub(super) operation: itk::Operation,
    pub(super) patient: Option<NhsNumber>,
    pub(super) bytes: Vec<u8>,
}

impl Payload {
    fn of(
        operation: impl Into<itk::Operation>,
        patient: Option<NhsNumber>,
        write: impl FnOnce(&mut Writer),
    ) -> Result<Self, CannotSend> {
        let mut w = Writer::new();
        write(&mut w);
        Ok(Self {
            operation: operation.into(),
            patient,
            bytes: w.finish(),
        })
    }
}

impl Context<'_> {
    /// Writes what is asked, under this id.
    pub(super) fn payload(&self, ask: Ask, id: &str) -> Result<Payload, CannotSend> {
        let id = id.to_owned();
        match ask {
            Ask::Status(who) => {
                let patient = self.patient(who)?;
                let request = get_scr_status::Request { id, patient };
                Payload::of(Operation::GetScrStatus, Some(patient), |w| request.write(w))
            }
            Ask::Rights => {
                self.user()?;
                let request = get_rbac_status::Request { id };
                Payload::of(Operation::GetRbacStatus, None, |w| request.write(w))
            }
            Ask::QueryPtv(who) => {
                self.user()?;
                let patient = self.patient(who)?;
                let request = query_ptv::Request { id, patient };
                Payload::of(Operation::QueryPtv, Some(patient), |w| request.write(w))
            }
            Ask::CreatePtv(who, days) => {
                let patient = self.patient(who)?;
                let subject = create_ptv::Subject {
                    user: self.user()?,
                    role_profile: self.role_profile()?,
                };
                let request = create_ptv::Request {
                    id,
                    effective: days.map(|days| self.period(days)).transpose()?,
                    patient,
                    subjects: vec![subject],
                };
                Payload::of(Operation::CreatePtv, Some(patient), |w| request.write(w))
            }
            Ask::Query(query) => self.query(query, id),
            Ask::Activity(kind, days) => self.activity(kind, days, id),
            Ask::GetConsent(who) => {
                let patient = self.patient(who)?;
                let request = consent::get::Request { id, patient };
                Payload::of(Operation::GetScrConsent, Some(patient), |w| {
                    request.write(w)
                })
            }
            Ask::SetConsentAsFound(who) => {
                self.user()?;
                let patient = self.patient(who)?;
                let request = consent::set::Request {
                    id,
                    patient,
                    setting: self.as_found()?,
                };
                Payload::of(Operation::SetScrConsent, Some(patient), |w| {
                    request.write(w)
                })
            }
            Ask::Plans(child, by) => self.plans(child, by, id),
            Ask::Base
            | Ask::Again
            | Ask::Reusing(..)
            | Ask::Impossible(_)
            | Ask::Bytes(_)
            | Ask::Oversize
            | Ask::Nothing => Err(CannotSend::Broken("this asks nothing".to_owned())),
        }
    }

    fn query(&self, query: Query, id: String) -> Result<Payload, CannotSend> {
        self.user()?;
        let patient = self.patient(query.who)?;
        let request = query_scr::Request {
            id,
            create_ptv: query.permission,
            emergency: query.emergency,
            emergency_reason: query.emergency.then(|| REASON.to_owned()),
            patient,
            ptv_duration: query.duration.map(|days| self.period(days)).transpose()?,
            self_claim: query.relationship,
        };
        Payload::of(Operation::QueryScr, Some(patient), |w| request.write(w))
    }

    fn activity(&self, kind: Kind, days: Days, id: String) -> Result<Payload, CannotSend> {
        let reporting = self.user()?;
        let (report, patient, user) = match kind {
            Kind::Date => (ReportType::ByDate, None, None),
            Kind::Patient => {
                let patient = self.patient(Who::WithRecord)?;
                (ReportType::ByPatient, Some(patient), None)
            }
            Kind::User => (ReportType::ByCareProfessional, None, Some(reporting)),
        };
        let request = query_scr_activity::Request {
            id,
            report,
            period: self.period(days)?,
            patient,
            user,
        };
        Payload::of(Operation::QueryScrActivity, patient, |w| request.write(w))
    }

    fn plans(&self, child: Child, by: By, id: String) -> Result<Payload, CannotSend> {
        let missing = CannotSend::Missing;
        let cpis = self.target.cpis.as_ref();
        let cpis = cpis.ok_or(missing("a CP-IS service"))?;
        let patient = match child {
            Child::WithPlan => cpis.found.ok_or(missing("a number with a plan")),
            Child::WithoutPlan => cpis
                .not_found
                .ok_or(missing("a number that CP-IS holds nothing of")),
        }?;
        let broken = |_| CannotSend::Broken("a time that does not exist".to_owned());
        let now = self.env.now().strftime("%Y%m%d%H%M%S+0000").to_string();
        let query = query::Query {
            id,
            at: Hl7Timestamp::parse(&now).map_err(broken)?,
            author: self.author(cpis, by)?,
            patient,
            silent: false,
        };
        Payload::of(itk::cpis::Operation::Query, Some(patient), |w| {
            query::write_stub(w, &query);
        })
    }

    fn author(&self, cpis: &CpisTarget, by: By) -> Result<Author, CannotSend> {
        let organisation = Organisation {
            code: self.target.organisation.to_string(),
            site: false,
            name: cpis.organisation.clone(),
        };
        let name = PersonName {
            text: Some(cpis.name.clone()),
            ..PersonName::default()
        };
        let role = cpis.role.clone();
        let role_profile = self.target.role_profile.as_ref();
        Ok(match by {
            By::User => Author::Person(Person {
                role,
                user: self.user()?.to_string(),
                role_profile: role_profile.map(ToString::to_string),
                name,
                organisation,
            }),
            By::System => {
                let asid = cpis.asid.as_ref();
                let asid = asid.ok_or(CannotSend::Missing("the client's ASID"))?;
                Author::Device(Device {
                    asid: asid.to_string(),
                    responsible: vec![Responsible { role, name }],
                    organisation,
                })
            }
        })
    }

    fn patient(&self, who: Who) -> Result<NhsNumber, CannotSend> {
        let patients = &self.target.patients;
        let (patient, missing) = match who {
            Who::WithRecord => (patients.with_record, "a patient with a record"),
            Who::WithoutRecord => (patients.without_record, "a patient without a record"),
            Who::Dissenting => (
                patients.dissenting,
                "a patient who does not agree to sharing",
            ),
            Who::Untouched => (
                patients.untouched,
                "a patient whom nobody has permission to view",
            ),
        };
        patient.ok_or(CannotSend::Missing(missing))
    }

    fn user(&self) -> Result<SdsUserId, CannotSend> {
        let user = self.target.user.clone();
        user.ok_or(CannotSend::Missing("a user"))
    }

    fn role_profile(&self) -> Result<RoleProfileId, CannotSend> {
        let role_profile = self.target.role_profile.clone();
        role_profile.ok_or(CannotSend::Missing("a role profile"))
    }

    /// One setting that leaves both as they are.
    fn as_found(&self) -> Result<ConsentSetting, CannotSend> {
        match self.settings {
            Some(found) if found.view == found.store => Ok(found.view),
            Some(_) => Err(CannotSend::Missing(
                "a patient whose two consent settings are alike",
            )),
            None => Err(CannotSend::Broken("no consent was found before".to_owned())),
        }
    }

    fn period(&self, Days(from, to): Days) -> Result<Interval, CannotSend> {
        let day = |days| Hl7Timestamp::parse(&day(self.env.now(), days)).map(Some);
        let broken = |_| CannotSend::Broken("a day that does not exist".to_owned());
        Ok(Interval {
            low: day(from).map_err(broken)?,
            high: day(to).map_err(broken)?,
        })
    }
}

/// A day of the calendar in Britain, `YYYYMMDD`.
fn day(now: Timestamp, days: i32) -> String {
    let moved = now + SignedDuration::from_hours(24 * i64::from(days));
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    moved.to_zoned(zone).strftime("%Y%m%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar_in_britain() {
        let midsummer: Timestamp = "2026-06-30T23:30:00Z".parse().expect("a time");
        assert_eq!(day(midsummer, 0), "20260701");
        assert_eq!(day(midsummer, -1), "20260630");
        let winter: Timestamp = "2026-12-31T23:30:00Z".parse().expect("a time");
        assert_eq!(day(winter, 1), "20270101");
    }
}
