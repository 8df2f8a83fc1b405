//! Whether an answer belongs to its question. A wrong child's plans are worse than none.

use hl7v3::cpis::answer::{Answer, Record};
use hl7v3::cpis::query::Query;

/// Whether an answer is about the patient of a query, is complete, and, if that is asked for, names
/// the query itself.
pub(super) fn belongs(answer: &Answer, query: &Query, same_id: bool) -> Result<(), &'static str> {
    let subjects = answer.records.iter().flat_map(|record| &record.subjects);
    let held = subjects.filter_map(|subject| subject.patient);
    let mut numbers = held
        .chain(answer.accesses.iter().map(|seen| seen.patient))
        .peekable();
    if numbers.peek().is_none() {
        return Err("the answer does not say whom it is about");
    }
    if numbers.any(|number| number != query.patient) {
        return Err("the answer is about another patient");
    }
    // A repetition within a day is listed under the id of the first query, so that the list alone
    // says nothing.
    let names_query = |id: &str| id.eq_ignore_ascii_case(&query.id);
    let mut ids = answer.accesses.iter().map(|seen| seen.id.as_str());
    if same_id && !names_query(&answer.id) && !ids.any(names_query) {
        return Err("the answer belongs to another query");
    }
    match answer.records.iter().all(is_whole) {
        true => Ok(()),
        false => Err("a record without a plan, or without whom it is about"),
    }
}

fn is_whole(record: &Record) -> bool {
    !record.plans.is_empty() && !record.subjects.is_empty()
}
