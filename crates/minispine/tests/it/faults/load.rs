//! kill -9 under load: whatever was acknowledged is there afterwards, and there once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use client::{ClientError, Outcome, QueryOptions, QueryOutcome, ScrClient};
use domain::NhsNumber;
use itk::scr::create_ptv::Subject;
use tokio::task::JoinHandle;

use super::stage::{Stage, check_audit, eventually, lately, nurse, part, until_tomorrow, value};

const ROUNDS: usize = 2;
/// Clients that look at records, each at so many in a round.
const VIEWERS: usize = 4;
const RECORDS: usize = 3;
/// Clients that record permission.
const RECORDERS: usize = 2;
/// Answers of each kind after which the process is killed.
const ENOUGH: usize = 40;
const WARD: &str = "ward.minispine.test";

/// A release of a record: of whom, and the reason if it was an emergency.
type Release = (NhsNumber, Option<String>);

/// What was asked for, and what of it was answered.
#[derive(Default)]
struct Seen {
    asked: Vec<Release>,
    released: Vec<Release>,
    permitted: Vec<(NhsNumber, Subject)>,
}

/// Answers so far.
#[derive(Default)]
struct Answers {
    releases: AtomicUsize,
    permissions: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_survives_a_kill_under_load() {
    let mut stage = Stage::new((ROUNDS * VIEWERS * RECORDS) as u32);
    stage.configure(|configuration| {
        part(configuration, &["smsp", "rules"]).insert("report_lines".into(), 100_000.into());
    });
    let ward = stage.register(WARD);
    let patients = stage.patients();
    let mut seen = Seen::default();
    for (round, patients) in patients.chunks(VIEWERS * RECORDS).enumerate() {
        stage.serve();
        let answers = Arc::new(Answers::default());
        let mut tasks: Vec<JoinHandle<Seen>> = Vec::new();
        for (task, own) in patients.chunks(RECORDS).enumerate() {
            let client = stage.client_for(&stage.clinician());
            let name = format!("viewer {task} of round {round}");
            tasks.push(tokio::spawn(view(
                client,
                own.to_vec(),
                name,
                answers.clone(),
            )));
        }
        for task in 0..RECORDERS {
            let client = stage.client_of(WARD, ward.clone());
            let holder = [stage.clinician(), nurse()][task % 2].clone();
            let first = (round * RECORDERS + task) as u32 * 10_000;
            tasks.push(tokio::spawn(permit(client, holder, first, answers.clone())));
        }
        eventually("the load gets through", || {
            let enough = |count: &AtomicUsize| count.load(Ordering::SeqCst) >= ENOUGH;
            enough(&answers.releases) && enough(&answers.permissions)
        })
        .await;
        stage.kill();
        for task in tasks {
            let part = task.await.expect("a task");
            seen.asked.extend(part.asked);
            seen.released.extend(part.released);
            seen.permitted.extend(part.permitted);
        }
    }
    check_audit(&stage.world.data);
    stage.serve();
    check_permissions(&stage, &seen).await;
    let rows = check_report(&stage, &seen).await;
    stage.wait_for_alerts();
    check_alerts(&stage, &rows);
    stage.kill();
    check_audit(&stage.world.data);
}

/// Looks at records until the process is gone: first with permission, then in emergencies, each
/// for a reason of its own.
async fn view(client: ScrClient, own: Vec<NhsNumber>, name: String, answers: Arc<Answers>) -> Seen {
    let mut seen = Seen::default();
    for number in 0.. {
        let patient = own[number % own.len()];
        let reason = (number >= own.len()).then(|| format!("{name}, no. {number}"));
        let options = match &reason {
            Some(reason) => QueryOptions::emergency(reason),
            None => QueryOptions {
                ptv_duration: Some((None, until_tomorrow().high)),
                ..QueryOptions::with_permission()
            },
        };
        seen.asked.push((patient, reason.clone()));
        match client.query(patient, &options).await {
            Ok(QueryOutcome::Document { .. }) => seen.released.push((patient, reason)),
            Err(ClientError::Unreachable(_)) => break,
            other => panic!("{other:?}"),
        }
        answers.releases.fetch_add(1, Ordering::SeqCst);
    }
    seen
}

/// Records permission for ever other patients until the process is gone.
async fn permit(client: ScrClient, holder: Subject, first: u32, answers: Arc<Answers>) -> Seen {
    let mut seen = Seen::default();
    let numbers = (first..).filter_map(|n| NhsNumber::from_first_nine(&format!("9995{n:05}")));
    for patient in numbers {
        let permitted = client.create_ptv(patient, vec![holder.clone()], Some(until_tomorrow()));
        match permitted.await {
            Ok(Outcome::Value(())) => seen.permitted.push((patient, holder.clone())),
            Err(ClientError::Unreachable(_)) => break,
            other => panic!("{other:?}"),
        }
        answers.permissions.fetch_add(1, Ordering::SeqCst);
    }
    seen
}

/// Whoever was permitted is, and nobody else by that.
async fn check_permissions(stage: &Stage, seen: &Seen) {
    let clinician = stage.clinician();
    let (asked_by_clinician, asked_by_nurse) =
        (stage.client_for(&clinician), stage.client_for(&nurse()));
    for (patient, holder) in &seen.permitted {
        for (client, user) in [
            (&asked_by_clinician, &clinician),
            (&asked_by_nurse, &nurse()),
        ] {
            let permitted = value(client.query_ptv(*patient).await.expect("an answer"));
            assert_eq!(permitted, user == holder, "createPTV");
        }
    }
    for (patient, _) in seen.released.iter().filter(|(_, reason)| reason.is_none()) {
        let permitted = asked_by_clinician.query_ptv(*patient).await;
        assert!(value(permitted.expect("an answer")), "querySCR");
    }
}

/// Every release that was answered is reported once, and nothing that nobody asked for.
async fn check_report(stage: &Stage, seen: &Seen) -> HashMap<Release, usize> {
    let client = stage.client_for(&stage.clinician());
    let report = value(client.activity(&lately()).await.expect("an answer"));
    assert!(!report.is_cut_short());
    let mut rows: HashMap<Release, usize> = HashMap::new();
    for row in report.rows {
        let patient = row.patient.parse().expect("an NHS number");
        let reason = row.emergency.then_some(row.reason);
        *rows.entry((patient, reason)).or_default() += 1;
    }
    for release in &seen.released {
        assert_eq!(rows.get(release), Some(&1), "{:?}", release.1);
    }
    for (release, times) in &rows {
        assert!(
            seen.asked.contains(release) && *times == 1,
            "{:?}",
            release.1
        );
    }
    rows
}

/// One alert for each emergency, and one for each patient with whom a relationship was claimed.
fn check_alerts(stage: &Stage, rows: &HashMap<Release, usize>) {
    let (mut accesses, mut claims) = (HashMap::new(), HashMap::new());
    for received in stage.alerts() {
        let alert = &received["alert"];
        let text = |name: &str| alert[name].as_str().expect(name).to_owned();
        match text("kind").as_str() {
            "access" => {
                *accesses
                    .entry((text("patient"), text("words")))
                    .or_insert(0) += 1
            }
            "self-claimed" => *claims.entry(text("patient")).or_insert(0) += 1,
            other => panic!("{other}"),
        }
    }
    let emergencies = rows.keys().filter_map(|(patient, reason)| {
        let words = reason.clone()?;
        Some(((patient.as_str().to_owned(), words), 1))
    });
    assert_eq!(accesses, emergencies.collect());
    let patients = rows
        .keys()
        .map(|(patient, _)| (patient.as_str().to_owned(), 1));
    assert_eq!(claims, patients.collect());
}
