//! Permissions to view and relationships.

use domain::NhsNumber;
use domain::permission::{CareProfessional, PermissionToView, Relationship};
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::apply::{execute, exists};
use super::read::Reader;
use super::rows::{self, LASTING, RELATIONSHIP, micros, source, value};
use crate::{Commit, Standing, StoreError};

/// Adds what a commit has of them.
pub(super) fn add(db: &Connection, commit: &Commit) -> Result<(), StoreError> {
    for new in &commit.permissions {
        permit(db, new)?;
    }
    for new in &commit.relationships {
        claim(db, new)?;
    }
    Ok(())
}

fn permit(db: &Connection, new: &PermissionToView) -> Result<(), StoreError> {
    let CareProfessional {
        user,
        role_profile,
        organisation,
    } = &new.holder;
    let (patient, from) = (new.patient.as_str(), micros(new.from));
    let until = new.until.map_or(LASTING, micros);
    let same = (
        patient,
        user.as_str(),
        role_profile.as_str(),
        organisation.as_str(),
        from,
    );
    // The one of the same start, if there is one. What ends before it starts never holds and is
    // never asked for: it is not among those looked through here, and not written below.
    if exists(
        db,
        "SELECT 1 FROM standing WHERE nhs_number = ?1 AND user_id = ?2 AND role_profile = ?3 \
         AND organisation = ?4 AND valid_until >= ?5 AND valid_from = ?5",
        same,
    )? {
        execute(
            db,
            "DELETE FROM standing WHERE nhs_number = ?1 AND user_id = ?2 AND role_profile = ?3 \
             AND organisation = ?4 AND valid_until >= ?5 AND valid_from = ?5",
            same,
        )?;
    }
    if until < from {
        return Ok(());
    }
    execute(
        db,
        "INSERT INTO standing (nhs_number, user_id, role_profile, organisation, valid_until, \
         valid_from, source, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            patient,
            user.as_str(),
            role_profile.as_str(),
            organisation.as_str(),
            until,
            from,
            source(new.source),
            new.message.as_str(),
        ],
    )?;
    Ok(())
}

fn claim(db: &Connection, new: &Relationship) -> Result<(), StoreError> {
    let CareProfessional {
        user,
        role_profile,
        organisation,
    } = &new.holder;
    let holder = (
        new.patient.as_str(),
        user.as_str(),
        role_profile.as_str(),
        organisation.as_str(),
        RELATIONSHIP,
    );
    if exists(
        db,
        "SELECT 1 FROM standing WHERE nhs_number = ?1 AND user_id = ?2 AND role_profile = ?3 \
         AND organisation = ?4 AND valid_until = ?5",
        holder,
    )? {
        return Ok(());
    }
    let (patient, user, role_profile, organisation, end) = holder;
    execute(
        db,
        "INSERT INTO standing (nhs_number, user_id, role_profile, organisation, valid_until, \
         valid_from, source, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'relationship', ?7)",
        params![
            patient,
            user,
            role_profile,
            organisation,
            end,
            micros(new.since),
            new.message.as_str(),
        ],
    )?;
    Ok(())
}

/// The relationship and the permissions, each from one place of the table; one statement, so that
/// they are of one moment.
const STANDING: &str = "SELECT valid_from, valid_until, source, message FROM standing \
     WHERE nhs_number = ?1 AND user_id = ?2 AND role_profile = ?3 AND organisation = ?4 \
     AND valid_until = ?6 \
     UNION ALL \
     SELECT valid_from, valid_until, source, message FROM standing \
     WHERE nhs_number = ?1 AND user_id = ?2 AND role_profile = ?3 AND organisation = ?4 \
     AND valid_until >= ?5";

impl Reader {
    pub(super) fn standing(
        &self,
        patient: NhsNumber,
        holder: &CareProfessional,
        at: Timestamp,
    ) -> Result<Standing, StoreError> {
        let mut statement = self.db.prepare_cached(STANDING)?;
        let mut rows = statement.query((
            patient.as_str(),
            holder.user.as_str(),
            holder.role_profile.as_str(),
            holder.organisation.as_str(),
            micros(at),
            RELATIONSHIP,
        ))?;
        let mut standing = Standing::default();
        while let Some(row) = rows.next()? {
            match value(row, (1, "valid_until"))? {
                RELATIONSHIP => {
                    standing.relationship = Some(rows::relationship(row, patient, holder)?);
                }
                _ => {
                    let permission = rows::permission(row, patient, holder)?;
                    standing.permissions.push(permission);
                }
            }
        }
        standing
            .permissions
            .sort_by_key(|permission| permission.from);
        Ok(standing)
    }
}
