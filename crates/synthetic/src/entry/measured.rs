//! Observations and results (UKCT_MT144043UK02).

use hl7v3::gp_summary::model::{
    Diastolic, Entry, EntryKind, Member, Period, Quantity, ReferenceRange, Systolic, Value,
};

use super::{concept, quantity};
use crate::day;
use crate::fact::{Component, Fact, Measure};

/// A finding with a value.
pub(super) fn finding(mut entry: Entry, found: &Measure) -> Entry {
    entry.reference_range = found.normal.as_ref().map(|(low, high)| {
        let bound = |value: &String| Quantity::new(value, found.ucum);
        ReferenceRange::new(bound(low), bound(high))
    });
    entry.valued(Value::Quantity(quantity(found)).typed())
}

/// Several findings under one name.
pub(super) fn organizer(mut entry: Entry, fact: &Fact, components: &[Component]) -> Entry {
    let member = |component: &Component| {
        let time = Period::around(&day::digits(fact.from));
        let member = Entry::new(EntryKind::Finding, &component.id, time);
        let member = member.coded(concept(component.concept));
        Member::new(finding(member, &component.measure))
    };
    entry.members = components.iter().map(member).collect();
    entry
}

/// Blood pressure.
pub(super) fn blood_pressure(
    mut entry: Entry,
    fact: &Fact,
    systolic: u32,
    diastolic: u32,
) -> Entry {
    let time = || Period::at(&day::digits(fact.from));
    let value = |value: u32| Quantity::new(&value.to_string(), "mm[Hg]");
    let (upper, lower) = (part_id(&fact.id, 'A'), part_id(&fact.id, 'B'));
    entry.systolic = Some(Systolic::new(&upper, value(systolic), time()));
    entry.diastolic = Some(Diastolic::new(&lower, value(diastolic), time()));
    entry
}

/// The id of a part of an entry: that of the entry with another first digit for each part.
fn part_id(id: &str, digit: char) -> String {
    let digit = if id.starts_with(digit) { 'C' } else { digit };
    format!("{digit}{}", &id[1..])
}
