//! Plans as an answer shows them: by authority, and there by whom they are about.

use domain::cpis::{Plan, PlanType};
use hl7v3::cpis::answer::{Record, Role, ShownPlan, ShownSubject};

/// How many plans the schema has room for in one record.
const MOST_PLANS: usize = 3;

/// One record for what an authority holds of a child, and one of a mother, by authority, then by
/// start. Where there are more plans than a record has room for, there are more records.
pub(super) fn group(visible: &[&Plan]) -> Vec<Record> {
    let mut plans = visible.to_vec();
    plans.sort_by_key(|plan| (&plan.authority.code, is_unborn(plan), plan.start, plan.kind));
    let same =
        |a: &&Plan, b: &&Plan| a.authority.code == b.authority.code && is_unborn(a) == is_unborn(b);
    let mut records: Vec<Record> = plans
        .chunk_by(same)
        .flat_map(|theirs| theirs.chunks(MOST_PLANS).map(move |some| (theirs, some)))
        .filter_map(|(theirs, some)| record(theirs, some))
        .collect();
    records.sort_by_key(|record| {
        let start = record.plans.iter().map(|plan| plan.start).min();
        (record.authority.code.clone(), start)
    });
    records
}

fn is_unborn(plan: &Plan) -> bool {
    plan.kind == PlanType::Unborn
}

/// Names and numbers are those of what came last, of all that the authority holds.
fn record(theirs: &[&Plan], some: &[&Plan]) -> Option<Record> {
    let last = theirs.iter().max_by_key(|plan| plan.updated_at)?;
    let shown = |plan: &&Plan| ShownPlan {
        kind: plan.kind,
        start: plan.start,
        end: plan.end,
    };
    Some(Record {
        authority: last.authority.clone(),
        site: false,
        contact: last.contact.clone().into(),
        plans: some.iter().map(shown).collect(),
        subjects: vec![ShownSubject {
            role: Role::from(last.kind),
            patient: Some(last.patient),
            person: last.subject.clone(),
        }],
    })
}
