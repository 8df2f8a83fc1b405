//! The rules of each message pattern, in the order and under the names of Spine 2.
//!
//! Which of the flags must be there and which must not follows from the contract that the
//! directory holds for an interaction; the Spine checks the flags of a message against it and
//! names the rule that is broken.

use std::fmt;

use xml::{Element, ns};

use crate::manifest::Reference;
use crate::names::{EB, NEXT, NEXT_MSH, TO_PARTY_MSH, VERSION};
use crate::signal::{ErrorCode, MessageError};

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Unreliable and asynchronous, "express": to the Spine, answered later.
    Express,
    /// Reliable: to the Spine, acknowledged at once, answered later.
    Reliable,
    /// Reliable through the Spine, which acknowledges.
    ForwardReliable,
    /// Reliable through the Spine; the final receiver acknowledges.
    ForwardEndParty,
    /// Unreliable through the Spine.
    ForwardExpress,
    /// A signal sent as a message of its own.
    Signal,
}

/// A rule, by the Spine's own name of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// `INVALID_MESSAGE_HEADER_VERSION`
    InvalidMessageHeaderVersion,
    /// `DUPLICATE_ELIMINATION_INCONSISTENT_WITH_CONTRACT`
    DuplicateEliminationInconsistent,
    /// `ACK_REQUESTED_INCONSISTENT_WITH_CONTRACT`
    AckRequestedInconsistent,
    /// `ACK_REQUESTED_VERSION_INVALID`
    AckRequestedVersionInvalid,
    /// `ACK_REQUESTED_SIGNED_INVALID`
    AckRequestedSignedInvalid,
    /// `ACK_REQUESTED_ACTOR_INVALID`
    AckRequestedActorInvalid,
    /// `SYNCREPLY_INCONSISTENT_WITH_CONTRACT`
    SyncReplyInconsistent,
    /// `SYNCREPLY_VERSION_INVALID`
    SyncReplyVersionInvalid,
    /// `SYNCREPLY_ACTOR_INVALID`
    SyncReplyActorInvalid,
    /// `INVALID_MANIFEST_REFERENCE`
    InvalidManifestReference,
}

impl Rule {
    /// The Spine's name of the error.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidMessageHeaderVersion => "INVALID_MESSAGE_HEADER_VERSION",
            Self::DuplicateEliminationInconsistent => {
                "DUPLICATE_ELIMINATION_INCONSISTENT_WITH_CONTRACT"
            }
            Self::AckRequestedInconsistent => "ACK_REQUESTED_INCONSISTENT_WITH_CONTRACT",
            Self::AckRequestedVersionInvalid => "ACK_REQUESTED_VERSION_INVALID",
            Self::AckRequestedSignedInvalid => "ACK_REQUESTED_SIGNED_INVALID",
            Self::AckRequestedActorInvalid => "ACK_REQUESTED_ACTOR_INVALID",
            Self::SyncReplyInconsistent => "SYNCREPLY_INCONSISTENT_WITH_CONTRACT",
            Self::SyncReplyVersionInvalid => "SYNCREPLY_VERSION_INVALID",
            Self::SyncReplyActorInvalid => "SYNCREPLY_ACTOR_INVALID",
            Self::InvalidManifestReference => "INVALID_MANIFEST_REFERENCE",
        }
    }

    /// The standard's code for it. The Spine's own numbers are not published.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::DuplicateEliminationInconsistent
            | Self::AckRequestedInconsistent
            | Self::SyncReplyInconsistent => ErrorCode::Inconsistent,
            Self::InvalidManifestReference => ErrorCode::MimeProblem,
            _ => ErrorCode::ValueNotRecognized,
        }
    }
}

/// A rule that a message breaks, and what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub rule: Rule,
    /// What it asks for, in words.
    pub wanted: &'static str,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.name(), self.wanted)
    }
}

impl From<Broken> for MessageError {
    fn from(broken: Broken) -> Self {
        Self::new(broken.rule.code(), broken.to_string())
    }
}

/// What an envelope shows of its pattern, as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    header_version: Option<String>,
    duplicate_elimination: usize,
    ack_requested: Vec<Mark>,
    sync_reply: Vec<Mark>,
    /// Its version, if there is a manifest.
    manifest: Option<Option<String>>,
}

/// The attributes of `AckRequested` or `SyncReply`, as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Mark {
    version: Option<String>,
    signed: Option<String>,
    actor: Option<String>,
}

impl Marks {
    pub(crate) fn read(header: Element<'_, '_>, manifest: Option<Element<'_, '_>>) -> Self {
        let message_header = header.child(EB, "MessageHeader");
        let marks = |name| header.children_named(EB, name).map(Mark::read).collect();
        Self {
            header_version: message_header.and_then(version),
            duplicate_elimination: message_header
                .map(|e| e.children_named(EB, "DuplicateElimination").count())
                .unwrap_or_default(),
            ack_requested: marks("AckRequested"),
            sync_reply: marks("SyncReply"),
            manifest: manifest.map(version),
        }
    }
}

impl Mark {
    fn read(element: Element<'_, '_>) -> Self {
        Self {
            version: version(element),
            signed: element.attribute_ns(EB, "signed").map(str::to_owned),
            actor: element.attribute_ns(ns::SOAP11, "actor").map(str::to_owned),
        }
    }
}

fn version(element: Element<'_, '_>) -> Option<String> {
    element.attribute_ns(EB, "version").map(str::to_owned)
}

fn is(value: Option<&String>, wanted: &str) -> bool {
    value.is_some_and(|value| value == wanted)
}

