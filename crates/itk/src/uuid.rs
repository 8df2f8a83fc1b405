//! UUIDs as ITK messages write them: bare, or behind a prefix such as `uuid_` or `urn:uuid:`.

/// Whether it is a UUID in upper case, which trackingid and payload ids must be.
pub(crate) fn is_upper(text: &str) -> bool {
    domain::identifier::is_uuid(text) && !text.bytes().any(|b| b.is_ascii_lowercase())
}

/// Splits a text into its prefix and the UUID at its end; `None` when there is no UUID.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.len().checked_sub(36)?;
    let (prefix, uuid) = text.split_at_checked(at)?;
    domain::identifier::is_uuid(uuid).then_some((prefix, uuid))
}

/// The UUID at the end of a text, or the text itself when there is none.
pub(crate) fn bare(text: &str) -> &str {
    split(text).map_or(text, |(_, uuid)| uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "7D6782C0-AE1A-11DB-97BF-B18E1E0994CD";

    #[test]
    fn prefixes_are_split_off() {
        assert_eq!(split(&format!("uuid_{UUID}")), Some(("uuid_", UUID)));
        assert_eq!(split(UUID), Some(("", UUID)));
        assert_eq!(split("é"), None);
        assert_eq!(split(&format!("é{}", &UUID[1..])), None);
        assert_eq!(bare(&format!("urn:uuid:{UUID}")), UUID);
        assert_eq!(bare("x"), "x");
    }

    #[test]
    fn case_is_told_apart() {
        assert!(is_upper(UUID));
        assert!(!is_upper(&UUID.to_ascii_lowercase()));
    }
}
