//! NHS numbers of the 999 range, which is never issued.
//!
//! Nine digits have a check digit unless it would be 10. The ninth has weight 2, which is prime to
//! 11, so of the ten numbers that share their first eight digits at most one has none: nine of
//! them can always be used. That gives a one-to-one map from an index to a number.

use domain::NhsNumber;

/// How many numbers there are: 100,000 times nine.
pub(crate) const COUNT: u32 = PREFIXES * PER_PREFIX;

const PREFIXES: u32 = 100_000;
const PER_PREFIX: u32 = 9;
/// Prime to [`PREFIXES`]: neighbours by index are not neighbours by number.
const STEP: u64 = 61_803;

/// The NHS number of an index. Indexes from [`COUNT`] on begin again.
pub(crate) fn nth(index: u32) -> NhsNumber {
    let index = index % COUNT;
    let prefix = u64::from(index / PER_PREFIX) * STEP % u64::from(PREFIXES);
    let usable =
        (0..10).filter_map(|ninth| NhsNumber::from_first_nine(&format!("999{prefix:05}{ninth}")));
    let mut usable = usable.skip((index % PER_PREFIX) as usize);
    // Nine of ten are usable, see above, so there always is one.
    usable
        .next()
        .expect("nine numbers of every ten have a check digit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_indexes_share_a_number() {
        let mut seen = vec![false; 10_000_000];
        for index in 0..COUNT {
            let number = nth(index);
            let digits = number.as_str();
            assert!(digits.starts_with("999"), "{digits}");
            let tail: usize = digits[3..].parse().expect("digits");
            assert!(
                !std::mem::replace(&mut seen[tail], true),
                "{digits} comes twice"
            );
        }
        assert_eq!(nth(COUNT), nth(0));
    }
}
