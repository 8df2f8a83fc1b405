//! Who looked: what counts, what is shown, and who is told.

use domain::cpis::PlanType;
use domain::cpis::{Demographics, Standing};
use jiff::civil::date;
use spine::cpis::CpisConfig;
use store::CpisChanges;

use super::support::{CHILD, OTHER, Setup, World, ask, number, plan, query_id};

/// Thirty queries by ten people in a little more than three days: hour and user.
const THIRTY: [(i64, u32); 30] = [
    (0, 11),
    (1, 12),
    (2, 13),
    (3, 11), // three hours after the first: the same access
    (5, 14),
    (8, 15),
    (20, 12), // 19 hours
    (23, 11), // 23 hours
    (24, 11), // a day after the one that counted
    (26, 16),
    (27, 17),
    (30, 13),
    (31, 18),
    (33, 19),
    (35, 20),
    (40, 12), // 39 hours after the one that counted, 20 after the one that did not
    (47, 11), // 23 hours
    (49, 11),
    (50, 16), // exactly a day
    (51, 14),
    (52, 15),
    (53, 13), // 23 hours
    (60, 17),
    (61, 18),
    (62, 19),
    (63, 20),
    (72, 12),
    (73, 11), // exactly a day
    (74, 16), // exactly a day
    (75, 13),
];

#[tokio::test]
async fn thirty_queries_by_ten_people() {
    let world = World::with_a_plan().await;
    let mut last = None;
    let mut hour = 0;
    for (at, (then, user)) in (1..).zip(THIRTY) {
        world.pass((then - hour) * 60);
        hour = then;
        last = Some(world.ask(&ask(at, user)).await);
    }
    let answer = last.expect("an answer").answer.expect("a record");
    let shown: Vec<(String, u32)> = answer
        .accesses
        .iter()
        .map(|seen| (seen.id.clone(), super::support::user_of(&seen.author)))
        .collect();
    // Of 30, five did not count.
    let expected = [
        (1, 11),
        (2, 12),
        (3, 13),
        (5, 14),
        (6, 15),
        (9, 11),
        (10, 16),
        (11, 17),
        (12, 13),
        (13, 18),
        (14, 19),
        (15, 20),
        (16, 12),
        (18, 11),
        (19, 16),
        (20, 14),
        (21, 15),
        (23, 17),
        (24, 18),
        (25, 19),
        (26, 20),
        (27, 12),
        (28, 11),
        (29, 16),
        (30, 13),
    ];
    assert_eq!(shown, expected.map(|(query, user)| (query_id(query), user)));
    assert_eq!(world.accesses().await, 25);
    // The next ones push the oldest out.
    world.pass(60 * 25);
    let told = world.ask(&ask(31, 14)).await;
    assert_eq!(
        told.line,
        "12 13 14 15 11 16 17 13 18 19 20 12 11 16 14 15 17 18 19 20 12 11 16 13 14; 301 LAC"
    );
    let told = world.ask(&ask(32, 15)).await;
    assert_eq!(
        told.line,
        "13 14 15 11 16 17 13 18 19 20 12 11 16 14 15 17 18 19 20 12 11 16 13 14 15; 301 LAC"
    );
    // Whoever only reads sees them all the same, and is not among them.
    let told = world.ask(&ask(33, 16).silently()).await;
    assert_eq!(
        told.line,
        "13 14 15 11 16 17 13 18 19 20 12 11 16 14 15 17 18 19 20 12 11 16 13 14 15; 301 LAC"
    );
    assert_eq!(world.accesses().await, 27);
    assert_eq!(world.notices().await.len(), 27, "one for each that counted");
}

#[tokio::test]
async fn times_and_ids_of_an_answer() {
    let world = World::with_a_plan().await;
    world.ask(&ask(1, 11)).await;
    world.pass(60);
    let answer = world.ask(&ask(2, 12)).await.answer.expect("a record");
    assert_eq!(answer.id, query_id(2), "that of the query");
    assert_eq!(answer.at.as_str(), "20260701120000+0000");
    let at: Vec<&str> = answer.accesses.iter().map(|a| a.at.as_str()).collect();
    assert_eq!(at, ["20260701110000+0000", "20260701120000+0000"]);
    assert_eq!(answer.accesses[0].author, ask(1, 11).query().author);
    assert_eq!(answer.patient(), Some(number(CHILD)));
}

