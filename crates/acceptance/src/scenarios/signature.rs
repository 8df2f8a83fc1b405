//! XML signatures in the WS-Security header.

use crate::scenario::{Allowed, Ask, Basis, Carry, Edit, Group, Scenario, Step, Value};

use super::allowed::{DENIED, INVALID, INVALID_OR_DENIED, ONLY_DENIED, TAKEN};

const SIGNED: Carry = Carry {
    signed: true,
    ..Carry::PROPER
};
const DENIED_OR_INVALID: &[Allowed] = &[
    Allowed::usual(DENIED),
    Allowed::also(INVALID, "it is refused as an invalid message"),
];
const EXPIRES: &str = "Header/Security/Timestamp/Expires";

const fn row(
    id: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    steps: &'static [Step],
    cause: &'static str,
) -> Scenario {
    Scenario::new(Group::Signature, id, title, requirements, steps, cause)
}

pub(super) static ROWS: &[Scenario] = &[
    row(
        "SIG_TAKEN",
        "A message with a signed Timestamp is taken",
        &[
            "WS-Security 1.0 X.509 token profile",
            "exclusive canonicalization, RSA-SHA256",
        ],
        &[Step::carried(Ask::Base, SIGNED, TAKEN)],
        "The signature is right; its certificate must be trusted and its subject be the user name.",
    )
    .basis(Basis::Inferred),
    row(
        "SO_USRSUB",
        "The user name is not the subject of the signing certificate",
        &["ITK host autotest: SO_USRSUB"],
        &[Step {
            ask: Ask::Base,
            edits: &[Edit::Text(
                "Header/Security/UsernameToken/Username",
                Value::Is("somebody-else.example"),
            )],
            carry: SIGNED,
            allowed: ONLY_DENIED,
        }],
        "The signing certificate's subject is not held against the user name.",
    )
    .beside("SIG_TAKEN"),
    row(
        "SIG_CHANGED",
        "The Timestamp was changed after it was signed",
        &["XML Signature §3.2.1: reference validation"],
        &[Step {
            ask: Ask::Base,
            edits: &[Edit::Text(EXPIRES, Value::Time(299))],
            carry: SIGNED,
            allowed: DENIED_OR_INVALID,
        }],
        "The signature is not verified: anybody can prolong a signed message.",
    )
    .beside("SIG_TAKEN"),
    row(
        "SIG_WRAPPED",
        "The signed Timestamp stands elsewhere, and another where it is read",
        &["XML Signature best practices: what is signed is what is seen"],
        &[Step {
            ask: Ask::Base,
            edits: &[
                Edit::Keep("Header/Security/Timestamp", "Header"),
                Edit::Text(EXPIRES, Value::Time(299)),
            ],
            carry: SIGNED,
            allowed: INVALID_OR_DENIED,
        }],
        "Signature wrapping: the verified Timestamp is another than the one that is used.",
    )
    .basis(Basis::Practice)
    .beside("SIG_TAKEN"),
];
