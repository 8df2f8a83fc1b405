//! Who the author of a query is, and whether they may ask: SMSP-0005.

use domain::code::cpis::ResponseCode::{AuthorCredentials, Success};

use super::world::{Ask, Cpis, code};
use crate::config::CpisConfig;
use crate::tests::world::{PROFILE, PROFILE_UNSCHEDULED, USER};

/// One case: how the request and the provider differ, and why it is refused, if it is.
struct Row {
    what: &'static str,
    by_system: bool,
    ask: fn(&mut Ask),
    rules: fn(&mut CpisConfig),
    refused: Option<&'static str>,
}

const STRICT: fn(&mut CpisConfig) = |config| config.require_known_users = true;
const AS_IS: fn(&mut CpisConfig) = |_| {};
const STRANGER: &str = "999999999999";

fn row(what: &'static str, ask: fn(&mut Ask), refused: Option<&'static str>) -> Row {
    Row {
        what,
        by_system: false,
        ask,
        rules: AS_IS,
        refused,
    }
}

impl Row {
    fn under(self, rules: fn(&mut CpisConfig)) -> Self {
        Self { rules, ..self }
    }

    fn by_system(self) -> Self {
        Self {
            by_system: true,
            ..self
        }
    }
}

/// Who the author is.
fn identity() -> Vec<Row> {
    let other_user = Some("the user of the query is not the user of the audit identity");
    let other_profile = Some("the role profile of the query is not that of the audit identity");
    let other_system = Some("the system of the query is not the client");
    let other_organisation = Some("the organisation of the query is not the client's");
    vec![
        row("as it should be", |_| {}, None),
        row("no user in the envelope", |ask| ask.user = None, None),
        row(
            "another user",
            |ask| ask.person().user = STRANGER.to_owned(),
            other_user,
        ),
        row(
            "another user, where that does not count",
            |ask| {
                ask.person().user = STRANGER.to_owned();
                ask.person().role_profile = None;
            },
            None,
        )
        .under(|config| config.same_author = false),
        row(
            "the same role profile",
            |ask| ask.profile = Some(PROFILE_UNSCHEDULED),
            None,
        ),
        row(
            "another role profile",
            |ask| ask.profile = Some(PROFILE),
            other_profile,
        ),
        row(
            "another organisation",
            |ask| ask.person().organisation.code = "RKX".to_owned(),
            other_organisation,
        ),
        row(
            "another organisation, where that does not count",
            |ask| ask.person().organisation.code = "RKX".to_owned(),
            None,
        )
        .under(|config| config.same_organisation = false),
        row(
            "a site, in lower case",
            |ask| ask.person().organisation.code = "rke01".to_owned(),
            None,
        ),
        row("a system", |_| {}, None).by_system(),
        row(
            "another system",
            |ask| ask.device().asid = "200000000116".to_owned(),
            other_system,
        )
        .by_system(),
        row(
            "another system, where that does not count",
            |ask| ask.device().asid = "200000000116".to_owned(),
            None,
        )
        .by_system()
        .under(|config| config.same_author = false),
        row(
            "a system of another organisation",
            |ask| ask.device().organisation.code = "RKX".to_owned(),
            other_organisation,
        )
        .by_system(),
        row(
            "a system without anybody responsible",
            |ask| ask.device().responsible.clear(),
            None,
        )
        .by_system(),
    ]
}

