//! Requests that are well formed and make no sense: SMSP-0001.

use crate::scenario::{
    Allowed, Ask, Basis, Days, Edit, Effect, Group, Kind, Query, Scenario, Step, Value, Who,
};

use super::allowed::{AUTHOR, INPUT, INVALID, ONLY_INPUT};
use super::operations::WITH_PERMISSION;

const CODES: &str = "SMSP Response Codes 1.0: SMSP-0001";

const fn row(
    id: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    steps: &'static [Step],
    cause: &'static str,
) -> Scenario {
    Scenario::new(Group::Content, id, title, requirements, steps, cause)
}

/// The right to reports is perhaps looked at before the request's content.
const INPUT_OR_AUTHOR: &[Allowed] = &[
    Allowed::usual(INPUT),
    Allowed::also(AUTHOR, "this user lacks the right to see who looked"),
];

/// A stricter schema may refuse it already.
const INPUT_OR_INVALID: &[Allowed] = &[
    Allowed::usual(INPUT),
    Allowed::also(INVALID, "it is refused as an error of schema"),
];

/// What the schema forbids too, under two published rules.
const INVALID_OR_INPUT: &[Allowed] = &[
    Allowed::usual(INVALID),
    Allowed::also(INPUT, "an error of schema is answered with SMSP-0001"),
];

macro_rules! payload {
    ($path:literal) => {
        concat!("Body/DistributionEnvelope/payloads/payload/", $path)
    };
}

const STATUS_NUMBER: &str =
    payload!("GetSCRStatusRequest/getSCRStatusRequestGrouper/person.NHSNumber/value");
const PERIOD: &str =
    payload!("QuerySCRActivityRequest/querySCRActivityRequestGrouper/parameter.Period/value");

const EMERGENCY: Query = Query {
    permission: false,
    emergency: true,
    ..WITH_PERMISSION
};

