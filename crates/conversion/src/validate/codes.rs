//! Codes as such: their systems and their check digits.

use domain::oid;

/// Other systems that are met in GP Summaries.
const KNOWN: [&str; 10] = [
    oid::SNOMED_CT,
    "2.16.840.1.113883.6.96",
    "2.16.840.1.113883.2.1.6.2",
    "2.16.840.1.113883.2.1.6.3",
    "2.16.840.1.113883.2.1.3.2.4.14",
    "2.16.840.1.113883.2.1.6.4",
    "2.16.840.1.113883.6.1",
    "2.16.840.1.113883.6.8",
    oid::TEXT_TYPE,
    oid::PRESCRIPTION_ANNOTATION,
];

/// Whether a system's codes are SNOMED CT's.
pub(super) fn is_snomed(system: &str) -> bool {
    matches!(system, oid::SNOMED_CT | "2.16.840.1.113883.6.96")
}

/// Whether a system is one that readers of GP Summaries know.
pub(super) fn is_known(system: &str) -> bool {
    KNOWN.contains(&system)
}

/// Whether a code may be an identifier of SNOMED CT: 6 to 18 digits, the last of them Verhoeff's
/// check digit. A mistyped code fails.
pub(super) fn is_identifier(code: &str) -> bool {
    const TURN: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let times = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b) % 5,
        (false, true) => 5 + (a + 5 - b) % 5,
        (false, false) => (a + 10 - b) % 5,
    };
    let shaped = (6..=18).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_digit())
        && !code.starts_with('0');
    let turned = |digit: u8, times: usize| {
        let turn = |digit: u8| TURN.get(usize::from(digit)).copied().unwrap_or(digit);
        (0..times).fold(digit, |digit, _| turn(digit))
    };
    shaped
        && code.bytes().rev().enumerate().fold(0, |check, (at, byte)| {
            times(check, turned(byte - b'0', at % 8))
        }) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::code::cre_type;

    #[test]
    fn check_digits() {
        for cre in &cre_type::ALL {
            assert!(is_identifier(cre.code), "{}", cre.code);
        }
        for code in [
            "196981000000102",
            "196918000000101",
            "12345",
            "",
            "x96981000000101",
            "0196981000000101",
        ] {
            assert!(!is_identifier(code), "{code}");
        }
    }
}
