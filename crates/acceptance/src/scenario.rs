//! One rule as data: what is sent, what may come back, and who says so.

use itk::Face;
use itk::fault::{ErrorCode, FaultKind};

/// One scenario.
#[derive(Debug)]
pub struct Scenario {
    /// The official test's id where there is one (`SO_NOACTN`), else one of ours.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// One line for people.
    pub title: &'static str,
    /// The published documents and rules it stands on.
    pub requirements: &'static [&'static str],
    /// How sure the rule is.
    pub basis: Basis,
    /// What it leaves behind at the service.
    pub effect: Effect,
    /// What a failure most likely means, for whoever has to mend it.
    pub(crate) cause: &'static str,
    /// The scenario that must go well for this one to prove anything.
    pub(crate) control: Option<&'static str>,
    pub(crate) steps: &'static [Step],
}

/// What a scenario is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// The plain request that the others spoil.
    Control,
    /// The six operations.
    Operations,
    /// What is well formed and wrong.
    Content,
    /// SOAP, WS-Addressing and WS-Security.
    Soap,
    /// The DistributionEnvelope.
    Envelope,
    /// Who may call.
    Identity,
    /// Messages that come twice.
    Duplicates,
    /// XML signatures.
    Signature,
    /// HTTP and TLS.
    Transport,
    /// The two consent operations of our own.
    Extension,
    /// Child Protection - Information Sharing.
    Cpis,
}

/// How sure a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// A published document or the official test tool says so.
    Published,
    /// Published documents imply it.
    Inferred,
    /// Sound practice that no published document spells out.
    Practice,
}

/// What a scenario leaves behind at the service, beside its audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing.
    None,
    /// A permission to view, and perhaps an alert to the privacy officer.
    Permission,
    /// An alert to the privacy officer.
    Alert,
    /// A patient's consent is written, with the value it had.
    Consent,
    /// An access to child protection information, which the local authority is told of.
    Access,
}

/// One exchange.
#[derive(Debug)]
pub(crate) struct Step {
    /// What is asked.
    pub(crate) ask: Ask,
    /// What is spoilt in the message afterwards.
    pub(crate) edits: &'static [Edit],
    /// How it travels.
    pub(crate) carry: Carry,
    /// The allowed outcomes, the customary one first.
    pub(crate) allowed: &'static [Allowed],
}

/// What a message asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// The cheapest valid request: getSCRStatus when there is a patient, else getRBACStatus.
    Base,
    Status(Who),
    Rights,
    QueryPtv(Who),
    /// For the target's own user; days from today on.
    CreatePtv(Who, Option<Days>),
    Query(Query),
    /// Days from today on, and the filters.
    Activity(Kind, Days),
    GetConsent(Who),
    /// With the setting that the getSCRConsent before it found.
    SetConsentAsFound(Who),
    /// What does CP-IS hold?
    Plans(Child, By),
    /// The very bytes of the step before.
    Again,
    /// This, with the tracking id or the message id of the step before.
    Reusing(Reuse, &'static Ask),
    /// No request at all but these bytes.
    Bytes(&'static [u8]),
    /// So many bytes that no service takes them.
    Oversize,
    /// Nothing: an empty body.
    Nothing,
    /// What no client can bring about, and why.
    Impossible(&'static str),
}

/// A patient of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    WithRecord,
    WithoutRecord,
    Dissenting,
    Untouched,
}

/// A number of the target to ask CP-IS about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Child {
    WithPlan,
    WithoutPlan,
}

/// Whom a query of CP-IS names as its author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The target's user, as one with a smartcard.
    User,
    /// The target's system.
    System,
}

/// A period, in days from today on; negative is past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days(pub(crate) i32, pub(crate) i32);

/// Kind of an activity report, with the filter that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Date,
    Patient,
    User,
}

/// A querySCR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) who: Who,
    pub(crate) permission: bool,
    pub(crate) emergency: bool,
    pub(crate) relationship: bool,
    pub(crate) duration: Option<Days>,
}

/// What a message takes over from the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    TrackingId,
    MessageId,
}

/// One defect put into a message. Paths are local names from the envelope's children down, like
/// `Header/Action`; `*` is any name, and of several elements the first is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    Remove(&'static str),
    Text(&'static str, Value),
    Attribute(&'static str, &'static str, Value),
    NoAttribute(&'static str, &'static str),
    /// XML put before an element. It may use the prefixes `soap`, `wsa` and `itk`.
    Before(&'static str, &'static str),
    /// XML put at the end of an element.
    Inside(&'static str, &'static str),
    /// The element so many times more.
    Repeat(&'static str, usize),
    /// The texts of two elements change places; the first comes first.
    Swap(&'static str, &'static str),
    /// The first to the end of the second.
    Move(&'static str, &'static str),
    /// A copy of the first, in an element of no meaning, at the end of the second.
    Keep(&'static str, &'static str),
    /// A text anywhere, once.
    Replace(&'static str, &'static str),
    /// XML in front of the whole message, after its declaration.
    Prolog(&'static str),
    /// The message in UTF-16.
    Utf16,
}

/// What an edit puts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    /// This text.
    Is(&'static str),
    /// The MessageID.
    MessageId,
    /// The MessageID in lower case.
    LowerMessageId,
    /// The tracking id in lower case.
    LowerTrackingId,
    /// Now and so many seconds.
    Time(i64),
}

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Carry {
    /// Which service it goes to.
    pub(crate) face: Face,
    pub(crate) method: &'static str,
    /// Added to the path of the target: `?wsdl`, `/no-such-place`.
    pub(crate) suffix: &'static str,
    pub(crate) content_type: &'static str,
    /// `SOAPAction`.
    pub(crate) action: &'static str,
    pub(crate) identity: Identity,
    pub(crate) speaker: Speaker,
    pub(crate) signed: bool,
}

/// Who is named as the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// The target's.
    User,
    /// Nobody.
    Nobody,
    /// One whom nobody knows.
    Unknown,
}

/// Which certificate is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The target's.
    Own,
    /// None.
    Absent,
    /// One of an authority that nobody knows.
    Stranger,
}

