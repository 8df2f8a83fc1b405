//! The Spine does not take alerts: they wait, whoever needs the record does not, and they arrive
//! when the cause is mended.

use std::time::{Duration, Instant};

use client::{QueryOptions, QueryOutcome};

use super::stage::{RELIABLE, Stage, eventually, part};
use super::stand_in::StandIn;

/// Seconds until a silent address is given up.
const TIME_OUT: i64 = 5;
/// Emergencies, each of which raises one alert; the first a second one for the relationship.
const MANY: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn alerts_wait_for_an_address_where_nobody_is() {
    let stage = Stage::new(1);
    let url = format!("https://localhost:{}{RELIABLE}", stage.dead_port());
    alerts_wait(stage, &url, "no connection").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_wait_for_an_address_that_is_silent() {
    let silent = StandIn::silent();
    alerts_wait(Stage::new(1), &silent.url(RELIABLE), "timed out").await;
}

async fn alerts_wait(mut stage: Stage, wrong: &str, why: &str) {
    let right = stage.reliable_url();
    send_to(&stage, wrong);
    stage.serve();
    let (patient, client) = (stage.patients()[0], stage.client_for(&stage.clinician()));
    let start = Instant::now();
    for at in 0..MANY {
        let options = QueryOptions::emergency(format!("emergency {at}"));
        let outcome = client.query(patient, &options).await;
        assert!(
            matches!(outcome, Ok(QueryOutcome::Document { .. })),
            "{outcome:?}"
        );
    }
    let all = Duration::from_secs(TIME_OUT as u64) * MANY as u32;
    assert!(start.elapsed() < all / 2, "{:?}", start.elapsed());

    let waiting = || stage.lines(&["outbox", "list", "--json"]);
    let failed = |entry: &serde_json::Value| {
        let error = entry["last_error"].as_str().unwrap_or_default();
        error.contains(why) && entry["tries"].as_u64() >= Some(1)
    };
    eventually("every alert was tried", || waiting().iter().all(failed)).await;
    assert_eq!(waiting().len(), MANY + 1);
    let (_, table) = stage.says(&["outbox", "list"]);
    assert!(table.contains(why), "{table}");
    assert!(stage.alerts().is_empty());
    assert!(
        stage
            .lines(&["outbox", "list", "--dead", "--json"])
            .is_empty()
    );

    stage.kill();
    send_to(&stage, &right);
    stage.serve();
    stage.wait_for_alerts();
    let mut words: Vec<String> = stage
        .alerts()
        .iter()
        .filter(|received| received["alert"]["kind"] == "access")
        .map(|received| {
            received["alert"]["words"]
                .as_str()
                .expect("words")
                .to_owned()
        })
        .collect();
    words.sort();
    let expected: Vec<String> = (0..MANY).map(|at| format!("emergency {at}")).collect();
    assert_eq!(words, expected);
    assert_eq!(stage.alerts().len(), MANY + 1);
}

fn send_to(stage: &Stage, url: &str) {
    stage.configure(|configuration| {
        part(configuration, &["smsp", "alerts"]).insert("url".into(), url.into());
        let spine = part(configuration, &["smsp", "spine"]);
        spine.insert("connect_seconds".into(), TIME_OUT.into());
    });
}
