//! The Interoperability Toolkit (ITK 2.x) binding of the mini services.
//!
//! A request is a SOAP 1.1 envelope with WS-Addressing 2005/08 and WS-Security (a Timestamp and a
//! UsernameToken) around one `DistributionEnvelope` around one payload. Reading is two steps, so
//! that each failure gets its own answer:
//!
//! 1. [`request::read`] checks everything around the payload; a violation is a SOAP [`fault`].
//! 2. The payload modules of [`scr`] check the payload: what its schema forbids is a fault as
//!    well, what is well-formed but wrong (a check digit, a missing reason) is an answer with
//!    code SMSP-0001. The payload of [`cpis`] is a message of the Spine, and read where those are.
//!
//! The server side writes with [`response::write`]; the client side is [`client_request::write`]
//! and the tolerant [`client_response::read`].
//!
//! An XML signature in the WS-Security header is verified by [`request::read`]; see [`signature`]
//! for what may be signed and how. What identifies a client is its TLS certificate all the same:
//! a signature need not be there, and whether its certificate is trusted is the service's question.

pub mod client_request;
pub mod client_response;
pub mod cpis;
pub mod envelope;
pub mod fault;
mod header;
mod operation;
pub mod request;
pub mod response;
pub mod scr;
mod security;
pub mod signature;
mod strict;
mod uuid;
pub mod wsdl;

pub use operation::{Face, Operation};

/// The ITK service of every mini-service request: `SOAPAction`, `wsa:Action` and
/// `header/@service` alike.
pub const SEND_RECV: &str = "urn:nhs-itk:services:201005:sendRecvDistEnvelope";
/// The same of every answer.
pub const SEND_RECV_RESPONSE: &str = "urn:nhs-itk:services:201005:sendRecvDistEnvelopeResponse";
/// The key of the interaction in `handlingSpecification`.
pub const INTERACTION_KEY: &str = "urn:nhs-itk:ns:201005:interaction";
/// The address that stands for "the sender of the request" in WS-Addressing 2005/08.
pub const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";
/// `wsa:Action` of a fault.
pub const FAULT_ACTION: &str = "http://www.w3.org/2005/08/addressing/soap/fault";
