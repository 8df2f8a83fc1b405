//! The access log: who looked at whose record.

use domain::activity::ScrAccess;
use rusqlite::{Connection, params};

use super::apply::execute;
use super::connection::Head;
use super::read::{Reader, View, list};
use super::rows::{self, micros, number};
use super::tally::{self, Group, Period, Way};
use crate::{AccessFilter, AccessPage, StoreError};

/// Adds one.
pub(super) fn add(db: &Connection, new: &ScrAccess, head: &mut Head) -> Result<(), StoreError> {
    head.accesses += 1;
    execute(
        db,
        "INSERT INTO access (shard, organisation, at, number, nhs_number, user_id, role_profile, \
         organisation_name, user_name, emergency, message) \
         VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            new.organisation.as_str(),
            micros(new.at),
            head.accesses,
            new.patient.as_str(),
            new.user.as_str(),
            new.role_profile.as_str(),
            new.organisation_name,
            new.user_name,
            new.emergency,
            new.message.as_str(),
        ],
    )?;
    tally::add(db, new, head.accesses)
}

impl Reader {
    pub(super) fn accesses(&self, filter: &AccessFilter) -> Result<AccessPage, StoreError> {
        let view = View::begin(&self.db)?;
        let group = Group {
            organisation: filter.organisation.as_str(),
            patient: filter
                .patient
                .as_ref()
                .map_or("", |patient| patient.as_str()),
            user: filter.user.as_ref().map_or("", |user| user.as_str()),
        };
        let period = (micros(filter.from), micros(filter.to));
        let way = tally::way(&view, group, period)?;
        let matching = tally::count(&view, group, way, period)?;
        Ok(AccessPage {
            rows: earliest(&view, group, way, period, filter.limit)?,
            matching: u64::try_from(matching).unwrap_or_default(),
        })
    }
}

fn earliest(
    db: &Connection,
    group: Group<'_>,
    way: Way,
    (from, to): Period,
    limit: usize,
) -> Result<Vec<ScrAccess>, StoreError> {
    // The places first, from the index alone, then the rows: passing by rows of others is cheap.
    let sql = format!(
        "WITH place AS MATERIALIZED (SELECT at, number {} AND at BETWEEN ?4 AND ?5 \
         ORDER BY at, number LIMIT ?6) \
         SELECT access.* FROM place CROSS JOIN access ON access.shard = 0 \
         AND access.organisation = ?1 AND access.at = place.at AND access.number = place.number \
         ORDER BY access.at, access.number",
        way.rows()
    );
    let Group {
        organisation,
        patient,
        user,
    } = group;
    let params = (organisation, patient, user, from, to, number(limit));
    list(db, &sql, params, rows::access)
}
