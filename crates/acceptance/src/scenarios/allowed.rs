//! Outcomes that many scenarios allow.

use itk::fault::{ErrorCode, FaultKind};

use crate::scenario::{Allowed, Fact, Wanted};

pub(super) const fn fault(kind: FaultKind, code: ErrorCode) -> Wanted {
    Wanted::Fault(kind, Some(code))
}

pub(super) const INVALID: Wanted = fault(FaultKind::Client, ErrorCode::Invalid);
pub(super) const DENIED: Wanted = fault(FaultKind::Client, ErrorCode::AccessDenied);
pub(super) const DENIED_BY_SERVER: Wanted = fault(FaultKind::Server, ErrorCode::AccessDenied);
pub(super) const NOT_RETRYABLE: Wanted = fault(FaultKind::Client, ErrorCode::NotRetryable);

pub(super) const SUCCESS: Wanted = Wanted::Success(Fact::Any);
pub(super) const INPUT: Wanted = Wanted::Code("SMSP-0001", "Input message validation error");
pub(super) const AUTHOR: Wanted = Wanted::Code("SMSP-0005", "Author credentials error");
pub(super) const RBAC: Wanted = Wanted::Code("SCR-0001", "RBAC Check Failed");
pub(super) const RBAC_2014: Wanted = Wanted::Code("SCR-0002", "RBAC Check Failed");
pub(super) const ACS: Wanted = Wanted::Code("SCR-0002", "ACS Check Failed");
pub(super) const ACS_2014: Wanted = Wanted::Code("SCR-0003", "ACS Check Failed");
pub(super) const PTV: Wanted = Wanted::Code("SCR-0003", "PTV Check Failed");
pub(super) const PTV_2014: Wanted = Wanted::Code("SCR-0004", "PTV Check Failed");
pub(super) const NOT_FOUND: Wanted = Wanted::Code("SCR-0004", "SCR Not Found");

/// Why a code of the other published set is taken.
pub(super) const OTHER_SET: &str = "the SCR codes are those of the spreadsheet of July 2014";
/// Why access denied is taken where the message is at fault.
pub(super) const AS_DENIED: &str = "it is refused as access denied";

/// 1000.
pub(super) const ONLY_INVALID: &[Allowed] = &[Allowed::usual(INVALID)];
/// 1000 or 3000, as the official test has it.
pub(super) const INVALID_OR_DENIED: &[Allowed] =
    &[Allowed::usual(INVALID), Allowed::also(DENIED, AS_DENIED)];
/// 3000, from either side.
pub(super) const ONLY_DENIED: &[Allowed] = &[
    Allowed::usual(DENIED),
    Allowed::also(DENIED_BY_SERVER, "the fault is called the server's"),
];
/// Any answer: the message itself is in order.
pub(super) const TAKEN: &[Allowed] = &[
    Allowed::usual(SUCCESS),
    Allowed::also(
        Wanted::AnyAnswer,
        "the message is taken, and answered with a refusal of its content",
    ),
];
/// SMSP-0001.
pub(super) const ONLY_INPUT: &[Allowed] = &[Allowed::usual(INPUT)];
