//! The SMSP asks CP-IS by reliable messages.

use super::{ask, children, client, command, notices, person};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_query_by_message_is_answered_by_message() {
    let world = World::up(12, &["--cpis-async"]);
    let child = children(&world)[0];
    let client = client(&world);
    let mut asked = Vec::new();
    for number in 0..3 {
        asked.push(ask(&client, person(number), child).await.expect("found"));
    }
    let none = command(&world, &["cpis", "get", "9990999902"]);
    assert_eq!(none.status.code(), Some(3));
    let told = notices(&world, 3);
    let ids: Vec<&str> = told.iter().filter_map(|n| n["query"].as_str()).collect();
    assert_eq!(ids, asked);
    let messages = command(&world, &["messages", "search", "--json"]);
    let messages = super::said(&messages);
    assert!(messages.contains("QUPC_IN000006GB01"), "{messages}");
    assert!(messages.contains("REPC_IN000007GB01"), "{messages}");
}
