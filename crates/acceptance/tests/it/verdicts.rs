//! A server that is right passes everything; for every scenario there is a server that fails it.

use std::collections::BTreeSet;

use acceptance::{Report, Selection, Verdict, run_in, scenarios};
use transport::Environment;

use crate::careless::run_against_careless;
use crate::server::Manner;
use crate::world::{World, everything, only, run_against, verdicts};

fn failed(report: &Report) -> BTreeSet<&'static str> {
    verdicts(report)
        .into_iter()
        .filter(|(_, verdict)| matches!(verdict, Verdict::Fail(_)))
        .map(|(id, _)| id)
        .collect()
}

/// What a report says of one scenario.
fn of<'r>(report: &'r Report, id: &str) -> &'r Verdict {
    let found = report.results.iter().find(|r| r.scenario.id == id);
    &found.expect("the scenario was run").verdict
}

#[tokio::test]
async fn a_server_that_is_right_passes_everything() {
    let report = run_against(Manner::Good, everything()).await;
    for (id, verdict) in verdicts(&report) {
        match (id, verdict) {
            // No client can bring it about.
            ("SO_CONFRJ", Verdict::Skipped(_)) => {}
            (_, Verdict::Pass) => {}
            // Refusals by TLS and HTTP may come in several ways.
            ("TR_NOCERT" | "TR_STRANGER" | "TR_LARGE", Verdict::Alternative(_)) => {}
            (id, verdict) => panic!("{id}: {verdict:?}"),
        }
    }
    assert!(report.passed());
    assert_eq!(report.results.len(), scenarios().count());
}

#[tokio::test]
async fn every_scenario_can_fail() {
    let mut unfailed: BTreeSet<&str> = scenarios().map(|scenario| scenario.id).collect();
    unfailed.remove("SO_CONFRJ");
    for manner in [
        Manner::YesMan,
        Manner::Failing,
        Manner::Pedant,
        Manner::Fickle,
        Manner::Absent,
    ] {
        let report = run_against(manner, everything()).await;
        assert!(!report.passed());
        for id in failed(&report) {
            unfailed.remove(id);
        }
    }
    let careless = only(&["TR_NOCERT", "TR_STRANGER", "TR_LARGE"]);
    for id in failed(&run_against_careless(Manner::YesMan, careless).await) {
        unfailed.remove(id);
    }
    // A server that ends with the message that matters.
    for (before, id) in [(1, "ER_UTF16"), (1, "TR_ALIVE"), (3, "EXT_SET")] {
        for id in failed(&run_against(Manner::Mortal(before), only(&[id])).await) {
            unfailed.remove(id);
        }
    }
    assert!(unfailed.is_empty(), "nothing fails these: {unfailed:?}");
}

