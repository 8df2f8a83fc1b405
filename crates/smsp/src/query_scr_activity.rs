//! querySCRActivity: who of the asking organisation looked at records, as a report.
//!
//! The access log is the provider's own, so the Spine is not asked. A report never leaves the
//! organisation: whatever the filters say, only accesses from the requester's own organisation are
//! in it. Days are days in the United Kingdom, and both ends count. A report lists so many rows and
//! no more, the earliest first, and says how many there are.

use domain::Hl7Timestamp;
use domain::code::smsp::ResponseCode;
use domain::identifier::OdsCode;
use domain::time::uk_local_digits;
pub(crate) use itk::scr::query_scr_activity::{Request, write_response};
use itk::scr::report::{self, Header, Row};
use jiff::Timestamp;
use store::{AccessFilter, AccessPage};

use crate::service::{Asked, ScrService};
use crate::trail::Trail;
use crate::verdict::{Answer, Content, Verdict};

/// From the request to the verdict.
pub(crate) async fn run(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Verdict {
    trail.patient = request.patient;
    let answer = checked(service, trail, asked, request).await;
    answer.unwrap_or_else(|refused| refused).into()
}

async fn checked(
    service: &ScrService,
    trail: &mut Trail,
    asked: &Asked,
    request: &Request,
) -> Result<Answer, Answer> {
    let professional = service.professional(trail, asked)?;
    if !professional.duties.report {
        trail.note("the role profile lacks the right to see who looked (B0011)");
        return Err(ResponseCode::AuthorCredentials.into());
    }
    let organisation = professional.holder.organisation.clone();
    report(service, trail, organisation, request, asked.at).await
}

/// The report as it stood at an instant: what was logged later is not in it.
pub(crate) async fn report(
    service: &ScrService,
    trail: &mut Trail,
    organisation: OdsCode,
    request: &Request,
    at: Timestamp,
) -> Result<Answer, Answer> {
    let Some(days) = Days::of(request, at) else {
        trail.note("the period ends before it starts");
        return Err(ResponseCode::InputValidation.into());
    };
    let filter = AccessFilter {
        organisation,
        from: days.first,
        to: days.last.min(at),
        patient: request.patient,
        user: request.user.clone(),
        limit: service.provider.config.report_limit,
    };
    let page = service.provider.store.accesses(filter).await;
    let page = page.map_err(|error| service.store_failed(trail, &error))?;
    trail.note(format!("{} of {} accesses", page.rows.len(), page.matching));
    Ok(Content::Report(write(request, &days, page, at)).into())
}

/// The days a report is about.
struct Days {
    low: String,
    high: String,
    first: Timestamp,
    last: Timestamp,
}

impl Days {
    /// `None` when the period ends before it starts, which it also does when it starts after
    /// today and names no end.
    fn of(request: &Request, at: Timestamp) -> Option<Self> {
        let period = &request.period;
        let low = day(period.low.as_ref()?.first_instant())?;
        let high = day(period.high.as_ref().map_or(at, Hl7Timestamp::last_instant))?;
        let (first, last) = (low.first_instant(), high.last_instant());
        (first <= last).then(|| Self {
            low: low.as_str().to_owned(),
            high: high.as_str().to_owned(),
            first,
            last,
        })
    }
}

/// The day in the United Kingdom that an instant lies in.
fn day(instant: Timestamp) -> Option<Hl7Timestamp> {
    let digits = uk_local_digits(instant);
    digits
        .get(..8)
        .and_then(|day| Hl7Timestamp::parse(day).ok())
}

fn write(request: &Request, days: &Days, page: AccessPage, at: Timestamp) -> Vec<u8> {
    let header = Header {
        created: uk_local_digits(at).into(),
        returned: page.rows.len(),
        matching: page.matching,
        low: days.low.clone(),
        high: days.high.clone(),
        patient: request.patient,
        user: request.user.clone(),
    };
    let rows = page.rows.into_iter().map(|access| Row {
        organisation: access.organisation.into(),
        organisation_name: access.organisation_name,
        patient: access.patient.as_str().to_owned(),
        user: access.user.into(),
        role_profile: access.role_profile.into(),
        user_name: access.user_name,
        emergency: access.emergency.is_some(),
        reason: access.emergency.unwrap_or_default(),
        at: uk_local_digits(access.at).into(),
    });
    report::write(&header, rows)
}
