//! Making a request that was never sent before, for the price of a copy.
//!
//! The load generator shares the machine with what it measures, so it must not write (let alone
//! sign) XML for every request. But a service remembers the ids of messages and answers a
//! repetition without doing the work, so no id may come twice. Therefore a request is written once,
//! and in every copy the ids and the patient are overwritten in place, which is possible because
//! they have a fixed length. A signature stays right: it covers the Timestamp, and nothing else.

use anyhow::{Result, ensure};
use domain::NhsNumber;

/// Characters of a UUID.
const UUID: usize = 36;

/// Which of them are overwritten, and by how much of sixteen digits. The rest keeps the ids of one
/// copy, and those of different templates, apart: there it stays as it was drawn.
const OVERWRITTEN: [(usize, std::ops::Range<usize>); 3] = [(0, 0..8), (9, 8..12), (24, 12..16)];

/// A request whose ids and patient can be overwritten.
#[derive(Debug)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    /// Where its own ids begin, every occurrence of each.
    ids: Vec<usize>,
    /// Where the patient's NHS number begins.
    patients: Vec<usize>,
}

/// Which ids of a request are overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ids {
    /// All; there must be so many different ones.
    Own(usize),
    /// All, however many.
    All,
    /// The first, wherever it stands: another is that of something that is there.
    First,
}

impl Template {
    /// Of a request for this patient. Its ids are the random UUIDs (version 4) in it; ids derived
    /// from those (version 8), as a signed Timestamp has, stay.
    pub(crate) fn new(bytes: Vec<u8>, which: Ids, patient: NhsNumber) -> Result<Self> {
        let mut ids = places(&bytes, UUID, is_random_uuid);
        match which {
            Ids::All => ensure!(!ids.is_empty(), "the request has no ids of its own"),
            Ids::First => {
                let first = ids.first().map(|&at| bytes[at..at + UUID].to_vec());
                ids.retain(|&at| Some(&bytes[at..at + UUID]) == first.as_deref());
                ensure!(!ids.is_empty(), "the request has no ids of its own");
            }
            Ids::Own(expected) => {
                let texts = ids.iter().map(|&at| &bytes[at..at + UUID]);
                let different = texts.collect::<std::collections::BTreeSet<_>>().len();
                ensure!(
                    different == expected,
                    "the request has {different} ids of its own instead of {expected}"
                );
            }
        }
        let patient = patient.as_str().as_bytes();
        let patients = places(&bytes, patient.len(), |text| text == patient);
        ensure!(
            !patients.is_empty(),
            "the request does not name its patient"
        );
        Ok(Self {
            bytes,
            ids,
            patients,
        })
    }

    /// The request of this number, for this patient. Different numbers make different ids.
    pub(crate) fn request(&self, number: u64, patient: NhsNumber) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let digits = hexadecimal(scattered(number));
        for &at in &self.ids {
            for (from, part) in OVERWRITTEN {
                bytes[at + from..][..part.len()].copy_from_slice(&digits[part]);
            }
        }
        let patient = patient.as_str().as_bytes();
        for &at in &self.patients {
            bytes[at..][..patient.len()].copy_from_slice(patient);
        }
        bytes
    }
}

/// Where texts of this length begin that are such, and are not a part of a longer word.
fn places(bytes: &[u8], length: usize, such: impl Fn(&[u8]) -> bool) -> Vec<usize> {
    let part_of_word = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_alphanumeric)
    };
    let texts = bytes.windows(length).enumerate();
    texts
        .filter(|(at, text)| {
            such(text) && !part_of_word(at.checked_sub(1)) && !part_of_word(Some(at + length))
        })
        .map(|(at, _)| at)
        .collect()
}

/// Whether this is a UUID of version 4, upper case.
fn is_random_uuid(text: &[u8]) -> bool {
    text.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        14 => *byte == b'4',
        19 => matches!(byte, b'8' | b'9' | b'A' | b'B'),
        _ => matches!(byte, b'0'..=b'9' | b'A'..=b'F'),
    })
}

/// Numbers in a row look like chance, as ids do: in order they would be cheaper to store. No two
/// become the same, because each step can be undone (SplitMix64).
fn scattered(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn hexadecimal(mut number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789ABCDEF"[(number & 0xF) as usize];
        number >>= 4;
    }
    digits
}

#[cfg(test)]
mod tests;
