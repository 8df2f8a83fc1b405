//! HTTP and TLS.

use crate::scenario::{Allowed, Ask, Basis, Carry, Group, Identity, Scenario, Step, Wanted};

use super::allowed::{DENIED, INVALID, TAKEN};

/// Refused for want of a certificate, by whoever notices first.
const STRANGERS: &[Allowed] = &[
    Allowed::usual(Wanted::Tls),
    Allowed::also(Wanted::Closed, "the connection is closed without a word"),
    Allowed::also(Wanted::Http(400), "HTTP refuses it after the handshake"),
    Allowed::also(Wanted::Http(401), "HTTP refuses it after the handshake"),
    Allowed::also(Wanted::Http(403), "HTTP refuses it after the handshake"),
    Allowed::also(DENIED, "SOAP refuses it after the handshake"),
];
const NO_MESSAGE: &[Allowed] = &[
    Allowed::usual(INVALID),
    Allowed::also(Wanted::Http(400), "HTTP refuses it"),
];

/// Nothing of SOAP.
const PLAIN: Carry = Carry {
    method: "GET",
    content_type: "",
    action: "",
    ..Carry::PROPER
};

const fn row(
    id: &'static str,
    title: &'static str,
    requirements: &'static [&'static str],
    steps: &'static [Step],
    cause: &'static str,
) -> Scenario {
    Scenario::new(Group::Transport, id, title, requirements, steps, cause)
}

pub(super) static ROWS: &[Scenario] = &[
    row(
        "TR_NOCERT",
        "A client without a certificate",
        &["mutual authentication: both sides show certificates"],
        &[Step::carried(
            Ask::Base,
            Carry {
                identity: Identity::Absent,
                ..Carry::PROPER
            },
            STRANGERS,
        )],
        "THE SERVICE ANSWERS CLIENTS WITHOUT A CERTIFICATE: mutual TLS is not required.",
    ),
    row(
        "TR_STRANGER",
        "A client with a certificate of an unknown authority",
        &["mutual authentication: certificates of trusted authorities"],
        &[Step::carried(
            Ask::Base,
            Carry {
                identity: Identity::Stranger,
                ..Carry::PROPER
            },
            STRANGERS,
        )],
        "THE SERVICE TAKES ANY CERTIFICATE: the authority of the client's is not checked.",
    ),
    row(
        "TR_GET",
        "GET instead of POST",
        &["RFC 9110 §15.5.6"],
        &[Step::carried(
            Ask::Nothing,
            PLAIN,
            &[
                Allowed::usual(Wanted::Http(405)),
                Allowed::also(Wanted::Http(404), "there is nothing to GET"),
                Allowed::also(Wanted::Http(400), "HTTP refuses it"),
                Allowed::also(Wanted::Http(501), "GET is not known"),
            ],
        )],
        "Another method than POST must be refused by HTTP, and have no effect.",
    )
    .basis(Basis::Inferred),
    row(
        "TR_WSDL",
        "The WSDL at ?wsdl",
        &["WSDL 1.1; by custom at ?wsdl"],
        &[Step::carried(
            Ask::Nothing,
            Carry {
                suffix: "?wsdl",
                ..PLAIN
            },
            &[
                Allowed::usual(Wanted::Wsdl),
                Allowed::also(Wanted::Http(404), "no WSDL is served"),
                Allowed::also(Wanted::Http(405), "no WSDL is served"),
            ],
        )],
        "Clients are generated from the WSDL of the service.",
    )
    .basis(Basis::Practice),
    row(
        "TR_PATH",
        "POST to a path where nothing is",
        &["RFC 9110 §15.5.5"],
        &[Step::carried(
            Ask::Base,
            Carry {
                suffix: "/no-such-place",
                ..Carry::PROPER
            },
            &[
                Allowed::usual(Wanted::Http(404)),
                Allowed::also(Wanted::Http(405), "HTTP refuses it"),
                Allowed::also(Wanted::Http(400), "HTTP refuses it"),
                Allowed::also(INVALID, "SOAP refuses it"),
            ],
        )],
        "What is sent to another path is not for this service.",
    )
    .basis(Basis::Inferred),
    row(
        "TR_TYPE",
        "JSON, and called so",
        &["SOAP 1.1 §6: text/xml", "RFC 9110 §15.5.16"],
        &[Step::carried(
            Ask::Bytes(b"{\"resourceType\":\"Patient\"}"),
            Carry {
                content_type: "application/json",
                ..Carry::PROPER
            },
            &[
                Allowed::usual(Wanted::Http(415)),
                Allowed::also(Wanted::Http(400), "HTTP refuses it"),
                Allowed::also(INVALID, "SOAP refuses it"),
            ],
        )],
        "What is no SOAP message at all is answered as if it were one.",
    )
    .basis(Basis::Inferred),
    row(
        "TR_EMPTY",
        "An empty body",
        &["ITK host autotest: ER_INVXML, at its shortest"],
        &[Step::new(Ask::Nothing, NO_MESSAGE)],
        "Nothing is no message: the client's fault.",
    )
    .basis(Basis::Inferred),
    row(
        "TR_TEXT",
        "A body that is no XML at all",
        &["ITK host autotest: ER_INVXML"],
        &[Step::new(
            Ask::Bytes(b"this is no XML \x00\xff and never was"),
            NO_MESSAGE,
        )],
        "What is no XML is the client's fault, and it gets a SOAP fault for it.",
    )
    .basis(Basis::Inferred),
    row(
        "TR_LARGE",
        "A body much larger than any request",
        &["RFC 9110 §15.5.14"],
        &[Step::new(
            Ask::Oversize,
            &[
                Allowed::usual(Wanted::Http(413)),
                Allowed::also(Wanted::Http(400), "HTTP refuses it"),
                Allowed::also(Wanted::Http(503), "HTTP refuses it"),
                Allowed::also(INVALID, "it is read whole, and refused by SOAP"),
                Allowed::also(Wanted::Closed, "the connection is closed without a word"),
            ],
        )],
        "A service that reads whatever it is sent can be made to fall over.",
    )
    .basis(Basis::Practice),
    row(
        "TR_ALIVE",
        "After all this a plain request is answered",
        &["ITK host autotest: happy path"],
        &[Step::new(Ask::Base, TAKEN)],
        "One of the scenarios above brought the service down, or made it refuse this client.",
    ),
];
