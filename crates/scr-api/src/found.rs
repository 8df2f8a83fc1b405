//! `GET /DocumentReference`: which GP Summary is the patient's, and may it be viewed?

use domain::consent::ConsentSetting;
use domain::record::DocumentState;
use domain::{NhsNumber, code::psis};
use fhir::system;
use fhir::{
    Attachment, Bundle, BundleEntry, BundleSearch, CodeableConcept, Coding, DocumentContent,
    DocumentContext, DocumentReference, Identifier, Instant, Patient, Reference, Resource,
};
use hl7v3::psis::DissentOverride;
use hl7v3::psis::event::{EventList, EventListQuery, ListedEvent};
use transport::Environment;

use crate::outcome::{Issue, Refusal};
use crate::query::{self, Query, check_values};
use crate::service::{Answer, Asked};
use crate::spine::{self, Call};
use conversion::Profile;

pub(crate) const TYPE: &str = "http://snomed.info/sct|196981000000101";
pub(crate) const PARAMETERS: [&str; 4] = ["patient", "type", "_sort", "_count"];

/// Answers the request.
pub(crate) async fn answer(asked: &mut Asked<'_>) -> Result<Answer, Refusal> {
    let profile = asked.profile;
    let patient = parameters(&asked.query, profile)?;
    let patient = asked.patient(patient)?;
    let Some(list) = events(asked, patient).await? else {
        return Ok(empty(asked));
    };
    let Some(event) = current(&list.events, profile) else {
        return Ok(empty(asked));
    };
    asked.trail.document = Some(event.id.clone());
    let found = Found {
        event,
        patient,
        view: list.consent.unwrap_or_default().view,
        base: asked.base_url(),
        profile,
        env: asked.env(),
    };
    Ok(Answer::resource(200, &Resource::Bundle(found.bundle()), "found").disclosing())
}

/// The events of a patient with the consent, as the adaptor asks for them.
pub(crate) async fn events(
    asked: &mut Asked<'_>,
    patient: NhsNumber,
) -> Result<Option<EventList>, Refusal> {
    let query = EventListQuery {
        patient,
        dissent_override: DissentOverride::none(),
    };
    // Without a person: the adaptor's question names the system alone.
    let list = asked.spine().event_list(None, &query, true).await;
    list.map_err(|error| spine::refusal(&error, Call::Query, asked.profile))
}

/// The event of the current document. The adaptor takes the first of the list, whatever its state;
/// in the full profile a withdrawn or replaced document is nobody's current one.
fn current(events: &[ListedEvent], profile: Profile) -> Option<&ListedEvent> {
    if profile == Profile::Compatible {
        return events.first();
    }
    let is_current = |event: &&ListedEvent| {
        event.withdrawn_by.is_none()
            && event
                .state
                .is_none_or(|state| state == DocumentState::Normal)
    };
    let stored = |event: &ListedEvent| event.stored.as_ref().map(|at| at.first_instant());
    // Of those stored at one time the first: the list has the newest first.
    let newest = |one: &'_ ListedEvent, other: &'_ ListedEvent| stored(one) >= stored(other);
    events
        .iter()
        .filter(is_current)
        .reduce(|one, other| if newest(one, other) { one } else { other })
}

/// No document: a searchset of nothing.
pub(crate) fn empty(asked: &Asked<'_>) -> Answer {
    let bundle = Bundle {
        id: Some(asked.env().uuid()),
        r#type: Some("searchset".to_owned()),
        total: Some(0),
        ..Bundle::default()
    };
    Answer::resource(200, &Resource::Bundle(bundle), "nothing found")
}

fn parameters(query: &Query, profile: Profile) -> Result<query::Patient, Refusal> {
    query.check_names(&PARAMETERS, profile)?;
    let patient = query::patient(query.required("patient")?, "patient", profile);
    let mut issues = Vec::new();
    let patient = patient.map_err(|issue| issues.push(*issue));
    let mut check = |name: &str, allowed: &str| {
        if let Some(value) = query.first(name).filter(|v| !v.is_empty() && *v != allowed) {
            let text = format!("Invalid value - {value} in field '{name}'");
            issues.push(Issue::value(text).at(format!("http.{name}")));
        }
    };
    check("type", TYPE);
    check("_sort", "date");
    if let Some(count) = query.first("_count").filter(|count| !count.is_empty()) {
        issues.extend(check_count(count, profile));
    }
    check_values(issues, profile)?;
    patient.map_err(|()| Refusal::rule("Invalid value in field 'patient'"))
}