/// What the author may do.
fn rights() -> Vec<Row> {
    let no_right = Some("the role profile lacks the right");
    let stranger: fn(&mut Ask) = |ask| {
        ask.user = Some(STRANGER);
        ask.person().user = STRANGER.to_owned();
        ask.person().role_profile = Some("212233449999".to_owned());
    };
    let others_profile = Some("the role profile is not one of the user's");
    vec![
        row("a stranger passes", stranger, None),
        row(
            "a stranger without a role profile",
            |ask| {
                ask.user = Some(STRANGER);
                ask.person().user = STRANGER.to_owned();
                ask.person().role_profile = None;
            },
            None,
        ),
        row(
            "a stranger with the role profile of somebody known",
            |ask| {
                ask.user = Some(STRANGER);
                ask.person().user = STRANGER.to_owned();
            },
            others_profile,
        ),
        row(
            "the same by the envelope alone",
            |ask| {
                ask.user = Some(STRANGER);
                ask.profile = Some(PROFILE_UNSCHEDULED);
                ask.person().user = STRANGER.to_owned();
                ask.person().role_profile = None;
            },
            others_profile,
        ),
        row(
            "a system, for a stranger with the role profile of somebody known",
            |ask| {
                ask.user = Some(STRANGER);
                ask.profile = Some(PROFILE_UNSCHEDULED);
            },
            others_profile,
        )
        .by_system(),
        row(
            "a stranger, where users must be known",
            stranger,
            Some("users must be known, and this one is not"),
        )
        .under(STRICT),
        row("one who is known, where they must be", |_| {}, None).under(STRICT),
        row(
            "one who is known and lacks the right",
            |ask| ask.person().role_profile = Some(PROFILE.to_owned()),
            no_right,
        ),
        row(
            "one whose first role profile lacks the right",
            |ask| ask.person().role_profile = None,
            no_right,
        ),
        row(
            "the role profile of the envelope, where the author names none",
            |ask| {
                ask.person().role_profile = None;
                ask.profile = Some(PROFILE_UNSCHEDULED);
            },
            None,
        ),
        row(
            "a role profile of somebody else",
            |ask| ask.person().role_profile = Some("212233449999".to_owned()),
            Some("the role profile is not one of the user's"),
        ),
        row(
            "a role profile that is no id",
            |ask| ask.person().role_profile = Some("1".to_owned()),
            Some("the role profile is not one of the user's"),
        ),
        row(
            "a user id that is none",
            |ask| {
                ask.user = None;
                ask.person().user = "42".to_owned();
                ask.person().role_profile = None;
            },
            Some("users must be known, and this one is not"),
        )
        .under(STRICT),
        row(
            "a system, for nobody, where users must be known",
            |_| {},
            Some("users must be known, and the request names none"),
        )
        .by_system()
        .under(STRICT),
        row(
            "a system, for a user who may",
            |ask| {
                ask.user = Some(USER);
                ask.profile = Some(PROFILE_UNSCHEDULED);
            },
            None,
        )
        .by_system()
        .under(STRICT),
        row(
            "a system, for a user who may not",
            |ask| {
                ask.user = Some(USER);
                ask.profile = Some(PROFILE);
            },
            no_right,
        )
        .by_system(),
    ]
}

#[tokio::test]
async fn authors_are_who_they_are_said_to_be_and_may_ask() {
    for row in identity().into_iter().chain(rights()) {
        let mut cpis = Cpis::new();
        (row.rules)(&mut cpis.world.config.cpis);
        let env = &cpis.world.env;
        let mut ask = match row.by_system {
            true => Ask::by_system(env),
            false => Ask::new(env),
        };
        (row.ask)(&mut ask);
        let answer = cpis.check(&ask.bytes(env)).await;
        let decision = cpis.decision().await;
        let what = row.what;
        match row.refused {
            None => assert_eq!(code(&answer), Success, "{what}: {decision}"),
            Some(why) => {
                assert_eq!(code(&answer), AuthorCredentials, "{what}: {decision}");
                assert!(decision.contains(why), "{what}: {decision}");
                assert!(cpis.spine.asked().is_empty(), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn the_right_is_the_configured_activity_and_ends_with_the_profile() {
    let mut cpis = Cpis::new();
    cpis.world.config.activities.cpis = "B0370".to_owned();
    let mut ask = Ask::new(&cpis.world.env);
    ask.person().role_profile = Some(PROFILE.to_owned());
    let answer = cpis.check(&ask.bytes(&cpis.world.env)).await;
    assert_eq!(code(&answer), Success);

    let mut cpis = Cpis::new();
    cpis.world.user_until = Some("2026-03-01T00:00:00Z");
    let ask = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    assert_eq!(code(&cpis.check(&ask).await), AuthorCredentials);
    assert!(cpis.decision().await.contains("not valid now"));
}
