//! Stored documents: what is known of a GP Summary without opening it again.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{DocumentId, Hl7Timestamp, NhsNumber, RoleProfileId, SdsUserId};

/// The state of a document in PSIS (vocabulary 2.16.840.1.113883.2.1.3.2.4.17.59).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentState {
    /// Code 1.
    Normal,
    /// Code 2.
    Withdrawn,
    /// Code 3.
    Replaced,
}

impl DocumentState {
    /// The code on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Normal => "1",
            Self::Withdrawn => "2",
            Self::Replaced => "3",
        }
    }

    /// The display name on the wire.
    pub fn display_name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Withdrawn => "Withdrawn",
            Self::Replaced => "Replaced",
        }
    }

    /// The state of a code on the wire.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "1" => Some(Self::Normal),
            "2" => Some(Self::Withdrawn),
            "3" => Some(Self::Replaced),
            _ => None,
        }
    }
}

/// The two kinds of GP Summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SummaryKind {
    /// SNOMED CT 196971000000103, message type REPC_MT150002UK05: text only.
    Initial,
    /// SNOMED CT 196981000000101, message type REPC_MT150007UK05.
    Full,
}

impl SummaryKind {
    /// The SNOMED CT code of `GPSummary/code`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Initial => "196971000000103",
            Self::Full => "196981000000101",
        }
    }

    /// The display name of that code, also the title in document lists.
    pub fn display_name(self) -> &'static str {
        match self {
            Self::Initial => "General Practice Initial Summary",
            Self::Full => "General Practice Summary",
        }
    }

    /// The HL7 V3 message type of the document.
    pub fn message_type(self) -> &'static str {
        match self {
            Self::Initial => "REPC_MT150002UK05",
            Self::Full => "REPC_MT150007UK05",
        }
    }

    /// The kind of a SNOMED CT code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "196971000000103" => Some(Self::Initial),
            "196981000000101" => Some(Self::Full),
            _ => None,
        }
    }
}

/// Who wrote a document, as far as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DocumentAuthor {
    /// SDS user id, of a person known to SDS.
    pub user: Option<SdsUserId>,
    /// Role profile, of a person known to SDS.
    pub role_profile: Option<RoleProfileId>,
    /// ODS code (or work group code), of an organisation known to SDS.
    pub organisation: Option<String>,
    /// The name as text; parts joined with blanks.
    pub name: Option<String>,
    /// The author element itself, as it stands in the document: event lists give it unchanged.
    /// `None` for documents that were filed before this was kept, and where only the parts above
    /// are known.
    #[serde(skip)]
    pub element: Option<DocumentBytes>,
}

/// What a document's presentation text says about itself, in the fixed sentences that Spine 2
/// looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// The patient does not want a record to be stored: a blank record.
    pub dissent_to_store: bool,
    /// The practice holds nothing of significance.
    pub no_significant_content: bool,
}

/// What a GP Summary says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentHeader {
    /// `GPSummary/id`.
    pub id: DocumentId,
    /// `GPSummary/code`.
    pub kind: SummaryKind,
    /// `GPSummary/effectiveTime`: when the GP system made it.
    pub effective: Hl7Timestamp,
    /// `GPSummary/recordTarget`: whose record it is.
    pub patient: NhsNumber,
    /// `GPSummary/author`.
    pub author: DocumentAuthor,
    /// `GPSummary/replacementOf`: the document it replaces.
    pub replaces: Option<DocumentId>,
    /// What its text says about itself.
    #[serde(default)]
    pub marks: Marks,
}

/// A document's entry in the list of a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentPointer {
    /// The patient it is filed under. Equal to `header.patient` unless something went wrong
    /// upstream, which readers must notice.
    pub filed_under: NhsNumber,
    /// What it says of itself.
    pub header: DocumentHeader,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// Its state now.
    pub state: DocumentState,
    /// The document that replaced it.
    pub replaced_by: Option<DocumentId>,
    /// The message that withdrew it.
    pub withdrawn_by: Option<DocumentId>,
    /// Plain size in bytes.
    pub size: u64,
    /// SHA-256 of the plain bytes.
    pub sha256: [u8; 32],
}

/// The bytes of a document, exactly as they were received, and the namespace declarations that
/// stood on the elements around it.
///
/// The bytes alone are no stand-alone XML: whoever writes them out declares `inherited` on an
/// element of its own around them, so that the document's bytes stay untouched.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentBytes {
    /// From `<GPSummary …>` to `</GPSummary>`.
    pub bytes: Vec<u8>,
    /// `(prefix, namespace)` the bytes use but do not declare; the prefix of the default
    /// namespace is empty.
    pub inherited: Vec<(String, String)>,
}

impl fmt::Debug for DocumentBytes {
    /// Its size and nothing of the content: it is a patient's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentBytes")
            .field("size", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
