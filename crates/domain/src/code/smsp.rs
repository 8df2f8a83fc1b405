//! Response codes of the SCR mini services (OID 2.16.840.1.113883.2.1.3.2.4.17.506).
//!
//! Two sets were published. The default is the one of the Domain Message Specification and the
//! official test tool; the other stands in the response-code spreadsheet of July 2014, which
//! shifts the SCR codes by one and knows no "SCR Not Found": there SCR-0004 means two things, and
//! SCR-0002 means something else than in the default set. So a client must look at code and
//! display name together.

use crate::access::Refusal;

/// What an answer says in its `value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResponseCode {
    /// SMSP-0000.
    Success,
    /// SMSP-0001: the caller's message is at fault.
    InputValidation,
    /// SMSP-0002: what the Spine returned is at fault.
    ResponseValidation,
    /// SMSP-0004: the Spine cannot be reached.
    NoSpine,
    /// SMSP-0005: the user or role profile is absent, unknown or inconsistent.
    AuthorCredentials,
    /// SMSP-9999: any other failure.
    Failure,
    /// The role profile lacks the right.
    RbacFailed,
    /// The patient dissents.
    AcsFailed,
    /// No permission to view (or no legitimate relationship, which has no code of its own).
    PtvFailed,
    /// The patient has no Summary Care Record.
    ScrNotFound,
}

/// Which published set of SCR codes to emit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CodeSet {
    /// Domain Message Specification 1.0 RC2 and the official test tool.
    #[default]
    MessageSpecification,
    /// "SMSP Response Codes v1.0", July 2014.
    Spreadsheet2014,
}

impl ResponseCode {
    /// Every code, in the order of the published tables.
    pub const ALL: [Self; 10] = [
        Self::Success,
        Self::InputValidation,
        Self::ResponseValidation,
        Self::NoSpine,
        Self::AuthorCredentials,
        Self::Failure,
        Self::RbacFailed,
        Self::AcsFailed,
        Self::PtvFailed,
        Self::ScrNotFound,
    ];

    /// `(code, display name)` in the default set.
    pub fn code(self) -> (&'static str, &'static str) {
        self.code_in(CodeSet::MessageSpecification)
    }

    /// `(code, display name)` in the set asked for.
    pub fn code_in(self, set: CodeSet) -> (&'static str, &'static str) {
        use CodeSet::{MessageSpecification, Spreadsheet2014};
        match (self, set) {
            (Self::Success, _) => ("SMSP-0000", "Success"),
            (Self::InputValidation, _) => ("SMSP-0001", "Input message validation error"),
            (Self::ResponseValidation, _) => ("SMSP-0002", "Response message validation error"),
            (Self::NoSpine, _) => ("SMSP-0004", "Could not connect to Spine"),
            (Self::AuthorCredentials, MessageSpecification) => {
                ("SMSP-0005", "Author credentials error")
            }
            (Self::AuthorCredentials, Spreadsheet2014) => ("SMSP-0005", "Author Credentials Error"),
            (Self::Failure, _) => (
                "SMSP-9999",
                "Generic Spine Mini Service Provider software failure",
            ),
            (Self::RbacFailed, MessageSpecification) => ("SCR-0001", "RBAC Check Failed"),
            (Self::AcsFailed, MessageSpecification) => ("SCR-0002", "ACS Check Failed"),
            (Self::PtvFailed, MessageSpecification) => ("SCR-0003", "PTV Check Failed"),
            (Self::ScrNotFound, _) => ("SCR-0004", "SCR Not Found"),
            (Self::RbacFailed, Spreadsheet2014) => ("SCR-0002", "RBAC Check Failed"),
            (Self::AcsFailed, Spreadsheet2014) => ("SCR-0003", "ACS Check Failed"),
            (Self::PtvFailed, Spreadsheet2014) => ("SCR-0004", "PTV Check Failed"),
        }
    }
}

impl From<Refusal> for ResponseCode {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rights => Self::RbacFailed,
            Refusal::Relationship | Refusal::Permission => Self::PtvFailed,
            Refusal::Consent => Self::AcsFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(set: CodeSet, expected: [(&str, &str); 10]) {
        assert_eq!(ResponseCode::ALL.map(|code| code.code_in(set)), expected);
    }

    #[test]
    fn both_published_sets() {
        check(
            CodeSet::MessageSpecification,
            [
                ("SMSP-0000", "Success"),
                ("SMSP-0001", "Input message validation error"),
                ("SMSP-0002", "Response message validation error"),
                ("SMSP-0004", "Could not connect to Spine"),
                ("SMSP-0005", "Author credentials error"),
                (
                    "SMSP-9999",
                    "Generic Spine Mini Service Provider software failure",
                ),
                ("SCR-0001", "RBAC Check Failed"),
                ("SCR-0002", "ACS Check Failed"),
                ("SCR-0003", "PTV Check Failed"),
                ("SCR-0004", "SCR Not Found"),
            ],
        );
        check(
            CodeSet::Spreadsheet2014,
            [
                ("SMSP-0000", "Success"),
                ("SMSP-0001", "Input message validation error"),
                ("SMSP-0002", "Response message validation error"),
                ("SMSP-0004", "Could not connect to Spine"),
                ("SMSP-0005", "Author Credentials Error"),
                (
                    "SMSP-9999",
                    "Generic Spine Mini Service Provider software failure",
                ),
                ("SCR-0002", "RBAC Check Failed"),
                ("SCR-0003", "ACS Check Failed"),
                ("SCR-0004", "PTV Check Failed"),
                ("SCR-0004", "SCR Not Found"),
            ],
        );
    }

    #[test]
    fn code_and_display_name_together_are_never_ambiguous() {
        let both = [CodeSet::MessageSpecification, CodeSet::Spreadsheet2014];
        for (set, other) in both.into_iter().zip(both.into_iter().rev()) {
            for code in ResponseCode::ALL {
                for another in ResponseCode::ALL
                    .into_iter()
                    .filter(|another| *another != code)
                {
                    assert_ne!(code.code_in(set), another.code_in(set));
                    assert_ne!(code.code_in(set), another.code_in(other));
                }
            }
        }
        let default = CodeSet::default();
        assert!(
            ResponseCode::ALL
                .iter()
                .all(|code| code.code() == code.code_in(default))
        );
    }

    #[test]
    fn every_refusal_has_its_code() {
        for (refusal, code) in [
            (Refusal::Rights, "SCR-0001"),
            (Refusal::Consent, "SCR-0002"),
            (Refusal::Permission, "SCR-0003"),
            (Refusal::Relationship, "SCR-0003"),
        ] {
            assert_eq!(ResponseCode::from(refusal).code().0, code);
        }
    }
}