#[tokio::test]
async fn whoever_asks_is_shown_however_many_came_since() {
    let world = World::with_a_plan().await;
    world.ask(&ask(1, 50)).await;
    for n in 2..=31 {
        world.pass(1);
        world.ask(&ask(n, 60 + n)).await;
    }
    let told = world.ask(&ask(32, 50)).await;
    let newest: Vec<String> = (8..=31).map(|n| (60 + n).to_string()).collect();
    assert_eq!(told.line, format!("50 {}; 301 LAC", newest.join(" ")));
    assert_eq!(
        told.decision(),
        "no new access: the same author within a day; records: 1"
    );
    assert_eq!(world.accesses().await, 31);
}

#[tokio::test]
async fn a_silent_read_is_on_audit_only() {
    let world = World::with_a_plan().await;
    let told = world.ask(&ask(1, 11).silently()).await;
    assert_eq!(told.line, "; 301 LAC");
    let event = told.event.expect("an event");
    assert!(event.disclosed);
    assert_eq!(event.decision.as_deref(), Some("a silent read; records: 1"));
    assert_eq!(event.patient, Some(number(CHILD)));
    world.ask(&ask(2, 12)).await;
    let told = world.ask(&ask(3, 11).silently()).await;
    assert_eq!(told.line, "12; 301 LAC");
    // Who has only read silently has not been here yet.
    let told = world.ask(&ask(4, 11)).await;
    assert_eq!(told.line, "12 11; 301 LAC");
    assert_eq!(world.notices().await, ["301 of 12", "301 of 11"]);
    assert_eq!(world.accesses().await, 2);
}

/// Systems without a user are told apart by who runs them.
#[tokio::test]
async fn a_system_is_an_author_too() {
    let world = World::with_a_plan().await;
    for (number, organisation) in [(1, "RKE"), (2, "rke"), (3, "RYX"), (4, "RKE")] {
        world.ask(&ask(number, 0).of(organisation)).await;
    }
    assert_eq!(world.accesses().await, 2);
    world.pass(24 * 60);
    world.ask(&ask(5, 0)).await;
    assert_eq!(world.accesses().await, 3);
}

/// What somebody does about one child says nothing about another.
#[tokio::test]
async fn patients_are_apart() {
    let world = World::with_a_plan().await;
    let mut other = plan("301", PlanType::LookedAfter);
    other.patient = number(OTHER);
    world.upload(other).await;
    world.ask(&ask(1, 11)).await;
    let told = world.ask(&ask(2, 11).about(OTHER)).await;
    assert_eq!(told.line, "11; 301 LAC");
    assert_eq!(told.answer.expect("a record").accesses.len(), 1);
    assert_eq!(world.notices().await.len(), 2);
}

#[tokio::test]
async fn each_authority_is_told_once_and_none_of_itself() {
    let world = World::with_a_plan().await;
    world.upload(plan("302", PlanType::ChildProtection)).await;
    world.upload(plan("302", PlanType::LookedAfter)).await;
    let told = world.ask(&ask(1, 11)).await;
    assert_eq!(told.line, "11; 301 LAC, 302 CPP LAC");
    assert_eq!(told.decision(), "an access; records: 2; told: 301 302");
    world.ask(&ask(2, 12).of("302")).await;
    world.pass(60);
    world.ask(&ask(3, 11)).await;
    let notices = world.notices().await;
    assert_eq!(notices, ["301 of 11", "301 of 12", "302 of 11"]);
    let notices = world.all_notices().await;
    let first = notices.iter().find(|n| n.authority.as_str() == "302");
    let first = first.expect("one");
    assert_eq!(first.access.query, query_id(1));
    assert_eq!(first.file, "file of 302");
    assert_eq!(first.told_at, None);
}

