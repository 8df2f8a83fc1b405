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
    let (patient, user) = (new.patient.as_str(), new.user.as_str());
    let organisation = new.organisation.as_str();
    let at = micros(new.at);
    let take = |patient, user, way| {
        let group = Group {
            organisation,
            patient,
            user,
        };
        group.take(db, way, at, number)
    };
    // A group grows no sooner than one that holds it.
    if take("", "", Way::All)? {
        take("", user, Way::User)?;
        if take(patient, "", Way::Patient)? {
            take(patient, user, Way::UserOfPatient)?;
        }
    }
    Ok(())
}

impl Group<'_> {
    /// Counts one of its accesses, just added, if the group is tallied, and says whether it is.
    fn take(self, db: &Connection, way: Way, at: i64, number: i64) -> Result<bool, StoreError> {
        let hour = hour(at);
        let params = (self.organisation, self.patient, self.user, hour);
        // Mostly the hour is there already, or the group is not tallied.
        let counted = execute(
            db,
            "UPDATE access_tally SET accesses = accesses + 1 WHERE shard = 0 \
             AND organisation = ?1 AND nhs_number = ?2 AND user_id = ?3 AND hour = ?4",
            params,
        )?;
        if counted > 0 {
            return Ok(true);
        }
        if self.is_tallied(db)? {
            execute(
                db,
                "INSERT INTO access_tally (shard, organisation, nhs_number, user_id, hour, \
                 accesses) VALUES (0, ?1, ?2, ?3, ?4, 1)",
                params,
            )?;
            return Ok(true);
        }
        let started = number % SAMPLE == 0 && self.has_many(db)?;
        if started {
            self.start(db, way)?;
        }
        Ok(started)
    }

    fn is_tallied(self, db: &Connection) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM access_tally WHERE shard = 0 AND organisation = ?1 \
                   AND nhs_number = ?2 AND user_id = ?3";
        let params = (self.organisation, self.patient, self.user);
        Ok(db.prepare_cached(sql)?.exists(params)?)
    }

    /// Whether at least half of the latest are its own: of all the latest or, if it is one user's
    /// to one patient, of those to the patient. (Below that, it is walked through among the fewer
    /// of its user's and its patient's, and those cannot both be nearly all there are.)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteOptions;
    use crate::conformance::sample;
    use crate::sqlite::connection::{Head, open_writer};
    use crate::sqlite::{access, plan};

    fn open(folder: &tempfile::TempDir) -> Connection {
        let path = folder.path().join("store.db");
        open_writer(&path, &SqliteOptions::default()).expect("open")
    }

    /// The groups that are tallied, and what they come to.
    fn tallied(db: &Connection) -> Vec<(String, String, i64)> {
        let mut all = db
            .prepare(
                "SELECT nhs_number, user_id, sum(accesses) FROM access_tally \
                 GROUP BY nhs_number, user_id ORDER BY 3 DESC, 1, 2",
            )
            .expect("a statement");
        let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }

    #[test]
    fn what_grows_is_tallied_and_nothing_else() {
        const ALL: i64 = 40_000;
        let folder = tempfile::tempdir().expect("a folder");
        let db = open(&folder);
        let mut head = Head::read(&db).expect("head");
        let transaction = db.unchecked_transaction().expect("begun");
        // Of ten accesses, eight are one user's, seven of them to one patient. That user's other
        // patients, and that patient's other users, are many.
        for number in 0..ALL {
            let few = |which: i64| (number / 10 % 20 + 1) as u32 * u32::from(number % 10 > which);
            let mut new = sample::access(sample::patient(few(6)), 1, number * 13);
            new.user = sample::professional(100 + few(7)).user;
            access::add(&transaction, &new, &mut head).expect("added");
        }
        transaction.commit().expect("written");
        let patient = sample::patient(0).as_str().to_owned();
        let user = sample::professional(100).user.as_str().to_owned();
        let all = String::new;
        assert_eq!(
            tallied(&db),
            [
                (all(), all(), ALL),
                (all(), user.clone(), ALL / 10 * 8),
                (patient.clone(), all(), ALL / 10 * 7),
                (patient, user, ALL / 10 * 7),
            ]
        );
    }

    /// Every count and every start walks through one index and reads no row.
    #[test]
    fn no_way_leads_through_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = open(&folder);
        for (way, expected) in [
            (
                Way::All,
                "PRIMARY KEY (shard=? AND organisation=? AND at>? AND at<?)",
            ),
            (
                Way::User,
                "COVERING INDEX access_by_user (shard=? AND organisation=? AND user_id=? \
                 AND at>? AND at<?)",
            ),
            (
                Way::Patient,
                "COVERING INDEX access_by_patient (shard=? AND organisation=? AND nhs_number=? \
                 AND at>? AND at<?)",
            ),
            (
                Way::PatientOfUser,
                "COVERING INDEX access_by_user (shard=? AND organisation=? AND user_id=? \
                 AND at>? AND at<?)",
            ),
            (
                Way::UserOfPatient,
                "COVERING INDEX access_by_patient (shard=? AND organisation=? AND nhs_number=? \
                 AND at>? AND at<?)",
            ),
        ] {
            let sql = format!(
                "SELECT at, number {} AND at BETWEEN ?4 AND ?5 \
                 ORDER BY at, number LIMIT 5",
                way.rows()
            );
            let steps = plan::steps(&db, &sql, [""; 5]);
            let [step] = steps.as_slice() else {
                panic!("one step, not {steps:?}")
            };
            assert!(step.ends_with(expected), "{way:?}: {step}");
        }
    }
}
