//! How many accesses there are, exactly and at once, among millions.
//!
//! A report says how many accesses match, and shows the first few. Accesses are counted in four
//! kinds of groups: an organisation's, those of one user of it, those to one patient, and those of
//! one user to one patient. Most groups stay small and are counted row by row through an index.
//! A group that grows past [`MANY`] is tallied by the hour from then on, so that counting adds up
//! some hours and walks through two of them at most.
//!
//! Tallying every group instead would cost each access several more pages to write, and nearly
//! all of those groups stay at a handful. Whether a group has grown is looked at with one access
//! in [`SAMPLE`], which finds those that grow while it matters.

use domain::activity::ScrAccess;
use rusqlite::Connection;

use super::apply::execute;
use super::rows::micros;
use crate::StoreError;

/// More than it is good to count one by one.
const MANY: i64 = 4_096;

/// How many accesses there are to one look at its groups. A prime, so that no round of users or
/// patients comes in step with it.
const SAMPLE: i64 = 509;

/// Microseconds.
const HOUR: i64 = 3_600_000_000;

/// Accesses that are counted together. Empty stands for all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group<'a> {
    pub(super) organisation: &'a str,
    pub(super) patient: &'a str,
    pub(super) user: &'a str,
}

/// A first and a last microsecond.
pub(super) type Period = (i64, i64);

/// How a group's rows are walked through, in order of time. Each way needs one index and no row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// All of an organisation.
    All,
    /// Those of a user.
    User,
    /// Those to a patient.
    Patient,
    /// Of those of a user, those to a patient.
    PatientOfUser,
    /// Of those to a patient, those of a user.
    UserOfPatient,
}

impl Way {
    /// From where; ?1 is the organisation, ?2 the patient, ?3 the user.
    pub(super) const fn rows(self) -> &'static str {
        match self {
            Self::All => "FROM access WHERE shard = 0 AND organisation = ?1 AND ?2 = ?3",
            Self::User => {
                "FROM access INDEXED BY access_by_user \
                 WHERE shard = 0 AND organisation = ?1 AND user_id = ?3 AND ?2 = ''"
            }
            Self::Patient => {
                "FROM access INDEXED BY access_by_patient \
                 WHERE shard = 0 AND organisation = ?1 AND nhs_number = ?2 AND ?3 = ''"
            }
            Self::PatientOfUser => {
                "FROM access INDEXED BY access_by_user \
                 WHERE shard = 0 AND organisation = ?1 AND user_id = ?3 AND nhs_number = ?2"
            }
            Self::UserOfPatient => {
                "FROM access INDEXED BY access_by_patient \
                 WHERE shard = 0 AND organisation = ?1 AND nhs_number = ?2 AND user_id = ?3"
            }
        }
    }
}

/// The shortest way through a group's rows.
pub(super) fn way(db: &Connection, group: Group<'_>, period: Period) -> Result<Way, StoreError> {
    Ok(match (group.patient, group.user) {
        ("", "") => Way::All,
        ("", _) => Way::User,
        (_, "") => Way::Patient,
        _ => {
            let of_user = Group {
                patient: "",
                ..group
            };
            let of_patient = Group { user: "", ..group };
            match count(db, of_user, Way::User, period)?
                < count(db, of_patient, Way::Patient, period)?
            {
                true => Way::PatientOfUser,
                false => Way::UserOfPatient,
            }
        }
    })
}

/// How many accesses of a group there are in a period.
pub(super) fn count(
    db: &Connection,
    group: Group<'_>,
    way: Way,
    (from, to): Period,
) -> Result<i64, StoreError> {
    // The whole hours, and what is left before and after.
    let first = hour(from.saturating_add(HOUR - 1));
    let end = hour(to.saturating_add(1));
    if first >= end || !group.is_tallied(db)? {
        return walk(db, group, way, (from, to));
    }
    let sql = "SELECT coalesce(sum(accesses), 0) FROM access_tally WHERE shard = 0 \
               AND organisation = ?1 AND nhs_number = ?2 AND user_id = ?3 \
               AND hour >= ?4 AND hour < ?5";
    let params = (group.organisation, group.patient, group.user, first, end);
    let whole: i64 = db
        .prepare_cached(sql)?
        .query_row(params, |row| row.get(0))?;
    Ok(walk(db, group, way, (from, first - 1))? + whole + walk(db, group, way, (end, to))?)
}

