//! A Spine with two addresses, the first of which is dead, silent or talks nonsense.

use std::time::{Duration, Instant};

use client::{Outcome, QueryOptions, QueryOutcome, ScrClient, StatusOutcome};
use domain::NhsNumber;
use domain::consent::ConsentSetting;
use toml::Value;
use transport::Response;

use super::stage::{Stage, part, value};
use super::stand_in::StandIn;

/// Seconds until a silent address is given up: what nobody may wait once it is known to be silent.
const TIME_OUT: i64 = 2;
/// Failures after which an address is left alone, for longer than a test takes.
const FAILURES: i64 = 2;
const PAUSE: i64 = 60;
/// Requests of each kind.
const MANY: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_second_address_serves_when_the_first_is_dead_or_talks_nonsense() {
    let mut stage = Stage::new(2);
    let dead = format!("https://localhost:{}/sync-service", stage.dead_port());
    let babbling = StandIn::babbling();
    let page = async |status| {
        let page = Response::new(status, "text/html", "<html>Closed for repairs</html>");
        StandIn::answering(stage.world.tls(), page).await
    };
    let pages = [page(200).await, page(500).await, page(502).await];
    let stand_ins = pages.iter().chain([&babbling]);
    let with_url = stand_ins.map(|first| (Some(first), first.url("/sync-service")));
    for (first, url) in with_url.chain([(None, dead)]) {
        ask_behind(&mut stage, url, first).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_second_address_serves_when_the_first_is_silent() {
    let mut stage = Stage::new(2);
    let silent = StandIn::silent();
    let pending = StandIn::pending(stage.world.tls()).await;
    for first in [silent, pending] {
        ask_behind(&mut stage, first.url("/sync-service"), Some(&first)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_address_at_all_is_said_at_once() {
    let mut stage = Stage::new(1);
    let patient = stage.patients()[0];
    let dead = format!("https://localhost:{}/sync-service", stage.dead_port());
    let silent = [StandIn::silent(), StandIn::silent()];
    let urls = |at: usize| silent[at].url("/sync-service");
    for (first, second) in [(dead.clone(), dead), (urls(0), urls(1))] {
        behind(&stage, first, second);
        stage.serve();
        let client = stage.client_for(&stage.clinician());
        for _ in 0..FAILURES {
            assert_eq!(refusal(&client, patient).await, "SMSP-0004");
        }
        let heard = || silent.iter().map(StandIn::heard).sum::<usize>();
        let (before, start) = (heard(), Instant::now());
        for _ in 0..MANY {
            assert_eq!(refusal(&client, patient).await, "SMSP-0004");
        }
        assert_eq!(heard(), before, "they are left alone");
        assert_nobody_waited(start);
        // What needs no Spine is answered all the while.
        value(client.query_ptv(patient).await.expect("an answer"));
        stage.kill();
    }
}

/// Requests of every kind succeed through the second address, and once the first is known to be
/// of no use, nobody waits for it.
async fn ask_behind(stage: &mut Stage, first: String, stand_in: Option<&StandIn>) {
    behind(stage, first, stage.spine_url());
    stage.serve();
    let client = stage.client_for(&stage.clinician());
    let [looked_at, asked_of] = stage.patients()[..] else {
        panic!("two patients");
    };
    let heard = || stand_in.map_or(0, StandIn::heard);
    for _ in 0..FAILURES {
        ask(&client, asked_of).await;
    }
    assert!(stand_in.is_none() || heard() >= FAILURES as usize);
    let (before, start) = (heard(), Instant::now());
    for at in 0..MANY {
        let options = QueryOptions::emergency(format!("no. {at}"));
        let outcome = client.query(looked_at, &options).await;
        assert!(
            matches!(outcome, Ok(QueryOutcome::Document { .. })),
            "{outcome:?}"
        );
        ask(&client, asked_of).await;
    }
    // What must not be sent twice goes where it is sure to be answered.
    let now = [ConsentSetting::Yes, ConsentSetting::Ask];
    for setting in now {
        value(
            client
                .set_consent(asked_of, setting)
                .await
                .expect("an answer"),
        );
        let consent = value(client.get_consent(asked_of).await.expect("an answer"));
        assert_eq!(consent.view, setting);
    }
    assert_eq!(heard(), before, "the first address is left alone");
    assert_nobody_waited(start);
    stage.kill();
}

/// Each of the requests would have waited, and all of them together did not for half of that.
fn assert_nobody_waited(start: Instant) {
    let all = Duration::from_secs(TIME_OUT as u64) * MANY as u32;
    assert!(start.elapsed() < all / 2, "{:?}", start.elapsed());
}

async fn ask(client: &ScrClient, patient: NhsNumber) {
    let outcome = client.status(patient).await;
    let Ok(StatusOutcome::Status(status)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(status.exists);
}

async fn refusal(client: &ScrClient, patient: NhsNumber) -> String {
    match client.get_consent(patient).await {
        Ok(Outcome::Refused(refused)) => refused.code,
        other => panic!("{other:?}"),
    }
}

fn behind(stage: &Stage, first: String, second: String) {
    stage.configure(|configuration| {
        let spine = part(configuration, &["smsp", "spine"]);
        for (key, value) in [
            ("url", Value::from(first)),
            ("other_urls", vec![second].into()),
            ("connect_seconds", TIME_OUT.into()),
            ("response_seconds", TIME_OUT.into()),
            ("failures_to_open", FAILURES.into()),
            ("pause_seconds", PAUSE.into()),
        ] {
            spine.insert(key.into(), value);
        }
    });
}
