//! Child Protection - Information Sharing (CP-IS): what local authorities upload is shown to staff
//! of unscheduled care, and they are told who looked.
//!
//! [`rights`] says whether and how a user may look, `history` what an access leaves behind and who
//! is told of it; `query` answers questions with that, and `pull` gives an authority its notices.
//! Either comes over any transport: `Question::read` and `Question::answer` are the way in.

mod history;
pub mod inactive;
pub mod notices;
mod pull;
mod query;
pub mod rights;
pub mod seeds;
pub mod upload;

use domain::audit::AuditEvent;
use domain::code::psis::Issue;
use domain::{CheckDigit, NhsNumber, OdsCode};
use hl7v3::cpis::acknowledgement::{Codes, not_found};
use hl7v3::cpis::pull::Notices;
use hl7v3::{AnswerParts, Interaction, Invalid, SpineRequest};
use jiff::Timestamp;
use sds::users::UserDirectory;
use store::{Commit, Store, StoreError};

use crate::answer::Answer;
use crate::scenario::ScenarioPack;

/// The fault of somebody who may not do what they ask for, in the table of codes
/// ([`CpisConfig::codes`]).
pub const NOT_AUTHORISED: &str = "CPIS.NOT_AUTHORISED";

/// The fault of an id that was used before, for something else.
pub const REUSED_ID: &str = "CPIS.REUSED_ID";

/// The fault of a period with more notices than one answer gives.
pub const TOO_MANY: &str = "CPIS.TOO_MANY_NOTICES";

/// What an operator may decide about CP-IS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpisConfig {
    /// Whether the check digit of an NHS number in a query must be right. Published test packs
    /// have numbers whose check digits are wrong.
    pub check_digit: CheckDigit,
    /// Whether answers list all accesses in one `pertinentInformation13`, as samples of the
    /// national service do against their schema. Otherwise each stands in one of its own.
    pub legacy_history_shape: bool,
    /// Whether users who are not in the user directory are refused. Otherwise their own
    /// organisation is believed, and only those who are listed are checked.
    pub require_known_users: bool,
    /// Whether authorities are told of every unscheduled query. Otherwise, of several within a day
    /// by the same author, of the first.
    pub notices_within_a_day: bool,
    /// How many notices an authority is given at a time; a period that has more is refused.
    pub most_notices: usize,
    /// With which code and text each fault is answered.
    pub codes: Codes,
}

impl Default for CpisConfig {
    fn default() -> Self {
        let mut codes = Codes::default();
        for (fault, text) in [
            (NOT_AUTHORISED, "not authorised"),
            (REUSED_ID, "the id was used before, for something else"),
            (TOO_MANY, "too many notices: ask for a shorter period"),
        ] {
            codes.set(fault, codes.unexpected().code.as_ref(), text);
        }
        Self {
            check_digit: CheckDigit::default(),
            legacy_history_shape: false,
            require_known_users: false,
            notices_within_a_day: false,
            most_notices: 1000,
            codes,
        }
    }
}

/// CP-IS as a service has it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cpis {
    pub(crate) config: CpisConfig,
    pub(crate) users: UserDirectory,
}

impl Cpis {
    /// The issues that a request of this interaction is answered with: those of CP-IS have a table
    /// of their own.
    pub(crate) fn issues(&self, interaction: Interaction, invalid: &Invalid) -> Vec<Issue> {
        match interaction.is_cpis() {
            true => self.config.codes.issues(invalid),
            false => invalid.issues_for(interaction),
        }
    }

    /// Refuses for a reason of our own.
    fn refuse(&self, fault: &'static str) -> Answer {
        Answer::Refused(self.config.codes.issues(&Invalid {
            fault,
            detail: String::new(),
            nhs_number: false,
            also: Vec::new(),
        }))
    }
}

/// Where a question is decided.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) cpis: &'a Cpis,
    pub(crate) store: &'a dyn Store,
    pub(crate) now: Timestamp,
    pub(crate) scenarios: Option<ScenarioPack>,
    /// Whose system is connected.
    pub(crate) organisation: Option<&'a OdsCode>,
}

/// A question that passed every check of its interaction.
#[derive(Debug)]
pub(crate) enum Question {
    /// QUPC_IN000006GB01.
    Query(Box<query::Asked>),
    /// ACCESS_TO_SERVICE, INACTIVE_NHS_NUMBERS.
    Pull(Notices, Box<hl7v3::cpis::pull::Pull>),
}

