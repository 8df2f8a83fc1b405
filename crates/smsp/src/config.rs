//! What an operator may set.

use std::sync::Arc;

use domain::code::smsp::CodeSet;
use domain::identifier::{Asid, OdsCode};
use itk::signature::{Sha1, Signer};
use jiff::SignedDuration;
use transport::ClientTrust;

pub use crate::cpis::config::CpisConfig;

/// Rows of an activity report: the published samples stop at this number.
const REPORT_LIMIT: usize = 96;

/// Settings of the mini services.
#[derive(Clone)]
pub struct SmspConfig {
    /// The organisation that runs this provider: sender of every answer.
    pub ods: OdsCode,
    /// The Spine's own ASID: receiver of every query.
    pub spine_asid: Asid,
    /// What stands in `wsa:To` of a query: the Spine's URL as its operator names it. The
    /// connection itself is made by the upstream, from configuration.
    pub spine_url: String,
    /// Where clients reach the mini services: what the WSDL names, and what stands in `wsa:From`
    /// of a query.
    pub own_url: String,
    /// Who receives privacy alerts: the ASID of the Spine's alert service.
    pub alert_asid: Asid,
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
    /// The most accesses one activity report lists; it says how many there are.
    pub report_limit: usize,
    /// How long an answered message is remembered, so that a repetition gets the same answer. One
    /// that is valid for longer, by its own times, is remembered for longer.
    pub retention: SignedDuration,
    /// What answers are signed with, for the clients that want them signed.
    pub signer: Option<Arc<Signer>>,
    /// Whether requests may be signed with SHA-1, as the Toolkit's own tools do.
    pub sha1: Sha1,
    /// Whose certificates may sign requests. Without it no signed request is accepted.
    pub trust: Option<Arc<ClientTrust>>,
    /// What concerns the CP-IS mini service alone.
    pub cpis: CpisConfig,
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
    /// Change a patient's consent to share; B0020 Control Consent Status.
    pub consent: String,
    /// See who looked at records; B0011 Analyse Audit Trails.
    pub report: String,
    /// Ask CP-IS in unscheduled care; B0107 View CP-IS Flag.
    pub cpis: String,
}

impl Default for ActivityCodes {
    fn default() -> Self {
        Self {
            view: "B0370".to_owned(),
            emergency: "B0168".to_owned(),
            consent: "B0020".to_owned(),
            report: "B0011".to_owned(),
            cpis: "B0107".to_owned(),
        }
    }
}

impl SmspConfig {
    /// The published defaults, for this provider in front of this Spine.
    pub fn new(ods: OdsCode, spine_asid: Asid, spine_url: impl Into<String>) -> Self {
        Self {
            ods,
            alert_asid: spine_asid.clone(),
            spine_asid,
            spine_url: spine_url.into(),
            own_url: String::new(),
            code_set: CodeSet::default(),
            faults_for_spine_failures: false,
            permission: DefaultPermission::default(),
            activities: ActivityCodes::default(),
            skew: SignedDuration::from_secs(5),
            answer_valid_for: SignedDuration::from_mins(5),
            report_limit: REPORT_LIMIT,
            retention: SignedDuration::from_hours(1),
            signer: None,
            sha1: Sha1::default(),
            trust: None,
            cpis: CpisConfig::default(),
        }
    }

    /// Who is asked about child protection.
    pub(crate) fn cpis_asid(&self) -> &Asid {
        self.cpis.spine_asid.as_ref().unwrap_or(&self.spine_asid)
    }
}
