//! Every combination of inputs against a table written by hand.

use super::*;
use ConsentSetting::{Ask, No, Yes};
use PermissionFact::GivenNow;

const RELATIONSHIPS: [RelationshipFact; 3] = [
    RelationshipFact::Recorded,
    RelationshipFact::SelfClaimed,
    RelationshipFact::None,
];
const PERMISSIONS: [PermissionFact; 3] = [
    PermissionFact::Recorded,
    PermissionFact::GivenNow,
    PermissionFact::None,
];
const CONSENTS: [Option<ConsentSetting>; 4] = [None, Some(Yes), Some(No), Some(Ask)];

fn every_combination() -> impl Iterator<Item = AccessFacts> {
    (0..2usize * 2 * 2 * 3 * 3 * 4).map(|number| AccessFacts {
        emergency: number % 2 == 1,
        rights: Rights {
            view: number / 2 % 2 == 1,
            emergency: number / 4 % 2 == 1,
        },
        relationship: RELATIONSHIPS[number / 8 % 3],
        permission: PERMISSIONS[number / 24 % 3],
        consent: CONSENTS[number / 72 % 4],
    })
}

fn granted(grounds: Grounds, relationship: bool, permission: bool) -> AccessOutcome {
    AccessOutcome::Granted(Grant {
        grounds,
        records_relationship: relationship,
        records_permission: permission,
    })
}

/// `emergency, B0370, B0168, relationship, consent, permission` as letters, a dot for any:
/// y yes, n no; relationship r recorded, s self-claimed, n none; consent u unknown, y, n, a ask;
/// permission r recorded, g given now, n none.
fn letters(facts: &AccessFacts) -> [char; 6] {
    let yes = |b| if b { 'y' } else { 'n' };
    [
        yes(facts.emergency),
        yes(facts.rights.view),
        yes(facts.rights.emergency),
        match facts.relationship {
            RelationshipFact::Recorded => 'r',
            RelationshipFact::SelfClaimed => 's',
            RelationshipFact::None => 'n',
        },
        match facts.consent {
            None => 'u',
            Some(Yes) => 'y',
            Some(No) => 'n',
            Some(Ask) => 'a',
        },
        match facts.permission {
            PermissionFact::Recorded => 'r',
            PermissionFact::GivenNow => 'g',
            PermissionFact::None => 'n',
        },
    ]
}

#[test]
fn the_whole_truth_table() {
    use AccessOutcome::{NeedsConsent, Refused};
    use Grounds::{Emergency, Permission};
    let by_permission = |relationship, permission| granted(Permission, relationship, permission);
    let table: [(&str, AccessOutcome); 34] = [
        // Without emergency B0370 counts and B0168 does not.
        ("n n . . . .", Refused(Refusal::Rights)),
        ("n y . n . .", Refused(Refusal::Relationship)),
        ("n y . r u .", NeedsConsent),
        ("n y . s u .", NeedsConsent),
        ("n y . r n .", Refused(Refusal::Consent)),
        ("n y . s n .", Refused(Refusal::Consent)),
        ("n y . r y n", Refused(Refusal::Permission)),
        ("n y . r a n", Refused(Refusal::Permission)),
        ("n y . s y n", Refused(Refusal::Permission)),
        ("n y . s a n", Refused(Refusal::Permission)),
        ("n y . r y r", by_permission(false, false)),
        ("n y . r a r", by_permission(false, false)),
        ("n y . r y g", by_permission(false, true)),
        ("n y . r a g", by_permission(false, true)),
        ("n y . s y r", by_permission(true, false)),
        ("n y . s a r", by_permission(true, false)),
        ("n y . s y g", by_permission(true, true)),
        ("n y . s a g", by_permission(true, true)),
        // In an emergency B0168 counts and B0370 does not; permission is not needed, and none is
        // recorded. Dissent stands.
        ("y . n . . .", Refused(Refusal::Rights)),
        ("y . y n . .", Refused(Refusal::Relationship)),
        ("y . y r u .", NeedsConsent),
        ("y . y s u .", NeedsConsent),
        ("y . y r n .", Refused(Refusal::Consent)),
        ("y . y s n .", Refused(Refusal::Consent)),
        ("y . y r y n", granted(Emergency, false, false)),
        ("y . y r y r", granted(Emergency, false, false)),
        ("y . y r y g", granted(Emergency, false, false)),
        ("y . y r a n", granted(Emergency, false, false)),
        ("y . y r a r", granted(Emergency, false, false)),
        ("y . y r a g", granted(Emergency, false, false)),
        ("y . y s y n", granted(Emergency, true, false)),
        ("y . y s y r", granted(Emergency, true, false)),
        ("y . y s y g", granted(Emergency, true, false)),
        ("y . y s a .", granted(Emergency, true, false)),
    ];
    let mut seen = 0;
    for facts in every_combination() {
        let letters = letters(&facts);
        let fits = |pattern: &str| {
            pattern
                .split(' ')
                .zip(letters)
                .all(|(p, l)| p == "." || p.starts_with(l))
        };
        let mut rows = table.iter().filter(|(pattern, _)| fits(pattern));
        let (Some((pattern, expected)), None) = (rows.next(), rows.next()) else {
            panic!("not exactly one row for {letters:?}");
        };
        assert_eq!(decide(&facts), *expected, "{pattern}: {facts:?}");
        seen += 1;
    }
    assert_eq!(seen, 288);
}