/// The only number of answers that there can be is one. What is no number the adaptor reports under
/// the name that the parameter has inside it.
fn check_count(count: &str, profile: Profile) -> Option<Issue> {
    let name = match (count.parse::<i64>(), profile) {
        (Ok(1), _) => return None,
        (Err(_), Profile::Compatible) => "count",
        _ => "_count",
    };
    let text = format!("Invalid value - {count} in field '{name}'");
    Some(Issue::value(text).at("http._count"))
}

/// What an answer is made of.
struct Found<'a> {
    event: &'a ListedEvent,
    patient: NhsNumber,
    view: ConsentSetting,
    base: &'a str,
    profile: Profile,
    env: &'a Environment,
}

impl Found<'_> {
    fn bundle(&self) -> Bundle {
        let (id, patient_id) = (self.env.uuid(), self.env.uuid());
        let patient_url = match self.profile {
            Profile::Full => format!("{}/Patient/{patient_id}", self.base),
            Profile::Compatible => patient_id.clone(),
        };
        let patient = Patient {
            id: Some(patient_id.clone()),
            identifier: vec![Identifier::new(system::NHS_NUMBER, self.patient.as_str())],
            ..Patient::default()
        };
        let mode = |mode: &str| {
            Some(BundleSearch {
                mode: Some(mode.to_owned()),
                ..BundleSearch::default()
            })
        };
        let found = BundleEntry {
            full_url: Some(format!("{}/DocumentReference/{id}", self.base)),
            resource: Some(self.reference(id, &patient_id).into()),
            search: mode("match"),
            ..BundleEntry::default()
        };
        let beside = BundleEntry {
            full_url: Some(patient_url),
            resource: Some(patient.into()),
            search: mode("include").filter(|_| self.profile == Profile::Full),
            ..BundleEntry::default()
        };
        Bundle {
            id: Some(self.env.uuid()),
            r#type: Some("searchset".to_owned()),
            total: Some(1),
            entry: vec![found, beside],
            ..Bundle::default()
        }
    }

    fn reference(&self, id: String, patient_id: &str) -> DocumentReference {
        let full = self.profile == Profile::Full;
        let label = Coding {
            system: Some(system::ACS_PERMISSION.to_owned()),
            code: Some(permission_code(self.view).to_owned()),
            ..Coding::default()
        };
        let stored = self.event.stored.as_ref().filter(|_| full);
        DocumentReference {
            id: Some(id),
            master_identifier: Some(Identifier::new(system::SCR_UUID, self.event.id.as_str())),
            status: Some("current".to_owned()),
            r#type: Some(self.kind()),
            subject: Some(Reference::to("Patient", patient_id)),
            date: stored.and_then(|at| Instant::parse(&at.first_instant().to_string()).ok()),
            security_label: vec![label.into()],
            content: vec![DocumentContent {
                attachment: Some(Attachment {
                    content_type: full.then(|| crate::media::FHIR_JSON.to_owned()),
                    url: Some(self.url()),
                    ..Attachment::default()
                }),
                ..DocumentContent::default()
            }],
            context: Some(DocumentContext {
                event: vec![self.kind()],
                ..DocumentContext::default()
            }),
            ..DocumentReference::default()
        }
    }

    /// What kind of document it is. The adaptor calls every one a full summary, with a blank before
    /// its name.
    fn kind(&self) -> CodeableConcept {
        let full_summary = domain::record::SummaryKind::Full;
        if self.profile == Profile::Compatible {
            let display = format!(" {}", full_summary.display_name());
            return CodeableConcept::new(system::SNOMED, full_summary.code(), &display);
        }
        let kind = domain::record::SummaryKind::from_code(&self.event.kind_code);
        let kind = kind.unwrap_or(full_summary);
        CodeableConcept::new(system::SNOMED, kind.code(), kind.display_name())
    }

    /// Where the document is. A pipe may not stand in a URL as it is.
    fn url(&self) -> String {
        let pipe = match self.profile {
            Profile::Full => "%7C",
            Profile::Compatible => "|",
        };
        format!(
            "{}/Bundle?composition.identifier={}&composition.subject:Patient.identifier={}{pipe}{}",
            self.base,
            self.event.id,
            query::NHS_NUMBER,
            self.patient.as_str()
        )
    }
}

/// The setting as FHIR has it.
pub(crate) const fn permission_code(setting: ConsentSetting) -> &'static str {
    match setting {
        ConsentSetting::Yes => "Yes",
        ConsentSetting::No => "No",
        ConsentSetting::Ask => "Ask",
    }
}

/// What the Spine says of a number that is none, for the profile that leaves it to the Spine.
pub(crate) fn no_number() -> Refusal {
    let issues = [psis::invalid_request(), psis::nhs_number_invalid()];
    let text: Vec<_> = issues
        .iter()
        .map(|issue| format!("Code: {}, Display: {}", issue.code, issue.text))
        .collect();
    Refusal::value(text.join(";"), "the NHS number is not valid")
}
