//! Response codes of the CP-IS mini service (OID [`crate::oid::CPIS_MINI_SERVICE_RESPONSE`]).
//!
//! Codes and texts are those of the official test tool's answers. Two of them share a text, so a
//! client must look at the code.

/// What an answer says in its `value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResponseCode {
    /// SMSP-0000.
    Success,
    /// SMSP-0001: the caller's message is at fault.
    InputValidation,
    /// SMSP-0002: what the Spine returned is at fault.
    ResponseValidation,
    /// SMSP-0003: there is no such patient.
    NoSuchPatient,
    /// SMSP-0004: the Spine cannot be reached.
    NoSpine,
    /// SMSP-0005: the author is absent, unknown, or may not ask.
    AuthorCredentials,
    /// SMSP-9999: any other failure of this service.
    Failure,
    /// CPIS-0001: the patient is not known to CP-IS.
    NoRecord,
    /// CPIS-9999: the Spine's service failed, or refused the query.
    SpineService,
}

impl ResponseCode {
    /// Every code, in the order of the published table.
    pub const ALL: [Self; 9] = [
        Self::Success,
        Self::InputValidation,
        Self::ResponseValidation,
        Self::NoSuchPatient,
        Self::NoSpine,
        Self::AuthorCredentials,
        Self::Failure,
        Self::NoRecord,
        Self::SpineService,
    ];

    /// `(code, display name)`
    pub const fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::Success => ("SMSP-0000", "Success"),
            Self::InputValidation => ("SMSP-0001", "Input message validation error"),
            Self::ResponseValidation => ("SMSP-0002", "Response message validation error"),
            Self::NoSuchPatient => ("SMSP-0003", "No Match (NRF)"),
            Self::NoSpine => ("SMSP-0004", "Could not connect to spine"),
            Self::AuthorCredentials => ("SMSP-0005", "Author Credentials Error"),
            Self::Failure => ("SMSP-9999", "Spine mini service provider software failure"),
            Self::NoRecord => ("CPIS-0001", "No Match (NRF)"),
            Self::SpineService => ("CPIS-9999", "CP-IS Spine Service Error"),
        }
    }

    /// By its code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code().0 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_alone_is_never_ambiguous() {
        for code in ResponseCode::ALL {
            assert_eq!(ResponseCode::of(code.code().0), Some(code));
        }
    }
}
