//! The HL7 message id counts once (401), whatever the id of the message around it.
//!
//! Nearly every client gives both the same id, and then the transport's memory of the message
//! serves for both: nothing more is written. Only where they differ is the HL7 id kept as well.
//! Either way a message looks for its HL7 id in both places.

use domain::MessageId;
use hl7v3::SpineRequest;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use store::{Commit, Precondition, SeenKey, SeenMessage};

use super::REMEMBERED;

/// The two places where the HL7 id of a message may be known.
pub(super) struct Once {
    /// In the name of its sender's ASID.
    hl7: SeenKey,
    /// Among the ids of the transport; `None` when that is the message's own.
    transport: Option<SeenKey>,
}

impl Once {
    pub(super) fn of(request: &SpineRequest<'_, '_>, own: &SeenKey) -> Self {
        let id = &request.transmission.id;
        let upper = id.as_str().to_ascii_uppercase();
        let id = MessageId::parse(&upper).unwrap_or_else(|_| id.clone());
        let as_transport = SeenKey {
            message: id.clone(),
            ..own.clone()
        };
        Self {
            hl7: SeenKey {
                sender: request.sender.as_str().to_owned(),
                interaction: request.interaction.id().to_owned(),
                message: id,
            },
            transport: (as_transport != *own).then_some(as_transport),
        }
    }

    /// Whether this precondition, which does not hold, says that the HL7 id was used before.
    pub(super) fn is(&self, broken: &Precondition) -> bool {
        match broken {
            Precondition::MessageUnseen(key) => {
                *key == self.hl7 || Some(key) == self.transport.as_ref()
            }
            _ => false,
        }
    }

    /// Writes what has to be known later, provided that nothing is known now.
    pub(super) fn remember(self, commit: &mut Commit, at: Timestamp) {
        let unseen = match self.transport {
            None => self.hl7,
            Some(as_transport) => {
                commit.seen.push(SeenMessage {
                    digest: Sha256::digest(self.hl7.message.as_str()).into(),
                    key: self.hl7,
                    answer: Vec::new(),
                    at,
                    expires: at.checked_add(REMEMBERED).unwrap_or(Timestamp::MAX),
                });
                as_transport
            }
        };
        commit
            .preconditions
            .push(Precondition::MessageUnseen(unseen));
    }
}
