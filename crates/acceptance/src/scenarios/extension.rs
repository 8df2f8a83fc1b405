//! The two consent operations of minispine.

use crate::scenario::{Allowed, Ask, Basis, Edit, Effect, Group, Scenario, Step, Value, Who};

use super::allowed::{AUTHOR, ONLY_INPUT, ONLY_INVALID, SUCCESS};

const EXTENSION: &str = "minispine: getSCRConsent and setSCRConsent";
const SUCCEEDS: &[Allowed] = &[Allowed::usual(SUCCESS)];
const GET: &str = "Body/DistributionEnvelope/payloads/payload/GetSCRConsentRequest";
const PATIENT: &str = "Body/DistributionEnvelope/payloads/payload/GetSCRConsentRequest/patient";

const fn row(
    id: &'static str,
    title: &'static str,
    steps: &'static [Step],
    cause: &'static str,
) -> Scenario {
    Scenario::new(Group::Extension, id, title, &[EXTENSION], steps, cause).basis(Basis::Practice)
}

pub(super) static ROWS: &[Scenario] = &[
    row(
        "EXT_GET",
        "getSCRConsent",
        &[Step::new(Ask::GetConsent(Who::WithRecord), SUCCEEDS)],
        "The Spine must be asked for the patient's consent, and its answer come out.",
    ),
    row(
        "EXT_SET",
        "setSCRConsent to what it is already",
        &[
            Step::new(Ask::GetConsent(Who::WithRecord), SUCCEEDS),
            Step::new(
                Ask::SetConsentAsFound(Who::WithRecord),
                &[
                    Allowed::usual(SUCCESS),
                    Allowed::also(AUTHOR, "this user lacks the right to control consent"),
                ],
            ),
        ],
        "A user with the right to control consent may set it, also to what it is.",
    )
    .leaves(Effect::Consent)
    .beside("EXT_GET"),
    row(
        "EXT_CHECK_DIGIT",
        "getSCRConsent with a wrong check digit",
        &[Step::spoilt(
            Ask::GetConsent(Who::WithRecord),
            &[Edit::Attribute(
                PATIENT,
                "extension",
                Value::Is("9990000019"),
            )],
            ONLY_INPUT,
        )],
        "The check digit of an NHS number must be checked before anybody is asked about it.",
    )
    .beside("EXT_GET"),
    row(
        "EXT_SCHEMA",
        "getSCRConsent with an unknown element",
        &[Step::spoilt(
            Ask::GetConsent(Who::WithRecord),
            &[Edit::Inside(
                GET,
                "<more xmlns=\"urn:minispine:scr-consent:v1\"/>",
            )],
            ONLY_INVALID,
        )],
        "The payload is not held against its schema.",
    )
    .beside("EXT_GET"),
];
