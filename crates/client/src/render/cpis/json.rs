//! What CP-IS holds as JSON, for programs that want less than HL7.

use domain::cpis::{Author, PersonName};
use hl7v3::cpis::answer::{Record, Role, Seen, ShownPlan, ShownSubject};
use serde_json::{Value, json};

use super::{CAUTION, Finding};

/// An object: `nhsNumber`, `found`, and then either `caution`, or `answeredAt`, `records` (by local
/// authority) and `accesses` (the oldest first). Times of plans are UK local time to the minute,
/// other times as HL7 writes them; telephone numbers as they came.
pub fn json(finding: &Finding<'_>) -> Value {
    let patient = finding.patient.as_str();
    match finding.answer {
        None => json!({ "nhsNumber": patient, "found": false, "caution": CAUTION }),
        Some(answer) => json!({
            "nhsNumber": patient,
            "found": true,
            "id": answer.id,
            "answeredAt": answer.at.as_str(),
            "records": answer.records.iter().map(record).collect::<Vec<_>>(),
            "accesses": answer.accesses.iter().map(access).collect::<Vec<_>>(),
        }),
    }
}

fn record(record: &Record) -> Value {
    json!({
        "authority": {
            "odsCode": record.authority.code.as_str(),
            "name": record.authority.name,
        },
        "telephone": {
            "emergency": record.contact.emergency,
            "office": record.contact.office,
        },
        "plans": record.plans.iter().map(plan).collect::<Vec<_>>(),
        "subjects": record.subjects.iter().map(subject).collect::<Vec<_>>(),
    })
}

fn plan(plan: &ShownPlan) -> Value {
    let time = |date: domain::cpis::PlanDate| date.local().strftime("%Y-%m-%dT%H:%M").to_string();
    json!({
        "type": plan.kind.code(),
        "display": plan.kind.display_name(),
        "start": time(plan.start),
        "end": plan.end.map(time),
    })
}

fn subject(subject: &ShownSubject) -> Value {
    let person = &subject.person;
    json!({
        "role": match subject.role {
            Role::Child => "child",
            Role::Mother => "mother",
        },
        "nhsNumber": subject.patient.as_ref().map(|number| number.as_str()),
        "given": person.given,
        "family": person.family,
        "birthDate": person.birth_date.to_string(),
        "localId": person.local_id.as_ref().map(|local| json!({
            "id": local.id,
            "assignedBy": local.assigned_by,
        })),
    })
}

fn access(seen: &Seen) -> Value {
    let organisation = seen.author.organisation();
    json!({
        "id": seen.id,
        "at": seen.at.as_str(),
        "author": author(&seen.author),
        "organisation": { "odsCode": organisation.code, "name": organisation.name },
    })
}

/// Who asked: `kind` (`person` or `system`), and who that is; of a system, `responsible` is who
/// answers for it.
pub fn author(author: &Author) -> Value {
    let name = |name: &PersonName| name.to_string();
    match author {
        Author::Person(person) => json!({
            "kind": "person",
            "name": name(&person.name),
            "userId": person.user,
            "roleProfileId": person.role_profile,
            "role": { "code": person.role.code, "display": person.role.display_name },
        }),
        Author::Device(device) => json!({
            "kind": "system",
            "asid": device.asid,
            "responsible": device.responsible.iter().map(|one| json!({
                "name": name(&one.name),
                "role": { "code": one.role.code, "display": one.role.display_name },
            })).collect::<Vec<_>>(),
        }),
    }
}
