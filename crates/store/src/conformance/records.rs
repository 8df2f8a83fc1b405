//! Records of messages, and legitimate relationships.

use std::sync::Arc;

use domain::relationship::LegitimateRelationship;
use domain::{MessageId, OdsCode};
use jiff::SignedDuration;

use super::{accept, refuse, sample};
use crate::{
    Commit, Direction, MessageFilter, MessageRecord, Outcome, OutcomeChange, Precondition, Store,
};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    records_come_back(&*make()).await;
    the_last_of_a_message_stays(&*make()).await;
    an_outcome_changes_alone(&*make()).await;
    each_filter_leaves_its_own(&*make()).await;
    the_newest_is_first(&*make()).await;
    the_first_relationship_of_an_id_stays(&*make()).await;
}

fn messages(messages: Vec<MessageRecord>) -> Commit {
    Commit {
        messages,
        ..Commit::default()
    }
}

fn all() -> MessageFilter {
    MessageFilter {
        limit: 100,
        ..MessageFilter::default()
    }
}

async fn records_come_back(store: &dyn Store) {
    assert_eq!(store.messages(all()).await, Ok(vec![]));
    let bare = MessageRecord {
        conversation: None,
        ref_to: None,
        patient: None,
        document: None,
        body: None,
        ..sample::message(1, 10)
    };
    let large = MessageRecord {
        body: Some(b"<more of the same/>".repeat(20_000)),
        ..sample::message(2, 20)
    };
    let empty = MessageRecord {
        body: Some(Vec::new()),
        ..sample::message(3, 30)
    };
    accept(
        store,
        messages(vec![bare.clone(), large.clone(), empty.clone()]),
    )
    .await;
    assert_eq!(store.messages(all()).await, Ok(vec![empty, large, bare]));
    let patient = sample::patient(1);
    let never = Precondition::ConsentVersion {
        patient,
        version: 9,
    };
    let refused = Commit {
        preconditions: vec![never.clone()],
        ..messages(vec![sample::message(4, 40)])
    };
    refuse(store, refused, never).await;
    // Refused after the document has been written: the message has no part of it either.
    let first = sample::document(patient, 1, 1);
    let twice = Commit {
        documents: vec![first.clone(), first],
        ..messages(vec![sample::message(4, 40)])
    };
    let absent = Precondition::DocumentAbsent(sample::document_id(1));
    refuse(store, twice, absent).await;
    assert_eq!(store.messages(all()).await.map(|found| found.len()), Ok(3));
}

async fn an_outcome_changes_alone(store: &dyn Store) {
    let of = |number, outcome: &str| MessageRecord {
        outcome: outcome.to_owned(),
        ..sample::message(number, i64::from(number))
    };
    let change = |record: &MessageRecord, outcome| OutcomeChange {
        owner: record.owner.clone(),
        direction: record.direction,
        message: record.message.clone(),
        outcome,
    };
    let adds = |mark: &str| Outcome::Adds(mark.to_owned());
    let becomes = |outcome: &str| Outcome::Becomes(outcome.to_owned());
    let outcomes = |outcomes| Commit {
        outcomes,
        ..Commit::default()
    };
    let (first, second) = (of(1, "waiting"), of(2, "AE 410 30142"));
    let other_way = MessageRecord {
        direction: match first.direction {
            Direction::In => Direction::Out,
            Direction::Out => Direction::In,
        },
        ..first.clone()
    };
    // In the commit that brings it.
    let both = Commit {
        outcomes: vec![change(&second, adds("waiting"))],
        ..messages(vec![first.clone(), second.clone(), other_way.clone()])
    };
    accept(store, both).await;
    let check = async |first_outcome: &str, second_outcome: &str| {
        let marked = |record: &MessageRecord, outcome: &str| MessageRecord {
            outcome: outcome.to_owned(),
            ..record.clone()
        };
        let mut expected = [other_way.clone(), marked(&first, first_outcome)];
        expected.sort_by_key(|record| std::cmp::Reverse(record.direction));
        let mut all_three = vec![marked(&second, second_outcome)];
        all_three.extend(expected);
        assert_eq!(store.messages(all()).await, Ok(all_three));
    };
    check("waiting", "AE 410 30142; waiting").await;
    let stranger = of(3, "");
    let elsewhere = MessageRecord {
        owner: "another".to_owned(),
        ..first.clone()
    };
    let nobody = vec![
        change(&stranger, becomes("AA")),
        change(&elsewhere, adds("acknowledged")),
    ];
    accept(store, outcomes(nobody)).await;
    check("waiting", "AE 410 30142; waiting").await;
    let marks = vec![
        change(&first, adds("acknowledged")),
        change(&second, adds("dead letter")),
    ];
    accept(store, outcomes(marks)).await;
    check("acknowledged", "AE 410 30142; dead letter").await;
    let twice = vec![
        change(&first, becomes("AA")),
        change(&first, adds("delivered")),
        change(&second, becomes("")),
    ];
    accept(store, outcomes(twice)).await;
    check("AA; delivered", "").await;
    let never = Precondition::ConsentVersion {
        patient: sample::patient(1),
        version: 9,
    };
    let refused = Commit {
        preconditions: vec![never.clone()],
        ..outcomes(vec![change(&first, becomes("never"))])
    };
    refuse(store, refused, never).await;
    check("AA; delivered", "").await;
}

