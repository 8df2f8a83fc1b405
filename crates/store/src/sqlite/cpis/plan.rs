//! Plans.

use domain::NhsNumber;
use domain::cpis::{Authority, AuthorityContact, LocalId, Plan, PlanDate, PlanType, Subject};
use rusqlite::{Connection, Row, ToSql};

use crate::sqlite::apply::execute;
use crate::sqlite::connection::Head;
use crate::sqlite::read::list;
use crate::sqlite::rows::{damaged, micros, nhs_number, optional, parsed, text, time, value};
use crate::{PlanKey, StoreError};

/// Adds one, or replaces the one of its patient, authority, type and start. Most are new, and both
/// are counted: so not by one statement, which would not tell.
pub(super) fn add(db: &Connection, new: &Plan, head: &mut Head) -> Result<(), StoreError> {
    let (starts, local_id) = (new.start.to_string(), new.subject.local_id.as_ref());
    let (authority, kind) = (new.authority.code.as_str(), new.kind.code());
    let date = |date: Option<PlanDate>| date.map(|date| date.to_string());
    let params: [&dyn ToSql; 18] = [
        &new.patient.as_str(),
        &authority,
        &kind,
        &starts,
        &date(new.end),
        &date(new.delete),
        &new.authority.name,
        &new.contact.office,
        &new.contact.emergency,
        &new.subject.given,
        &new.subject.family,
        &new.subject.birth_date.to_string(),
        &local_id.map(|local| &local.id),
        &local_id.and_then(|local| local.assigned_by.as_ref()),
        &new.file,
        &micros(new.updated_at),
        &new.inactive,
        &micros(new.created_at),
    ];
    let added = execute(
        db,
        "INSERT INTO cpis_plan (nhs_number, authority, kind, starts, ends, withdrawn, \
         authority_name, office, emergency, given, family, birth_date, local_id, \
         local_id_assigner, file, updated_at, inactive, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) \
         ON CONFLICT (nhs_number, authority, kind, starts) DO NOTHING",
        params,
    )?;
    if added > 0 {
        head.plans += 1;
        return Ok(());
    }
    let [params @ .., _] = params;
    execute(
        db,
        "UPDATE cpis_plan SET ends = ?5, withdrawn = ?6, authority_name = ?7, office = ?8, \
         emergency = ?9, given = ?10, family = ?11, birth_date = ?12, local_id = ?13, \
         local_id_assigner = ?14, file = ?15, updated_at = ?16, inactive = ?17 \
         WHERE nhs_number = ?1 AND authority = ?2 AND kind = ?3 AND starts = ?4",
        params,
    )?;
    Ok(())
}

macro_rules! columns {
    () => {
        "nhs_number, authority, kind, starts, ends, withdrawn, authority_name, office, emergency, \
         given, family, birth_date, local_id, local_id_assigner, file, created_at, updated_at, \
         inactive"
    };
}

/// A patient's, by authority, then start, then type.
pub(super) fn of(db: &Connection, patient: NhsNumber) -> Result<Vec<Plan>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM cpis_plan WHERE nhs_number = ?1"
    );
    let mut plans = list(db, sql, [patient.as_str()], plan)?;
    // They are a handful, and nearly in order.
    plans.sort_by(|a, b| {
        let place = |plan: &Plan| (plan.start, plan.kind);
        (&a.authority.code, place(a)).cmp(&(&b.authority.code, place(b)))
    });
    Ok(plans)
}

/// The one of a key.
pub(super) fn read(db: &Connection, key: &PlanKey) -> Result<Option<Plan>, StoreError> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM cpis_plan WHERE nhs_number = ?1 AND authority = ?2 AND kind = ?3 AND starts = ?4"
    );
    let params = (
        key.patient.as_str(),
        key.authority.as_str(),
        key.kind.code(),
        key.start.to_string(),
    );
    list(db, sql, params, plan).map(|mut found| found.pop())
}

/// A row of `columns!`.
fn plan(row: &Row<'_>) -> Result<Plan, StoreError> {
    let kind = PlanType::of(text(row, (2, "kind"))?);
    let local_id: Option<String> = value(row, (12, "local_id"))?;
    let assigned_by = value(row, (13, "local_id_assigner"))?;
    Ok(Plan {
        patient: nhs_number(row, (0, "nhs_number"))?,
        authority: Authority {
            code: parsed(row, (1, "authority"))?,
            name: value(row, (6, "authority_name"))?,
        },
        kind: kind.ok_or_else(|| damaged("kind"))?,
        start: parsed(row, (3, "starts"))?,
        end: optional(row, (4, "ends"))?,
        delete: optional(row, (5, "withdrawn"))?,
        contact: AuthorityContact {
            office: value(row, (7, "office"))?,
            emergency: value(row, (8, "emergency"))?,
        },
        subject: Subject {
            given: value(row, (9, "given"))?,
            family: value(row, (10, "family"))?,
            birth_date: parsed(row, (11, "birth_date"))?,
            local_id: local_id.map(|id| LocalId { id, assigned_by }),
        },
        file: value(row, (14, "file"))?,
        created_at: time(row, (15, "created_at"))?,
        updated_at: time(row, (16, "updated_at"))?,
        inactive: value(row, (17, "inactive"))?,
    })
}
