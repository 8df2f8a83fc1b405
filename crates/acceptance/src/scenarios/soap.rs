//! SOAP, WS-Addressing and WS-Security: the official host tests, and a few of ours.

use itk::fault::{ErrorCode, FaultKind};

use crate::scenario::{Allowed, Ask, Basis, Carry, Edit, Group, Scenario, Step, Value, Wanted};

use super::allowed::{INVALID, INVALID_OR_DENIED, NOT_RETRYABLE, ONLY_INVALID, TAKEN, fault};

const ADDRESSING: &str = "WS-Addressing 1.0, SOAP binding";
const SECURITY: &str = "WS-Security 1.0, as the Toolkit uses it";

const TIMESTAMP: &str = "Header/Security/Timestamp";
const CREATED: &str = "Header/Security/Timestamp/Created";
const EXPIRES: &str = "Header/Security/Timestamp/Expires";

const VERSION: &[Allowed] = &[
    Allowed::usual(fault(FaultKind::VersionMismatch, ErrorCode::Invalid)),
    Allowed::also(
        Wanted::Fault(FaultKind::VersionMismatch, None),
        "the fault has no detail, as is allowed",
    ),
];
const NOT_UNDERSTOOD: &[Allowed] = &[
    Allowed::usual(fault(FaultKind::MustUnderstand, ErrorCode::Invalid)),
    Allowed::also(
        Wanted::Fault(FaultKind::MustUnderstand, None),
        "the fault has no detail, as is allowed",
    ),
];

const fn row(
    id: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    steps: &'static [Step],
    cause: &'static str,
) -> Scenario {
    Scenario::new(Group::Soap, id, title, requirements, steps, cause)
}

