//! Eight bytes of a text at a time: where the next one is that needs a look.
//!
//! A search marks bytes of a word in their highest bits. A subtraction may borrow from the byte
//! above, so of the marks only the lowest is exact: everything below it is unmarked rightly, and
//! that is all a search for the first needs.

/// The first place from here on, which is inside the text or its end, where the search finds something; the
/// end of the text if nowhere.
#[inline(always)]
pub(crate) fn find(text: &[u8], from: usize, search: impl Fn(u64) -> u64) -> usize {
    let mut rest = &text[from..];
    while let Some((word, after)) = rest.split_first_chunk() {
        let found = search(u64::from_le_bytes(*word)) & each(0x80);
        if found != 0 {
            return text.len() - rest.len() + (found.trailing_zeros() / 8) as usize;
        }
        rest = after;
    }
    text.len() - rest.len() + find_last(rest, search)
}

/// The same in fewer than eight bytes. The search finds zeros, as all searches here do.
#[inline]
fn find_last(rest: &[u8], search: impl Fn(u64) -> u64) -> usize {
    let bytes = rest.iter().rev();
    let word = bytes.fold(0, |word, byte| word << 8 | u64::from(*byte));
    (search(word) & each(0x80)).trailing_zeros() as usize / 8
}

/// Whether the search finds nothing.
#[inline(always)]
pub(crate) fn is_free(text: &[u8], search: impl Fn(u64) -> u64) -> bool {
    let last = text.last_chunk();
    let last = last.map_or_else(|| filled(text), |last| u64::from_le_bytes(*last));
    let mut found = search(last);
    let mut rest = text;
    while let Some((word, after)) = rest.split_first_chunk() {
        found |= search(u64::from_le_bytes(*word));
        if found & each(0x80) != 0 {
            return false;
        }
        rest = after;
    }
    found & each(0x80) == 0
}

/// Whether two names are the same. Most differ in length or in their first or last bytes, and few
/// are longer than sixteen: then there is no call. And none where both are empty: the C library
/// looks, masked, at where nothing is, and on some processors that takes as long as a hundred
/// comparisons.
#[inline]
pub(crate) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    if one.len() < 8 {
        return filled(one) == filled(other);
    }
    one.first_chunk::<8>() == other.first_chunk::<8>()
        && one.last_chunk::<8>() == other.last_chunk::<8>()
        && (one.len() <= 16 || one == other)
}

/// `<`, `>`, `&` and everything unusual: what is not simply text.
#[inline(always)]
pub(crate) fn markup(word: u64) -> u64 {
    either(word, b'<', b'>') | equal(word, b'&') | unusual(word)
}

/// `<`, `&`, `"` and everything unusual: what is not simply a part of a value.
#[inline(always)]
pub(crate) fn double_quoted(word: u64) -> u64 {
    either(word, b'"', b'&') | equal(word, b'<') | unusual(word)
}

/// `<`, `&`, `'` and everything unusual.
#[inline(always)]
pub(crate) fn single_quoted(word: u64) -> u64 {
    either(word, b'\'', b'&') | equal(word, b'<') | unusual(word)
}

/// `<`, `>`, `&`, `"` and everything unusual: what is not simply written as a value.
#[inline(always)]
pub(crate) fn escaped(word: u64) -> u64 {
    either(word, b'<', b'>') | either(word, b'"', b'&') | unusual(word)
}

/// Bytes equal to one of two, which must differ in one bit only.
#[inline(always)]
fn either(word: u64, one: u8, other: u8) -> u64 {
    let alike = word & each(!(one ^ other));
    (alike ^ each(one & other)).wrapping_sub(each(1))
}

/// Bytes equal to an ASCII one. Others of which [`unusual`] knows may be marked too.
#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    (word ^ each(byte)).wrapping_sub(each(1))
}

/// Control characters, zeros behind the end of the text among them, and all that is not ASCII.
#[inline(always)]
fn unusual(word: u64) -> u64 {
    word.wrapping_sub(each(0x20)) | word
}

/// Fewer than eight bytes, some of them more than once or spaces between them.
#[inline(always)]
fn filled(text: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let high = u64::from(u32::from_le_bytes(*last)) << 32;
        return high | u64::from(u32::from_le_bytes(*first));
    }
    let byte = |at: usize| text.get(at).copied().unwrap_or(b' ');
    u64::from_le_bytes([byte(0), byte(1), byte(2), b' ', b' ', b' ', b' ', b' '])
}

const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place of a run, with every other byte before the end.
    fn check(search: impl Fn(u64) -> u64, is_found: impl Fn(u8) -> bool) {
        for byte in 0..=255 {
            for length in 0..40 {
                for at in 0..length {
                    let mut text = vec![b'x'; length];
                    text[at] = byte;
                    let expected = if is_found(byte) { at } else { length };
                    for from in 0..=at {
                        assert_eq!(find(&text, from, &search), expected, "{byte} {length} {at}");
                    }
                    assert_eq!(find(&text, at + 1, &search), length);
                    assert_eq!(is_free(&text, &search), !is_found(byte));
                }
            }
        }
        // What follows what is found, or is passed, does not matter.
        for first in 0..=255 {
            for second in 0..=255 {
                for at in 0..9 {
                    let mut text = [b'x'; 10];
                    text[at..at + 2].copy_from_slice(&[first, second]);
                    let expected = text.iter().position(|b| is_found(*b)).unwrap_or(10);
                    assert_eq!(find(&text, 0, &search), expected, "{first} {second} {at}");
                    assert_eq!(is_free(&text, &search), expected == 10);
                }
            }
        }
    }

    #[test]
    fn names_are_the_same_when_all_their_bytes_are() {
        for length in 0..40 {
            let name = "n".repeat(length);
            assert!(same(&name, &name.clone()), "{length}");
            assert!(!same(&name, &"n".repeat(length + 1)), "{length}");
            for at in 0..length {
                let mut other = name.clone();
                other.replace_range(at..=at, "o");
                assert!(!same(&name, &other), "{length} {at}");
            }
        }
    }

    #[test]
    fn each_search_finds_its_bytes() {
        let unusual = |byte: u8| byte < 0x20 || !byte.is_ascii();
        check(markup, |b| unusual(b) || b"<>&".contains(&b));
        check(double_quoted, |b| unusual(b) || b"<&\"".contains(&b));
        check(single_quoted, |b| unusual(b) || b"<&'".contains(&b));
        check(escaped, |b| unusual(b) || b"<>&\"".contains(&b));
    }
}