#[test]
fn what_must_never_happen() {
    for facts in every_combination() {
        let AccessOutcome::Granted(grant) = decide(&facts) else {
            continue;
        };
        assert!(!matches!(facts.consent, None | Some(No)), "{facts:?}");
        assert_ne!(facts.relationship, RelationshipFact::None, "{facts:?}");
        assert!(
            facts.emergency || facts.permission != PermissionFact::None,
            "{facts:?}"
        );
        assert_eq!(
            grant.grounds == Grounds::Emergency,
            facts.emergency,
            "{facts:?}"
        );
        assert!(
            !grant.records_permission || facts.permission == GivenNow,
            "{facts:?}"
        );
    }
}

#[test]
fn asking_the_spine_always_could_have_changed_the_answer() {
    for facts in every_combination().filter(|facts| facts.consent.is_none()) {
        let answers: Vec<_> = [Yes, No, Ask]
            .map(|consent| {
                decide(&AccessFacts {
                    consent: Some(consent),
                    ..facts
                })
            })
            .into();
        match decide(&facts) {
            AccessOutcome::NeedsConsent => assert_ne!(answers[0], answers[1], "{facts:?}"),
            known => assert!(answers.iter().all(|answer| *answer == known), "{facts:?}"),
        }
    }
}

#[test]
fn the_page_lists_each_combination_once() {
    let page = truth_table_markdown();
    let mut lines = page.lines();
    let heading = "| Emergency | B0370 | B0168 | Relationship | Consent to view | Permission \
                   | Outcome |";
    assert_eq!(lines.next(), Some(heading));
    assert_eq!(
        lines.next(),
        Some("| --- | --- | --- | --- | --- | --- | --- |")
    );
    let rows: Vec<Vec<&str>> = lines
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.len() < 30, "merged for people: {}", rows.len());
    for facts in every_combination() {
        let names = names(&facts);
        let fits = |row: &&Vec<&str>| {
            row.iter()
                .zip(names)
                .all(|(cell, name)| *cell == "any" || cell.split(" or ").any(|v| v == name))
        };
        let fitting: Vec<_> = rows.iter().filter(fits).collect();
        assert_eq!(fitting.len(), 1, "{facts:?}");
        let outcome = fitting[0][6];
        let word = match decide(&facts) {
            AccessOutcome::NeedsConsent => "ask the Spine",
            AccessOutcome::Granted(_) => "granted",
            AccessOutcome::Refused(_) => "refused",
        };
        assert!(outcome.starts_with(word), "{facts:?}: {outcome}");
    }
    assert!(page.contains(
        "| no | yes | any | recorded | Ask or Yes | recorded | granted by permission |\n"
    ));
}

fn names(facts: &AccessFacts) -> [&'static str; 6] {
    let yes = |b| if b { "yes" } else { "no" };
    [
        yes(facts.emergency),
        yes(facts.rights.view),
        yes(facts.rights.emergency),
        match facts.relationship {
            RelationshipFact::Recorded => "recorded",
            RelationshipFact::SelfClaimed => "self-claimed",
            RelationshipFact::None => "none",
        },
        match facts.consent {
            None => "unknown",
            Some(Yes) => "Yes",
            Some(No) => "No",
            Some(Ask) => "Ask",
        },
        match facts.permission {
            PermissionFact::Recorded => "recorded",
            PermissionFact::GivenNow => "given now",
            PermissionFact::None => "none",
        },
    ]
}