pub(super) static ROWS: &[Scenario] = &[
    row(
        "SO_NOACTN",
        "No wsa:Action, though the HTTP header SOAPAction is there",
        &["ITK host autotest: SO_NOACTN", ADDRESSING],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Remove("Header/Action")],
            ONLY_INVALID,
        )],
        "wsa:Action is not asked for; SOAPAction is no substitute.",
    ),
    row(
        "SO_NOTOEL",
        "No wsa:To",
        &["ITK host autotest: SO_NOTOEL", ADDRESSING],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Remove("Header/To")],
            ONLY_INVALID,
        )],
        "wsa:To is not asked for.",
    ),
    row(
        "SO_INVATO",
        "wsa:To is no URL",
        &["ITK host autotest: SO_INVATO", ADDRESSING],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Text(
                "Header/To",
                Value::Is("http//:this.is.invalid/address"),
            )],
            ONLY_INVALID,
        )],
        "wsa:To is not looked at.",
    ),
    row(
        "SO_RPLYTO",
        "wsa:ReplyTo and wsa:FaultTo name another place",
        &[
            "ITK host autotest: SO_RPLYTO",
            "synchronous services answer on the connection",
        ],
        &[Step::spoilt(
            Ask::Base,
            &[
                Edit::Text("Header/ReplyTo/Address", Value::Is("http://192.0.2.1/in")),
                Edit::Before(
                    "Header/ReplyTo",
                    "<wsa:FaultTo><wsa:Address>http://192.0.2.1/faults</wsa:Address></wsa:FaultTo>",
                ),
            ],
            ONLY_INVALID,
        )],
        "A request to answer elsewhere must be refused, and the other place never be called.",
    ),
    row(
        "SO_NOMSGID",
        "No wsa:MessageID",
        &["WS-ADR-01"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Remove("Header/MessageID")],
            ONLY_INVALID,
        )],
        "wsa:MessageID is not asked for, so repetitions and audit have nothing to go by.",
    ),
    row(
        "SO_LOWERID",
        "wsa:MessageID in lower case is taken",
        &["WS-ADR-01: lower case with a warning"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Text("Header/MessageID", Value::LowerMessageId)],
            TAKEN,
        )],
        "Upper case is recommended and lower case is tolerated.",
    ),
    row(
        "SO_SAMEIDS",
        "MessageID and trackingid are the same",
        &["ITK workbench: all ids of a message are different"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Attribute(
                "Body/DistributionEnvelope/header",
                "trackingid",
                Value::MessageId,
            )],
            ONLY_INVALID,
        )],
        "The ids of a message are not compared with one another.",
    )
    .basis(Basis::Inferred),
    row(
        "SO_ACTDIF",
        "SOAPAction and wsa:Action differ",
        &["WS-Addressing 1.0, SOAP binding §4.2", "SOAP 1.1 §6.1.1"],
        &[Step::carried(
            Ask::Base,
            Carry {
                action: "urn:nhs-itk:services:201005:somethingElse",
                ..Carry::PROPER
            },
            &[
                Allowed::usual(INVALID),
                Allowed::also(
                    NOT_RETRYABLE,
                    "it is refused as a service that is not offered",
                ),
                Allowed::also(Wanted::Http(404), "there is no service of this SOAPAction"),
            ],
        )],
        "The HTTP header SOAPAction is not compared with wsa:Action.",
    )
    .basis(Basis::Inferred),
    row(
        "SO_INVACT",
        "wsa:Action names another service",
        &["ITK workbench: wsa:Action is the service"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Text(
                "Header/Action",
                Value::Is("urn:nhs-itk:services:201005:somethingElse"),
            )],
            &[
                Allowed::usual(INVALID),
                Allowed::also(
                    NOT_RETRYABLE,
                    "it is refused as a service that is not offered",
                ),
            ],
        )],
        "wsa:Action is not looked at.",
    )
    .basis(Basis::Inferred),
    row(
        "SO_NOSEC",
        "No WS-Security header",
        &[SECURITY],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Remove("Header/Security")],
            INVALID_OR_DENIED,
        )],
        "The WS-Security header is not asked for.",
    ),
    row(
        "SO_NOTIME",
        "No Timestamp",
        &["ITK host autotest: SO_NOTIME", SECURITY],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Remove(TIMESTAMP)],
            INVALID_OR_DENIED,
        )],
        "The Timestamp is not asked for, so an old message can be sent again.",
    ),
    row(
        "SO_EXPIRE",
        "The Timestamp is a day old",
        &["ITK host autotest: SO_EXPIRE", SECURITY],
        &[Step::spoilt(
            Ask::Base,
            &[
                Edit::Text(CREATED, Value::Time(-86_400)),
                Edit::Text(EXPIRES, Value::Time(-86_100)),
            ],
            INVALID_OR_DENIED,
        )],
        "Expires is not held against the clock, so an old message can be sent again.",
    ),
    row(
        "SO_FUTURE",
        "The Timestamp begins in an hour",
        &[SECURITY, "ITK workbench: Created is before now"],
        &[Step::spoilt(
            Ask::Base,
            &[
                Edit::Text(CREATED, Value::Time(3_600)),
                Edit::Text(EXPIRES, Value::Time(3_900)),
            ],
            INVALID_OR_DENIED,
        )],
        "Created is not held against the clock.",
    ),
    row(
        "SO_INVTIM",
        "Created is after Expires",
        &["ITK host autotest: SO_INVTIM", SECURITY],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Swap(CREATED, EXPIRES)],
            ONLY_INVALID,
        )],
        "The two times are not compared with each other.",
    ),
    row(
        "SO_NOUSER",
        "No UsernameToken",
        &["ITK host autotest: SO_NOUSER", SECURITY],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Remove("Header/Security/UsernameToken")],
            INVALID_OR_DENIED,
        )],
        "The UsernameToken is not asked for.",
    ),
    row(
        "SO_CONFRJ",
        "A valid message that the host is set to refuse",
        &["ITK host autotest: SO_CONFRJ"],
        &[Step::new(
            Ask::Impossible(
                "no client can bring it about: set the service to refuse this client, and any \
                 other scenario shows its fault",
            ),
            INVALID_OR_DENIED,
        )],
        "A service must be able to refuse a client by configuration.",
    ),
    row(
        "SO_VMISRJ",
        "The Envelope is in another namespace than SOAP 1.1",
        &["ITK host autotest: SO_VMISRJ", "SOAP 1.1 §4.4.1"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Replace(
                "=\"http://schemas.xmlsoap.org/soap/envelope/\"",
                "=\"www.w3.org/2003/05/soap-envelope\"",
            )],
            VERSION,
        )],
        "An Envelope of another version has a fault of its own, itself in SOAP 1.1.",
    ),
    row(
        "SO_SOAP12",
        "The Envelope is SOAP 1.2",
        &["SOAP 1.1 §4.4.1", "SOAP 1.2 Part 1, appendix A"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Replace(
                "=\"http://schemas.xmlsoap.org/soap/envelope/\"",
                "=\"http://www.w3.org/2003/05/soap-envelope\"",
            )],
            VERSION,
        )],
        "An Envelope of another version has a fault of its own, itself in SOAP 1.1.",
    )
    .basis(Basis::Inferred),
    row(
        "SO_EXHDRJ",
        "An unknown header that must be understood",
        &["ITK host autotest: SO_EXHDRJ", "SOAP 1.1 §4.2.3"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Before(
                "Header/To",
                "<x:Local xmlns:x=\"urn:acceptance\" soap:mustUnderstand=\"1\">x</x:Local>",
            )],
            NOT_UNDERSTOOD,
        )],
        "What must be understood and is not must not be passed over: it may change the meaning.",
    ),
    row(
        "SO_EXHEAD",
        "An unknown header that need not be understood is passed over",
        &["ITK host autotest: SO_EXHEAD", "SOAP 1.1 §4.2"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Before(
                "Header/To",
                "<x:Local xmlns:x=\"urn:acceptance\">x</x:Local>",
            )],
            TAKEN,
        )],
        "Unknown headers are allowed.",
    ),
    row(
        "SO_EXHDMU",
        "mustUnderstand 0 on an unknown header, 1 on MessageID",
        &["ITK host autotest: SO_EXHDMU", "SOAP 1.1 §4.2.3"],
        &[Step::spoilt(
            Ask::Base,
            &[
                Edit::Before(
                    "Header/To",
                    "<x:Local xmlns:x=\"urn:acceptance\" soap:mustUnderstand=\"0\">x</x:Local>",
                ),
                Edit::Attribute("Header/MessageID", "soap:mustUnderstand", Value::Is("1")),
            ],
            TAKEN,
        )],
        "WS-Addressing is understood, and what need not be understood is passed over.",
    ),
    row(
        "SO_TWOBODY",
        "Two elements in the Body",
        &["ITK: the Body holds one DistributionEnvelope"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Inside(
                "Body",
                "<x:Other xmlns:x=\"urn:acceptance\"/>",
            )],
            ONLY_INVALID,
        )],
        "What stands beside the DistributionEnvelope is not looked at.",
    )
    .basis(Basis::Inferred),
    row(
        "ER_INVXML",
        "The message is not well-formed",
        &["ITK host autotest: ER_INVXML"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Replace("<wsa:ReplyTo>", "<wsa:ReplyTo")],
            ONLY_INVALID,
        )],
        "What is no XML is the client's fault, and it gets a SOAP fault for it.",
    ),
    row(
        "ER_DOCTYPE",
        "The message has a document type declaration",
        &["SOAP 1.1 §3: no document type declaration"],
        &[Step::spoilt(
            Ask::Base,
            &[Edit::Prolog("<!DOCTYPE x [<!ENTITY y \"z\">]>")],
            ONLY_INVALID,
        )],
        "Entities of a message can be made to read files and to fill the memory: refuse the \
         declaration.",
    ),
    row(
        "ER_UTF16",
        "The message is in UTF-16",
        &["WS-STD-01: UTF-8"],
        &[Step {
            ask: Ask::Base,
            edits: &[Edit::Utf16],
            carry: Carry {
                content_type: "text/xml; charset=utf-16",
                ..Carry::PROPER
            },
            allowed: &[
                Allowed::usual(INVALID),
                Allowed::also(Wanted::Http(415), "HTTP refuses the character set"),
                Allowed::also(Wanted::Http(400), "HTTP refuses it"),
                Allowed::also(Wanted::AnyAnswer, "UTF-16 is read all the same"),
            ],
        }],
        "A message that cannot be read gets a fault, not silence.",
    )
    .basis(Basis::Inferred),
];