impl Question {
    /// Reads the question of a request; `None` when it is none about CP-IS.
    pub(crate) fn read(
        request: &SpineRequest<'_, '_>,
        cpis: &Cpis,
    ) -> Option<Result<Self, Invalid>> {
        match request.interaction {
            Interaction::CpisQuery => {
                let asked = query::Asked::read(request, cpis.config.check_digit);
                Some(asked.map(|asked| Self::Query(Box::new(asked))))
            }
            other if other.is_cpis_pull() => {
                let read = hl7v3::cpis::pull::read_request(request);
                Some(read.map(|(notices, pull)| Self::Pull(notices, Box::new(pull))))
            }
            _ => None,
        }
    }

    /// Notes in the event who asks about whom.
    pub(crate) fn note(&self, event: &mut AuditEvent) {
        match self {
            Self::Query(asked) => asked.note(event),
            Self::Pull(_, pull) => event.organisation = Some(pull.authority.clone()),
        }
    }

    /// Whom it is about.
    pub(crate) fn patient(&self) -> Option<NhsNumber> {
        match self {
            Self::Query(asked) => Some(asked.query.patient),
            Self::Pull(..) => None,
        }
    }

    /// Answers it from what is stored. Why it is so goes into the event.
    pub(crate) async fn answer(
        &self,
        desk: Desk<'_>,
        event: &mut AuditEvent,
    ) -> Result<Answer, StoreError> {
        match self {
            Self::Query(asked) => query::answer(desk, asked, event).await,
            Self::Pull(notices, pull) => pull::answer(desk, *notices, pull, event).await,
        }
    }
}

/// What a question comes to, when it is neither refused nor fails.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// There is a record.
    Found(Box<query::Found>),
    /// There is none; what is remembered of the message, unless it is scripted.
    Nothing(Option<query::Remembered>),
    /// A message that was answered before gets this again.
    Repeated { body: Vec<u8>, discloses: bool },
    /// An authority's notices.
    Notices(Box<pull::Given>),
}

impl Outcome {
    /// Whether it shows anything of a record.
    pub(crate) fn discloses(&self) -> bool {
        match self {
            Self::Found(_) => true,
            Self::Nothing(_) => false,
            Self::Repeated { discloses, .. } => *discloses,
            Self::Notices(given) => given.count() > 0,
        }
    }

    /// In codes, for audit, logs and metrics.
    pub(crate) fn code(&self) -> String {
        match self {
            Self::Found(_) => "AA OK".to_owned(),
            Self::Nothing(_) => {
                let [first, second] = not_found();
                format!("AE {} {}", first.code, second.code)
            }
            Self::Repeated { .. } => "repeated".to_owned(),
            Self::Notices(given) if given.count() == 0 => "AA NF".to_owned(),
            Self::Notices(_) => "AA OK".to_owned(),
        }
    }

    /// What has to be written before it may leave, given how it was written in SOAP.
    pub(crate) fn effects(&self, body: &[u8], at: Timestamp) -> Commit {
        match self {
            Self::Found(found) => found.commit(body, at),
            Self::Nothing(Some(remembered)) => Commit {
                seen: vec![remembered.seen(body, at)],
                ..Commit::default()
            },
            Self::Nothing(None) | Self::Repeated { .. } | Self::Notices(_) => Commit::default(),
        }
    }

    /// Which message it is.
    pub(crate) fn interaction(&self) -> Interaction {
        match self {
            Self::Found(_) => Interaction::CpisAnswer,
            Self::Nothing(_) => Interaction::QueryFailed,
            Self::Repeated { body, .. } => {
                query::interaction_of(body).unwrap_or(Interaction::QueryFailed)
            }
            Self::Notices(given) => given.interaction(),
        }
    }

    /// The answer's bytes, in SOAP or bare as it was asked.
    pub(crate) fn message(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        match self {
            Self::Found(found) => found.write(parts),
            Self::Nothing(_) => hl7v3::cpis::acknowledgement::NoRecord.write(parts),
            Self::Repeated { body, .. } => query::again(body, parts.reply_to.form),
            Self::Notices(given) => given.write(parts),
        }
    }
}