async fn the_last_of_a_message_stays(store: &dyn Store) {
    let first = sample::message(1, 10);
    let other_way = MessageRecord {
        direction: Direction::Out,
        ..first.clone()
    };
    let other_owner = MessageRecord {
        owner: "another".to_owned(),
        ..first.clone()
    };
    let changed = MessageRecord {
        ref_to: None,
        conversation: Some("another".to_owned()),
        patient: Some(sample::patient(9)),
        at: sample::time(5) + SignedDuration::from_nanos(1_999),
        outcome: "acknowledged".to_owned(),
        body: None,
        ..first.clone()
    };
    let three = vec![other_owner.clone(), first.clone(), other_way.clone()];
    accept(store, messages(three)).await;
    accept(store, messages(vec![first.clone(), changed.clone()])).await;
    let kept = MessageRecord {
        at: sample::time(5) + SignedDuration::from_micros(1),
        ..changed
    };
    let expected = vec![other_way, other_owner, kept.clone()];
    assert_eq!(store.messages(all()).await, Ok(expected));
    // What it was found by before, it is not found by any more.
    for (filter, expected) in [
        (
            MessageFilter {
                conversation: kept.conversation.clone(),
                ..all()
            },
            vec![kept.clone()],
        ),
        (
            MessageFilter {
                patient: kept.patient,
                ..all()
            },
            vec![kept.clone()],
        ),
        (
            MessageFilter {
                conversation: first.conversation,
                owner: Some(kept.owner.clone()),
                direction: Some(Direction::In),
                ..all()
            },
            vec![],
        ),
    ] {
        assert_eq!(store.messages(filter.clone()).await, Ok(expected));
    }
}

