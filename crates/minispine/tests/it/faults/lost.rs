//! The answer is lost, the process killed and started again: the very same bytes get the same
//! answer, and have their effect once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use client::{Call, NewPermission, QueryOptions};
use domain::NhsNumber;
use domain::consent::ConsentSetting;
use itk::client_response::{self, Answer};
use jiff::SignedDuration;

use super::stage::{
    RELIABLE, Stage, check_audit, end, eventually, nurse, part, post, until_tomorrow, value,
};
use super::stand_in::StandIn;
use transport::{TlsUpstream, UpstreamSettings};

/// What an answer says, without the ids and times of the answer itself.
#[derive(Debug, PartialEq, Eq)]
struct Gist {
    relates_to: Option<String>,
    code: String,
    document: Option<String>,
}

/// A message, and the effect it has once: rows in these tables about its patient.
struct Message {
    patient: NhsNumber,
    bytes: Vec<u8>,
    effects: Effects,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Effects {
    permissions: i64,
    relationships: i64,
    accesses: i64,
    consents: i64,
    alerts: usize,
}

const NONE: Effects = Effects {
    permissions: 0,
    relationships: 0,
    accesses: 0,
    consents: 0,
    alerts: 0,
};

/// Messages of each kind.
const EACH: usize = 3;
/// Kinds of messages.
const KINDS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_bytes_have_one_effect_and_one_answer() {
    let mut stage = Stage::new((EACH * KINDS) as u32);
    stage.serve();
    let messages = Arc::new(messages(&stage));

    // Some are answered, some are on their way, and some may not have arrived.
    let first = send_and_kill(&mut stage, &messages).await;
    stage.serve();
    let second = send(&stage, &messages).await;
    for (first, second) in first.iter().zip(&second) {
        assert_eq!(first.as_ref().unwrap_or(second), second);
    }
    // Now every one is answered, and nobody remembers the answers but the store.
    stage.kill_and_serve();
    let third = send(&stage, &messages).await;
    assert_eq!(second, third);
    stage.wait_for_alerts();
    stage.kill();
    for message in messages.iter() {
        assert_eq!(effects(&stage, message.patient), message.effects);
    }
    check_audit(&stage.world.data);
}

/// A late repetition is no reason to undo what was decided since.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_consent_does_not_undo_a_later_one() {
    let mut stage = Stage::new(1);
    stage.serve();
    let patient = stage.patients()[0];
    let client = stage.client_for(&stage.clinician());
    let dissent = client.request_bytes(&consent(patient, ConsentSetting::No), VALID);
    let (_, answer) = sent(&stage, &dissent).await;
    assert_eq!(answer.code, "SMSP-0000");
    let agreed = client.set_consent(patient, ConsentSetting::Yes).await;
    value(agreed.expect("an answer"));
    stage.kill_and_serve();
    assert_eq!(sent(&stage, &dissent).await.1, answer);
    let client = stage.client_for(&stage.clinician());
    let now = value(client.get_consent(patient).await.expect("an answer"));
    assert_eq!(now.view, ConsentSetting::Yes);
    assert_eq!(effects(&stage, patient).consents, 2);
}

/// The Spine has done what it was asked, and its answer is lost with the process that waited for
/// it. The same bytes, sent again, lead to no second of anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_of_the_spine_that_is_lost_has_no_second_effect() {
    let mut stage = Stage::new(KINDS as u32);
    stage.serve();
    let messages = messages(&stage);
    let right = [stage.spine_url(), stage.reliable_url()];
    let mut stand_ins = Vec::new();
    for url in &right {
        let spine = TlsUpstream::new(UpstreamSettings::new(url, stage.smsp_tls()));
        let spine = Arc::new(spine.expect("a client"));
        stand_ins.push(StandIn::swallowing(stage.world.tls(), spine).await);
    }
    let [sync, reliable] = &stand_ins[..] else {
        panic!("two");
    };
    stage.kill();

    // The Spine's answers to questions are lost, and that a consent was set.
    let tell = |stage: &Stage, sync: &str, reliable: &str| {
        stage.configure(|configuration| {
            part(configuration, &["smsp", "spine"]).insert("url".into(), sync.into());
            part(configuration, &["smsp", "alerts"]).insert("url".into(), reliable.into());
        });
    };
    tell(&stage, &sync.url("/sync-service"), &right[1]);
    stage.serve();
    let upstream = stage.upstream();
    let ask = async |message: &Message| post(&*upstream, &message.bytes).await;
    let [viewed, emergency, _, consent] = &messages[..] else {
        panic!("one of each kind");
    };
    let waiting = async { tokio::join!(ask(viewed), ask(emergency), ask(consent)) };
    let killing = async {
        eventually("the Spine has been asked", || {
            sync.heard() >= 3 && stage.rows("consent", consent.patient) == 1
        })
        .await;
        end(&mut stage.world.child);
    };
    let (answers, ()) = tokio::join!(waiting, killing);
    assert_eq!(answers, (None, None, None));
    for message in [viewed, emergency] {
        assert_eq!(effects(&stage, message.patient), NONE);
    }

    // Now the Spine answers questions, and that it has taken an alert is lost.
    tell(&stage, &right[0], &reliable.url(RELIABLE));
    stage.serve();
    let first = send(&stage, &messages).await;
    let raised: usize = messages.iter().map(|message| message.effects.alerts).sum();
    eventually("the alerts have arrived", || stage.alerts().len() == raised).await;
    // The Spine's own answers to them leave; the alerts stay.
    let waiting = || stage.lines(&["outbox", "list", "--json"]).len();
    eventually("the alerts alone wait", || waiting() == raised).await;

    stage.kill();
    tell(&stage, &right[0], &right[1]);
    stage.serve();
    assert_eq!(send(&stage, &messages).await, first);
    stage.wait_for_alerts();
    stage.kill();
    for message in &messages {
        assert_eq!(effects(&stage, message.patient), message.effects);
    }
    check_audit(&stage.world.data);
}

