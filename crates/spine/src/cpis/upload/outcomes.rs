//! What became of all records of a file, in numbers.

use domain::cpis::{FileCode, RecordCode, RecordOutcome};

/// How many there are.
pub(super) fn count(outcomes: &[RecordOutcome]) -> u64 {
    u64::try_from(outcomes.len()).unwrap_or(u64::MAX)
}

/// How many records were stored, and how many were not.
pub(super) fn stored_and_refused(outcomes: &[RecordOutcome]) -> (u64, u64) {
    let stored = outcomes.iter().filter(|one| **one == RecordOutcome::STORED);
    let stored = u64::try_from(stored.count()).unwrap_or(u64::MAX);
    (stored, count(outcomes).saturating_sub(stored))
}

/// What became of the file.
pub(super) fn file_code(outcomes: &[RecordOutcome]) -> FileCode {
    let (stored, refused) = stored_and_refused(outcomes);
    FileCode::for_counts(stored, refused)
}

/// How many records got each code, those that none got left out.
pub(super) fn by_code(outcomes: &[RecordOutcome]) -> impl Iterator<Item = (RecordCode, u64)> {
    RecordCode::ALL.into_iter().filter_map(|code| {
        let got = outcomes.iter().filter(|outcome| outcome.code() == code);
        let number = u64::try_from(got.count()).unwrap_or(u64::MAX);
        (number > 0).then_some((code, number))
    })
}