/// An authority whose first plan came after the access that counts is told of the next query, once,
/// and of that query itself.
#[tokio::test]
async fn an_authority_that_comes_later_is_told_too() {
    let world = World::with_a_plan().await;
    world.ask(&ask(1, 11)).await;
    world.pass(60);
    world.upload(plan("302", PlanType::ChildProtection)).await;
    world.pass(60);
    let told = world.ask(&ask(2, 11)).await;
    assert_eq!(told.line, "11; 301 LAC, 302 CPP");
    assert_eq!(
        told.decision(),
        "no new access: the same author within a day; records: 2; told: 302"
    );
    world.pass(60);
    world.ask(&ask(3, 11)).await;
    assert_eq!(world.notices().await, ["301 of 11", "302 of 11"]);
    let notices = world.all_notices().await;
    assert_eq!(notices[1].access.query, query_id(2));
    assert_eq!(
        notices[1].access.at,
        notices[0].access.at + jiff::SignedDuration::from_hours(2)
    );
    // A new plan of an authority that has been told is no reason.
    world.upload(plan("301", PlanType::ChildProtection)).await;
    world.ask(&ask(4, 11)).await;
    assert_eq!(world.notices().await.len(), 2);
    assert_eq!(world.accesses().await, 1);
}

#[tokio::test]
async fn authorities_may_want_to_know_of_every_query() {
    let world = World::with(Setup {
        config: CpisConfig {
            notices_within_a_day: true,
            ..CpisConfig::default()
        },
        ..Setup::default()
    });
    world.upload(plan("301", PlanType::LookedAfter)).await;
    world.ask(&ask(1, 11)).await;
    world.pass(1);
    world.ask(&ask(2, 11)).await;
    world.ask(&ask(3, 11).silently()).await;
    assert_eq!(world.accesses().await, 1);
    assert_eq!(world.notices().await, ["301 of 11", "301 of 11"]);
}

#[tokio::test]
async fn the_old_shape_is_written_when_it_is_wanted() {
    let world = World::with(Setup {
        config: CpisConfig {
            legacy_history_shape: true,
            ..CpisConfig::default()
        },
        ..Setup::default()
    });
    world.upload(plan("301", PlanType::LookedAfter)).await;
    world.ask(&ask(1, 11)).await;
    let response = world
        .send(super::support::post(&ask(2, 12).soap(), "client.example"))
        .await;
    let body = String::from_utf8(response.body.to_vec()).expect("UTF-8");
    assert_eq!(body.matches("<pertinentInformation13>").count(), 1);
    assert_eq!(body.matches("<pertinentCP-ISNHSQuery>").count(), 2);
}

/// Nothing is kept of a query that finds nothing, and nobody is told.
#[tokio::test]
async fn without_a_record_there_is_no_access() {
    const NOTHING: &str = "QUQI_IN010000UK14 1 NHSNCC002";
    let world = World::with_a_plan().await;
    let told = world.ask(&ask(1, 11).about(OTHER)).await;
    assert_eq!(told.line, NOTHING);
    assert_eq!(told.decision(), "no record");
    let event = told.event.expect("an event");
    assert_eq!(
        (event.outcome.as_str(), event.disclosed),
        ("AE 1 NHSNCC002", false)
    );
    let mut message = 1;
    for (standing, why) in [
        (
            Standing::Superseded(number(OTHER)),
            "no record: PDS has another NHS number in its place",
        ),
        (
            Standing::Invalid,
            "no record: PDS has declared the NHS number invalid",
        ),
    ] {
        let people = vec![Demographics {
            number: number(CHILD),
            given: vec!["Secretta".to_owned()],
            family: "Hidden".to_owned(),
            birth_date: date(2018, 5, 3),
            sensitive: false,
            standing,
        }];
        let cpis = CpisChanges {
            people,
            ..CpisChanges::default()
        };
        world.commit(cpis).await;
        message += 1;
        let told = world.ask(&ask(message, 11)).await;
        assert_eq!(told.line, NOTHING);
        assert_eq!(told.decision(), why);
    }
    assert_eq!(world.accesses().await, 0);
    assert_eq!(world.notices().await, Vec::<String>::new());
}