fn walk(
    db: &Connection,
    group: Group<'_>,
    way: Way,
    (from, to): Period,
) -> Result<i64, StoreError> {
    if from > to {
        return Ok(0);
    }
    let sql = format!("SELECT count(*) {} AND at BETWEEN ?4 AND ?5", way.rows());
    let params = (group.organisation, group.patient, group.user, from, to);
    Ok(db
        .prepare_cached(&sql)?
        .query_row(params, |row| row.get(0))?)
}

/// The first microsecond of the hour that this one lies in.
fn hour(at: i64) -> i64 {
    at - at.rem_euclid(HOUR)
}

/// Counts an access, just added, in the groups that are tallied.
pub(super) fn add(db: &Connection, new: &ScrAccess, number: i64) -> Result<(), StoreError> {
    for (group, way) in Group::of(new) {
        if group.is_tallied(db)? {
            execute(
                db,
                "INSERT INTO access_tally (shard, organisation, nhs_number, user_id, hour, \
                 accesses) VALUES (0, ?1, ?2, ?3, ?4, 1) \
                 ON CONFLICT (shard, organisation, nhs_number, user_id, hour) \
                 DO UPDATE SET accesses = accesses + 1",
                (
                    group.organisation,
                    group.patient,
                    group.user,
                    hour(micros(new.at)),
                ),
            )?;
        } else if number % SAMPLE == 0 && group.has_many(db)? {
            group.start(db, way)?;
        }
    }
    Ok(())
}

impl<'a> Group<'a> {
    /// The groups of an access.
    fn of(access: &'a ScrAccess) -> [(Self, Way); 4] {
        let (patient, user) = (access.patient.as_str(), access.user.as_str());
        let organisation = access.organisation.as_str();
        let group = |patient, user| Self {
            organisation,
            patient,
            user,
        };
        [
            (group("", ""), Way::All),
            (group("", user), Way::User),
            (group(patient, ""), Way::Patient),
            (group(patient, user), Way::UserOfPatient),
        ]
    }

    fn is_tallied(self, db: &Connection) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM access_tally WHERE shard = 0 AND organisation = ?1 \
                   AND nhs_number = ?2 AND user_id = ?3";
        let params = (self.organisation, self.patient, self.user);
        Ok(db.prepare_cached(sql)?.exists(params)?)
    }

    /// Whether at least half of the latest are its own: of all the latest or, if it is one user's
    /// to one patient, of those to the patient. (If less than that is its own, counting it is no
    /// longer a walk than counting the shorter of its user's and its patient's.)
    fn has_many(self, db: &Connection) -> Result<bool, StoreError> {
        let (way, user) = match (self.patient, self.user) {
            ("", "") => (Way::All, ""),
            ("", user) => (Way::User, user),
            _ => (Way::Patient, ""),
        };
        let sql = format!(
            "SELECT count(*) FROM (SELECT user_id {} ORDER BY at DESC, number DESC LIMIT ?4) \
             WHERE ?5 = '' OR user_id = ?5",
            way.rows()
        );
        let params = (self.organisation, self.patient, user, 2 * MANY, self.user);
        let own: i64 = db
            .prepare_cached(&sql)?
            .query_row(params, |row| row.get(0))?;
        Ok(own >= MANY)
    }

    /// Tallies what there is of it.
    fn start(self, db: &Connection, way: Way) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO access_tally (shard, organisation, nhs_number, user_id, hour, accesses) \
             SELECT 0, ?1, ?2, ?3, at - ((at % ?4) + ?4) % ?4, count(*) {} GROUP BY 5",
            way.rows()
        );
        let params = (self.organisation, self.patient, self.user, HOUR);
        execute(db, &sql, params)?;
        Ok(())
    }
}
