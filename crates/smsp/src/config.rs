//! What an operator may set.

use domain::code::smsp::CodeSet;
use domain::identifier::{Asid, OdsCode};
use jiff::SignedDuration;

/// Settings of the SCR mini services.
#[derive(Debug, Clone)]
pub struct SmspConfig {
    /// The organisation that runs this provider: sender of every answer.
    pub ods: OdsCode,
    /// The Spine's own ASID: receiver of every query.
    pub spine_asid: Asid,
    /// What stands in `wsa:To` of a query: the Spine's URL as its operator names it. The
    /// connection itself is made by the upstream, from configuration.
    pub spine_url: String,
    /// What stands in `wsa:From` of a query.
    pub own_url: String,
    /// Which published set of response codes is answered with.
    pub code_set: CodeSet,
    /// Answer SOAP fault 2200 instead of SMSP-9999 when the Spine refuses a message as such
    /// (SOAP fault, application acknowledgement AE or AR). Some clients were built against a
    /// test tool that did so.
    pub faults_for_spine_failures: bool,
    /// How long a permission lasts that a request records without saying how long.
    pub permission: DefaultPermission,
    /// The activity (business function) codes that give the rights.
    pub activities: ActivityCodes,
    /// How far a caller's clock may be off.
    pub skew: SignedDuration,
    /// How long an answer is valid (`wsu:Expires`).
    pub answer_valid_for: SignedDuration,
}

/// How long a permission to view lasts when the request does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DefaultPermission {
    /// Until the current day ends in the United Kingdom.
    #[default]
    UntilEndOfDay,
    /// For so long, from now.
    For(SignedDuration),
}

/// Activity codes of national role-based access control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityCodes {
    /// View a summary with the patient's permission; B0370 View Summary Health Records.
    pub view: String,
    /// View without it, in an emergency; B0168.
    pub emergency: String,
}

impl Default for ActivityCodes {
    fn default() -> Self {
        Self {
            view: "B0370".to_owned(),
            emergency: "B0168".to_owned(),
        }
    }
}

impl SmspConfig {
    /// The published defaults, for this provider in front of this Spine.
    pub fn new(ods: OdsCode, spine_asid: Asid, spine_url: impl Into<String>) -> Self {
        Self {
            ods,
            spine_asid,
            spine_url: spine_url.into(),
            own_url: String::new(),
            code_set: CodeSet::default(),
            faults_for_spine_failures: false,
            permission: DefaultPermission::default(),
            activities: ActivityCodes::default(),
            skew: SignedDuration::from_secs(5),
            answer_valid_for: SignedDuration::from_mins(5),
        }
    }
}
