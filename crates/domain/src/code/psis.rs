//! Detected issues: the codes with which PSIS, ACS and TMS say no.
//!
//! A failed query carries the general issue (three digits) first and the specific one second, so
//! a service answers with `[logical_inconsistency(), merged()]`. Every code stands once, in the
//! table at the end of this file: its constructor, its row in [`TABLE`] and the documentation
//! come from the same line.
//!
//! Display names are exact, oddities included: two blanks in code 420, blanks at the end of
//! others. Old systems compare them.

use std::borrow::Cow;

use crate::{NhsNumber, oid};

/// How grave an issue is (vocabulary 2.16.840.1.113883.2.1.3.2.4.17.104).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// ER
    Error,
    /// WG
    Warning,
    /// IF
    Information,
}

impl Severity {
    /// The code on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Error => "ER",
            Self::Warning => "WG",
            Self::Information => "IF",
        }
    }

    /// The display name on the wire.
    pub fn display_name(self) -> &'static str {
        match self {
            Self::Error => "Error",
            Self::Warning => "Warning",
            Self::Information => "For Information",
        }
    }

    /// The severity of a code on the wire.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "ER" => Some(Self::Error),
            "WG" => Some(Self::Warning),
            "IF" => Some(Self::Information),
            _ => None,
        }
    }
}

/// One detected issue, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The code: `420`, `30418`.
    pub code: Cow<'static, str>,
    /// The OID of the code's system.
    pub system: &'static str,
    /// The display name. It may name a patient, so it goes to the caller and not into a log.
    pub text: String,
    /// How grave it is.
    pub severity: Severity,
}

/// The acknowledgement that goes with a general issue: `AR` when the service was not available
/// (nothing was tried), `AE` for all else.
pub fn acknowledgement(general: &Issue) -> &'static str {
    match general.code.as_ref() {
        "502" => "AR",
        _ => "AE",
    }
}

/// A code of this file, as the documentation lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The code.
    pub code: &'static str,
    /// The OID of the code's system.
    pub system: &'static str,
    /// The display name; what varies stands in braces.
    pub text: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// The general code it comes second to; `None` when it comes first or alone.
    pub after: Option<&'static str>,
}

/// A value that a display name contains, as the wire wants it.
trait Wire {
    fn wire(&self) -> &str;
}

impl Wire for str {
    fn wire(&self) -> &str {
        self
    }
}

impl Wire for NhsNumber {
    fn wire(&self) -> &str {
        self.as_str()
    }
}

