//! Messages that come twice.

use crate::scenario::{
    Allowed, Ask, Basis, Days, Effect, Group, Reuse, Scenario, Step, Wanted, Who,
};

use super::allowed::{DENIED, INVALID, SUCCESS, TAKEN};

const REFUSED: &[Allowed] = &[
    Allowed::usual(INVALID),
    Allowed::also(DENIED, "it is refused as access denied"),
];
const AGAIN: &[Allowed] = &[
    Allowed::usual(Wanted::AsBefore),
    Allowed::also(
        INVALID,
        "a repetition is refused instead of being answered again",
    ),
];

const fn row(
    id: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    steps: &'static [Step],
    cause: &'static str,
) -> Scenario {
    Scenario::new(Group::Duplicates, id, title, requirements, steps, cause).basis(Basis::Practice)
}

pub(super) static ROWS: &[Scenario] = &[
    row(
        "DUP_SAME",
        "The very same message twice",
        &[
            "trackingid: new for each originated message",
            "WS-Addressing 1.0 Core §3.1",
        ],
        &[Step::new(Ask::Base, TAKEN), Step::new(Ask::Again, AGAIN)],
        "A client that got no answer sends again; the second time must not come out otherwise.",
    ),
    row(
        "DUP_EFFECT",
        "The very same createPTV twice",
        &["trackingid: new for each originated message"],
        &[
            Step::new(
                Ask::CreatePtv(Who::WithRecord, Some(Days(0, 1))),
                &[Allowed::usual(SUCCESS)],
            ),
            Step::new(Ask::Again, AGAIN),
        ],
        "A client that got no answer sends again; the second time must not come out otherwise.",
    )
    .leaves(Effect::Permission),
    row(
        "DUP_TRACKING",
        "A tracking id used again for something else",
        &["trackingid: new for each originated message"],
        &[
            Step::new(Ask::Status(Who::WithRecord), TAKEN),
            Step::new(Ask::Reusing(Reuse::TrackingId, &Ask::Rights), REFUSED),
        ],
        "Tracking ids are not remembered, so a repetition cannot be told from a new request.",
    ),
    row(
        "DUP_MESSAGE",
        "A MessageID used again for something else",
        &["WS-Addressing 1.0 Core §3.1: [message id]"],
        &[
            Step::new(Ask::Status(Who::WithRecord), TAKEN),
            Step::new(Ask::Reusing(Reuse::MessageId, &Ask::Rights), REFUSED),
        ],
        "Message ids are not remembered, so a message that was overheard can be sent again.",
    ),
];
