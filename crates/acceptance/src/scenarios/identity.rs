//! Who may call, and for whom.

use crate::scenario::{
    Allowed, Ask, Basis, Carry, Edit, Effect, Group, Scenario, Speaker, Step, Value,
};

use super::allowed::{AUTHOR, DENIED, INVALID, ONLY_DENIED};
use super::operations::WITH_PERMISSION;

const fn row(
    id: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    steps: &'static [Step],
    cause: &'static str,
) -> Scenario {
    Scenario::new(Group::Identity, id, title, requirements, steps, cause)
}

pub(super) static ROWS: &[Scenario] = &[
    row(
        "SO_INVUSR",
        "The user name is unknown",
        &["ITK host autotest: SO_INVUSR"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Text(
                "Header/Security/UsernameToken/Username",
                Value::Is("nobody.example"),
            )],
            ONLY_DENIED,
        )],
        "The user name is not held against the certificate and the registered clients.",
    ),
    row(
        "ID_ORG",
        "The audit identity names another organisation",
        &[
            "COR-DEH-03",
            "the organisation is that of the registered client",
        ],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(
                "Body/DistributionEnvelope/header/auditIdentity/id",
                "uri",
                Value::Is("urn:nhs-uk:identity:ods:ZZ999"),
            )],
            &[
                Allowed::usual(DENIED),
                Allowed::also(
                    super::allowed::DENIED_BY_SERVER,
                    "the fault is called the server's",
                ),
                Allowed::also(INVALID, "it is refused as an invalid message"),
                Allowed::also(AUTHOR, "it is refused as an error of the author"),
            ],
        )],
        "One registered client can act in the name of another organisation.",
    )
    .basis(Basis::Practice),
    row(
        "ID_UNKNOWN",
        "getRBACStatus of an unknown user",
        &["SMSP Response Codes 1.0: SMSP-0005"],
        &[Step::carried(
            Ask::Rights,
            Carry {
                speaker: Speaker::Unknown,
                ..Carry::PROPER
            },
            &[Allowed::usual(AUTHOR)],
        )],
        "A user whom the service does not know has no rights to tell of.",
    )
    .beside("RBAC_STATUS"),
    row(
        "ID_NOBODY",
        "querySCR that names no user",
        &[
            "SMSP Response Codes 1.0: SMSP-0005",
            "HSCIC-ITK-ARCH-300: MSCA-AUD",
        ],
        &[Step::carried(
            Ask::Query(WITH_PERMISSION),
            Carry {
                speaker: Speaker::Nobody,
                ..Carry::PROPER
            },
            &[
                Allowed::usual(AUTHOR),
                Allowed::also(DENIED, "it is refused as access denied"),
                Allowed::also(INVALID, "it is refused as an invalid message"),
            ],
        )],
        "A record is shown to nobody in particular, and audit cannot say who looked.",
    )
    .basis(Basis::Inferred)
    .leaves(Effect::Permission)
    .beside("SCR_QUERY"),
];
