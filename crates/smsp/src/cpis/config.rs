//! What an operator may set about CP-IS.

use domain::CheckDigit;
use domain::identifier::Asid;

/// Settings of the CP-IS mini service, beside those that all mini services share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpisConfig {
    /// Where clients reach it: what its WSDL names, and what stands in `wsa:From` of a query.
    pub own_url: String,
    /// The ASID of CP-IS, when it is not the Spine's.
    pub spine_asid: Option<Asid>,
    /// What stands in `wsa:To` of a query, when it is not what stands there for the others.
    pub spine_url: Option<String>,
    /// Whether the check digit of an NHS number counts. Some numbers of the published test packs
    /// have a wrong one. Default: it counts.
    pub check_digit: CheckDigit,
    /// Whether the author of a query must be the user of the audit identity, where both are named,
    /// and the system of an author without a smartcard the client's own. Default: yes.
    pub same_author: bool,
    /// Whether the author's organisation must be the client's, or a site of it. Default: yes.
    pub same_organisation: bool,
    /// Whether users must be in the directory. Those who are there need the activity all the same
    /// ([`crate::config::ActivityCodes::cpis`]). Default: no, since no smartcard is needed.
    pub require_known_users: bool,
    /// Whether a number that is nobody's, by the people that the store knows, is answered with
    /// SMSP-0003 before the Spine is asked. Default: no.
    pub trace: bool,
    /// Whether the Spine's answer must also name the query's id, by its own or in the list of those
    /// who looked. Its published answer has a fixed one, as have simulators; which message it answers
    /// (`wsa:RelatesTo`) and whose it is (the NHS number) count whatever is set here. Default: no.
    pub same_query_id: bool,
    /// Whether the numbers for which the official test tool has a scenario (1111111111 to
    /// 8888888888) get its code, without the Spine being asked. For development and testing: nobody
    /// has these numbers. Default: no.
    pub scenarios: bool,
}

impl Default for CpisConfig {
    fn default() -> Self {
        Self {
            own_url: String::new(),
            spine_asid: None,
            spine_url: None,
            check_digit: CheckDigit::Required,
            same_author: true,
            same_organisation: true,
            require_known_users: false,
            trace: false,
            same_query_id: false,
            scenarios: false,
        }
    }
}
