//! Who looked is told to the authority, once.

use std::collections::BTreeSet;

use client::CpisOutcome;

use super::{ask, children, client, command, notices, person, said};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn thirty_accesses_by_ten_people_are_ten_notices() {
    let world = World::up(12, &[]);
    let child = children(&world)[0];
    let client = client(&world);
    let mut first = BTreeSet::new();
    for round in 0..3 {
        for number in 0..10 {
            let id = ask(&client, person(number), child).await.expect("found");
            if round == 0 {
                first.insert(id);
            }
        }
    }
    // The same author within a day counts once, so only the first of each is told.
    let told = notices(&world, 10);
    let ids: BTreeSet<String> = told
        .iter()
        .map(|notice| notice["query"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!((told.len(), &ids), (10, &first));
    assert!(
        told.iter()
            .all(|notice| notice["nhs_number"] == child.as_str())
    );
    let query = client.asked_by(person(99), child);
    let Ok(CpisOutcome::Found(found)) = client.query(&query).await else {
        panic!("no record");
    };
    assert_eq!(found.answer.accesses.len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_comes_twice_is_one_access() {
    let world = World::up(12, &[]);
    let child = children(&world)[0];
    let client = client(&world);
    let query = client.asked_by(person(1), child);
    for _ in 0..2 {
        assert!(matches!(
            client.query(&query).await,
            Ok(CpisOutcome::Found(_))
        ));
    }
    let told = notices(&world, 1);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["query"], query.id.as_str());
    assert_eq!(told[0]["who"], "Looker 1, Consultant");
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_are_kept_or_taken_and_can_be_had_as_they_came() {
    let world = World::up(12, &[]);
    let child = children(&world)[0];
    ask(&client(&world), person(1), child).await.expect("found");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let keep = || said(&command(&world, &["cpis", "notifications", "--keep"]));
    while keep().contains("no notifications") && std::time::Instant::now() < until {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert!(keep().contains("Looker 1, Consultant"));
    // A pipe gets no NHS number unless it asks for it.
    assert!(!keep().contains(child.as_str()));
    let folder = world.data.join("notices");
    let path = folder.display().to_string();
    said(&command(&world, &["cpis", "notifications", "--xml", &path]));
    assert!(keep().contains("no notifications"));
    let files: Vec<_> = std::fs::read_dir(&folder).expect("a folder").collect();
    assert_eq!(files.len(), 1);
    let file = files[0].as_ref().expect("a file").path();
    let bytes = std::fs::read(file).expect("read");
    testkit::xsd::assert_valid_cpis("REPC_MT000004GB01", &bytes);
}