#[tokio::test]
async fn a_yes_man_passes_nothing_that_is_to_be_refused() {
    let report = run_against(Manner::YesMan, everything()).await;
    for (id, verdict) in verdicts(&report) {
        let negative = [
            "SO_",
            "DE_",
            "ER_",
            "IN_",
            "ID_",
            "TR_",
            "SIG_CHANGED",
            "SIG_WRAPPED",
            "CPIS_",
        ];
        let allowed = [
            // Allowed, so that a yes-man is right.
            "SO_LOWERID",
            "SO_EXHEAD",
            "SO_EXHDMU",
            "DE_PLAIN",
            "DE_ADRLST",
            "DE_NOSEND",
            "ER_UTF16",
            "TR_ALIVE",
            "CPIS_CONTROL",
            "CPIS_FOUND",
            // Stopped before the server is asked.
            "SO_CONFRJ",
            "TR_NOCERT",
            "TR_STRANGER",
            "TR_LARGE",
        ];
        if negative.iter().any(|prefix| id.starts_with(prefix)) && !allowed.contains(&id) {
            assert!(matches!(verdict, Verdict::Fail(_)), "{id}: {verdict:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_proves_nothing_when_everything_is_refused() {
    let report = run_against(Manner::Dressed(500, "text/plain"), only(&["SO_", "DE_"])).await;
    assert!(matches!(of(&report, "CONTROL"), Verdict::Fail(_)));
    for (id, verdict) in verdicts(&report) {
        if id != "CONTROL" {
            let Verdict::Skipped(why) = verdict else {
                panic!("{id}: {verdict:?}");
            };
            assert!(why.starts_with("CONTROL failed"), "{id}: {why}");
        }
    }
    assert!(!report.passed());
}

#[tokio::test]
async fn what_is_not_given_is_skipped_with_its_reason() {
    let world = World::new();
    let serving = world.serve(Manner::Good).await;
    let mut target = world.target(&serving.url);
    target.patients = acceptance::Patients::default();
    target.signer = None;
    let report = run_in(&Environment::system(), target, everything(), |_| {}).await;
    assert!(report.passed());
    for (id, reason) in [
        ("SCR_STATUS", "a patient with a record was not given"),
        (
            "SCR_STATUS_NONE",
            "a patient without a record was not given",
        ),
        (
            "SCR_QUERY_DISSENT",
            "a patient who does not agree to sharing was not given",
        ),
        (
            "IN_CHECK_DIGIT",
            "SCR_STATUS was skipped: a patient with a record was not given",
        ),
        ("SIG_TAKEN", "something to sign with was not given"),
    ] {
        assert_eq!(
            of(&report, id),
            &Verdict::Skipped(reason.to_owned()),
            "{id}"
        );
    }
    // Without a patient the plain request is getRBACStatus.
    for id in ["CONTROL", "SO_NOACTN", "DE_INVPID", "ER_INVSCH"] {
        assert_eq!(of(&report, id), &Verdict::Pass, "{id}");
    }
}

#[tokio::test]
async fn a_read_only_run_leaves_no_trace() {
    let selection = Selection {
        read_only: true,
        ..everything()
    };
    let report = run_against(Manner::Good, selection).await;
    assert!(report.passed());
    let ids: BTreeSet<_> = verdicts(&report).into_iter().map(|(id, _)| id).collect();
    for id in [
        "SCR_QUERY",
        "PTV_CREATE",
        "EXT_SET",
        "SCR_QUERY_EMERGENCY",
        "DUP_EFFECT",
    ] {
        assert!(!ids.contains(id), "{id}");
    }
    for id in ["CONTROL", "SCR_STATUS", "EXT_GET", "SO_NOACTN"] {
        assert!(ids.contains(id), "{id}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_fails_soon() {
    let world = World::new();
    let target = world.target("https://localhost:9/smsp/scr");
    let report = run_in(&Environment::system(), target, everything(), |_| {}).await;
    assert!(!report.passed());
    let Verdict::Fail(failure) = of(&report, "CONTROL") else {
        panic!("{:?}", of(&report, "CONTROL"));
    };
    assert!(
        failure.got.contains("nothing listens there"),
        "{}",
        failure.got
    );
    assert!(failure.cause.contains("is it up"), "{}", failure.cause);
    let skipped = Verdict::Skipped("the service cannot be reached".to_owned());
    assert_eq!(of(&report, "EXT_GET"), &skipped);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_a_failure_with_their_name() {
    let world = World::new();
    let mut target = world.target("https://localhost:9/smsp/scr");
    target.tls.key = world.dir.path().join("absent.key");
    let report = run_in(&Environment::system(), target, only(&["CONTROL"]), |_| {}).await;
    let Verdict::Fail(failure) = of(&report, "CONTROL") else {
        panic!("{:?}", of(&report, "CONTROL"));
    };
    assert!(failure.got.contains("absent.key"), "{}", failure.got);
}

#[tokio::test]
async fn the_time_for_the_run_is_kept() {
    let world = World::new();
    let serving = world.serve(Manner::Good).await;
    let mut target = world.target(&serving.url);
    target.limits.run = std::time::Duration::ZERO;
    let report = run_in(&Environment::system(), target, only(&["SO_NOACTN"]), |_| {}).await;
    let skipped = Verdict::Skipped("the time for the whole run is up".to_owned());
    assert_eq!(of(&report, "SO_NOACTN"), &skipped);
    assert!(!report.passed(), "nothing was tried");
}

#[test]
fn selections_name_scenarios_and_groups() {
    let check = |names: &[&str], unknown: &[&str]| {
        let found = only(names).unknown();
        assert_eq!(found, unknown, "{names:?}");
    };
    check(&["SO_NOACTN", "so_", "Envelope", "transport"], &[]);
    check(&["SO_NOSUCH", ""], &["SO_NOSUCH", ""]);
    let without = Selection {
        without: vec!["nothing".to_owned()],
        ..Selection::default()
    };
    assert_eq!(without.unknown(), ["nothing"]);
}

#[tokio::test]
async fn the_observer_is_told_every_step() {
    let world = World::new();
    let serving = world.serve(Manner::Good).await;
    let target = world.target(&serving.url);
    let mut told = Vec::new();
    let selection = only(&["SO_NOACTN"]);
    run_in(&Environment::system(), target, selection, |progress| {
        told.push(match progress {
            acceptance::Progress::Planned(count) => format!("{count} planned"),
            acceptance::Progress::Started { number, scenario } => {
                format!("{number} {}", scenario.id)
            }
            acceptance::Progress::Finished { number, result } => {
                format!("{number} {}", result.verdict.name())
            }
        });
    })
    .await;
    let expected = ["2 planned", "1 CONTROL", "1 pass", "2 SO_NOACTN", "2 pass"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn cpis_is_run_where_it_is_offered_or_asked_for() {
    let world = World::new();
    let serving = world.serve(Manner::Good).await;
    let of_cpis = |report: &Report| {
        let all = report.results.iter();
        all.filter(|r| r.scenario.id.starts_with("CPIS_")).count()
    };
    let without = || {
        let mut target = world.target(&serving.url);
        target.cpis = None;
        target
    };
    let env = Environment::system();
    let report = run_in(&env, without(), Selection::default(), |_| {}).await;
    assert_eq!(of_cpis(&report), 0);
    let report = run_in(&env, without(), only(&["cpis"]), |_| {}).await;
    assert!(report.passed());
    assert!(of_cpis(&report) > 10);
    let why = "a CP-IS service was not given".to_owned();
    assert_eq!(*of(&report, "CPIS_CONTROL"), Verdict::Skipped(why));

    let target = world.target(&serving.url);
    let report = run_in(&env, target, only(&["cpis"]), |_| {}).await;
    assert_eq!(*of(&report, "CPIS_FOUND"), Verdict::Pass);
    // What the local authority would be told of is left out of a run without a trace.
    let read_only = Selection {
        read_only: true,
        ..only(&["cpis"])
    };
    let target = world.target(&serving.url);
    let report = run_in(&env, target, read_only, |_| {}).await;
    let ids: Vec<_> = report.results.iter().map(|r| r.scenario.id).collect();
    assert!(ids.contains(&"CPIS_NONE") && !ids.contains(&"CPIS_FOUND"));
}
