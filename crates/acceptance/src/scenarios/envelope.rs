//! The DistributionEnvelope: the official host tests, and a few of ours.

use crate::scenario::{Allowed, Ask, Basis, Edit, Group, Scenario, Step, Value};

use super::allowed::{INVALID, INVALID_OR_DENIED, NOT_RETRYABLE, ONLY_INVALID, TAKEN};

const SCHEMA: &str = "distributionEnvelope-v2-0.xsd";

const HEADER: &str = "Body/DistributionEnvelope/header";
const IDENTITY: &str = "Body/DistributionEnvelope/header/auditIdentity";
const FIRST_IDENTITY: &str = "Body/DistributionEnvelope/header/auditIdentity/id";
const MANIFEST: &str = "Body/DistributionEnvelope/header/manifest";
const ITEM: &str = "Body/DistributionEnvelope/header/manifest/manifestitem";
const SPEC: &str = "Body/DistributionEnvelope/header/handlingSpecification/spec";
const PAYLOADS: &str = "Body/DistributionEnvelope/payloads";
const PAYLOAD: &str = "Body/DistributionEnvelope/payloads/payload";

const INVALID_OR_NOT_OFFERED: &[Allowed] = &[
    Allowed::usual(INVALID),
    Allowed::also(
        NOT_RETRYABLE,
        "it is refused as something that is not offered",
    ),
];

const fn row(
    id: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    edits: &'static [Step],
    cause: &'static str,
) -> Scenario {
    Scenario::new(Group::Envelope, id, title, requirements, edits, cause)
}