async fn each_filter_leaves_its_own(store: &dyn Store) {
    let records: Vec<_> = (0..24)
        .map(|number| sample::message(number, i64::from(number)))
        .collect();
    accept(store, messages(records.clone())).await;
    let like = records[7].clone();
    type Wanted = fn(&MessageRecord, &MessageRecord) -> bool;
    let filters: [(MessageFilter, Wanted); 7] = [
        (all(), |_, _| true),
        (
            MessageFilter {
                owner: Some(like.owner.clone()),
                ..all()
            },
            |one, like| one.owner == like.owner,
        ),
        (
            MessageFilter {
                direction: Some(like.direction),
                ..all()
            },
            |one, like| one.direction == like.direction,
        ),
        (
            MessageFilter {
                ref_to: like.ref_to.clone(),
                ..all()
            },
            |one, like| one.ref_to == like.ref_to,
        ),
        (
            MessageFilter {
                conversation: like.conversation.clone(),
                interaction: Some(like.interaction.clone()),
                ..all()
            },
            |one, like| {
                one.conversation == like.conversation && one.interaction == like.interaction
            },
        ),
        (
            MessageFilter {
                patient: like.patient,
                from: Some(sample::time(5)),
                to: Some(sample::time(16)),
                ..all()
            },
            |one, like| {
                let period = sample::time(5)..=sample::time(16);
                one.patient == like.patient && period.contains(&one.at)
            },
        ),
        (
            MessageFilter {
                from: Some(like.at),
                to: Some(like.at),
                message: Some(like.message.clone()),
                ..all()
            },
            |one, like| one.message == like.message,
        ),
    ];
    for (filter, wanted) in filters {
        let chosen = records.iter().rev().filter(|one| wanted(one, &like));
        let expected: Vec<_> = chosen.cloned().collect();
        assert!(!expected.is_empty(), "{filter:?} shows nothing");
        let few = MessageFilter {
            limit: 1,
            ..filter.clone()
        };
        let first = expected.first().cloned();
        assert_eq!(store.messages(filter).await, Ok(expected));
        assert_eq!(store.messages(few).await, Ok(first.into_iter().collect()));
    }
    let unknown = MessageFilter {
        message: Some(sample::message_id(999)),
        ..all()
    };
    assert_eq!(store.messages(unknown).await, Ok(vec![]));
    let lower = MessageId::parse(&like.message.as_str().to_lowercase()).expect("valid");
    let as_kept = MessageFilter {
        message: Some(lower),
        ..all()
    };
    assert_eq!(store.messages(as_kept).await, Ok(vec![]));
}

async fn the_newest_is_first(store: &dyn Store) {
    for (number, at) in [(1, 30), (2, 10), (3, 30), (4, 20), (5, 40), (6, 30)] {
        accept(store, messages(vec![sample::message(number, at)])).await;
    }
    let found = store.messages(all()).await.expect("read");
    let order: Vec<_> = found.into_iter().map(|record| record.message).collect();
    assert_eq!(order, [5, 6, 3, 1, 4, 2].map(sample::message_id));
}

fn legitimate(legitimate: Vec<LegitimateRelationship>) -> Commit {
    Commit {
        legitimate,
        ..Commit::default()
    }
}

async fn the_first_relationship_of_an_id_stays(store: &dyn Store) {
    let (patient, other) = (sample::patient(1), sample::patient(2));
    assert_eq!(store.legitimate_relationships(patient).await, Ok(vec![]));
    let [late, early, same_time] =
        [(1, 20), (3, 10), (2, 20)].map(|(n, since)| sample::legitimate(patient, n, since));
    accept(store, legitimate(vec![late.clone()])).await;
    let mut again = sample::legitimate(patient, 1, 5);
    again.kind = "09".to_owned();
    let elsewhere = sample::legitimate(other, 1, 5);
    let organisation = OdsCode::parse("X26").expect("an ODS code");
    let of_another = LegitimateRelationship {
        subject: domain::relationship::RelationshipSubject::Organisation(
            organisation.as_str().to_owned(),
        ),
        reason: None,
        words: None,
        ..sample::legitimate(other, 4, 5)
    };
    let commit = vec![
        again.clone(),
        early.clone(),
        same_time.clone(),
        elsewhere,
        of_another.clone(),
        again,
    ];
    accept(store, legitimate(commit)).await;
    assert_eq!(
        store.legitimate_relationships(patient).await,
        Ok(vec![early, late, same_time])
    );
    assert_eq!(
        store.legitimate_relationships(other).await,
        Ok(vec![of_another])
    );
    let never = Precondition::ConsentVersion {
        patient,
        version: 9,
    };
    let refused = Commit {
        preconditions: vec![never.clone()],
        ..legitimate(vec![sample::legitimate(other, 5, 5)])
    };
    refuse(store, refused, never).await;
    let found = store.legitimate_relationships(other).await;
    assert_eq!(found.map(|found| found.len()), Ok(1));
}