pub(super) static ROWS: &[Scenario] = &[
    row(
        "IN_CHECK_DIGIT",
        "getSCRStatus with a wrong check digit",
        &[CODES, "NHS number: modulus 11"],
        &[Step::spoilt(
            Ask::Status(Who::WithRecord),
            &[Edit::Attribute(
                STATUS_NUMBER,
                "extension",
                Value::Is("9990000019"),
            )],
            ONLY_INPUT,
        )],
        "The check digit of an NHS number must be checked before anybody is asked about it.",
    )
    .basis(Basis::Inferred)
    .beside("SCR_STATUS"),
    row(
        "IN_NOT_A_NUMBER",
        "getSCRStatus with letters for an NHS number",
        &[CODES],
        &[Step::spoilt(
            Ask::Status(Who::WithRecord),
            &[Edit::Attribute(
                STATUS_NUMBER,
                "extension",
                Value::Is("NOTANUMBER"),
            )],
            INPUT_OR_INVALID,
        )],
        "What is no NHS number must be refused before anybody is asked about it.",
    )
    .basis(Basis::Inferred)
    .beside("SCR_STATUS"),
    row(
        "IN_EMERGENCY_NO_REASON",
        "querySCR in an emergency without a reason",
        &[CODES, "HSCIC-ITK-ARCH-300: MSCA-SCR-104"],
        &[Step::spoilt(
            Ask::Query(EMERGENCY),
            &[Edit::Remove(payload!(
                "QuerySCRRequest/querySCRGrouper/emergencyAccessReason.Value"
            ))],
            ONLY_INPUT,
        )],
        "Nobody may look without asking the patient and without saying why.",
    )
    .basis(Basis::Inferred)
    .leaves(Effect::Alert)
    .beside("SCR_QUERY"),
    row(
        "IN_EMERGENCY_BLANK",
        "querySCR in an emergency with a blank reason",
        &[CODES],
        &[Step::spoilt(
            Ask::Query(EMERGENCY),
            &[Edit::Text(
                payload!("QuerySCRRequest/querySCRGrouper/emergencyAccessReason.Value/value"),
                Value::Is("   "),
            )],
            ONLY_INPUT,
        )],
        "A blank reason is none.",
    )
    .basis(Basis::Inferred)
    .leaves(Effect::Alert)
    .beside("SCR_QUERY"),
    row(
        "IN_EMERGENCY_AND_PTV",
        "querySCR in an emergency and with permission at once",
        &[CODES],
        &[Step::spoilt(
            Ask::Query(EMERGENCY),
            &[Edit::Attribute(
                payload!("QuerySCRRequest/querySCRGrouper/createPTV.Value/value"),
                "value",
                Value::Is("true"),
            )],
            ONLY_INPUT,
        )],
        "Either the patient was asked or they could not be.",
    )
    .basis(Basis::Practice)
    .leaves(Effect::Alert)
    .beside("SCR_QUERY"),
    row(
        "IN_DURATION_BACKWARDS",
        "querySCR with a pTVDuration that ends before it begins",
        &[CODES],
        &[Step::new(
            Ask::Query(Query {
                duration: Some(Days(7, 0)),
                ..WITH_PERMISSION
            }),
            ONLY_INPUT,
        )],
        "A period that ends before it begins permits nothing.",
    )
    .basis(Basis::Inferred)
    .leaves(Effect::Permission)
    .beside("SCR_QUERY"),
    row(
        "IN_DURATION_ALONE",
        "querySCR with a pTVDuration and no permission to create",
        &[CODES],
        &[Step::spoilt(
            Ask::Query(Query {
                duration: Some(Days(0, 7)),
                ..WITH_PERMISSION
            }),
            &[Edit::Attribute(
                payload!("QuerySCRRequest/querySCRGrouper/createPTV.Value/value"),
                "value",
                Value::Is("false"),
            )],
            ONLY_INPUT,
        )],
        "A duration belongs to a permission that is created now.",
    )
    .basis(Basis::Practice)
    .leaves(Effect::Permission)
    .beside("SCR_QUERY"),
    row(
        "IN_PTV_BACKWARDS",
        "createPTV for a period that ends before it begins",
        &[CODES],
        &[Step::new(
            Ask::CreatePtv(Who::WithRecord, Some(Days(7, 0))),
            ONLY_INPUT,
        )],
        "A period that ends before it begins permits nothing.",
    )
    .basis(Basis::Inferred)
    .leaves(Effect::Permission)
    .beside("PTV_CREATE"),
    row(
        "IN_PTV_FOREIGN_ROOT",
        "createPTV for a user named in an unknown system of ids",
        &[CODES, "REPC_MT150008GB01: sDSSubject/id"],
        &[Step::spoilt(
            Ask::CreatePtv(Who::WithRecord, Some(Days(0, 1))),
            &[Edit::Attribute(
                payload!("CreatePTVRequest/subject1/sDSSubject/id"),
                "root",
                Value::Is("2.16.840.1.113883.2.1.4.1"),
            )],
            ONLY_INPUT,
        )],
        "The two ids of a subject are those of an SDS user and of a role profile.",
    )
    .basis(Basis::Practice)
    .leaves(Effect::Permission)
    .beside("PTV_CREATE"),
    row(
        "IN_PTV_51",
        "createPTV for 51 users",
        &["REPC_MT150008GB01: subject1 1..50", CODES],
        &[Step::spoilt(
            Ask::CreatePtv(Who::WithRecord, Some(Days(0, 1))),
            &[Edit::Repeat(payload!("CreatePTVRequest/subject1"), 50)],
            INVALID_OR_INPUT,
        )],
        "The schema allows fifty; one more is refused whole, and nothing is recorded.",
    )
    .leaves(Effect::Permission)
    .beside("PTV_CREATE"),
    row(
        "IN_PERIOD_BACKWARDS",
        "querySCRActivity of a period that ends before it begins",
        &[CODES],
        &[Step::new(
            Ask::Activity(Kind::Date, Days(0, -7)),
            INPUT_OR_AUTHOR,
        )],
        "A period that ends before it begins holds no days.",
    )
    .basis(Basis::Inferred)
    .beside("ACTIVITY_DATE"),
    row(
        "IN_PERIOD_EMPTY",
        "querySCRActivity with neither low nor high",
        &[CODES],
        &[Step::spoilt(
            Ask::Activity(Kind::Date, Days(-1, 0)),
            &[Edit::Text(PERIOD, Value::Is(""))],
            INPUT_OR_AUTHOR,
        )],
        "A report needs a period.",
    )
    .basis(Basis::Practice)
    .beside("ACTIVITY_DATE"),
    row(
        "IN_NO_PATIENT",
        "querySCRActivity by patient without a patient",
        &[CODES, "vocabulary 2.16.840.1.113883.2.1.3.2.4.17.505: 02"],
        &[Step::spoilt(
            Ask::Activity(Kind::Patient, Days(-1, 0)),
            &[Edit::Remove(payload!(
                "QuerySCRActivityRequest/querySCRActivityRequestGrouper/person.NHSNumber"
            ))],
            INPUT_OR_AUTHOR,
        )],
        "A report by patient needs the patient.",
    )
    .basis(Basis::Practice)
    .beside("ACTIVITY_PATIENT"),
    row(
        "IN_NO_USER",
        "querySCRActivity by care professional without a user",
        &[CODES, "vocabulary 2.16.840.1.113883.2.1.3.2.4.17.505: 03"],
        &[Step::spoilt(
            Ask::Activity(Kind::User, Days(-1, 0)),
            &[Edit::Remove(payload!(
                "QuerySCRActivityRequest/querySCRActivityRequestGrouper/subject.SDSUserId"
            ))],
            INPUT_OR_AUTHOR,
        )],
        "A report by care professional needs the user.",
    )
    .basis(Basis::Practice)
    .beside("ACTIVITY_USER"),
    row(
        "ER_INVSCH",
        "A payload that its schema forbids",
        &["ITK host autotest: ER_INVSCH"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Inside(payload!("*"), "<unknown xmlns=\"urn:hl7-org:v3\"/>")],
            super::allowed::ONLY_INVALID,
        )],
        "The payload is not held against its schema.",
    ),
    row(
        "ER_INVSCH_ORDER",
        "A payload whose elements are in the wrong order",
        &["ITK host autotest: ER_INVSCH", "QUPC_MT150004GB01: a sequence"],
        &[Step::spoilt(
            Ask::Query(WITH_PERMISSION),
            &[
                Edit::Remove(payload!("QuerySCRRequest/querySCRGrouper/selfClaimLR.Value")),
                Edit::Before(
                    payload!("QuerySCRRequest/querySCRGrouper/createPTV.Value"),
                    "<selfClaimLR.Value xmlns=\"urn:hl7-org:v3\"><value value=\"true\"/></selfClaimLR.Value>",
                ),
            ],
            super::allowed::ONLY_INVALID,
        )],
        "The order of a payload's elements is fixed by its schema.",
    )
    .leaves(Effect::Permission)
    .beside("SCR_QUERY"),
];
