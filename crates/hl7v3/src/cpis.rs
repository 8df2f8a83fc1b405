//! CP-IS: Child Protection - Information Sharing, the messages of a hospital's
//! question and of a local authority's files.
//!
//! Model: `domain::cpis`; documents: the XSD set of the Child Protection domain message
//! specification (`CPIS`), `QUPC_MT000006GB01` and its neighbours. Unlike in the older domains,
//! fixed values (`classCode`, `code`, `templateId`, ...) are not sent in payloads, and each part
//! that may be one of several templates says which by `npfitlc:contentId`.

pub mod acknowledgement;
pub mod answer;
pub mod author;
pub mod fault;
pub mod file;
mod part;
pub mod pull;
pub mod query;
pub mod reply;

pub use fault::{FaultKind, QueryFault};

use domain::Asid;
use xml::Element;

use crate::wrapper::{Author, Transmission};
use crate::{Interaction, Invalid};

/// What the wrappers of a request say: who sent it, the person of its control act, and the system.
pub(crate) type Wrappers = (Transmission, Option<Author>, Asid);

/// Reads the wrappers of a request of CP-IS, which has checks of its own; `None` for all others.
/// `header` are the receiver and the sender of the SOAP header, where there is one.
pub(crate) fn read_wrapper(
    message: Element<'_, '_>,
    interaction: Interaction,
    header: Option<(&Asid, &Asid)>,
) -> Option<Result<Wrappers, Invalid>> {
    match interaction {
        Interaction::CpisQuery => Some(query::read_wrapper(message, interaction, header)),
        pull if pull.is_cpis_pull() => {
            let read = pull::read_wrapper(message, interaction, header);
            Some(read.map(|transmission| {
                let system = transmission.sender.clone();
                (transmission, None, system)
            }))
        }
        _ => None,
    }
}
