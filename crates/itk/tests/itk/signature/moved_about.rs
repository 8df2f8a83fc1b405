//! A signed message taken apart and put together again at random: whatever comes out is either
//! refused, or says what the signer said.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use super::making::{Plan, STAMP, all_signed, signed};
use super::{Taken, read};

/// A signed message and what it says.
type Original = (String, Taken);

static PARTLY: LazyLock<Original> = LazyLock::new(|| original(signed(&Plan::of(&[STAMP, "body"]))));
static WHOLLY: LazyLock<Original> = LazyLock::new(|| original(all_signed()));

fn original(text: String) -> Original {
    let taken = read(&text).expect("accepted");
    (text, taken)
}

/// What is done with an element.
#[derive(Debug, Clone, Copy)]
enum Slip {
    Remove,
    /// Put a copy before another element.
    Copy,
    /// Put a copy into another element, at its front.
    CopyInto,
    Move,
    /// Put the other one into its place.
    Replace,
    Swap,
    /// Put an element around it.
    Wrap,
    /// Take its id away.
    Nameless,
    /// Change a character of its text.
    Misspell,
}

fn slip() -> impl Strategy<Value = Slip> {
    prop::sample::select(vec![
        Slip::Remove,
        Slip::Copy,
        Slip::CopyInto,
        Slip::Move,
        Slip::Replace,
        Slip::Swap,
        Slip::Wrap,
        Slip::Nameless,
        Slip::Misspell,
    ])
}

fn apply(text: &str, slip: Slip, one: Index, other: Index) -> Option<String> {
    let doc = xml::Document::parse(text.as_bytes()).ok()?;
    let elements: Vec<_> = doc.root().descendants().collect();
    let (one, other) = (*one.get(&elements), *other.get(&elements));
    let (from, to) = (one.range(), other.range());
    let replaced = |range: std::ops::Range<usize>, with: &str| {
        let mut text = text.to_owned();
        text.replace_range(range, with);
        text
    };
    let source = one.source();
    Some(match slip {
        Slip::Remove => replaced(from, ""),
        Slip::Copy => replaced(to.start..to.start, source),
        Slip::CopyInto => {
            let inner = to.start + other.source().find('>')? + 1;
            replaced(inner..inner, source)
        }
        Slip::Move if from.end <= to.start => {
            let mut moved = replaced(to.start..to.start, source);
            moved.replace_range(from, "");
            moved
        }
        Slip::Move if to.end <= from.start => {
            let mut moved = replaced(from, "");
            moved.insert_str(to.start, source);
            moved
        }
        Slip::Replace => replaced(to, source),
        Slip::Swap if from.end <= to.start => {
            let mut swapped = replaced(to, source);
            swapped.replace_range(from, other.source());
            swapped
        }
        Slip::Wrap => replaced(from, &format!("<x:W xmlns:x=\"urn:x\">{source}</x:W>")),
        Slip::Nameless => {
            let at = source.find(" wsu:Id=\"")?;
            let end = source[at + 9..].find('"')? + at + 10;
            replaced(from.start + at..from.start + end, "")
        }
        Slip::Misspell => {
            let at = from.start + source.find('>')? + 1;
            let next = text[at..]
                .chars()
                .next()
                .filter(char::is_ascii_alphanumeric)?;
            replaced(at..at + 1, if next == '1' { "2" } else { "1" })
        }
        // One inside the other.
        Slip::Move | Slip::Swap => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_accepted_that_was_not_signed(
        slips in prop::collection::vec((slip(), any::<Index>(), any::<Index>()), 1..4),
        partly in any::<bool>(),
    ) {
        let (original, good) = if partly { &*PARTLY } else { &*WHOLLY };
        let mut text = original.clone();
        for (slip, one, other) in slips {
            text = apply(&text, slip, one, other).unwrap_or(text);
        }
        let Ok(taken) = read(&text) else { return Ok(()) };
        // Without a signature nothing is promised.
        let Some(verified) = &taken.signature else { return Ok(()) };
        prop_assert_eq!(verified, good.signature.as_ref().expect("a signature"));
        prop_assert_eq!((taken.created, taken.expires), (good.created, good.expires));
        prop_assert_eq!(&taken.payload, &good.payload, "{}", text);
        if verified.covers.username {
            prop_assert_eq!(&taken.username, &good.username);
        }
        if verified.covers.addressing {
            prop_assert_eq!((&taken.message_id, &taken.to), (&good.message_id, &good.to));
        }
    }
}
