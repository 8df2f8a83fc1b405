//! Dates that are nearly FHIR.
//!
//! Systems that upload write partial and whole dates without hyphens in periods. The national
//! adaptor mends `"start":"199006"` before it parses, and spoils `"start":"20200805"` by the same
//! rule. In the full profile both ends of a period are mended, and only where the digits are a
//! month or a day; anything else reaches the parser as it was sent.

use std::borrow::Cow;

use crate::mapping::Profile;

/// The body with such dates mended; the very same bytes when there are none.
pub(crate) fn mended(body: &[u8], profile: Profile) -> Cow<'_, [u8]> {
    let names: &[&[u8]] = match profile {
        Profile::Full => &[b"\"start\"", b"\"end\""],
        Profile::Compatible => &[b"\"start\":\""],
    };
    let mut out: Option<Vec<u8>> = None;
    let mut copied = 0;
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(name) = names.iter().find(|name| rest.starts_with(name)) else {
            at += 1;
            continue;
        };
        at += name.len();
        let Some(digits_at) = value_at(body, at, profile) else {
            continue;
        };
        let digits = body.get(digits_at..).unwrap_or_default();
        let count = digits.iter().take(9).take_while(|b| b.is_ascii_digit()).count();
        let ends = digits.get(count) == Some(&b'"');
        let hyphens: &[usize] = match (profile, count, ends) {
            (Profile::Compatible, 6.., _) | (Profile::Full, 6, true) => &[4],
            (Profile::Full, 8, true) => &[4, 6],
            _ => &[],
        };
        let out = out.get_or_insert_with(Vec::new);
        for hyphen in hyphens {
            out.extend_from_slice(body.get(copied..digits_at + hyphen).unwrap_or_default());
            out.push(b'-');
            copied = digits_at + hyphen;
        }
        at = digits_at + count;
    }
    match out {
        None => Cow::Borrowed(body),
        Some(mut out) => {
            out.extend_from_slice(body.get(copied..).unwrap_or_default());
            Cow::Owned(out)
        }
    }
}

/// Where the text of a member begins whose name ends here.
fn value_at(body: &[u8], name_end: usize, profile: Profile) -> Option<usize> {
    if profile == Profile::Compatible {
        return Some(name_end);
    }
    let skip = |from: usize| {
        let rest = body.get(from..).unwrap_or_default();
        from + rest.iter().take(64).take_while(|b| b.is_ascii_whitespace()).count()
    };
    let colon = skip(name_end);
    if body.get(colon) != Some(&b':') {
        return None;
    }
    let quote = skip(colon + 1);
    (body.get(quote) == Some(&b'"')).then_some(quote + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days_get_their_hyphens() {
        for (sent, full, compatible) in [
            (r#"{"start":"199006"}"#, r#"{"start":"1990-06"}"#, r#"{"start":"1990-06"}"#),
            // Row 22 of the adaptor's defects.
            (r#"{"start":"20200805"}"#, r#"{"start":"2020-08-05"}"#, r#"{"start":"2020-0805"}"#),
            (r#"{"end" : "20200805"}"#, r#"{"end" : "2020-08-05"}"#, r#"{"end" : "20200805"}"#),
            (r#"{"start":"2020-08-05"}"#, r#"{"start":"2020-08-05"}"#, r#"{"start":"2020-08-05"}"#),
            (r#"{"start":"2020080"}"#, r#"{"start":"2020080"}"#, r#"{"start":"2020-080"}"#),
            (r#"{"start":"1990"}"#, r#"{"start":"1990"}"#, r#"{"start":"1990"}"#),
            (r#"{"a":"\"start\":\"199006\""}"#, r#"{"a":"\"start\":\"199006\""}"#, r#"{"a":"\"start\":\"199006\""}"#),
            (
                r#"[{"start":"199006","end":"199007"},{"start":"199008"}]"#,
                r#"[{"start":"1990-06","end":"1990-07"},{"start":"1990-08"}]"#,
                r#"[{"start":"1990-06","end":"199007"},{"start":"1990-08"}]"#,
            ),
            (r#"{"start""#, r#"{"start""#, r#"{"start""#),
            ("", "", ""),
        ] {
            for (profile, expected) in [(Profile::Full, full), (Profile::Compatible, compatible)] {
                let found = mended(sent.as_bytes(), profile);
                assert_eq!(String::from_utf8_lossy(&found), expected, "{profile:?}");
            }
        }
    }
}
