//! The decision as a table for people: made by asking [`decide`] about every combination and
//! merging rows that differ in nothing that matters. It cannot say anything else than the code.

use super::{
    AccessFacts, AccessOutcome, Grounds, PermissionFact, RelationshipFact, Rights, decide,
};
use crate::consent::ConsentSetting;

/// One input of the decision, with all its values.
struct Column {
    heading: &'static str,
    values: &'static [Value],
}

/// What a value is called, and how the facts come to have it.
type Value = (&'static str, fn(&mut AccessFacts));

/// In the order of the checks, which is what lets rows merge.
const COLUMNS: [Column; 6] = [
    Column {
        heading: "Emergency",
        values: &[
            ("no", |f| f.emergency = false),
            ("yes", |f| f.emergency = true),
        ],
    },
    Column {
        heading: "B0370",
        values: &[
            ("no", |f| f.rights.view = false),
            ("yes", |f| f.rights.view = true),
        ],
    },
    Column {
        heading: "B0168",
        values: &[
            ("no", |f| f.rights.emergency = false),
            ("yes", |f| f.rights.emergency = true),
        ],
    },
    Column {
        heading: "Relationship",
        values: &[
            ("none", |f| f.relationship = RelationshipFact::None),
            ("recorded", |f| f.relationship = RelationshipFact::Recorded),
            ("self-claimed", |f| {
                f.relationship = RelationshipFact::SelfClaimed
            }),
        ],
    },
    Column {
        heading: "Consent to view",
        values: &[
            ("unknown", |f| f.consent = None),
            ("No", |f| f.consent = Some(ConsentSetting::No)),
            ("Ask", |f| f.consent = Some(ConsentSetting::Ask)),
            ("Yes", |f| f.consent = Some(ConsentSetting::Yes)),
        ],
    },
    Column {
        heading: "Permission",
        values: &[
            ("none", |f| f.permission = PermissionFact::None),
            ("recorded", |f| f.permission = PermissionFact::Recorded),
            ("given now", |f| f.permission = PermissionFact::GivenNow),
        ],
    },
];

/// Every combination of the inputs and its outcome, as a Markdown table. A cell lists the values
/// that lead to the same outcome; exactly one row fits any combination.
pub fn truth_table_markdown() -> String {
    let headings: Vec<&str> = COLUMNS
        .iter()
        .map(|column| column.heading)
        .chain(["Outcome"])
        .collect();
    let mut table = line(&headings);
    table.push_str(&line(&["---"; COLUMNS.len() + 1]));
    for row in rows(&COLUMNS, FIRST) {
        table.push_str(&line(&row));
    }
    table
}

/// Every field is overwritten, one by each column.
const FIRST: AccessFacts = AccessFacts {
    rights: Rights {
        view: false,
        emergency: false,
    },
    relationship: RelationshipFact::None,
    permission: PermissionFact::None,
    emergency: false,
    consent: None,
};

fn line<T: AsRef<str>>(cells: &[T]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The rows of these columns, the earlier ones being settled: values with the same rows share
/// them. It calls itself once for each column, so at most six deep.
fn rows(columns: &[Column], facts: AccessFacts) -> Vec<Vec<String>> {
    let Some((column, later)) = columns.split_first() else {
        return vec![vec![describe(decide(&facts))]];
    };
    let mut groups: Vec<(Vec<&str>, Vec<Vec<String>>)> = Vec::new();
    for (label, set) in column.values {
        let mut facts = facts;
        set(&mut facts);
        let rows = rows(later, facts);
        match groups.iter_mut().find(|(_, others)| *others == rows) {
            Some((labels, _)) => labels.push(label),
            None => groups.push((vec![label], rows)),
        }
    }
    let all = groups.len() == 1;
    let with_label = |(labels, rows): (Vec<&str>, Vec<Vec<String>>)| {
        let label = if all {
            "any".to_owned()
        } else {
            labels.join(" or ")
        };
        rows.into_iter()
            .map(move |row| std::iter::once(label.clone()).chain(row).collect())
    };
    groups.into_iter().flat_map(with_label).collect()
}

fn describe(outcome: AccessOutcome) -> String {
    let grant = match outcome {
        AccessOutcome::NeedsConsent => return "ask the Spine for consent".to_owned(),
        AccessOutcome::Refused(refusal) => return format!("refused: {refusal}"),
        AccessOutcome::Granted(grant) => grant,
    };
    let mut text = match grant.grounds {
        Grounds::Permission => "granted by permission".to_owned(),
        Grounds::Emergency => "granted in an emergency; alert the privacy officer".to_owned(),
    };
    if grant.records_relationship {
        text.push_str("; record the relationship and alert the privacy officer");
    }
    if grant.records_permission {
        text.push_str("; record the permission");
    }
    text
}