pub(super) static ROWS: &[Scenario] = &[
    row(
        "DE_EMPPID",
        "profileid is empty",
        &["ITK host autotest: DE_EMPPID"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(ITEM, "profileid", Value::Is(""))],
            ONLY_INVALID,
        )],
        "The operation is guessed from elsewhere when its profile is missing.",
    ),
    row(
        "DE_MISPID",
        "profileid is missing",
        &["ITK host autotest: DE_MISPID"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::NoAttribute(ITEM, "profileid")],
            ONLY_INVALID,
        )],
        "The operation is guessed from elsewhere when its profile is missing.",
    ),
    row(
        "DE_INVPID",
        "profileid is unknown",
        &["ITK host autotest: DE_INVPID"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(
                ITEM,
                "profileid",
                Value::Is("urn:nhs-en:profile:Unknown-v1-0"),
            )],
            ONLY_INVALID,
        )],
        "The profile is not looked at, or an unknown one is answered as not offered.",
    ),
    row(
        "DE_OTHPID",
        "profileid is that of another operation than the payload",
        &["SCR Mini Service DMS 1.0: profile and payload belong together"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(
                ITEM,
                "profileid",
                Value::Is("urn:nhs-en:profile:createPTVRequest-v-1-0"),
            )],
            INVALID_OR_NOT_OFFERED,
        )],
        "Profile, interaction and payload are not compared, so they can be made to disagree.",
    )
    .basis(Basis::Practice),
    row(
        "DE_OTHINT",
        "The interaction is that of another operation than the profile",
        &["SCR Mini Service DMS 1.0: interaction and profile belong together"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(
                SPEC,
                "value",
                Value::Is("urn:nhs-itk:interaction:createPTVRequest-v1-0"),
            )],
            INVALID_OR_NOT_OFFERED,
        )],
        "Profile, interaction and payload are not compared, so they can be made to disagree.",
    )
    .basis(Basis::Practice),
    row(
        "DE_INVMCT",
        "The count of the manifest is wrong",
        &["ITK host autotest: DE_INVMCT"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(MANIFEST, "count", Value::Is("2"))],
            ONLY_INVALID,
        )],
        "The manifest is not counted.",
    ),
    row(
        "DE_INVPCT",
        "The count of the payloads is wrong",
        &["ITK host autotest: DE_INVPCT"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(PAYLOADS, "count", Value::Is("2"))],
            ONLY_INVALID,
        )],
        "The payloads are not counted.",
    ),
    row(
        "DE_INVMPC",
        "The manifest lists two and there is one payload",
        &["ITK host autotest: DE_INVMPC"],
        &[Step::spoilt(
            Ask::Base,
            &[
                Edit::Repeat(ITEM, 1),
                Edit::Attribute(MANIFEST, "count", Value::Is("2")),
            ],
            ONLY_INVALID,
        )],
        "Manifest and payloads are not held against each other.",
    ),
    row(
        "DE_INVMPI",
        "The manifest lists another id than the payload's",
        &["ITK host autotest: DE_INVMPI"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(
                PAYLOAD,
                "id",
                Value::Is("uuid_0A0A0A0A-0000-4000-8000-000000000009"),
            )],
            ONLY_INVALID,
        )],
        "Manifest and payloads are not held against each other.",
    ),
    row(
        "DE_INVSER",
        "The service of the header is unknown",
        &["ITK host autotest: DE_INVSER"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(
                HEADER,
                "service",
                Value::Is("urn:nhs-itk:services:201005:unknown"),
            )],
            &[
                Allowed::usual(NOT_RETRYABLE),
                Allowed::also(INVALID, "it is refused as an invalid message"),
            ],
        )],
        "header/@service is not looked at.",
    ),
    row(
        "DE_INAUTH",
        "The audit identity is unknown",
        &["ITK host autotest: DE_INAUTH", "COR-DEH-04"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(
                FIRST_IDENTITY,
                "uri",
                Value::Is("urn:unknown:identity"),
            )],
            INVALID_OR_DENIED,
        )],
        "The audit identity is not looked at, so nobody knows on whose behalf this was done.",
    ),
    row(
        "DE_NOAUTH",
        "There is no audit identity",
        &["COR-DEH-03"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Remove(IDENTITY)],
            INVALID_OR_DENIED,
        )],
        "The audit identity is not asked for, so nobody knows on whose behalf this was done.",
    ),
    row(
        "DE_NOTRAK",
        "There is no trackingid",
        &[SCHEMA],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::NoAttribute(HEADER, "trackingid")],
            ONLY_INVALID,
        )],
        "The header is not held against its schema.",
    ),
    row(
        "DE_LOWTRK",
        "trackingid is in lower case",
        &["distributionEnvelope-v2-0.xsd: trackingid [A-F0-9]"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(
                HEADER,
                "trackingid",
                Value::LowerTrackingId,
            )],
            ONLY_INVALID,
        )],
        "The header is not held against its schema.",
    ),
    row(
        "DE_ORDER",
        "auditIdentity comes after the manifest",
        &["distributionEnvelope-v2-0.xsd: a sequence"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Move(IDENTITY, HEADER)],
            ONLY_INVALID,
        )],
        "The header is not held against its schema.",
    ),
    row(
        "DE_ZIPPED",
        "The manifest says that the payload is compressed",
        &["SCR Mini Service DMS 1.0: plain XML"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(ITEM, "compressed", Value::Is("true"))],
            INVALID_OR_NOT_OFFERED,
        )],
        "What the manifest says of the payload is not looked at.",
    )
    .basis(Basis::Practice),
    row(
        "DE_PLAIN",
        "The manifest says in full that the payload is plain",
        &[SCHEMA],
        &[Step::spoilt(
            Ask::Base,
            &[
                Edit::Attribute(ITEM, "metadata", Value::Is("false")),
                Edit::Attribute(ITEM, "compressed", Value::Is("false")),
                Edit::Attribute(ITEM, "base64", Value::Is("false")),
                Edit::Attribute(ITEM, "encrypted", Value::Is("false")),
            ],
            TAKEN,
        )],
        "The flags may be given and be false.",
    ),
    row(
        "DE_ADRLST",
        "The header has an address list",
        &["distributionEnvelope-v2-0.xsd: addresslist 0..1"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Before(
                IDENTITY,
                "<itk:addresslist><itk:address uri=\"urn:nhs-uk:addressing:ods:X26\"/></itk:addresslist>",
            )],
            TAKEN,
        )],
        "An address list may be there.",
    ),
    row(
        "DE_NOSEND",
        "The header has no sender address",
        &["distributionEnvelope-v2-0.xsd: senderAddress 0..1"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Remove(
                "Body/DistributionEnvelope/header/senderAddress",
            )],
            TAKEN,
        )],
        "A sender address may be left out.",
    ),
];
