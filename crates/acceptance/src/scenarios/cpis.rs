//! Child Protection - Information Sharing.
//!
//! All but one ask for a number that CP-IS holds nothing of, because a query that finds something is
//! an access, which the local authority is told of.

use itk::Face;

use crate::scenario::{
    Allowed, Ask, Basis, By, Carry, Child, Edit, Effect, Fact, Group, Reuse, Scenario, Step, Value,
    Wanted,
};

use super::allowed::{DENIED, INPUT, INVALID, NOT_RETRYABLE};

const TOOL: &str = "CP-IS test tool: SMSP response templates";
const CODES: &str = "CP-IS SMSP response codes, 2.16.840.1.113883.2.1.3.2.4.17.499";
const SCHEMA: &str = "QUPC_MT000006GB01";
const PROFILE: &str = "CP-IS DMS: profile CP-ISNHSQuery";

const HERE: Carry = Carry {
    face: Face::Cpis,
    ..Carry::PROPER
};

const NOBODY: Ask = Ask::Plans(Child::WithoutPlan, By::User);

const NO_RECORD: Wanted = Wanted::Code("CPIS-0001", "No Match (NRF)");
const AUTHOR: Wanted = Wanted::Code("SMSP-0005", "Author Credentials Error");

const NONE: &[Allowed] = &[Allowed::usual(NO_RECORD)];
const TAKEN: &[Allowed] = &[
    Allowed::usual(NO_RECORD),
    Allowed::also(
        Wanted::AnyAnswer,
        "the message is taken, and answered otherwise than with no record",
    ),
];
const INPUT_ONLY: &[Allowed] = &[
    Allowed::usual(INPUT),
    Allowed::also(INVALID, "it is refused as an error of schema"),
];
const UNKNOWN: &[Allowed] = &[
    Allowed::usual(INVALID),
    Allowed::also(NOT_RETRYABLE, "it is refused as something not served"),
    Allowed::also(DENIED, "it is refused as access denied"),
];

macro_rules! query {
    ($path:literal) => {
        concat!(
            "Body/DistributionEnvelope/payloads/payload/CP-ISQueryStub/cP-ISNHSQuery/",
            $path
        )
    };
}

const NUMBER: &str = query!("queryByParameter/person.NHSnumber/value");
const ITEM: &str = "Body/DistributionEnvelope/header/manifest/manifestitem";
const SPEC: &str = "Body/DistributionEnvelope/header/handlingSpecification/spec";

const fn row(
    id: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    steps: &'static [Step],
    cause: &'static str,
) -> Scenario {
    Scenario::new(Group::Cpis, id, title, requirements, steps, cause)
        .basis(Basis::Inferred)
        .beside("CPIS_CONTROL")
}

const fn spoilt(edits: &'static [Edit], allowed: &'static [Allowed]) -> Step {
    Step {
        ask: NOBODY,
        edits,
        carry: HERE,
        allowed,
    }
}

