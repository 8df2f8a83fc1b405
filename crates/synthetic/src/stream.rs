//! Randomness that is the same on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of a patient is drawn for. Streams are independent, so that drawing more from
/// one does not change what another gives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Size and kind of the record.
    Plan,
    /// Name, birth, address.
    Person,
    /// What is in the record.
    History,
    /// What staff write beside entries when a record is filled up.
    Notes,
    /// Who has a child protection plan.
    Cpis,
    /// What one version adds, and the ids of its document.
    Version(u32),
}

impl Purpose {
    fn number(self) -> u64 {
        match self {
            Self::Plan => 0,
            Self::Person => 1,
            Self::History => 2,
            Self::Notes => 3,
            Self::Cpis => 4,
            Self::Version(version) => 1 << 32 | u64::from(version),
        }
    }
}

/// One stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of one purpose of one patient of one population.
    pub(crate) fn new(seed: u64, index: u32, purpose: Purpose) -> Self {
        // Key and stream number are set here byte by byte, so that no change of a library's
        // seeding changes the population.
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..12].copy_from_slice(&index.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(purpose.number());
        Self(rng)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        // Multiply and shift: the bias is under one in four billion per value, which no reader
        // of a record can see.
        let wide = u64::from(self.0.next_u32()) * u64::from(end);
        (wide >> 32) as u32
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low.saturating_add(self.below(high.saturating_sub(low).saturating_add(1)))
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of a table of ours, which is never empty.
    pub(crate) fn pick<'t, T>(&mut self, table: &'t [T]) -> &'t T {
        &table[self.below(table.len() as u32) as usize]
    }

    /// One of a table of texts of ours.
    pub(crate) fn word(&mut self, table: &[&'static str]) -> &'static str {
        self.pick::<&str>(table)
    }

    /// An upper-case UUID of version 4.
    pub(crate) fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes.into_iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for nibble in [byte >> 4, byte & 0x0F] {
                text.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_in_their_bounds() {
        let mut stream = Stream::new(1, 2, Purpose::History);
        for _ in 0..1_000 {
            assert!(stream.below(3) < 3);
            assert!((5..=7).contains(&stream.between(5, 7)));
        }
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.between(4, 4), 4);
    }

    #[test]
    fn purposes_and_patients_do_not_share_a_stream() {
        let first = |seed, index, purpose| Stream::new(seed, index, purpose).uuid();
        let ids = [
            first(1, 1, Purpose::Plan),
            first(1, 1, Purpose::History),
            first(1, 1, Purpose::Version(0)),
            first(1, 1, Purpose::Version(1)),
            first(1, 2, Purpose::Plan),
            first(2, 1, Purpose::Plan),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(!ids[..at].contains(id));
            assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id}");
        }
    }
}