const VALID: SignedDuration = SignedDuration::from_mins(30);

fn consent(patient: NhsNumber, setting: ConsentSetting) -> Call {
    Call::SetConsent(patient, setting)
}

/// Each about a patient of its own.
fn messages(stage: &Stage) -> Vec<Message> {
    let client = stage.client_for(&stage.clinician());
    let kind = |at: usize, patient| match at % KINDS {
        0 => {
            let options = QueryOptions {
                ptv_duration: Some((None, until_tomorrow().high)),
                ..QueryOptions::with_permission()
            };
            let effects = Effects {
                permissions: 1,
                relationships: 1,
                accesses: 1,
                alerts: 1,
                ..NONE
            };
            (Call::Query(patient, options), effects)
        }
        1 => {
            let effects = Effects {
                relationships: 1,
                accesses: 1,
                alerts: 2,
                ..NONE
            };
            (
                Call::Query(patient, QueryOptions::emergency("found unconscious")),
                effects,
            )
        }
        2 => {
            let permission = NewPermission {
                patient,
                subjects: vec![stage.clinician(), nurse()],
                effective: Some(until_tomorrow()),
            };
            let effects = Effects {
                permissions: 2,
                ..NONE
            };
            (Call::CreatePtv(permission), effects)
        }
        _ => {
            let effects = Effects {
                consents: 1,
                ..NONE
            };
            (consent(patient, ConsentSetting::Yes), effects)
        }
    };
    let patients = stage.patients().into_iter().enumerate();
    let message = |(at, patient)| {
        let before = effects(stage, patient);
        assert_eq!(before, NONE);
        let (call, effects) = kind(at, patient);
        Message {
            patient,
            bytes: client.request_bytes(&call, VALID),
            effects,
        }
    };
    patients.map(message).collect()
}

/// Sends all at one time and kills the process when a few have been answered.
async fn send_and_kill(stage: &mut Stage, messages: &Arc<Vec<Message>>) -> Vec<Option<Gist>> {
    let (upstream, answered) = (stage.upstream(), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for at in 0..messages.len() {
        let (messages, upstream, answered) = (messages.clone(), upstream.clone(), answered.clone());
        tasks.push(tokio::spawn(async move {
            let (_, body) = post(&*upstream, &messages[at].bytes).await?;
            answered.fetch_add(1, Ordering::SeqCst);
            Some(gist(&body))
        }));
    }
    eventually("a few answers", || answered.load(Ordering::SeqCst) >= EACH).await;
    stage.kill();
    let mut gists = Vec::new();
    for task in tasks {
        gists.push(task.await.expect("a task"));
    }
    gists
}

async fn send(stage: &Stage, messages: &[Message]) -> Vec<Gist> {
    let mut gists = Vec::new();
    for message in messages {
        let (status, gist) = sent(stage, &message.bytes).await;
        assert_eq!((status, gist.code.as_str()), (200, "SMSP-0000"));
        gists.push(gist);
    }
    gists
}

async fn sent(stage: &Stage, bytes: &[u8]) -> (u16, Gist) {
    let (status, body) = post(&*stage.upstream(), bytes).await.expect("an answer");
    (status, gist(&body))
}

fn gist(body: &str) -> Gist {
    let document = xml::Document::parse(body.as_bytes()).expect("XML");
    match client_response::read(&document).expect("an answer") {
        Answer::Response(response) => Gist {
            relates_to: response.relates_to,
            code: response.value.code,
            document: response.document.map(|slice| slice.bytes.to_owned()),
        },
        Answer::Fault(fault) => panic!("{fault:?}"),
    }
}

fn effects(stage: &Stage, patient: NhsNumber) -> Effects {
    let rows = |table| stage.rows(table, patient);
    let alerts = stage.alerts();
    let about = |alert: &&serde_json::Value| alert["alert"]["patient"] == patient.as_str();
    Effects {
        permissions: rows("(SELECT * FROM standing WHERE source <> 'relationship')"),
        relationships: rows("(SELECT * FROM standing WHERE source = 'relationship')"),
        accesses: rows("access"),
        consents: rows("consent"),
        alerts: alerts.iter().filter(about).count(),
    }
}
