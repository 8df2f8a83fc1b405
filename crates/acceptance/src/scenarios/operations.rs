//! The six operations, asked as they should be.

use crate::scenario::{
    Allowed, Ask, Basis, Days, Effect, Fact, Group, Kind, Query, Scenario, Step, Wanted, Who,
};

use super::allowed::{
    ACS, ACS_2014, AUTHOR, NOT_FOUND, OTHER_SET, PTV, PTV_2014, RBAC, RBAC_2014, SUCCESS, TAKEN,
};

const DMS: &str = "SCR Mini Service DMS 1.0";
const CODES: &str = "SMSP Response Codes 1.0";

/// A querySCR with permission given now and a claimed relationship.
pub(super) const WITH_PERMISSION: Query = Query {
    who: Who::WithRecord,
    permission: true,
    emergency: false,
    relationship: true,
    duration: None,
};

const fn row(
    id: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    steps: &'static [Step],
    cause: &'static str,
) -> Scenario {
    Scenario::new(Group::Operations, id, title, requirements, steps, cause)
}

/// The plain request that negative scenarios spoil.
pub(super) static CONTROL: &[Scenario] = &[Scenario::new(
    Group::Control,
    "CONTROL",
    "A plain request, in order in every part, is answered",
    &["ITK host autotest: happy path", DMS],
    &[Step::new(Ask::Base, TAKEN)],
    "Certificate, user name, organisation and user must be those the service has registered.",
)
.alone()];