/// One line per code: `name(arguments) code, system, severity, after, display name`.
macro_rules! issues {
    ($(
        $(#[$doc:meta])*
        $name:ident($($argument:ident: $kind:ty),*)
        $code:literal, $system:ident, $severity:ident, $after:expr, $text:literal;
    )*) => {
        $(
            $(#[$doc])*
            pub fn $name($($argument: &$kind),*) -> Issue {
                $(let $argument = $argument.wire();)*
                Issue {
                    code: Cow::Borrowed($code),
                    system: oid::$system,
                    text: format!($text),
                    severity: Severity::$severity,
                }
            }
        )*

        /// Every code above, in that order.
        pub const TABLE: &[Row] = &[$(
            Row {
                code: $code,
                system: oid::$system,
                text: $text,
                severity: Severity::$severity,
                after: $after,
            },
        )*];
    };
}

issues! {
    // General issues, which come first.

    /// The query was understood and found nothing: with [`case_not_found`].
    success_with_warning() "210", DETECTED_ISSUE, Warning, None, "Success with Warning";
    /// The caller's message is at fault.
    invalid_request() "400", DETECTED_ISSUE, Error, None, "Invalid Request";
    /// The message id was used before.
    duplicate_message() "401", DETECTED_ISSUE, Error, None, "Duplicate Message ID";
    /// The message is sound but does not fit what is stored.
    logical_inconsistency() "410", DETECTED_ISSUE, Error, None, "Logical inconsistency";
    /// Access control refuses.
    access_refused() "420", DETECTED_ISSUE, Error, None,
        "Business condition related to access control  which prevents the action being performed by PSIS";
    /// An update cannot be made.
    invalid_update() "430", DETECTED_ISSUE, Error, None, "Invalid Update";
    /// We failed; trying again does not help.
    system_error() "500", DETECTED_ISSUE, Error, None, "System Error- no retry";
    /// We are not there; trying again later may help. The acknowledgement is AR.
    not_available() "502", DETECTED_ISSUE, Error, None, "Service Not Available";

    // Specific issues, which come second.

    /// An operation on an event failed.
    event_operation_failed(operation: str, details: str) "30112", DETECTED_ISSUE, Error,
        Some("410"), "30112 - Event operation '{operation}' failed. Details: '{details}' ";
    /// The event exists already.
    duplicate_event(event: str, patient: NhsNumber) "30134", DETECTED_ISSUE, Error, Some("410"),
        "30134 - Duplicate event with eventId '{event}' and nhsNumber '{patient}'.";
    /// The document exists already.
    duplicate_document(document: str, patient: NhsNumber) "30142", DETECTED_ISSUE, Error,
        Some("410"), "30142 - Duplicate document with docId {document} and nhsNumber {patient}.";
    /// The NHS number was merged into another; answer to a query.
    merged() "30307", DETECTED_ISSUE, Error, Some("410"),
        "30307 - The NHS Number has been merged.";
    /// The NHS number was merged into another; answer to an upload, which carries it as the text
    /// of code 410 and alone.
    merged_into(survivor: NhsNumber) "410", DETECTED_ISSUE, Error, None,
        "30307 - PQR-99 - The requested NHS Number has been merged. PSIS currently records the merged NHS Number as ## {survivor} ##. The caller is strongly recommended to verify the validity of this NHS Number using the PDS.";
    /// The patient's record is in order, but has no such event.
    event_unknown(event: str) "30308", DETECTED_ISSUE, Error, Some("410"),
        "30308 - The Case status is Normal but the Event id '{event}' does not exist. ";
    /// The patient has no record in PSIS: with [`success_with_warning`].
    case_not_found(patient: NhsNumber) "30312", DETECTED_ISSUE, Warning, Some("210"),
        "[PSIS-30312] - Case Instance not found. {patient}";
    /// A unique constraint was violated.
    unique_constraint(constraint: str) "30317", DETECTED_ISSUE, Error, Some("410"),
        "30317 - Unique constraint violated. '{constraint}'";
    /// The database failed.
    database_error(operation: str, error: str) "30318", DETECTED_ISSUE, Error, Some("410"),
        "30318 - '{operation}' - database error was '{error}' ";
    /// A document replaces one of another set.
    document_set_mismatch(from: str, to: str) "30333", DETECTED_ISSUE, Error, Some("410"),
        "30333 - Document Set Mismatch - Source Doc Set ({from}) does not match Target Doc Set({to}).";
    /// The event has no care pattern.
    pattern_not_found(event: str) "30340", DETECTED_ISSUE, Error, Some("410"),
        "30340 - CSMP Pattern Not Found for Event ({event}).";
    /// A document set holds more than one document; answer to a list query.
    several_in_set(set: str) "30344", DETECTED_ISSUE, Error, Some("410"),
        "30344 - More than one document satisfied the query criteria for supplied SetID [{set}]";
    /// A document set holds more than one document; answer to a document query.
    several_documents_in_set(set: str) "30361", DETECTED_ISSUE, Error, Some("410"),
        "[PSIS-30361] - More than one document satisfied the query criteria for supplied SetID [{set}]";
    /// The patient does not consent to having a record; answer to an upload, which carries it as
    /// the text of code 420 and alone.
    no_consent_to_store() "420", DETECTED_ISSUE, Error, None,
        "30402 - PQR-02 - No explicit Service User Consent exists for Sharing of this record ";
    /// The patient does not consent to sharing the record: with [`access_refused`].
    access_not_permitted() "30418", DETECTED_ISSUE, Error, Some("420"),
        "[PSIS-30418] - ACF does not permit access to resource";
    /// The NHS number is absent or wrong: with [`invalid_request`].
    nhs_number_invalid() "35160", DETECTED_ISSUE, Error, Some("400"),
        "[PSIS-35160] - Invalid input message. Mandatory field NHS Number is missing or incorrect";
    /// Another rule of the message is broken: with [`invalid_request`]. No number is published
    /// for it, so the general code is repeated and the text names the rule.
    invalid_because(fault: str) "400", DETECTED_ISSUE, Error, Some("400"), "{fault}";

    // Of other services, alone.

    /// The resource context of an access control request is absent or wrong.
    resource_context_invalid() "400", DETECTED_ISSUE_ACS, Error, None,
        "35506-Invalid input message. Mandatory field Resource Ctx missing or incorrect.";
    /// No patient has that NHS number.
    no_service_user() "1", QUERY_WARNING, Error, None, "No match to a service user record";
    /// The message cannot be processed; met in test packs only.
    unable_to_process() "5000", GENERIC_ERROR, Error, None, "Unable to process message";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(issue: &Issue, code: &str, system_end: &str, severity: &str, text: &str) {
        assert_eq!(issue.code, code, "{text}");
        assert!(issue.system.ends_with(system_end), "{text}");
        assert_eq!(issue.severity.code(), severity, "{text}");
        assert_eq!(issue.text, text);
    }

    /// Display names copied from published examples and simulator tables.
    #[test]
    fn published_display_names_are_exact() {
        let patient = NhsNumber::parse("9691036053").expect("valid");
        for (issue, code, system, severity, text) in [
            (
                success_with_warning(),
                "210",
                "17.33",
                "WG",
                "Success with Warning",
            ),
            (
                case_not_found(&patient),
                "30312",
                "17.33",
                "WG",
                "[PSIS-30312] - Case Instance not found. 9691036053",
            ),
            (
                access_refused(),
                "420",
                "17.33",
                "ER",
                "Business condition related to access control  which prevents the action being \
                 performed by PSIS",
            ),
            (
                access_not_permitted(),
                "30418",
                "17.33",
                "ER",
                "[PSIS-30418] - ACF does not permit access to resource",
            ),
            (
                no_consent_to_store(),
                "420",
                "17.33",
                "ER",
                "30402 - PQR-02 - No explicit Service User Consent exists for Sharing of this \
                 record ",
            ),
            (
                system_error(),
                "500",
                "17.33",
                "ER",
                "System Error- no retry",
            ),
            (
                duplicate_event("x", &patient),
                "30134",
                "17.33",
                "ER",
                "30134 - Duplicate event with eventId 'x' and nhsNumber '9691036053'.",
            ),
            (
                event_operation_failed("x", "y"),
                "30112",
                "17.33",
                "ER",
                "30112 - Event operation 'x' failed. Details: 'y' ",
            ),
            (
                duplicate_document("x", &patient),
                "30142",
                "17.33",
                "ER",
                "30142 - Duplicate document with docId x and nhsNumber 9691036053.",
            ),
            (
                document_set_mismatch("x", "y"),
                "30333",
                "17.33",
                "ER",
                "30333 - Document Set Mismatch - Source Doc Set (x) does not match Target Doc \
                 Set(y).",
            ),
            (
                pattern_not_found("x"),
                "30340",
                "17.33",
                "ER",
                "30340 - CSMP Pattern Not Found for Event (x).",
            ),
            (
                merged(),
                "30307",
                "17.33",
                "ER",
                "30307 - The NHS Number has been merged.",
            ),
            (
                merged_into(&patient),
                "410",
                "17.33",
                "ER",
                "30307 - PQR-99 - The requested NHS Number has been merged. PSIS currently \
                 records the merged NHS Number as ## 9691036053 ##. The caller is strongly \
                 recommended to verify the validity of this NHS Number using the PDS.",
            ),
            (
                event_unknown("x"),
                "30308",
                "17.33",
                "ER",
                "30308 - The Case status is Normal but the Event id 'x' does not exist. ",
            ),
            (
                several_documents_in_set("S"),
                "30361",
                "17.33",
                "ER",
                "[PSIS-30361] - More than one document satisfied the query criteria for supplied \
                 SetID [S]",
            ),
            (
                resource_context_invalid(),
                "400",
                "17.12",
                "ER",
                "35506-Invalid input message. Mandatory field Resource Ctx missing or incorrect.",
            ),
            (
                no_service_user(),
                "1",
                "17.42",
                "ER",
                "No match to a service user record",
            ),
            (
                unable_to_process(),
                "5000",
                "16.34",
                "ER",
                "Unable to process message",
            ),
        ] {
            check(&issue, code, system, severity, text);
        }
    }

    #[test]
    fn only_an_absent_service_rejects() {
        assert_eq!(acknowledgement(&not_available()), "AR");
        assert_eq!(acknowledgement(&system_error()), "AE");
        assert_eq!(acknowledgement(&success_with_warning()), "AE");
    }

    #[test]
    fn the_table_is_consistent() {
        let general: Vec<_> = TABLE
            .iter()
            .filter(|row| row.code.len() == 3)
            .map(|row| row.code)
            .collect();
        for row in TABLE {
            assert!(
                row.after.is_none_or(|code| general.contains(&code)),
                "{}",
                row.text
            );
            let specific = row.code.len() == 5;
            assert_eq!(
                specific,
                row.after.is_some() && row.code != "400",
                "{}",
                row.text
            );
            let quoted = row.text.trim_start_matches("[PSIS-");
            assert!(!specific || quoted.starts_with(row.code), "{}", row.text);
        }
    }

    #[test]
    fn severities_round_trip() {
        for severity in [Severity::Error, Severity::Warning, Severity::Information] {
            assert_eq!(Severity::from_code(severity.code()), Some(severity));
        }
        assert_eq!(Severity::from_code("XX"), None);
    }
}
