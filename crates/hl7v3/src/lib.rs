//! The Spine's HL7 V3 messages, typed to XML and back.
//!
//! The Spine speaks SOAP 1.1 with WS-Addressing 2004/08; inside is an HL7 V3 interaction: a
//! transmission wrapper, a control act, and what it is about. This crate knows the shapes and the
//! rules of Spine 2, and nothing of storage, of the network or of the clock: times and ids are
//! arguments.
//!
//! Two sides, two temperaments. Reading a *request* is strict: every check of Spine 2 is made, and
//! a failed one says which ([`RequestError`], [`Invalid`]). Reading an *answer* is lenient:
//! elements are found by local name, because three namespace variants of the same answer are met
//! in the field. Writing follows the element order of the published schemas exactly.
//!
//! Architecture invariant: a document's bytes are never rebuilt. They pass through
//! [`xml::Writer::slice`] untouched.

pub mod acs;
pub mod alert;
pub mod bare;
pub mod cpis;
pub mod gp_summary;
pub mod interaction;
pub mod issue;
mod lenient;
pub mod psis;
pub mod relationship;
pub mod relay;
pub mod soap;
pub mod upload;
pub mod withdrawal;
pub mod wrapper;

pub use interaction::Interaction;
pub use issue::Invalid;
pub use soap::{
    AnswerError, AnswerMessage, AnswerParts, ReplyTo, RequestError, RequestParts, SoapFault,
    SpineAnswer, SpineRequest,
};