pub(super) static ROWS: &[Scenario] = &[
    row(
        "CPIS_CONTROL",
        "A plain query, in order in every part, is answered",
        &["ITK host autotest: happy path", TOOL],
        &[Step::carried(NOBODY, HERE, TAKEN)],
        "Certificate, user name, organisation and user must be those the service has registered, \
         and for this operation too.",
    )
    .basis(Basis::Published)
    .alone(),
    row(
        "CPIS_NONE",
        "A number that CP-IS holds nothing of",
        &[TOOL, CODES],
        &[Step::carried(NOBODY, HERE, NONE)],
        "Something is held of this number, or the service cannot tell that nothing is.",
    )
    .basis(Basis::Published),
    row(
        "CPIS_FOUND",
        "A number with a plan",
        &[TOOL, CODES, "REPC_MT000007GB01"],
        &[Step::carried(
            Ask::Plans(Child::WithPlan, By::User),
            HERE,
            &[Allowed::usual(Wanted::Success(Fact::Plans))],
        )],
        "The number given as one with a plan has none, or the service does not see it.",
    )
    .basis(Basis::Published)
    .leaves(Effect::Access),
    row(
        "CPIS_SYSTEM",
        "A query whose author is a system",
        &[SCHEMA, "COCT_TP145104GB01"],
        &[Step::carried(
            Ask::Plans(Child::WithoutPlan, By::System),
            HERE,
            NONE,
        )],
        "An author is a user with a smartcard or a system; a mini service needs no smartcard.",
    ),
    row(
        "CPIS_V2",
        "Version 2.0 of profile and interaction",
        &[PROFILE],
        &[spoilt(
            &[
                Edit::Attribute(
                    ITEM,
                    "profileid",
                    Value::Is("urn:nhs-en:profile:CP-ISNHSQuery-v2-0"),
                ),
                Edit::Attribute(
                    SPEC,
                    "value",
                    Value::Is("urn:nhs-itk:interaction:CP-ISNHSQuery-v2-0"),
                ),
            ],
            &[
                Allowed::usual(NO_RECORD),
                Allowed::also(INVALID, "only version 1.0 of the profile is known"),
            ],
        )],
        "The test tool calls profile and interaction 1.0, the message specification 2.0.",
    ),
    row(
        "CPIS_CHECK_DIGIT",
        "A wrong check digit",
        &[CODES, "NHS number: modulus 11"],
        &[spoilt(
            &[Edit::Attribute(
                NUMBER,
                "extension",
                Value::Is("9990000019"),
            )],
            &[Allowed::usual(INPUT)],
        )],
        "The check digit of an NHS number must be checked before anybody is asked about it.",
    ),
    row(
        "CPIS_NOT_A_NUMBER",
        "Letters for an NHS number",
        &[CODES],
        &[spoilt(
            &[Edit::Attribute(
                NUMBER,
                "extension",
                Value::Is("NOTANUMBER"),
            )],
            INPUT_ONLY,
        )],
        "What is no NHS number must be refused before anybody is asked about it.",
    ),
    row(
        "CPIS_NO_NUMBER",
        "No NHS number at all",
        &[CODES, SCHEMA],
        &[spoilt(
            &[Edit::NoAttribute(NUMBER, "extension")],
            INPUT_ONLY,
        )],
        "A query without a number asks nothing.",
    ),
    row(
        "CPIS_NO_ID",
        "A query without an id",
        &[CODES, SCHEMA],
        &[spoilt(&[Edit::Remove(query!("id"))], INPUT_ONLY)],
        "The access is kept under the id of the query.",
    ),
    row(
        "CPIS_NO_AUTHOR",
        "A query without an author",
        &[CODES, SCHEMA],
        &[spoilt(
            &[Edit::Remove(query!("author"))],
            &[
                Allowed::usual(INPUT),
                Allowed::also(AUTHOR, "it is refused for its author"),
                Allowed::also(INVALID, "it is refused as an error of schema"),
            ],
        )],
        "The local authority is told who asked.",
    ),
    row(
        "CPIS_NO_ROLE",
        "A query whose author has no job role",
        &[CODES, "COCT_TP145102GB01: code"],
        &[spoilt(
            &[Edit::Remove(query!(
                "author/COCT_TP145102GB01.AssignedAuthor/code"
            ))],
            &[
                Allowed::usual(INPUT),
                Allowed::also(AUTHOR, "it is refused for its author"),
                Allowed::also(INVALID, "it is refused as an error of schema"),
            ],
        )],
        "The local authority is told what those who asked do.",
    ),
    row(
        "CPIS_OTHER_AUTHOR",
        "An author who is not the user of the audit identity",
        &[CODES],
        &[spoilt(
            &[Edit::Attribute(
                query!("author/COCT_TP145102GB01.AssignedAuthor/id"),
                "extension",
                Value::Is("999999999998"),
            )],
            &[
                Allowed::usual(AUTHOR),
                Allowed::also(
                    NO_RECORD,
                    "the author is not held against the audit identity",
                ),
            ],
        )],
        "Who asks is said twice, and must be said alike.",
    )
    .basis(Basis::Practice),
    row(
        "CPIS_SILENT",
        "A query that wants to leave no access",
        &["CP-IS SMSP API page: unscheduled care only"],
        &[spoilt(
            &[Edit::Inside(
                query!("queryByParameter"),
                "<accessEventType xmlns=\"urn:hl7-org:v3\" value=\"false\"/>",
            )],
            &[
                Allowed::usual(INPUT),
                Allowed::also(INVALID, "it is refused as an error of schema"),
                Allowed::also(DENIED, "it is refused as access denied"),
            ],
        )],
        "Mini services are for unscheduled care: an access that nobody is told of is not theirs.",
    )
    .basis(Basis::Practice),
    row(
        "CPIS_SCHEMA",
        "An element that the schema does not know",
        &[SCHEMA],
        &[spoilt(
            &[Edit::Inside(
                query!("queryByParameter"),
                "<unknown xmlns=\"urn:hl7-org:v3\"/>",
            )],
            INPUT_ONLY,
        )],
        "The payload is not held against its schema.",
    ),
    row(
        "CPIS_PROFILE",
        "A profile that nobody knows",
        &["ITK host autotest: DE_INVPID"],
        &[spoilt(
            &[Edit::Attribute(
                ITEM,
                "profileid",
                Value::Is("urn:nhs-en:profile:Unknown-v1-0"),
            )],
            &[Allowed::usual(INVALID)],
        )],
        "What a message is, its profile says first.",
    )
    .basis(Basis::Published),
    row(
        "CPIS_NOACTN",
        "No wsa:Action",
        &["ITK host autotest: SO_NOACTN"],
        &[spoilt(
            &[Edit::Remove("Header/Action")],
            &[Allowed::usual(INVALID)],
        )],
        "The binding is the same as that of the SCR mini services.",
    )
    .basis(Basis::Published),
    row(
        "CPIS_SCR_HERE",
        "An SCR operation at the address of CP-IS",
        &["DMS: each service has its own messages"],
        &[Step::carried(Ask::Base, HERE, UNKNOWN)],
        "A service takes its own operations only.",
    )
    .basis(Basis::Practice),
    row(
        "CPIS_ELSEWHERE",
        "The query at the address of the SCR",
        &["DMS: each service has its own messages"],
        &[Step::new(NOBODY, UNKNOWN)],
        "A service takes its own operations only.",
    )
    .basis(Basis::Practice),
    row(
        "CPIS_DUP_SAME",
        "The very same query twice",
        &["trackingid: new for each originated message"],
        &[
            Step::carried(NOBODY, HERE, NONE),
            Step::carried(
                Ask::Again,
                HERE,
                &[
                    Allowed::usual(Wanted::AsBefore),
                    Allowed::also(
                        INVALID,
                        "a repetition is refused instead of being answered again",
                    ),
                ],
            ),
        ],
        "A client that got no answer sends again; the second time must not come out otherwise.",
    )
    .basis(Basis::Practice),
    row(
        "CPIS_DUP_TRACKING",
        "A tracking id used again for another query",
        &["trackingid: new for each originated message"],
        &[
            Step::carried(NOBODY, HERE, NONE),
            Step::carried(
                Ask::Reusing(Reuse::TrackingId, &NOBODY),
                HERE,
                &[
                    Allowed::usual(INVALID),
                    Allowed::also(DENIED, "it is refused as access denied"),
                ],
            ),
        ],
        "Tracking ids are not remembered, so a repetition cannot be told from a new request.",
    )
    .basis(Basis::Practice),
];