/// Nothing when it holds.
fn hold(condition: bool, rule: Rule, wanted: &'static str) -> Result<(), Broken> {
    match condition {
        true => Ok(()),
        false => Err(Broken { rule, wanted }),
    }
}

impl Pattern {
    pub(crate) fn check(
        self,
        marks: &Marks,
        references: &[Reference],
        attachments: usize,
    ) -> Result<(), Broken> {
        self.check_version(marks)?;
        self.check_duplicate_elimination(marks)?;
        self.check_ack_requested(marks)?;
        self.check_sync_reply(marks)?;
        self.check_manifest(marks, references)?;
        // With one reference, a second part is one that the manifest does not name.
        let ends_here = matches!(self, Self::Express | Self::Reliable);
        hold(
            !ends_here || attachments == 0,
            Rule::InvalidManifestReference,
            "there must be no part beside the HL7 message",
        )
    }

    fn check_version(self, marks: &Marks) -> Result<(), Broken> {
        let version = marks.header_version.as_ref();
        let is_2 = is(version, VERSION);
        match self {
            Self::Express | Self::Reliable => hold(
                is_2 || version.is_none(),
                Rule::InvalidMessageHeaderVersion,
                "the version of MessageHeader must be 2.0",
            ),
            Self::ForwardReliable => hold(
                is_2,
                Rule::InvalidMessageHeaderVersion,
                "MessageHeader must have version 2.0",
            ),
            // The Spine names these so.
            _ => hold(
                is_2,
                Rule::SyncReplyVersionInvalid,
                "MessageHeader must have version 2.0",
            ),
        }
    }

    fn check_duplicate_elimination(self, marks: &Marks) -> Result<(), Broken> {
        let rule = Rule::DuplicateEliminationInconsistent;
        let count = marks.duplicate_elimination;
        match self {
            Self::Express => hold(count == 0, rule, "there must be no DuplicateElimination"),
            Self::Reliable | Self::ForwardReliable => {
                hold(count == 1, rule, "there must be one DuplicateElimination")
            }
            _ => Ok(()),
        }
    }

    fn check_ack_requested(self, marks: &Marks) -> Result<(), Broken> {
        let (missing, present) = match self {
            Self::ForwardEndParty | Self::ForwardExpress => {
                (Rule::SyncReplyInconsistent, Rule::SyncReplyInconsistent)
            }
            _ => (
                Rule::AckRequestedInconsistent,
                Rule::AckRequestedInconsistent,
            ),
        };
        match self {
            Self::Signal => return Ok(()),
            Self::Express | Self::ForwardExpress => {
                let none = marks.ack_requested.is_empty();
                return hold(none, present, "there must be no AckRequested");
            }
            _ => {}
        }
        let [mark] = marks.ack_requested.as_slice() else {
            return hold(false, missing, "there must be one AckRequested");
        };
        let version = match self {
            Self::ForwardEndParty => Rule::SyncReplyVersionInvalid,
            _ => Rule::AckRequestedVersionInvalid,
        };
        hold(
            is(mark.version.as_ref(), VERSION),
            version,
            "AckRequested must have version 2.0",
        )?;
        if self != Self::ForwardEndParty {
            hold(
                is(mark.signed.as_ref(), "false"),
                Rule::AckRequestedSignedInvalid,
                "AckRequested must have signed false",
            )?;
        }
        let (actor, wanted) = match self {
            Self::ForwardReliable => (NEXT_MSH, "the actor of AckRequested must be nextMSH"),
            _ => (TO_PARTY_MSH, "the actor of AckRequested must be toPartyMSH"),
        };
        hold(
            is(mark.actor.as_ref(), actor),
            Rule::AckRequestedActorInvalid,
            wanted,
        )
    }

    fn check_sync_reply(self, marks: &Marks) -> Result<(), Broken> {
        let rule = Rule::SyncReplyInconsistent;
        match self {
            Self::Express => return Ok(()),
            Self::Reliable => {}
            _ => {
                let none = marks.sync_reply.is_empty();
                return hold(none, rule, "there must be no SyncReply");
            }
        }
        let [mark] = marks.sync_reply.as_slice() else {
            return hold(false, rule, "there must be one SyncReply");
        };
        hold(
            is(mark.version.as_ref(), VERSION),
            Rule::SyncReplyVersionInvalid,
            "SyncReply must have version 2.0",
        )?;
        hold(
            is(mark.actor.as_ref(), NEXT),
            Rule::SyncReplyActorInvalid,
            "the actor of SyncReply must be next",
        )
    }

    /// The Spine takes exactly one reference, so no attachments, in what ends at the Spine.
    fn check_manifest(self, marks: &Marks, references: &[Reference]) -> Result<(), Broken> {
        let rule = Rule::InvalidManifestReference;
        if self == Self::Signal {
            return Ok(());
        }
        let ends_here = matches!(self, Self::Express | Self::Reliable);
        match &marks.manifest {
            Some(version) => hold(
                is(version.as_ref(), VERSION) || (ends_here && version.is_none()),
                rule,
                "Manifest must have version 2.0",
            )?,
            None => return hold(!ends_here, rule, "there must be a Manifest"),
        }
        if !ends_here {
            let all = references
                .iter()
                .all(|reference| !reference.href.is_empty());
            return hold(all, rule, "every Reference must have an href");
        }
        let [only] = references else {
            return hold(false, rule, "there must be one Reference");
        };
        let target = only.href.split_once(':').map(|(_, target)| target.trim());
        let leads_somewhere = target.is_some_and(|target| !target.is_empty());
        hold(
            leads_somewhere,
            rule,
            "the href of Reference must name a part",
        )
    }
}