pub(super) static ROWS: &[Scenario] = &[
    row(
        "SCR_STATUS",
        "getSCRStatus of a patient with a record",
        &[DMS, "QUPC_MT150001GB01", "REPC_MT150001GB01"],
        &[Step::new(
            Ask::Status(Who::WithRecord),
            &[Allowed::usual(Wanted::Success(Fact::Exists(true)))],
        )],
        "The patient given as one with a record has none, or the service does not see it.",
    ),
    row(
        "SCR_STATUS_NONE",
        "getSCRStatus of a patient without a record",
        &[DMS, "REPC_MT150001GB01"],
        &[Step::new(
            Ask::Status(Who::WithoutRecord),
            &[Allowed::usual(Wanted::Success(Fact::Exists(false)))],
        )],
        "That there is no record is a success of getSCRStatus with the flag false, not an error.",
    ),
    row(
        "SCR_STATUS_DISSENT",
        "getSCRStatus of a patient who does not agree to sharing",
        &[DMS, "vocabulary 2.16.840.1.113883.2.1.3.2.4.17.502"],
        &[Step::new(
            Ask::Status(Who::Dissenting),
            &[Allowed::usual(Wanted::Success(Fact::ConsentNo))],
        )],
        "The consent of the Spine must come out as 0 No, whether there is a record or not.",
    ),
    row(
        "RBAC_STATUS",
        "getRBACStatus of the user",
        &[DMS, "QUPC_MT150002GB01", "REPC_MT150002GB01"],
        &[Step::new(Ask::Rights, &[Allowed::usual(SUCCESS)])],
        "The user is that of the audit identity; no patient is involved.",
    ),
    row(
        "PTV_NONE",
        "queryPTV where nobody has permission to view",
        &[DMS, "QUPC_MT150003GB01", "REPC_MT150007GB01"],
        &[Step::new(
            Ask::QueryPtv(Who::Untouched),
            &[Allowed::usual(Wanted::Success(Fact::Permitted(false)))],
        )],
        "No permission is a success of queryPTV with the flag false, not SCR-0003.",
    ),
    row(
        "PTV_CREATE",
        "createPTV for the user from today on, and queryPTV sees it",
        &[DMS, "REPC_MT150008GB01", "REPC_MT150009GB01"],
        &[
            Step::new(
                Ask::CreatePtv(Who::WithRecord, Some(Days(0, 7))),
                &[Allowed::usual(SUCCESS)],
            ),
            Step::new(
                Ask::QueryPtv(Who::WithRecord),
                &[Allowed::usual(Wanted::Success(Fact::Permitted(true)))],
            ),
        ],
        "A permission must be stored before createPTV is answered, and be found for the same user.",
    )
    .leaves(Effect::Permission),
    row(
        "PTV_CREATE_OPEN",
        "createPTV without effectiveTime",
        &[DMS, "REPC_MT150008GB01: effectiveTime 0..1"],
        &[
            Step::new(
                Ask::CreatePtv(Who::WithRecord, None),
                &[Allowed::usual(SUCCESS)],
            ),
            Step::new(
                Ask::QueryPtv(Who::WithRecord),
                &[Allowed::usual(Wanted::Success(Fact::Permitted(true)))],
            ),
        ],
        "effectiveTime may be left out; how long the permission then holds is the service's choice.",
    )
    .leaves(Effect::Permission),
    row(
        "SCR_QUERY",
        "querySCR with permission given now and a claimed relationship",
        &[DMS, "QUPC_MT150004GB01", "REPC_MT150012GB01"],
        &[Step::new(
            Ask::Query(WITH_PERMISSION),
            &[Allowed::usual(Wanted::Success(Fact::Document))],
        )],
        "With a record, consent, the right to view, permission and a relationship the document \
         must come.",
    )
    .leaves(Effect::Permission),
    row(
        "SCR_QUERY_DURATION",
        "querySCR with pTVDuration, and queryPTV sees the permission",
        &[DMS, "QUPC_MT150004GB01: pTVDuration.Value"],
        &[
            Step::new(
                Ask::Query(Query {
                    duration: Some(Days(0, 3)),
                    ..WITH_PERMISSION
                }),
                &[Allowed::usual(Wanted::Success(Fact::Document))],
            ),
            Step::new(
                Ask::QueryPtv(Who::WithRecord),
                &[Allowed::usual(Wanted::Success(Fact::Permitted(true)))],
            ),
        ],
        "Permission recorded by querySCR is permission like any other.",
    )
    .leaves(Effect::Permission),
    row(
        "SCR_QUERY_RECORDED",
        "querySCR by a permission recorded before",
        &[DMS, "createPTV and querySCR"],
        &[
            Step::new(
                Ask::CreatePtv(Who::WithRecord, Some(Days(0, 1))),
                &[Allowed::usual(SUCCESS)],
            ),
            Step::new(
                Ask::Query(Query {
                    permission: false,
                    ..WITH_PERMISSION
                }),
                &[Allowed::usual(Wanted::Success(Fact::Document))],
            ),
        ],
        "querySCR must look for a recorded permission when it is given none.",
    )
    .leaves(Effect::Permission),
    row(
        "SCR_QUERY_NONE",
        "querySCR of a patient without a record",
        &[CODES, "SCR-0004 SCR Not Found"],
        &[Step::new(
            Ask::Query(Query {
                who: Who::WithoutRecord,
                ..WITH_PERMISSION
            }),
            &[Allowed::usual(NOT_FOUND)],
        )],
        "That there is no record has a code of its own in querySCR.",
    )
    .leaves(Effect::Permission),
    row(
        "SCR_QUERY_DISSENT",
        "querySCR of a patient who does not agree to sharing",
        &[CODES, "SCR-0002 ACS Check Failed"],
        &[Step::new(
            Ask::Query(Query {
                who: Who::Dissenting,
                ..WITH_PERMISSION
            }),
            &[Allowed::usual(ACS), Allowed::also(ACS_2014, OTHER_SET)],
        )],
        "THE RECORD OF A PATIENT WHO SAID NO MUST NOT BE SHOWN: the consent of the Spine is not \
         looked at, or a permission to view outranks it.",
    )
    .leaves(Effect::Permission),
    row(
        "SCR_QUERY_NO_PTV",
        "querySCR without permission to view",
        &[CODES, "SCR-0003 PTV Check Failed"],
        &[Step::new(
            Ask::Query(Query {
                who: Who::Untouched,
                permission: false,
                ..WITH_PERMISSION
            }),
            &[Allowed::usual(PTV), Allowed::also(PTV_2014, OTHER_SET)],
        )],
        "Neither a permission given now, nor one recorded, nor an emergency: nothing may be shown.",
    )
    .leaves(Effect::Alert),
    row(
        "SCR_QUERY_EMERGENCY",
        "querySCR in an emergency, with a reason",
        &[DMS, "HSCIC-ITK-ARCH-300: MSCA-SCR-104"],
        &[Step::new(
            Ask::Query(Query {
                permission: false,
                emergency: true,
                ..WITH_PERMISSION
            }),
            &[
                Allowed::usual(Wanted::Success(Fact::Document)),
                Allowed::also(RBAC, "this user lacks the right to emergency access"),
                Allowed::also(RBAC_2014, "this user lacks the right to emergency access"),
            ],
        )],
        "A user with the right to emergency access sees the record and the privacy officer is \
         alerted; one without it gets the RBAC code.",
    )
    .leaves(Effect::Alert),
    row(
        "ACTIVITY_DATE",
        "querySCRActivity of the last week",
        &[DMS, "QUPC_MT150005GB01", "REPC_MT150014GB01"],
        &[Step::new(
            Ask::Activity(Kind::Date, Days(-7, 0)),
            &[
                Allowed::usual(Wanted::Success(Fact::Report)),
                Allowed::also(AUTHOR, "this user lacks the right to see who looked"),
            ],
        )],
        "The report is base64 (representation B64) of quoted fields, a record a line, ended by a \
         carriage return.",
    ),
    row(
        "ACTIVITY_PATIENT",
        "querySCRActivity of one patient",
        &[DMS, "vocabulary 2.16.840.1.113883.2.1.3.2.4.17.505: 02"],
        &[Step::new(
            Ask::Activity(Kind::Patient, Days(-7, 0)),
            &[
                Allowed::usual(Wanted::Success(Fact::Report)),
                Allowed::also(AUTHOR, "this user lacks the right to see who looked"),
            ],
        )],
        "Every row must be about the patient of the filter.",
    ),
    row(
        "ACTIVITY_USER",
        "querySCRActivity of one care professional",
        &[DMS, "vocabulary 2.16.840.1.113883.2.1.3.2.4.17.505: 03"],
        &[Step::new(
            Ask::Activity(Kind::User, Days(-7, 0)),
            &[
                Allowed::usual(Wanted::Success(Fact::Report)),
                Allowed::also(AUTHOR, "this user lacks the right to see who looked"),
            ],
        )],
        "Every row must be about the user of the filter.",
    ),
    row(
        "ACTIVITY_EMPTY",
        "querySCRActivity of a day long ago: an empty report is a success",
        &[DMS, "REPC_MT150014GB01"],
        &[Step::new(
            Ask::Activity(Kind::Date, Days(-9000, -8999)),
            &[
                Allowed::usual(Wanted::Success(Fact::Report)),
                Allowed::also(AUTHOR, "this user lacks the right to see who looked"),
            ],
        )],
        "With nothing to report the header record comes alone, under SMSP-0000.",
    )
    .basis(Basis::Inferred),
];