/// One allowed outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub(crate) outcome: Wanted,
    /// Empty for the customary outcome; else why this one is accepted too.
    pub(crate) because: &'static str,
}

/// An outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A SOAP fault, with this code, or with none given.
    Fault(FaultKind, Option<ErrorCode>),
    /// An answer with this code and display name, compared without regard to case.
    Code(&'static str, &'static str),
    /// An answer, whatever its code.
    AnyAnswer,
    /// SMSP-0000, and this.
    Success(Fact),
    /// The very same outcome as the step before.
    AsBefore,
    /// An HTTP answer that is no SOAP message.
    Http(u16),
    /// An HTTP answer with a WSDL.
    Wsdl,
    /// TLS refuses.
    Tls,
    /// The connection ends without an answer.
    Closed,
}

/// What a success must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fact {
    /// Nothing in particular.
    Any,
    /// Whether there is a record.
    Exists(bool),
    /// There is no consent to view.
    ConsentNo,
    /// Whether there is permission to view.
    Permitted(bool),
    /// A document, about the patient asked for.
    Document,
    /// A report, all of whose rows pass the filter asked for.
    Report,
    /// Plans, about the number asked for.
    Plans,
}

impl Step {
    /// A request as it should be, sent as it should be.
    pub(crate) const fn new(ask: Ask, allowed: &'static [Allowed]) -> Self {
        Self {
            ask,
            edits: &[],
            carry: Carry::PROPER,
            allowed,
        }
    }

    pub(crate) const fn spoilt(
        ask: Ask,
        edits: &'static [Edit],
        allowed: &'static [Allowed],
    ) -> Self {
        Self {
            ask,
            edits,
            carry: Carry::PROPER,
            allowed,
        }
    }

    pub(crate) const fn carried(ask: Ask, carry: Carry, allowed: &'static [Allowed]) -> Self {
        Self {
            ask,
            edits: &[],
            carry,
            allowed,
        }
    }
}

impl Carry {
    /// As the binding says.
    pub(crate) const PROPER: Self = Self {
        face: Face::Scr,
        method: "POST",
        suffix: "",
        content_type: "text/xml; charset=utf-8",
        action: itk::SEND_RECV,
        identity: Identity::Own,
        speaker: Speaker::User,
        signed: false,
    };
}

impl Allowed {
    /// The customary outcome.
    pub(crate) const fn usual(outcome: Wanted) -> Self {
        Self {
            outcome,
            because: "",
        }
    }

    /// An outcome that is accepted too.
    pub(crate) const fn also(outcome: Wanted, because: &'static str) -> Self {
        Self { outcome, because }
    }
}

impl Group {
    /// Every group, in the order of the run.
    pub const ALL: [Self; 11] = [
        Self::Control,
        Self::Operations,
        Self::Content,
        Self::Soap,
        Self::Envelope,
        Self::Identity,
        Self::Duplicates,
        Self::Signature,
        Self::Transport,
        Self::Extension,
        Self::Cpis,
    ];

    /// The name to select it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Operations => "operations",
            Self::Content => "content",
            Self::Soap => "soap",
            Self::Envelope => "envelope",
            Self::Identity => "identity",
            Self::Duplicates => "duplicates",
            Self::Signature => "signature",
            Self::Transport => "transport",
            Self::Extension => "extension",
            Self::Cpis => "cpis",
        }
    }

    /// What it is about, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Control => "The plain request that the others spoil",
            Self::Operations => "The six operations",
            Self::Content => "Well formed and wrong",
            Self::Soap => "SOAP, WS-Addressing and WS-Security",
            Self::Envelope => "The DistributionEnvelope and its payload",
            Self::Identity => "Who may call",
            Self::Duplicates => "Messages that come twice",
            Self::Signature => "XML signatures",
            Self::Transport => "HTTP and TLS",
            Self::Extension => "Consent (an extension of minispine)",
            Self::Cpis => "Child Protection - Information Sharing",
        }
    }
}

impl Basis {
    /// `published`, `inferred` or `practice`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Inferred => "inferred",
            Self::Practice => "practice",
        }
    }
}
