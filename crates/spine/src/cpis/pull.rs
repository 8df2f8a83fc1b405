//! ACCESS_TO_SERVICE and INACTIVE_NHS_NUMBERS: a local authority asks for its notices of a period.
//!
//! It gets those that have gone to its mailbox as well: asking is how it fills a gap. An authority
//! is believed to be whom its system is registered for, and is given nobody else's notices.

use std::collections::HashMap;

use domain::audit::AuditEvent;
use domain::cpis::{Authority, LocalId};
use domain::{NhsNumber, OdsCode};
use hl7v3::cpis::file::access_notice::{self, AccessNotification, NotedQuery, RecordAccess};
use hl7v3::cpis::file::inactive_notice::{self, InactiveNotification, InactivePatient};
use hl7v3::cpis::pull::{Notices, Pull, write_nothing, write_notice};
use hl7v3::{AnswerParts, Interaction};
use store::{AccessNotice, InactiveNotice, NoticeFilter, StoreError};

use super::query::zoned;
use super::{Desk, NOT_AUTHORISED, Outcome, TOO_MANY};
use crate::answer::Answer;

/// The notices that an authority is given.
#[derive(Debug)]
pub(crate) struct Given {
    which: Notices,
    authority: Authority,
    found: Found,
    count: usize,
}

#[derive(Debug)]
enum Found {
    Accesses(Vec<RecordAccess>),
    Inactive(Vec<InactivePatient>),
}

/// Answers a request for notices.
pub(super) async fn answer(
    desk: Desk<'_>,
    which: Notices,
    pull: &Pull,
    event: &mut AuditEvent,
) -> Result<Answer, StoreError> {
    if desk.organisation != Some(&pull.authority) {
        event.decision = Some("the system is not registered for this authority".to_owned());
        return Ok(desk.cpis.refuse(NOT_AUTHORISED));
    }
    let most = desk.cpis.config.most_notices;
    let filter = NoticeFilter {
        authority: Some(pull.authority.clone()),
        pending: false,
        from: Some(pull.low.first_instant()),
        to: Some(pull.high.last_instant()),
        limit: most.saturating_add(1),
    };
    let mut people = People::new(desk, pull);
    let (found, count) = match which {
        Notices::Accesses => {
            let notices = desk.store.cpis_notices(filter).await?;
            let count = notices.len();
            if count > most {
                return Ok(too_many(desk, event));
            }
            (
                Found::Accesses(accesses(notices, &mut people).await?),
                count,
            )
        }
        Notices::InactiveNumbers => {
            let notices = desk.store.cpis_inactive(filter).await?;
            let count = notices.len();
            if count > most {
                return Ok(too_many(desk, event));
            }
            (
                Found::Inactive(inactive(notices, &mut people).await?),
                count,
            )
        }
    };
    event.decision = Some(format!("notices: {count}"));
    Ok(Answer::cpis(Outcome::Notices(Box::new(Given {
        which,
        authority: people.authority(),
        found,
        count,
    }))))
}

/// Half an answer would look like a whole one.
fn too_many(desk: Desk<'_>, event: &mut AuditEvent) -> Answer {
    let most = desk.cpis.config.most_notices;
    event.decision = Some(format!("more than {most} notices"));
    desk.cpis.refuse(TOO_MANY)
}

/// One entry for each upload file, in the order of their first notices.
async fn accesses(
    notices: Vec<AccessNotice>,
    people: &mut People<'_>,
) -> Result<Vec<RecordAccess>, StoreError> {
    let mut files: Vec<RecordAccess> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for notice in notices {
        let AccessNotice { access, file, .. } = notice;
        let query = NotedQuery {
            id: access.query,
            at: zoned(access.at),
            local_id: people.local_id(access.patient).await?,
            author: access.author,
            patient: access.patient,
        };
        let place = *places.entry(file.clone()).or_insert(files.len());
        match files.get_mut(place) {
            Some(known) => known.queries.push(query),
            None => files.push(RecordAccess {
                queries: vec![query],
                file,
            }),
        }
    }
    Ok(files)
}

async fn inactive(
    notices: Vec<InactiveNotice>,
    people: &mut People<'_>,
) -> Result<Vec<InactivePatient>, StoreError> {
    let mut patients = Vec::with_capacity(notices.len());
    for notice in notices {
        patients.push(InactivePatient {
            number: notice.patient,
            local_id: people.local_id(notice.patient).await?,
            replaced_by: notice.replaced_by.into_iter().collect(),
            file: notice.file,
        });
    }
    Ok(patients)
}

/// What the authority calls the people that it has told of, and itself.
struct People<'a> {
    desk: Desk<'a>,
    code: &'a OdsCode,
    name: Option<String>,
    local_ids: HashMap<NhsNumber, Option<LocalId>>,
}

impl<'a> People<'a> {
    fn new(desk: Desk<'a>, pull: &'a Pull) -> Self {
        Self {
            desk,
            code: &pull.authority,
            name: pull.name.clone(),
            local_ids: HashMap::new(),
        }
    }

    /// Its own number for somebody, as its last upload about them had it.
    async fn local_id(&mut self, patient: NhsNumber) -> Result<Option<LocalId>, StoreError> {
        if let Some(known) = self.local_ids.get(&patient) {
            return Ok(known.clone());
        }
        let record = self.desk.store.cpis_record(patient, None).await?;
        let plans = record.plans.into_iter();
        let theirs = plans.filter(|plan| plan.authority.code == *self.code);
        let last = theirs.max_by_key(|plan| plan.updated_at);
        let local_id = last.and_then(|plan| {
            self.name.get_or_insert(plan.authority.name);
            plan.subject.local_id
        });
        self.local_ids.insert(patient, local_id.clone());
        Ok(local_id)
    }

    /// Its code, where nothing says what it is called.
    fn authority(self) -> Authority {
        Authority {
            code: self.code.clone(),
            name: self.name.unwrap_or_else(|| self.code.as_str().to_owned()),
        }
    }
}

impl Given {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Which message gives them.
    pub(super) fn interaction(&self) -> Interaction {
        self.which.answer()
    }

    /// A notification of nothing is none: the schema wants a number out of use in it.
    pub(super) fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        if self.count == 0 {
            return write_nothing(parts, self.which);
        }
        let (id, at) = (parts.id.to_owned(), zoned(parts.now));
        let recipient = self.authority.clone();
        write_notice(parts, self.which, |w| match &self.found {
            Found::Accesses(accesses) => {
                let notification = AccessNotification {
                    id,
                    at,
                    recipient,
                    accesses: accesses.clone(),
                };
                access_notice::write(w, &notification);
            }
            Found::Inactive(patients) => {
                let notification = InactiveNotification {
                    id,
                    at,
                    recipient,
                    patients: patients.clone(),
                };
                inactive_notice::write(w, &notification);
            }
        })
    }
}
