//! Privacy alerts that were received.

use std::sync::Arc;

use super::{accept, refuse, sample};
use crate::{AlertFilter, Commit, Precondition, ReceivedAlert, Store};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Store>) {
    the_first_of_an_id_stays(&*make()).await;
    the_newest_is_first(&*make()).await;
}

fn alerts(alerts: Vec<ReceivedAlert>) -> Commit {
    Commit {
        alerts,
        ..Commit::default()
    }
}

async fn the_first_of_an_id_stays(store: &dyn Store) {
    let all = AlertFilter {
        limit: 10,
        ..AlertFilter::default()
    };
    assert_eq!(store.alerts(all.clone()).await, Ok(vec![]));
    let first = sample::alert(1, 10);
    let mut again = sample::alert(1, 99);
    again.alert.words = Some("another".to_owned());
    accept(store, alerts(vec![first.clone()])).await;
    accept(store, alerts(vec![again.clone(), again])).await;
    assert_eq!(store.alerts(all.clone()).await, Ok(vec![first.clone()]));
    let patient = sample::patient(1);
    let never = Precondition::ConsentVersion {
        patient,
        version: 9,
    };
    let refused = Commit {
        preconditions: vec![never.clone()],
        ..alerts(vec![sample::alert(2, 10)])
    };
    refuse(store, refused, never).await;
    assert_eq!(store.alerts(all).await, Ok(vec![first]));
}

async fn the_newest_is_first(store: &dyn Store) {
    // By when it happened, not when it came; of the same time the greatest id first.
    for (number, at) in [(1, 30), (2, 10), (3, 30), (4, 20), (5, 40), (6, 30)] {
        accept(store, alerts(vec![sample::alert(number, at)])).await;
    }
    let all = AlertFilter {
        limit: 10,
        ..AlertFilter::default()
    };
    let at = |seconds| Some(sample::time(seconds));
    let after = |number| Some(sample::message_id(number));
    let organisation = Some(sample::professional(0).organisation);
    for (filter, expected) in [
        (all.clone(), vec![5, 6, 3, 1, 4, 2]),
        (
            AlertFilter {
                limit: 2,
                ..all.clone()
            },
            vec![5, 6],
        ),
        (
            AlertFilter {
                after: after(6),
                limit: 3,
                ..all.clone()
            },
            vec![3, 1, 4],
        ),
        (
            AlertFilter {
                after: after(2),
                ..all.clone()
            },
            vec![],
        ),
        (
            AlertFilter {
                after: after(7),
                ..all.clone()
            },
            vec![],
        ),
        (
            AlertFilter {
                from: at(20),
                to: at(30),
                ..all.clone()
            },
            vec![6, 3, 1, 4],
        ),
        (
            AlertFilter {
                organisation: organisation.clone(),
                ..all.clone()
            },
            vec![6, 3],
        ),
        (
            AlertFilter {
                organisation,
                after: after(5),
                to: at(30),
                limit: 1,
                ..all.clone()
            },
            vec![6],
        ),
        (
            AlertFilter {
                organisation: Some(sample::professional(7).organisation),
                ..all.clone()
            },
            vec![],
        ),
    ] {
        let found = store.alerts(filter.clone()).await.expect("read");
        let ids: Vec<_> = found.into_iter().map(|found| found.alert.id).collect();
        let expected: Vec<_> = expected.into_iter().map(sample::message_id).collect();
        assert_eq!(ids, expected, "{filter:?}");
    }
}
